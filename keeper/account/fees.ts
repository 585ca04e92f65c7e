import { Transaction } from "ethers";
import type { Node, Receipt } from "../chain/node.js";
import { RpcError, isNoAnswer } from "../chain/rpcErrors.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";

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
 */
export async function paidFees(
  node: Pick<Node, "balance">,
  oracle: Pick<RollupFeeOracle, "chargesMore" | "feesOf">,
  operator: string,
  mined: readonly MinedTransaction[],
): Promise<PaidFees[]> {
  const fees = await Promise.all(mined.map(async ({ raw, receipt }) => estimate(oracle, raw, receipt)));
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

async function estimate(oracle: Pick<RollupFeeOracle, "feesOf">, raw: string, receipt: Receipt): Promise<PaidFees> {
  const l2Gas = receipt.gasUsed * receipt.effectiveGasPrice;
  const { l1Fee, operatorFee } = await oracle.feesOf(
    Transaction.from(raw).unsignedSerialized,
    receipt.gasUsed,
    receipt.blockNumber,
  );
  return { l2Gas, l1Data: receipt.l1Fee ?? l1Fee, operator: operatorFee };
}

async function spentIn(node: Pick<Node, "balance">, operator: string, block: number): Promise<bigint | undefined> {
  try {
    const [before, after] = await Promise.all([node.balance(operator, block - 1), node.balance(operator, block)]);
    return before - after;
  } catch (error) {
    // A node that does not answer now may later; one that has forgotten that state will not remember it.
    const isForgotten = error instanceof RpcError && error.kind === "not-here";
    if (isNoAnswer(error) && !isForgotten) throw error;
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
