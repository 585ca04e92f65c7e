// Attacks by way of a market whose price is looked at: pushed up, pushed down, pushed as far as is allowed.
import type { Attack } from "./attack.js";
import { HEALTHY_LOAN, MAX, PRICE, type World, btc, usd } from "./world.js";

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
    const id = await w.openFor(w.borrower, HEALTHY_LOAN.collateral, HEALTHY_LOAN.principal);
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
    await w.send(market.connect(w.borrower), "supply", HEALTHY_LOAN.collateral);
    await w.send(market.connect(w.borrower), "borrow", HEALTHY_LOAN.principal);
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
    const lower = await w.deploy("LowerPrice", await w.feedPrice(w.feeds.btcUsd), spot);
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

export const attacksOnVenues: readonly Attack[] = [limiter, spike, dump];
