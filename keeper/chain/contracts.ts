import { Interface } from "ethers";
import { erc20Abi, lendingPoolAbi, liquidatorAbi, loanManagerAbi, priceOracleAbi } from "../../sdk/client/abi/index.js";
import {
  collateralVaultAbi,
  liquidationEngineAbi,
  protectionOrdersAbi,
  termLendingPoolAbi,
  termLoanBookAbi,
  termLoanManagerAbi,
} from "../../sdk/client/abi/index.js";
import {
  type Abi,
  type AbiArguments,
  type AbiName,
  type AbiResult,
  TypedContract,
} from "../../sdk/client/typedContract.js";
import { Inconsistent } from "../errors.js";
import type { At, Node } from "./node.js";

/** What the keeper uses of Uniswap's QuoterV2, the rollup's GasPriceOracle and a Chainlink feed. */
const quoterAbi = [
  {
    type: "function",
    name: "quoteExactInput",
    stateMutability: "nonpayable",
    inputs: [
      { name: "path", type: "bytes" },
      { name: "amountIn", type: "uint256" },
    ],
    outputs: [
      { name: "amountOut", type: "uint256" },
      { name: "sqrtPriceX96AfterList", type: "uint160[]" },
      { name: "initializedTicksCrossedList", type: "uint32[]" },
      { name: "gasEstimate", type: "uint256" },
    ],
  },
  {
    type: "function",
    name: "factory",
    stateMutability: "view",
    inputs: [],
    outputs: [{ name: "", type: "address" }],
  },
] as const;

const factoryAbi = [
  {
    type: "function",
    name: "getPool",
    stateMutability: "view",
    inputs: [
      { name: "tokenA", type: "address" },
      { name: "tokenB", type: "address" },
      { name: "fee", type: "uint24" },
    ],
    outputs: [{ name: "pool", type: "address" }],
  },
] as const;

const uniswapPoolAbi = [
  {
    type: "function",
    name: "liquidity",
    stateMutability: "view",
    inputs: [],
    outputs: [{ name: "", type: "uint128" }],
  },
] as const;

const gasPriceOracleAbi = [
  {
    type: "function",
    name: "getL1Fee",
    stateMutability: "view",
    inputs: [{ name: "transaction", type: "bytes" }],
    outputs: [{ name: "", type: "uint256" }],
  },
  {
    type: "function",
    name: "getL1FeeUpperBound",
    stateMutability: "view",
    inputs: [{ name: "unsignedTransactionSize", type: "uint256" }],
    outputs: [{ name: "", type: "uint256" }],
  },
  {
    type: "function",
    name: "getOperatorFee",
    stateMutability: "view",
    inputs: [{ name: "gas", type: "uint256" }],
    outputs: [{ name: "", type: "uint256" }],
  },
] as const;

const feedAbi = [
  {
    type: "function",
    name: "latestRoundData",
    stateMutability: "view",
    inputs: [],
    outputs: [
      { name: "roundId", type: "uint80" },
      { name: "answer", type: "int256" },
      { name: "startedAt", type: "uint256" },
      { name: "updatedAt", type: "uint256" },
      { name: "answeredInRound", type: "uint80" },
    ],
  },
  {
    type: "function",
    name: "decimals",
    stateMutability: "view",
    inputs: [],
    outputs: [{ name: "", type: "uint8" }],
  },
] as const;

export const managerAt = (address: string) => new TypedContract(loanManagerAbi, address);
export const liquidatorAt = (address: string) => new TypedContract(liquidatorAbi, address);
export const poolAt = (address: string) => new TypedContract(lendingPoolAbi, address);
export const ordersAt = (address: string) => new TypedContract(protectionOrdersAbi, address);
export const termManagerAt = (address: string) => new TypedContract(termLoanManagerAbi, address);
export const termPoolAt = (address: string) => new TypedContract(termLendingPoolAbi, address);
export const vaultAt = (address: string) => new TypedContract(collateralVaultAbi, address);
export const oracleAt = (address: string) => new TypedContract(priceOracleAbi, address);
export const tokenAt = (address: string) => new TypedContract(erc20Abi, address);
export const quoterAt = (address: string) => new TypedContract(quoterAbi, address);
export const factoryAt = (address: string) => new TypedContract(factoryAbi, address);
export const uniswapPoolAt = (address: string) => new TypedContract(uniswapPoolAbi, address);
export const gasPriceOracleAt = (address: string) => new TypedContract(gasPriceOracleAbi, address);
export const feedAt = (address: string) => new TypedContract(feedAbi, address);

/** Reads a view through the keeper's own node, as of a block. */
export async function read<A extends Abi, N extends AbiName<A, "function">>(
  node: Node,
  contract: TypedContract<A>,
  name: N,
  args: AbiArguments<A, N>,
  at: At = "latest",
  from?: string,
): Promise<AbiResult<A, N>> {
  const call = { to: contract.address, data: contract.encode(name, args), ...(from !== undefined && { from }) };
  return decoded(contract, name, await node.call(call, at));
}

/**
 * What a contract answered.
 *
 * @throws Inconsistent where it is no answer of that function: a node that has not the contract yet, or not the state, may say "0x"
 */
export function decoded<A extends Abi, N extends AbiName<A, "function">>(
  contract: TypedContract<A>,
  name: N,
  data: string,
): AbiResult<A, N> {
  try {
    return contract.decode(name, data);
  } catch (cause) {
    const what = data.length > 66 ? `${data.slice(0, 66)}…` : data;
    throw new Inconsistent(
      `${what} is no answer of ${name} by ${contract.address}: the node has another state, or it is another contract`,
      { cause },
    );
  }
}

/** First topics of every event that the managers and the orders have. */
export function eventTopics(): string[] {
  const topics = [loanManagerAbi, termLoanManagerAbi, termLoanBookAbi, protectionOrdersAbi].flatMap((abi) => {
    const found: string[] = [];
    new Interface(abi).forEachEvent(({ topicHash }) => found.push(topicHash));
    return found;
  });
  return [...new Set(topics)];
}

/** All errors a liquidation can end with, ours and those of what it calls. */
const errors = new Interface(
  [
    termLoanManagerAbi,
    termLendingPoolAbi,
    termLoanBookAbi,
    loanManagerAbi,
    liquidatorAbi,
    protectionOrdersAbi,
    lendingPoolAbi,
    priceOracleAbi,
    liquidationEngineAbi,
    erc20Abi,
    collateralVaultAbi,
  ]
    .flat()
    .filter((entry) => entry.type === "error")
    // The same error is declared by several contracts; one declaration explains it.
    .filter((entry, index, all) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(entry)) === index),
);

export interface Revert {
  /** Name of the error; "" where the bytes say nothing known. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** For people. */
  readonly text: string;
}

/** Decodes what a call reverted with. */
export function explainRevert(data: string | undefined): Revert {
  if (data === undefined || data.length < 10) return { name: "", args: [], text: "reverted without a reason" };
  const parsed = errors.parseError(data);
  if (parsed === null) return { name: "", args: [], text: `reverted with ${data.slice(0, 74)}` };
  const args = [...parsed.args] as unknown[];
  return { name: parsed.name, args, text: `${parsed.name}(${args.map(String).join(", ")})` };
}
