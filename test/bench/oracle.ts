// The genuine oracle with two feeds and the sequencer's, as a facility would have it.
import { ZeroAddress, type BaseContract } from "ethers";
import type { Chain } from "./chain.js";
import type { setUpMarket } from "./market.js";

const ABSENT = { feed: ZeroAddress, heartbeat: 0, buffer: 0, minAnswer: 0, maxAnswer: 0 };

export async function deployOracle(
  { deploy, now }: Chain,
  { publisher, wbtc, usd, btcFeed, quoteFeed }: Awaited<ReturnType<typeof setUpMarket>>,
  heartbeat = 86_400,
): Promise<BaseContract> {
  const sequencer = await deploy("MockFeed", "sequencer", 0, publisher);
  await sequencer.getFunction("publish").send(0, (await now()) - 1_000_000);
  const leg = (feed: BaseContract) => ({
    feed,
    heartbeat,
    buffer: 3_600,
    minAnswer: 10n ** 6n,
    maxAnswer: 10n ** 16n,
  });
  return deploy("PriceOracle", {
    legs: {
      collateralAsset: wbtc,
      loanAsset: usd,
      btcUsd: leg(btcFeed),
      wrapperBtc: leg(quoteFeed),
      wrapperUsd: ABSENT,
      loanUsd: ABSENT,
      loanAtPar: true,
    },
    sequencer: { feed: sequencer, cap: 3_600 },
    secondSource: { source: ZeroAddress, limitWad: 0, cap: 0 },
    reserves: { reservesFeed: ZeroAddress, supplyFeed: ZeroAddress, reservesMaxAge: 0, supplyMaxAge: 0 },
    sanity: { minWad: 10n ** 22n, maxWad: 10n ** 24n },
  });
}
