import { loanManagerAbi, termLoanManagerAbi } from "../../../sdk/client/abi/index.js";
import { interfaceOf, plainObject } from "../../../sdk/client/typedContract.js";
import {
  MAX_UINT256,
  type TermLoan,
  quoteLiquidation,
  repaidTermLoan,
  termLoanDebt,
  toAssetsUp,
} from "../../../sdk/model/index.js";
import { collateralValueDown, healthFactorDown } from "../../../sdk/model/index.js";
import { facilityOf } from "../../../keeper/index/loanBook.js";
import { BenchMarket } from "./market.js";

/** What a keeper does that keeps loans as objects in a map, reads logs with ethers' parser and judges every loan with bigints. */
export interface Naive {
  readonly loans: number;
  readonly eventsPerSecond: number;
  readonly tickMs: number;
  readonly rssMegabytes: number;
}

interface Loan {
  readonly id: bigint;
  readonly facility: number;
  readonly debtShares: bigint;
  readonly collateral: bigint;
  readonly term?: TermLoan | undefined;
}

const ABIS = [interfaceOf(loanManagerAbi), interfaceOf(termLoanManagerAbi)];

export function measureNaive(size: number): Naive {
  const market = new BenchMarket(size);
  market.populate();
  market.serve();
  const loans = new Map<bigint, Loan>();
  for (const loan of market.book.loans) loans.set(loan.id, { ...loan, term: market.book.explain(loan.id)?.term });

  const logs = market.nextBlock(2_000);
  let began = performance.now();
  for (const log of logs) {
    const parsed = ABIS.map((abi) => abi.parseLog({ topics: [...log.topics], data: log.data })).find(
      (one) => one !== null,
    );
    if (parsed === undefined || parsed === null) continue;
    const {
      id,
      shares = 0n,
      collateral = 0n,
      seized = 0n,
      assets = 0n,
    } = plainObject(parsed.fragment.inputs, parsed.args) as Record<string, bigint>;
    const loan = id === undefined ? undefined : loans.get(id);
    if (id === undefined) continue;
    if (parsed.name === "Opened" || parsed.name === "TermLoanOpened") {
      loans.set(id, { id, facility: facilityOf(id), debtShares: shares, collateral });
    } else if (loan === undefined || parsed.name === "Closed") loans.delete(id);
    else if (parsed.name === "Drawn") loans.set(id, { ...loan, debtShares: loan.debtShares + shares });
    else if (parsed.name === "ToppedUp") loans.set(id, { ...loan, collateral: loan.collateral + collateral });
    else if (parsed.name === "Withdrawn") loans.set(id, { ...loan, collateral: loan.collateral - collateral });
    else if (parsed.name === "Liquidated")
      loans.set(id, { ...loan, debtShares: loan.debtShares - shares, collateral: loan.collateral - seized });
    else if (parsed.name === "Repaid") {
      const term = loan.term && repaidTermLoan(loan.term, BigInt(market.now), { paid: assets, principal: shares }).loan;
      loans.set(id, { ...loan, debtShares: loan.debtShares - shares, term });
    }
  }
  const eventsPerSecond = (logs.length / (performance.now() - began)) * 1e3;

  const facts = market.facts(45_000);
  began = performance.now();
  const found: { debt: bigint }[] = [];
  for (const { facility, debtShares, collateral, term } of loans.values()) {
    const known = facts.get(facility);
    if (known?.price.kind !== "price" || debtShares === 0n) continue;
    const debt = term === undefined ? toAssetsUp(debtShares, known.totals) : termLoanDebt(term, known.now);
    const { priceE36 } = known.price;
    const { terms } = known.facility;
    const quote = quoteLiquidation({ collateral, debt, priceE36, terms, request: MAX_UINT256 });
    healthFactorDown(collateralValueDown(collateral, priceE36), debt, terms.lltvWad);
    if (quote.liquidatable) found.push({ debt });
  }
  found.sort((a, b) => (a.debt < b.debt ? 1 : -1));
  const tickMs = performance.now() - began;
  return { loans: loans.size, eventsPerSecond, tickMs, rssMegabytes: process.memoryUsage().rss / 2 ** 20 };
}
