// One in-process OP-type chain and the steps both sides of the benchmark share.
import { join } from "node:path";
import type { BaseContract, ContractTransactionResponse, Signer } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

export type Chain = Awaited<ReturnType<typeof chainOf>>;

/** @param connection to a fresh simulated network whose artifacts hold what is to be measured. */
export async function chainOf(connection: NetworkConnection<"op">) {
  const { ethers, provider } = connection;
  const deploy = async (name: string, ...args: unknown[]): Promise<BaseContract> =>
    await ethers.deployContract(name, args);
  const now = async (): Promise<number> => {
    const block = await ethers.provider.getBlock("latest");
    if (block === null) throw new Error("The chain has no block.");
    return block.timestamp;
  };
  /** Receipt gas of a transaction in a block 100 s after the last one, or at a second. */
  const gas = async (send: () => Promise<ContractTransactionResponse>, at?: number): Promise<number> => {
    await provider.request({ method: "evm_setNextBlockTimestamp", params: [at ?? (await now()) + 100] });
    const receipt = await (await send()).wait();
    if (receipt === null) throw new Error("The transaction has no receipt.");
    return Number(receipt.gasUsed);
  };
  const signers: Signer[] = await ethers.getSigners();
  return { ethers, deploy, gas, now, signers, close: () => connection.close() };
}

/** The chain with the peer's artifacts beside ours, compiled on first use. */
export async function connectWithPeer(): Promise<Chain> {
  const { createHardhatRuntimeEnvironment } = await import("hardhat/hre");
  const { default: config } = await import("../../hardhat.bench.config.js");
  const root = join(import.meta.dirname, "../..");
  const hre = await createHardhatRuntimeEnvironment(config, { config: join(root, "hardhat.bench.config.ts") }, root);
  await hre.tasks.getTask("build").run({ quiet: true });
  return chainOf(await hre.network.create<"op">({ network: "op" }));
}

/** Bytes of calldata, and how many of them are not zero. */
export function calldataSize(data: string): { bytes: number; nonZero: number } {
  const bytes = Buffer.from(data.slice(2), "hex");
  return { bytes: bytes.length, nonZero: bytes.filter((byte) => byte !== 0).length };
}
