// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title A price from two feeds with no check of age, bounds or sequencer: the peer's best case in the gas benchmark.
contract TwoFeedOracle {
    AggregatorV3Interface private immutable BASE;
    AggregatorV3Interface private immutable QUOTE;
    uint256 private immutable SCALE;

    constructor(AggregatorV3Interface base, AggregatorV3Interface quote, uint256 scale) {
        BASE = base;
        QUOTE = quote;
        SCALE = scale;
    }

    /// @return priceE36 loan units for one collateral unit, scaled 1e36
    function price() external view returns (uint256 priceE36) {
        (, int256 base, , , ) = BASE.latestRoundData();
        (, int256 quote, , , ) = QUOTE.latestRoundData();
        return (SCALE * uint256(base)) / uint256(quote);
    }
}
