import { fileURLToPath } from "node:url";
import { type BaseWallet, Contract } from "ethers";
import { minedWithin } from "../sdk/client/mined.js";
import { DeployError, InvalidParameters } from "./errors.js";
import { type Parameters, type ParametersInput, readParameterFile } from "./parameters.js";
import { makePlan, seedsOf } from "./plan.js";
import { type Eip1193Provider, ethersProvider } from "./provider.js";

/** What is taken from a running devnet (DevnetInfo of devnet/). */
export interface LocalChain {
  l2: { chainId: number };
  accounts: Record<"keeper", { address: string }> & { users: readonly { address: string }[] };
  tokens: { wrappedBtc: { l2: string }; dollar: string };
  feeds: Record<"btcUsd" | "wrapperBtc" | "dollarUsd", string>;
  sequencerUptimeFeed: string;
  uniswap: { pool: string; poolFee: number; swapRouter: string; quoterV2: string; factory: string };
  safe: { governance: string };
}

/** Milliseconds. */
const MINED_MS = 60_000;
const FILE = fileURLToPath(new URL("parameters/local.json5", import.meta.url));

/**
 * The parameters for a devnet: policy from deploy/parameters/local.json5, addresses from the chain.
 * The guardian, the risk manager and the fee collector are its first three accounts without another part.
 */
export function localParameters(chain: LocalChain, file: string = FILE): ParametersInput {
  const parameters = readParameterFile(file) as ParametersInput;
  const [riskManager, guardian, feeCollector] = chain.accounts.users;
  if (!riskManager || !guardian || !feeCollector) {
    throw new InvalidParameters(`the devnet has ${chain.accounts.users.length} accounts without a part; 3 are needed`);
  }
  parameters.chainId = chain.l2.chainId;
  parameters.governance.safe = chain.safe.governance;
  parameters.governance.riskManager = riskManager.address;
  parameters.governance.guardian = guardian.address;
  parameters.governance.feeCollector = feeCollector.address;
  for (const facility of parameters.facilities) {
    const { btcUsd, wrapperBtc, loanUsd, sequencer, secondSource } = facility.oracle;
    if (!btcUsd || !wrapperBtc) {
      throw new InvalidParameters(
        `${file}: facility ${facility.name} has no btcUsd and wrapperBtc, which the devnet has`,
      );
    }
    facility.collateralAsset = chain.tokens.wrappedBtc.l2;
    facility.loanAsset = chain.tokens.dollar;
    btcUsd.feed = chain.feeds.btcUsd;
    wrapperBtc.feed = chain.feeds.wrapperBtc;
    if (typeof loanUsd === "object") loanUsd.feed = chain.feeds.dollarUsd;
    if (typeof sequencer === "object") sequencer.feed = chain.sequencerUptimeFeed;
    if (typeof secondSource === "object") secondSource.uniswapV3Pool = chain.uniswap.pool;
  }
  const { swapRouter, quoterV2, factory, poolFee } = chain.uniswap;
  parameters.uniswap = { router: swapRouter, quoter: quoterV2, factory, fee: poolFee };
  parameters.liquidator = { owner: chain.accounts.keeper.address };
  return parameters;
}

/** The devnet's dollar may be minted by anyone: gives the deployer what the seeds take and it does not hold. */
export async function mintSeeds(node: Eip1193Provider, deployer: BaseWallet, parameters: Parameters): Promise<void> {
  const provider = ethersProvider(node, parameters.chainId);
  try {
    const seeds = new Map<string, bigint>();
    for (const plan of (await makePlan(parameters, provider)).facilities) {
      const { loanAsset } = plan.parameters;
      seeds.set(loanAsset, (seeds.get(loanAsset) ?? 0n) + seedsOf(plan));
    }
    for (const [loanAsset, needed] of seeds) {
      const abi = ["function balanceOf(address) view returns (uint256)", "function mint(address, uint256)"];
      const token = new Contract(loanAsset, abi, deployer.connect(provider));
      const held = (await token.getFunction("balanceOf")(deployer.address)) as bigint;
      if (held >= needed) continue;
      const sent = (await token.getFunction("mint")(deployer.address, needed)) as { hash: string };
      if ((await minedWithin(provider, sent.hash, 1, MINED_MS)) === undefined)
        throw new DeployError(
          `The devnet has not mined ${sent.hash} within ${MINED_MS / 1000} s: is it still running?`,
        );
    }
  } finally {
    provider.destroy();
  }
}
