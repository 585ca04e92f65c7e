import { RATE_SECONDS } from "../../sdk/model/index.js";
import { explainRevert, oracleAt, poolAt, read, termPoolAt, tokenAt, vaultAt } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import { CustodyCheck } from "../index/custodyCheck.js";
import type { BookFacility, LoanBook } from "../index/loanBook.js";
import type { TermTable } from "../index/table/termTable.js";
import { type PoolState, debtTotalsAt } from "./accrual.js";
import type { FacilityFacts, PriceAnswer } from "./judge.js";

/** @param fixedRate of the pool, which never changes */
async function readPool(node: Node, pool: string, fixedRate: bigint, at: number): Promise<PoolState> {
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

/** What the chain says of a facility, and what shows that the book does not have all its logs. */
export interface FactsAnswer {
  readonly facts: FacilityFacts;
  /** Undefined where everything adds up. */
  readonly missing: string | undefined;
}

interface Constants {
  readonly fixedRate: bigint;
  readonly collateralAsset: string;
  readonly collateralDecimals: number;
}

/**
 * Reads price and pool of a facility, and holds the book against what its contracts count: DEBT-2 for the debt (every loan's shares,
 * or every term loan's part of the pool's one number, add up to the pool's), CUSTODY-1 for the collateral.
 */
export class FactsReader {
  private readonly constants = new Map<number, Constants>();
  private readonly custody = new CustodyCheck();

  constructor(private readonly node: Node) {}

  async read(book: LoanBook, facility: BookFacility, head: Head): Promise<FactsAnswer> {
    if (book.trouble !== undefined) return { facts: NO_FACTS(facility, head), missing: book.trouble };
    const { fixedRate, collateralAsset, collateralDecimals } = await this.constantsOf(facility);
    const table = book.termTable(facility.id);
    const [answer, held] = await Promise.all([
      table === undefined ? this.revolving(book, facility, fixedRate, head) : this.term(table, facility, head),
      read(this.node, tokenAt(collateralAsset), "balanceOf", [facility.vault], head.number),
    ]);
    const missing =
      answer.missing ?? this.custody.check(facility.vault, held, book.collateralIn(facility.vault), head.number);
    return { facts: { ...answer.facts, collateralDecimals }, missing };
  }

  private async revolving(book: LoanBook, facility: BookFacility, fixedRate: bigint, head: Head): Promise<FactsAnswer> {
    const [pool, price] = await Promise.all([
      readPool(this.node, facility.pool, fixedRate, head.number),
      readPrice(this.node, facility.oracle, head.number),
    ]);
    const totals = debtTotalsAt(pool, head.timestamp);
    const ours = book.debtShares(facility.id);
    const missing =
      ours === pool.debtShares
        ? undefined
        : `the loans of facility ${facility.id} add up to ${ours} debt shares and the pool has ${pool.debtShares} at block ${head.number}: logs are missing and are read again`;
    return { facts: { facility, now: head.timestamp, totals, price, graceEndsAt: 0n }, missing };
  }

  private async term(table: TermTable, facility: BookFacility, head: Head): Promise<FactsAnswer> {
    const { id, oracle, pool } = facility;
    const [price, [counted, slope]] = await Promise.all([
      readPrice(this.node, oracle, head.number),
      read(this.node, termPoolAt(pool), "receivables", [], head.number),
    ]);
    const ours = table.receivables(head.timestamp);
    const missing =
      ours.counted === counted && ours.slope === slope
        ? undefined
        : `the term loans of facility ${id} add up to ${ours.counted} and ${ours.slope} a second, and the pool counts ${counted} and ${slope} at block ${head.number}: logs are missing and are read again`;
    const graceEndsAt = table.marked > 0 ? await this.graceOf(oracle, head.number) : 0n;
    const totals = { totalAssets: counted / RATE_SECONDS, totalShares: 0n };
    return { facts: { facility, now: head.timestamp, totals, price, graceEndsAt }, missing };
  }

  /** A sequencer that is down has no end of its grace, and no price. */
  private async graceOf(oracle: string, at: number): Promise<bigint> {
    try {
      return await read(this.node, oracleAt(oracle), "graceEndsAt", [], at);
    } catch (error) {
      if (error instanceof RpcError && error.isRevert) return 0n;
      throw error;
    }
  }

  private async constantsOf({ id, pool, vault }: BookFacility): Promise<Constants> {
    const known = this.constants.get(id);
    if (known !== undefined) return known;
    const [fixedRate, collateralAsset] = await Promise.all([
      read(this.node, poolAt(pool), "fixedRatePerSecond", []),
      read(this.node, vaultAt(vault), "asset", []),
    ]);
    const decimals = await read(this.node, tokenAt(collateralAsset), "decimals", []);
    const constants = { fixedRate, collateralAsset, collateralDecimals: Number(decimals) };
    this.constants.set(id, constants);
    return constants;
  }
}

const NO_FACTS = (facility: BookFacility, { timestamp }: Head): FacilityFacts => ({
  ...{ facility, now: timestamp, totals: { totalAssets: 0n, totalShares: 0n }, graceEndsAt: 0n },
  price: { kind: "refusal", why: "logs are missing" },
});
