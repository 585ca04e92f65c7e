import type { Head, Node } from "../chain/node.js";
import { explainRevert, oracleAt, poolAt, read } from "../chain/contracts.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { BookFacility } from "../index/loanBook.js";
import { type PoolState, debtTotalsAt } from "./accrual.js";
import type { FacilityFacts, PriceAnswer } from "./judge.js";

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

/** Everything the judgement of a facility's loans rests on, as of `head`; and the pool's own count of debt shares. */
export async function readFacts(
  node: Node,
  facility: BookFacility,
  fixedRate: bigint,
  hasMarkedLoans: boolean,
  head: Head,
): Promise<FacilityFacts & { debtShares: bigint }> {
  const [pool, price, graceEndsAt] = await Promise.all([
    readPool(node, facility.pool, fixedRate, head.number),
    readPrice(node, facility.oracle, head.number),
    hasMarkedLoans ? read(node, oracleAt(facility.oracle), "graceEndsAt", [], head.number) : 0n,
  ]);
  const totals = debtTotalsAt(pool, head.timestamp);
  return { facility, now: head.timestamp, totals, price, graceEndsAt, debtShares: pool.debtShares };
}
