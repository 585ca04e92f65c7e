import type { Signer } from "ethers";
import { formatAmount, formatCash, formatTime } from "./amounts.js";
import { type Client, loansOf } from "./client.js";
import { ClientError } from "./errors.js";
import { type Facility, facilityOf } from "./facility.js";
import type { AuthorisationNeed, UnsignedTransaction } from "./needs.js";
import type { TypedData } from "./permit.js";

/** What an operator may do for an owner: bits, or-ed. */
export const ACTIONS = { draw: 1, withdraw: 2, close: 4, transfer: 8, rollOver: 16 } as const;
export type ActionName = keyof typeof ACTIONS;

/** A limit that is not used up. */
export const NO_LIMIT = 2n ** 104n - 1n;

/** What an owner lets an operator do in one facility. */
export interface Authorisation {
  readonly actions: readonly ActionName[];
  /** Last second at which it counts. */
  readonly expiresAt: bigint;
  /** Loan units that the operator may still draw; {@link NO_LIMIT} for as much as the loan allows. */
  readonly cashLimit: bigint;
  /** Collateral units that it may still take out. */
  readonly collateralLimit: bigint;
}

/** An owner's signature under an authorisation, which anybody may bring before its deadline. All of it is JSON. */
export interface SignedAuthorisation {
  readonly chainId: number;
  readonly loanManager: string;
  readonly owner: string;
  readonly facility: number;
  readonly operator: string;
  readonly actions: readonly ActionName[];
  readonly expiresAt: string;
  readonly cashLimit: string;
  readonly collateralLimit: string;
  readonly deadline: string;
  readonly signature: string;
}

/** Of the managers' EIP-712 domains. */
export const DOMAIN_NAMES = { revolving: "Ballast LoanManager", term: "Ballast TermLoanManager" };

/** A signature that was made for another chain or another deployment, or by somebody who is not its owner. */
export class ForeignSignature extends ClientError {}

/** What an owner signs, as EIP-712 names it. */
export const AUTHORISATION_TYPES = {
  SetAuthorisation: [
    { name: "owner", type: "address" },
    { name: "facility", type: "uint32" },
    { name: "operator", type: "address" },
    { name: "actions", type: "uint8" },
    { name: "expiresAt", type: "uint40" },
    { name: "cashLimit", type: "uint104" },
    { name: "collateralLimit", type: "uint104" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

export function actionBits(actions: readonly ActionName[]): number {
  return actions.reduce((bits, action) => bits | ACTIONS[action], 0);
}

export function actionNames(bits: bigint): ActionName[] {
  return (Object.keys(ACTIONS) as ActionName[]).filter((name) => (bits & BigInt(ACTIONS[name])) !== 0n);
}

function struct({ actions, expiresAt, cashLimit, collateralLimit }: Authorisation) {
  return { actions: BigInt(actionBits(actions)), expiresAt, cashLimit, collateralLimit };
}

/** What is in force now; without actions where nothing is. */
export async function readAuthorisation(
  client: Client,
  owner: string,
  facility: number,
  operator: string,
): Promise<Authorisation> {
  const asked = [owner, BigInt(facility), operator] as const;
  const stored = await loansOf(client, facility).read(client.provider, "authorisationOf", asked);
  return { ...stored, actions: actionNames(stored.actions) };
}

/** The owner's own transaction; without actions it revokes. */
export function authorisationTransaction(
  client: Client,
  owner: string,
  facility: number,
  operator: string,
  authorisation: Authorisation,
): UnsignedTransaction {
  const args = [BigInt(facility), operator, struct(authorisation)] as const;
  const manager = loansOf(client, facility);
  return { from: owner, to: manager.address, data: manager.encode("setAuthorisation", args) };
}

/** The EIP-712 message by which an owner authorises without a transaction. */
export async function authorisationTypedData(
  client: Client,
  owner: string,
  facility: number,
  operator: string,
  authorisation: Authorisation,
  deadline: bigint,
): Promise<TypedData> {
  const manager = loansOf(client, facility);
  const nonce = await manager.read(client.provider, "nonces", [owner]);
  return {
    domain: {
      name: DOMAIN_NAMES[facilityOf(client.deployment, facility).kind],
      version: "1",
      chainId: client.deployment.chainId,
      verifyingContract: manager.address,
    },
    types: AUTHORISATION_TYPES,
    message: { owner, facility, operator, ...struct(authorisation), nonce, deadline },
  };
}

/**
 * Signs an authorisation, good for one use until `deadline`. No transaction is sent and no gas paid; the operator brings it.
 *
 * @example
 * const signed = await signAuthorisation(client, owner, 1, operator.address, {
 *   actions: ["draw"], expiresAt, cashLimit: 5_000_000000n, collateralLimit: 0n,
 * }, deadline);
 */
export async function signAuthorisation(
  client: Client,
  signer: Signer,
  facility: number,
  operator: string,
  authorisation: Authorisation,
  deadline: bigint,
): Promise<SignedAuthorisation> {
  const owner = await signer.getAddress();
  const typed = await authorisationTypedData(client, owner, facility, operator, authorisation, deadline);
  const signature = await signer.signTypedData(typed.domain, typed.types, typed.message);
  return {
    chainId: client.deployment.chainId,
    loanManager: loansOf(client, facility).address,
    owner,
    facility,
    operator,
    actions: authorisation.actions,
    expiresAt: authorisation.expiresAt.toString(),
    cashLimit: authorisation.cashLimit.toString(),
    collateralLimit: authorisation.collateralLimit.toString(),
    deadline: deadline.toString(),
    signature,
  };
}

/** Calldata that brings a signed authorisation: a transaction of its own, or put before the action in a multicall. */
export function encodeSignedAuthorisation(client: Client, signed: SignedAuthorisation): string {
  const manager = loansOf(client, signed.facility);
  if (signed.chainId !== client.deployment.chainId || signed.loanManager !== manager.address) {
    throw new ForeignSignature(
      `the authorisation was signed for ${signed.loanManager} on chain ${signed.chainId}, ` +
        `not for ${manager.address} on chain ${client.deployment.chainId}`,
    );
  }
  return manager.encode("setAuthorisationWithSig", [
    signed.owner,
    BigInt(signed.facility),
    signed.operator,
    {
      actions: BigInt(actionBits(signed.actions)),
      expiresAt: BigInt(signed.expiresAt),
      cashLimit: BigInt(signed.cashLimit),
      collateralLimit: BigInt(signed.collateralLimit),
    },
    BigInt(signed.deadline),
    signed.signature,
  ]);
}

/** In words, for whoever is to confirm it. */
export function describeAuthorisation(facility: Facility, authorisation: Authorisation): string {
  const { actions, expiresAt, cashLimit, collateralLimit } = authorisation;
  if (actions.length === 0) return "nothing";
  const limits = [];
  if (actions.includes("draw")) {
    limits.push(`draw ${cashLimit === NO_LIMIT ? "without limit" : `at most ${formatCash(cashLimit, facility.loan)}`}`);
  }
  if (actions.includes("withdraw") || actions.includes("close")) {
    const most =
      collateralLimit === NO_LIMIT ? "without limit" : `at most ${formatAmount(collateralLimit, facility.collateral)}`;
    limits.push(`take out collateral ${most}`);
  }
  const rest = limits.length === 0 ? "" : ` (${limits.join(", ")})`;
  return `${actions.join(", ")}${rest} in facility ${facility.id} until ${formatTime(expiresAt)}`;
}

/** Whether the caller may act for the loan's owner; what is missing where it may not. */
export async function authorisationNeeds(
  client: Client,
  request: {
    owner: string;
    operator: string;
    facility: number;
    action: ActionName;
    cash?: bigint;
    collateral?: bigint;
  },
): Promise<AuthorisationNeed[]> {
  const { owner, operator, facility, action, cash = 0n, collateral = 0n } = request;
  if (owner.toLowerCase() === operator.toLowerCase()) return [];
  const [given, block] = await Promise.all([
    readAuthorisation(client, owner, facility, operator),
    client.provider.getBlock("latest"),
  ]);
  const known = facilityOf(client.deployment, facility);
  const lacks = (why: string): AuthorisationNeed[] => [
    { kind: "authorisation", owner, operator, facility, action: ACTIONS[action], why },
  ];
  if (!given.actions.includes(action)) {
    return lacks(
      `the loan belongs to ${owner}, who has not authorised ${operator} to ${action} in facility ${facility}`,
    );
  }
  if (given.expiresAt < BigInt(block?.timestamp ?? 0)) {
    return lacks(`the authorisation by ${owner} ended at ${formatTime(given.expiresAt)}`);
  }
  if (cash > given.cashLimit) {
    return lacks(
      `the authorisation by ${owner} lets the operator draw ${formatCash(given.cashLimit, known.loan)} more, not ${formatCash(cash, known.loan, "up")}`,
    );
  }
  if (collateral > given.collateralLimit) {
    return lacks(
      `the authorisation by ${owner} lets the operator take out ${formatAmount(given.collateralLimit, known.collateral)} more, not ${formatAmount(collateral, known.collateral, { rounding: "up" })}`,
    );
  }
  return [];
}
