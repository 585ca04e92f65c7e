import type { PriceStep } from "../prices/path.js";
import type { Moment } from "../result.js";

/** How far the replay is. */
export interface StepReport {
  step: PriceStep;
  moment: Moment;
  /** steps done, of how many */
  done: number;
  total: number;
  liquidations: number;
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
