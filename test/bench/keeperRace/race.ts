import { setTimeout as sleep } from "node:timers/promises";
import { erc20At } from "../../../sdk/client/client.js";
import { Clockwork } from "../../chaos/stage/clockwork.js";
import { onRequest, onSend } from "../../chaos/stage/observe.js";
import { fallingPrices } from "../../chaos/stage/prices.js";
import { onStage, type Stage } from "../../chaos/stage/stage.js";
import { loansOf } from "../../chaos/stage/calls.js";
import { Truth } from "../../chaos/stage/truth.js";
import { type ContestantName, contestant } from "./contestants.js";

export interface RaceOptions {
  readonly loans: number;
  readonly seed: number;
  /** How long the fall lasts, on the wall and on the chain. */
  readonly minutes: number;
  readonly blockMs: number;
  readonly fallPercent: number;
  /** Dollars. */
  readonly etherPrice: number;
  /** Where what they say on stderr goes. */
  readonly log: string;
  readonly say: (line: string) => void;
}

/** How one of them did. */
export interface RaceResult {
  readonly name: ContestantName;
  readonly blocks: number;
  /** Times that a loan became liquidatable. */
  readonly due: number;
  /** Sold within {@link IN_TIME_BLOCKS} of becoming liquidatable. */
  readonly inTime: number;
  readonly late: number;
  /** Liquidatable when all was over. */
  readonly missed: number;
  /** Blocks from the state in which a loan could be sold to the one that sold it, sorted. */
  readonly reactionBlocks: readonly number[];
  /** The same in milliseconds. */
  readonly reactionMs: readonly number[];
  /** Milliseconds from the block that made a loan liquidatable to its transaction: handed over, and known to the node. */
  readonly sentMs: readonly number[];
  readonly acceptedMs: readonly number[];
  readonly mined: number;
  readonly reverted: number;
  /** Loan units. */
  readonly repaid: bigint;
  readonly badDebt: bigint;
  readonly grossProfit: bigint;
  readonly fees: bigint;
  readonly requests: number;
  readonly byMethod: ReadonlyMap<string, number>;
  readonly metrics: string;
}

export const IN_TIME_BLOCKS = 2;
/** Blocks after the fall in which the price stands still. */
const AFTERWARDS = 20;
const WAVER_PERCENT = 2;
const TERM_PERCENT = 20;
/** The same day for all who run. */
const START_TIME = Date.parse("2026-06-01T00:00Z") / 1_000;

/** One contestant alone on a chain that begins and goes on the same for everyone with this seed. */
export function race(name: ContestantName, options: RaceOptions): Promise<RaceResult> {
  const { seed, loans, fallPercent } = options;
  const prices = fallingPrices(seed, fallPercent, WAVER_PERCENT);
  const say = (line: string): void => options.say(`${name}: ${line}`);
  const setting = { loans, seed, prices, say, termPercent: TERM_PERCENT };
  return onStage({ ...setting, hasSecondSource: false, startTime: START_TIME }, (stage) =>
    run(name, stage, { ...options, say }, prices),
  );
}

async function run(
  name: ContestantName,
  stage: Stage,
  { minutes, blockMs, etherPrice, log, say }: RaceOptions,
  prices: ReturnType<typeof fallingPrices>,
): Promise<RaceResult> {
  const { world, proxy } = stage;
  const bot = world.keeper.wallet.address;
  const truth = await Truth.from(world, bot, stage.loans);
  // Asking about hundreds in each block would take the node's time from the one who races.
  truth.asksAboutAll = false;
  const clockwork = new Clockwork(stage);
  const seconds = blockMs / 1_000;
  const one = contestant(name, stage, String(etherPrice), log);
  const minedAt = new Map<number, number>();
  const dueSince = new Map<bigint, number>();
  const tally = { due: 0, reactionBlocks: [] as number[], reactionMs: [] as number[] };
  /** When each loan became liquidatable, each time. */
  const dueAt = new Map<bigint, number[]>();
  const byMethod = new Map<string, number>();

  const look = async (): Promise<void> => {
    for (const { number, liquidatable, sales } of await truth.look()) {
      for (const { id } of sales) {
        const since = dueSince.get(id) ?? number;
        tally.reactionBlocks.push(number - since);
        tally.reactionMs.push((minedAt.get(number) ?? 0) - (minedAt.get(since) ?? 0));
        dueSince.delete(id);
      }
      for (const id of dueSince.keys()) if (!liquidatable.has(id)) dueSince.delete(id);
      for (const id of liquidatable.keys()) {
        if (dueSince.has(id)) continue;
        dueSince.set(id, number);
        dueAt.set(id, [...(dueAt.get(id) ?? []), minedAt.get(number) ?? 0]);
        tally.due += 1;
      }
    }
  };
  const sends: Handed[] = [];
  onRequest(proxy, ({ method }) => byMethod.set(method, (byMethod.get(method) ?? 0) + 1));
  onSend(proxy, (sent) => {
    const loans = loansOf(sent, world.deployment.liquidator);
    if (loans.length > 0) sends.push({ loans, at: sent.at, accepted: knownAt(stage, sent.hash) });
  });

  const [etherBefore, dollarsBefore] = await holdings(stage, bot);
  const first = await clockwork.block(prices.opening, 1);
  minedAt.set(first, performance.now());
  await truth.look();
  await one.start();
  byMethod.clear();
  try {
    const steps = Math.ceil((minutes * 60_000) / blockMs);
    let nextAt = performance.now();
    let secondsDue = 0;
    for (let step = 0; step <= steps + AFTERWARDS; step++) {
      nextAt = Math.max(nextAt + blockMs, performance.now());
      await sleep(Math.max(0, nextAt - performance.now()));
      // Blocks less than a second apart share one, as they do on such chains.
      secondsDue += seconds;
      const whole = Math.floor(secondsDue);
      secondsDue -= whole;
      // Before the next block and not right after the last, when whoever races wants the node for himself.
      await look();
      const number = await clockwork.block(prices.at(step / steps), whole);
      minedAt.set(number, performance.now());
      if (step % Math.ceil(steps / 10) === 0)
        say(`${step} of ${steps} blocks, ${tally.reactionBlocks.length} of ${tally.due} sold`);
    }
    await look();
    const [etherAfter, dollarsAfter] = await holdings(stage, bot);
    const blocks = [...truth.blocks.values()];
    const mined = blocks.flatMap(({ transactions }) => transactions);
    const sales = blocks.flatMap((block) => block.sales);
    const sum = (of: (sale: (typeof sales)[number]) => bigint): bigint =>
      sales.reduce((all, sale) => all + of(sale), 0n);
    const inTime = tally.reactionBlocks.filter((wait) => wait <= IN_TIME_BLOCKS).length;
    return {
      ...{ name, blocks: blocks.length, due: tally.due, inTime, late: tally.reactionBlocks.length - inTime },
      missed: truth.head?.liquidatable.size ?? 0,
      reactionBlocks: sorted(tally.reactionBlocks),
      reactionMs: sorted(tally.reactionMs),
      ...(await delays(sends, dueAt)),
      mined: mined.length,
      reverted: mined.filter(({ succeeded }) => !succeeded).length,
      repaid: sum(({ repaid }) => repaid),
      badDebt: sum(({ debtClosed, repaid }) => debtClosed - repaid),
      grossProfit: dollarsAfter - dollarsBefore,
      fees: ((etherBefore - etherAfter) * BigInt(etherPrice) * 10n ** 6n) / 10n ** 18n,
      requests: [...byMethod.values()].reduce((all, count) => all + count, 0),
      byMethod,
      metrics: await one.metrics(),
    };
  } finally {
    await one.stop();
  }
}

async function holdings({ world }: Stage, bot: string): Promise<[ether: bigint, dollars: bigint]> {
  const { provider, facility, deployment } = world;
  const { liquidator = bot } = deployment;
  return Promise.all([
    provider.getBalance(bot),
    erc20At(facility.loan.address).read(provider, "balanceOf", [liquidator]),
  ]);
}

/** A liquidation handed over, and when the node had it; undefined where it never did. */
interface Handed {
  readonly loans: readonly bigint[];
  readonly at: number;
  readonly accepted: Promise<number | undefined>;
}

const ACCEPTED_WITHIN_MS = 2_000;

/** Asks the node until it knows a transaction. */
async function knownAt({ world }: Stage, hash: string): Promise<number | undefined> {
  const until = performance.now() + ACCEPTED_WITHIN_MS;
  while (performance.now() < until) {
    if ((await world.devnet.rpc("l2", "eth_getTransactionByHash", [hash])) !== null) return performance.now();
    await sleep(1);
  }
  return undefined;
}

/** Each send against the last time before it that its loan became liquidatable. */
async function delays(
  sends: readonly Handed[],
  dueAt: ReadonlyMap<bigint, readonly number[]>,
): Promise<Pick<RaceResult, "sentMs" | "acceptedMs">> {
  const sentMs: number[] = [];
  const acceptedMs: number[] = [];
  const single = sends.flatMap(({ loans, ...rest }) => loans.map((loan) => ({ loan, ...rest })));
  for (const { loan, at, accepted } of single) {
    const since = (dueAt.get(loan) ?? []).filter((due) => due <= at).at(-1);
    if (since === undefined) continue;
    sentMs.push(at - since);
    const known = await accepted;
    if (known !== undefined) acceptedMs.push(known - since);
  }
  return { sentMs: sorted(sentMs), acceptedMs: sorted(acceptedMs) };
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
