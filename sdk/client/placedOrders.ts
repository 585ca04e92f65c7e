import type { protectionOrdersAbi } from "./abi/index.js";
import type { Client } from "./client.js";
import { explainRevert, refusalOf } from "./explain.js";
import { type LoanState, readLoan } from "./loanState.js";
import type { Need } from "./needs.js";
import { orderNeeds } from "./orderNeeds.js";
import { ORDER_KINDS, type Order, type OrderKind, orderNumber, ordersContract } from "./orders.js";
import type { AbiResult } from "./typedContract.js";

/** What an execution now would move; amounts that the kind does not move are 0. */
export type OrderQuote = Pick<
  AbiResult<typeof protectionOrdersAbi, "quote">,
  "repaid" | "toppedUp" | "maxSold" | "fee"
>;

/** One of the owner's orders for a loan. */
export interface PlacedOrder {
  readonly kind: OrderKind;
  readonly order: Order;
  /** What would happen if a keeper executed it now; undefined where the order does not allow it. */
  readonly quote: OrderQuote | undefined;
  /** Why it would not be executed now, by itself or by the market; undefined where it would. */
  readonly refusal: string | undefined;
  /** What the owner has to do before it ever can be. */
  readonly needs: readonly Need[];
}

/** Runs an execution that the order allows, for what it does not know: the market and the owner's authorisation. */
async function refusedBy(client: Client, loan: LoanState, kind: OrderKind): Promise<string | undefined> {
  const contract = ordersContract(client);
  try {
    const args = [loan.id, orderNumber(kind), loan.owner, 0n] as const;
    await contract.read(client.provider, "execute", args, { from: loan.owner });
    return undefined;
  } catch (error) {
    const refused = refusalOf(error, "to execute", { facility: loan.facility });
    if (refused === undefined) throw error;
    return explainRevert(refused.data, { facility: loan.facility });
  }
}

async function placedOrder(client: Client, loan: LoanState, kind: OrderKind): Promise<PlacedOrder | undefined> {
  const { provider } = client;
  const { id, owner, facility } = loan;
  const contract = ordersContract(client);
  const number = orderNumber(kind);
  const order = await contract.read(provider, "orderOf", [id, owner, number]);
  if (order.expiresAt === 0n) return undefined;
  const [isExecutable, quote, reason] = await contract.read(provider, "executable", [id, number]);
  const needs = await orderNeeds(client, loan, kind, order);
  return isExecutable
    ? { kind, order, quote, refusal: await refusedBy(client, loan, kind), needs }
    : { kind, order, quote: undefined, refusal: explainRevert(reason, { facility }), needs };
}

/** All orders of a loan's owner for it, and whether a keeper would execute them now. */
export async function readOrders(client: Client, id: bigint): Promise<{ loan: LoanState; orders: PlacedOrder[] }> {
  const loan = await readLoan(client, id);
  const all = await Promise.all(ORDER_KINDS.map((kind) => placedOrder(client, loan, kind)));
  return { loan, orders: all.filter((order) => order !== undefined) };
}
