// Attacks by way of the price: stale, stuck, composed wrongly, of another thing, pushed, about to change.
import type { BaseContract } from "ethers";
import type { Attack, Outcome } from "./attack.js";
import { PRICE, type World, atLimit, btc, usd, valueAt } from "./world.js";

const MAX = 2n ** 256n - 1n;
/** What a feed's answer with 8 decimals is multiplied by to be a price. */
const FEED_SCALE = 10n ** 26n;
const BROUGHT = btc(20);

const feedPrice = (w: World, feed: BaseContract): Promise<BaseContract> => w.deploy("FeedPrice", feed, FEED_SCALE);

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
  const market = await w.plainMarket(await feedPrice(w, w.feeds.btcUsd), 8_000, 500, usd(10_000_000));
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

const VICTIM = { collateral: btc(10), principal: usd(400_000) };

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
    const id = await w.openFor(w.borrower, VICTIM.collateral, VICTIM.principal);
    const sold = await w.refusals.attempt(w.manager.connect(w.attacker), "liquidate", id, MAX, 0, "0x");
    if (sold !== undefined) refusals.push(sold);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const market = await w.plainMarket(await feedPrice(w, w.feeds.btcUsd), 8_200, 500, usd(10_000_000));
    await w.send(market.connect(w.borrower), "supply", VICTIM.collateral);
    await w.send(market.connect(w.borrower), "borrow", VICTIM.principal);
    await w.send(market.connect(w.deployer), "setSource", await feedPrice(w, w.feeds.wrapperBtc));
    const before = await w.wealth(PRICE);
    await w.send(market.connect(w.attacker), "liquidate", w.borrower, usd(10));
    return (await w.wealth(PRICE)) - before;
  },
};

/** Spent on bitcoin in the pool whose price is looked at. */
const PUSH_UP = usd(6_000_000);
const HELD_BACK = btc(50);

const spike: Attack = {
  fault: "C6",
  name: "collateral spiked on one venue, with a flash loan",
  precedent: {
    protocol: "Mango Markets",
    year: 2022,
    lossUsd: 117_000_000,
    source: "https://tradavista.com/?p=31474",
  },
  tries:
    "6 million of flash money spent on bitcoin in the Uniswap pool, 50 bitcoin borrowed against at its price; then held there for an hour",
  async run(w) {
    const { contract, collateral, loan } = w;
    await w.send(collateral.connect(w.attacker), "transfer", contract, HELD_BACK);
    const before = await w.wealth(PRICE);
    const bought = await boughtFor(w, PUSH_UP);
    const high = await w.call(w.manager, "open", w.facility, 0, HELD_BACK, usd(3_000_000), contract, "0x");
    const steps = [await w.sale(loan, collateral, PUSH_UP), high, await w.sale(collateral, loan, bought)];
    const refusals: string[] = [];
    const note = (refusal: string | undefined): void => {
      if (refusal !== undefined) refusals.push(refusal);
    };
    note(await w.refusals.attempt(contract, "run", [await w.withFlash(PUSH_UP, steps)]));
    // With own money the price can be held there for as long as the average looks back.
    await w.send(w.loan.connect(w.attacker), "transfer", contract, PUSH_UP);
    await w.send(contract, "run", [await w.sale(loan, collateral, PUSH_UP)]);
    await w.time.increase(3_500);
    note(await w.refusals.attempt(contract, "run", [high]));
    await w.send(contract, "run", [await w.sale(collateral, loan, bought)]);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const { contract, collateral, loan } = w;
    const source = await w.deploy("SpotPrice", w.tradePool, collateral);
    const market = await w.plainMarket(source, 8_000, 500, usd(10_000_000));
    await w.send(collateral.connect(w.attacker), "transfer", contract, HELD_BACK);
    const before = await w.wealth(PRICE);
    const bought = await boughtFor(w, PUSH_UP);
    const steps = [
      await w.sale(loan, collateral, PUSH_UP),
      await w.call(market, "supply", HELD_BACK),
      await w.call(market, "borrow", usd(4_000_000)),
      await w.sale(collateral, loan, bought),
    ];
    await w.send(contract, "run", [await w.withFlash(PUSH_UP, steps)]);
    return (await w.wealth(PRICE)) - before;
  },
};

async function boughtFor(w: World, dollars: bigint): Promise<bigint> {
  const path = await w.pathOf(w.loan, w.collateral);
  return w.uniswap.quoteExactInput(path, dollars);
}

/** Sold to push the price of the venue down. */
const PUSH_DOWN = btc(60);

const dump: Attack = {
  fault: "C6",
  name: "healthy loans sold on a price pushed down on one venue",
  precedent: {
    protocol: "Compound (DAI at 1.30 dollars on one exchange)",
    year: 2020,
    lossUsd: 85_200_000,
    source: "https://www.comp.xyz/t/dai-liquidation-event/642/88",
  },
  tries:
    "60 bitcoin sold in the Uniswap pool, the price held down for 35 minutes, a healthy loan liquidated, the bitcoin bought back",
  async run(w) {
    const { contract, collateral, loan } = w;
    const id = await w.openFor(w.borrower, VICTIM.collateral, VICTIM.principal);
    await w.send(collateral.connect(w.attacker), "transfer", contract, PUSH_DOWN);
    await w.send(loan.connect(w.attacker), "transfer", contract, usd(500_000));
    const before = await w.wealth(PRICE);
    const proceeds = await w.uniswap.quoteExactInput(await w.pathOf(collateral, loan), PUSH_DOWN);
    const liquidate = await w.call(w.manager, "liquidate", id, MAX, 0, "0x");
    const refusals: string[] = [];
    const attempt = async (): Promise<void> => {
      const refusal = await w.refusals.attempt(contract, "run", [liquidate]);
      if (refusal !== undefined) refusals.push(refusal);
    };
    await w.send(contract, "run", [await w.sale(collateral, loan, PUSH_DOWN)]);
    await attempt();
    await w.time.increase(300);
    await attempt();
    await w.send(w.oracle, "noteDisagreement");
    await w.time.increase(1_800);
    await attempt();
    await w.send(contract, "run", [await w.sale(loan, collateral, proceeds)]);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const { contract, collateral, loan } = w;
    const source = await w.deploy("SpotPrice", w.tradePool, collateral);
    const market = await w.plainMarket(source, 8_200, 500, usd(10_000_000));
    await w.send(market.connect(w.borrower), "supply", VICTIM.collateral);
    await w.send(market.connect(w.borrower), "borrow", VICTIM.principal);
    await w.send(collateral.connect(w.attacker), "transfer", contract, PUSH_DOWN);
    await w.send(loan.connect(w.attacker), "transfer", contract, usd(500_000));
    const before = await w.wealth(PRICE);
    const proceeds = await w.uniswap.quoteExactInput(await w.pathOf(collateral, loan), PUSH_DOWN);
    await w.send(contract, "run", [
      await w.sale(collateral, loan, PUSH_DOWN),
      await w.call(market, "liquidate", w.borrower, usd(300_000)),
      await w.sale(loan, collateral, proceeds),
    ]);
    return (await w.wealth(PRICE)) - before;
  },
};

const OWN = btc(10);
/** One update, an eighth lower. */
const NEXT = 52_500;

const sandwich: Attack = {
  fault: "C9",
  name: "an oracle's update sandwiched",
  precedent: {
    protocol: "Synthetix (updates run ahead of)",
    year: 2019,
    source: "https://blog.synthetix.io/frontrunning-synthetix-a-history/",
  },
  tries:
    "a loan at the limit opened in front of an update 12.5 % lower, sold to oneself behind it, the rest walked away from",
  async run(w) {
    const before = await w.wealth(NEXT);
    const manager = w.manager.connect(w.attacker);
    await w.send(manager, "open", w.facility, 0, OWN, atLimit(OWN), w.attacker, "0x");
    const id = await w.idOf(w.attacker);
    await w.publish(w.feeds.btcUsd, NEXT);
    await w.send(w.oracle, "noteDisagreement");
    const refusals: string[] = [];
    // The pool's average lags behind the update; the hold it causes ends with its cap.
    for (const wait of [1, 1_800]) {
      await w.time.increase(wait);
      const refusal = await w.refusals.attempt(manager, "liquidate", id, MAX, 0, "0x");
      if (refusal !== undefined) refusals.push(refusal);
    }
    return { refusals, profit: (await w.wealth(NEXT)) + (await w.equity(id, NEXT)) - before };
  },
  async unguarded(w) {
    // The peer's numbers: borrow up to an lltv of 86 %, any amount at 4.38 %.
    const market = await w.plainMarket(await feedPrice(w, w.feeds.btcUsd), 8_600, 438, usd(10_000_000));
    const before = await w.wealth(NEXT);
    await w.send(market.connect(w.attacker), "supply", OWN);
    await w.send(market.connect(w.attacker), "borrow", (valueAt(OWN, PRICE) * 86n) / 100n);
    await w.publish(w.feeds.btcUsd, NEXT);
    const all = (valueAt(OWN, NEXT) * 10_000n) / 10_438n;
    await w.send(market.connect(w.attacker), "liquidate", w.attacker, all + 1n);
    return (await w.wealth(NEXT)) - before;
  },
};

/** Where the market stands, and where the attacker holds the pool: as far below as the sources may be apart, and no further. */
const LIMITED = { market: 55_500, pool: 53_950 };

/** The market falls, others trade the pool to its price, and the attacker's contract has what it needs. */
async function fallTo(w: World, price: number): Promise<void> {
  const { target, data } = await w.saleUntil(price, w.lender);
  await w.lender.sendTransaction({ to: target, data });
  await w.publish(w.feeds.btcUsd, price);
  await w.send(w.collateral.connect(w.attacker), "transfer", w.contract, btc(100));
  await w.send(w.loan.connect(w.attacker), "transfer", w.contract, usd(500_000));
}

/** Brings the pool to that price. @returns what the bitcoin sold for */
async function holdAt(w: World, price: number): Promise<bigint> {
  const held = await w.read<bigint>(w.loan, "balanceOf", w.contract);
  await w.send(w.contract, "run", [await w.saleUntil(price, w.contract)]);
  return (await w.read<bigint>(w.loan, "balanceOf", w.contract)) - held;
}

/** At 75 % of 60,000; 81 % at the market's price, 83 % at the pool's. */
const NEAR = { collateral: btc(10), principal: usd(449_900) };

const limiter: Attack = {
  fault: "C5",
  name: "a check on the price that becomes the price",
  precedent: {
    protocol: "Aave (its limiter 2.85 % below the market)",
    year: 2026,
    lossUsd: 26_000_000,
    source: "https://beincrypto.com/aave-oracle-wsteth-liquidation-capo-misconfiguration/",
  },
  tries:
    "the second source held 2.8 % low for its whole window, which counts as agreement, and a loan healthy by the feeds liquidated",
  async run(w) {
    const id = await w.openFor(w.borrower, NEAR.collateral, NEAR.principal);
    await fallTo(w, LIMITED.market);
    const before = await w.wealth(LIMITED.market);
    const proceeds = await holdAt(w, LIMITED.pool);
    await w.time.increase(700);
    const refusal = await w.refusals.attempt(w.manager.connect(w.attacker), "liquidate", id, MAX, 0, "0x");
    await w.send(w.contract, "run", [await w.sale(w.loan, w.collateral, proceeds)]);
    const profit = (await w.wealth(LIMITED.market)) - before;
    return { refusals: refusal === undefined ? [] : [refusal], profit };
  },
  async unguarded(w) {
    const spot = await w.deploy("SpotPrice", w.tradePool, w.collateral);
    const lower = await w.deploy("LowerPrice", await feedPrice(w, w.feeds.btcUsd), spot);
    const market = await w.plainMarket(lower, 8_200, 500, usd(10_000_000));
    await w.send(market.connect(w.borrower), "supply", NEAR.collateral);
    await w.send(market.connect(w.borrower), "borrow", NEAR.principal);
    await fallTo(w, LIMITED.market);
    const before = await w.wealth(LIMITED.market);
    const proceeds = await holdAt(w, LIMITED.pool);
    await w.send(w.contract, "run", [
      await w.call(market, "liquidate", w.borrower, usd(400_000)),
      await w.sale(w.loan, w.collateral, proceeds),
    ]);
    return (await w.wealth(LIMITED.market)) - before;
  },
};

export const attacksOnPrices: readonly Attack[] = [
  ...[stale, stuck, composition, limiter, spike, dump, wrapper, sandwich],
];
