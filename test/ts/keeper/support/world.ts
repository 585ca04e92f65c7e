import { type Provider, type Signer, getCreateAddress, parseUnits } from "ethers";
import { AccessManager__factory } from "../../../../types/ethers-contracts/factories/@openzeppelin/contracts/access/manager/AccessManager__factory.js";
import { CollateralVault__factory } from "../../../../types/ethers-contracts/factories/contracts/collateral/CollateralVault__factory.js";
import { LendingPool__factory } from "../../../../types/ethers-contracts/factories/contracts/lending/LendingPool__factory.js";
import { Tranche__factory } from "../../../../types/ethers-contracts/factories/contracts/lending/Tranche__factory.js";
import { LiquidationEngine__factory } from "../../../../types/ethers-contracts/factories/contracts/liquidation/LiquidationEngine__factory.js";
import { LoanManager__factory } from "../../../../types/ethers-contracts/factories/contracts/loan/LoanManager__factory.js";
import { MockOracle__factory } from "../../../../types/ethers-contracts/factories/contracts/mocks/MockOracle__factory.js";
import { MockToken__factory } from "../../../../types/ethers-contracts/factories/contracts/mocks/MockToken__factory.js";
import { Liquidator__factory } from "../../../../types/ethers-contracts/factories/contracts/periphery/Liquidator__factory.js";
import { RepayWithCollateral__factory } from "../../../../types/ethers-contracts/factories/contracts/periphery/RepayWithCollateral__factory.js";
import { Uniswap, pathOf } from "./uniswap.js";

/** Terms of the facility the tests of periphery and keeper use: 70 % maxLtv, 80 % lltv, back to 65 %. */
const TERMS = {
  kind: 0,
  maxLtvBps: 7000,
  lltvBps: 8000,
  targetLtvBps: 6500,
  incentiveMinBps: 200,
  incentiveMaxBps: 1000,
  healthForMaxBps: 9000,
  rampSeconds: 3600,
} as const;

export const POOL_FEE = 3000;
export const DISAGREEMENT_CAP = 7200n;

export interface WorldOptions {
  /** Whole dollars for one bitcoin at the start. */
  readonly price?: bigint;
  readonly collateralDecimals?: bigint;
  readonly loanDecimals?: bigint;
  /** Whole dollars on each side of the Uniswap pool. */
  readonly depth?: bigint;
}

/**
 * One facility of the real core, a settable oracle, and the genuine Uniswap v3, deployed by one account that owns everything.
 *
 * @example
 * const world = await deployWorld(signer);
 * const id = await world.open(borrower, world.toBtc("1.5"), world.toUsd("7000"));
 */
export async function deployWorld(owner: Signer, options: WorldOptions = {}) {
  const { price = 8000n, collateralDecimals = 8n, loanDecimals = 6n, depth = 5_000_000n } = options;
  const priceE36 = (dollars: bigint): bigint => (dollars * 10n ** (36n + loanDecimals)) / 10n ** collateralDecimals;
  const provider = owner.provider as Provider;
  const me = await owner.getAddress();

  const btc = await new MockToken__factory(owner).deploy("Wrapped Bitcoin", "WBTC", collateralDecimals);
  const usd = await new MockToken__factory(owner).deploy("Dollar", "USDX", loanDecimals);
  const authority = await new AccessManager__factory(owner).deploy(me);
  const manager = await new LoanManager__factory(owner).deploy(authority);
  const engine = await new LiquidationEngine__factory(owner).deploy(manager);
  const vault = await new CollateralVault__factory(owner).deploy(btc, manager);
  const oracle = await new MockOracle__factory(owner).deploy(btc, usd, priceE36(price), 86_400, DISAGREEMENT_CAP);
  await oracle.waitForDeployment();
  const poolAddress = getCreateAddress({ from: me, nonce: (await provider.getTransactionCount(me)) + 1 });
  const tranche = await new Tranche__factory(owner).deploy(usd, poolAddress, manager, 0, "Senior", "SEN");
  const pool = await new LendingPool__factory(owner).deploy(usd, manager, tranche, 0, 1000, authority);
  await pool.waitForDeployment();

  const dollar = 10n ** loanDecimals;
  const cash = 20_000_000n * dollar;
  await (await usd.mint(me, cash)).wait();
  await (await usd.approve(tranche, cash)).wait();
  const created = await manager.createFacility(
    {
      ...TERMS,
      pool,
      vault,
      oracle,
      engine,
      gate: "0x0000000000000000000000000000000000000000",
      minDebt: 100n * dollar,
      cap: 10_000_000n * dollar,
      loanCap: 5_000_000n * dollar,
    },
    1000n * dollar,
  );
  await created.wait();
  await (await tranche.deposit(cash - 1000n * dollar, me)).wait();

  const uniswap = await Uniswap.deploy(owner);
  await uniswap.makePool(btc, usd, POOL_FEE, priceE36(price), depth * dollar);
  const liquidator = await new Liquidator__factory(owner).deploy(manager, uniswap.router, me);
  const repayWithCollateral = await new RepayWithCollateral__factory(owner).deploy(manager, uniswap.factory);
  await repayWithCollateral.waitForDeployment();

  const [btcAddress, usdAddress] = [await btc.getAddress(), await usd.getAddress()];
  let salt = 0n;
  return {
    owner,
    authority,
    manager,
    engine,
    vault,
    oracle,
    tranche,
    pool,
    btc,
    usd,
    uniswap,
    liquidator,
    repayWithCollateral,
    facility: 1n,
    /** Block before which nothing of this was there. */
    firstBlock: created.blockNumber ?? 0,
    /** Sells collateral for loan asset. */
    salePath: pathOf([btcAddress, POOL_FEE, usdAddress]),
    /** The same for an exact output. */
    purchasePath: pathOf([usdAddress, POOL_FEE, btcAddress]),
    priceE36,
    toBtc: (text: string): bigint => parseUnits(text, collateralDecimals),
    toUsd: (text: string): bigint => parseUnits(text, loanDecimals),

    async setPrice(dollars: bigint): Promise<void> {
      await (await oracle.setPrice(priceE36(dollars))).wait();
    },

    /** Opens a loan with collateral minted for it. */
    async open(borrower: Signer, collateral: bigint, principal: bigint): Promise<bigint> {
      const who = await borrower.getAddress();
      await (await btc.mint(who, collateral)).wait();
      await (await btc.connect(borrower).approve(vault, collateral)).wait();
      salt += 1n;
      const id = (BigInt(who) << 96n) | (1n << 64n) | salt;
      await (await manager.connect(borrower).open(1n, salt, collateral, principal, who, "0x")).wait();
      return id;
    },
  };
}

export type World = Awaited<ReturnType<typeof deployWorld>>;
