import { encodeFunctionData, maxUint256, parseAbi, parseEventLogs, zeroAddress, type Address } from "viem";
import { signer, type DevnetAccount } from "./accounts.js";
import { shipped } from "./artifacts.js";
import { DevnetError } from "./errors.js";
import { predeploys } from "./opContracts.js";
import {
  amountsFor,
  depthOfLiquidity,
  liquidityForDepth,
  priceE8Of,
  sqrtPriceX96,
  tickAt,
  widestTicks,
} from "./poolMaths.js";
import type { Rollup } from "./rollup.js";
import type { Tokens } from "./tokens.js";

export interface Uniswap {
  factory: Address;
  positionManager: Address;
  swapRouter: Address;
  quoterV2: Address;
  /** wrapped BTC / dollar */
  pool: Address;
  /** hundredths of a basis point */
  poolFee: number;
  /** wrapped BTC is the pool's token0 */
  btcIsToken0: boolean;
}

export interface PoolOptions {
  /** hundredths of a basis point: 500 is 0.05 %, 3000 is 0.3 % */
  fee: 500 | 3000;
  /** dollar units (6 decimals): value of both tokens within 2 % of the first price */
  depth: bigint;
  /** dollars per BTC, 8 decimals: the range in which liquidity is the same everywhere */
  lowest: bigint;
  highest: bigint;
}

const TICK_SPACING = { 500: 10, 3000: 60 } as const;
/** Seconds of averages the pool can always answer for: one observation a second. */
const OBSERVATIONS = 1_900;
/** New observation slots a transaction: 22,000 gas each, and a transaction has to stay below 16,777,216. */
const OBSERVATIONS_A_CALL = 500;
const SWAP_GAS = 1_000_000n;
/** In smallest units of either token. */
const MORE_THAN_ENOUGH = 10n ** 30n;
/** Outside the range a hundredth of the liquidity stays, so that no price finds the pool empty. */
const BACKSTOP = 100n;

const factoryAbi = parseAbi(["function getPool(address, address, uint24) view returns (address)"]);
const managerAbi = parseAbi([
  "struct Mint { address token0; address token1; uint24 fee; int24 tickLower; int24 tickUpper; uint256 amount0Desired; uint256 amount1Desired; uint256 amount0Min; uint256 amount1Min; address recipient; uint256 deadline; }",
  "function createAndInitializePoolIfNecessary(address token0, address token1, uint24 fee, uint160 sqrtPriceX96) payable returns (address)",
  "function mint(Mint params) payable returns (uint256, uint128, uint256, uint256)",
]);
const poolAbi = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)",
  "function liquidity() view returns (uint128)",
  "function increaseObservationCardinalityNext(uint16 observationCardinalityNext)",
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
]);
const routerAbi = parseAbi([
  "struct Swap { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }",
  "function exactInputSingle(Swap params) payable returns (uint256)",
]);
const approveAbi = parseAbi(["function approve(address spender, uint256 amount) returns (bool)"]);

const artifact = (name: string) => shipped(`@uniswap/${name}.json`);

/** How much of each token `openPool` will take, generously rounded up: whoever calls it must hold that. */
export function inventoryFor(priceE8: bigint, options: PoolOptions): { btc: bigint; dollars: bigint } {
  const order = { btcIsToken0: true };
  const { amount0, amount1 } = mainAmounts(priceE8, options, order);
  return { btc: amount0 * 2n, dollars: amount1 * 2n };
}

/** Deploys the genuine factory, position manager, router and quoter, and a pool that is ready to be traded and read. */
export async function deployUniswap(
  rollup: Rollup,
  tokens: Tokens,
  deployer: DevnetAccount,
  marketMaker: DevnetAccount,
  priceE8: bigint,
  options: PoolOptions,
): Promise<Uniswap> {
  const { l2 } = rollup;
  const from = signer(deployer);
  const factory = await l2.deploy(from, artifact("v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory"));
  const periphery = (path: string, args: unknown[]) =>
    l2.deploy(from, artifact(`v3-periphery/artifacts/contracts/${path}`), args);
  const weth = predeploys.weth;
  // The position manager's third argument draws pictures of positions, which nothing here needs.
  const positionManager = await periphery("NonfungiblePositionManager.sol/NonfungiblePositionManager", [
    factory,
    weth,
    zeroAddress,
  ]);
  const swapRouter = await periphery("SwapRouter.sol/SwapRouter", [factory, weth]);
  const quoterV2 = await periphery("lens/QuoterV2.sol/QuoterV2", [factory, weth]);

  const btc = tokens.wrappedBtc.l2;
  const order = { btcIsToken0: BigInt(btc) < BigInt(tokens.dollar) };
  const [token0, token1] = order.btcIsToken0 ? [btc, tokens.dollar] : [tokens.dollar, btc];
  await l2.send(from, {
    to: positionManager,
    data: encodeFunctionData({
      abi: managerAbi,
      functionName: "createAndInitializePoolIfNecessary",
      args: [token0, token1, options.fee, sqrtPriceX96(priceE8, order)],
    }),
  });
  const pool = await l2.client.readContract({
    address: factory,
    abi: factoryAbi,
    functionName: "getPool",
    args: [token0, token1, options.fee],
  });
  const uniswap = { factory, positionManager, swapRouter, quoterV2, pool, poolFee: options.fee, ...order };

  for (const token of [token0, token1])
    for (const spender of [positionManager, swapRouter])
      await l2.send(signer(marketMaker), {
        to: token,
        data: encodeFunctionData({ abi: approveAbi, functionName: "approve", args: [spender, maxUint256] }),
      });
  await provideLiquidity(rollup, uniswap, [token0, token1], marketMaker, priceE8, options);
  for (let count = OBSERVATIONS_A_CALL; count < OBSERVATIONS + OBSERVATIONS_A_CALL; count += OBSERVATIONS_A_CALL)
    await l2.send(from, {
      to: pool,
      data: encodeFunctionData({
        abi: poolAbi,
        functionName: "increaseObservationCardinalityNext",
        args: [Math.min(count, OBSERVATIONS)],
      }),
    });
  return uniswap;
}

/** The same liquidity over the whole range, so that depth is steady along a price path, and a thin backstop beyond it. */
async function provideLiquidity(
  { l2 }: Rollup,
  { positionManager, ...order }: Uniswap,
  [token0, token1]: [Address, Address],
  marketMaker: DevnetAccount,
  priceE8: bigint,
  options: PoolOptions,
): Promise<void> {
  const spacing = TICK_SPACING[options.fee];
  const backstop = amountsFor(
    liquidityForDepth(priceE8, options.depth) / BACKSTOP,
    sqrtPriceX96(priceE8, order),
    widestTicks(spacing),
  );
  const positions = [
    { ticks: rangeTicks(options, order), ...mainAmounts(priceE8, options, order) },
    { ticks: widestTicks(spacing), ...backstop },
  ];
  for (const { ticks, amount0, amount1 } of positions)
    await l2.send(signer(marketMaker), {
      to: positionManager,
      data: encodeFunctionData({
        abi: managerAbi,
        functionName: "mint",
        args: [
          {
            ...{ token0, token1, fee: options.fee, tickLower: ticks[0], tickUpper: ticks[1] },
            ...{ amount0Desired: amount0, amount1Desired: amount1, amount0Min: 0n, amount1Min: 0n },
            ...{ recipient: marketMaker.address, deadline: maxUint256 },
          },
        ],
      }),
    });
}

function mainAmounts(priceE8: bigint, options: PoolOptions, order: { btcIsToken0: boolean }) {
  const whole = liquidityForDepth(priceE8, options.depth);
  const liquidity = whole - whole / BACKSTOP;
  return amountsFor(liquidity, sqrtPriceX96(priceE8, order), rangeTicks(options, order));
}

function rangeTicks({ lowest, highest, fee }: PoolOptions, order: { btcIsToken0: boolean }): [number, number] {
  const ticks = [tickAt(lowest, order, TICK_SPACING[fee]), tickAt(highest, order, TICK_SPACING[fee])];
  return [Math.min(...ticks), Math.max(...ticks)];
}

export interface PoolState {
  /** dollars per BTC, 8 decimals */
  priceE8: bigint;
  /** dollar units: value of both tokens within 2 % of the price */
  depth: bigint;
  observationCardinality: number;
}

export async function readPool({ l2 }: Rollup, uniswap: Uniswap): Promise<PoolState> {
  const contract = { address: uniswap.pool, abi: poolAbi } as const;
  const [slot0, liquidity] = await Promise.all([
    l2.client.readContract({ ...contract, functionName: "slot0" }),
    l2.client.readContract({ ...contract, functionName: "liquidity" }),
  ]);
  const priceE8 = priceE8Of(slot0[0], uniswap);
  return { priceE8, depth: depthOfLiquidity(priceE8, liquidity), observationCardinality: slot0[3] };
}

export interface Arbitrage {
  /** satoshis: positive bought, negative sold */
  btc: bigint;
  /** dollar units: positive received, negative paid */
  dollars: bigint;
  priceE8: bigint;
}

/**
 * Trades the pool to a price through the router, as arbitrage would; the trade stops at the price, whatever its size.
 * The trader pays the pool's fee like anyone.
 */
export async function tradeToPrice(
  rollup: Rollup,
  uniswap: Uniswap,
  tokens: Tokens,
  trader: DevnetAccount,
  priceE8: bigint,
): Promise<Arbitrage> {
  const { l2 } = rollup;
  const btc = tokens.wrappedBtc.l2;
  const target = sqrtPriceX96(priceE8, uniswap);
  const [current] = await l2.client.readContract({ address: uniswap.pool, abi: poolAbi, functionName: "slot0" });
  if (target === current) return { btc: 0n, dollars: 0n, priceE8: priceE8Of(current, uniswap) };
  // Selling token0 lowers the pool's price, selling token1 raises it.
  const sellsBtc = target < current === uniswap.btcIsToken0;
  const [tokenIn, tokenOut] = sellsBtc ? [btc, tokens.dollar] : [tokens.dollar, btc];
  const receipt = await l2.send(signer(trader), {
    to: uniswap.swapRouter,
    gas: SWAP_GAS,
    data: encodeFunctionData({
      abi: routerAbi,
      functionName: "exactInputSingle",
      args: [
        {
          ...{ tokenIn, tokenOut, fee: uniswap.poolFee, recipient: trader.address, deadline: maxUint256 },
          // Only what the trade to the limit takes is pulled.
          ...{ amountIn: MORE_THAN_ENOUGH, amountOutMinimum: 0n, sqrtPriceLimitX96: target },
        },
      ],
    }),
  });
  const [swap] = parseEventLogs({ abi: poolAbi, logs: receipt.logs });
  if (!swap) throw new DevnetError(`L2 transaction ${receipt.transactionHash} swapped nothing.`);
  const { amount0, amount1, sqrtPriceX96: reached } = swap.args;
  // The pool's gain is the trader's loss.
  const [btcGained, dollarsGained] = uniswap.btcIsToken0 ? [-amount0, -amount1] : [-amount1, -amount0];
  return { btc: btcGained, dollars: dollarsGained, priceE8: priceE8Of(reached, uniswap) };
}
