import { Contract, type Provider, formatEther, formatUnits } from "ethers";
import { PreflightFailed } from "./errors.js";
import { type Plan, seedsOf } from "./plan.js";

/** What a deployment took on a local rollup, with a margin; a chain that is cheaper or dearer per gas changes nothing in it. */
const GAS = 40_000_000n;

/** Refuses to begin what the deployer cannot pay for: gas, and the seeds of all facilities. */
export async function requireMeans(plan: Plan, provider: Provider, deployer: string): Promise<void> {
  const { maxFeePerGas, gasPrice } = await provider.getFeeData();
  const cost = GAS * (maxFeePerGas ?? gasPrice ?? 0n);
  const held = await provider.getBalance(deployer);
  if (held < cost) {
    throw new PreflightFailed(
      `${deployer} holds ${formatEther(held)} ETH; a deployment may cost ${formatEther(cost)} at today's price of gas.`,
    );
  }
  const seeds = new Map<string, bigint>();
  for (const facility of plan.facilities) {
    const { parameters } = facility;
    seeds.set(parameters.loanAsset, (seeds.get(parameters.loanAsset) ?? 0n) + seedsOf(facility));
  }
  for (const [token, needed] of seeds) {
    const contract = new Contract(token, ["function balanceOf(address) view returns (uint256)"], provider);
    const balance = (await contract.getFunction("balanceOf")(deployer)) as bigint;
    const { symbol, decimals } = plan.tokens[token] ?? { symbol: token, decimals: 0 };
    if (balance >= needed) continue;
    throw new PreflightFailed(
      `${deployer} holds ${formatUnits(balance, decimals)} ${symbol}; the seeds take ${formatUnits(needed, decimals)} ${symbol}.`,
    );
  }
}
