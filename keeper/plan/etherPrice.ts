import { feedAt, read } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import { KeeperError } from "../errors.js";
import type { EtherPrice } from "../config/schema.js";
import { unitsOf } from "./units.js";

/** The price of ether cannot be read: what a transaction costs cannot be held against what it earns. */
export class NoEtherPrice extends KeeperError {}

/** @returns units of the loan asset for one ether */
export async function etherPriceIn(loanDecimals: number, source: EtherPrice, node: Node, head: Head): Promise<bigint> {
  if ("fixed" in source) return unitsOf(source.fixed, loanDecimals);
  const feed = feedAt(source.feed);
  const [[, answer, , updatedAt], decimals] = await Promise.all([
    read(node, feed, "latestRoundData", [], head.number),
    read(node, feed, "decimals", [], head.number),
  ]);
  const age = head.timestamp - updatedAt;
  if (answer <= 0n || age > BigInt(source.maxAgeSeconds)) {
    throw new NoEtherPrice(
      `ether feed ${source.feed} says ${answer}, ${age} s old; it must be positive and at most ${source.maxAgeSeconds} s old`,
    );
  }
  return (answer * 10n ** BigInt(loanDecimals)) / 10n ** decimals;
}

/** What an amount of wei is worth in units of a loan asset, rounded up. */
export function weiInLoanUnits(wei: bigint, loanUnitsPerEther: bigint): bigint {
  return (wei * loanUnitsPerEther + 10n ** 18n - 1n) / 10n ** 18n;
}
