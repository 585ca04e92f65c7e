import { Interface } from "ethers";

/** What a Uniswap v3 pool logs of each swap; amounts from the pool's side, positive into it. */
export const swapEvents = new Interface([
  "event Swap(address indexed sender, address indexed recipient, int256 amount0, int256 amount1, uint160 sqrtPriceX96, uint128 liquidity, int24 tick)",
]);
