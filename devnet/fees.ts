import { encodeFunctionData, parseAbi, type Address, type Hex } from "viem";
import type { FeeSettings } from "./attributes.js";
import { predeploys, systemConfigAbi } from "./opContracts.js";
import type { Rollup } from "./rollup.js";

/** wei; what is left out stays as it is */
export interface L1Fees {
  baseFee?: bigint;
  blobBaseFee?: bigint;
}

/**
 * Like those of a live OP chain, except that it charges an operator fee (1,000 wei per gas and 0.0000001 ETH a
 * transaction), so that code which forgets it fails here and not in production.
 */
export const DEFAULT_FEE_SCALARS = {
  baseFeeScalar: 5_227,
  blobBaseFeeScalar: 1_014_213,
  operatorFeeScalar: 1_000_000_000,
  operatorFeeConstant: 100_000_000_000n,
} as const;

export type FeeScalars = Omit<FeeSettings, "batcherHash">;

/**
 * Sets what L1 charges from its next block on, and holds it there. That block is mined and relayed now, except where
 * blocks are mined only when told.
 */
export async function setL1Fees(rollup: Rollup, fees: L1Fees): Promise<void> {
  rollup.l1BaseFee = fees.baseFee ?? rollup.l1BaseFee;
  rollup.blobBaseFee = fees.blobBaseFee ?? rollup.blobBaseFee;
  if (!rollup.automine && !rollup.background) return;
  await rollup.mineL1();
  if (!rollup.paused) await rollup.derive();
}

/** Sets the rollup's own fee settings through the genuine SystemConfig, as its owner, and relays them. */
export async function setFeeScalars(rollup: Rollup, scalars: FeeScalars): Promise<void> {
  const { l1, contracts } = rollup;
  const config = { address: contracts.systemConfig, abi: systemConfigAbi } as const;
  const owner = await l1.client.readContract({ ...config, functionName: "owner" });
  await l1.client.setBalance({ address: owner, value: 10n ** 20n });
  const { baseFeeScalar, blobBaseFeeScalar, operatorFeeScalar, operatorFeeConstant } = scalars;
  const calls: Hex[] = [
    encodeFunctionData({
      abi: systemConfigAbi,
      functionName: "setGasConfigEcotone",
      args: [baseFeeScalar, blobBaseFeeScalar],
    }),
    encodeFunctionData({
      abi: systemConfigAbi,
      functionName: "setOperatorFeeScalars",
      args: [operatorFeeScalar, operatorFeeConstant],
    }),
  ];
  for (const data of calls) await l1.sendAs(owner, { to: contracts.systemConfig, data });
  await rollup.derive();
}

const oracleAbi = parseAbi([
  "function getL1Fee(bytes transaction) view returns (uint256)",
  "function getOperatorFee(uint256 gasUsed) view returns (uint256)",
]);

/**
 * What L2 charges beyond its own gas for a transaction, as its GasPriceOracle says at a block; anvil's receipts do not
 * carry it. The oracle adds 68 bytes for the signature, so its L1 fee is exact for short transactions, which pay the
 * least size, and close for longer ones.
 * @param blockNumber the fees are those of that block's origin; latest when left out
 * @returns wei
 */
export async function rollupFees(
  rollup: Rollup,
  unsignedTransaction: Hex,
  gasUsed: bigint,
  blockNumber?: bigint,
): Promise<{ l1Fee: bigint; operatorFee: bigint }> {
  const oracle = { address: predeploys.gasPriceOracle as Address, abi: oracleAbi, blockNumber } as const;
  const [l1Fee, operatorFee] = await Promise.all([
    rollup.l2.client.readContract({ ...oracle, functionName: "getL1Fee", args: [unsignedTransaction] }),
    rollup.l2.client.readContract({ ...oracle, functionName: "getOperatorFee", args: [gasUsed] }),
  ]);
  return { l1Fee, operatorFee };
}
