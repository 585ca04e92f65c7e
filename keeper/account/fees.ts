import { Transaction } from "ethers";
import type { Head, Node, Receipt } from "../chain/node.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import { atOrNow } from "./pastState.js";

/** What a mined transaction cost, wei. */
export interface PaidFees {
  readonly l2Gas: bigint;
  readonly l1Data: bigint;
  readonly operator: bigint;
}

export const NO_FEES: PaidFees = { l2Gas: 0n, l1Data: 0n, operator: 0n };

export const totalOf = ({ l2Gas, l1Data, operator }: PaidFees): bigint => l2Gas + l1Data + operator;

export function addFees(a: PaidFees, b: PaidFees): PaidFees {
  return { l2Gas: a.l2Gas + b.l2Gas, l1Data: a.l1Data + b.l1Data, operator: a.operator + b.operator };
}

export interface MinedTransaction {
  readonly raw: string;
  readonly receipt: Receipt;
}

/**
 * What each of the operator's transactions of one block cost. Nodes whose receipts leave the rollup's part out are asked
 * for the operator's balance before and after the block: the oracle's figures divide between the transactions what was really
 * taken. Where the difference cannot be fees alone (ether came in, the state is gone), the oracle's figures stand.
 *
 * @param mined all of the operator's transactions in that block
 * @param head newest block, asked where the state of that one is gone
 */
export async function paidFees(
  node: Node,
  oracle: RollupFeeOracle,
  operator: string,
  mined: readonly MinedTransaction[],
  head: Head,
): Promise<PaidFees[]> {
  const fees = await Promise.all(mined.map(async ({ raw, receipt }) => estimate(oracle, raw, receipt, head)));
  const block = mined[0]?.receipt.blockNumber;
  if (block === undefined || !oracle.chargesMore || mined.every(({ receipt }) => receipt.l1Fee != null)) return fees;

  const spent = await spentIn(node, operator, block);
  if (spent === undefined) return fees;
  const estimated = fees.reduce((sum, { l1Data }) => sum + l1Data, 0n);
  const others = fees.reduce((sum, { l2Gas, operator: fee }) => sum + l2Gas + fee, 0n);
  const actual = spent - others;
  if (actual < 0n || actual > 4n * estimated || 4n * actual < estimated) return fees;
  return shared(fees, estimated, actual);
}

async function estimate(oracle: RollupFeeOracle, raw: string, receipt: Receipt, head: Head): Promise<PaidFees> {
  const l2Gas = receipt.gasUsed * receipt.effectiveGasPrice;
  const unsigned = Transaction.from(raw).unsignedSerialized;
  const { l1Fee, operatorFee } = await atOrNow(receipt.blockNumber, head, (at) =>
    oracle.feesOf(unsigned, receipt.gasUsed, at),
  );
  return { l2Gas, l1Data: receipt.l1Fee ?? l1Fee, operator: operatorFee };
}

async function spentIn(node: Node, operator: string, block: number): Promise<bigint | undefined> {
  try {
    const [before, after] = await Promise.all([node.balance(operator, block - 1), node.balance(operator, block)]);
    return before - after;
  } catch {
    return undefined;
  }
}

/** Divides `actual` in the proportion of the estimates; the last takes what rounding leaves. */
function shared(fees: readonly PaidFees[], estimated: bigint, actual: bigint): PaidFees[] {
  let left = actual;
  return fees.map((fee, index) => {
    const part = index === fees.length - 1 ? left : (actual * fee.l1Data) / estimated;
    left -= part;
    return { ...fee, l1Data: part };
  });
}
