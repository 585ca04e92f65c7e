// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of a Uniswap v3 pool that a time-weighted price needs.
interface IUniswapV3Observations {
    function token0() external view returns (address);

    function token1() external view returns (address);

    /// @param secondsAgos how long ago each value is wanted for; reverts where the pool remembers no observation that old
    /// @return tickCumulatives sum over time of tick × seconds at each, wrapping around at 56 bits
    /// @return secondsPerLiquidityCumulativeX128s not used here
    function observe(
        uint32[] calldata secondsAgos
    ) external view returns (int56[] memory tickCumulatives, uint160[] memory secondsPerLiquidityCumulativeX128s);
}
