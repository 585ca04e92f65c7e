// One in-process OP-type chain with the benchmark's artifacts, and the steps both sides share.
import { join } from "node:path";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { BaseContract, ContractTransactionResponse, Signer } from "ethers";
import config from "../../hardhat.bench.config.js";

const root = join(import.meta.dirname, "../..");

export type Chain = Awaited<ReturnType<typeof connect>>;

export async function connect() {
  const hre = await createHardhatRuntimeEnvironment(config, { config: join(root, "hardhat.bench.config.ts") }, root);
  await hre.tasks.getTask("build").run({ quiet: true });
  const connection = await hre.network.connect({ network: "op" });
  const { ethers } = connection;

  const deploy = async <T extends BaseContract = BaseContract>(name: string, ...args: unknown[]): Promise<T> => {
    const contract = await ethers.deployContract(name, args);
    return contract as unknown as T;
  };
  /** Receipt gas of a transaction, 100 s after the last block. */
  const gas = async (send: () => Promise<ContractTransactionResponse>): Promise<number> => {
    await connection.provider.request({ method: "evm_increaseTime", params: [100] });
    const receipt = await (await send()).wait();
    if (receipt === null) throw new Error("The transaction has no receipt.");
    return Number(receipt.gasUsed);
  };
  const now = async (): Promise<number> => {
    const block = await ethers.provider.getBlock("latest");
    if (block === null) throw new Error("The chain has no block.");
    return block.timestamp;
  };
  const signers: Signer[] = await ethers.getSigners();
  return { ethers, deploy, gas, now, signers, close: () => connection.close() };
}

/** Bytes of calldata, and how many of them are not zero. */
export function calldataSize(data: string): { bytes: number; nonZero: number } {
  const bytes = Buffer.from(data.slice(2), "hex");
  return { bytes: bytes.length, nonZero: bytes.filter((byte) => byte !== 0).length };
}
