import type { Check, Unit } from "../accounting/checks.js";
import type { KeeperBooks, KeeperEther } from "../accounting/ledgerChecks.js";
import type { Flow } from "../accounting/snapshot.js";
import type { YearOfEvents } from "./events.js";
import { LOSS_ORDER, type FacilityBooks, type Month, type YearResult } from "./result.js";
import { cashOf, flowsOf, lossOf, total } from "./sums.js";

/** Where the year's totals come from twice. */
export interface Evidence {
  /** token balances: change from the first block to the last */
  groups: YearResult["groups"];
  /** of the two pools */
  pools: Flow;
  vaults: Flow;
  uniswap: Flow;
  /** the books before the first month */
  before: Record<number, FacilityBooks>;
  months: readonly Month[];
  events: YearOfEvents;
  /** by the Uniswap pool's events */
  swapped: Flow;
  keeper: KeeperBooks;
  ether: KeeperEther;
}

/**
 * Every month: the change of each pool's balance is what came in less what went out; what each class of lenders is worth changed
 * by what it brought, took, earned and lost. Over the year: who got what, by balances and by events.
 */
export function yearChecks(evidence: Evidence): Check[] {
  return [...monthChecks(evidence), ...totalChecks(evidence)];
}

function monthChecks({ before, months }: Evidence): Check[] {
  return months.flatMap((month, index) =>
    Object.entries(month.events).flatMap(([facility, events]) => {
      const then = (months[index - 1]?.books ?? before)[Number(facility)];
      const now = month.books[Number(facility)];
      if (!then || !now) throw new RangeError(`Month ${month.number} has no books of facility ${facility}.`);
      const where = `Month ${month.number}, facility ${facility}`;
      return [
        check(
          `${where}: cash in less cash out`,
          "usd",
          now.balance - then.balance,
          cashOf(events),
          "pool and loan events",
          "pool's balance",
        ),
        ...LOSS_ORDER.map((holder) =>
          check(
            `${where}: worth of ${holder}`,
            "usd",
            now.worth[holder] - then.worth[holder],
            events.lent[holder] -
              events.redeemed[holder] +
              events.income[holder] -
              events.reversed[holder] -
              events.losses[holder],
            "entries, exits, income and losses",
            "net asset value",
          ),
        ),
      ];
    }),
  );
}

function totalChecks({ groups, pools, vaults, uniswap, months, events, swapped, keeper, ether }: Evidence): Check[] {
  const { lent, redeemed, principal, repaid, proceeds, income, reversed, losses } = flowsOf(months);
  const debtLeft = Object.values(months.at(-1)?.books ?? {}).reduce((sum, { debt }) => sum + debt, 0n);
  const { put, taken, seized } = events.collateral;
  return [
    check("Lenders: redeemed less lent", "usd", groups.lenders.usd, total(redeemed) - total(lent), "pool events"),
    check("Borrowers: borrowed less paid", "usd", groups.borrowers.usd, principal - repaid, "loan events"),
    check("Borrowers: collateral got back less put in", "btc", groups.borrowers.btc, taken - put, "loan events"),
    check("Collateral sold", "btc", -(groups.borrowers.btc + vaults.btc), seized, "liquidation events"),
    check(
      "Debt paid by liquidators",
      "usd",
      groups.lenders.usd + groups.borrowers.usd + pools.usd,
      proceeds,
      "liquidation events",
    ),
    check(
      "Paid on loans less lent on them: income less losses",
      "usd",
      repaid + proceeds - principal,
      total(income) - total(reversed) - total(losses) - debtLeft,
      "what was divided among lenders, less debt left",
      "loan events",
    ),
    check(
      "Losses",
      "usd",
      total(losses),
      events.sales.reduce((sum, sale) => sum + lossOf(sale), 0n),
      "each sale's own",
      "all losses of the pools",
    ),
    check("Collateral left in the vaults", "btc", vaults.btc, put - taken - seized, "loan events"),
    check("Into the Uniswap pool", "usd", uniswap.usd, swapped.usd, "its swap events"),
    check("Into the Uniswap pool", "btc", uniswap.btc, swapped.btc, "its swap events"),
    check("Keeper's profit before fees", "usd", groups.keeper.usd, keeper.profit, "its own books"),
    check("Keeper: collateral left over", "btc", groups.keeper.btc, 0n, "the rule that it sells all"),
    check("Keeper's fees", "eth", ether.spent, ether.fees, "the fee rules, each transaction"),
    check("Keeper's fees", "eth", ether.spent, keeper.cost, "its own books"),
  ];
}

function check(what: string, unit: Unit, measured: bigint, expected: bigint, from: string, by = "balances"): Check {
  return { what, unit, measured: { from: by, amount: measured }, expected: { from, amount: expected } };
}
