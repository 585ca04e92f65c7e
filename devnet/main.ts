import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ancestors } from "./ancestors.js";
import { Console } from "./console.js";
import { assertBuilt, MissingArtifact, neededSources } from "./artifacts.js";
import { HARDHAT_CLI } from "./hardhat.js";
import { DevnetError, startDevnet, type Devnet } from "./index.js";
import { FIRST_PRICE } from "./options.js";
import { describe } from "./print.js";

/** How often the feeds say their price again while nobody changes it, within the heartbeats of deploy/parameters/local. */
const FEED_SECONDS = 1_200;

interface Options {
  l1Port: number;
  l2Port: number;
  blockTime: number;
  startTime?: bigint;
  accounts: number;
  btcPrice?: bigint;
  depth?: bigint;
  l1BaseFee: bigint;
  blobBaseFee: bigint;
  out: string;
  quiet?: true;
}

/** A decimal number in units of 10^-decimals. */
const amount = (decimals: number) => (text: string) => {
  const found = /^(\d+)(?:\.(\d+))?$/.exec(text);
  const fraction = found?.[2] ?? "";
  if (!found || fraction.length > decimals)
    throw new InvalidArgumentError(`a positive number with at most ${decimals} decimals is needed.`);
  return BigInt((found[1] ?? "") + fraction.padEnd(decimals, "0"));
};

const number = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new InvalidArgumentError(`a ${whole ? "whole " : ""}number from ${least} to ${most} is needed.`);
  return value;
};

function moment(text: string): bigint {
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(milliseconds))
    throw new InvalidArgumentError("a date like 2020-03-12T00:00Z or a number of seconds since 1970 is needed.");
  return BigInt(Math.floor(milliseconds / 1000));
}

const command = new Command("devnet")
  .description(
    "A local Ethereum L1 and an OP-Stack L2 with the genuine contracts, a bridged wrapped BTC, price feeds, Uniswap and Safe.\n" +
      "Runs until Ctrl-C, or until what started it ends.",
  )
  .option("--l1-port <port>", "port of L1's RPC; 0 takes a free one", number(0, 65_535, true), 0)
  .option("--l2-port <port>", "port of L2's RPC; 0 takes a free one", number(0, 65_535, true), 0)
  .option(
    "--block-time <seconds>",
    "between L2 blocks; 0.2 gives five blocks with one timestamp, 0 mines each transaction as it comes (time then stands still)",
    number(0, 3_600, false),
    2,
  )
  .option("--start-time <date>", "where time begins; may lie in the past (default: now)", moment)
  .option("--accounts <count>", "funded accounts", number(10, 1_000, true), 20)
  .option("--btc-price <dollars>", "first price of BTC (default: 7935)", amount(8))
  .option("--depth <dollars>", "liquidity within 2 % of the price (default: 5000000)", amount(6))
  .option("--l1-base-fee <gwei>", "L1's base fee, held there", amount(9), 10n ** 10n)
  .option("--blob-base-fee <gwei>", "L1's blob base fee, held there", amount(9), 10n ** 9n)
  .option("--out <file>", "where addresses, accounts and RPC addresses are written as JSON", "out/devnet.json")
  .option("--quiet", "print nothing");

// Defaults kept as bigint read badly in --help.
for (const option of command.options)
  if (typeof option.defaultValue === "bigint") option.defaultValueDescription = gwei(option.defaultValue);

function gwei(wei: bigint): string {
  return String(wei / 10n ** 9n);
}

async function run(options: Options): Promise<void> {
  const say = (line: string) => void (options.quiet || console.log(line));
  build(say);
  const devnet = await startDevnet({
    ...options,
    relay: true,
    l1Fees: { baseFee: options.l1BaseFee, blobBaseFee: options.blobBaseFee },
    pool: options.depth === undefined ? {} : { depth: options.depth },
    onProgress: say,
  });
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify(devnet.info, null, 2)}\n`);
  // Whoever reads that Ctrl-C ends it may press it at once.
  const ending = untilAskedToEnd(devnet);
  say(`\n${describe(devnet.info)}\n\nWritten to ${options.out}. Ctrl-C ends it.\n\n${Console.usage}\n`);
  const terminal = new Console(devnet, options.btcPrice ?? FIRST_PRICE, say);
  void terminal.listen(process.stdin);
  const publishAgain = () => terminal.publishAgain().catch((error: unknown) => say(String(error)));
  // Where time stands still, no price grows old.
  const again = options.blockTime > 0 ? setInterval(() => void publishAgain(), FEED_SECONDS * 1000) : undefined;
  await ending;
  clearInterval(again);
  process.stdin.destroy();
}

/** A fresh checkout has no artifacts yet. Even a compile that is up to date takes seconds, so it is only run when needed. */
function build(say: (line: string) => void): void {
  try {
    assertBuilt();
  } catch (error) {
    if (!(error instanceof MissingArtifact)) throw error;
    say("Compiling the tokens and feeds (once)…");
    const done = spawnSync(process.execPath, [HARDHAT_CLI, "build", "--quiet", ...neededSources], {
      stdio: ["ignore", 2, 2],
    });
    if (done.status !== 0) throw new DevnetError("The contracts do not compile; the messages are above.");
  }
}

async function untilAskedToEnd(devnet: Devnet): Promise<void> {
  const startedBy = ancestors();
  let timer: NodeJS.Timeout | undefined;
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    timer = setInterval(() => {
      if (ancestors() !== startedBy) resolve();
    }, 500);
  });
  const failure = await Promise.race([asked, devnet.failed]);
  clearInterval(timer);
  await devnet.stop();
  if (failure) throw failure;
}

try {
  await run(command.parse().opts<Options>());
} catch (error) {
  console.error(
    `devnet: ${error instanceof DevnetError ? error.message : error instanceof Error ? error.stack : String(error)}`,
  );
  process.exitCode = 1;
}
