import { Contract, type InterfaceAbi } from "ethers";
import type { CheckRequest } from "../check.js";

/** One view of a contract by its name, and its answer as the ABI types it. */
export type Ask = <T = string>(view: string, ...args: unknown[]) => Promise<T>;

/** @param contract whose ABI the compiler wrote */
export function asking({ artifacts, provider }: CheckRequest, contract: string, address: string): Ask {
  const at = new Contract(address, artifacts.read(contract).abi as InterfaceAbi, provider);
  return async <T>(view: string, ...args: unknown[]) => (await at.getFunction(view)(...args)) as T;
}
