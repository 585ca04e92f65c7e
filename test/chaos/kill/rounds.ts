import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SeededRandom } from "../../../scenarios/book/random.js";
import { ChaosError } from "../errors.js";
import { Clockwork } from "../stage/clockwork.js";
import { KeeperRuns } from "../stage/keeperRuns.js";
import { onRequest, onSend } from "../stage/observe.js";
import { fallingPrices } from "../stage/prices.js";
import { onStage, type Stage } from "../stage/stage.js";
import { loansOf } from "../stage/calls.js";
import { Truth } from "../stage/truth.js";

/** When the keeper is killed. Outside the keeper they are told apart by what its node has and has answered. */
export const MOMENTS = {
  beforeSend: "journalled, but the node has not got it",
  beforeAnswer: "the node has it, the answer has not come",
  afterAnswer: "sent, not mined",
  afterMined: "mined, the receipt has not come",
  atRandom: "at a random moment after the price's block",
} as const;
export type Moment = keyof typeof MOMENTS;

export interface KillOptions {
  /** Kills at each moment. */
  readonly rounds: number;
  readonly seed: number;
  readonly keeperLog: string;
  readonly moments?: readonly Moment[];
  readonly say: (line: string) => void;
}

export interface MomentResult {
  readonly moment: Moment;
  readonly rounds: number;
  /** Of the loans that the price made liquidatable: sold by one transaction; by none; by more, or with a second one that failed. */
  readonly once: number;
  readonly never: number;
  readonly twice: number;
  /** From the second start until the keeper has decided and nothing is pending, median. */
  readonly startMs: number;
}

const LOANS_A_ROUND = 3;
const FALL_PERCENT = 45;
/** The first loans are due when a tenth is lost. */
const FIRST_SHARE = 0.2;
/** Longest that a random moment is after the block. */
const RANDOM_MS = 1_500;
const PATIENCE_MS = 45_000;
const MOST_BLOCKS = 30;

/** Each round lowers the price until some loans are due, kills at the moment, starts again and lets it finish. */
export async function killRounds({ rounds, seed, keeperLog, moments, say }: KillOptions): Promise<MomentResult[]> {
  const all = moments ?? (Object.keys(MOMENTS) as Moment[]);
  const prices = fallingPrices(seed, FALL_PERCENT, 0);
  const loans = LOANS_A_ROUND * rounds * all.length + 20;
  return onStage({ loans, seed, prices, say, termPercent: 20, hasSecondSource: false }, async (stage) => {
    const killer = await Killer.on(stage, seed, keeperLog);
    try {
      const order = Array.from({ length: rounds }, () => all).flat();
      for (const [index, moment] of order.entries()) {
        say(`round ${index + 1} of ${order.length}: ${MOMENTS[moment]}`);
        await killer.round(moment, FIRST_SHARE + ((1 - FIRST_SHARE) * (index + 1)) / order.length, prices);
      }
      return all.map((moment) => killer.resultOf(moment));
    } finally {
      await killer.stop();
    }
  });
}

class Killer {
  private readonly tally = new Map<
    Moment,
    { rounds: number; once: number; never: number; twice: number; ms: number[] }
  >();

  private constructor(
    private readonly stage: Stage,
    private readonly truth: Truth,
    private readonly clockwork: Clockwork,
    private readonly keeper: KeeperRuns,
    private readonly random: SeededRandom,
  ) {}

  static async on(stage: Stage, seed: number, log: string): Promise<Killer> {
    const { world, deploymentFile, folder } = stage;
    const keeper = new KeeperRuns({
      deployment: deploymentFile,
      privateKey: world.keeper.wallet.privateKey,
      stateDir: join(folder, "state"),
      log,
      // A request that is held back here is held back until the kill; and nothing is replaced meanwhile.
      settings: { requestTimeoutMs: PATIENCE_MS, replaceAfterMs: PATIENCE_MS },
      flags: ["--ether-price", "2000"],
    });
    const truth = await Truth.from(world, world.keeper.wallet.address, stage.loans);
    return new Killer(stage, truth, new Clockwork(stage), keeper, new SeededRandom(`kill/${seed}`));
  }

  stop(): Promise<void> {
    return this.keeper.end("SIGKILL");
  }

  resultOf(moment: Moment): MomentResult {
    const { ms, ...counts } = this.tally.get(moment) ?? { rounds: 0, once: 0, never: 0, twice: 0, ms: [] };
    const sorted = [...ms].sort((a, b) => a - b);
    return { moment, ...counts, startMs: sorted[Math.floor(sorted.length / 2)] ?? 0 };
  }

  /** @param share of the fall that the price is at in the end */
  async round(moment: Moment, share: number, prices: ReturnType<typeof fallingPrices>): Promise<void> {
    const { clockwork, keeper, truth } = this;
    if (!keeper.isRunning) keeper.start();
    const calm = await clockwork.mine(clockwork.now + 2);
    await truth.look();
    if (!(await keeper.hasDecided(calm, PATIENCE_MS)))
      throw new ChaosError(`the keeper does not decide block ${calm}:\n${keeper.stderr.slice(-2_000)}`);
    const from = truth.lastBlock;
    await this.killAt(moment, async () => {
      await clockwork.block(prices.at(share), 2);
      await truth.look();
    });
    const due = [...(truth.blocks.get(from + 1)?.liquidatable.keys() ?? [])];

    const restarted = performance.now();
    keeper.start();
    for (let blocks = 0; ; blocks++) {
      if (blocks > MOST_BLOCKS) break;
      const block = await clockwork.block(prices.at(share), 2);
      await truth.look();
      if (!(await keeper.hasDecided(block, PATIENCE_MS))) break;
      if (keeper.newest?.pending === 0 && truth.head?.liquidatable.size === 0) break;
    }
    this.count(moment, due, from, performance.now() - restarted);
  }

  private count(moment: Moment, due: readonly bigint[], from: number, ms: number): void {
    const tally = this.tally.get(moment) ?? { rounds: 0, once: 0, never: 0, twice: 0, ms: [] };
    this.tally.set(moment, tally);
    tally.rounds += 1;
    tally.ms.push(ms);
    const mined = [...this.truth.blocks.values()]
      .filter(({ number }) => number > from)
      .flatMap(({ transactions }) => transactions);
    for (const id of due) {
      const about = mined.filter(({ loans }) => loans.includes(id)).length;
      if (about === 1) tally.once += 1;
      else if (about === 0) tally.never += 1;
      else tally.twice += 1;
    }
  }

  /** Has the price's block made, and kills when the moment has come. */
  private async killAt(moment: Moment, makeBlock: () => Promise<void>): Promise<void> {
    const { keeper } = this;
    const { proxy, world } = this.stage;
    let handed = 0;
    let receiptsAsked = 0;
    const deaf = [
      onSend(proxy, (sent) => {
        if (loansOf(sent, world.deployment.liquidator).length > 0) handed += 1;
      }),
      onRequest(proxy, ({ method }) => {
        if (method === "eth_getTransactionReceipt") receiptsAsked += 1;
      }),
    ];
    const send = { methods: ["eth_sendRawTransaction"] };
    if (moment === "beforeSend") proxy.inject({ kind: "hang" }, send);
    if (moment === "beforeAnswer") proxy.inject({ kind: "answerLost", how: "hang" }, send);
    if (moment === "afterMined")
      proxy.inject({ kind: "answerLost", how: "hang" }, { methods: ["eth_getTransactionReceipt"] });
    await makeBlock();
    if (moment === "atRandom") await sleep(this.random.next() * RANDOM_MS);
    else {
      // Where all are sent, "sent" shows in the decision, and its pending transactions are in the journal.
      const isThere = (): boolean =>
        moment === "afterAnswer" || moment === "afterMined" ? keeper.newest?.pending !== 0 : handed > 0;
      await keeper.within(PATIENCE_MS, isThere);
      // The node has it some milliseconds later.
      if (moment === "beforeAnswer") await this.untilPooled();
      if (moment === "afterMined") {
        receiptsAsked = 0;
        await this.clockwork.mine(this.clockwork.now + 2);
        await this.truth.look();
        await keeper.within(PATIENCE_MS, () => receiptsAsked > 0);
      }
    }
    await keeper.end("SIGKILL");
    proxy.clear();
    for (const stopListening of deaf) stopListening();
  }

  private async untilPooled(): Promise<void> {
    const { provider, keeper } = this.stage.world;
    const { address } = keeper.wallet;
    for (let tries = 0; tries < 500; tries++) {
      const [mined, known] = await Promise.all([
        provider.getTransactionCount(address, "latest"),
        provider.getTransactionCount(address, "pending"),
      ]);
      if (known > mined) return;
      await sleep(10);
    }
    throw new ChaosError("what was sent never came to the node's pool");
  }
}
