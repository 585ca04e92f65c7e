import { ZeroAddress } from "ethers";
import type { Deployment } from "../sdk/client/deployment.js";
import { liquidatorAt, managerAt, read } from "./chain/contracts.js";
import type { Node } from "./chain/node.js";
import { Identity } from "./chain/identity.js";
import { isNoAnswer } from "./chain/rpcErrors.js";
import { WrongChain } from "./errors.js";

/**
 * Everything that must be so before the first transaction: this chain, these contracts, and a liquidator that obeys the
 * operator.
 *
 * @param operator none where nothing is to be sent
 * @throws WrongChain naming what is not
 */
export async function checkChain(
  node: Node,
  deployment: Deployment,
  liquidator: string,
  operator?: string,
): Promise<void> {
  const chainId = await node.chainId();
  if (chainId !== BigInt(deployment.chainId)) {
    throw new WrongChain(
      `the node is on chain ${chainId}, the deployment on ${deployment.chainId}: change --rpc or --deployment`,
    );
  }
  for (const [name, address] of [
    ["LoanManager", deployment.loanManager],
    ["Liquidator", liquidator],
  ] as const) {
    if ((await node.code(address)) === "0x") {
      throw new WrongChain(
        `there is no ${name} at ${address} on chain ${chainId}: is the deployment file of this chain?`,
      );
    }
  }
  const engine = await said("LoanManager", deployment.loanManager, () =>
    read(node, managerAt(deployment.loanManager), "engine", []),
  );
  if (engine !== deployment.liquidationEngine) {
    throw new WrongChain(`the LoanManager's engine is ${engine}, the deployment names ${deployment.liquidationEngine}`);
  }
  const contract = liquidatorAt(liquidator);
  for (const key of ["loanManager", "termLoanManager"] as const) {
    const manager = await said("Liquidator", liquidator, () => read(node, contract, key, []));
    if (manager === deployment[key]) continue;
    throw new WrongChain(`the Liquidator at ${liquidator} serves the ${key} ${manager}, not ${deployment[key]}`);
  }
  if (operator === undefined) return;
  const [owner, isOperator] = await Promise.all([
    read(node, contract, "owner", []),
    read(node, contract, "isOperator", [operator]),
  ]);
  if (owner !== operator && !isOperator) {
    throw new WrongChain(
      `${operator} may not use the Liquidator at ${liquidator}: its owner ${owner} must call setOperator(${operator}, true)`,
    );
  }
}

/** What a contract says, where it is the one it is taken for. */
async function said<T>(name: string, address: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    // No answer says nothing about the contract.
    if (isNoAnswer(cause)) throw cause;
    throw new WrongChain(`what is at ${address} is no ${name} of this version: ${String(cause)}`, { cause });
  }
}

/** What every endpoint is held to, at the start and whenever it was away. */
export function identityOf(deployment: Deployment, liquidator: string, operators: readonly string[]): Identity {
  const { loanManager, termLoanManager, protectionOrders } = deployment;
  return new Identity({
    contracts: {
      LoanManager: loanManager,
      TermLoanManager: termLoanManager,
      Liquidator: liquidator,
      ...(protectionOrders !== undefined && { ProtectionOrders: protectionOrders }),
    },
    anchorBlock: deployment.fromBlock,
    checkFirst: async (node) => {
      // Without an operator there still is a chain.
      for (const operator of operators.length === 0 ? [undefined] : operators) {
        await checkChain(node, deployment, liquidator, operator);
      }
    },
  });
}

/** The liquidator to use: the configured one, or the deployment's. */
export function liquidatorOf(configured: string | undefined, deployment: Deployment): string {
  const liquidator = configured ?? deployment.liquidator;
  if (liquidator !== undefined && liquidator !== ZeroAddress) return liquidator;
  throw new WrongChain("no Liquidator: the deployment names none, so give --liquidator with the address of yours");
}
