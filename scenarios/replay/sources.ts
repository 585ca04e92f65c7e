import { Interface } from "ethers";
import { oracleAt } from "../../sdk/client/client.js";
import type { World } from "./world.js";

/** The oracle's two sources at one block, loan units for one collateral unit, scaled 1e36. */
export interface Sources {
  primary: bigint;
  /** undefined where the second source fails to answer */
  second: bigint | undefined;
  /** further apart than the oracle's limit */
  disagree: boolean;
  apartBps: number;
}

const source = new Interface(["function price() view returns (uint256)"]);
const WAD = 10n ** 18n;
const BPS = 10_000n;

/** @param block one of the last hundred or so */
export async function readSources({ provider, facility, secondSource }: World, block: number): Promise<Sources> {
  const options = { blockTag: block };
  const [primary, second] = await Promise.all([
    oracleAt(facility.oracle).read(provider, "price", [], options),
    provider.call({ to: secondSource.address, data: source.encodeFunctionData("price"), ...options }).then(
      (data) => source.decodeFunctionResult("price", data)[0] as bigint,
      () => undefined,
    ),
  ]);
  const apart = second === undefined ? primary : second > primary ? second - primary : primary - second;
  return {
    ...{ primary, second },
    disagree: second === undefined || apart > (primary * secondSource.limitWad) / WAD,
    apartBps: Number((apart * BPS) / primary),
  };
}
