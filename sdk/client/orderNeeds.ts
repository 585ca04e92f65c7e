import { minOf } from "../model/index.js";
import { formatAmount, formatTime } from "./amounts.js";
import { NO_LIMIT, authorisationTransaction, readAuthorisation } from "./authorisation.js";
import { type Client } from "./client.js";
import type { LoanState } from "./loanState.js";
import { type Need, paymentNeeds } from "./needs.js";
import { type Order, type OrderKind, ordersContract, sells } from "./orders.js";

/**
 * What the owner's order needs before a keeper can execute it: for a sale, the contract as operator that may take collateral out; for
 * what comes from the wallet, an allowance of all that the order may take.
 *
 * @param collateralLimit most that the contract shall be let take out of the owner's loans in the facility; the loan's own collateral
 * where none is named
 */
export async function orderNeeds(
  client: Client,
  loan: LoanState,
  kind: OrderKind,
  order: Order,
  collateralLimit: bigint = minOf(loan.collateral, NO_LIMIT),
): Promise<Need[]> {
  return sells(kind) ? operatorNeeds(client, loan, order, collateralLimit) : walletNeeds(client, loan, kind, order);
}

async function operatorNeeds(client: Client, loan: LoanState, order: Order, limit: bigint): Promise<Need[]> {
  const { owner, facility } = loan;
  const operator = ordersContract(client).address;
  const given = await readAuthorisation(client, owner, facility.id, operator);
  const may = given.actions.includes("withdraw");
  if (may && given.expiresAt >= order.expiresAt && given.collateralLimit >= limit) return [];
  const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
  // It replaces what was granted before, which other orders of the owner may stand on.
  const granted = {
    actions: may ? given.actions : [...given.actions, "withdraw" as const],
    expiresAt: max(given.expiresAt, order.expiresAt),
    cashLimit: given.cashLimit,
    collateralLimit: may ? max(given.collateralLimit, limit) : limit,
  };
  const most =
    granted.collateralLimit >= NO_LIMIT ? "any amount" : formatAmount(granted.collateralLimit, facility.collateral);
  return [
    {
      kind: "operator",
      operator,
      what: `authorise the protection orders to take out ${most} until ${formatTime(granted.expiresAt)}`,
      transaction: authorisationTransaction(client, owner, facility.id, operator, granted),
    },
  ];
}

async function walletNeeds(client: Client, loan: LoanState, kind: OrderKind, order: Order): Promise<Need[]> {
  const { owner, facility } = loan;
  const token = kind === "auto-repay" ? facility.loan : facility.collateral;
  const spender = ordersContract(client).address;
  // The wallet need not hold it yet: an order is content with less.
  const payment = { token, from: owner, spender, spenderIs: "protection orders", amount: order.limit, least: 0n };
  return paymentNeeds(client, payment, false);
}
