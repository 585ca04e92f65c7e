import { getBytes } from "ethers";
import { pino } from "pino";
import type { Head } from "../../../../keeper/chain/node.js";
import type { SendNode } from "../../../../keeper/dispatch/context.js";
import { Dispatcher } from "../../../../keeper/dispatch/dispatcher.js";
import { ALONE, type Fence } from "../../../../keeper/dispatch/fence.js";
import type { Intent } from "../../../../keeper/dispatch/intent.js";
import type { Pending, Settled } from "../../../../keeper/dispatch/pending.js";
import type { Signer } from "../../../../keeper/keys/signer.js";
import { LocalSigner } from "../../../../keeper/keys/localSigner.js";
import { storeOn } from "../../../../keeper/store/open.js";
import { SqliteFile } from "../../../../keeper/store/sqlite.js";
import type { Journal, Store } from "../../../../keeper/store/store.js";
import { FakeMempool } from "./fakeMempool.js";

export const SIGNERS = ["07", "08", "09", "0a"].map((byte) => {
  const signer = LocalSigner.of(getBytes(`0x${byte.repeat(32)}`));
  if (signer === undefined) throw new Error("no key");
  return signer;
});

export const liquidator = `0x${"11".repeat(20)}`;
export const manager = `0x${"22".repeat(20)}`;

/** A loan's id, from a letter. */
export const loan = (name: string): string => `0x${Buffer.from(name).toString("hex").padStart(64, "0")}`;

export function intent(name: string, change: Partial<Intent> = {}): Intent {
  return {
    ...{ kind: "liquidate", subjects: [loan(name)], facility: 1, to: liquidator, data: loan(name) },
    ...{ gasLimit: 500_000n, expectedEvents: 1, maxCostWei: 10n ** 18n },
    ...change,
  };
}

/** A journal as the keeper has it, without a disk. */
export async function store(): Promise<Store> {
  return storeOn(SqliteFile.open(":memory:"), { chainId: 901n, loanManager: manager });
}

export interface Setting {
  readonly chain?: FakeMempool;
  readonly node?: SendNode;
  readonly journal?: Journal;
  readonly lanes?: number;
  readonly signers?: readonly Signer[];
  readonly fence?: () => Fence | undefined;
  readonly l1Fee?: () => bigint;
  readonly operatorFeePerGas?: bigint;
  readonly confirmations?: number;
  readonly clock?: () => number;
}

/** A dispatcher on a fake chain, with the loop's steps. */
export async function dispatching(setting: Setting = {}) {
  const chain = setting.chain ?? new FakeMempool();
  const journal = setting.journal ?? (await store()).journal;
  const time = { now: 0 };
  const wanted = { yes: true, asked: 0 };
  const alarms = new Map<string, number>();
  /** For what people are called. */
  const calls = new Set<string>();
  const signers = setting.signers ?? SIGNERS.slice(0, setting.lanes ?? 1);
  const dispatcher = new Dispatcher({
    node: setting.node ?? chain,
    ...{ signers, journal },
    rollupFees: {
      feesOf: (_, gas) =>
        Promise.resolve({ l1Fee: setting.l1Fee?.() ?? 0n, operatorFee: gas * (setting.operatorFeePerGas ?? 0n) }),
    },
    contracts: { managers: [manager], liquidator, orders: undefined },
    options: {
      ...{ chainId: 901n, priorityFee: 1_000_000n, feeBumpPercent: 25n, replaceAfterBlocks: 3 },
      ...{ replaceAfterMs: 2_000, confirmations: setting.confirmations ?? 3, cancelCostWei: 10n ** 17n },
    },
    log: pino({ level: "silent" }),
    alarms: {
      begin: (what, _, call) => {
        alarms.set(what, (alarms.get(what) ?? 0) + 1);
        if (call !== undefined) calls.add(`${call.kind} ${call.about}`);
      },
      end: (what) => alarms.delete(what),
    },
    stillWanted: (_: Pending) => {
      wanted.asked += 1;
      return Promise.resolve(wanted.yes);
    },
    fence: setting.fence ?? (() => ALONE),
    clock: setting.clock ?? (() => time.now),
  });
  await dispatcher.start();
  /** One decision's part that concerns what is pending. */
  const step = async (head: Head = chain.newest): Promise<Settled[]> => {
    time.now += 1_000;
    const settled = await dispatcher.collect(head);
    await dispatcher.tend(head);
    return settled;
  };
  const submit = async (name: string, change: Partial<Intent> = {}) =>
    dispatcher.submit(intent(name, change), chain.newest);
  return {
    chain,
    journal,
    dispatcher,
    step,
    submit,
    wanted,
    alarms,
    calls,
    time,
    lanes: signers.map(({ address }) => address),
  };
}
