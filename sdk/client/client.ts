import type { JsonRpcApiProvider, Provider } from "ethers";
import {
  accessManagerAbi,
  capitalAbi,
  erc20Abi,
  lendingPoolAbi,
  lensAbi,
  loanManagerAbi,
  loansAbi,
  priceOracleAbi,
  protectionOrdersAbi,
  redemptionQueueAbi,
  termLendingPoolAbi,
  termLensAbi,
  termLoanManagerAbi,
  trancheAbi,
} from "./abi/index.js";
import { type Deployment, FIRST_FACILITY } from "./deployment.js";
import { ClientError } from "./errors.js";
import { TypedContract } from "./typedContract.js";

/** A deployment, seen through a node. Everything in the client takes one. */
export interface Client {
  readonly provider: Provider;
  readonly deployment: Deployment;
  /** Of revolving loans. */
  readonly manager: TypedContract<typeof loanManagerAbi>;
  readonly termManager: TypedContract<typeof termLoanManagerAbi>;
  readonly lens: TypedContract<typeof lensAbi>;
  readonly termLens: TypedContract<typeof termLensAbi>;
  readonly accessManager: TypedContract<typeof accessManagerAbi>;
}

/** The node is of another chain than the deployment. */
export class WrongNetwork extends ClientError {
  constructor(
    readonly expected: number,
    readonly actual: bigint,
    network: string,
  ) {
    super(
      `the node is on chain ${actual.toString()}, but the deployment "${network}" is on chain ${expected}: ` +
        "name the other node (--rpc) or the other deployment (--deployment)",
    );
  }
}

/** The node knows nothing of the deployment: it was reset, or the file is of another one. */
export class NotDeployed extends ClientError {}

/**
 * @example
 * const client = createClient(new JsonRpcProvider(url), readDeployment());
 * for (const facility of await readFacilities(client)) console.log(facility.name, facility.cash);
 */
export function createClient(provider: Provider, deployment: Deployment): Client {
  return {
    provider,
    deployment,
    manager: new TypedContract(loanManagerAbi, deployment.loanManager),
    termManager: new TypedContract(termLoanManagerAbi, deployment.termLoanManager),
    lens: new TypedContract(lensAbi, deployment.lens),
    termLens: new TypedContract(termLensAbi, deployment.termLens),
    accessManager: new TypedContract(accessManagerAbi, deployment.accessManager),
  };
}

/** Asked of the node itself: a provider with a static network would only repeat what it was told. */
async function chainIdOf(provider: Provider): Promise<bigint> {
  if (!("send" in provider)) return (await provider.getNetwork()).chainId;
  return BigInt((await (provider as JsonRpcApiProvider).send("eth_chainId", [])) as string);
}

/**
 * Makes sure that the node is on the deployment's chain and knows its contracts; worth doing once, before anything else.
 *
 * @throws WrongNetwork, NotDeployed
 */
export async function checkNetwork({ provider, deployment }: Client): Promise<void> {
  const chainId = await chainIdOf(provider);
  if (chainId !== BigInt(deployment.chainId)) {
    throw new WrongNetwork(deployment.chainId, chainId, deployment.network);
  }
  for (const [what, address] of [
    ["LoanManager", deployment.loanManager],
    ["TermLoanManager", deployment.termLoanManager],
    ["Lens", deployment.lens],
  ] as const) {
    if ((await provider.getCode(address)) !== "0x") continue;
    throw new NotDeployed(
      `there is no ${what} at ${address} on chain ${deployment.chainId}: the chain was started anew, or the deployment file is of another one`,
    );
  }
}

/** The manager that keeps a facility's loans, for all that managers have in common. */
export function loansOf({ deployment }: Pick<Client, "deployment">, facility: number): TypedContract<typeof loansAbi> {
  const { loanManager, termLoanManager } = deployment;
  return new TypedContract(loansAbi, facility < FIRST_FACILITY.term ? loanManager : termLoanManager);
}

export const erc20At = (address: string) => new TypedContract(erc20Abi, address);
export const poolAt = (address: string) => new TypedContract(lendingPoolAbi, address);
export const termPoolAt = (address: string) => new TypedContract(termLendingPoolAbi, address);
export const trancheAt = (address: string) => new TypedContract(trancheAbi, address);
export const oracleAt = (address: string) => new TypedContract(priceOracleAbi, address);
export const queueAt = (address: string) => new TypedContract(redemptionQueueAbi, address);
export const capitalAt = (address: string) => new TypedContract(capitalAbi, address);
export const protectionOrdersAt = (address: string) => new TypedContract(protectionOrdersAbi, address);
