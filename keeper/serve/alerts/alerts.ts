import type { Logger } from "pino";
import { ALERTS, type AlertName, type Severity } from "./kinds.js";

/** What goes out: an episode begins or ends, or something happened that has no end. */
export interface Notice {
  readonly kind: AlertName;
  readonly severity: Severity;
  readonly state: "begin" | "end" | "event";
  /** What it is about, where there are several: an endpoint, an account, a facility; "" for the keeper as a whole. */
  readonly about: string;
  readonly title: string;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** How often it was found to be so, and for how long; of an end. */
  readonly times: number;
  readonly seconds: number;
  /** ISO 8601. */
  readonly at: string;
}

/** An episode that is going on. */
export interface RunningAlert {
  readonly kind: AlertName;
  readonly severity: Severity;
  readonly about: string;
  readonly title: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly since: string;
}

interface Episode {
  readonly kind: AlertName;
  readonly about: string;
  readonly beganAt: number;
  readonly since: string;
  details: Readonly<Record<string, unknown>>;
  times: number;
  /** When it was last found to be over; undefined while it is not. */
  overAt: number | undefined;
}

/** For how long something must have been right again: what comes and goes is one episode. */
const QUIET_MS = 30_000;

/**
 * One message when something begins to be wrong and one when it is over, however often it is found to be so meanwhile, and
 * however often it comes and goes.
 */
export class Alerts {
  private readonly episodes = new Map<string, Episode>();

  constructor(
    private readonly log: Logger,
    /** Must not block: delivery has a queue of its own. */
    private readonly send: (notice: Notice) => void,
    private readonly quietMs = QUIET_MS,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** It is so, or it is not. */
  set(kind: AlertName, isSo: boolean, details: () => Readonly<Record<string, unknown>>, about = ""): void {
    if (isSo) this.begin(kind, details(), about);
    else this.end(kind, about);
  }

  begin(kind: AlertName, details: Readonly<Record<string, unknown>>, about = ""): void {
    const running = this.episodes.get(keyOf(kind, about));
    if (running !== undefined) {
      running.times += running.overAt === undefined ? 0 : 1;
      running.overAt = undefined;
      running.details = details;
      return;
    }
    const since = new Date().toISOString();
    const episode = { kind, about, beganAt: this.clock(), since, details, times: 1, overAt: undefined };
    this.episodes.set(keyOf(kind, about), episode);
    const { severity, title } = ALERTS[kind];
    this.log[severity === "info" ? "info" : "warn"]({ alert: kind, ...aboutField(about), ...details }, title);
    this.send(this.notice(episode, "begin"));
  }

  /** It is not so now; the episode is over when it stays like that. */
  end(kind: AlertName, about = ""): void {
    const running = this.episodes.get(keyOf(kind, about));
    if (running !== undefined) running.overAt ??= this.clock();
    this.tick();
  }

  /** Something happened that has no end. */
  tell(kind: AlertName, details: Readonly<Record<string, unknown>>, about = ""): void {
    const at = this.clock();
    const event = { kind, about, beganAt: at, since: "", details, times: 1, overAt: at };
    this.log.warn({ alert: kind, ...aboutField(about), ...details }, ALERTS[kind].title);
    this.send(this.notice(event, "event"));
  }

  /** Ends what has been over for long enough; to be called now and then. */
  tick(): void {
    for (const [key, episode] of this.episodes) {
      if (episode.overAt === undefined || this.clock() - episode.overAt < this.quietMs) continue;
      this.episodes.delete(key);
      const notice = this.notice(episode, "end");
      const { kind, about, times, seconds } = notice;
      this.log.info({ alert: kind, ...aboutField(about), times, seconds }, `over: ${notice.title}`);
      this.send(notice);
    }
  }

  isRunning(kind: AlertName, about = ""): boolean {
    return this.episodes.get(keyOf(kind, about))?.overAt === undefined && this.episodes.has(keyOf(kind, about));
  }

  /** What is wrong now. */
  get running(): RunningAlert[] {
    return [...this.episodes.values()]
      .filter(({ overAt }) => overAt === undefined)
      .map(({ kind, about, details, since }) => {
        const { severity, title } = ALERTS[kind];
        return { kind, severity, about, title, details, since };
      });
  }

  private notice({ kind, about, details, beganAt, times, overAt }: Episode, state: Notice["state"]): Notice {
    const seconds = ((overAt ?? beganAt) - beganAt) / 1_000;
    return { kind, ...ALERTS[kind], state, about, details, times, seconds, at: new Date().toISOString() };
  }
}

const keyOf = (kind: AlertName, about: string): string => `${kind}/${about}`;
const aboutField = (about: string): { about?: string } => (about === "" ? {} : { about });
