import { maxOf } from "./math.js";

/** The forks of the OP Stack that differ in how a transaction is charged. */
export type RollupFork = "ecotone" | "fjord" | "isthmus" | "jovian";

/** What L1Block knows: both L1 base fees in wei a gas, and the chain operator's scalars. */
export interface L1FeeParameters {
  readonly l1BaseFee: bigint;
  readonly blobBaseFee: bigint;
  readonly baseFeeScalar: bigint;
  readonly blobBaseFeeScalar: bigint;
}

export interface OperatorFeeParameters {
  readonly scalar: bigint;
  /** Wei a transaction. */
  readonly constant: bigint;
}

/** A transaction, as far as its fee depends on it. */
export interface RollupTransaction {
  /** {@link calldataGas} of the serialised transaction; Ecotone only. */
  readonly calldataGas: bigint;
  /** fastLzSize of the serialised transaction; Fjord and later. */
  readonly fastLzSize: bigint;
  /** The gas limit when one asks what a sender must hold, the gas used when one asks what it paid. */
  readonly gas: bigint;
}

const FJORD_INTERCEPT = -42_585_600n;
const FJORD_SLOPE = 836_500n;
const FJORD_LEAST_SIZE = 100_000_000n;

function scaledBaseFee({ l1BaseFee, baseFeeScalar, blobBaseFee, blobBaseFeeScalar }: L1FeeParameters): bigint {
  return 16n * l1BaseFee * baseFeeScalar + blobBaseFee * blobBaseFeeScalar;
}

/** Gas of data as L1 calldata before EIP-7623: 4 a zero byte, 16 any other. */
export function calldataGas(data: Uint8Array): bigint {
  return data.reduce((gas, byte) => gas + (byte === 0 ? 4n : 16n), 0n);
}

/** L1 data fee under Ecotone, wei. */
export function ecotoneL1Fee(calldataGasUnits: bigint, parameters: L1FeeParameters): bigint {
  return (calldataGasUnits * scaledBaseFee(parameters)) / 16_000_000n;
}

/** L1 data fee under Fjord and every fork since, wei: a line through the compressed size, with a floor. */
export function fjordL1Fee(fastLzSizeBytes: bigint, parameters: L1FeeParameters): bigint {
  const estimatedSize = maxOf(FJORD_LEAST_SIZE, FJORD_INTERCEPT + FJORD_SLOPE * fastLzSizeBytes);
  return (estimatedSize * scaledBaseFee(parameters)) / 1_000_000_000_000n;
}

/** Operator fee under Isthmus, wei. */
export function isthmusOperatorFee(gas: bigint, { scalar, constant }: OperatorFeeParameters): bigint {
  return (gas * scalar) / 1_000_000n + constant;
}

/** Operator fee under Jovian, wei: for one scalar, 1e8 times Isthmus'. */
export function jovianOperatorFee(gas: bigint, { scalar, constant }: OperatorFeeParameters): bigint {
  return gas * scalar * 100n + constant;
}

/**
 * What a rollup charges beyond L2 gas, wei. Read which fork is live from the chain: the operator fee of one scalar differs
 * by 1e8 between Isthmus and Jovian.
 */
export function rollupFee(
  fork: RollupFork,
  transaction: RollupTransaction,
  l1: L1FeeParameters,
  operator: OperatorFeeParameters,
): { l1Fee: bigint; operatorFee: bigint } {
  const l1Fee = fork === "ecotone" ? ecotoneL1Fee(transaction.calldataGas, l1) : fjordL1Fee(transaction.fastLzSize, l1);
  switch (fork) {
    case "ecotone":
    case "fjord":
      return { l1Fee, operatorFee: 0n };
    case "isthmus":
      return { l1Fee, operatorFee: isthmusOperatorFee(transaction.gas, operator) };
    case "jovian":
      return { l1Fee, operatorFee: jovianOperatorFee(transaction.gas, operator) };
  }
}
