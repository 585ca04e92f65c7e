import { type Address, ZERO_ADDRESS } from "./address.js";
import { require } from "../refusal.js";
import { transfer, transferFrom } from "./token.js";
import type { Transaction } from "./transaction.js";

/** Takes collateral from one who has approved the vault. */
export function takeCollateral(tx: Transaction, vault: Address, from: Address, amount: bigint): void {
  transferFrom(tx, tx.world.vaultCode(vault).asset, vault, from, vault, amount);
}

/** Sends collateral. */
export function sendCollateral(tx: Transaction, vault: Address, to: Address, amount: bigint): void {
  require(to !== vault && to !== ZERO_ADDRESS, "InvalidReceiver", to);
  transfer(tx, tx.world.vaultCode(vault).asset, vault, to, amount);
}
