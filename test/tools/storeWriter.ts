import { writeSync } from "node:fs";
import type { Intent } from "../../keeper/dispatch/intent.js";
import { FileLock } from "../../keeper/lead/fileLock.js";
import { openStore } from "../../keeper/store/open.js";

/**
 * A process that writes into the store of a folder until it is killed, and says on stdout what was acknowledged: `intend 7 12`
 * for nonce 7 with id 12, then `sign 7`, `result 7`, `snapshot 7`.
 */
const [folder = "", loanManager = ""] = process.argv.slice(2);
FileLock.take(folder, "writer");
const store = await openStore({ stateDir: folder, scope: { chainId: 901n, loanManager } });
const intent: Intent = {
  ...{ kind: "liquidate", subjects: ["0x01"], facility: 1, to: "0x11", data: "0x", gasLimit: 1n },
  ...{ expectedEvents: 1, maxCostWei: 1n },
};
const say = (line: string): number => writeSync(1, `${line}\n`);

const last = (await store.journal.recent(1))[0]?.nonce ?? -1;
for (let nonce = last + 1; ; nonce++) {
  const entry = { lane: "0xaa", nonce, intent, subjects: ["0x01"], fence: 0n, at: nonce };
  const id = await store.journal.intend(entry);
  say(`intend ${nonce} ${id}`);
  const fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
  await store.journal.sign(id, { hash: `0x${nonce}`, raw: "0x02", intent, ...fees }, 0n);
  say(`sign ${nonce}`);
  const amounts = { loanAsset: null, grossProfit: "1", feesWei: "1", feesInLoanAsset: null, details: {} };
  const result = { hash: `0x${nonce}`, subject: "0x01", facility: 1, kind: "liquidate", outcome: "done", ...amounts };
  await store.results.put([{ ...result, block: nonce, timestamp: nonce }]);
  say(`result ${nonce}`);
  if (nonce % 10 !== 0) continue;
  // Longer than a piece, and each byte says which it is.
  await store.snapshots.save("index", [Buffer.alloc(1_500_000, nonce % 251), Buffer.from(`${nonce}`)]);
  say(`snapshot ${nonce}`);
}
