// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The variable rate: a curve around 90 % utilisation whose height adapts while utilisation stays away from it.
/// @notice Pure: the one number it remembers, the rate at target, lives beside the pool's totals. Rates are WAD per second, or E36.
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

    /// @dev Beyond this exponent both halves of the move end at a bound: e^8 > MAX / MIN.
    int256 private constant SATURATION = 16e18;

    /// @notice The rate to charge over the `elapsed` seconds just past, and the rate at target at their end.
    /// @param rateAtTarget the one at their beginning; 0 where the pool has not accrued yet.
    /// @param utilisation WAD, over those seconds.
    /// @param elapsed below 2^40.
    /// @return averageRateE36 at 1e36 = 100 % per second: in WAD the last unit lost, times years, would be interest, and
    /// interest would fall from one second to the next. So it never does (POOL-2).
    function average(
        uint256 rateAtTarget,
        uint256 utilisation,
        uint256 elapsed
    ) internal pure returns (uint256 averageRateE36, uint256 endRateAtTarget) {
        int256 err = _error(utilisation);
        int256 start = rateAtTarget == 0 ? INITIAL_RATE_AT_TARGET : int256(rateAtTarget);
        int256 exponent = rateAtTarget == 0 ? int256(0) : _exponent(err, elapsed);
        unchecked {
            if (exponent == 0) return (uint256(_curve(start * ONE, err)), uint256(start));
            int256 halfway = _exp(exponent / 2);
            int256 mid = _bounded(start * halfway);
            int256 end = _bounded(start * _square(halfway));
            averageRateE36 = uint256(_curve((start * ONE + end + 2 * mid) / 4, err));
            endRateAtTarget = uint256(end / ONE);
        }
    }

    // Unchecked: utilisation is at most 1e18, errors within ±1e18, rates below 2^36 (in E36 2^98), elapsed below 2^40, powers of
    // e below 2^84, so that no intermediate value reaches 2^200.

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
            int256 exponent = ((SPEED * err) / ONE) * int256(elapsed);
            if (exponent > SATURATION) return SATURATION;
            return exponent < -SATURATION ? -SATURATION : exponent;
        }
    }

    /// @param rateAtTarget any scale, and so the result.
    function _curve(int256 rateAtTarget, int256 err) private pure returns (int256) {
        unchecked {
            int256 coefficient = err < 0 ? ONE - (ONE * ONE) / STEEPNESS : STEEPNESS - ONE;
            return (((coefficient * err) / ONE + ONE) * rateAtTarget) / ONE;
        }
    }

    function _bounded(int256 rateE36) private pure returns (int256) {
        unchecked {
            if (rateE36 < MIN_RATE_AT_TARGET * ONE) return MIN_RATE_AT_TARGET * ONE;
            return rateE36 > MAX_RATE_AT_TARGET * ONE ? MAX_RATE_AT_TARGET * ONE : rateE36;
        }
    }

    /// @dev e^x for |x| <= 8, WAD: the 32nd power of e^(x / 32), which is Padé's quotient of two quartics that differ in the sign
    /// of x: P(r) / P(−r), P(r) = 1680 + 840 r + 180 r² + 20 r³ + r⁴. One piece, without jumps; right to 5e-12 of itself.
    // slither-disable-next-line divide-before-multiply: numbers in WAD; each quotient is cut by less than a unit
    function _exp(int256 x) private pure returns (int256) {
        unchecked {
            int256 r = x / 32;
            int256 rr = (r * r) / ONE;
            int256 even = 1680 * ONE + 180 * rr + (rr * rr) / ONE;
            int256 odd = (r * (840 * ONE + 20 * rr)) / ONE;
            int256 root = ((even + odd) * ONE) / (even - odd);
            return _square(_square(_square(_square(_square(root)))));
        }
    }

    function _square(int256 x) private pure returns (int256) {
        unchecked {
            return (x * x) / ONE;
        }
    }
}
