import { type BaseContract, ContractFactory, type Signer } from "ethers";
import hre from "hardhat";
import type { Liquidator, ProtectionOrders, RepayWithCollateral } from "../../../../types/ethers-contracts/index.js";
import { addFacility, deployCore } from "../../fixtures/market.js";
import { Uniswap, pathOf } from "./uniswap.js";

export const POOL_FEE = 3000;

async function deploy<T extends BaseContract>(name: string, signer: Signer, ...args: unknown[]): Promise<T> {
  const { abi, bytecode } = await hre.artifacts.readArtifact(name);
  const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
  await contract.waitForDeployment();
  return contract as T;
}

export interface WorldOptions {
  /** Whole dollars for one bitcoin at the start. */
  readonly price?: bigint;
  /** Whole dollars on each side of the Uniswap pool. */
  readonly depth?: bigint;
  /** WAD a second; the adaptive curve otherwise. */
  readonly fixedRatePerSecond?: bigint;
}

/**
 * One facility (maxLtv 70 %, lltv 80 %, target 65 %) with 20 million dollars to lend, the genuine Uniswap v3 with a pool of the
 * pair, and the periphery; one account owns everything. The signer may be Hardhat's own or any node's.
 */
export async function deployWorld(
  owner: Signer,
  { price = 8000n, depth = 5_000_000n, fixedRatePerSecond = 0n }: WorldOptions = {},
) {
  const market = await addFacility(await deployCore(owner), {
    price,
    fixedRatePerSecond,
    terms: { maxLtvBps: 7000, lltvBps: 8000, targetLtvBps: 6500 },
  });
  const { manager, termManager, collateral, loan } = market;
  await market.lend(owner, market.cash(20_000_000n));

  const uniswap = await Uniswap.deploy(owner);
  await uniswap.makePool(collateral, loan, POOL_FEE, market.priceE36(price), market.cash(depth));
  const me = await owner.getAddress();
  const [collateralAddress, loanAddress] = [await collateral.getAddress(), await loan.getAddress()];
  return {
    ...market,
    owner,
    uniswap,
    liquidator: await deploy<Liquidator>("Liquidator", owner, manager, termManager, uniswap.router, me),
    repayWithCollateral: await deploy<RepayWithCollateral>(
      "RepayWithCollateral",
      owner,
      manager,
      termManager,
      uniswap.factory,
    ),
    protectionOrders: await deploy<ProtectionOrders>("ProtectionOrders", owner, manager, termManager, uniswap.factory),
    /** Sells collateral for the loan asset. */
    salePath: pathOf([collateralAddress, POOL_FEE, loanAddress]),
    /** The same for an exact output. */
    purchasePath: pathOf([loanAddress, POOL_FEE, collateralAddress]),
  };
}

export type World = Awaited<ReturnType<typeof deployWorld>>;
