import { MAX_UINT256 } from "../constants.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { require } from "../refusal.js";
import type { Transaction } from "./transaction.js";

function move(tx: Transaction, token: Address, from: Address, to: Address, value: bigint): void {
  const balance = tx.world.balance(token, from);
  require(value <= balance, "ERC20InsufficientBalance", from, balance, value);
  tx.emit(token, "Transfer", { from, to, value });
}

/** A plain ERC-20's transfer. */
export function transfer(tx: Transaction, token: Address, from: Address, to: Address, value: bigint): void {
  require(to !== ZERO_ADDRESS, "ERC20InvalidReceiver", to);
  move(tx, token, from, to, value);
}

export function spendAllowance(tx: Transaction, token: Address, owner: Address, spender: Address, value: bigint): void {
  const allowed = tx.world.allowance(token, owner, spender);
  if (allowed === MAX_UINT256) return;
  require(value <= allowed, "ERC20InsufficientAllowance", spender, allowed, value);
  tx.world.setAllowance(token, owner, spender, allowed - value);
}

export function transferFrom(
  tx: Transaction,
  token: Address,
  spender: Address,
  from: Address,
  to: Address,
  value: bigint,
): void {
  spendAllowance(tx, token, from, spender, value);
  transfer(tx, token, from, to, value);
}

export function approve(tx: Transaction, token: Address, owner: Address, spender: Address, value: bigint): void {
  require(spender !== ZERO_ADDRESS, "ERC20InvalidSpender", spender);
  tx.emit(token, "Approval", { owner, spender, value });
}

export function mint(tx: Transaction, token: Address, to: Address, value: bigint): void {
  require(to !== ZERO_ADDRESS, "ERC20InvalidReceiver", to);
  tx.emit(token, "Transfer", { from: ZERO_ADDRESS, to, value });
}

export function burn(tx: Transaction, token: Address, from: Address, value: bigint): void {
  require(from !== ZERO_ADDRESS, "ERC20InvalidSender", from);
  move(tx, token, from, ZERO_ADDRESS, value);
}
