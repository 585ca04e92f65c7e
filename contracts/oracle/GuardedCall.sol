// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IOracleErrors} from "../interfaces/IOracleErrors.sol";
import {ISecondSource} from "../interfaces/ISecondSource.sol";

/// @notice A round of the sequencer's uptime feed: its status and the second that status began.
struct Round {
    uint80 id;
    int256 answer;
    uint256 startedAt;
}

/// @title Reads of other people's contracts that may fail in any way they like.
/// @notice A callee that reverts, has no code, returns too little, too much, or burns its gas is reported as failing, never
/// passed through. A callee gets at most a fixed amount of gas, so that it cannot eat the caller's.
/// @dev A call forwards 63/64 of what is left, so whoever starts a transaction can make any callee fail by leaving too little.
/// Where failing has a consequence (a release, an age of "for ever"), that would be a choice of the caller; so a failure only
/// counts if the full amount could be forwarded, otherwise these functions revert with NotEnoughGas.
library GuardedCall {
    /// @dev A Chainlink proxy costs about 15,000.
    uint256 internal constant FEED_GAS = 200_000;
    /// @dev A time-weighted price of a pool with 65,535 observations costs about 100,000.
    uint256 internal constant SOURCE_GAS = 300_000;
    /// @dev A cold account's surcharge and the instructions around the call.
    uint256 private constant CALL_OVERHEAD = 5_000;

    /// @dev Values, not a struct: a struct in memory would cost every price a hundred gas a feed and more.
    function tryLatest(
        address feed
    ) internal view returns (bool ok, uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt) {
        return _tryRound(feed, AggregatorV3Interface.latestRoundData.selector, 0, 4);
    }

    function tryRound(address feed, uint80 id) internal view returns (bool ok, Round memory round) {
        (ok, , round.answer, round.startedAt, ) = _tryRound(feed, AggregatorV3Interface.getRoundData.selector, id, 36);
        round.id = id;
    }

    /// @return ok false where the source fails or gives no price (zero)
    function tryPrice(address source) internal view returns (bool ok, uint256 priceE36) {
        uint256 supplied = gasleft();
        bytes4 selector = ISecondSource.price.selector;
        assembly ("memory-safe") {
            mstore(0, selector)
            ok := staticcall(SOURCE_GAS, source, 0, 4, 0, 32)
            ok := and(ok, gt(returndatasize(), 31))
            priceE36 := mul(ok, mload(0))
        }
        ok = priceE36 != 0;
        if (!ok) _requireSupplied(source, supplied, SOURCE_GAS);
    }

    /// @dev `inputSize` is 4 where the call takes no round id. Only the five words of an answer are ever copied.
    function _tryRound(
        address feed,
        bytes4 selector,
        uint80 roundId,
        uint256 inputSize
    ) private view returns (bool ok, uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt) {
        uint256 supplied = gasleft();
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 4), roundId)
            ok := staticcall(FEED_GAS, feed, free, inputSize, free, 160)
            ok := and(ok, gt(returndatasize(), 159))
            id := and(mload(free), 0xffffffffffffffffffff)
            answer := mload(add(free, 32))
            startedAt := mload(add(free, 64))
            updatedAt := mload(add(free, 96))
        }
        if (!ok) _requireSupplied(feed, supplied, FEED_GAS);
    }

    function _requireSupplied(address callee, uint256 supplied, uint256 promised) private pure {
        uint256 needed = (promised * 64) / 63 + CALL_OVERHEAD;
        require(supplied >= needed, IOracleErrors.NotEnoughGas(callee, supplied, needed));
    }
}
