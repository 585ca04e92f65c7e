import { AbiCoder, keccak256 } from "ethers";
import { calldataSize, type Chain } from "./chain.js";
import { as, BTC, PRICE, setUpMarket, USD } from "./market.js";

const MORPHO = "@morpho-org/morpho-blue/src/Morpho.sol:Morpho";
const IRM = "@morpho-org/morpho-blue/src/mocks/IrmMock.sol:IrmMock";

export async function measureMorpho(chain: Chain) {
  const { deploy, gas } = chain;
  const market = await setUpMarket(chain);
  const { admin, lender, alice, bob, liquidator, publisher, wbtc, usd, btcFeed, quoteFeed } = market;

  const morpho = await deploy(MORPHO, publisher);
  const irm = await deploy(IRM);
  const oracle = await deploy("TwoFeedOracle", btcFeed, quoteFeed, (10n ** 36n * USD) / BTC);
  const lltv = 860_000_000_000_000_000n;
  const owner = as(admin, morpho);
  await owner("enableIrm", irm);
  await owner("enableLltv", lltv);
  const params = {
    loanToken: await usd.getAddress(),
    collateralToken: await wbtc.getAddress(),
    oracle: await oracle.getAddress(),
    irm: await irm.getAddress(),
    lltv,
  };
  await owner("createMarket", params);
  await market.fund({ wbtc: morpho, usd: [morpho] });
  await as(lender, morpho)("supply", params, 10_000_000n * USD, 0, lender, "0x");
  await as(bob, morpho)("supplyCollateral", params, 5n * BTC, bob, "0x");
  await as(bob, morpho)("borrow", params, 300_000n * USD, 0, bob, bob);

  const aliceAddress = await alice.getAddress();
  const supply = calldataSize(
    morpho.interface.encodeFunctionData("supplyCollateral", [params, 5n * BTC, aliceAddress, "0x"]),
  );
  const borrow = calldataSize(
    morpho.interface.encodeFunctionData("borrow", [params, 300_000n * USD, 0, aliceAddress, aliceAddress]),
  );

  const user = as(alice, morpho);
  const result = {
    openCalldata: supply.bytes + borrow.bytes,
    openCalldataNonZero: supply.nonZero + borrow.nonZero,
    supplyCollateral: await gas(() => user("supplyCollateral", params, 5n * BTC, alice, "0x")),
    borrow: await gas(() => user("borrow", params, 300_000n * USD, 0, alice, alice)),
    borrowMore: await gas(() => user("borrow", params, 1_000n * USD, 0, alice, alice)),
    repayPart: await gas(() => user("repay", params, 1_000n * USD, 0, alice, "0x")),
    topUp: await gas(() => as(bob, morpho)("supplyCollateral", params, BTC / 10n, bob, "0x")),
    repay: 0,
    withdrawCollateral: 0,
    lend: 0,
    withdraw: 0,
    liquidate: 0,
  };
  const position = await morpho.getFunction("position").staticCallResult(marketIdOf(params), aliceAddress);
  const shares = position.getValue("borrowShares") as bigint;
  result.repay = await gas(() => user("repay", params, 0, shares, alice, "0x"));
  result.withdrawCollateral = await gas(() => user("withdrawCollateral", params, 5n * BTC, alice, alice));
  result.lend = await gas(() => as(lender, morpho)("supply", params, 1_000n * USD, 0, lender, "0x"));
  result.withdraw = await gas(() => as(lender, morpho)("withdraw", params, 1_000n * USD, 0, lender, lender));
  // The same price and the same part of the loan as ours sells: about half of it.
  await market.publish((PRICE * 675n) / 1_000n);
  result.liquidate = await gas(() => as(liquidator, morpho)("liquidate", params, bob, 2n * BTC, 0, "0x"));
  return result;
}

/** The peer's market id: the hash of its five parameters. */
function marketIdOf(params: { loanToken: string; collateralToken: string; oracle: string; irm: string; lltv: bigint }) {
  const { loanToken, collateralToken, oracle, irm, lltv } = params;
  const types = ["address", "address", "address", "address", "uint256"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [loanToken, collateralToken, oracle, irm, lltv]));
}
