// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IOracleErrors, Leg} from "../interfaces/IOracleErrors.sol";
import {GuardedCall} from "./GuardedCall.sol";
import {ReservesConfig} from "./OracleConfig.sol";

/// @title Proof of reserves: no new risk against a wrapper whose reserves are below its supply, or not reported in time.
/// @notice It stops new risk only. Loans that stand keep their lltv: selling their collateral because a report is late would
/// make the loss it is meant to avoid.
abstract contract ReservesRule is IOracleErrors {
    using GuardedCall for address;

    uint256 private constant MAX_DECIMALS = 18;
    /// @dev Below it, scaling to 18 decimals cannot overflow.
    uint256 private constant MAX_ANSWER = type(uint128).max;

    address internal immutable RESERVES_FEED;
    address internal immutable SUPPLY_FEED;
    uint256 internal immutable RESERVES_MAX_AGE;
    uint256 internal immutable SUPPLY_MAX_AGE;
    uint256 private immutable RESERVES_SCALE;
    uint256 private immutable SUPPLY_SCALE;

    constructor(ReservesConfig memory c) {
        if (c.reservesFeed == address(0)) {
            require(c.supplyFeed == address(0), LegMissing(Leg.Reserves));
        } else {
            require(c.supplyFeed != address(0), LegMissing(Leg.Supply));
            require(c.reservesMaxAge != 0, MaxAgeZero(Leg.Reserves));
            require(c.supplyMaxAge != 0, MaxAgeZero(Leg.Supply));
            RESERVES_SCALE = _scaleToWad(c.reservesFeed);
            SUPPLY_SCALE = _scaleToWad(c.supplyFeed);
        }
        RESERVES_FEED = c.reservesFeed;
        SUPPLY_FEED = c.supplyFeed;
        RESERVES_MAX_AGE = c.reservesMaxAge;
        SUPPLY_MAX_AGE = c.supplyMaxAge;
    }

    function _requireReserves() internal view {
        if (RESERVES_FEED == address(0)) return;
        uint256 reservesWad = _readAmount(Leg.Reserves, RESERVES_FEED, RESERVES_MAX_AGE) * RESERVES_SCALE;
        uint256 supplyWad = _readAmount(Leg.Supply, SUPPLY_FEED, SUPPLY_MAX_AGE) * SUPPLY_SCALE;
        require(reservesWad >= supplyWad, ReservesBelowSupply(reservesWad, supplyWad));
    }

    function _readAmount(Leg leg, address feed, uint256 maxAge) private view returns (uint256 amount) {
        // slither-disable-next-line unused-return: a round is judged by answer and age, not by number
        (bool ok, , int256 answer, , uint256 updatedAt) = feed.tryLatest();
        require(ok, FeedUnreadable(leg, feed));
        amount = uint256(answer);
        require(amount != 0 && amount < MAX_ANSWER, AnswerOutOfBounds(leg, answer, 0, MAX_ANSWER));
        require(updatedAt <= block.timestamp, AnswerFromFuture(leg, updatedAt, block.timestamp));
        uint256 age = block.timestamp - updatedAt;
        require(age <= maxAge, AnswerStale(leg, updatedAt, age, maxAge));
    }

    function _scaleToWad(address feed) private view returns (uint256) {
        uint256 decimals = AggregatorV3Interface(feed).decimals();
        require(decimals <= MAX_DECIMALS, DecimalsNotSupported(feed, decimals, MAX_DECIMALS));
        return 10 ** (MAX_DECIMALS - decimals);
    }
}
