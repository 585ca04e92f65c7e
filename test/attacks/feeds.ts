// Attacks by way of the feeds: silent, stuck, of another thing, composed wrongly.
import type { Attack, Outcome } from "./attack.js";
import { HEALTHY_LOAN, MAX, PRICE, type World, btc, usd, valueAt } from "./world.js";

const BROUGHT = btc(20);

/** Opens a loan against bitcoin that costs `fair` on the market, as if it were worth what the facility's sources say. */
async function borrowAgainstCheap(w: World, fair: number, principal: bigint): Promise<Outcome> {
  const before = await w.wealth(fair);
  const manager = w.manager.connect(w.attacker);
  const refusal = await w.refusals.attempt(manager, "open", w.facility, 0, BROUGHT, principal, w.attacker, "0x");
  const equity = refusal === undefined ? await w.equity(await w.idOf(w.attacker), fair) : 0n;
  return { refusals: refusal === undefined ? [] : [refusal], profit: (await w.wealth(fair)) + equity - before };
}

/** The same in a market that takes one feed at its word. */
async function borrowFromPlain(w: World, fair: number, principal: bigint): Promise<bigint> {
  const market = await w.plainMarket(await w.feedPrice(w.feeds.btcUsd), 8_000, 500, usd(10_000_000));
  const before = await w.wealth(fair);
  await w.send(market.connect(w.attacker), "supply", BROUGHT);
  await w.send(market.connect(w.attacker), "borrow", principal);
  return (await w.wealth(fair)) - before;
}

/** 75 % of what the collateral would be worth at this price. */
const threeQuarters = (price: number): bigint => (valueAt(BROUGHT, price) * 3n) / 4n;

const STALE_FAIR = 36_000;
const stale: Attack = {
  fault: "C1",
  name: "feed silent while the market falls",
  precedent: {
    protocol: "Blizz Finance (LUNA feed paused)",
    year: 2022,
    lossUsd: 8_300_000,
    source: "https://rekt.news/venus-blizz-rekt",
  },
  tries: "20 bitcoin bought at 36,000 and borrowed against at the 60,000 of a feed that has been silent for two hours",
  async run(w) {
    await w.time.increase(7_200);
    return borrowAgainstCheap(w, STALE_FAIR, threeQuarters(PRICE));
  },
  async unguarded(w) {
    await w.time.increase(7_200);
    return borrowFromPlain(w, STALE_FAIR, threeQuarters(PRICE));
  },
};

const FLOOR = 1_000;
const FLOOR_FAIR = 100;
const stuck: Attack = {
  fault: "C3",
  name: "feed stuck at its floor",
  precedent: {
    protocol: "Venus (LUNA at its minimum answer)",
    year: 2022,
    lossUsd: 11_200_000,
    source: "https://cryptonews.com.au/news/defi-protocols-report-significant-losses-amid-luna-price-exploit-94780/",
  },
  tries: "20 bitcoin bought at 100 dollars and borrowed against at 1,000, the least the feed can say, in fresh rounds",
  async run(w) {
    await w.publish(w.feeds.btcUsd, FLOOR);
    return borrowAgainstCheap(w, FLOOR_FAIR, threeQuarters(FLOOR));
  },
  async unguarded(w) {
    await w.publish(w.feeds.btcUsd, FLOOR);
    return borrowFromPlain(w, FLOOR_FAIR, threeQuarters(FLOOR));
  },
};

const PEG = 0.6;
const wrapper: Attack = {
  fault: "C7",
  name: "wrapper loses its peg",
  precedent: {
    protocol: "Geist (Multichain's bridged bitcoin at 22 %), shut for good",
    year: 2023,
    source: "https://web3isgoinggreat.com/single/geist-finance-shuts-down",
  },
  tries: "20 wrapped bitcoin bought at 60 % of bitcoin and borrowed against as if each were one",
  async run(w) {
    await w.publish(w.feeds.wrapperBtc, PEG);
    return borrowAgainstCheap(w, PRICE * PEG, threeQuarters(PRICE));
  },
  async unguarded(w) {
    return borrowFromPlain(w, PRICE * PEG, threeQuarters(PRICE));
  },
};

const composition: Attack = {
  fault: "C4",
  name: "price composed wrongly",
  precedent: {
    protocol: "Moonwell (cbETH at 1.12 dollars)",
    year: 2026,
    lossUsd: 1_780_000,
    source: "https://forum.moonwell.fi/t/mip-x43-cbeth-oracle-incident-summary/2068",
  },
  tries:
    "an oracle that lacks a leg, and says one dollar for a bitcoin, put in place; healthy loans bought for their dollars",
  async run(w) {
    const before = await w.wealth(PRICE);
    const refusals: string[] = [];
    const { legs } = w.oracleConfig;
    const wrong = { ...w.oracleConfig, legs: { ...legs, btcUsd: { ...legs.wrapperBtc, heartbeat: 86_400 } } };
    try {
      await w.deploy("PriceOracle", wrong);
    } catch (error) {
      refusals.push(w.refusals.nameOf(error));
    }
    const id = await w.openFor(w.borrower, HEALTHY_LOAN.collateral, HEALTHY_LOAN.principal);
    const sold = await w.refusals.attempt(w.manager.connect(w.attacker), "liquidate", id, MAX, 0, "0x");
    if (sold !== undefined) refusals.push(sold);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const market = await w.plainMarket(await w.feedPrice(w.feeds.btcUsd), 8_200, 500, usd(10_000_000));
    await w.send(market.connect(w.borrower), "supply", HEALTHY_LOAN.collateral);
    await w.send(market.connect(w.borrower), "borrow", HEALTHY_LOAN.principal);
    await w.send(market.connect(w.deployer), "setSource", await w.feedPrice(w.feeds.wrapperBtc));
    const before = await w.wealth(PRICE);
    await w.send(market.connect(w.attacker), "liquidate", w.borrower, usd(10));
    return (await w.wealth(PRICE)) - before;
  },
};

export const attacksOnFeeds: readonly Attack[] = [stale, stuck, wrapper, composition];
