/** How far a scenario is. */
export interface StepReport {
  /** second of the chains' time */
  at: number;
  /** steps done, of how many */
  done: number;
  total: number;
  /** where market and book stand, on one line */
  state: string;
  /** worth a line where there is no bar */
  isMark: boolean;
}

/** Shows a person what is going on. */
export interface Progress {
  /** a stage begins: booting, deploying … */
  stage(text: string): void;
  step(report: StepReport): void;
  /** something worth a line of its own: a liquidation, a hold */
  event(at: number, text: string): void;
  /** leaves the terminal as it was */
  end(): void;
}
