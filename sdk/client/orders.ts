import { solidityPacked } from "ethers";
import type { protectionOrdersAbi } from "./abi/index.js";
import { bpsToWad } from "./amounts.js";
import { type Client, protectionOrdersAt } from "./client.js";
import { ClientError } from "./errors.js";
import type { Facility } from "./facility.js";
import type { LoanState } from "./loanState.js";
import type { AbiResult } from "./typedContract.js";

/** What an order does when its condition holds; their places are the contract's numbers of them. */
export const ORDER_KINDS = ["deleverage", "take-profit", "auto-repay", "auto-top-up"] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** Whether an order sells collateral, or takes what it pays with out of the owner's wallet. */
export const sells = (kind: OrderKind): boolean => kind === "deleverage" || kind === "take-profit";

export const orderNumber = (kind: OrderKind): bigint => BigInt(ORDER_KINDS.indexOf(kind));

/** All of a debt, in a take-profit order. */
export const ALL_DEBT = 2n ** 128n - 1n;

/** An owner's terms as the contract keeps them; what the kind does not use is 0. */
export type Order = AbiResult<typeof protectionOrdersAbi, "orderOf">;

/** Terms of one order, kind by kind. Fees: loan units, of an auto-top-up collateral units. */
export type OrderTerms = {
  readonly expiresAt: bigint;
  /** The keeper's fee, of what is repaid or topped up, and most of it in one execution. */
  readonly feeBps: bigint;
  readonly maxFee: bigint;
} & (
  | {
      readonly kind: "deleverage";
      readonly triggerLtvBps: bigint;
      readonly targetLtvBps: bigint;
      readonly maxSlippageBps: bigint;
    }
  | {
      readonly kind: "take-profit";
      readonly triggerPriceE36: bigint;
      /** Loan units to repay; {@link ALL_DEBT} for all. */
      readonly assets: bigint;
      readonly maxSlippageBps: bigint;
    }
  | {
      readonly kind: "auto-repay" | "auto-top-up";
      readonly triggerLtvBps: bigint;
      readonly targetLtvBps: bigint;
      /** Most taken at once, and in all; loan units to repay, collateral units to top up. */
      readonly maxPerExecution: bigint;
      readonly limit: bigint;
    }
);

/** The deployment has no such contract. */
export class NoProtectionOrders extends ClientError {
  constructor(what: string) {
    super(`this deployment names no ${what}, so that there are no protection orders in it`);
  }
}

/** @throws NoProtectionOrders */
export function ordersContract({ deployment }: Client) {
  if (deployment.protectionOrders === undefined) throw new NoProtectionOrders("ProtectionOrders");
  return protectionOrdersAt(deployment.protectionOrders);
}

/** A Uniswap v3 path for an exact output, from the loan asset back to the collateral, over the deployment's pool of the two. */
export function salePath({ deployment }: Client, { loan, collateral }: Facility): string {
  if (deployment.uniswap === undefined) throw new NoProtectionOrders("Uniswap, over which they sell");
  const hops = [loan.address, deployment.uniswap.fee, collateral.address];
  return solidityPacked(["address", "uint24", "address"], hops);
}

const BLANK: Order = {
  ...{ expiresAt: 0n, triggerLtvBps: 0n, targetLtvBps: 0n, maxSlippageBps: 0n, feeBps: 0n, maxFee: 0n },
  ...{ assets: 0n, maxPerExecution: 0n, limit: 0n, triggerPriceE36: 0n, path: "0x" },
};

/** The contract's form of an order. */
export function orderOf(client: Client, facility: Facility, { kind, ...terms }: OrderTerms): Order {
  return { ...BLANK, ...terms, path: sells(kind) ? salePath(client, facility) : "0x" };
}

/** Whether a loan's LTV is where the order waits for it, as far as the present price says. */
export function isAtTrigger(loan: LoanState, order: Order): boolean {
  return loan.ltvWad !== undefined && order.triggerLtvBps !== 0n && loan.ltvWad >= bpsToWad(order.triggerLtvBps);
}
