/**
 * Notices when this process's event loop stood still: a long computation, a disk that hangs, a machine that swaps, a process
 * that was stopped. A timer that should have come did not.
 */
export class LoopWatch {
  private timer: NodeJS.Timeout | undefined;
  private due = 0;

  /**
   * @param limitMs lateness from which on it counts
   * @param onBlocked hears for how long, once it is over
   */
  constructor(
    private readonly limitMs: number,
    private readonly onBlocked: (ms: number) => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  start(): void {
    const every = Math.max(10, Math.min(250, this.limitMs / 4));
    this.due = this.clock() + every;
    this.timer = setInterval(() => {
      const late = this.clock() - this.due;
      this.due = this.clock() + every;
      if (late >= this.limitMs) this.onBlocked(late);
    }, every);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
