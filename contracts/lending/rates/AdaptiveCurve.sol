// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The variable rate: a curve around 90 % utilisation whose height adapts while utilisation stays away from it.
/// @notice Pure: the one number it remembers, the rate at target, lives beside the pool's totals. All rates are WAD per second.
/// At target the curve charges the rate at target; at 0 % a quarter of it, at 100 % four times. The rate at target moves by
/// exp(50 a year × error × time), between 0.1 % and 200 % a year; 4 % where a pool begins.
library AdaptiveCurve {
    int256 private constant ONE = 1e18;
    int256 private constant YEAR = 365 days;
    int256 private constant TARGET = 0.9e18;
    int256 private constant STEEPNESS = 4e18;
    int256 private constant SPEED = 50e18 / YEAR;
    int256 internal constant INITIAL_RATE_AT_TARGET = 0.04e18 / YEAR;
    int256 internal constant MIN_RATE_AT_TARGET = 0.001e18 / YEAR;
    int256 internal constant MAX_RATE_AT_TARGET = 2e18 / YEAR;

    int256 private constant LN2 = 693147180559945309;
    /// @dev Beyond this exponent any rate at target ends at a bound: e^8 > MAX / MIN.
    int256 private constant SATURATION = 8e18;

    /// @notice The rate to charge over the `elapsed` seconds just past, and the rate at target at their end.
    /// @param rateAtTarget the one at their beginning; 0 where the pool has not accrued yet.
    /// @param utilisation WAD, over those seconds.
    function average(
        uint256 rateAtTarget,
        uint256 utilisation,
        uint256 elapsed
    ) internal pure returns (uint256 averageRate, uint256 endRateAtTarget) {
        int256 err = _error(utilisation);
        int256 start = rateAtTarget == 0 ? INITIAL_RATE_AT_TARGET : int256(rateAtTarget);
        int256 exponent = rateAtTarget == 0 ? int256(0) : _exponent(err, elapsed);
        if (exponent == 0) return (uint256(_curve(start, err)), uint256(start));
        int256 end = _moved(start, exponent);
        int256 mid = _moved(start, exponent / 2);
        unchecked {
            averageRate = uint256(_curve((start + end + 2 * mid) / 4, err));
        }
        endRateAtTarget = uint256(end);
    }

    // Unchecked below: utilisation is at most 1e18, errors within ±1e18, rates below 2^36, elapsed below 2^40, exponents of
    // _exp within ±8e18, so that no intermediate value reaches 2^128.

    /// @dev Distance from target as a share of the room on its side, WAD in [−1, 1].
    function _error(uint256 utilisation) private pure returns (int256) {
        unchecked {
            int256 distance = int256(utilisation) - TARGET;
            return (distance * ONE) / (distance > 0 ? ONE - TARGET : TARGET);
        }
    }

    function _exponent(int256 err, uint256 elapsed) private pure returns (int256) {
        unchecked {
            // slither-disable-next-line divide-before-multiply: the speed by second is rounded, as the model does
            return ((SPEED * err) / ONE) * int256(elapsed);
        }
    }

    function _curve(int256 rateAtTarget, int256 err) private pure returns (int256) {
        unchecked {
            int256 coefficient = err < 0 ? ONE - (ONE * ONE) / STEEPNESS : STEEPNESS - ONE;
            return (((coefficient * err) / ONE + ONE) * rateAtTarget) / ONE;
        }
    }

    function _moved(int256 rateAtTarget, int256 exponent) private pure returns (int256) {
        if (exponent >= SATURATION) return MAX_RATE_AT_TARGET;
        if (exponent <= -SATURATION) return MIN_RATE_AT_TARGET;
        unchecked {
            int256 moved = (rateAtTarget * _exp(exponent)) / ONE;
            if (moved < MIN_RATE_AT_TARGET) return MIN_RATE_AT_TARGET;
            return moved > MAX_RATE_AT_TARGET ? MAX_RATE_AT_TARGET : moved;
        }
    }

    /// @dev e^x for |x| < 8 (WAD): x = q ln 2 + r with |r| <= ln 2 / 2, e^r by its first three terms, shifted by q.
    function _exp(int256 x) private pure returns (int256) {
        unchecked {
            // slither-disable-next-line divide-before-multiply: q is a whole number, r what it leaves
            int256 q = (x + (x < 0 ? -(LN2 / 2) : LN2 / 2)) / LN2;
            int256 r = x - q * LN2;
            int256 expR = ONE + r + (r * r) / ONE / 2;
            return q >= 0 ? expR << uint256(q) : expR >> uint256(-q);
        }
    }
}
