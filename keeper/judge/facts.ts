import type { Head, Node } from "../chain/node.js";
import { explainRevert, oracleAt, poolAt, read, termLensAt } from "../chain/contracts.js";
import { RpcError } from "../chain/rpcErrors.js";
import { Inconsistent } from "../errors.js";
import { loanText } from "../serve/describe.js";
import type { BookFacility, BookLoan } from "../index/loanBook.js";
import { type PoolState, debtTotalsAt } from "./accrual.js";
import type { DatedDebt, FacilityFacts, PriceAnswer } from "./judge.js";

/** @param fixedRate of the pool, which never changes */
export async function readPool(node: Node, pool: string, fixedRate: bigint, at: number): Promise<PoolState> {
  const [debt, cash] = await read(node, poolAt(pool), "stored", [], at);
  return {
    debtAssets: debt.assets,
    debtShares: debt.shares,
    cash: cash.cash,
    accruedAt: cash.accruedAt,
    rateAtTarget: cash.rateAtTarget,
    fixedRate,
  };
}

/**
 * The price at which collateral is sold, or why there is none.
 *
 * @throws TransportError when the node gave no answer, which says nothing about the price
 */
export async function readPrice(node: Node, oracle: string, at: number): Promise<PriceAnswer> {
  try {
    return { kind: "price", priceE36: await read(node, oracleAt(oracle), "liquidationPrice", [], at) };
  } catch (error) {
    if (!(error instanceof RpcError) || !error.isRevert) throw error;
    const revert = explainRevert(error.data);
    const [primaryE36, , releasedAt] = revert.args;
    if (revert.name === "SourcesDisagree" && typeof primaryE36 === "bigint" && typeof releasedAt === "bigint") {
      return { kind: "disagreement", primaryE36, releasedAt };
    }
    return { kind: "refusal", why: revert.text };
  }
}

/** Term loans asked for in one call; a few hundred fit a node's limit on gas. */
const LOANS_A_CALL = 100;

/**
 * The same of a term facility: what each loan owes is asked of the chain itself.
 *
 * @param loans of the facility, as the log has them
 * @throws Inconsistent where the chain has other collateral, or more principal: logs are missing
 */
export async function readTermFacts(
  node: Node,
  termLens: string,
  facility: BookFacility,
  loans: readonly BookLoan[],
  head: Head,
): Promise<FacilityFacts> {
  const batches: bigint[][] = [];
  for (let at = 0; at < loans.length; at += LOANS_A_CALL) {
    batches.push(loans.slice(at, at + LOANS_A_CALL).map(({ id }) => id));
  }
  const [price, totalAssets, ...answers] = await Promise.all([
    readPrice(node, facility.oracle, head.number),
    read(node, poolAt(facility.pool), "totalDebt", [], head.number),
    ...batches.map((ids) => read(node, termLensAt(termLens), "termLoanOverviews", [ids], head.number)),
  ]);
  const dated = new Map<bigint, DatedDebt>();
  const known = new Map(loans.map((loan) => [loan.id, loan]));
  for (const { id, debt, collateral, recordedPrincipal, defaultMarkedAt, defaultsAfter } of answers.flat()) {
    const loan = known.get(id);
    // What is recorded may be less than the log adds up to: marking a default settles what was paid ahead, and its event does not
    // carry the principal. What is owed is asked of the chain anyway.
    if (loan === undefined || recordedPrincipal > loan.debtShares || collateral !== loan.collateral) {
      throw new Inconsistent(
        `loan ${loanText(id)} has ${loan?.debtShares} of principal and ${loan?.collateral} of collateral by the log, ` +
          `${recordedPrincipal} and ${collateral} on chain at block ${head.number}: logs are missing and are read again`,
      );
    }
    dated.set(id, { debt, defaultMarkedAt, defaultsAfter });
  }
  const isMarked = [...dated.values()].some(({ defaultMarkedAt }) => defaultMarkedAt !== 0n);
  const graceEndsAt = isMarked ? await read(node, oracleAt(facility.oracle), "graceEndsAt", [], head.number) : 0n;
  const totals = { totalAssets, totalShares: 0n };
  return { facility, now: head.timestamp, totals, dated, price, graceEndsAt };
}

/** Everything the judgement of a facility's loans rests on, as of `head`; and the pool's own count of debt shares. */
export async function readFacts(
  node: Node,
  facility: BookFacility,
  fixedRate: bigint,
  head: Head,
): Promise<FacilityFacts & { debtShares: bigint }> {
  const [pool, price] = await Promise.all([
    readPool(node, facility.pool, fixedRate, head.number),
    readPrice(node, facility.oracle, head.number),
  ]);
  const totals = debtTotalsAt(pool, head.timestamp);
  return { facility, now: head.timestamp, totals, price, graceEndsAt: 0n, debtShares: pool.debtShares };
}
