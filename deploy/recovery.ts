import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { trackTransaction, wipe } from "@nomicfoundation/ignition-core";
import { toQuantity } from "ethers";
import type { CompiledContracts } from "./artifacts.js";
import { DeploymentFailed } from "./errors.js";
import type { Eip1193Provider } from "./provider.js";

interface JournalLine {
  type: string;
  futureId: string;
  networkInteractionId: number;
  nonce: number;
}

interface MinedTransaction {
  hash: string;
  from: string;
  nonce: string;
}

const WAIT_MS = 60_000;

/**
 * A process that died between deciding to send and hearing that it had sent leaves a nonce in the journal without a hash;
 * Ignition then refuses to go on. The chain knows better: a transaction with that nonce is either there, and is written down,
 * or was never sent, and its step is forgotten.
 */
export async function recoverLostTransactions(
  journal: string,
  provider: Eip1193Provider,
  sender: string,
  artifacts: CompiledContracts,
): Promise<void> {
  for (const { futureId, nonce } of lostIn(join(journal, "journal.jsonl"))) {
    if (nonce >= (await countAt(provider, sender, "pending"))) {
      await wipe(journal, artifacts, futureId);
      continue;
    }
    const hash = await minedHash(provider, sender, nonce);
    await trackTransaction(journal, hash, provider);
  }
}

function lostIn(file: string): JournalLine[] {
  if (!existsSync(file)) return [];
  const prepared = new Map<string, JournalLine>();
  for (const text of readFileSync(file, "utf8").split("\n")) {
    if (text === "") continue;
    let line: JournalLine;
    try {
      line = JSON.parse(text) as JournalLine;
    } catch {
      continue; // the half-written last line of a process that was killed
    }
    const key = `${line.futureId} ${line.networkInteractionId}`;
    if (line.type === "TRANSACTION_PREPARE_SEND") prepared.set(key, line);
    if (line.type === "TRANSACTION_SEND") prepared.delete(key);
    if (line.type === "WIPE_APPLY") {
      for (const [each, { futureId }] of prepared) if (futureId === line.futureId) prepared.delete(each);
    }
  }
  return [...prepared.values()].sort((a, b) => a.nonce - b.nonce);
}

async function countAt(provider: Eip1193Provider, sender: string, block: string): Promise<number> {
  return Number(await provider.request({ method: "eth_getTransactionCount", params: [sender, block] }));
}

/** Waits until the sender's transaction with that nonce is mined, and finds it. */
async function minedHash(provider: Eip1193Provider, sender: string, nonce: number): Promise<string> {
  const end = Date.now() + WAIT_MS;
  while ((await countAt(provider, sender, "latest")) <= nonce) {
    if (Date.now() > end) {
      throw new DeploymentFailed(
        `The transaction of ${sender} with nonce ${nonce} waits to be included; run again when it is.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  // The count after a block never falls from one block to the next: bisect for the block that brought it above the nonce.
  let high = Number(await provider.request({ method: "eth_blockNumber" }));
  let low = 0;
  for (let span = 64; span < high; span *= 4) {
    if ((await countAt(provider, sender, toQuantity(high - span))) > nonce) continue;
    low = high - span;
    break;
  }
  while (high - low > 1) {
    const middle = (high + low) >> 1;
    if ((await countAt(provider, sender, toQuantity(middle))) > nonce) high = middle;
    else low = middle;
  }
  const block = (await provider.request({ method: "eth_getBlockByNumber", params: [toQuantity(high), true] })) as {
    transactions: MinedTransaction[];
  };
  const found = block.transactions.find(
    (each) => each.from.toLowerCase() === sender.toLowerCase() && Number(each.nonce) === nonce,
  );
  if (found === undefined) {
    throw new DeploymentFailed(
      `Block ${high} should hold the transaction of ${sender} with nonce ${nonce}, and does not.`,
    );
  }
  return found.hash;
}
