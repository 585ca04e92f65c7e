import { Transaction } from "ethers";
import type { Head, Node, Receipt } from "../chain/node.js";
import { RpcError, isNoAnswer } from "../chain/rpcErrors.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import { SURELY_KEPT_BLOCKS, atOrNow } from "./pastState.js";

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
  /** What was booked of it before, when its block's state may still have been there; asked where nothing better is known. */
  readonly booked?: () => PaidFees | undefined;
}

type FeeOracle = Pick<RollupFeeOracle, "chargesMore" | "feesOf">;
type Balances = Pick<Node, "balance">;

/**
 * What each of the operator's transactions of one block cost. Nodes whose receipts leave the rollup's part out are asked
 * for the operator's balance before and after the block: the oracle's figures divide between the transactions what was really
 * taken. L1's fees may change within the block, so that either state's figures may be those that were charged. Where the
 * difference cannot be fees alone (ether came in, the state is gone), what was booked before stands, or else the oracle's figures.
 *
 * @param mined all of the operator's transactions in that block
 * @param head newest block, asked where the state of that one is gone
 */
export async function paidFees(
  node: Balances,
  oracle: FeeOracle,
  operator: string,
  mined: readonly MinedTransaction[],
  head: Head,
): Promise<PaidFees[]> {
  const block = mined[0]?.receipt.blockNumber;
  if (block === undefined) return [];
  const fees = await estimates(oracle, mined, block, head);
  if (!oracle.chargesMore || mined.every(({ receipt }) => receipt.l1Fee != null)) return fees;

  const spent = await spentIn(node, operator, block, head);
  if (spent === undefined) return asBooked(fees, mined);
  return (
    asTaken(fees, spent) ?? asTaken(await estimates(oracle, mined, block - 1, head), spent) ?? asBooked(fees, mined)
  );
}

/** Booked of another block of the same number is what paid another price of gas. */
function asBooked(fees: readonly PaidFees[], mined: readonly MinedTransaction[]): PaidFees[] {
  return fees.map((fee, index) => {
    const booked = mined[index]?.booked?.();
    return booked?.l2Gas === fee.l2Gas ? booked : fee;
  });
}

/** @param state block by whose figures the rollup charges */
function estimates(
  oracle: FeeOracle,
  mined: readonly MinedTransaction[],
  state: number,
  head: Head,
): Promise<PaidFees[]> {
  return Promise.all(mined.map(async ({ raw, receipt }) => estimate(oracle, raw, receipt, state, head)));
}

async function estimate(
  oracle: FeeOracle,
  raw: string,
  receipt: Receipt,
  state: number,
  head: Head,
): Promise<PaidFees> {
  const l2Gas = receipt.gasUsed * receipt.effectiveGasPrice;
  const unsigned = Transaction.from(raw).unsignedSerialized;
  const { l1Fee, operatorFee } = await atOrNow(state, head, (at) => oracle.feesOf(unsigned, receipt.gasUsed, at));
  return { l2Gas, l1Data: receipt.l1Fee ?? l1Fee, operator: operatorFee };
}

/** @returns undefined where what was spent is too far from the estimates to be these fees */
function asTaken(fees: readonly PaidFees[], spent: bigint): PaidFees[] | undefined {
  const estimated = fees.reduce((sum, { l1Data }) => sum + l1Data, 0n);
  const others = fees.reduce((sum, { l2Gas, operator: fee }) => sum + l2Gas + fee, 0n);
  const actual = spent - others;
  if (actual === estimated) return [...fees];
  if (actual < 0n || actual > 4n * estimated || 4n * actual < estimated) return undefined;
  return shared(fees, estimated, actual);
}

async function spentIn(node: Balances, operator: string, block: number, head: Head): Promise<bigint | undefined> {
  try {
    const [before, after] = await Promise.all([node.balance(operator, block - 1), node.balance(operator, block)]);
    return before - after;
  } catch (error) {
    // A node that does not answer now may later; one that has forgotten a state of long ago will not remember it.
    const isForgotten =
      error instanceof RpcError && error.kind === "not-here" && head.number - block >= SURELY_KEPT_BLOCKS;
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
