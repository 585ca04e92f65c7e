import type { Check, Unit } from "./checks.js";
import type { Ledger } from "./ledger.js";
import type { Totals } from "./totals.js";

/** What the keeper says of itself. */
export interface KeeperBooks {
  /** loan units, before the cost of its transactions */
  profit: bigint;
  /** wei */
  cost: bigint;
}

/** What the keeper's transactions cost, wei: once from its balance of ether, once from the fee rules. */
export interface KeeperEther {
  spent: bigint;
  fees: bigint;
}

/** Each total as the tokens have it against the same total as the contracts' books and the keeper's have it. */
export function ledgerChecks(totals: Totals, ledger: Ledger, keeper: KeeperBooks, ether: KeeperEther): Check[] {
  const check = (what: string, unit: Unit, measured: bigint, expected: bigint, from: string): Check => ({
    what,
    unit,
    measured: { from: "balances", amount: measured },
    expected: { from, amount: expected },
  });
  const { groups } = totals;
  return [
    check("Lenders: redeemed less lent", "usd", totals.lendersGain, ledger.redeemed - ledger.lent, "tranche events"),
    check(
      "Borrowers: paid less borrowed",
      "usd",
      totals.borrowersPaid,
      ledger.repaidByBorrowers - ledger.principal,
      "loan events",
    ),
    check(
      "Borrowers: collateral put in less got back",
      "btc",
      -groups.borrowers.btc,
      ledger.collateralIn - ledger.collateralOut,
      "loan events",
    ),
    check(
      "Debt paid by liquidators",
      "usd",
      totals.repaidByLiquidators,
      ledger.repaidByLiquidators,
      "liquidation events",
    ),
    check("Collateral seized", "btc", totals.seized, ledger.seized, "liquidation events"),
    check(
      "Lenders' and pool's gain: interest less bad debt",
      "usd",
      totals.lendersGain + totals.keptInPool,
      ledger.interest - ledger.losses - (ledger.debtLeft - ledger.debtBefore),
      "pool events, less debt outstanding",
    ),
    check(
      "Bad debt",
      "usd",
      ledger.interest - (totals.lendersGain + totals.keptInPool) - (ledger.debtLeft - ledger.debtBefore),
      ledger.debtClosed - ledger.repaidByLiquidators,
      "liquidation events",
    ),
    check("Cash in the pool", "usd", totals.heldByPool, ledger.cash, "pool's ledger"),
    check("Cash kept in the pool", "usd", totals.keptInPool, ledger.cash - ledger.cashBefore, "pool's ledger"),
    check("Collateral in the vault", "btc", totals.heldByVault, ledger.collateralLeft, "loans' ledger"),
    check("Into the Uniswap pool", "usd", totals.uniswap.usd, ledger.swapped.usd, "its swap events"),
    check("Into the Uniswap pool", "btc", totals.uniswap.btc, ledger.swapped.btc, "its swap events"),
    check("Keeper's profit before fees", "usd", totals.keeperGain, keeper.profit, "its own books"),
    check("Keeper: collateral left over", "btc", groups.keeper.btc, 0n, "the rule that it sells all"),
    check("Keeper's fees", "eth", ether.spent, ether.fees, "the fee rules, each transaction"),
    check("Keeper's fees", "eth", ether.spent, keeper.cost, "its own books"),
  ];
}
