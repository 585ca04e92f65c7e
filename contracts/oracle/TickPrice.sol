// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The price a Uniswap v3 tick stands for: 1.0001^tick, scaled 1e36.
library TickPrice {
    error TickOutOfRange(int256 tick, int256 limit);

    /// @dev The pool's own limit; up to it 1.0001^tick stays below 2^128, so 127 more bits fit after the point.
    int256 internal constant MAX_TICK = 887_272;

    uint8 private constant FRACTION_BITS = 127;
    uint256 private constant ONE = 1 << FRACTION_BITS;
    uint256 private constant BASE = (10_001 * ONE) / 10_000;

    /// @notice 1.0001^tick × 1e36. The base is off by less than 2^-127 and each of at most 40 products by as much, so the power
    /// by less than 2^-107 of itself; beyond that only the last unit is rounded, down for tick >= 0.
    function priceE36AtTick(int256 tick) internal pure returns (uint256) {
        require(tick >= -MAX_TICK && tick <= MAX_TICK, TickOutOfRange(tick, MAX_TICK));
        uint256 power = _power(uint256(tick < 0 ? -tick : tick));
        return tick < 0 ? Math.mulDiv(1e36, ONE, power) : Math.mulDiv(1e36, power, ONE);
    }

    /// @dev Square and multiply: the exponent's bits choose among 1.0001^1, ^2, ^4 …, all with 127 bits after the point.
    function _power(uint256 exponent) private pure returns (uint256 result) {
        result = ONE;
        uint256 square = BASE;
        while (exponent != 0) {
            if (exponent & 1 == 1) result = Math.mulShr(result, square, FRACTION_BITS);
            exponent >>= 1;
            if (exponent != 0) square = Math.mulShr(square, square, FRACTION_BITS);
        }
    }
}
