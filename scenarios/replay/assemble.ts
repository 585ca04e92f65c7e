import type { StatusReport } from "../../keeper/serve/status.js";
import { readLoans } from "../../sdk/client/loanState.js";
import { costOf, weiOf } from "../accounting/keeperFees.js";
import { conservationChecks } from "../accounting/conservation.js";
import { ledgerChecks, type KeeperBooks } from "../accounting/ledgerChecks.js";
import { readLedger } from "../accounting/readLedger.js";
import { flowOf } from "../accounting/snapshot.js";
import { totalsOf } from "../accounting/totals.js";
import type { BorrowerOutcome, FacilityTerms, KeeperCost, ReplayResult } from "../result.js";
import { loanIdOf } from "./lifecycle.js";
import { withCost } from "./liquidationLog.js";
import type { Remains } from "./remains.js";
import { SECOND_SOURCE } from "../secondSource.js";
import type { World } from "./world.js";

const NOTHING: KeeperCost = { l2Gas: 0n, l1Data: 0n, operator: 0n };

/** Brings balances, the contracts' books and the keeper's together into the result. */
export async function assemble(remains: Remains): Promise<ReplayResult> {
  const { world, parties, first, last, course, status, settings } = remains;
  const { facility, provider, deployment, devnet } = world;
  const { pool, vault } = facility;
  const { uniswap } = devnet.info;
  const [before, after] = [first.snapshot, last.snapshot];

  const totals = totalsOf({ parties, pool, vault, uniswapPool: uniswap.pool }, before, after);
  const loans = await readLoans(
    world.client,
    world.borrowers.map((borrower) => loanIdOf(world, borrower)),
  );
  const collateralLeft = loans.reduce((sum, { collateral }) => sum + collateral, 0n);
  const ledger = await readLedger(
    provider,
    { manager: deployment.loanManager, pool, uniswap },
    { block: before.block, books: first.books },
    { block: after.block, books: last.books },
    collateralLeft,
  );
  const cost = costOf(course.keeperTransactions);
  const keeperEther = { spent: first.keeperEther - last.keeperEther, fees: weiOf(cost) };
  const costs = new Map(course.keeperTransactions.map((transaction) => [transaction.hash, transaction.cost]));
  const sales = (hash: string): number => course.liquidations.filter(({ transaction }) => transaction === hash).length;
  const { decimals } = facility.loan;
  return {
    settings,
    terms: termsOf(world),
    tokens: { btc: facility.collateral, usd: facility.loan },
    span: { ...remains.span, firstBlock: before.block, lastBlock: after.block },
    moments: course.moments,
    holds: course.holds,
    liquidations: course.liquidations.map((one) =>
      withCost(one, partOf(costs.get(one.transaction) ?? NOTHING, sales(one.transaction))),
    ),
    borrowers: borrowersOf(remains),
    keeper: {
      profit: totals.keeperGain,
      cost,
      etherPrice: BigInt(remains.etherPrice) * 10n ** BigInt(decimals),
      transactions: course.keeperTransactions.length,
      reverted: course.keeperTransactions.filter(({ succeeded }) => !succeeded).length,
      notesOfDisagreement: course.keeperTransactions.filter(({ hash, succeeded }) => succeeded && sales(hash) === 0)
        .length,
    },
    totals,
    interest: ledger.interest,
    badDebt: ledger.losses,
    flows: parties.map((party) => ({ name: party.name, group: party.group, ...flowOf(party, before, after) })),
    checks: [
      ...conservationChecks(parties, before, after),
      ...ledgerChecks(totals, ledger, keeperBooks(status, facility.loan.address), keeperEther),
    ],
  };
}

/** Of what a transaction cost, the part of each of its sales. */
function partOf({ l2Gas, l1Data, operator }: KeeperCost, sales: number): KeeperCost {
  const count = BigInt(sales);
  return { l2Gas: l2Gas / count, l1Data: l1Data / count, operator: operator / count };
}

function termsOf({ facility }: World): FacilityTerms {
  return {
    maxLtvBps: Number(facility.maxLtvBps),
    lltvBps: Number(facility.lltvBps),
    targetLtvBps: Number(facility.targetLtvBps),
    incentiveMinBps: Number(facility.incentiveMinBps),
    incentiveMaxBps: Number(facility.incentiveMaxBps),
    minDebt: facility.minDebt,
    secondSource: SECOND_SOURCE,
  };
}

/** What the keeper says it earned and paid. */
export function keeperBooks({ totals }: StatusReport, loanAsset: string): KeeperBooks {
  const asset = Object.entries(totals.assets).find(([address]) => address.toLowerCase() === loanAsset.toLowerCase());
  const { l2Gas, l1Data, operator } = totals.fees;
  return { profit: BigInt(asset?.[1].grossProfit ?? 0), cost: BigInt(l2Gas) + BigInt(l1Data) + BigInt(operator) };
}

function borrowersOf({ world, parties, first, last, course, book }: Remains): BorrowerOutcome[] {
  return book.map(({ borrower, ltvBps, principal, collateral }) => {
    const { name } = world.borrowers[borrower] ?? { name: "" };
    const party = parties.find((one) => one.group === "borrowers" && one.name === name);
    if (!party) throw new RangeError(`${name} is not among the parties.`);
    const { usd, btc } = flowOf(party, first.snapshot, last.snapshot);
    return {
      ...{ name, ltvBps, principal, collateral },
      liquidations: course.liquidations.filter((one) => one.borrower === name).length,
      paid: principal - usd,
      returned: collateral + btc,
    };
  });
}
