import { encodeFunctionData, parseAbi, type Address, type TransactionReceipt } from "viem";
import { signer, type DevnetAccounts } from "./accounts.js";
import { needed } from "./artifacts.js";
import { messengerAbi, predeploys } from "./opContracts.js";
import type { Rollup } from "./rollup.js";

const feedAbi = parseAbi(["function updateStatus(bool status, uint64 timestamp)", "function disableAccessCheck()"]);
const RELAY_GAS = 300_000;

/** Deploys the genuine uptime feed, up, listening to the reporter on L1. */
export async function deployUptimeFeed({ l2 }: Rollup, accounts: DevnetAccounts): Promise<Address> {
  const deployer = signer(accounts.deployer);
  const down = false;
  const feed = await l2.deploy(deployer, needed.uptimeFeed(), [
    accounts.reporter.address,
    predeploys.crossDomainMessenger,
    down,
  ]);
  // The genuine feed answers only allowed contracts; live ones are opened like this too.
  await l2.send(deployer, { to: feed, data: encodeFunctionData({ abi: feedAbi, functionName: "disableAccessCheck" }) });
  return feed;
}

/** Reports the sequencer's status on L1, to the feed, through the messenger. @param at second of the change */
export function reportSequencer(
  { l1, contracts }: Rollup,
  reporter: DevnetAccounts["reporter"],
  feed: Address,
  up: boolean,
  at: bigint,
): Promise<TransactionReceipt> {
  const update = encodeFunctionData({ abi: feedAbi, functionName: "updateStatus", args: [!up, at] });
  return l1.send(signer(reporter), {
    to: contracts.crossDomainMessenger,
    data: encodeFunctionData({ abi: messengerAbi, functionName: "sendMessage", args: [feed, update, RELAY_GAS] }),
  });
}
