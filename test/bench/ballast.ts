import { getCreateAddress, MaxUint256, ZeroAddress } from "ethers";
import { calldataSize, type Chain } from "./chain.js";
import { as, BTC, PRICE, setUpMarket, USD } from "./market.js";
import { deployOracle } from "./oracle.js";

export async function measureBallast(chain: Chain) {
  const { deploy, gas, ethers } = chain;
  const market = await setUpMarket(chain);
  const { admin, lender, alice, bob, liquidator, publisher, wbtc, usd } = market;

  const oracle = await deployOracle(chain, market);
  const access = await deploy("AccessManager", publisher);
  const engine = await deploy("LiquidationEngine");
  const manager = await deploy("LoanManager", access, engine);
  const vault = await deploy("CollateralVault", wbtc, manager);
  const nonce = await ethers.provider.getTransactionCount(publisher);
  const poolAddress = getCreateAddress({ from: publisher, nonce: nonce + 1 });
  const tranche = await deploy("Tranche", usd, poolAddress, manager, 0, "Senior", "SEN", 0, 0);
  const pool = await deploy("LendingPool", {
    ...{ asset: usd, manager, senior: tranche, junior: ZeroAddress, cover: ZeroAddress },
    ...{ queue: ZeroAddress, capital: ZeroAddress, authority: access },
    ...{ fixedRatePerSecond: 0, reserveFeeBps: 1_000, juniorSpreadBps: 0, coverPremiumBps: 0 },
  });
  await market.fund({ wbtc: vault, usd: [pool, tranche] });
  await as(admin, manager)(
    "createFacility",
    {
      pool,
      vault,
      oracle,
      gate: ZeroAddress,
      kind: 0,
      maxLtvBps: 8_000,
      lltvBps: 8_600,
      targetLtvBps: 7_800,
      incentiveMinBps: 100,
      incentiveMaxBps: 800,
      healthForMaxBps: 9_500,
      rampSeconds: 86_400,
      minDebt: 100n * USD,
      cap: 10n ** 15n,
      loanCap: 2n ** 96n - 1n,
    },
    1_000n * USD,
  );
  await as(lender, tranche)("deposit", 10_000_000n * USD, lender);
  await as(bob, manager)("open", 1, 1, 5n * BTC, 300_000n * USD, bob, "0x");

  const idOf = (who: string, salt: bigint) => (BigInt(who) << 96n) | (1n << 64n) | salt;
  const [aliceId, bobId] = [idOf(await alice.getAddress(), 7n), idOf(await bob.getAddress(), 1n)];
  const openArgs = [1, 7, 5n * BTC, 300_000n * USD, alice, "0x"] as const;
  const size = calldataSize(
    manager.interface.encodeFunctionData("open", [1, 7, 5n * BTC, 300_000n * USD, await alice.getAddress(), "0x"]),
  );

  const result = {
    openCalldata: size.bytes,
    openCalldataNonZero: size.nonZero,
    open: await gas(() => as(alice, manager)("open", ...openArgs)),
    draw: await gas(() => as(alice, manager)("draw", aliceId, 1_000n * USD, alice)),
    repay: await gas(() => as(alice, manager)("repay", aliceId, 1_000n * USD, "0x")),
    topUp: await gas(() => as(bob, manager)("topUp", bobId, BTC / 10n, "0x")),
    close: await gas(() => as(alice, manager)("close", aliceId, alice, "0x")),
    lend: await gas(() => as(lender, tranche)("deposit", 1_000n * USD, lender)),
    redeem: await gas(() => as(lender, tranche)("redeem", 10n ** 12n, lender, lender)),
    liquidate: 0,
  };
  await market.publish((PRICE * 675n) / 1_000n);
  result.liquidate = await gas(() => as(liquidator, manager)("liquidate", bobId, MaxUint256, 0, "0x"));
  return result;
}
