import { type SignedAuthorisation, authorisationNeeds, encodeSignedAuthorisation } from "../authorisation.js";
import type { Client } from "../client.js";
import type { LoanState } from "../loanState.js";
import type { Plan } from "./plan.js";

/** An action on a loan, by its owner or an operator. */
export interface LoanRequest {
  readonly from: string;
  readonly id: bigint;
  /** An owner's signature that lets `from` act; brought in the same transaction. */
  readonly authorisation?: SignedAuthorisation;
}

/** What lets the caller act for a loan's owner: nothing is needed where it is the owner. */
export async function permission(
  client: Client,
  request: LoanRequest,
  loan: LoanState,
  action: "draw" | "withdraw" | "close" | "transfer" | "rollOver",
  amounts: { cash?: bigint; collateral?: bigint } = {},
): Promise<Pick<Plan, "before" | "needs">> {
  const { authorisation } = request;
  // What a signature allows is the contract's to judge: the simulation says so.
  if (authorisation !== undefined) return { before: [encodeSignedAuthorisation(client, authorisation)], needs: [] };
  const asked = { owner: loan.owner, operator: request.from, facility: loan.facility.id, action, ...amounts };
  return { before: [], needs: await authorisationNeeds(client, asked) };
}
