import { collateralValueDown, isLiquidatable } from "../../../sdk/model/index.js";
import type { Position } from "./book.js";
import type { Rule, Sale } from "./rules.js";
import { Venue, type VenueTerms } from "./venue.js";

/** What became of a book in two days. Loan units, 6 decimals. */
export interface Outcome {
  /** lost, and what collateral is worth less than debt at the end */
  readonly badDebt: bigint;
  readonly repaid: bigint;
  /** what liquidators received beyond what they repaid, at the oracle's price: the borrowers' cost */
  readonly incentive: bigint;
  readonly debtLeft: bigint;
  readonly sales: number;
}

export interface LiveTerms {
  readonly book: readonly Position[];
  readonly prices: readonly number[];
  readonly rule: Rule;
  readonly venue: VenueTerms;
  /** minutes from a loan's becoming due until a keeper can act on it */
  readonly delayMinutes: number;
  /** dollars a liquidation costs whoever sends it */
  readonly gasDollars: number;
}

/** Parts of the largest request, from which a keeper takes what pays best. */
const PARTS = [64n, 16n, 4n, 1n];
/** Sales of one loan within one minute. */
const MOST_SALES_A_MINUTE = 8;

interface Loan {
  position: Position;
  /** dollars for one bitcoin below which it is due */
  trigger: number;
  /** minute since which it has been due without a break */
  dueSince: number;
}

/** Whole cents, so that the model's price and the market's are one. */
export const priceE36Of = (price: number): bigint => BigInt(Math.round(price * 100)) * 10n ** 32n;

/** Takes a book through two days: every minute keepers sell what is due, has been for the delay, and pays after all costs. */
export function live({ book, prices, rule, venue: venueTerms, delayMinutes, gasDollars }: LiveTerms): Outcome {
  const gas = BigInt(Math.round(gasDollars * 1e6));
  const venue = new Venue(venueTerms);
  const waiting = book.map((position) => loanOf(position, rule)).sort((a, b) => b.trigger - a.trigger);
  let due: Loan[] = [];
  const total = { badDebt: 0n, repaid: 0n, incentive: 0n, sales: 0 };

  for (const [minute, price] of prices.entries()) {
    venue.advance(minute, price);
    while ((waiting[0]?.trigger ?? 0) > price) due.push({ ...(waiting.shift() as Loan), dueSince: minute });
    if (due.length === 0) continue;
    const priceE36 = priceE36Of(price);
    const still: Loan[] = [];
    for (const loan of due) {
      if (minute - loan.dueSince >= delayMinutes) sellWhatPays(loan, priceE36);
      if (loan.position.debt === 0n) continue;
      const value = collateralValueDown(loan.position.collateral, priceE36);
      if (isLiquidatable(loan.position.debt, value, rule.lltvWad)) still.push(loan);
      else putBack(waiting, loanOf(loan.position, rule));
    }
    due = still;
  }

  const last = priceE36Of(prices.at(-1) ?? 0);
  let debtLeft = 0n;
  for (const { position } of [...waiting, ...due]) {
    debtLeft += position.debt;
    const short = position.debt - collateralValueDown(position.collateral, last);
    if (short > 0n) total.badDebt += short;
  }
  return { ...total, debtLeft };

  function sellWhatPays(loan: Loan, priceE36: bigint): void {
    for (let sale = 0; sale < MOST_SALES_A_MINUTE; sale++) {
      const best = bestOf(loan.position, priceE36);
      if (best === undefined) return;
      venue.sell(best.seized);
      total.badDebt += best.loss;
      total.repaid += best.repaid;
      total.incentive += collateralValueDown(best.seized, priceE36) - best.repaid;
      total.sales++;
      loan.position = best.after;
    }
  }

  /** The sale with the largest profit after the market's impact and the cost of sending it; none where none has any. */
  function bestOf(position: Position, priceE36: bigint): Sale | undefined {
    const whole = rule.sale(position, priceE36, position.debt);
    // Where the market pays less than the price of even a satoshi, no sale pays.
    if (whole === undefined || venue.marginal() * Number(whole.seized) <= Number(whole.repaid)) return undefined;
    let best: Sale | undefined;
    let most = 0n;
    for (const part of PARTS) {
      const sale = part === 1n ? whole : rule.sale(position, priceE36, whole.repaid / part);
      if (sale === undefined) continue;
      const profit = venue.proceedsOf(sale.seized) - sale.repaid - gas;
      if (profit > most) [best, most] = [sale, profit];
    }
    return best;
  }
}

function loanOf(position: Position, rule: Rule): Loan {
  const perSatoshi = Number(position.debt) / (Number(position.collateral) * (Number(rule.lltvWad) / 1e18));
  return { position, trigger: perSatoshi * 100, dueSince: 0 };
}

/** Keeps the highest trigger first. */
function putBack(waiting: Loan[], loan: Loan): void {
  const at = waiting.findIndex(({ trigger }) => trigger < loan.trigger);
  waiting.splice(at === -1 ? waiting.length : at, 0, loan);
}
