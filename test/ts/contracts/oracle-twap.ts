// The second source against the genuine Uniswap v3 pool: its price must equal one computed here, from the ticks the pool was
// seen at and exact integer arithmetic, for both orders of the tokens.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "chai";
import { type BaseContract, type Contract } from "ethers";
import { network } from "hardhat";
import { squareRootDown } from "../../../sdk/model/index.js";

const require = createRequire(import.meta.url);
const E36 = 10n ** 36n;
const MAX_UINT128 = 2n ** 128n - 1n;
const FEE = 500;
const TICK_SPACING = 10;
const WINDOW = 600;
const BEFORE = "2026-01-01T00:00:00Z";
const START = 1_900_000_000;

interface Artifact {
  abi: string;
  bytecode: string;
}

function uniswap(path: string): Artifact {
  const [repository, name] = path.split("/") as [string, string];
  const file = require.resolve(`@uniswap/v3-${repository}/artifacts/contracts/${name}.sol/${name}.json`);
  const { abi, bytecode } = JSON.parse(readFileSync(file, "utf8")) as { abi: object; bytecode: string };
  return { abi: JSON.stringify(abi), bytecode };
}

/** 1.0001^tick × 1e36 as an exact rational, rounded down. */
function exactPriceE36(tick: number): bigint {
  const [up, down] = tick >= 0 ? [10_001n, 10_000n] : [10_000n, 10_001n];
  const exponent = BigInt(Math.abs(tick));
  return (E36 * up ** exponent) / down ** exponent;
}

/** The pool's starting price a little above the tick, so that rounding cannot put it below. */
function sqrtPriceX96(tick: number): bigint {
  const [up, down] = tick >= 0 ? [10_001n, 10_000n] : [10_000n, 10_001n];
  const exponent = BigInt(Math.abs(tick));
  return squareRootDown((((1n << 192n) * up ** exponent) / down ** exponent / 1_000_000n) * 1_000_001n);
}

/** Floor division, where JavaScript's truncates. */
function floorDiv(a: bigint, b: bigint): bigint {
  return a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);
}

function relativeError(actual: bigint, exact: bigint): number {
  const apart = actual > exact ? actual - exact : exact - actual;
  return Number((apart * 10n ** 18n) / exact) / 1e18;
}

async function chain() {
  const { ethers, networkHelpers } = await network.create({
    network: "op",
    chainType: "op",
    override: { initialDate: BEFORE },
  });
  const [owner] = await ethers.getSigners();
  if (owner === undefined) throw new Error("the test network has funded accounts");
  const { time } = networkHelpers;
  await time.increaseTo(START);

  async function deployArtifact(path: string, ...args: unknown[]): Promise<Contract> {
    const { abi, bytecode } = uniswap(path);
    const deployed = await new ethers.ContractFactory(abi, bytecode, owner).deploy(...args);
    await deployed.waitForDeployment();
    return new ethers.Contract(await deployed.getAddress(), abi, owner);
  }

  /** Two tokens whose addresses are in the order asked for. */
  async function tokens(collateralIsToken0: boolean) {
    for (;;) {
      const collateral = await ethers.deployContract("MockToken", ["Wrapped BTC", "WBTC", 8]);
      const loan = await ethers.deployContract("MockToken", ["Dollar", "USD", 6]);
      const [a, b] = [BigInt(await collateral.getAddress()), BigInt(await loan.getAddress())];
      if (a < b === collateralIsToken0) return { collateral, loan };
    }
  }

  async function send(contract: BaseContract, name: string, ...args: unknown[]): Promise<void> {
    const sent = (await contract.getFunction(name)(...args)) as { wait(): Promise<unknown> };
    await sent.wait();
  }

  async function newPool(factory: Contract, collateral: BaseContract, loan: BaseContract, fee: number, tick: number) {
    await send(factory, "createPool", collateral, loan, fee);
    const address = (await factory.getFunction("getPool")(collateral, loan, fee)) as string;
    const pool = new ethers.Contract(address, uniswap("core/UniswapV3Pool").abi, owner);
    await send(pool, "initialize", sqrtPriceX96(tick));
    return pool;
  }

  async function source(pool: Contract, collateral: BaseContract, loan: BaseContract, window = WINDOW) {
    return ethers.deployContract("UniswapV3TwapSource", [pool, collateral, loan, window]);
  }

  async function tickOf(pool: Contract): Promise<number> {
    const { tick } = (await pool.getFunction("slot0")()) as { tick: bigint };
    return Number(tick);
  }

  /** A pool with liquidity near a price of 60,000, memory for the window, and a trader. */
  async function market(collateralIsToken0: boolean) {
    const { collateral, loan } = await tokens(collateralIsToken0);
    const factory = await deployArtifact("core/UniswapV3Factory");
    const positions = await deployArtifact(
      "periphery/NonfungiblePositionManager",
      factory,
      ethers.ZeroAddress,
      ethers.ZeroAddress,
    );
    const router = await deployArtifact("periphery/SwapRouter", factory, ethers.ZeroAddress);
    for (const token of [collateral, loan]) {
      await send(token, "mint", owner, 10n ** 18n);
      await send(token, "approve", positions, 10n ** 18n);
      await send(token, "approve", router, 10n ** 18n);
    }
    // 600 units for a satoshi: ln 600 / ln 1.0001
    const startTick = collateralIsToken0 ? 63_973 : -63_973;
    const pool = await newPool(factory, collateral, loan, FEE, startTick);
    await send(pool, "increaseObservationCardinalityNext", 100);
    const [token0, token1] = collateralIsToken0 ? [collateral, loan] : [loan, collateral];
    const middle = Math.round(startTick / TICK_SPACING) * TICK_SPACING;
    await send(positions, "mint", {
      token0,
      token1,
      fee: FEE,
      tickLower: middle - 10_000,
      tickUpper: middle + 10_000,
      amount0Desired: collateralIsToken0 ? 100n * 10n ** 8n : 6_000_000n * 10n ** 6n,
      amount1Desired: collateralIsToken0 ? 6_000_000n * 10n ** 6n : 100n * 10n ** 8n,
      amount0Min: 0n,
      amount1Min: 0n,
      recipient: owner,
      deadline: MAX_UINT128,
    });

    /** What the pool's tick was from when on, as seen from outside. */
    const seen: { from: number; tick: number }[] = [];
    async function look(): Promise<void> {
      seen.push({ from: await time.latest(), tick: await tickOf(pool) });
    }
    await look();

    /** Sells `amount` of collateral (or of dollars) in a block at `second`. */
    async function trade(second: number, sellsCollateral: boolean, amount: bigint): Promise<void> {
      await time.setNextBlockTimestamp(second);
      const [tokenIn, tokenOut] = sellsCollateral ? [collateral, loan] : [loan, collateral];
      await send(router, "exactInputSingle", {
        tokenIn,
        tokenOut,
        fee: FEE,
        recipient: owner,
        deadline: MAX_UINT128,
        amountIn: amount,
        amountOutMinimum: 0n,
        sqrtPriceLimitX96: 0n,
      });
      await look();
    }

    /** Sum of tick × seconds over the window before `second`, from the ticks seen. */
    function meanTickDown(second: number, window: number): bigint {
      let sum = 0n;
      for (const [index, { from, tick }] of seen.entries()) {
        const until = Math.min(seen[index + 1]?.from ?? second, second);
        const since = Math.max(from, second - window);
        if (until > since) sum += BigInt(tick) * BigInt(until - since);
      }
      return floorDiv(collateralIsToken0 ? sum : -sum, BigInt(window));
    }

    return { collateral, loan, pool, trade, meanTickDown, startTick };
  }

  return { ethers, time, tokens, deployArtifact, send, newPool, source, market, tickOf };
}

describe("oracle: the time-weighted price of a Uniswap v3 pool", () => {
  for (const collateralIsToken0 of [true, false]) {
    const order = collateralIsToken0 ? "collateral is token0" : "collateral is token1";

    it(`equals an independent computation over a history of real swaps (${order})`, async () => {
      const { time, source, market } = await chain();
      const { collateral, loan, pool, trade, meanTickDown } = await market(collateralIsToken0);
      const twap = await source(pool, collateral, loan);
      const long = await source(pool, collateral, loan, 3 * WINDOW);
      expect(await twap.getFunction("COLLATERAL_IS_TOKEN0")()).to.equal(collateralIsToken0);

      let second = (await time.latest()) + 3 * WINDOW;
      const ticks = new Set<bigint>();
      const swaps: [after: number, sellsCollateral: boolean, amount: bigint][] = [
        [0, true, 3n * 10n ** 8n],
        [120, true, 10n ** 8n / 7n],
        [121, true, 11n * 10n ** 8n],
        [2, false, 900_000n * 10n ** 6n],
        [333, false, 123_456_789n],
        [47, true, 5n * 10n ** 8n],
        [600, false, 50_000n * 10n ** 6n],
        [59, true, 40n * 10n ** 8n],
      ];
      for (const [after, sellsCollateral, amount] of swaps) {
        second += after;
        await trade(second, sellsCollateral, amount);
        for (const wait of [0, 1, 77]) {
          if (wait !== 0) await time.increaseTo((second += wait));
          for (const [contract, window] of [
            [twap, WINDOW],
            [long, 3 * WINDOW],
          ] as const) {
            const tick = meanTickDown(second, window);
            ticks.add(tick);
            expect(await contract.getFunction("meanTickDown")()).to.equal(tick);
            const price = (await contract.getFunction("price")()) as bigint;
            expect(relativeError(price, exactPriceE36(Number(tick)))).to.be.lessThan(1e-15);
          }
        }
      }
      // A history that never moved the mean would prove nothing.
      expect(ticks.size).to.be.greaterThan(30);
    });

    it(`is the price in dollars, the right way up (${order})`, async () => {
      const { time, source, market } = await chain();
      const { collateral, loan, pool } = await market(collateralIsToken0);
      const twap = await source(pool, collateral, loan);
      await time.increase(WINDOW);
      // 60,000 dollars of 6 decimals for 1e8 satoshi, within the tick it was rounded to.
      expect(relativeError((await twap.getFunction("price")()) as bigint, 600n * E36)).to.be.lessThan(1.5e-4);
    });
  }

  it("fault C6: a trade moves nothing in its own second, and by its share of the window after it", async () => {
    const { time, source, market } = await chain();
    const { collateral, loan, pool, trade, startTick } = await market(true);
    const twap = await source(pool, collateral, loan);
    const second = (await time.latest()) + 2 * WINDOW;
    await time.increaseTo(second - 1);
    expect(await twap.getFunction("meanTickDown")()).to.equal(BigInt(startTick));
    await trade(second, true, 60n * 10n ** 8n);
    const { tick } = (await pool.getFunction("slot0")()) as { tick: bigint };
    // The pool itself is now far away…
    expect(Number(tick)).to.be.lessThan(startTick - 3_000);
    // …the average is where it was…
    expect(await twap.getFunction("meanTickDown")()).to.equal(BigInt(startTick));
    // …and two seconds later has gone 2/600 of the way.
    await time.increaseTo(second + 2);
    const expected = floorDiv(tick * 2n + BigInt(startTick) * BigInt(WINDOW - 2), BigInt(WINDOW));
    expect(await twap.getFunction("meanTickDown")()).to.equal(expected);
  });

  it("has no price while the pool does not remember the window", async () => {
    const { ethers, time, source, market } = await chain();
    const { collateral, loan, pool } = await market(true);
    const twap = await source(pool, collateral, loan, 86_400);
    await expect(twap.getFunction("price").staticCall()).to.be.revert(ethers);
    await time.increase(86_400);
    expect(await twap.getFunction("meanTickDown")()).to.equal(63_973n);
  });

  it("is silenced by back-and-forth over a tick every second where the pool keeps no more observations than the window has seconds", async () => {
    const { ethers, time, source, market } = await chain();
    const { collateral, loan, pool, trade } = await market(true);
    const short = await source(pool, collateral, loan, 99);
    const long = await source(pool, collateral, loan, 100);
    const start = (await time.latest()) + WINDOW;
    // Twice round the pool's memory of 100 observations; a trade within a tick would leave none.
    for (let second = start; second < start + 200; ++second) {
      const sells = second % 2 === 0;
      await trade(second, sells, sells ? 10n ** 8n / 5n : 12_000n * 10n ** 6n);
    }
    expect(await short.getFunction("price")()).to.be.greaterThan(0n);
    await expect(long.getFunction("price").staticCall()).to.be.revert(ethers);
  });

  it("fault C39: refuses a pool of other tokens, and a window of nothing", async () => {
    const { source, market, tokens } = await chain();
    const { collateral, loan, pool } = await market(true);
    const twap = await source(pool, collateral, loan);
    const stranger = (await tokens(true)).loan;
    await expect(source(pool, collateral, stranger)).to.be.revertedWithCustomError(twap, "TokensNotInPool");
    await expect(source(pool, collateral, collateral)).to.be.revertedWithCustomError(twap, "TokensNotInPool");
    await expect(source(pool, collateral, loan, 0)).to.be.revertedWithCustomError(twap, "WindowZero");
  });

  it("turns ticks into prices within 1e-15 over the pool's whole range", async () => {
    const { time, deployArtifact, send, newPool, source, tokens, tickOf } = await chain();
    const { collateral, loan } = await tokens(true);
    const factory = await deployArtifact("core/UniswapV3Factory");
    const wanted = [0, 1, -1, 2, 255, -256, 4_095, 63_973, -63_973, 230_270, -230_270, 414_486, 887_200];
    const pools: Contract[] = [];
    for (const [index, tick] of wanted.entries()) {
      const fee = 10_001 + index;
      await send(factory, "enableFeeAmount", fee, 1);
      pools.push(await newPool(factory, collateral, loan, fee, tick));
    }
    await time.increase(WINDOW);
    for (const [index, pool] of pools.entries()) {
      const tick = await tickOf(pool);
      expect(tick).to.equal(wanted[index]);
      const straight = (await (await source(pool, collateral, loan)).getFunction("price")()) as bigint;
      const inverse = (await (await source(pool, loan, collateral)).getFunction("price")()) as bigint;
      for (const [price, exact] of [
        [straight, exactPriceE36(tick)],
        [inverse, exactPriceE36(-tick)],
      ] as const) {
        const apart = price > exact ? price - exact : exact - price;
        // Where the price is so small that 1e-36 is a large part of it, the last unit is all there is.
        expect(apart <= 1n + exact / 10n ** 15n, `tick ${tick}: ${price} is not ${exact}`).to.equal(true);
      }
    }
  });
});
