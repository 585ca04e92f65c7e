// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {WAD} from "../../math/DirectedMath.sol";

/// @title Growth of a debt over some seconds at a constant rate: the first three terms of e^x − 1.
library CompoundGrowth {
    /// @param rateE36 per second, at 1e36 = 100 %.
    /// @param elapsed seconds.
    /// @return growth WAD; each term rounded down, the cubic taken from the rounded square.
    function growthDown(uint256 rateE36, uint256 elapsed) internal pure returns (uint256 growth) {
        uint256 linear = (rateE36 * elapsed) / WAD;
        // slither-disable-next-line divide-before-multiply: the cubic comes from the rounded square by definition
        uint256 square = (linear * linear) / (2 * WAD);
        uint256 cubic = (square * linear) / (3 * WAD);
        return linear + square + cubic;
    }
}
