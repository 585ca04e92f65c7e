import { SeededRandom } from "../../../scenarios/book/random.js";
import { type Fault, REFUSALS, type When } from "../../ts/keeper/support/faultProxy.js";

/** What happens, besides what befalls single requests. */
export type Mishap =
  /** Between keeper and node. */
  | { readonly kind: "proxy"; readonly fault: Fault; readonly when: Omit<When, "where"> }
  /** Connections are refused. */
  | { readonly kind: "down" }
  /** That many blocks are taken back and others put in their place, without their transactions. */
  | { readonly kind: "reorg"; readonly depth: number }
  /** Blocks of one second, fast. */
  | { readonly kind: "sameSecond" }
  /** No block for so long, while the node answers. */
  | { readonly kind: "standstill"; readonly ms: number }
  | { readonly kind: "l1Fees" }
  | { readonly kind: "baseFee" }
  | { readonly kind: "sequencerDown" }
  /** kill -9, and a start some blocks later. */
  | { readonly kind: "kill" }
  | { readonly kind: "restart" }
  /** The process stands still (SIGSTOP) for so long. */
  | { readonly kind: "stopped"; readonly ms: number };

export interface Scheduled {
  /** Block of the campaign, from 0, before which it begins. */
  readonly at: number;
  /** Blocks it lasts, where it lasts. */
  readonly blocks: number;
  /** Its key in {@link MISHAPS}. */
  readonly name: string;
  readonly mishap: Mishap;
}

type Draw = (random: SeededRandom) => Mishap;

const SEND = ["eth_sendRawTransaction"];
const between = (random: SeededRandom, least: number, most: number): number =>
  least + Math.floor(random.next() * (most - least + 1));
const proxy =
  (fault: Fault, when: Omit<When, "where"> = {}): Draw =>
  () => ({ kind: "proxy", fault, when });

/** Every fault there is, by a name that a run can be limited to. */
export const MISHAPS: Readonly<Record<string, Draw>> = {
  // chain data
  "K1 no logs yet": (random) => {
    const freshBlocks = between(random, 1, 3);
    return { kind: "proxy", fault: { kind: "missingLogs", keep: 0, freshBlocks }, when: { chance: 0.7 } };
  },
  "K1 some logs": proxy({ kind: "missingLogs", keep: 0.5, freshMs: 300 }),
  "K2 goes back": (random) => {
    const blocks = between(random, 1, 6);
    return { kind: "proxy", fault: { kind: "staleHead", blocks }, when: {} };
  },
  "K2 alternates": (random) => {
    const blocks = between(random, 1, 4);
    return { kind: "proxy", fault: { kind: "alternate", blocks }, when: {} };
  },
  "K3 429": proxy(REFUSALS.tooManyRequests, { chance: 0.3 }),
  "K3 rate limit": proxy(REFUSALS.rateLimited, { chance: 0.3 }),
  "K3 capacity": proxy(REFUSALS.overCapacity, { chance: 0.3 }),
  "K3 html": proxy(REFUSALS.page, { chance: 0.2 }),
  "K3 internal": proxy(REFUSALS.internal, { chance: 0.2 }),
  "K3 header not found": proxy(REFUSALS.headerNotFound, { chance: 0.2 }),
  "K3 truncated": proxy({ kind: "truncate" }, { chance: 0.1 }),
  "K4 hangs": proxy({ kind: "hang" }, { chance: 0.02 }),
  "K5 frozen": proxy({ kind: "frozenHead" }),
  "K5 standstill": (random) => ({ kind: "standstill", ms: between(random, 500, 4_000) }),
  "K6 cut": proxy({ kind: "cut" }, { chance: 0.2 }),
  "K6 down": () => ({ kind: "down" }),
  "K7 duplicates": proxy({ kind: "duplicate" }, { chance: 0.3 }),
  "K7 reorders": proxy({ kind: "reorder", ms: 100 }, { chance: 0.3 }),
  "K7 delays": proxy({ kind: "delay", ms: [0, 300] }, { chance: 0.2 }),
  "K7 wrong id": proxy({ kind: "wrongId" }, { chance: 0.1 }),
  "K8 reorg": (random) => ({ kind: "reorg", depth: between(random, 1, 3) }),
  "K8 deep reorg": (random) => ({ kind: "reorg", depth: between(random, 4, 20) }),
  "K9 batch limit": proxy({ kind: "batchLimit", most: 3 }),
  "K9 too many logs": proxy(REFUSALS.tooManyLogs, { methods: ["eth_getLogs"], chance: 0.5 }),
  "K10 wrong chain": proxy({ kind: "chainId", id: 10 }),
  "K11 same second": () => ({ kind: "sameSecond" }),
  // transactions
  "K12 send fails": proxy(REFUSALS.internal, { methods: SEND, chance: 0.5 }),
  "K13 nonce too low": proxy(REFUSALS.nonceTooLow, { methods: SEND, chance: 0.3 }),
  "K13 nonce too high": proxy(REFUSALS.nonceTooHigh, { methods: SEND, chance: 0.3 }),
  "K13 already known": proxy(REFUSALS.alreadyKnown, { methods: SEND, chance: 0.3 }),
  "K13 underpriced": proxy(REFUSALS.underpriced, { methods: SEND, chance: 0.3 }),
  "K14 dropped": proxy({ kind: "swallow" }, { chance: 0.5 }),
  "K15 answer lost": proxy({ kind: "answerLost", how: "cut" }, { methods: SEND, chance: 0.6 }),
  "K15 answer never comes": proxy({ kind: "answerLost", how: "hang" }, { methods: SEND, chance: 0.4 }),
  "K18 base fee": () => ({ kind: "baseFee" }),
  "K18 L1 fees": () => ({ kind: "l1Fees" }),
  "K18 fee too low": proxy(REFUSALS.feeTooLow, { methods: SEND, chance: 0.3 }),
  "K19 no funds": proxy(REFUSALS.noFunds, { methods: SEND, chance: 0.3 }),
  "K24 sequencer down": () => ({ kind: "sequencerDown" }),
  // process
  "K29 kill -9": () => ({ kind: "kill" }),
  "K35 restart": () => ({ kind: "restart" }),
  "K32 stopped": (random) => ({ kind: "stopped", ms: between(random, 200, 2_500) }),
};

/** Happen more often than others. */
const OFTEN = ["K8 reorg", "K29 kill -9", "K15 answer lost", "K29 kill -9", "K14 dropped"];
const GAP = { least: 4, most: 24 };
const LASTS = { least: 3, most: 20 };

export interface ScriptOptions {
  readonly seed: number | string;
  readonly blocks: number;
  /** Parts of names that mishaps must contain; none for all. */
  readonly only: readonly string[];
}

/** What happens when, the same for the same seed. Several things may happen at once. */
export function writeScript({ seed, blocks, only }: ScriptOptions): Scheduled[] {
  const random = new SeededRandom(`script/${seed}`);
  const chosen = [...Object.keys(MISHAPS), ...OFTEN].filter(
    (name) => only.length === 0 || only.some((part) => name.includes(part)),
  );
  const script: Scheduled[] = [];
  let at = between(random, GAP.least, GAP.most);
  while (chosen.length > 0 && at < blocks) {
    const name = chosen[between(random, 0, chosen.length - 1)] ?? "";
    const lasts = between(random, LASTS.least, LASTS.most);
    const mishap = MISHAPS[name]?.(random);
    if (mishap !== undefined) script.push({ at, blocks: Math.min(lasts, blocks - at), name, mishap });
    at += between(random, GAP.least, GAP.most);
  }
  return script;
}
