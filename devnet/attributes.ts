import { concat, keccak256, pad, toHex, type Address, type Hex } from "viem";
import { serializeTransaction } from "viem/op-stack";
import { ATTRIBUTES_DEPOSITOR, predeploys, systemConfigAbi } from "./opContracts.js";
import type { Chain } from "./chain.js";

/** What L2 is told of the L1 block it is built on. */
export interface Origin {
  number: bigint;
  timestamp: bigint;
  hash: Hex;
  /** wei */
  baseFee: bigint;
}

/** The rollup's fee settings as they stand in L1's SystemConfig. */
export interface FeeSettings {
  baseFeeScalar: number;
  blobBaseFeeScalar: number;
  operatorFeeScalar: number;
  operatorFeeConstant: bigint;
  batcherHash: Hex;
}

const SET_L1_BLOCK_VALUES_ISTHMUS: Hex = "0x098999be";
const ATTRIBUTES_GAS = 1_000_000n;
const ATTRIBUTES_SOURCE_DOMAIN = 1;

/**
 * The first transaction of an L2 block: an unsigned deposit that writes the L1 block's number, time, fees and the fee
 * settings into the L1Block predeploy. The layout is that of the specification (Isthmus): packed, without ABI padding.
 * @param sequence how many L2 blocks of this origin came before
 * @param blobBaseFee wei
 */
export function attributesDeposit(origin: Origin, sequence: bigint, fees: FeeSettings, blobBaseFee: bigint): Hex {
  const word = (value: bigint | number, size: number) => toHex(value, { size });
  const data = concat([
    SET_L1_BLOCK_VALUES_ISTHMUS,
    word(fees.baseFeeScalar, 4),
    word(fees.blobBaseFeeScalar, 4),
    word(sequence, 8),
    word(origin.timestamp, 8),
    word(origin.number, 8),
    word(origin.baseFee, 32),
    word(blobBaseFee, 32),
    origin.hash,
    fees.batcherHash,
    word(fees.operatorFeeScalar, 4),
    word(fees.operatorFeeConstant, 8),
  ]);
  const source = keccak256(concat([origin.hash, pad(toHex(sequence), { size: 32 })]));
  return serializeTransaction({
    type: "deposit",
    sourceHash: keccak256(concat([word(ATTRIBUTES_SOURCE_DOMAIN, 32), source])),
    from: ATTRIBUTES_DEPOSITOR,
    to: predeploys.l1Block,
    gas: ATTRIBUTES_GAS,
    isSystemTx: false,
    data,
  });
}

export async function readFeeSettings(l1: Chain, systemConfig: Address): Promise<FeeSettings> {
  const read = <name extends "basefeeScalar" | "blobbasefeeScalar" | "operatorFeeScalar">(functionName: name) =>
    l1.client.readContract({ address: systemConfig, abi: systemConfigAbi, functionName });
  const [baseFeeScalar, blobBaseFeeScalar, operatorFeeScalar, operatorFeeConstant, batcherHash] = await Promise.all([
    read("basefeeScalar"),
    read("blobbasefeeScalar"),
    read("operatorFeeScalar"),
    l1.client.readContract({ address: systemConfig, abi: systemConfigAbi, functionName: "operatorFeeConstant" }),
    l1.client.readContract({ address: systemConfig, abi: systemConfigAbi, functionName: "batcherHash" }),
  ]);
  return { baseFeeScalar, blobBaseFeeScalar, operatorFeeScalar, operatorFeeConstant, batcherHash };
}
