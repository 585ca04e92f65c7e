// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

uint256 constant WAD = 1e18;
uint256 constant PRICE_SCALE = 1e36;
uint256 constant BPS_TO_WAD = 1e14;

/// @title Full-width multiplication and division whose rounding direction is in the name.
library DirectedMath {
    /// @notice ⌊x × y / d⌋ without overflow of the product. Reverts when d is 0 or the result exceeds 256 bits.
    function mulDivDown(uint256 x, uint256 y, uint256 d) internal pure returns (uint256) {
        return Math.mulDiv(x, y, d);
    }

    /// @notice ⌈x × y / d⌉ without overflow of the product. Reverts when d is 0 or the result exceeds 256 bits.
    function mulDivUp(uint256 x, uint256 y, uint256 d) internal pure returns (uint256) {
        return Math.mulDiv(x, y, d, Math.Rounding.Ceil);
    }

    /// @notice ⌊x × y / 1e18⌋.
    function wadMulDown(uint256 x, uint256 y) internal pure returns (uint256) {
        return Math.mulDiv(x, y, WAD);
    }

    /// @notice x − y, or 0 where that would be negative.
    function zeroFloorSub(uint256 x, uint256 y) internal pure returns (uint256) {
        return Math.saturatingSub(x, y);
    }
}
