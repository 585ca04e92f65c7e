// Attacks with rights of others: a key, a standing permission.
import { AbiCoder } from "ethers";
import type { Attack } from "./attack.js";
import { MAX, PRICE, RISK_MANAGER_DELAY, btc, usd } from "./world.js";

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

export const attacksOnAuthority: readonly Attack[] = [governance, standingPermission];
