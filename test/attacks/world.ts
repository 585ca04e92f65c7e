import {
  type BaseContract,
  Contract,
  Interface,
  type InterfaceAbi,
  MaxUint256,
  type Signer,
  ZeroAddress,
} from "ethers";
import hre, { network } from "hardhat";
import { squareRootDown } from "../../sdk/model/index.js";
import { handoverSteps } from "../../deploy/handover.js";
import { rolesOf } from "../../deploy/roles.js";
import { STANDARD_TERMS, deployCore } from "../ts/fixtures/market.js";
import { addTiered } from "../ts/fixtures/tiered.js";
import { Uniswap, pathOf } from "../ts/keeper/support/uniswap.js";
import type { MockToken } from "../../types/ethers-contracts/index.js";
import { Refusals } from "./refusals.js";

/** Dollars for one bitcoin, in every source, when an attack begins. */
export const PRICE = 60_000;
/** Uniswap's fees, hundredths of a basis point: of the pool that is traded in, and of the one flash loans come from. */
export const TRADE_FEE = 500;
const FLASH_FEE = 3_000;
const BTC = 10n ** 8n;
const USD = 10n ** 6n;
const DAY = 86_400;
/** Seconds: what deploy/parameters/local.json5 says. */
export const RISK_MANAGER_DELAY = DAY;
const WINDOW = 600;
const OBSERVATIONS = 700;
/** The devnet's facility: 75 % maxLtv, 82 % lltv, 62 % target, 2 to 10 % incentive. */
const TERMS = { ...STANDARD_TERMS, lltvBps: 8_200, targetLtvBps: 6_200, healthForMaxBps: 9_500, minDebt: 100n * USD };
const NO_FEED = { feed: ZeroAddress, heartbeat: 0, buffer: 0, minAnswer: 0, maxAnswer: 0 };

/** As much as there is. */
export const MAX = 2n ** 256n - 1n;
/** A loan of somebody else that nobody has a reason to sell. */
export const HEALTHY_LOAN = { collateral: 10n * BTC, principal: 400_000n * USD };
/** What a feed's answer with 8 decimals is multiplied by to be a price. */
const FEED_SCALE = 10n ** 26n;

export interface Call {
  readonly target: string;
  readonly data: string;
  readonly mayFail: boolean;
}

export type World = Awaited<ReturnType<typeof buildWorld>>;

/** Whole or broken bitcoin in smallest units. */
export const btc = (amount: number): bigint => BigInt(Math.round(amount * 1e8));
/** Whole or broken dollars in smallest units. */
export const usd = (amount: number): bigint => BigInt(Math.round(amount * 1e6));
/** Units of the loan asset for so much collateral at so many dollars for a bitcoin. */
export const valueAt = (collateral: bigint, price: number): bigint => (collateral * usd(price)) / BTC;

/** The most that may be borrowed: maxLtv of the average of the pool, which says a whole tick less than the price. */
export const atLimit = (collateral: bigint): bigint => (valueAt(collateral, PRICE) * 7_499n) / 10_000n;

/**
 * A facility with its three classes of lenders and nothing but their seeds, on the genuine oracle (bitcoin, wrapper, dollar,
 * sequencer, the average of a genuine Uniswap v3 pool), after the handover that a deployment ends with; and an attacker with
 * 200 bitcoin, 10 million dollars, a contract, and a second Uniswap pool to borrow from.
 */
export async function buildWorld() {
  const connection = await network.create({ network: "op", chainType: "op" });
  const { ethers, networkHelpers } = connection;
  const signers: Signer[] = await ethers.getSigners();
  const [deployer, safe, riskManager, guardian] = signers as [Signer, Signer, Signer, Signer];
  const [lender, juniorLender, borrower, attacker] = signers.slice(4) as [Signer, Signer, Signer, Signer];
  const { time } = networkHelpers;
  const refusals = await Refusals.load();
  const deploy = (name: string, ...args: unknown[]): Promise<BaseContract> => ethers.deployContract(name, args);
  const send = async (contract: BaseContract, name: string, ...args: unknown[]): Promise<void> => {
    const sent = await contract.getFunction(name).send(...args);
    await sent.wait();
  };
  const read = async <T>(contract: BaseContract, name: string, ...args: unknown[]): Promise<T> =>
    (await contract.getFunction(name).staticCall(...args)) as T;

  // Tokens, markets, feeds.
  const collateral = (await deploy("HabitToken", "Wrapped BTC", "WBTC", 8)) as MockToken;
  const loan = (await deploy("HabitToken", "Dollar", "USD", 6)) as MockToken;
  const uniswap = await Uniswap.deploy(deployer);
  const priceE36 = (price: number): bigint => (usd(price) * 10n ** 36n) / BTC;
  const poolAbi = [
    "function flash(address recipient, uint256 amount0, uint256 amount1, bytes data)",
    "function increaseObservationCardinalityNext(uint16 next)",
    "function token0() view returns (address)",
  ];
  const makePool = async (fee: number, depth: bigint) =>
    new Contract(await uniswap.makePool(collateral, loan, fee, priceE36(PRICE), depth), poolAbi, deployer);
  const tradePool = await makePool(TRADE_FEE, usd(5_000_000));
  const flashPool = await makePool(FLASH_FEE, usd(30_000_000));
  await send(tradePool, "increaseObservationCardinalityNext", OBSERVATIONS);
  await time.increase(WINDOW);

  const publisher = await deployer.getAddress();
  const feed = (name: string, decimals: number) => deploy("MockFeed", name, decimals, publisher);
  const btcUsd = await feed("BTC / USD", 8);
  const wrapperBtc = await feed("WBTC / BTC", 8);
  const loanUsd = await feed("dollar / USD", 8);
  const sequencer = await feed("sequencer", 0);
  const publish = async (source: BaseContract, answer: number): Promise<void> =>
    send(source, "publish", BigInt(Math.round(answer * 1e8)), await time.latest());
  await publish(btcUsd, PRICE);
  await publish(wrapperBtc, 1);
  await publish(loanUsd, 1);
  await send(sequencer, "publish", 0, (await time.latest()) - 365 * DAY);

  const twap = await deploy("UniswapV3TwapSource", tradePool, collateral, loan, WINDOW);
  const leg = (source: BaseContract, heartbeat: number, buffer: number, least: number, most: number) => ({
    ...{ feed: source, heartbeat, buffer, minAnswer: btc(least), maxAnswer: btc(most) },
  });
  const oracleConfig = {
    legs: {
      collateralAsset: collateral,
      loanAsset: loan,
      btcUsd: leg(btcUsd, 3_600, 300, 1_000, 10_000_000),
      wrapperBtc: leg(wrapperBtc, DAY, 3_600, 0.5, 1.05),
      wrapperUsd: NO_FEED,
      loanUsd: leg(loanUsd, DAY, 3_600, 0.8, 1.1),
      loanAtPar: false,
    },
    sequencer: { feed: sequencer, cap: 3_600 },
    secondSource: { source: twap, limitWad: 3n * 10n ** 16n, cap: 1_800 },
    reserves: { reservesFeed: ZeroAddress, supplyFeed: ZeroAddress, reservesMaxAge: 0, supplyMaxAge: 0 },
    sanity: { minWad: 1_000n * 10n ** 18n, maxWad: 1_000_000n * 10n ** 18n },
  };
  const oracle = await deploy("PriceOracle", oracleConfig);

  // The facility, and the handover.
  const core = await deployCore(deployer);
  const { manager, termManager, accessManager } = core;
  const facility = await addTiered({
    ...core,
    ...{ collateral, loan, oracle, terms: TERMS },
    cash: (whole) => BigInt(whole) * USD,
  });
  const { pool, vault, tranches } = facility;
  const governance = {
    ...{ safe: await safe.getAddress(), riskManager: await riskManager.getAddress() },
    ...{ guardian: await guardian.getAddress(), feeCollector: await guardian.getAddress() },
    ...{ adminDelaySeconds: 2 * DAY, riskManagerDelaySeconds: RISK_MANAGER_DELAY, feeCollectorDelaySeconds: 0 },
    ...{ grantDelaySeconds: DAY, targetAdminDelaySeconds: 2 * DAY },
  };
  const abis = new Map<string, { abi: unknown }>();
  for (const name of ["LoanManager", "LendingPool", "TermLendingPool", "Capital"])
    abis.set(name, await hre.artifacts.readArtifact(name));
  const steps = handoverSteps<string>(
    { governance },
    rolesOf({ governance }, (name) => abis.get(name) ?? { abi: [] }),
    {
      managers: [await manager.getAddress()],
      pools: [{ address: await pool.getAddress(), isTerm: false }],
      deployer: publisher,
    },
  );
  const access = new Interface((await hre.artifacts.readArtifact("AccessManager")).abi as InterfaceAbi);
  await send(
    accessManager,
    "multicall",
    steps.map(({ name, args }) => access.encodeFunctionData(name, args)),
  );

  // People. Whoever is named may spend what it holds anywhere an attack leads.
  const contract = await deploy("Attacker");
  const call = async (target: BaseContract, name: string, ...args: unknown[]): Promise<Call> => ({
    target: await target.getAddress(),
    data: (await target.getFunction(name).populateTransaction(...args)).data,
    mayFail: false,
  });
  const spenders = [vault, pool, tranches.senior, tranches.junior, tranches.cover, uniswap.router];
  const allow = async (...to: readonly BaseContract[]): Promise<void> => {
    for (const token of [collateral, loan]) {
      for (const spender of to) {
        for (const who of [lender, juniorLender, borrower, attacker])
          await send(token.connect(who), "approve", spender, MaxUint256);
        await send(contract, "run", [await call(token, "approve", spender, MaxUint256)]);
      }
    }
  };
  await allow(...spenders);
  for (const who of [lender, borrower, juniorLender]) {
    await send(collateral, "mint", who, btc(1_000));
    await send(loan, "mint", who, usd(50_000_000));
  }
  await send(collateral, "mint", attacker, btc(200));
  await send(loan, "mint", attacker, usd(10_000_000));

  const idOf = async (who: BaseContract | Signer, salt = 0n): Promise<bigint> =>
    (BigInt(await who.getAddress()) << 96n) | (BigInt(facility.id) << 64n) | salt;

  return {
    ...{ connection, ethers, time, deploy, send, read, call, allow, idOf, refusals, publish, priceE36 },
    ...{ deployer, riskManager, guardian, lender, juniorLender, borrower, attacker, contract },
    ...{
      collateral,
      loan,
      uniswap,
      tradePool,
      flashPool,
      feeds: { btcUsd, wrapperBtc, loanUsd },
      sequencer,
      oracle,
      oracleConfig,
    },
    ...{
      manager,
      termManager,
      accessManager,
      pool,
      vault,
      senior: tranches.senior,
      junior: tranches.junior,
      cover: tranches.cover,
    },
    facility: facility.id,

    /** Lenders come: 10 million dollars of senior money, 1 of junior, half a million of cover. */
    async settle(): Promise<void> {
      await send(tranches.senior.connect(lender), "deposit", usd(10_000_000), lender);
      await send(tranches.junior.connect(juniorLender), "deposit", usd(1_000_000), juniorLender);
      await send(tranches.cover.connect(juniorLender), "deposit", usd(500_000), juniorLender);
    },

    /** A loan of somebody else. */
    async openFor(who: Signer, amount: bigint, principal: bigint): Promise<bigint> {
      await send(manager.connect(who), "open", facility.id, 0, amount, principal, who, "0x");
      return idOf(who);
    },

    /** A market without the guards, and so many dollars of others in it. */
    async plainMarket(source: BaseContract, lltvBps: number, bonusBps: number, lent: bigint): Promise<BaseContract> {
      const market = await deploy("PlainMarket", collateral, loan, source, lltvBps, bonusBps);
      await allow(market);
      if (lent !== 0n) await send(market.connect(lender), "deposit", lent);
      return market;
    },

    /** The price a plain market takes from one feed. */
    feedPrice: (feed: BaseContract): Promise<BaseContract> => deploy("FeedPrice", feed, FEED_SCALE),

    /** The calls with so many dollars borrowed for their duration, as one call of the attacker's contract. */
    async withFlash(amount: bigint, calls: readonly Call[]): Promise<Call> {
      const owed = amount + (amount * BigInt(FLASH_FEE) + 999_999n) / 1_000_000n;
      const isToken0 = (await read<string>(flashPool, "token0")) === (await loan.getAddress());
      const all = [...calls, await call(loan, "transfer", flashPool, owed)];
      const data = contract.interface.encodeFunctionData("run", [all]).replace(/^0x.{8}/, "0x");
      return call(flashPool, "flash", contract, isToken0 ? amount : 0n, isToken0 ? 0n : amount, data);
    },

    /** A sale on the market by whoever calls; its proceeds go to the attacker's contract. */
    sale: (from: BaseContract, to: BaseContract, amount: bigint, receiver: BaseContract | Signer = contract) =>
      swap(from, to, amount, receiver),

    /** A sale of as much as it takes to bring the pool's price to so many dollars; whoever calls it holds enough. */
    async saleUntil(price: number, receiver: BaseContract | Signer): Promise<Call> {
      const isToken0 = (await read<string>(tradePool, "token0")) === (await collateral.getAddress());
      const ratioE36 = isToken0 ? priceE36(price) : 10n ** 72n / priceE36(price);
      return swap(collateral, loan, btc(100), receiver, squareRootDown((ratioE36 << 192n) / 10n ** 36n));
    },

    /** A Uniswap path from one token to the other. */
    pathOf: async (from: BaseContract, to: BaseContract): Promise<string> =>
      pathOf([await from.getAddress(), TRADE_FEE, await to.getAddress()]),

    /** What the attacker holds, valued at so many dollars for a bitcoin. */
    async wealth(price: number, ...others: string[]): Promise<bigint> {
      const holders = [await attacker.getAddress(), await contract.getAddress(), ...others];
      let total = 0n;
      for (const holder of holders) {
        total += valueAt(await read<bigint>(collateral, "balanceOf", holder), price);
        total += await read<bigint>(loan, "balanceOf", holder);
        for (const tranche of Object.values(tranches))
          total += await read<bigint>(tranche, "previewRedeem", await read<bigint>(tranche, "balanceOf", holder));
      }
      return total;
    },

    /** What a loan is worth to an owner who may walk away from it. */
    async equity(id: bigint, price: number): Promise<bigint> {
      const { collateral: held } = await read<{ collateral: bigint }>(manager, "loanOf", id);
      const owns = valueAt(held, price) - (await read<bigint>(manager, "debtOf", id));
      return owns > 0n ? owns : 0n;
    },
  };

  async function swap(
    from: BaseContract,
    to: BaseContract,
    amountIn: bigint,
    recipient: BaseContract | Signer,
    sqrtPriceLimitX96 = 0n,
  ) {
    return call(uniswap.router, "exactInputSingle", {
      ...{ tokenIn: from, tokenOut: to, fee: TRADE_FEE, recipient, deadline: 2n ** 40n },
      ...{ amountIn, amountOutMinimum: 0n, sqrtPriceLimitX96 },
    });
  }
}
