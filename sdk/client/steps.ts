import { Signature, type Signer } from "ethers";
import { formatAmount } from "./amounts.js";
import type { Plan } from "./actions/plan.js";
import { type Client, loansOf } from "./client.js";
import { type ApprovalNeed, NeedNotMet, type OperatorNeed, type UnsignedTransaction } from "./needs.js";
import { encodePermit } from "./permit.js";

/** One transaction of a plan, in the order in which they are to be sent. */
export interface Step {
  readonly what: string;
  readonly transaction: UnsignedTransaction;
  /** Whether this is the action itself, not something it needs. */
  readonly isAction: boolean;
}

/** How approvals are given: by transactions of their own, or by signatures within the action's wherever there is a choice. */
export type ApprovalWay = "transaction" | "permit";

/** @throws NeedNotMet where something is missing that the caller cannot bring about */
export function requireFeasible(plan: Plan): void {
  for (const need of plan.needs)
    if (need.kind === "authorisation" || need.kind === "balance") throw new NeedNotMet(need, `to ${plan.action}`);
}

/** What the caller can bring about by a transaction. */
const permissions = (plan: Plan): (ApprovalNeed | OperatorNeed)[] =>
  plan.needs.filter((need) => need.kind === "approval" || need.kind === "operator");

function permissionStep(need: ApprovalNeed | OperatorNeed): Step {
  if (need.kind === "operator") return { what: need.what, transaction: need.transaction, isAction: false };
  const what = `approve the ${need.spenderIs} for ${formatAmount(need.amount, need.token)}`;
  return { what, transaction: need.transaction, isAction: false };
}

function actionStep(client: Client, plan: Plan, first: readonly string[]): Step {
  const { transaction } = plan;
  const what = plan.action;
  if (first.length === 0) return { what, transaction, isAction: true };
  const data = loansOf(client, plan.facility.id).encode("multicall", [[...first, transaction.data]]);
  return { what, transaction: { ...transaction, data }, isAction: true };
}

/** The transactions that a plan takes when approvals are transactions too. */
export function stepsOf(client: Client, plan: Plan): Step[] {
  return [...permissions(plan).map(permissionStep), actionStep(client, plan, plan.before)];
}

/**
 * The same with permits: those that can be are signed now and travel in the action's transaction. A permit is public once
 * sent; whoever uses it first only does the owner's will, and the action goes on.
 */
export async function stepsWithPermits(client: Client, plan: Plan, signer: Signer): Promise<Step[]> {
  const calls = [...plan.before];
  const rest: Step[] = [];
  for (const need of permissions(plan)) {
    if (need.kind === "operator" || need.permit === undefined) {
      rest.push(permissionStep(need));
      continue;
    }
    const { domain, types, message } = need.permit.typedData;
    const signature = await signer.signTypedData(domain, types, message);
    calls.push(encodePermit(loansOf(client, plan.facility.id), need.permit, Signature.from(signature)));
  }
  return [...rest, actionStep(client, plan, calls)];
}
