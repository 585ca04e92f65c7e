import { type Address, ZERO_ADDRESS } from "./address.js";
import { require } from "../refusal.js";
import type { Transaction } from "./transaction.js";

/** Refuses what the facility's gate does not clearly allow. */
export function requireAllowed(tx: Transaction, gate: Address, account: Address, action: bigint): void {
  if (gate === ZERO_ADDRESS) return;
  const reason = tx.surroundings.gateReason(gate, account, action);
  require(reason === 0n, "NotAllowed", gate, account, action, reason);
}
