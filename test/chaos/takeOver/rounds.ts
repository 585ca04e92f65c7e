import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFileSync } from "node:fs";
import { FaultProxy } from "../../ts/keeper/support/faultProxy.js";
import { ChaosError } from "../errors.js";
import { loansOf } from "../stage/calls.js";
import { Clockwork } from "../stage/clockwork.js";
import { KeeperRuns } from "../stage/keeperRuns.js";
import { onSend, type SentTransaction } from "../stage/observe.js";
import { fallingPrices } from "../stage/prices.js";
import { onStage, type Stage } from "../stage/stage.js";
import { Truth } from "../stage/truth.js";

export interface TakeOverOptions {
  readonly rounds: number;
  readonly seed: number;
  /** Address of an empty database. */
  readonly database: string;
  readonly out: string;
  readonly say: (line: string) => void;
}

export interface TakeOver {
  /** Loans that the price made liquidatable. */
  readonly due: number;
  /** By how many transactions that were mined they were dealt with. */
  readonly once: number;
  readonly never: number;
  readonly twice: number;
  /** From the stop of the one to the first liquidation handed over by the other. */
  readonly takeOverMs: number;
  /** Of the transactions on their way when it was stopped, those that were mined in the end. */
  readonly lateLanded: number;
}

/** One of the two, behind a proxy of its own. */
interface Half {
  readonly keeper: KeeperRuns;
  readonly proxy: FaultProxy;
  /** Liquidations it handed over in this round. */
  sent: SentTransaction[];
}

/** The chain keeps the time of the wall, as leases do. */
const BLOCK_MS = 1_000;
/** How long what is on its way when the leader is stopped stays on its way. */
const LATE_MS = 30_000;
const PATIENCE_MS = 60_000;
const QUIET_BLOCKS = 3;
const FALL_PERCENT = 40;
const FIRST_SHARE = 0.25;
const LOANS_A_ROUND = 8;

/** Each round: a lower price, the leader stopped with a send on its way, the other's turn, and the first woken. */
export async function takeOverRounds(options: TakeOverOptions): Promise<TakeOver[]> {
  const { rounds, seed, say } = options;
  const prices = fallingPrices(seed, FALL_PERCENT, 0);
  const setting = { loans: LOANS_A_ROUND * rounds + 20, seed, prices, say, termPercent: 0, hasSecondSource: false };
  return onStage(setting, async (stage) => {
    const second = await FaultProxy.start(stage.world.devnet.info.l2.rpcUrl, { seed });
    const halves = [half(stage, stage.proxy, "first", options), half(stage, second, "second", options)] as const;
    const truth = await Truth.from(stage.world, stage.world.keeper.wallet.address, stage.loans);
    const play = new Play(stage, truth, new Clockwork(stage), halves);
    try {
      const results: TakeOver[] = [];
      await play.begin(prices.opening);
      for (let round = 1; round <= rounds; round++) {
        results.push(await play.round(prices.at(FIRST_SHARE + ((1 - FIRST_SHARE) * round) / rounds)));
        say(`round ${round}: ${JSON.stringify(results.at(-1))}`);
      }
      return results;
    } finally {
      for (const { keeper } of halves) {
        keeper.signal("SIGCONT");
        await keeper.end("SIGKILL");
      }
      await second.stop();
    }
  });
}

function half(stage: Stage, proxy: FaultProxy, name: string, { database, out }: TakeOverOptions): Half {
  const log = join(out, `${name}.log`);
  writeFileSync(log, "");
  const keeper = new KeeperRuns({
    deployment: stage.deploymentFile,
    privateKey: stage.world.keeper.wallet.privateKey,
    stateDir: join(stage.folder, name),
    log,
    environment: { DATABASE_URL: database },
    settings: { requestTimeoutMs: LATE_MS * 2 },
    flags: ["--rpc", proxy.url, "--ether-price", "2000"],
  });
  const one: Half = { keeper, proxy, sent: [] };
  onSend(proxy, (sent) => {
    if (loansOf(sent, stage.world.deployment.liquidator).length > 0) one.sent.push(sent);
  });
  return one;
}

class Play {
  constructor(
    private readonly stage: Stage,
    private readonly truth: Truth,
    private readonly clockwork: Clockwork,
    private readonly halves: readonly [Half, Half],
  ) {}

  async begin(price: bigint): Promise<void> {
    await this.clockwork.block(price, 1);
    for (const { keeper } of this.halves) keeper.start();
    for (const { keeper } of this.halves)
      if (!(await keeper.isReady(PATIENCE_MS)))
        throw new ChaosError(`a keeper does not start:\n${keeper.deaths.join("; ")}`);
    // Until one of them leads.
    for (let blocks = 0; blocks < 15; blocks++) await this.block(price);
  }

  async round(price: bigint): Promise<TakeOver> {
    const [first, second] = this.halves;
    const late = this.halves.map(({ proxy }) =>
      proxy.inject({ kind: "delay", ms: LATE_MS }, { methods: ["eth_sendRawTransaction"] }),
    );
    for (const one of this.halves) one.sent = [];
    const from = this.truth.lastBlock;
    await this.block(price);
    const due = [...(this.truth.head?.liquidatable.keys() ?? [])];
    const leader = await this.whoSends(price);
    const other = leader === first ? second : first;
    const stoppedAt = performance.now();
    // The other's sends go through; the leader's stay on their way.
    late[this.halves.indexOf(other)]?.remove();
    const onTheirWay = leader.sent.map(({ hash }) => hash);

    while (other.sent.length === 0) {
      if (performance.now() - stoppedAt > PATIENCE_MS)
        throw new ChaosError(`nobody took over within ${PATIENCE_MS / 1_000} s of the leader's stop`);
      await this.block(price);
    }
    const takeOverMs = (other.sent[0]?.at ?? 0) - stoppedAt;
    while (performance.now() - stoppedAt < LATE_MS) await this.block(price);
    leader.keeper.signal("SIGCONT");
    for (const one of late) one.remove();
    let quiet = 0;
    for (let blocks = 0; blocks < 60 && quiet < QUIET_BLOCKS; blocks++) {
      await this.block(price);
      const idle = this.halves.every(({ keeper }) => keeper.newest?.pending === 0);
      quiet = idle && this.truth.head?.liquidatable.size === 0 ? quiet + 1 : 0;
    }
    return { ...this.count(due, from, onTheirWay), takeOverMs };
  }

  /** Goes on making blocks: what was planned at one may be refused for want of time, and is planned anew at the next. */
  private async whoSends(price: bigint): Promise<Half> {
    const until = Date.now() + PATIENCE_MS;
    for (let block = this.block(price); Date.now() < until; await sleep(1)) {
      const leader = this.halves.find(({ sent }) => sent.length > 0);
      if (leader !== undefined) {
        leader.keeper.signal("SIGSTOP");
        await block;
        return leader;
      }
      if (await Promise.race([block.then(() => true), sleep(1, false)])) block = this.block(price);
    }
    throw new ChaosError("nobody sends anything: no keeper leads");
  }

  private count(due: readonly bigint[], from: number, onTheirWay: readonly string[]): Omit<TakeOver, "takeOverMs"> {
    const mined = [...this.truth.blocks.values()]
      .filter(({ number }) => number > from)
      .flatMap(({ transactions }) => transactions);
    const counts = due.map((id) => mined.filter(({ loans }) => loans.includes(id)).length);
    return {
      due: due.length,
      once: counts.filter((count) => count === 1).length,
      never: counts.filter((count) => count === 0).length,
      twice: counts.filter((count) => count > 1).length,
      lateLanded: mined.filter(({ hash }) => onTheirWay.includes(hash)).length,
    };
  }

  private async block(price: bigint): Promise<void> {
    const started = Date.now();
    await this.clockwork.block(price, BLOCK_MS / 1_000);
    await this.truth.look();
    for (const { keeper } of this.halves) keeper.poll();
    await sleep(Math.max(0, BLOCK_MS - (Date.now() - started)));
  }
}
