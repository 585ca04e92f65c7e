// The tokens, feeds and people both sides are measured with.
import { MaxUint256, type BaseContract, type Signer } from "ethers";
import type { Chain } from "./chain.js";

export const BTC = 10n ** 8n;
export const USD = 10n ** 6n;
export const PRICE = 100_000n;

export async function setUpMarket(chain: Chain) {
  const { deploy, signers, now } = chain;
  const [admin, lender, alice, bob, liquidator] = signers as [Signer, Signer, Signer, Signer, Signer];
  const publisher = await admin.getAddress();
  const wbtc = await deploy("MockToken", "Wrapped BTC", "WBTC", 8);
  const usd = await deploy("MockToken", "Dollar", "USD", 6);
  const btcFeed = await deploy("MockFeed", "BTC / USD", 8, publisher);
  const quoteFeed = await deploy("MockFeed", "second leg", 8, publisher);

  const publish = async (btcUsd: bigint): Promise<void> => {
    const at = await now();
    await btcFeed.getFunction("publish").send(btcUsd * 10n ** 8n, at);
    await quoteFeed.getFunction("publish").send(10n ** 8n, at);
  };
  await publish(PRICE);

  /** Everyone holds both tokens already, so that no measured transfer pays for a recipient's first balance. */
  const fund = async (spenders: { wbtc: BaseContract; usd: BaseContract[] }): Promise<void> => {
    for (const who of [admin, lender, alice, bob, liquidator]) {
      const address = await who.getAddress();
      await wbtc.getFunction("mint").send(address, 100n * BTC);
      await usd.getFunction("mint").send(address, 100_000_000n * USD);
      await wbtc.connect(who).getFunction("approve").send(spenders.wbtc, MaxUint256);
      for (const spender of spenders.usd) await usd.connect(who).getFunction("approve").send(spender, MaxUint256);
    }
  };
  return { admin, lender, alice, bob, liquidator, publisher, wbtc, usd, btcFeed, quoteFeed, publish, fund };
}

export function as(who: Signer, contract: BaseContract) {
  const bound = contract.connect(who);
  return (name: string, ...args: unknown[]) => bound.getFunction(name).send(...args);
}
