// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DirectedMath, WAD} from "./DirectedMath.sol";

/// @title Equal instalments at a fixed rate: an annuity, with an optional balloon left to the last payment.
/// @dev Rates are a year's, WAD; a year is 365 days. Amounts are units of the loan asset, below 2^112. The growth over the whole
/// term must stay below 2^24, or the products overflow and revert.
library Amortisation {
    using DirectedMath for uint256;

    /// @dev Scale of a rate times seconds: dividing by it gives units.
    uint256 internal constant RATE_SECONDS = WAD * 365 days;
    /// @dev A power kept to 18 digits is wrong by up to 1e11 units of an 18-decimal asset.
    uint256 private constant POWER_SCALE = 1e36;

    /// @notice ⌈(P(1+R)^N − B)·R / ((1+R)^N − 1)⌉ with R = rate × interval / year, or ⌈(P − B)/N⌉ where R is 0.
    /// @param count N, at least 1
    /// @param balloon B, at most `principal`
    function instalmentUp(
        uint256 principal,
        uint256 annualRateWad,
        uint256 intervalSeconds,
        uint256 count,
        uint256 balloon
    ) internal pure returns (uint256) {
        uint256 rate = annualRateWad * intervalSeconds;
        if (rate == 0) return (principal - balloon).mulDivUp(1, count);
        uint256 power = _powerDown(POWER_SCALE + rate.mulDivDown(POWER_SCALE, RATE_SECONDS), count);
        return (principal * power - balloon * POWER_SCALE).mulDivUp(rate, RATE_SECONDS * (power - POWER_SCALE));
    }

    /// @notice Interest of one whole period on `remaining` principal, rounded up.
    function periodInterestUp(
        uint256 remaining,
        uint256 annualRateWad,
        uint256 intervalSeconds
    ) internal pure returns (uint256) {
        return remaining.mulDivUp(annualRateWad * intervalSeconds, RATE_SECONDS);
    }

    /// @notice Principal that a scheduled instalment pays: what its interest leaves of it, and at most what remains.
    function principalPart(uint256 remaining, uint256 instalment, uint256 interest) internal pure returns (uint256) {
        uint256 part = instalment.zeroFloorSub(interest);
        return part < remaining ? part : remaining;
    }

    /// @dev base^exponent at POWER_SCALE, by squaring, each product rounded down.
    function _powerDown(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = POWER_SCALE;
        for (uint256 square = base; exponent != 0; exponent >>= 1) {
            if (exponent & 1 != 0) result = result.mulDivDown(square, POWER_SCALE);
            if (exponent > 1) square = square.mulDivDown(square, POWER_SCALE);
        }
    }
}
