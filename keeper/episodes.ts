import type { Logger } from "pino";

/** One line when something begins to be wrong and one when it is over, however often it is found to be so meanwhile. */
export class Episodes {
  private readonly running = new Map<string, { since: number; times: number }>();

  constructor(
    private readonly log: Logger,
    private readonly clock: () => number = Date.now,
  ) {}

  begin(what: string, details: object): void {
    const episode = this.running.get(what);
    if (episode !== undefined) {
      episode.times += 1;
      return;
    }
    this.running.set(what, { since: this.clock(), times: 1 });
    this.log.warn(details, what);
  }

  end(what: string): void {
    const episode = this.running.get(what);
    if (episode === undefined) return;
    this.running.delete(what);
    this.log.info({ times: episode.times, seconds: (this.clock() - episode.since) / 1000 }, `over: ${what}`);
  }

  is(what: string): boolean {
    return this.running.has(what);
  }
}
