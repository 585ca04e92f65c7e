import { expect } from "chai";
import { expectNear } from "../support/near.js";
import type { JsonRpcProvider } from "ethers";
import { startDevnet, type Devnet } from "../../../devnet/index.js";
import { contract, describeDevnet, ERC20, open, wallet } from "./support.js";

const PRICE = 10n ** 8n;
const DOLLARS = 10n ** 6n;

const POOL = [
  "function observe(uint32[] secondsAgos) view returns (int56[] tickCumulatives, uint160[])",
  "function slot0() view returns (uint160, int24 tick, uint16, uint16 cardinality, uint16 next, uint8, bool)",
];
const FEED = [
  "function latestRoundData() view returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80)",
  "function publish(int256, uint256)",
];
const QUOTER = [
  "function quoteExactInputSingle((address tokenIn, address tokenOut, uint256 amountIn, uint24 fee, uint160 limit)) returns (uint256 amountOut, uint160, uint32, uint256)",
];
const SAFE = ["function getOwners() view returns (address[])", "function getThreshold() view returns (uint256)"];

describeDevnet("devnet: prices, market and Safe", () => {
  let devnet: Devnet;
  let l2: JsonRpcProvider;
  before(async () => {
    devnet = await startDevnet({ btcPrice: 8_000n * PRICE, startTime: 1_583_971_200n });
    l2 = open(devnet, "l2");
  });
  after(async () => {
    l2?.destroy();
    await devnet?.stop();
  });

  const averageTick = async (seconds: number) => {
    const pool = contract(devnet.info.uniswap.pool, POOL, l2);
    const { tickCumulatives } = (await pool.observe!([seconds, 0])) as unknown as { tickCumulatives: bigint[] };
    return Number(tickCumulatives[1]! - tickCumulatives[0]!) / seconds;
  };
  const tick = async () =>
    Number(((await contract(devnet.info.uniswap.pool, POOL, l2).slot0!()) as { tick: bigint }).tick);

  it("opens with fresh rounds on every feed, and rounds that only the publisher can add", async () => {
    for (const [name, answer] of [
      ["btcUsd", 8_000n * PRICE],
      ["wrapperBtc", PRICE],
      ["dollarUsd", PRICE],
    ] as const) {
      const round = (await contract(devnet.info.feeds[name], FEED, l2).latestRoundData!()) as {
        answer: bigint;
        updatedAt: bigint;
      };
      expect([round.answer, round.updatedAt]).to.deep.equal([answer, devnet.now()]);
    }
    await devnet.publishPrice("wrapperBtc", 99_500_000n, devnet.now() - 5n);
    const feed = contract(devnet.info.feeds.wrapperBtc, FEED, l2);
    const round = (await feed.latestRoundData!()) as { answer: bigint; updatedAt: bigint };
    expect([round.answer, round.updatedAt]).to.deep.equal([99_500_000n, devnet.now() - 5n]);
    const stranger = contract(devnet.info.feeds.wrapperBtc, FEED, wallet(l2, devnet.info.accounts.users[0]!));
    expect(await stranger.publish!.staticCall(1n, 1n).catch((error: unknown) => error)).to.be.instanceOf(Error);
  });

  it("holds 5 million dollars within 2 % of the price, to the percent", async () => {
    const { priceE8, depth } = await devnet.pool();
    expect(Number(priceE8)).to.be.closeTo(Number(8_000n * PRICE), Number(PRICE) / 1_000);
    expect(Number(depth)).to.be.closeTo(Number(5_000_000n * DOLLARS), Number(50_000n * DOLLARS));
  });

  it("answers for averages of half an hour from the start", async () => {
    expectNear(await averageTick(1_800), await tick(), 1);
  });

  it("lets the average lag behind a fall, and catch up", async () => {
    const before = await tick();
    await devnet.setTime(devnet.now() + 600n);
    const sold = await devnet.tradeToPrice(6_000n * PRICE);
    expect(sold.btc < 0n && sold.dollars > 0n).to.equal(true);
    const after = await tick();
    await devnet.setTime(devnet.now() + 900n);
    expectNear(await averageTick(1_800), (before + after) / 2, 2);
    await devnet.setTime(devnet.now() + 900n);
    expectNear(await averageTick(1_800), after, 2);
  });

  it("remembers every second of half an hour of trading", async () => {
    await devnet.setBlockTime("manual");
    for (let second = 0; second < 60; second++) {
      await devnet.setTime(devnet.now() + 1n);
      await devnet.tradeToPrice((second % 2 ? 6_000n : 5_990n) * PRICE);
    }
    await devnet.setBlockTime(0);
    const { cardinality } = (await contract(devnet.info.uniswap.pool, POOL, l2).slot0!()) as { cardinality: bigint };
    expect(cardinality).to.be.at.least(1_800n);
    expectNear(await averageTick(1_800), await tick(), 20);
  });

  it("follows a price path from 9,000 down to 3,000 and back, stopping at each price", async () => {
    for (const price of [9_000n, 5_000n, 3_000n, 8_000n]) {
      const { priceE8 } = await devnet.tradeToPrice(price * PRICE);
      expect(Number(priceE8)).to.be.closeTo(Number(price * PRICE), Number(PRICE) / 1_000);
      expect((await devnet.pool()).depth >= 2_900_000n * DOLLARS).to.equal(true);
    }
  });

  it("moves the price by about 2 % for half the depth sold, as the quoter says", async () => {
    const { tokens, uniswap } = devnet.info;
    const amountIn = (2_500_000n * PRICE) / 8_000n;
    const quoter = contract(uniswap.quoterV2, QUOTER, l2);
    const quote = (await quoter.quoteExactInputSingle!.staticCall({
      tokenIn: tokens.wrappedBtc.l2,
      tokenOut: tokens.dollar,
      amountIn,
      fee: uniswap.poolFee,
      limit: 0n,
    })) as { amountOut: bigint };
    const averagePrice = Number(quote.amountOut) / 1e6 / (Number(amountIn) / 1e8);
    expectNear(averagePrice, 8_000 * 0.99, 8_000 * 0.002);
  });

  it("gives accounts what they ask for", async () => {
    const to = devnet.info.accounts.users[3]!.address;
    const { tokens } = devnet.info;
    await devnet.fund(to, { eth: 7n, wrappedBtc: 11n, dollars: 13n });
    expect(await l2.getBalance(to)).to.equal(7n);
    expect(await contract(tokens.wrappedBtc.l2, ERC20, l2).balanceOf!(to)).to.equal(11n);
    expect(await contract(tokens.dollar, ERC20, l2).balanceOf!(to)).to.equal(13n);
  });

  it("has a Safe in which two of the three governors decide", async () => {
    const safe = contract(devnet.info.safe.governance, SAFE, l2);
    const owners = devnet.info.accounts.governors.map(({ address }) => address);
    expect([...((await safe.getOwners!()) as string[])]).to.deep.equal(owners);
    expect(await safe.getThreshold!()).to.equal(2n);
  });
});
