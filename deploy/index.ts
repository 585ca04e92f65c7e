import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BaseWallet, type Provider, getAddress } from "ethers";
import { type Deployment, FIRST_FACILITY, parseDeployment } from "../sdk/client/deployment.js";
import { CompiledContracts } from "./artifacts.js";
import { checkDeployment } from "./check.js";
import { ForeignJournal, PreflightFailed } from "./errors.js";
import { type Progress, runModule } from "./ignition.js";
import { ballastModule, resultOf } from "./modules/Ballast.js";
import { type Parameters, type ParametersInput, parseParameters } from "./parameters.js";
import { type Plan, makePlan } from "./plan.js";
import { requireMeans } from "./means.js";
import { type Eip1193Provider, ethersProvider, httpProvider, signingProvider } from "./provider.js";
import { rolesOf } from "./roles.js";

export { localParameters, mintSeeds } from "./local.js";
export { checkDeployment } from "./check.js";
export * from "./errors.js";
export {
  type Parameters,
  type ParametersInput,
  parseParameters,
  readParameterFile,
  setParameter,
} from "./parameters.js";
export type { Progress } from "./ignition.js";
export { type Eip1193Provider, ethersProvider, httpProvider, signingProvider } from "./provider.js";

export interface DeployOptions {
  /** a node's URL, or anything that answers as one */
  node: string | Eip1193Provider;
  /** Who pays and ends with nothing: a wallet that signs in this process, or the address of an account the node signs for. */
  deployer: BaseWallet | string;
  parameters: ParametersInput;
  /** folder in which to remember what was done, so that a later call goes on from there; none by default */
  journal?: string;
  /** blocks to wait for each step; default 1 */
  confirmations?: number;
  /** how often to ask for a new block; default 50 ms, for a node at hand */
  pollingIntervalMs?: number;
  onProgress?: (progress: Progress) => void;
}

export interface DeployResult {
  deployment: Deployment;
  /** sent by this call; 0 when everything was there already */
  transactions: number;
}

/**
 * Deploys Ballast, hands it over to its Safe, reads everything back, and says where it is.
 *
 * @example
 * const { deployment } = await deployBallast({
 *   node: devnet.info.l2.rpcUrl,
 *   deployer: new Wallet(devnet.info.accounts.deployer.privateKey),
 *   parameters: localParameters(devnet.info),
 * });
 * @throws InvalidParameters, PreflightFailed (nothing was sent), DeploymentFailed (run again), CheckFailed
 */
export async function deployBallast(options: DeployOptions): Promise<DeployResult> {
  const parameters = parseParameters(options.parameters);
  const { deployer, journal } = options;
  const sender = getAddress(typeof deployer === "string" ? deployer : deployer.address);
  requireOutsider(parameters, sender);
  const node = typeof options.node === "string" ? httpProvider(options.node) : options.node;
  const provider = ethersProvider(node, parameters.chainId);
  try {
    const plan = await makePlan(parameters, provider);
    const artifacts = new CompiledContracts();
    const roles = rolesOf(parameters, (name) => artifacts.read(name));
    const start = await startOf(journal, provider);
    if (!start.resumed) await requireMeans(plan, provider, sender);

    const { addresses, transactions } = await runModule({
      module: ballastModule(plan, roles),
      provider: typeof deployer === "string" ? node : signingProvider(node, deployer),
      artifacts,
      sender,
      journal,
      confirmations: options.confirmations ?? 1,
      pollingIntervalMs: options.pollingIntervalMs ?? 50,
      onProgress: options.onProgress ?? (() => undefined),
    });
    const deployment = describe(plan, addresses, start.fromBlock);
    await checkDeployment({ deployment, parameters, provider, artifacts });
    return { deployment, transactions };
  } finally {
    provider.destroy();
  }
}

function requireOutsider({ governance, liquidator }: Parameters, sender: string): void {
  const holders = Object.entries({ ...governance, liquidator: liquidator?.owner });
  const role = holders.find(([, holder]) => holder === sender)?.[0];
  if (role === undefined) return;
  throw new PreflightFailed(
    `${sender} deploys and is ${role} too: the deployer must end with nothing. Use another key.`,
  );
}

/** The block before everything, remembered beside the journal; refuses a journal of another chain. */
async function startOf(
  journal: string | undefined,
  provider: Provider,
): Promise<{ fromBlock: number; resumed: boolean }> {
  const now = await provider.getBlockNumber();
  if (journal === undefined) return { fromBlock: now, resumed: false };
  const genesis = (await provider.getBlock(0))?.hash;
  const file = join(journal, "start.json");
  if (existsSync(file)) {
    const start = JSON.parse(readFileSync(file, "utf8")) as { fromBlock: number; genesis: string };
    if (start.genesis !== genesis) {
      throw new ForeignJournal(
        `${journal} was written for a chain whose first block is ${start.genesis}; here it is ${genesis ?? "unknown"}. Delete it, or choose another.`,
      );
    }
    await requireStillThere(journal, provider);
    return { fromBlock: start.fromBlock, resumed: existsSync(join(journal, "journal.jsonl")) };
  }
  mkdirSync(journal, { recursive: true });
  // Whole or not at all: this process may be killed at any moment.
  writeFileSync(`${file}.new`, `${JSON.stringify({ fromBlock: now, genesis })}\n`);
  renameSync(`${file}.new`, file);
  return { fromBlock: now, resumed: false };
}

/** A local chain may begin with the same block every time: what the journal has deployed must be there too. */
async function requireStillThere(journal: string, provider: Provider): Promise<void> {
  const file = join(journal, "deployed_addresses.json");
  if (!existsSync(file)) return;
  const addresses = addressesIn(file);
  for (const [step, address] of Object.entries(addresses)) {
    if ((await provider.getCode(address)) !== "0x") continue;
    throw new ForeignJournal(
      `${journal} says that ${step} is at ${address}, where this chain has nothing. Delete it, or choose another.`,
    );
  }
}

/** What Ignition noted so far. It writes the file in place: one that was cut off when it was killed is nothing, its journal has all. */
function addressesIn(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    rmSync(file);
    return {};
  }
}

function describe({ parameters, tokens }: Plan, addresses: Record<string, string>, fromBlock: number): Deployment {
  const { router, quoter, fee } = parameters.uniswap;
  return parseDeployment({
    network: parameters.network,
    chainId: parameters.chainId,
    fromBlock,
    loanManager: addresses["loanManager"],
    termLoanManager: addresses["termLoanManager"],
    termLoanBook: addresses["termLoanBook"],
    liquidationEngine: addresses["liquidationEngine"],
    lens: addresses["lens"],
    termLens: addresses["termLens"],
    accessManager: addresses["accessManager"],
    capital: addresses["capital"],
    roleTable: addresses["roleTable"],
    liquidator: addresses["liquidator"],
    repayWithCollateral: addresses["repayWithCollateral"],
    protectionOrders: addresses["protectionOrders"],
    uniswap: { router, quoter, fee },
    facilities: parameters.facilities.map(({ name, kind, collateralAsset, loanAsset }, index) => ({
      id: FIRST_FACILITY[kind] + parameters.facilities.slice(0, index).filter((f) => f.kind === kind).length,
      name,
      kind,
      pool: addresses[resultOf.pool(name)],
      vault: addresses[resultOf.vault(name)],
      oracle: addresses[resultOf.oracle(name)],
      tranche: addresses[resultOf.tranche(name)],
      queue: addresses[resultOf.queue(name)],
      junior: addresses[resultOf.junior(name)],
      cover: addresses[resultOf.cover(name)],
      collateralAsset,
      loanAsset,
    })),
    tokens,
  });
}
