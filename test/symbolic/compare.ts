import { ContractFactory, Interface } from "ethers";
import { network } from "hardhat";
import type { Compiled } from "./compile.js";
import type { Case } from "./lemmas.js";

export interface Difference extends Case {
  readonly contract: string;
}

/** Lets the compiled libraries compute what the formulas computed, and tells where they differ. */
export async function compare(contract: Compiled, cases: readonly Case[]): Promise<Difference[]> {
  const connection = await network.create<"op">({ network: "op" });
  const [signer] = await connection.ethers.getSigners();
  const abi = new Interface(contract.abi);
  const deployed = await new ContractFactory(abi, contract.evm.bytecode.object, signer).deploy();
  const to = await deployed.getAddress();
  const differences: Difference[] = [];
  for (const one of cases) {
    const data = abi.encodeFunctionData(one.formula, one.inputs);
    let found: string;
    try {
      const answer = (await connection.provider.request({ method: "eth_call", params: [{ to, data }] })) as string;
      found = abi.decodeFunctionResult(one.formula, answer).toArray().flat(2).join(" ");
    } catch {
      found = "reverts";
    }
    const expected = one.result === null ? "reverts" : [one.result].flat().join(" ");
    if (found !== expected) differences.push({ ...one, contract: found });
  }
  await connection.close();
  return differences;
}
