// Attacks on the lending itself: half-done states, tokens, liquidation, authority.
import { AbiCoder } from "ethers";
import type { Attack } from "./attack.js";
import { PRICE, RISK_MANAGER_DELAY, type World, atLimit, btc, usd, valueAt } from "./world.js";

const MAX = 2n ** 256n - 1n;
/** Where the fee of a HabitToken goes: its issuer, who is the attacker. */
const ISSUER = "0x00000000000000000000000000000000000007a4";
/** FaultToken.Habit */
const FEE_FROM_RECEIVER = 1;
const HOOKS = 7;

const LENT_SHARES_OF = usd(100_000);
const FLASH = usd(9_000_000);

const readOnly: Attack = {
  fault: "C8",
  name: "a share's price read in the middle of an action",
  precedent: {
    protocol: "dForce (read-only re-entrancy, Optimism and Arbitrum)",
    year: 2023,
    lossUsd: 3_650_000,
    source: "https://www.oodaloop.com/technology/2023/02/13/dforce-defi-protocol-hacked-for-3-6-million/",
  },
  tries:
    "shares pledged with another lender that asks for their price, and borrowed against inside a callback, with flash money",
  async run(w) {
    const { contract } = w;
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(10));
    const other = await shareLender(w, w.senior);
    await w.send(w.loan.connect(w.attacker), "transfer", contract, usd(200_000));
    const before = await w.wealth(PRICE);
    const shares = await w.read<bigint>(w.senior, "previewDeposit", LENT_SHARES_OF);
    const borrow = w.contract.interface.encodeFunctionData("run", [[await w.call(other, "borrow", usd(500_000))]]);
    const inside = borrow.replace(/^0x.{8}/, "0x");
    const calls = [
      await w.call(w.senior, "deposit", FLASH, contract),
      await w.call(other, "supply", shares),
      await w.call(w.manager, "open", w.facility, 0, btc(10), usd(400_000), contract, inside),
    ];
    const refusal = await w.refusals.attempt(contract, "run", [await w.withFlash(FLASH, calls)]);
    return { refusals: refusal === undefined ? [] : [refusal], profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const { contract } = w;
    const vault = await w.plainMarket(await w.deploy("WrittenPrice", w.priceE36(PRICE)), 8_000, 500, usd(1_000_000));
    const other = await shareLender(w, vault);
    await w.send(w.loan.connect(w.attacker), "transfer", contract, usd(200_000));
    const before = await w.wealth(PRICE);
    await w.send(contract, "arm", 0, [await w.call(other, "borrow", usd(500_000))]);
    const calls = [
      await w.call(vault, "deposit", FLASH),
      await w.call(other, "supply", LENT_SHARES_OF),
      await w.call(vault, "redeem", FLASH - LENT_SHARES_OF),
    ];
    await w.send(contract, "run", [await w.withFlash(FLASH, calls)]);
    return (await w.wealth(PRICE)) - before;
  },
};

/** A market that takes shares of `vault` for collateral at the price the vault says, with a million dollars of others in it. */
async function shareLender(w: World, vault: World["senior"] | Awaited<ReturnType<World["deploy"]>>) {
  const other = await w.deploy("PlainMarket", vault, w.loan, await w.deploy("SharePrice", vault), 8_000, 500);
  await w.allow(other);
  await w.send(w.contract, "run", [await w.call(vault, "approve", other, MAX)]);
  await w.send(other.connect(w.lender), "deposit", usd(1_000_000));
  return other;
}

/** Bitcoin of others in the custody that is attacked. */
const OTHERS = { collateral: btc(100), principal: usd(1_000_000) };
const LOOPS = 20n;

const feeToken: Attack = {
  fault: "C13",
  name: "token that takes a fee on the way",
  precedent: {
    protocol: "Balancer (STA)",
    year: 2020,
    lossUsd: 500_000,
    source:
      "https://cryptoslate.com/defi-risks-hackers-drain-500k-in-link-wrapped-eth-and-other-alts-from-balancer-pools",
  },
  tries: "the wrapper's issuer switches on a fee for itself, and puts 100 bitcoin in and takes them out 20 times",
  async run(w) {
    await w.openFor(w.borrower, OTHERS.collateral, OTHERS.principal);
    await w.send(w.collateral, "setHabit", FEE_FROM_RECEIVER);
    const before = await w.wealth(PRICE, ISSUER);
    const manager = w.manager.connect(w.attacker);
    const refusal = await w.refusals.attempt(manager, "open", w.facility, 0, btc(100), usd(1_000), w.attacker, "0x");
    for (let loop = 0n; refusal === undefined && loop < LOOPS; loop++) {
      const id = await w.idOf(w.attacker);
      await w.send(manager, "withdraw", id, btc(99), w.attacker);
      await w.send(manager, "topUp", id, btc(98), "0x");
    }
    return { refusals: refusal === undefined ? [] : [refusal], profit: (await w.wealth(PRICE, ISSUER)) - before };
  },
  async unguarded(w) {
    const market = await plainWithOthers(w);
    await w.send(w.collateral, "setHabit", FEE_FROM_RECEIVER);
    const before = await w.wealth(PRICE, ISSUER);
    for (let loop = 0n; loop < LOOPS; loop++) {
      await w.send(market.connect(w.attacker), "supply", btc(100));
      await w.send(market.connect(w.attacker), "take", btc(100));
    }
    return (await w.wealth(PRICE, ISSUER)) - before;
  },
};

const hooks: Attack = {
  fault: "C13",
  name: "token that calls its receiver back",
  precedent: {
    protocol: "Lendf.Me (imBTC, ERC-777)",
    year: 2020,
    lossUsd: 25_000_000,
    source: "https://www.thecryptoupdates.com/lending-protocol-lendf-me-loses-99-of-its-assets-in-a-recent-attack/",
  },
  tries:
    "a loan closed, and closed and withdrawn from once more in the token's hook while its bitcoin is on the way out",
  async run(w) {
    const { contract } = w;
    await w.openFor(w.borrower, OTHERS.collateral, OTHERS.principal);
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(20));
    const before = await w.wealth(PRICE);
    await w.send(contract, "run", [
      await w.call(w.manager, "open", w.facility, 0, btc(20), usd(1_000), contract, "0x"),
    ]);
    await w.send(w.collateral, "setHabit", HOOKS);
    const id = await w.idOf(contract);
    const close = await w.call(w.manager, "close", id, contract, "0x");
    const refusals: string[] = [];
    for (const again of [close, await w.call(w.manager, "withdraw", id, btc(20), contract)]) {
      await w.send(contract, "arm", 0, [again]);
      const refusal = await w.refusals.attempt(contract, "run", [close]);
      if (refusal !== undefined) refusals.push(refusal);
    }
    return { refusals, profit: (await w.wealth(PRICE)) + (await w.equity(id, PRICE)) - before };
  },
  async unguarded(w) {
    const { contract } = w;
    const market = await plainWithOthers(w);
    await w.send(w.collateral.connect(w.attacker), "transfer", contract, btc(20));
    await w.send(w.collateral, "setHabit", HOOKS);
    const before = await w.wealth(PRICE);
    const take = await w.call(market, "take", btc(20));
    await w.send(contract, "run", [await w.call(market, "supply", btc(20))]);
    await w.send(contract, "arm", 0, [take]);
    await w.send(contract, "run", [take]);
    return (await w.wealth(PRICE)) - before;
  },
};

async function plainWithOthers(w: World) {
  const market = await w.plainMarket(await w.deploy("WrittenPrice", w.priceE36(PRICE)), 8_000, 500, usd(1_000_000));
  await w.send(market.connect(w.borrower), "supply", OTHERS.collateral);
  return market;
}

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
    const source = await w.deploy("FeedPrice", w.feeds.btcUsd, 10n ** 26n);
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

const governance: Attack = {
  fault: "C34",
  name: "parameters changed at once by whoever holds the key",
  precedent: {
    protocol: "Beanstalk (governance without a delay)",
    year: 2022,
    lossUsd: 181_000_000,
    source: "https://www.buybitcoinbank.com/cryptocurrency/largest-defi-hacks",
  },
  tries:
    "with the risk manager's key the oracle is replaced by one that says a thousand times the price, at once and after the delay",
  async run(w) {
    const before = await w.wealth(PRICE);
    const evil = await w.deploy("MockOracle", w.collateral, w.loan, w.priceE36(PRICE * 1_000), 3_600, 1_800);
    const refusals: string[] = [];
    const seize = async (): Promise<void> => {
      const refusal = await w.refusals.attempt(w.manager.connect(w.riskManager), "setOracle", w.facility, evil);
      if (refusal !== undefined) refusals.push(refusal);
    };
    await seize();
    const data = w.manager.interface.encodeFunctionData("setOracle", [w.facility, await evil.getAddress()]);
    await w.send(w.accessManager.connect(w.riskManager), "schedule", w.manager, data, 0);
    await seize();
    await w.time.increase(RISK_MANAGER_DELAY);
    await w.publish(w.feeds.btcUsd, PRICE);
    await w.publish(w.feeds.wrapperBtc, 1);
    await w.publish(w.feeds.loanUsd, 1);
    await seize();
    const all = usd(9_000_000);
    const manager = w.manager.connect(w.attacker);
    const taken = await w.refusals.attempt(manager, "open", w.facility, 0, btc(1), all, w.attacker, "0x");
    if (taken !== undefined) refusals.push(taken);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const market = await w.plainMarket(await w.deploy("WrittenPrice", w.priceE36(PRICE)), 8_000, 500, usd(10_000_000));
    const before = await w.wealth(PRICE);
    const evil = await w.deploy("WrittenPrice", w.priceE36(PRICE * 1_000));
    await w.send(market.connect(w.deployer), "setSource", evil);
    await w.send(market.connect(w.attacker), "supply", btc(1));
    await w.send(market.connect(w.attacker), "borrow", usd(9_000_000));
    return (await w.wealth(PRICE)) - before;
  },
};

/** Actions.WITHDRAW | Actions.CLOSE */
const WITHDRAW_AND_CLOSE = 6;
const FOREVER = 2n ** 40n - 1n;
const NO_LIMIT = 2n ** 104n - 1n;

const standingPermission: Attack = {
  fault: "C36",
  name: "what users allowed a helper, used by somebody else",
  precedent: {
    protocol: "LI.FI",
    year: 2024,
    lossUsd: 11_600_000,
    source: "https://www.blockchainbreaches.com/breaches/li-fi-2024",
  },
  tries:
    "a borrower's loan closed through the helper it authorised for good, by its callback with a forged job, and directly",
  async run(w) {
    const helper = await w.deploy("RepayWithCollateral", w.manager, w.termManager, w.uniswap.factory);
    const id = await w.openFor(w.borrower, btc(10), usd(100_000));
    const allowed = [WITHDRAW_AND_CLOSE, FOREVER, NO_LIMIT, NO_LIMIT];
    await w.send(w.manager.connect(w.borrower), "setAuthorisation", w.facility, helper, allowed);
    const before = await w.wealth(PRICE);
    const sale = [await w.pathOf(w.loan, w.collateral), btc(10), FOREVER];
    // Field by field what the helper passes itself from pool to pool, with the attacker for the pool that is paid.
    const owner = await w.borrower.getAddress();
    const [pool, loan, collateral] = await Promise.all([w.pool, w.loan, w.collateral].map((one) => one.getAddress()));
    const types = ["uint256", "address", "uint256", "uint256", "uint256", "bool", "address", "address", "address"];
    const job = AbiCoder.defaultAbiCoder().encode(types, [
      ...[id, owner, usd(100_000), 0n, btc(10), true, pool, loan, collateral],
    ]);
    const forged = await w.call(helper, "uniswapV3SwapCallback", btc(10), -usd(100_000), job);
    const attempts = [
      await w.refusals.attempt(helper.connect(w.attacker), "close", id, sale, w.attacker),
      await w.refusals.attempt(w.contract, "run", [forged]),
      await w.refusals.attempt(w.manager.connect(w.attacker), "close", id, w.attacker, "0x"),
    ];
    const refusals = attempts.filter((refusal) => refusal !== undefined);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const router = await w.deploy("PlainRouter");
    await w.send(w.collateral.connect(w.borrower), "approve", router, MAX);
    const before = await w.wealth(PRICE);
    const theft = await w.call(w.collateral, "transferFrom", w.borrower, w.attacker, btc(10));
    await w.send(router.connect(w.attacker), "execute", theft.target, theft.data);
    return (await w.wealth(PRICE)) - before;
  },
};

export const attacksOnLoans: readonly Attack[] = [
  ...[readOnly, feeToken, hooks, selfLiquidation, spiral, governance, standingPermission],
];
