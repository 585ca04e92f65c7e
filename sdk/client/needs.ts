import { type Client, erc20At } from "./client.js";
import { ClientError } from "./errors.js";
import { formatAmount } from "./amounts.js";
import { type UnsignedPermit, permitFor } from "./permit.js";
import type { Token } from "./token.js";

/** A transaction that nobody has signed yet; ether is never sent along. */
export interface UnsignedTransaction {
  readonly from: string;
  readonly to: string;
  readonly data: string;
}

/** The caller has to let a contract of the facility take tokens before an action can. */
export interface ApprovalNeed {
  readonly kind: "approval";
  readonly token: Token;
  readonly spender: string;
  /** "vault", "pool" or "tranche". */
  readonly spenderIs: string;
  readonly amount: bigint;
  /** What is approved already. */
  readonly approved: bigint;
  readonly transaction: UnsignedTransaction;
  /** The same by signature, in the action's own transaction; where the token and the contract allow it. */
  readonly permit: UnsignedPermit | undefined;
}

/** The caller is not the loan's owner and holds no authorisation that would do. Only the owner can mend that. */
export interface AuthorisationNeed {
  readonly kind: "authorisation";
  readonly owner: string;
  readonly operator: string;
  readonly facility: number;
  /** One of Actions' bits. */
  readonly action: number;
  readonly why: string;
}

/** The caller has to authorise a contract of the periphery to act on its loans before an action is of use. */
export interface OperatorNeed {
  readonly kind: "operator";
  readonly operator: string;
  /** What is to be done: "authorise … to …". */
  readonly what: string;
  readonly transaction: UnsignedTransaction;
}

/** The caller holds too little of a token. */
export interface BalanceNeed {
  readonly kind: "balance";
  readonly token: Token;
  readonly amount: bigint;
  readonly held: bigint;
}

/** What still stands between an action and its success. */
export type Need = ApprovalNeed | OperatorNeed | AuthorisationNeed | BalanceNeed;

/** An action lacks something that no transaction of the caller can bring about. */
export class NeedNotMet extends ClientError {
  constructor(
    readonly need: AuthorisationNeed | BalanceNeed,
    attempt: string,
  ) {
    super(`${attempt} is not possible: ${describeNeed(need)}`);
  }
}

export function describeNeed(need: Need): string {
  switch (need.kind) {
    case "approval":
      return `the ${need.spenderIs} (${need.spender}) has to be approved for ${formatAmount(need.amount, need.token)}`;
    case "balance":
      return `${formatAmount(need.amount, need.token, { rounding: "up" })} are needed, but the account holds ${formatAmount(need.held, need.token)}`;
    case "operator":
      return need.what;
    case "authorisation":
      return need.why;
  }
}

/**
 * What an account needs before `spender` can take `amount` of `token` from it: the tokens, and an approval of exactly that.
 *
 * @param byPermit whether the action's transaction can carry a permit (those of the LoanManager can)
 */
export async function paymentNeeds(
  client: Client,
  payment: { token: Token; from: string; spender: string; spenderIs: string; amount: bigint; least?: bigint },
  byPermit: boolean,
): Promise<Need[]> {
  const { token, from, spender, spenderIs, amount, least = amount } = payment;
  const contract = erc20At(token.address);
  const [held, approved] = await Promise.all([
    contract.read(client.provider, "balanceOf", [from]),
    contract.read(client.provider, "allowance", [from, spender]),
  ]);
  const needs: Need[] = [];
  if (held < least) needs.push({ kind: "balance", token, amount: least, held });
  if (approved < amount) {
    needs.push({
      kind: "approval",
      token,
      spender,
      spenderIs,
      amount,
      approved,
      transaction: { from, to: token.address, data: contract.encode("approve", [spender, amount]) },
      permit: byPermit
        ? await permitFor(client, { token: token.address, owner: from, spender, value: amount })
        : undefined,
    });
  }
  return needs;
}
