import { require } from "../refusal.js";

/** Solidity's code for arithmetic that leaves its type. */
const OVERFLOW = 0x11n;

/** A result of checked arithmetic in `bits` bits; panics as Solidity would where it does not fit. */
export function checked(value: bigint, bits = 256n): bigint {
  require(value >= 0n && value >> bits === 0n, "Panic", OVERFLOW);
  return value;
}

/** OpenZeppelin's SafeCast to `bits` bits. */
export function castTo(bits: bigint, value: bigint): bigint {
  require(value >> bits === 0n, "SafeCastOverflowedUintDowncast", bits, value);
  return value;
}
