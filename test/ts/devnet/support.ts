import { readdirSync, readFileSync } from "node:fs";
import { Contract, JsonRpcProvider, Wallet, type InterfaceAbi, type TransactionReceipt } from "ethers";
import type { DevnetAccount } from "../../../devnet/accounts.js";
import type { Devnet } from "../../../devnet/index.js";
import { minedWithin } from "../../../sdk/client/mined.js";

/** The nodes exist for linux-x64 only; elsewhere these tests are shown as pending. */
export const describeDevnet = process.platform === "linux" && process.arch === "x64" ? describe : describe.skip;

/** A provider as a bot would open it, without caching. */
export function open(devnet: Pick<Devnet, "info">, layer: "l1" | "l2"): JsonRpcProvider {
  const { rpcUrl, chainId } = devnet.info[layer];
  const provider = new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  provider.pollingInterval = 20;
  return provider;
}

/** Where a block comes only when something is sent, ethers' own wait may miss the one there is. */
export async function mined(node: JsonRpcProvider, { hash }: { hash: string }): Promise<TransactionReceipt> {
  const receipt = await minedWithin(node, hash, 1, 10_000);
  if (receipt === undefined) throw new Error(`transaction ${hash} was not mined within 10 s`);
  return receipt;
}

export const wallet = (provider: JsonRpcProvider, { privateKey }: DevnetAccount) => new Wallet(privateKey, provider);

export const contract = (address: string, abi: InterfaceAbi, runner: JsonRpcProvider | Wallet) =>
  new Contract(address, abi, runner);

export const ERC20 = [
  "function balanceOf(address) view returns (uint256)",
  "function totalSupply() view returns (uint256)",
  "function decimals() view returns (uint8)",
  "function transfer(address, uint256) returns (bool)",
];

export const L1_BLOCK = [
  "function number() view returns (uint64)",
  "function sequenceNumber() view returns (uint64)",
  "function basefee() view returns (uint256)",
  "function blobBaseFee() view returns (uint256)",
];

export const UPTIME = [
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
];

/** A process that has ended but that no one has asked after yet (a zombie) is not alive. */
export const isAlive = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

/** Ids of a process's children that are alive. */
export const childrenOf = (parent: number): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && isChild(pid, parent));

function isChild(pid: number, parent: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8").includes(`PPid:\t${parent}\n`);
  } catch {
    return false; // It ended while we looked.
  }
}

export async function until(condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return condition();
}
