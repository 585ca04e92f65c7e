// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISecondSource} from "../interfaces/ISecondSource.sol";
import {IUniswapV3Observations} from "../interfaces/IUniswapV3Observations.sol";
import {TickPrice} from "./TickPrice.sol";

/// @title The time-weighted price of a Uniswap v3 pool over a short window, as a second source.
/// @notice The geometric mean of the pool's price over the last `WINDOW` seconds, to the whole tick (1/100 of a percent) below.
/// A trade within the current second moves it by nothing: only price × time counts.
/// @dev The pool must remember at least the window (`increaseObservationCardinalityNext`); while it does not, `price` reverts.
/// It keeps one observation a second at most, so only more of them than the window has seconds are sure to reach back: with
/// fewer, anybody silences this source by trading over a tick, or moving a little liquidity, every second. Anybody may also
/// enlarge a pool's memory.
/// Warning: a thin pool can be held away from the market at a cost. It is a second opinion, never the price of a liquidation.
contract UniswapV3TwapSource is ISecondSource {
    error TokensNotInPool(address pool, address collateralAsset, address loanAsset);
    error WindowZero();

    IUniswapV3Observations public immutable POOL;
    uint32 public immutable WINDOW;
    /// @notice Whether the pool's own price (token1 for one token0) is the loan asset for one collateral, or its inverse.
    bool public immutable COLLATERAL_IS_TOKEN0;

    /// @param window seconds to average over
    constructor(IUniswapV3Observations pool, address collateralAsset, address loanAsset, uint32 window) {
        (address token0, address token1) = (pool.token0(), pool.token1());
        bool straight = token0 == collateralAsset && token1 == loanAsset;
        bool inverse = token0 == loanAsset && token1 == collateralAsset;
        require(straight || inverse, TokensNotInPool(address(pool), collateralAsset, loanAsset));
        require(window != 0, WindowZero());
        POOL = pool;
        WINDOW = window;
        COLLATERAL_IS_TOKEN0 = straight;
    }

    /// @inheritdoc ISecondSource
    function price() external view returns (uint256 priceE36) {
        return TickPrice.priceE36AtTick(meanTickDown());
    }

    /// @notice The mean tick of the collateral's price, rounded towards the lower price.
    function meanTickDown() public view returns (int256 tick) {
        uint32[] memory secondsAgos = new uint32[](2);
        secondsAgos[0] = WINDOW;
        // slither-disable-next-line unused-return: liquidity is not part of the mean tick
        (int56[] memory cumulatives, ) = POOL.observe(secondsAgos);
        int256 moved;
        unchecked {
            // The pool's counter wraps around; the difference at the counter's own width is right all the same.
            moved = cumulatives[1] - cumulatives[0];
        }
        if (!COLLATERAL_IS_TOKEN0) moved = -moved;
        int256 window = int256(uint256(WINDOW));
        tick = moved / window;
        if (moved % window < 0) --tick;
    }
}
