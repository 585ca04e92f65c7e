import { id } from "ethers";

/** Questions that are answered with 0: no grace runs, and the price is fresh. */
const ZERO = ["graceEndsAt()", "staleFor()"].map((signature) => id(signature).slice(2, 10));

const word = (value: bigint): string => value.toString(16).padStart(64, "0");

/**
 * Code of an oracle that answers every question for a price with this one. It is put in the place of the facility's own, so
 * that what is behind that (feeds, sequencer, second source) need not be known.
 */
export function stubOracle(priceE36: bigint): string {
  // PUSH0 CALLDATALOAD PUSH1 224 SHR: the selector.
  const head = "5f3560e01c";
  // For each: DUP1 PUSH4 selector EQ PUSH1 zero JUMPI.
  const branchLength = 10;
  // PUSH32 price PUSH0 MSTORE PUSH1 32 PUSH0 RETURN.
  const answer = `7f${word(priceE36)}5f5260205ff3`;
  const zeroAt = (head.length + answer.length) / 2 + ZERO.length * branchLength;
  const branches = ZERO.map((selector) => `8063${selector}1460${zeroAt.toString(16).padStart(2, "0")}57`).join("");
  // JUMPDEST PUSH1 32 PUSH0 RETURN: memory is zero.
  return `0x${head}${branches}${answer}5b60205ff3`;
}
