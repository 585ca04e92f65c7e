import { toBeHex } from "ethers";
import { loanManagerAbi, termLoanManagerAbi } from "./abi/index.js";
import { type Client, loansOf } from "./client.js";
import type { Facility } from "./facility.js";
import { readLoans } from "./loanState.js";
import { scanLogs } from "./logs.js";
import { interfaceOf } from "./typedContract.js";

const OPENED = {
  revolving: interfaceOf(loanManagerAbi).getEvent("Opened")?.topicHash ?? "",
  term: interfaceOf(termLoanManagerAbi).getEvent("TermLoanOpened")?.topicHash ?? "",
};

/** Ids of all loans that a facility had at a block, found by events, in ascending order. */
export async function readOpenLoans(client: Client, facility: Facility, blockTag: number): Promise<bigint[]> {
  const { provider, deployment } = client;
  const topics = [OPENED[facility.kind], null, null, toBeHex(facility.id, 32)];
  const filter = { address: loansOf(client, facility.id).address, topics };
  const logs = await scanLogs(provider, filter, deployment.fromBlock, blockTag);
  const ids = [...new Set(logs.map((log) => BigInt(log.topics[1] ?? 0)))];
  const open = await readLoans(client, ids, { blockTag });
  return open.map(({ id }) => id).sort((a, b) => (a < b ? -1 : 1));
}
