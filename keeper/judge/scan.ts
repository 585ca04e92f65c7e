import {
  PRICE_SCALE,
  VIRTUAL_ASSETS,
  VIRTUAL_SHARES,
  collateralValueDown,
  isLiquidatable,
  termLoanDebt,
} from "../../sdk/model/index.js";
import type { LoanBook } from "../index/loanBook.js";
import { type Factor, ceilOfLine, ceilOfProduct, floorOfProduct, ratio } from "../index/table/doubleDouble.js";
import { KEYS_A_BLOCK } from "../index/table/keys.js";
import { AT, FLAG, LoanTable, ROW, SIZE, SPARE_SHARES } from "../index/table/loanTable.js";
import { D, LINE, TermTable } from "../index/table/termTable.js";
import { toBigint } from "../index/table/words.js";
import { Decisions, REASON } from "./decisions.js";
import { type FacilityFacts, judgedPrice } from "./judge.js";

/**
 * Which loans may be liquidated: found by their keys, decided exactly.
 *
 * **Why no key misses a loan.** Write p for the price as a fraction, l for lltv < 1, c for collateral, d for debt, a for what a
 * share is worth, assets / shares with both virtual parts. A loan without default mark may be liquidated when
 * d > ⌊⌊c p⌋ l⌋, which for integers d is d > ⌊c p⌋ l, and then d > (c p − 1) l > c p l − 1, so that
 *
 *     (d + 1) / c > p l.
 *
 * A term loan's key is (d' + 1) / c with d' no less than its debt until the row wakes: debt never falls by itself, and a row is
 * awake before any second its key does not hold for. A revolving loan owes d = ⌈s a⌉ < s a + 1, hence (s + 2 / a) a / c > p l;
 * its key is (s + SPARE_SHARES) / c, which is no less while 2 / a <= SPARE_SHARES, and the threshold is p l / a. A pool whose
 * shares are worth less than that has no threshold: all its debts are decided. A loan with a default mark, and a debt without
 * collateral, have infinite keys.
 *
 * Doubles: a key takes at most ten roundings of 2^-53, each relative and of positive terms (TermTable adds what its one
 * difference may lose), the threshold at most ten. Together they are wrong by less than 2^-48 of themselves; the threshold is
 * lowered by {@link MARGIN} of itself, which is more.
 */
export const MARGIN = 2 ** -40;

/** All loans that may be liquidated at the facts' second and price, those with most at risk first. */
export function scan(book: LoanBook, facts: ReadonlyMap<number, FacilityFacts>): Decisions {
  const decisions = new Decisions();
  for (const [facility, table] of book.tables) {
    const known = facts.get(facility);
    const priceE36 = known && judgedPrice(known.price);
    if (known === undefined || priceE36 === undefined) continue;
    scanTable(table, known, priceE36, decisions);
  }
  return decisions.sort();
}

function scanTable(table: LoanTable, facts: FacilityFacts, priceE36: bigint, decisions: Decisions): void {
  const price = ratio(priceE36, PRICE_SCALE);
  const unit = 1 / (price.high * 10 ** (facts.collateralDecimals ?? 8));
  decisions.begin(table, facts, priceE36, unit);
  if (table instanceof TermTable) {
    table.advance(Number(facts.now));
    const threshold = thresholdOf(facts, price, 1);
    const decide = termDecider(table, facts, priceE36, price, decisions);
    above(table, threshold, decide);
    return;
  }
  const share = shareOf(facts);
  above(
    table,
    thresholdOf(facts, price, share.high),
    revolvingDecider(table, facts, priceE36, price, share, decisions),
  );
}

/** What a share is worth, in units. */
export function shareOf({ totals }: FacilityFacts): Factor {
  return ratio(totals.totalAssets + VIRTUAL_ASSETS, totals.totalShares + VIRTUAL_SHARES);
}

/**
 * Keys above it belong to all loans whose LTV is beyond `ltv`, and to few others.
 *
 * @param share what a share is worth; 1 in a term facility
 */
export function thresholdOf(
  { facility }: FacilityFacts,
  price: Factor,
  share: number,
  ltv = Number(facility.terms.lltvWad) / 1e18,
): number {
  if (share !== 1 && 2 / share > SPARE_SHARES) return 0;
  return ((price.high * ltv) / share) * (1 - MARGIN);
}

/** Rows decided together: their memory is read side by side, where each would wait for its own. */
const BATCH = 64;

/** Calls `decide` with each row whose key is above the threshold. */
export function above(table: LoanTable, threshold: number, decide: (row: number) => void): void {
  const { values, maxima } = table.keys;
  const found = new Uint32Array(BATCH + KEYS_A_BLOCK);
  let count = 0;
  const decideFound = (): void => {
    table.fetch(found, count);
    for (let at = 0; at < count; at++) decide(found[at]!);
    count = 0;
  };
  for (let block = 0; block < maxima.length; block++) {
    if (!(maxima[block]! > threshold)) continue;
    const from = block * KEYS_A_BLOCK;
    for (let row = from; row < from + KEYS_A_BLOCK; row++) if (values[row]! > threshold) found[count++] = row;
    if (count >= BATCH) decideFound();
  }
  decideFound();
}

const LIMB = 2 ** 32;
/** Two limbs and so much of a third are 85 bits: an integer below is a sum of two doubles. */
const THIRD_LIMB = 2 ** 21;
/** Relative, far above the roundings of one product and far below what decides most loans. */
const NEAR_LIMIT = 2 ** -48;

function revolvingDecider(
  table: LoanTable,
  facts: FacilityFacts,
  priceE36: bigint,
  price: Factor,
  share: Factor,
  decisions: Decisions,
): (row: number) => void {
  const { words } = table;
  const { lltvWad } = facts.facility.terms;
  const lltv = Number(lltvWad) / 1e18;
  // toAssetsUp and collateralValueDown, with what all loans have in common computed once.
  const shares = facts.totals.totalShares + VIRTUAL_SHARES;
  const assets = facts.totals.totalAssets + VIRTUAL_ASSETS;
  const byBigints = (row: number): void => {
    const at = row * ROW;
    const debt = (toBigint(words, at + AT.DEBT, SIZE.DEBT) * assets + (shares - 1n)) / shares;
    const value = (toBigint(words, at + AT.COLLATERAL, SIZE.COLLATERAL) * priceE36) / PRICE_SCALE;
    const [about, limit] = [Number(debt), Number(value) * lltv];
    if (about <= limit * (1 - NEAR_LIMIT)) return;
    if (about < limit * (1 + NEAR_LIMIT) && !isLiquidatable(debt, value, lltvWad)) return;
    decisions.pushLarge(row, debt, value, REASON.HEALTH);
  };
  return (row) => {
    const at = row * ROW;
    const c2 = words[at + AT.COLLATERAL + 2]!;
    const s2 = words[at + AT.DEBT + 2]!;
    if (c2 >= THIRD_LIMB || s2 >= THIRD_LIMB || words[at + AT.DEBT + 3] !== 0) return byBigints(row);
    const sTop = (s2 * LIMB + words[at + AT.DEBT + 1]!) * LIMB;
    const sRest = words[at + AT.DEBT]!;
    const sHigh = sTop + sRest;
    const debt = ceilOfProduct(sHigh, sRest - (sHigh - sTop), share.high, share.low);
    const value = valueOf(words, at, price);
    if (!(debt > 0) || Number.isNaN(value)) return byBigints(row);
    const limit = value * lltv;
    if (debt <= limit * (1 - NEAR_LIMIT)) return;
    if (debt < limit * (1 + NEAR_LIMIT) && !isLiquidatable(BigInt(debt), BigInt(value), lltvWad)) return;
    decisions.push(row, debt, value, REASON.HEALTH);
  };
}

/** ⌊collateral × price⌋ of the row that begins at `at`, or NaN where doubles do not tell. */
function valueOf(words: Uint32Array, at: number, price: Factor): number {
  const top = (words[at + AT.COLLATERAL + 2]! * LIMB + words[at + AT.COLLATERAL + 1]!) * LIMB;
  const rest = words[at + AT.COLLATERAL]!;
  const high = top + rest;
  const low = rest - (high - top);
  return high === 0 ? 0 : floorOfProduct(high, low, price.high, price.low, price.isExact && low === 0);
}

function termDecider(
  table: TermTable,
  facts: FacilityFacts,
  priceE36: bigint,
  price: Factor,
  decisions: Decisions,
): (row: number) => void {
  const { words, lines, lateLines } = table;
  const { lltvWad } = facts.facility.terms;
  const lltv = Number(lltvWad) / 1e18;
  const now = Number(facts.now);
  const byBigints = (row: number): void => {
    const term = table.termLoanAt(row);
    if (term === undefined) return;
    const debt = termLoanDebt(term, facts.now < term.balance.settledAt ? term.balance.settledAt : facts.now);
    const value = collateralValueDown(table.loanAt(row).collateral, priceE36);
    if (isLiquidatable(debt, value, lltvWad)) decisions.pushLarge(row, debt, value, REASON.HEALTH);
    else if (term.inDefault !== undefined && debt > 0n) decisions.pushLarge(row, debt, value, REASON.DEFAULT);
  };
  return (row) => {
    const at = row * ROW;
    const line = row * LINE;
    const start = lines[line + D.START]!;
    const isOnLine = now >= start && now <= lines[line + D.END]!;
    if (!isOnLine || words[at + AT.COLLATERAL + 2]! >= THIRD_LIMB) return byBigints(row);
    let interest = ceilOfLine(
      lines[line + D.I_HIGH]!,
      lines[line + D.I_LOW]!,
      lines[line + D.S_HIGH]!,
      lines[line + D.S_LOW]!,
      now - start,
    );
    const late = lateLines.size === 0 ? undefined : lateLines.get(row);
    if (late !== undefined) interest += ceilOfLine(late.i.high, late.i.low, late.s.high, late.s.low, now - start);
    const debt = lines[line + D.FIXED]! + interest;
    const value = valueOf(words, at, price);
    // NaN where a part of it could not be told; at 2^53 a sum of integers may be rounded.
    if (!(debt < 2 ** 53) || Number.isNaN(value)) return byBigints(row);
    if (debt <= 0) return;
    const limit = value * lltv;
    const isMarked = (words[at + AT.FLAGS]! & FLAG.MARKED) !== 0;
    if (debt <= limit * (1 - NEAR_LIMIT)) {
      if (isMarked) decisions.push(row, debt, value, REASON.DEFAULT);
      return;
    }
    if (isMarked && debt < limit * (1 + NEAR_LIMIT)) return byBigints(row);
    if (debt < limit * (1 + NEAR_LIMIT) && !isLiquidatable(BigInt(debt), BigInt(value), lltvWad)) return;
    decisions.push(row, debt, value, REASON.HEALTH);
  };
}
