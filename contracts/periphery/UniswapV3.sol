// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the periphery uses of Uniswap v3, and no more of it.
/// @notice A path is `token ‖ fee ‖ token ‖ …`, 20 and 3 bytes: from what is sold to what is bought for an exact input, the other
/// way round for an exact output.
interface IUniswapV3Router {
    struct ExactInputParams {
        bytes path;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
    }

    function exactInput(ExactInputParams calldata params) external payable returns (uint256 amountOut);
}

interface IUniswapV3Factory {
    /// @return pool 0 where there is none.
    function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);
}

interface IUniswapV3Pool {
    /// @param zeroForOne whether token0 is sold for token1
    /// @param amountSpecified what is bought, negative, for an exact output
    /// @return amount0 what the pool receives of token0, negative where it pays; amount1 the same of token1
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

interface IUniswapV3SwapCallback {
    /// @notice Called by a pool after it has paid, before it checks that it was paid.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;
}
