import {
  type ModelEvent,
  type RefusalValue,
  isAddress,
  toAddress,
  toModelEvent,
} from "../../../../sdk/model/machine/index.js";
import type { Stage } from "./stage.js";

/** An error a contract reverted with, decoded. */
export interface Reverted {
  readonly reason: string;
  readonly values: readonly RefusalValue[];
}

export type ChainOutcome =
  | { readonly ok: true; readonly events: readonly ModelEvent[]; readonly refused: readonly Reverted[] }
  | { readonly ok: false; readonly reverted: Reverted };

interface RawLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
}

/** Enough for any step, below what one transaction may use. */
const GAS = "0x989680";

export function decodeError(stage: Stage, data: string): Reverted {
  const parsed = stage.abi.parseError(data);
  if (parsed === null) return { reason: `undecoded ${data}`, values: [] };
  const values = parsed.args.map((value: unknown): RefusalValue => {
    if (typeof value === "bigint") return value;
    const text = String(value);
    return isAddress(text) ? toAddress(text) : text;
  });
  return { reason: parsed.name, values };
}

/** The model's events among the logs, in order; and the refusals a puppet was told to survive. */
export function decodeLogs(stage: Stage, logs: readonly RawLog[], timestamp: bigint) {
  const events: ModelEvent[] = [];
  const refused: Reverted[] = [];
  for (const log of logs) {
    const parsed = stage.abi.parseLog(log);
    if (parsed === null) throw new Error(`no contract of the stage emits ${log.topics[0] ?? "an anonymous event"}`);
    const args = parsed.args.toObject(true);
    if (parsed.name === "Refused") refused.push(decodeError(stage, String(args["reason"])));
    const event = toModelEvent({ name: parsed.name, emitter: log.address, timestamp, args });
    if (event !== undefined) events.push(event);
  }
  return { events, refused };
}

function revertData(error: unknown): string {
  for (let inner: unknown = error; typeof inner === "object" && inner !== null;) {
    const data: unknown = "data" in inner ? inner.data : undefined;
    if (typeof data === "string" && data.startsWith("0x")) return data;
    inner = typeof data === "object" && data !== null ? data : "cause" in inner ? inner.cause : undefined;
  }
  throw error;
}

/** Sends a transaction in a block of its own at that second. */
export async function send(stage: Stage, from: string, to: string, data: string, at: bigint): Promise<ChainOutcome> {
  const { provider } = stage.ethers;
  await provider.send("evm_setNextBlockTimestamp", [`0x${at.toString(16)}`]);
  let hash: string;
  try {
    hash = (await provider.send("eth_sendTransaction", [{ from, to, data, gas: GAS }])) as string;
  } catch (error) {
    return { ok: false, reverted: decodeError(stage, revertData(error)) };
  }
  const receipt = (await provider.send("eth_getTransactionReceipt", [hash])) as { logs: RawLog[] };
  return { ok: true, ...decodeLogs(stage, receipt.logs, at) };
}

/** Every event since the stage was empty, with the second of its block. */
export async function allEvents(stage: Stage): Promise<ModelEvent[]> {
  const { provider } = stage.ethers;
  const logs = (await provider.send("eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest" }])) as (RawLog & {
    blockNumber: string;
  })[];
  const seconds = new Map<string, bigint>();
  const events: ModelEvent[] = [];
  for (const log of logs) {
    let timestamp = seconds.get(log.blockNumber);
    if (timestamp === undefined) {
      const block = (await provider.send("eth_getBlockByNumber", [log.blockNumber, false])) as { timestamp: string };
      timestamp = BigInt(block.timestamp);
      seconds.set(log.blockNumber, timestamp);
    }
    events.push(...decodeLogs(stage, [log], timestamp).events);
  }
  return events;
}
