// Attacks by liquidating: oneself, around an update, piece by piece.
import type { Attack } from "./attack.js";
import { MAX, PRICE, atLimit, btc, usd, valueAt } from "./world.js";

const OWN = btc(100);

const selfLiquidation: Attack = {
  fault: "C17",
  name: "own collateral given away, oneself liquidated at a bonus, in one transaction",
  precedent: {
    protocol: "Euler",
    year: 2023,
    lossUsd: 197_000_000,
    source:
      "https://blockeden.xyz/forum/t/the-77b-defi-hack-tracker-every-major-exploit-since-2020-and-what-weve-learned/295",
  },
  tries:
    "with flash money a loan opened at the limit; its collateral withdrawn, or more drawn, or both tokens donated; the loan sold to oneself",
  async run(w) {
    const { contract } = w;
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, OWN + btc(1));
    const before = await w.wealth(PRICE);
    const id = await w.idOf(contract);
    const principal = atLimit(OWN);
    const open = await w.call(w.manager, "open", w.facility, 0, OWN, principal, contract, "0x");
    const liquidate = await w.call(w.manager, "liquidate", id, MAX, 0, "0x");
    const refusals: string[] = [];
    for (const break_ of [
      [await w.call(w.manager, "withdraw", id, btc(9), contract)],
      [await w.call(w.manager, "draw", id, 10n, contract)],
      // Collateral handed to the vault, dollars to the pool: nobody's account changes.
      [await w.call(w.collateral, "transfer", w.vault, btc(1)), await w.call(w.loan, "transfer", w.pool, usd(1))],
    ]) {
      const flash = await w.withFlash(usd(5_000_000), [open, ...break_, liquidate]);
      const refusal = await w.refusals.attempt(contract, "run", [flash]);
      if (refusal !== undefined) refusals.push(refusal);
    }
    return { refusals, profit: (await w.wealth(PRICE)) + (await w.equity(id, PRICE)) - before };
  },
  async unguarded(w) {
    // A bonus that lltv does not leave room for (0.95 × 1.10 > 1), as there; refused at a facility's creation here.
    const source = await w.deploy("WrittenPrice", w.priceE36(PRICE));
    const market = await w.plainMarket(source, 9_500, 1_000, usd(10_000_000));
    const before = await w.wealth(PRICE);
    const own = market.connect(w.attacker);
    await w.send(own, "supply", OWN);
    await w.send(own, "borrow", (valueAt(OWN, PRICE) * 95n) / 100n);
    await w.send(own, "giveAway", btc(1));
    await w.send(own, "liquidate", w.attacker, (valueAt(OWN - btc(1), PRICE) * 10_000n) / 11_000n + 1n);
    return (await w.wealth(PRICE)) - before;
  },
};

const FALLEN = { collateral: btc(10), principal: usd(449_000), price: 48_000 };
const PIECES = 20n;

const spiral: Attack = {
  fault: "C24",
  name: "liquidations that leave a loan worse, one after the other",
  precedent: {
    protocol: "Aave v2 (CRV)",
    year: 2022,
    lossUsd: 2_000_000,
    source: "https://hackernoon.com/fixing-toxic-liquidation-spirals-in-defi",
  },
  tries:
    "a loan whose collateral still covers it bought in 20 pieces at the bonus until nothing is left; counted is what the lenders lose",
  async run(w) {
    const id = await w.openFor(w.borrower, FALLEN.collateral, FALLEN.principal);
    await w.publish(w.feeds.btcUsd, FALLEN.price);
    await w.send(w.oracle, "noteDisagreement");
    await w.time.increase(1_800);
    const lent = async (): Promise<bigint> =>
      (await w.read<bigint>(w.senior, "totalAssets")) +
      (await w.read<bigint>(w.junior, "totalAssets")) +
      (await w.read<bigint>(w.cover, "totalAssets"));
    const before = await lent();
    const refusals: string[] = [];
    for (let piece = 0n; piece < PIECES && refusals.length === 0; piece++) {
      const request = FALLEN.principal / PIECES;
      const refusal = await w.refusals.attempt(w.manager.connect(w.attacker), "liquidate", id, request, 0, "0x");
      if (refusal !== undefined) refusals.push(refusal);
    }
    return { refusals, profit: before - (await lent()) };
  },
  async unguarded(w) {
    const source = await w.feedPrice(w.feeds.btcUsd);
    const market = await w.plainMarket(source, 8_200, 1_000, usd(10_000_000));
    await w.send(market.connect(w.borrower), "supply", FALLEN.collateral);
    await w.send(market.connect(w.borrower), "borrow", FALLEN.principal);
    await w.publish(w.feeds.btcUsd, FALLEN.price);
    const before = await w.read<bigint>(market, "totalAssets");
    const all = (valueAt(FALLEN.collateral, FALLEN.price) * 10_000n) / 11_000n;
    const attacker = market.connect(w.attacker);
    for (let piece = 0n; piece < PIECES; piece++) await w.send(attacker, "liquidate", w.borrower, all / PIECES);
    await w.send(attacker, "liquidate", w.borrower, usd(1));
    await w.send(market, "writeOff", w.borrower);
    return before - (await w.read<bigint>(market, "totalAssets"));
  },
};

const SANDWICHED = btc(10);
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
    await w.send(manager, "open", w.facility, 0, SANDWICHED, atLimit(SANDWICHED), w.attacker, "0x");
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
    const market = await w.plainMarket(await w.feedPrice(w.feeds.btcUsd), 8_600, 438, usd(10_000_000));
    const before = await w.wealth(NEXT);
    await w.send(market.connect(w.attacker), "supply", SANDWICHED);
    await w.send(market.connect(w.attacker), "borrow", (valueAt(SANDWICHED, PRICE) * 86n) / 100n);
    await w.publish(w.feeds.btcUsd, NEXT);
    const all = (valueAt(SANDWICHED, NEXT) * 10_000n) / 10_438n;
    await w.send(market.connect(w.attacker), "liquidate", w.attacker, all + 1n);
    return (await w.wealth(NEXT)) - before;
  },
};

/** Seconds the sequencer is down, as long as on Arbitrum in December 2023. */
const OUTAGE = 78 * 60;
/** The cap of the grace, as the oracle of the world has it. */
const GRACE = 3_600;
const TOP_UP = btc(4);

const outage: Attack = {
  fault: "C22",
  name: "sold in the first block after the sequencer's restart",
  precedent: {
    protocol: "Arbitrum (78 minutes without a block)",
    year: 2023,
    source: "https://cointelegraph.com/news/arbitrum-network-goes-offline-december-15",
  },
  tries:
    "prices fall by a fifth in the minute in which the sequencer stops; a loan is bought at the bonus by a transaction forced in from L1, in the block in which it comes back, before its owner can act, and when the grace has passed",
  async run(w) {
    const id = await w.openFor(w.borrower, FALLEN.collateral, FALLEN.principal);
    const manager = w.manager.connect(w.attacker);
    const before = await w.wealth(FALLEN.price);
    const fall = await w.saleUntil(FALLEN.price, w.borrower);
    await w.borrower.sendTransaction({ to: fall.target, data: fall.data });
    await w.publish(w.feeds.btcUsd, FALLEN.price);
    await w.send(w.sequencer, "publish", 1, await w.time.latest());
    await w.time.increase(OUTAGE);
    const refusals: string[] = [];
    const buy = async (): Promise<void> => {
      const refusal = await w.refusals.attempt(manager, "liquidate", id, MAX, 0, "0x");
      if (refusal !== undefined) refusals.push(refusal);
    };
    const publishAll = async (): Promise<void> => {
      await w.publish(w.feeds.btcUsd, FALLEN.price);
      await w.publish(w.feeds.wrapperBtc, 1);
      await w.publish(w.feeds.loanUsd, 1);
    };
    // No feed has a new round while there are no blocks.
    await buy();
    await publishAll();
    await w.send(w.sequencer, "publish", 0, await w.time.latest());
    await buy();
    // The time that the grace is for.
    await w.send(w.manager.connect(w.borrower), "topUp", id, TOP_UP, "0x");
    await w.time.increase(GRACE + 1);
    await publishAll();
    await buy();
    return { refusals, profit: (await w.wealth(FALLEN.price)) - before };
  },
  async unguarded(w) {
    const market = await w.plainMarket(await w.feedPrice(w.feeds.btcUsd), 8_200, 1_000, usd(10_000_000));
    await w.send(market.connect(w.borrower), "supply", FALLEN.collateral);
    await w.send(market.connect(w.borrower), "borrow", FALLEN.principal);
    const before = await w.wealth(FALLEN.price);
    await w.time.increase(OUTAGE);
    await w.publish(w.feeds.btcUsd, FALLEN.price);
    const all = (valueAt(FALLEN.collateral, FALLEN.price) * 10_000n) / 11_000n;
    await w.send(market.connect(w.attacker), "liquidate", w.borrower, all);
    return (await w.wealth(FALLEN.price)) - before;
  },
};

export const attacksByLiquidation: readonly Attack[] = [selfLiquidation, sandwich, outage, spiral];
