import { formatAmount, formatCash, formatHealth } from "../../sdk/client/amounts.js";
import type { FacilityState } from "../../sdk/client/facilityState.js";
import { shortLoanId } from "../../sdk/client/loanIds.js";
import type { LoanState } from "../../sdk/client/loanState.js";
import { type Remedy, remedyFor } from "../../sdk/client/remedy.js";
import { WAD } from "../../sdk/model/index.js";
import { UsageError } from "./exitCodes.js";
import { priceText } from "./views.js";

/** A loan whose health has fallen below a level, or risen above all of them again, or cannot be judged. */
export interface Alert {
  readonly kind: "below" | "liquidatable" | "recovered" | "no price" | "price again";
  readonly loan: LoanState;
  /** The lowest level its health is below; undefined where it is below none. */
  readonly levelWad: bigint | undefined;
  /** What brings it back to the highest level. */
  readonly remedy: Remedy | undefined;
}

/** How far above a level health has to rise for the level to count again: a loan on the brink is one alert, not a hundred. */
const REARM_PERCENT = 101n;

/** Warning levels out of "1.3,1.15,1.05", highest first. The last, 1, is liquidation and always there. */
export function levelsOf(text: string): bigint[] {
  const levels = text.split(",").map((word) => {
    const [, whole, fraction = ""] = /^(\d{1,3})(?:\.(\d{1,18}))?$/.exec(word.trim()) ?? [];
    const level = whole === undefined ? 0n : BigInt(whole + fraction.padEnd(18, "0"));
    if (level <= WAD) throw new UsageError(`--warn "${word}" is no health factor above 1, like 1.2`);
    return level;
  });
  return [...new Set(levels)].sort((a, b) => (a < b ? 1 : -1));
}

/** Remembers which levels a loan is below, so that each is said once an episode. */
export class HealthAlerts {
  private readonly below = new Map<bigint, number>();
  private readonly unpriced = new Set<bigint>();
  private readonly levels: readonly bigint[];

  constructor(warnings: readonly bigint[]) {
    this.levels = [...warnings, WAD];
  }

  /** What there is to say about a loan now that was not said before. */
  judge(loan: LoanState, facility: FacilityState): Alert | undefined {
    const { id, healthWad } = loan;
    if (healthWad === undefined) {
      if (this.unpriced.has(id)) return undefined;
      this.unpriced.add(id);
      return this.alert("no price", loan, facility, undefined);
    }
    const wasUnpriced = this.unpriced.delete(id);
    const before = this.below.get(id) ?? 0;
    const now = this.levels.filter((level) => healthWad < level).length;
    // A level is left only when health is clearly above it.
    const held = this.levels.filter((level) => healthWad * 100n < level * REARM_PERCENT).length;
    const counted = Math.max(now, Math.min(before, held));
    this.below.set(id, counted);
    const level = counted === 0 ? undefined : this.levels[counted - 1];
    if (counted > before) return this.alert(level === WAD ? "liquidatable" : "below", loan, facility, level);
    if (before > 0 && counted === 0) return this.alert("recovered", loan, facility, undefined);
    return wasUnpriced ? this.alert("price again", loan, facility, level) : undefined;
  }

  private alert(kind: Alert["kind"], loan: LoanState, facility: FacilityState, levelWad: bigint | undefined): Alert {
    const highest = this.levels[0] ?? WAD;
    return { kind, loan, levelWad, remedy: levelWad === undefined ? undefined : remedyFor(facility, loan, highest) };
  }
}

export function alertText({ kind, loan, levelWad, remedy }: Alert): string {
  const { facility } = loan;
  const name = `loan ${shortLoanId(loan.id)}`;
  const health = loan.healthWad === undefined ? "" : formatHealth(loan.healthWad);
  const ways =
    remedy === undefined
      ? ""
      : `: repay ${formatCash(remedy.repay, facility.loan, "up")} or add ${formatAmount(remedy.topUp, facility.collateral, { rounding: "up" })}`;
  switch (kind) {
    case "below":
      return `${name}: health ${health} is below ${formatHealth(levelWad ?? WAD)} at ${priceText(loan.price, facility)}${ways}`;
    case "liquidatable":
      return `${name}: CAN BE LIQUIDATED, health ${health} at ${priceText(loan.price, facility)}${ways}`;
    case "recovered":
      return `${name}: health ${health}, above every warning again`;
    case "no price":
      return `${name}: cannot be judged, ${loan.price.refusal ?? "there is no price"}`;
    case "price again":
      return `${name}: there is a price again, health ${health}`;
  }
}
