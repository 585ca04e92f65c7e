import { join } from "node:path";
import { Interface } from "ethers";
import { erc20At } from "../../../sdk/client/client.js";
import { Clockwork } from "../stage/clockwork.js";
import { KeeperRuns, type SettledLine } from "../stage/keeperRuns.js";
import { onRequest, onSend, type SentTransaction } from "../stage/observe.js";
import { fallingPrices } from "../stage/prices.js";
import { onStage, type Stage } from "../stage/stage.js";
import { loansOf } from "../stage/calls.js";
import { type BlockTruth, Truth } from "../stage/truth.js";
import { Effects } from "./effects.js";
import { type Scheduled, writeScript } from "./script.js";

export interface CampaignOptions {
  readonly seed: number;
  /** Chain time, seconds. */
  readonly seconds: number;
  readonly loans: number;
  /** Only mishaps whose names contain one of these; none for all. */
  readonly only: readonly string[];
  /** Longest that a block waits for the keeper, milliseconds. */
  readonly patienceMs: number;
  /** A script to play instead of writing one. */
  readonly script?: readonly Scheduled[];
  readonly keeperFlags?: readonly string[];
  /** Where its log goes. */
  readonly keeperLog: string;
  /** Where its store is, and stays; in a folder that goes with the rollup otherwise. */
  readonly keeperState?: string;
  readonly say: (line: string) => void;
}

/** A liquidation that the keeper handed over, and the newest block then. */
export interface SentLiquidation extends SentTransaction {
  readonly loan: bigint;
  readonly head: number;
}

/** What a campaign leaves to be judged. */
export interface Campaign {
  readonly script: readonly Scheduled[];
  readonly blocks: readonly BlockTruth[];
  readonly truth: Truth;
  readonly sent: readonly SentLiquidation[];
  readonly settled: readonly SettledLine[];
  readonly settledNow: readonly SettledLine[];
  readonly status: Awaited<ReturnType<KeeperRuns["status"]>> | undefined;
  readonly deaths: readonly string[];
  readonly starts: number;
  readonly operator: { spentWei: bigint; minedNonce: number; poolNonce: number; poolHolds: number };
  /** Gross profit that went to the Liquidator, loan units. */
  readonly earned: bigint;
  readonly requests: number;
  readonly struck: ReadonlyMap<string, number>;
  /** Loans that stay although they are liquidatable, because nobody would gain by it. */
  readonly unprofitable: readonly bigint[];
  /** Loans that should have been liquidated when all had settled. */
  readonly missed: readonly bigint[];
  readonly wallSeconds: number;
}

const BLOCK_SECONDS = 2;
const FALL_PERCENT = 38;
const WAVER_PERCENT = 3;
/** A shorter fall is steeper than any average follows, and all of it would be held back. */
const AVERAGED_FROM = 3_600;
const TERM_PERCENT = 20;
/** After the mishaps the keeper has so many blocks to make good; the last of them are far apart, so that averages catch up. */
const SETTLE = { least: 10, near: 60, far: 90, farSeconds: 30, patienceMs: 3_000 } as const;
/** Dollars. */
const ETHER_PRICE = "2000";
/** What a sale must leave for anyone to be blamed for leaving it: more than the keeper's own minimum, loan units (6 decimals). */
const WORTH_IT = 20n * 10n ** 6n;

/** Plays a script of mishaps over a falling market, and lets everything settle. */
export function campaign(options: CampaignOptions): Promise<Campaign> {
  const prices = fallingPrices(options.seed, FALL_PERCENT, WAVER_PERCENT);
  const { loans, seed, say } = options;
  const setting = {
    loans,
    seed,
    prices,
    say,
    termPercent: TERM_PERCENT,
    hasSecondSource: options.seconds >= AVERAGED_FROM,
  };
  return onStage(setting, (stage) => play(stage, options, prices));
}

async function play(
  stage: Stage,
  options: CampaignOptions,
  prices: ReturnType<typeof fallingPrices>,
): Promise<Campaign> {
  const { world, proxy, folder, deploymentFile } = stage;
  const started = performance.now();
  const blocks = Math.ceil(options.seconds / BLOCK_SECONDS);
  const script = options.script ?? writeScript({ seed: options.seed, blocks, only: options.only });
  const operator = world.keeper.wallet.address;
  const truth = await Truth.from(world, operator, stage.loans);
  const clockwork = new Clockwork(stage);
  const keeper = new KeeperRuns({
    deployment: deploymentFile,
    privateKey: world.keeper.wallet.privateKey,
    stateDir: options.keeperState ?? join(folder, "state"),
    log: options.keeperLog,
    flags: ["--ether-price", ETHER_PRICE, ...(options.keeperFlags ?? [])],
  });
  const effects = new Effects({ stage, clockwork, keeper, truth });
  const sent: SentLiquidation[] = [];
  // The same bytes may be sent again and again; what counts is the first time.
  const heard = new Set<string>();
  let requests = 0;
  // The chain's own: what is true of its blocks is read behind it, and after a reorganisation far behind.
  let newest = await world.provider.getBlockNumber();
  onRequest(proxy, () => (requests += 1));
  onSend(proxy, (one) => {
    if (heard.has(one.hash)) return;
    heard.add(one.hash);
    for (const loan of loansOf(one, world.deployment.liquidator)) sent.push({ ...one, loan, head: newest });
  });
  const balanceBefore = await world.provider.getBalance(operator);
  const earnedBefore = await earnings(stage);
  const since = await world.provider.getBlockNumber();
  keeper.start();
  try {
    await clockwork.block(prices.opening, BLOCK_SECONDS);
    await truth.look();
    await keeper.hasDecided(truth.lastBlock, 30_000);

    const take = async (number: number, patienceMs: number): Promise<void> => {
      newest = number;
      await truth.look();
      await keeper.hasDecided(number, patienceMs);
      if (!keeper.isRunning && keeper.deaths.length > 0) effects.restart();
    };
    const queue = [...script];
    for (let block = 0; block < blocks; block++) {
      await effects.endBy(block);
      for (; queue[0] !== undefined && queue[0].at <= block; queue.shift()) {
        options.say(`block ${block} of ${blocks}: ${queue[0].name}, ${queue[0].blocks} blocks`);
        await effects.begin(queue[0]);
      }
      const seconds = effects.sameSecond > 0 && block % 5 !== 0 ? 0 : BLOCK_SECONDS;
      const number = await clockwork.block(prices.at(block / blocks), seconds);
      await take(number, options.patienceMs);
      if (block % 100 === 0) options.say(progressOf(block, blocks, truth, keeper));
    }

    options.say("the mishaps are over; everything settles");
    await effects.endAll();
    const end = prices.at(1);
    let left: Left = { missed: [], unprofitable: [] };
    for (let block = 0; block < SETTLE.near + SETTLE.far; block++) {
      const number = await clockwork.block(end, block < SETTLE.near ? BLOCK_SECONDS : SETTLE.farSeconds);
      await take(number, SETTLE.patienceMs);
      left = await leftOver(stage, truth);
      const isQuiet = keeper.newest?.pending === 0 && left.missed.length === 0;
      if (block >= SETTLE.least && isQuiet && truth.head?.isPriced === true) break;
    }
    const status = await keeper.status().catch(() => undefined);
    keeper.poll();
    const [minedNonce, poolNonce, balance] = await Promise.all([
      world.provider.getTransactionCount(operator, "latest"),
      world.provider.getTransactionCount(operator, "pending"),
      world.provider.getBalance(operator),
    ]);
    return {
      ...{ script, truth, sent, status, ...left },
      blocks: [...truth.blocks.values()].filter(({ number }) => number > since),
      settled: keeper.settled,
      settledNow: keeper.settledNow,
      ...{ deaths: keeper.deaths, starts: keeper.starts, requests },
      operator: {
        ...{ spentWei: balanceBefore - balance, minedNonce, poolNonce },
        poolHolds: await poolHolds(stage, operator),
      },
      earned: (await earnings(stage)) - earnedBefore,
      struck: proxy.struck,
      wallSeconds: (performance.now() - started) / 1_000,
    };
  } finally {
    await keeper.end("SIGKILL");
  }
}

const quoter = new Interface([
  "function quoteExactInputSingle((address tokenIn, address tokenOut, uint256 amountIn, uint24 fee, uint160 sqrtPriceLimitX96)) returns (uint256 amountOut, uint160, uint32, uint256)",
]);

interface Left {
  missed: readonly bigint[];
  unprofitable: readonly bigint[];
}

/** Of the loans that are liquidatable now, those that would leave something, and those that would not. */
async function leftOver(stage: Stage, truth: Truth): Promise<Left> {
  const missed: bigint[] = [];
  const unprofitable: bigint[] = [];
  const { world } = stage;
  const { uniswap, tokens } = world.devnet.info;
  for (const [id, { repaid, seized }] of truth.head?.liquidatable ?? []) {
    const call = {
      to: uniswap.quoterV2,
      data: quoter.encodeFunctionData("quoteExactInputSingle", [
        [tokens.wrappedBtc.l2, tokens.dollar, seized, uniswap.poolFee, 0n],
      ]),
      from: world.keeper.wallet.address,
    };
    const [proceeds] = quoter.decodeFunctionResult("quoteExactInputSingle", await world.provider.call(call));
    if ((proceeds as bigint) - repaid > WORTH_IT) missed.push(id);
    else unprofitable.push(id);
  }
  return { missed, unprofitable };
}

/** Dollars that the Liquidator has, units. */
async function earnings({ world }: Stage): Promise<bigint> {
  const { liquidator } = world.deployment;
  return liquidator === undefined
    ? 0n
    : erc20At(world.facility.loan.address).read(world.provider, "balanceOf", [liquidator]);
}

/** Transactions of an account that wait in the node's pool, those behind a gap included. */
async function poolHolds({ world }: Stage, account: string): Promise<number> {
  type Content = Record<"pending" | "queued", Record<string, Record<string, unknown>>>;
  const content = (await world.devnet.rpc("l2", "txpool_content")) as Content;
  return [content.pending, content.queued]
    .flatMap((part) => Object.entries(part))
    .filter(([address]) => address.toLowerCase() === account.toLowerCase())
    .reduce((sum, [, transactions]) => sum + Object.keys(transactions).length, 0);
}

function progressOf(block: number, blocks: number, truth: Truth, keeper: KeeperRuns): string {
  const sales = [...truth.blocks.values()].reduce((sum, one) => sum + one.sales.length, 0);
  const due = truth.head?.liquidatable.size ?? 0;
  return `block ${block} of ${blocks}: ${sales} sales, ${due} loans due, ${keeper.starts} starts of the keeper`;
}
