import { encodeFunctionData, parseAbi, type Address, type TransactionReceipt } from "viem";
import { signer, type DevnetAccounts } from "./accounts.js";
import { needed } from "./artifacts.js";
import type { Rollup } from "./rollup.js";

/** Decimals of every price feed of the devnet. */
export const FEED_DECIMALS = 8;

/** The legs of Ballast's oracle. */
export interface Feeds {
  btcUsd: Address;
  /** the wrapped BTC in BTC */
  wrapperBtc: Address;
  /** the dollar token in US dollars */
  dollarUsd: Address;
}

const feedAbi = parseAbi(["function publish(int256 answer, uint256 updatedAt)"]);

export async function deployFeeds({ l2 }: Rollup, { deployer, publisher }: DevnetAccounts): Promise<Feeds> {
  const deploy = (description: string) =>
    l2.deploy(signer(deployer), needed.feed(), [description, FEED_DECIMALS, publisher.address]);
  return {
    btcUsd: await deploy("BTC / USD"),
    wrapperBtc: await deploy("WBTC / BTC"),
    dollarUsd: await deploy("DOLLAR / USD"),
  };
}

/** Publishes a round. @param answer with `FEED_DECIMALS` decimals @param updatedAt second of the round */
export function publish(
  { l2 }: Rollup,
  publisher: DevnetAccounts["publisher"],
  feed: Address,
  answer: bigint,
  updatedAt: bigint,
): Promise<TransactionReceipt> {
  const data = encodeFunctionData({ abi: feedAbi, functionName: "publish", args: [answer, updatedAt] });
  return l2.send(signer(publisher), { to: feed, data });
}
