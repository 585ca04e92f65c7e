import { Interface, type Provider, Transaction } from "ethers";
import type { Client } from "./client.js";
import type { UnsignedTransaction } from "./needs.js";

/** What a transaction costs, wei. On a chain that is no OP rollup, only the gas. */
export interface Cost {
  readonly gas: bigint;
  readonly gasPrice: bigint;
  /** gas × gasPrice. */
  readonly l2Fee: bigint;
  /** For the space its data take on L1. */
  readonly l1Fee: bigint;
  /** The chain operator's. */
  readonly operatorFee: bigint;
  readonly total: bigint;
}

const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";
const gasPriceOracle = new Interface([
  "function getL1Fee(bytes data) view returns (uint256)",
  "function getOperatorFee(uint256 gasUsed) view returns (uint256)",
]);

/** 0 where the predeploy is missing (no OP rollup) or older than the question (no operator fee before Isthmus). */
async function feeOf(
  provider: Provider,
  name: "getL1Fee" | "getOperatorFee",
  argument: string | bigint,
): Promise<bigint> {
  const data = gasPriceOracle.encodeFunctionData(name, [argument]);
  try {
    const answer = await provider.call({ to: GAS_PRICE_ORACLE, data });
    return answer === "0x" ? 0n : BigInt(answer);
  } catch (error) {
    if (isRevert(error)) return 0n;
    throw error;
  }
}

function isRevert(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "CALL_EXCEPTION";
}

/**
 * Price of a transaction that takes so much gas, by the chain's present fees.
 *
 * @param gas what it will use; for what an account must hold, the gas limit: that is what the operator fee is bought for
 */
export async function costOf(client: Client, transaction: UnsignedTransaction, gas: bigint): Promise<Cost> {
  const { provider, deployment } = client;
  const [fees, block, nonce] = await Promise.all([
    provider.getFeeData(),
    provider.getBlock("latest"),
    provider.getTransactionCount(transaction.from),
  ]);
  const priority = fees.maxPriorityFeePerGas ?? 0n;
  const gasPrice = block?.baseFeePerGas == null ? (fees.gasPrice ?? 0n) : block.baseFeePerGas + priority;
  const { unsignedSerialized } = Transaction.from({
    type: 2,
    chainId: deployment.chainId,
    nonce,
    to: transaction.to,
    data: transaction.data,
    gasLimit: gas,
    maxFeePerGas: fees.maxFeePerGas ?? gasPrice,
    maxPriorityFeePerGas: priority,
  });
  const [l1Fee, operatorFee] = await Promise.all([
    feeOf(provider, "getL1Fee", unsignedSerialized),
    feeOf(provider, "getOperatorFee", gas),
  ]);
  const l2Fee = gas * gasPrice;
  return { gas, gasPrice, l2Fee, l1Fee, operatorFee, total: l2Fee + l1Fee + operatorFee };
}

export function sumOfCosts(costs: readonly Cost[]): Cost {
  const sum = (of: (cost: Cost) => bigint): bigint => costs.reduce((total, cost) => total + of(cost), 0n);
  return {
    gas: sum((c) => c.gas),
    gasPrice: costs[0]?.gasPrice ?? 0n,
    l2Fee: sum((c) => c.l2Fee),
    l1Fee: sum((c) => c.l1Fee),
    operatorFee: sum((c) => c.operatorFee),
    total: sum((c) => c.total),
  };
}
