import { type BaseContract, Interface, type InterfaceAbi } from "ethers";
import hre from "hardhat";

/** Contracts whose errors an attacker may meet. */
const SPEAKERS = [
  ...["LoanManager", "LiquidationEngine", "LendingPool", "Tranche", "CollateralVault", "PriceOracle", "AccessManager"],
  ...["PlainMarket", "HabitToken", "RepayWithCollateral"],
];

/** Tells errors by the names they have in the contracts. */
export class Refusals {
  private constructor(private readonly known: readonly Interface[]) {}

  static async load(): Promise<Refusals> {
    const abis = SPEAKERS.map(async (name) => (await hre.artifacts.readArtifact(name)).abi as InterfaceAbi);
    return new Refusals((await Promise.all(abis)).map((abi) => new Interface(abi)));
  }

  /**
   * Sends a transaction unless it would be refused.
   * @param contract already speaking for whoever sends it
   * @returns the name of the error that refuses it, or undefined where it went through
   */
  async attempt(contract: BaseContract, name: string, ...args: unknown[]): Promise<string | undefined> {
    const method = contract.getFunction(name);
    try {
      await method.staticCall(...args);
    } catch (error) {
      return this.nameOf(error);
    }
    const sent = await method.send(...args);
    await sent.wait();
    return undefined;
  }

  /** @throws what it was given where that is no contract's refusal: a mistake of the attack, not an answer to it */
  nameOf(error: unknown): string {
    const data = dataOf(error);
    if (data === undefined) throw error;
    for (const speaker of this.known) {
      const parsed = speaker.parseError(data);
      if (parsed !== null) return parsed.name === "Error" ? `"${String(parsed.args[0])}"` : parsed.name;
    }
    throw error;
  }
}

function dataOf(error: unknown): string | undefined {
  for (let at: unknown = error; typeof at === "object" && at !== null;) {
    const { data, error: inner, info, cause } = at as Record<string, unknown>;
    if (typeof data === "string" && data.length >= 10) return data;
    if (typeof data === "object" && data !== null && typeof (data as { data?: unknown }).data === "string")
      return (data as { data: string }).data;
    at = inner ?? info ?? cause;
  }
  return undefined;
}
