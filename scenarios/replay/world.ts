import { JsonRpcProvider, Network, Wallet } from "ethers";
import { deployBallast, httpProvider, localParameters, mintSeeds, parseParameters } from "../../deploy/index.js";
import { startDevnet, type Devnet, type DevnetAccount } from "../../devnet/index.js";
import { createClient, oracleAt, type Client } from "../../sdk/client/client.js";
import type { Deployment } from "../../sdk/client/deployment.js";
import { readFacility, type FacilityState } from "../../sdk/client/facilityState.js";
import type { PriceE8 } from "../prices/decimal.js";
import { SECOND_SOURCE } from "../secondSource.js";
import type { L1FeeLevel } from "./l1Fees.js";
import type { Progress } from "../progress/progress.js";
import { Outbox } from "./outbox.js";
import type { Resources } from "./resources.js";

/** Somebody with a key. */
export interface Person {
  name: string;
  wallet: Wallet;
}

/** A chain with Ballast on it, and the people of the scenario. */
export interface World {
  devnet: Devnet;
  provider: JsonRpcProvider;
  client: Client;
  deployment: Deployment;
  /** as deployed; its terms do not change */
  facility: FacilityState;
  /** contract of the time-weighted price, and how far it may be from the feeds */
  secondSource: { address: string; limitWad: bigint };
  lenders: Person[];
  borrowers: Person[];
  keeper: Person;
  outbox: Outbox;
  /** what L1 charges at a second */
  l1FeesAt: (second: number) => L1FeeLevel;
}

export interface WorldOptions {
  /** second at which everything begins */
  startTime: number;
  openingPrice: PriceE8;
  /** range of prices the pool must have its full depth in */
  lowest: PriceE8;
  highest: PriceE8;
  lenders: number;
  borrowers: number;
  l1FeesAt: World["l1FeesAt"];
  /** false leaves the time-weighted price out, so that nothing is held back; true by default */
  hasSecondSource?: boolean;
}

/** devnet/: accounts with a part; deploy/: risk manager, guardian and fee collector are the next three. */
const ACCOUNTS_TAKEN = { devnet: 10, governance: 3 };
const DEPTH_DOLLARS = 5_000_000n * 10n ** 6n;

/**
 * Plays in a world of its own, and fails as soon as one of its nodes does.
 * @param resources everything started is put there; the caller stops it
 */
export async function inWorld<T>(
  options: WorldOptions,
  progress: Progress,
  resources: Resources,
  play: (world: World) => Promise<T>,
): Promise<T> {
  const world = await startWorld(options, (line) => progress.stage(line));
  resources.add(world.devnet);
  resources.add({ stop: () => Promise.resolve(world.provider.destroy()) });
  const nodeFailure = world.devnet.failed.then((error) => {
    throw error;
  });
  return Promise.race([nodeFailure, play(world)]);
}

/** Boots both chains and deploys Ballast. Whoever calls it stops the devnet. */
async function startWorld(options: WorldOptions, say: (line: string) => void): Promise<World> {
  say("Booting L1 and L2 with the OP contracts, tokens, feeds and Uniswap…");
  const devnet = await startDevnet({
    startTime: BigInt(options.startTime),
    btcPrice: options.openingPrice,
    l1Fees: options.l1FeesAt(options.startTime),
    accounts: ACCOUNTS_TAKEN.devnet + ACCOUNTS_TAKEN.governance + options.lenders + options.borrowers,
    // A margin beyond the extremes, as a sale drives the price further than the series goes.
    pool: { depth: DEPTH_DOLLARS, lowest: options.lowest / 2n, highest: options.highest * 2n },
  });
  try {
    say("Deploying Ballast, and reading it back…");
    const { info } = devnet;
    const deployer = new Wallet(info.accounts.deployer.privateKey);
    const parameters = withSecondSource(localParameters(info), options.hasSecondSource ?? true);
    await mintSeeds(httpProvider(info.l2.rpcUrl), deployer, parseParameters(parameters));
    const { deployment } = await deployBallast({
      ...{ node: info.l2.rpcUrl, deployer, parameters },
      pollingIntervalMs: 10,
    });
    await devnet.setBlockTime("manual");
    return await describeWorld(devnet, deployment, options);
  } catch (error) {
    await devnet.stop();
    throw error;
  }
}

type LocalParameters = ReturnType<typeof localParameters>;

function withSecondSource(parameters: LocalParameters, isWanted: boolean): LocalParameters {
  for (const { oracle } of parameters.facilities)
    if (!isWanted) oracle.secondSource = "none";
    else if (typeof oracle.secondSource === "object")
      oracle.secondSource = { ...oracle.secondSource, ...SECOND_SOURCE };
  return parameters;
}

async function describeWorld(
  devnet: Devnet,
  deployment: Deployment,
  { lenders, l1FeesAt }: WorldOptions,
): Promise<World> {
  const { l2, accounts } = devnet.info;
  const network = Network.from(l2.chainId);
  // No batches, as a batch waits for more to come, and no cache, as blocks come faster than it forgets.
  const options = { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 };
  const provider = new JsonRpcProvider(l2.rpcUrl, network, options);
  const client = createClient(provider, deployment);
  const facility = await readFacility(client, 1);
  const terms = await oracleAt(facility.oracle).read(provider, "terms", []);
  const people = accounts.users.slice(ACCOUNTS_TAKEN.governance);
  return {
    ...{ devnet, provider, client, deployment, facility, l1FeesAt },
    secondSource: { address: terms.secondSource, limitWad: terms.disagreementLimitWad },
    lenders: people.slice(0, lenders).map(person("lender")),
    borrowers: people.slice(lenders).map(person("borrower")),
    keeper: { name: "keeper", wallet: new Wallet(accounts.keeper.privateKey) },
    outbox: new Outbox(provider, BigInt(l2.chainId), () => devnet.mineL2()),
  };
}

const person =
  (role: string) =>
  ({ privateKey }: DevnetAccount, index: number): Person => ({
    name: `${role} ${index + 1}`,
    wallet: new Wallet(privateKey),
  });
