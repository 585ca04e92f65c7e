// What asking for a price costs a transaction that has touched nothing yet: DESIGN's figure for `open` counts on it.
import { expect } from "chai";
import { type BaseContract } from "ethers";
import { network } from "hardhat";

const INTRINSIC = 21_000n + 4n * 16n;
/** The surcharge for an account a transaction meets for the first time; a transaction's own target is exempt from it. */
const COLD_ACCOUNT = 2_600n;
const ABSENT = { feed: `0x${"0".repeat(40)}`, heartbeat: 0, buffer: 0, minAnswer: 0n, maxAnswer: 0n };

async function oracles() {
  const { ethers, networkHelpers } = await network.create({ network: "op", chainType: "op" });
  const [sender] = await ethers.getSigners();
  if (sender === undefined) throw new Error("the test network has funded accounts");
  const now = await networkHelpers.time.latest();

  async function feed(decimals: number, answer: bigint, at = now) {
    const deployed = await ethers.deployContract("FaultFeed", [decimals]);
    await (await deployed.getFunction("publish")(answer, at)).wait();
    return deployed.getAddress();
  }
  const leg = (address: string, minAnswer: bigint, maxAnswer: bigint) => ({
    feed: address,
    heartbeat: 86_400,
    buffer: 600,
    minAnswer,
    maxAnswer,
  });
  const btcUsd = leg(await feed(8, 60_000n * 10n ** 8n), 10n ** 11n, 10n ** 15n);
  const wrapperBtc = leg(await feed(8, 10n ** 8n), 5n * 10n ** 7n, 2n * 10n ** 8n);
  const loanUsd = leg(await feed(8, 10n ** 8n), 5n * 10n ** 7n, 2n * 10n ** 8n);
  const sequencer = await feed(0, 0n, now - 30 * 86_400);
  const source = await ethers.deployContract("FaultSource");
  const sourceAddress = await source.getAddress();
  await (await source.getFunction("set")(600n * 10n ** 36n)).wait();

  const base = {
    legs: {
      collateralAsset: await ethers.deployContract("MockToken", ["Wrapped BTC", "WBTC", 8]),
      loanAsset: await ethers.deployContract("MockToken", ["Dollar", "USD", 6]),
      btcUsd: ABSENT,
      wrapperBtc: ABSENT,
      wrapperUsd: ABSENT,
      loanUsd,
      loanAtPar: false,
    },
    sequencer: { feed: sequencer, cap: 3_600 },
    secondSource: { source: ABSENT.feed, limitWad: 0n, cap: 0 },
    reserves: { reservesFeed: ABSENT.feed, supplyFeed: ABSENT.feed, reservesMaxAge: 0, supplyMaxAge: 0 },
    sanity: { minWad: 50_000n * 10n ** 18n, maxWad: 70_000n * 10n ** 18n },
  };
  const twoFeeds = { ...base, legs: { ...base.legs, wrapperUsd: btcUsd } };
  const threeFeeds = { ...base, legs: { ...base.legs, btcUsd, wrapperBtc } };
  const withSecond = { ...threeFeeds, secondSource: { source: sourceAddress, limitWad: 2n * 10n ** 16n, cap: 7_200 } };

  /** Gas of the call as another contract would pay it, all accounts and slots cold. */
  async function coldCall(target: BaseContract, question: string): Promise<bigint> {
    const data = target.interface.encodeFunctionData(question);
    const receipt = await (await sender!.sendTransaction({ to: target, data, gasLimit: 1_000_000n })).wait();
    if (receipt === null) throw new Error("the transaction was not mined");
    return receipt.gasUsed - INTRINSIC + COLD_ACCOUNT;
  }

  async function cost(config: typeof base, question: string): Promise<bigint> {
    const oracle = await ethers.deployContract("PriceOracle", [config]);
    return coldCall(oracle, question);
  }
  async function feedCost(): Promise<bigint> {
    return coldCall(await ethers.getContractAt("FaultFeed", btcUsd.feed), "latestRoundData");
  }
  return { cost, feedCost, twoFeeds, threeFeeds, withSecond };
}

describe("oracle: cost of a cold price", () => {
  it("with two feeds and the sequencer's: the feeds' own cost and at most 2,400 for all the checks", async () => {
    const { cost, feedCost, twoFeeds, threeFeeds, withSecond } = await oracles();
    const feed = await feedCost();
    const two = await cost(twoFeeds, "borrowPrice");
    const three = await cost(threeFeeds, "borrowPrice");
    const second = await cost(withSecond, "borrowPrice");
    const sale = await cost(threeFeeds, "liquidationPrice");
    console.log(
      `      a feed of two slots ${feed}; borrowPrice: two feeds ${two}, three feeds ${three}, three and a second source` +
        ` ${second}; liquidationPrice: three feeds ${sale}`,
    );
    const checks = two - COLD_ACCOUNT - 3n * feed;
    expect(checks <= 2_400n, `the checks of two feeds and a sequencer cost ${checks}`).to.equal(true);
    expect(three - two <= feed + 550n, `a third feed costs ${three - two}, reading it ${feed}`).to.equal(true);
    // Most of a second source's cost is its own: an account and two slots here.
    expect(second - three <= 8_000n, `a second source costs ${second - three}`).to.equal(true);
    expect(sale <= three + 200n, `liquidationPrice costs ${sale}, borrowPrice ${three}`).to.equal(true);
  });
});
