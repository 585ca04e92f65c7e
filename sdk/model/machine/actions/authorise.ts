import { type Address, ZERO_ADDRESS } from "../address.js";
import { require } from "../../refusal.js";
import { approve } from "../token.js";
import type { Transaction } from "../transaction.js";
import { Actions, type Authorisation } from "../types.js";

/** An authorisation as its owner signs it, and who really signed. */
export interface SignedAuthorisation {
  readonly manager: Address;
  readonly owner: Address;
  readonly facility: bigint;
  readonly operator: Address;
  readonly authorisation: Authorisation;
  readonly deadline: bigint;
  /** The owner's nonce that the signature is for. */
  readonly signedNonce: bigint;
  readonly signer: Address;
}

function store(
  tx: Transaction,
  manager: Address,
  owner: Address,
  facility: bigint,
  operator: Address,
  { actions, expiresAt, cashLimit, collateralLimit }: Authorisation,
): void {
  const valid = actions <= Actions.ALL && operator !== owner && operator !== ZERO_ADDRESS;
  require(valid, "InvalidAuthorisation", actions, operator);
  const given = { actions, expiresAt, cashLimit, collateralLimit };
  tx.emit(manager, "AuthorisationSet", { owner, facility, operator, ...given });
}

/** Lets `operator` act on all the caller's loans in one facility; actions 0 revokes. */
export function setAuthorisation(
  tx: Transaction,
  caller: Address,
  args: {
    readonly manager: Address;
    readonly facility: bigint;
    readonly operator: Address;
    readonly authorisation: Authorisation;
  },
): void {
  store(tx, args.manager, caller, args.facility, args.operator, args.authorisation);
}

/** The same by the owner's signature, brought by anybody. */
export function setAuthorisationWithSig(tx: Transaction, signed: SignedAuthorisation): void {
  const { manager, owner, facility, operator, authorisation, deadline } = signed;
  require(tx.now <= deadline, "SignatureExpired", deadline);
  const nonce = tx.world.register(manager).nonce(owner);
  require(signed.signer === owner && signed.signedNonce === nonce, "InvalidSignature", owner);
  tx.emit(manager, "NonceUsed", { owner, nonce });
  store(tx, manager, owner, facility, operator, authorisation);
}

/** Makes the caller's next unused signature worthless. */
export function useNonce(tx: Transaction, caller: Address, manager: Address): void {
  tx.emit(manager, "NonceUsed", { owner: caller, nonce: tx.world.register(manager).nonce(caller) });
}

/** ERC-2612 permit through the manager: one that the token refuses is passed over. */
export function permit(
  tx: Transaction,
  caller: Address,
  args: { readonly token: Address; readonly spender: Address; readonly value: bigint; readonly valid: boolean },
): void {
  if (args.valid) approve(tx, args.token, caller, args.spender, args.value);
}
