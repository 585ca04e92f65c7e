import { getAddress } from "ethers";
import { formatAmount, formatBps, formatCash, formatPercent, formatPrice, formatTime } from "../amounts.js";
import type { Client } from "../client.js";
import { orderNeeds } from "../orderNeeds.js";
import {
  ALL_DEBT,
  type OrderKind,
  type OrderTerms,
  isAtTrigger,
  orderNumber,
  orderOf,
  ordersContract,
} from "../orders.js";
import type { LoanState } from "../loanState.js";
import { NO_LIMIT } from "../authorisation.js";
import type { Plan } from "./plan.js";
import { ImpossibleAction, type Situation, named, outlookNow, situationOf } from "./situation.js";

/** The owner's: orders belong to loan and owner, and no operator places them. */
function requireOwner(loan: LoanState, from: string): void {
  if (loan.owner === from) return;
  throw new ImpossibleAction(`${named(loan)} belongs to ${loan.owner}, and only the owner's orders for it count`);
}

/**
 * Places an order for a loan, instead of any of that kind before. Any keeper may execute it when its condition holds.
 *
 * @param request.collateralLimit for orders that sell: most that the contract is let take out of the owner's loans in the facility;
 * the loan's own collateral where none is named
 * @example
 * const order = { kind: "deleverage", triggerLtvBps: 7_800n, targetLtvBps: 6_500n, maxSlippageBps: 100n,
 *   feeBps: 50n, maxFee: 20_000_000n, expiresAt } as const;
 * await sendPlan(client, wallet, await planPlaceOrder(client, { from: wallet.address, id, order }));
 */
export async function planPlaceOrder(
  client: Client,
  request: {
    readonly from: string;
    readonly id: bigint;
    readonly order: OrderTerms;
    readonly collateralLimit?: bigint;
  },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { id, order: terms, collateralLimit } = request;
  const { loan, facility } = await situationOf(client, id);
  const contract = ordersContract(client);
  requireOwner(loan, from);
  requireSensible(terms, { loan, facility });
  const order = orderOf(client, facility, terms);
  const { kind } = terms;
  const before = await contract.read(client.provider, "orderOf", [id, from, orderNumber(kind)]);
  const notes = [
    before.expiresAt === 0n ? "" : `; the ${kind} order before it is replaced`,
    isAtTrigger(loan, order)
      ? `; its LTV is ${formatPercent(loan.ltvWad ?? 0n)}, so any keeper may execute it at once`
      : "",
  ];
  return {
    action: "place an order",
    summary: `lets any keeper ${describeOrder(terms, { loan, facility })}, for a fee of ${formatBps(terms.feeBps)} of it and at most ${formatAmount(terms.maxFee, kind === "auto-top-up" ? facility.collateral : facility.loan)}, until ${formatTime(terms.expiresAt)}${notes.join("")}`,
    facility,
    loanId: id,
    transaction: { from, to: contract.address, data: contract.encode("place", [id, orderNumber(kind), order]) },
    before: [],
    needs: await orderNeeds(
      client,
      loan,
      kind,
      order,
      collateralLimit === undefined ? undefined : least(collateralLimit),
    ),
    now: outlookNow({ loan, facility }),
    context: { facility },
  };
}

const least = (limit: bigint): bigint => (limit > NO_LIMIT ? NO_LIMIT : limit);

/** In words: "sell collateral of loan 1:0 when …". */
export function describeOrder(terms: OrderTerms, { loan, facility }: Situation): string {
  switch (terms.kind) {
    case "deleverage":
      return `sell collateral of ${named(loan)} when its LTV reaches ${formatBps(terms.triggerLtvBps)}, to bring it to ${formatBps(terms.targetLtvBps)}, at most ${formatBps(terms.maxSlippageBps)} below the oracle's price`;
    case "take-profit": {
      const price = `${formatPrice(terms.triggerPriceE36, facility.collateral, facility.loan)} ${facility.loan.symbol}`;
      const part = terms.assets === ALL_DEBT ? "all its debt" : formatCash(terms.assets, facility.loan);
      return `sell collateral of ${named(loan)} to repay ${part} when the price reaches ${price}, at most ${formatBps(terms.maxSlippageBps)} below it`;
    }
    case "auto-repay":
    case "auto-top-up": {
      const token = terms.kind === "auto-repay" ? facility.loan : facility.collateral;
      const what = terms.kind === "auto-repay" ? "repay" : "top up";
      return `${what} ${named(loan)} out of your wallet when its LTV reaches ${formatBps(terms.triggerLtvBps)}, to bring it to ${formatBps(terms.targetLtvBps)}, with at most ${formatAmount(terms.maxPerExecution, token)} at a time and ${formatAmount(terms.limit, token)} in all`;
    }
  }
}

/** The mistakes that are easily made, in the words of the order; the contract has the last one. */
function requireSensible(terms: OrderTerms, { facility }: Situation): void {
  if (terms.kind === "take-profit") return;
  const { kind, triggerLtvBps, targetLtvBps } = terms;
  if (triggerLtvBps >= facility.lltvBps) {
    throw new ImpossibleAction(
      `a trigger at an LTV of ${formatBps(triggerLtvBps)} comes too late: from above ${formatBps(facility.lltvBps)} on the loan is liquidated`,
    );
  }
  if (targetLtvBps >= triggerLtvBps) {
    throw new ImpossibleAction(
      `the target of ${formatBps(targetLtvBps)} has to be below the trigger of ${formatBps(triggerLtvBps)}`,
    );
  }
  if (kind === "deleverage" && targetLtvBps > facility.maxLtvBps) {
    throw new ImpossibleAction(
      `a sale must leave at most the max LTV, ${formatBps(facility.maxLtvBps)}: a target of ${formatBps(targetLtvBps)} is above it`,
    );
  }
}

/** Takes an order back. What was authorised or approved for it stays, and is harmless without it. */
export async function planCancelOrder(
  client: Client,
  request: { readonly from: string; readonly id: bigint; readonly kind: OrderKind },
): Promise<Plan> {
  const from = getAddress(request.from);
  const { id, kind } = request;
  const { loan, facility } = await situationOf(client, id);
  const contract = ordersContract(client);
  const order = await contract.read(client.provider, "orderOf", [id, from, orderNumber(kind)]);
  if (order.expiresAt === 0n) throw new ImpossibleAction(`${from} has placed no ${kind} order for ${named(loan)}`);
  return {
    action: "cancel an order",
    summary: `takes back the ${kind} order for ${named(loan)}`,
    facility,
    loanId: id,
    transaction: { from, to: contract.address, data: contract.encode("cancel", [id, orderNumber(kind)]) },
    before: [],
    needs: [],
    context: { facility },
  };
}
