import { encodeFunctionData, parseEther, toHex, zeroAddress, type Address } from "viem";
import { devnetAccounts, signer, type DevnetAccounts } from "./accounts.js";
import { assertBuilt } from "./artifacts.js";
import { Chain } from "./chain.js";
import { Clock } from "./clock.js";
import { Devnet, type DevnetInfo } from "./devnet.js";
import { deployFeeds, FEED_DECIMALS, publish } from "./feeds.js";
import { setFeeScalars, setL1Fees } from "./fees.js";
import { L1_CHAIN_ID, L2_CHAIN_ID } from "./genesis.js";
import { startNodes, type Nodes } from "./nodes.js";
import { bridgeAbi, predeploys, readL1Contracts } from "./opContracts.js";
import { resolveOptions, type DevnetOptions, type ResolvedOptions } from "./options.js";
import { Pace } from "./pace.js";
import { Rollup } from "./rollup.js";
import { deploySafe } from "./safe.js";
import { deployUptimeFeed } from "./sequencer.js";
import { bridgeIn, deployTokens, mint } from "./tokens.js";
import { deployUniswap, inventoryFor } from "./uniswap.js";

/**
 * Both chains begin this long before the start time, and everything is deployed then: at the start time averages of half
 * an hour can be read and the sequencer has been up for longer than any grace.
 */
const PAST_SECONDS = 7_200n;
/** What the deployer holds for `fund`, and the market maker beyond its position, to trade with. */
const STOCK_BTC = 1_000_000n * 10n ** 8n;
const STOCK_DOLLARS = 100_000_000_000n * 10n ** 6n;
const ONE = 10n ** BigInt(FEED_DECIMALS);

const wallClock = () => BigInt(Math.floor(Date.now() / 1000));

/** Starts an L1 and an L2 with everything Ballast stands on. Ready when it resolves; `stop()` ends it. */
export async function startDevnet(given: DevnetOptions = {}): Promise<Devnet> {
  const started = performance.now();
  const options = resolveOptions(given);
  const elapsed = () => Math.round(performance.now() - started);
  const genesisTime = (options.startTime ?? wallClock()) - PAST_SECONDS;

  assertBuilt();
  const nodes = await startNodes(options, Number(genesisTime));
  try {
    const rollup = await bootRollup(nodes, options, genesisTime);
    const rollupReady = elapsed();
    options.onProgress(`Rollup ready after ${rollupReady} ms: L1 ${nodes.l1.url}, L2 ${nodes.l2.url}.`);

    const info = await furnish(rollup, devnetAccounts(options.accounts), options);
    const pace = new Pace(rollup, options.relay, nodes.fail);
    await pace.set(options.blockTime);
    const everything = elapsed();
    options.onProgress(`Everything ready after ${everything} ms.`);
    return new Devnet(info, { rollup: rollupReady, everything }, rollup, pace, nodes);
  } catch (error) {
    await nodes.stop();
    throw error;
  }
}

/** The OP contracts with their fee settings, the first L1 attributes and the first deposit. */
async function bootRollup(nodes: Nodes, options: ResolvedOptions, time: bigint): Promise<Rollup> {
  const l1 = new Chain("L1", L1_CHAIN_ID, nodes.l1.url);
  const l2 = new Chain("L2", L2_CHAIN_ID, nodes.l2.url);
  for (const { client } of [l1, l2]) {
    await client.setLoggingEnabled(false);
    // Time stands still until it is moved; blocks may share a second.
    await client.setBlockTimestampInterval({ interval: 0 });
  }
  const contracts = await readL1Contracts(l1);
  await allowGamesSince(l1, contracts.anchorStateRegistry, time);
  const rollup = new Rollup(l1, l2, contracts, new Clock(time), options.l1Fees);
  await rollup.mineL1();
  await rollup.derive();
  await setFeeScalars(rollup, options.feeScalars);
  // anvil charges calls from no one the L1 fee too, and refuses them when no one cannot pay.
  await l2.client.setBalance({ address: zeroAddress, value: parseEther("1000000") });
  return rollup;
}

/**
 * The genesis retires every dispute game older than its own making in 2025; in a replay of an earlier day no withdrawal
 * could be proved. The second from which games count (upper half of a slot whose lower half is the game type) is moved to
 * the chain's first.
 */
async function allowGamesSince(l1: Chain, registry: Address, time: bigint): Promise<void> {
  const slot = toHex(6, { size: 32 });
  const word = BigInt((await l1.client.getStorageAt({ address: registry, slot })) ?? 0n);
  const gameType = word & 0xffffffffn;
  await l1.client.setStorageAt({
    address: registry,
    index: slot,
    value: toHex((time << 32n) | gameType, { size: 32 }),
  });
}

async function furnish(rollup: Rollup, accounts: DevnetAccounts, options: ResolvedOptions): Promise<DevnetInfo> {
  const { l1, l2, contracts } = rollup;
  const { deployer, publisher, marketMaker } = accounts;
  const say = options.onProgress;

  // Without it the bridge on L1 holds no ether to pay withdrawals from.
  await l1.send(signer(deployer), {
    to: contracts.standardBridge,
    data: encodeFunctionData({ abi: bridgeAbi, functionName: "bridgeETHTo", args: [deployer.address, 200_000, "0x"] }),
    value: parseEther("1000"),
  });
  const tokens = await deployTokens(rollup, deployer);
  const inventory = inventoryFor(options.btcPrice, options.pool);
  await bridgeIn(rollup, tokens, deployer, deployer.address, STOCK_BTC);
  await bridgeIn(rollup, tokens, deployer, marketMaker.address, STOCK_BTC + inventory.btc);
  await rollup.derive();
  await mint(rollup, "l2", tokens.dollar, deployer, marketMaker.address, STOCK_DOLLARS + inventory.dollars);
  say("Tokens minted and bridged.");

  const sequencerUptimeFeed = await deployUptimeFeed(rollup, accounts);
  const feeds = await deployFeeds(rollup, accounts);
  const uniswap = await deployUniswap(rollup, tokens, deployer, marketMaker, options.btcPrice, options.pool);
  say("Feeds published, Uniswap pool open.");
  const safe = await deploySafe(rollup, accounts);

  // Without a day of its own, time is the wall clock's from the moment of being ready.
  const now = options.startTime ?? wallClock();
  await rollup.setTime(now);
  await setL1Fees(rollup, options.l1Fees);
  await publish(rollup, publisher, feeds.btcUsd, options.btcPrice, now);
  await publish(rollup, publisher, feeds.wrapperBtc, ONE, now);
  await publish(rollup, publisher, feeds.dollarUsd, ONE, now);

  const endpoint = ({ url, id }: Chain) => ({ chainId: id, rpcUrl: url, wsUrl: url.replace("http", "ws") });
  return {
    l1: { ...endpoint(l1), contracts },
    l2: { ...endpoint(l2), predeploys },
    accounts,
    tokens,
    feeds,
    sequencerUptimeFeed,
    uniswap,
    safe,
  };
}
