import type { Logger } from "pino";
import type { Alerts } from "./serve/alerts/alerts.js";
import type { AlertName } from "./serve/alerts/kinds.js";

/** Whom people are called for while it goes on. */
export interface Call {
  readonly kind: AlertName;
  readonly about: string;
}

/** One line when something begins to be wrong and one when it is over, however often it is found to be so meanwhile. */
export class Episodes {
  private readonly running = new Map<string, { since: number; times: number; call: Call | undefined }>();

  constructor(
    private readonly log: Logger,
    private readonly clock: () => number = Date.now,
    /** Who calls people; without it there is the log alone. */
    private readonly alerts?: Pick<Alerts, "begin" | "end">,
  ) {}

  begin(what: string, details: object, call?: Call): void {
    if (call !== undefined) this.alerts?.begin(call.kind, { what, ...details }, call.about);
    const episode = this.running.get(what);
    if (episode !== undefined) {
      episode.times += 1;
      return;
    }
    this.running.set(what, { since: this.clock(), times: 1, call });
    this.log.warn(details, what);
  }

  end(what: string): void {
    const episode = this.running.get(what);
    if (episode === undefined) return;
    this.running.delete(what);
    const { call, since, times } = episode;
    if (call !== undefined) this.alerts?.end(call.kind, call.about);
    this.log.info({ times, seconds: (this.clock() - since) / 1000 }, `over: ${what}`);
  }
}
