// Attacks with rights of others: a key, a standing permission.
import { AbiCoder, Signature, getBytes, keccak256 } from "ethers";
import { AUTHORISATION_TYPES, DOMAIN_NAMES } from "../../sdk/client/authorisation.js";
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

/** Actions.WITHDRAW */
const WITHDRAW = 2;
const SIGNED_FOR = btc(0.5);
const REPLAYS = 9;
/** Order of the secp256k1 group: (r, s) and (r, order − s) sign the same. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const replay: Attack = {
  fault: "C35",
  name: "a signature used again, elsewhere, mirrored, after it was called back",
  precedent: {
    protocol: "Wintermute on Optimism (20 million OP)",
    year: 2022,
    source: "https://www.stateward.com/vulnerabilities/WEB3-SIG-REPLAY-2022",
  },
  tries:
    "half a bitcoin taken out by a borrower's signature; then the same again, by its mirror image, in the other manager, in another facility, and one that the borrower called back",
  async run(w) {
    const id = await w.openFor(w.borrower, btc(10), usd(100_000));
    const owner = await w.borrower.getAddress();
    const [operator, verifyingContract] = await Promise.all([w.attacker.getAddress(), w.manager.getAddress()]);
    const { chainId } = await w.ethers.provider.getNetwork();
    const domain = { name: DOMAIN_NAMES.revolving, version: "1", chainId, verifyingContract };
    const terms = { actions: WITHDRAW, expiresAt: FOREVER, cashLimit: 0n, collateralLimit: SIGNED_FOR };
    const signed = async (nonce: bigint): Promise<string> =>
      w.borrower.signTypedData(domain, AUTHORISATION_TYPES, {
        ...{ owner, facility: w.facility, operator, ...terms, nonce, deadline: FOREVER },
      });
    const [first, second] = [await signed(0n), await signed(1n)];
    const manager = w.manager.connect(w.attacker);
    const bring = (facility: bigint | number, signature: string): readonly [string, ...unknown[]] => [
      ...(["setAuthorisationWithSig", owner, facility, operator, terms, FOREVER, signature] as const),
    ];
    await w.send(manager, ...bring(w.facility, first));
    await w.send(manager, "withdraw", id, SIGNED_FOR, w.attacker);
    await w.send(w.manager.connect(w.borrower), "useNonce");
    const before = await w.wealth(PRICE);

    const { r, s, v } = Signature.from(first);
    const mirrored = `${r}${(ORDER - BigInt(s)).toString(16).padStart(64, "0")}${(55 - v).toString(16)}`;
    const attempts = [
      await w.refusals.attempt(manager, ...bring(w.facility, first)),
      await w.refusals.attempt(manager, ...bring(w.facility, mirrored)),
      await w.refusals.attempt(w.termManager.connect(w.attacker), ...bring(w.facility, first)),
      await w.refusals.attempt(manager, ...bring(BigInt(w.facility) + 1n, first)),
      await w.refusals.attempt(manager, ...bring(w.facility, second)),
      await w.refusals.attempt(manager, "withdraw", id, SIGNED_FOR, w.attacker),
    ];
    const refusals = attempts.filter((refusal) => refusal !== undefined);
    return { refusals, profit: (await w.wealth(PRICE)) - before };
  },
  async unguarded(w) {
    const mandate = await w.deploy("PlainMandate", w.collateral);
    await w.send(w.collateral.connect(w.borrower), "approve", mandate, MAX);
    const [owner, to] = await Promise.all([w.borrower.getAddress(), w.attacker.getAddress()]);
    const said = AbiCoder.defaultAbiCoder().encode(["address", "address", "uint256"], [owner, to, SIGNED_FOR]);
    const signature = await w.borrower.signMessage(getBytes(keccak256(said)));
    const take = (): Promise<void> => w.send(mandate.connect(w.attacker), "take", owner, to, SIGNED_FOR, signature);
    await take();
    const before = await w.wealth(PRICE);
    for (let time = 0; time < REPLAYS; time++) await take();
    return (await w.wealth(PRICE)) - before;
  },
};

export const attacksOnAuthority: readonly Attack[] = [governance, replay, standingPermission];
