import { Interface, Transaction, getBytes, type JsonRpcProvider, type TransactionResponse } from "ethers";
import { fastLzSize, rollupFee } from "../../sdk/model/index.js";
import type { KeeperCost, KeeperOutcome } from "../result.js";

/** One transaction of the keeper and what the fee rules say it cost. */
export interface KeeperTransaction {
  hash: string;
  block: number;
  succeeded: boolean;
  cost: KeeperCost;
}

const ETHER = 10n ** 18n;

/** Of many transactions. */
export function costOf(transactions: readonly KeeperTransaction[]): KeeperCost {
  const sum = { l2Gas: 0n, l1Data: 0n, operator: 0n };
  for (const { cost } of transactions) {
    sum.l2Gas += cost.l2Gas;
    sum.l1Data += cost.l1Data;
    sum.operator += cost.operator;
  }
  return sum;
}

/** wei */
export const weiOf = ({ l2Gas, l1Data, operator }: KeeperCost): bigint => l2Gas + l1Data + operator;

/** What all the keeper's transactions cost, loan units. */
export const feesOf = ({ cost, etherPrice }: Pick<KeeperOutcome, "cost" | "etherPrice">): bigint =>
  (weiOf(cost) * etherPrice) / ETHER;

const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const l1Block = new Interface(
  ["basefee() view returns (uint256)", "blobBaseFee() view returns (uint256)"]
    .concat(["baseFeeScalar() view returns (uint32)", "blobBaseFeeScalar() view returns (uint32)"])
    .concat(["operatorFeeScalar() view returns (uint32)", "operatorFeeConstant() view returns (uint64)"])
    .map((view) => `function ${view}`),
);

/** All transactions of an account in a block, each with its fees by the rules of the fork (Isthmus), to the wei. */
export async function keeperTransactions(
  provider: JsonRpcProvider,
  keeper: string,
  block: number,
): Promise<KeeperTransaction[]> {
  const transactions = (await provider.getBlock(block, true))?.prefetchedTransactions ?? [];
  const own = transactions.filter(({ from }) => from === keeper);
  if (own.length === 0) return [];
  const rates = await l1Rates(provider, block);
  return Promise.all(own.map((transaction) => describe(provider, transaction, rates)));
}

type Rates = Awaited<ReturnType<typeof l1Rates>>;

async function describe(
  provider: JsonRpcProvider,
  response: TransactionResponse,
  rates: Rates,
): Promise<KeeperTransaction> {
  const receipt = await provider.getTransactionReceipt(response.hash);
  if (!receipt) throw new RangeError(`Transaction ${response.hash} is in a block but has no receipt.`);
  const size = fastLzSize(getBytes(Transaction.from(response).serialized));
  const { l1Fee, operatorFee } = rollupFee(
    "isthmus",
    { calldataGas: 0n, fastLzSize: BigInt(size), gas: receipt.gasUsed },
    rates,
    { scalar: rates.operatorScalar, constant: rates.operatorConstant },
  );
  return {
    hash: response.hash,
    block: receipt.blockNumber,
    succeeded: receipt.status === 1,
    cost: { l2Gas: receipt.gasUsed * receipt.gasPrice, l1Data: l1Fee, operator: operatorFee },
  };
}

/** What the rollup knew of L1's fees as the block began. */
async function l1Rates(provider: JsonRpcProvider, block: number) {
  const read = async (name: string) => {
    const data = await provider.call({ to: L1_BLOCK, data: l1Block.encodeFunctionData(name), blockTag: block - 1 });
    return l1Block.decodeFunctionResult(name, data)[0] as bigint;
  };
  const [l1BaseFee, blobBaseFee, baseFeeScalar, blobBaseFeeScalar, operatorScalar, operatorConstant] =
    await Promise.all([
      read("basefee"),
      read("blobBaseFee"),
      read("baseFeeScalar"),
      read("blobBaseFeeScalar"),
      read("operatorFeeScalar"),
      read("operatorFeeConstant"),
    ]);
  return { l1BaseFee, blobBaseFee, baseFeeScalar, blobBaseFeeScalar, operatorScalar, operatorConstant };
}
