// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOracleErrors, Leg} from "../interfaces/IOracleErrors.sol";
import {GuardedCall, Round} from "./GuardedCall.sol";
import {SequencerConfig} from "./OracleConfig.sol";

/// @title After an outage of the sequencer, borrowers get time to act before anyone may act on their loans.
/// @notice An outage from d to u lets prices be used again from the second after `u + min(u − d, cap)`. Every outage whose
/// end lies within the last `cap` seconds counts, so flapping cannot shorten the grace of a longer outage before it.
/// Consecutive rounds of one status are one stretch of it and restart nothing.
/// A report of being down that is older than the cap, while the bitcoin leg got a round after the cap had passed, is a false
/// alarm: a sequencer that is down publishes no rounds. It blocks nothing for as long as it lasts; once the feed reports "up"
/// again it is an outage like any other, for a chain that really was away looks the same from here.
/// @dev Earlier rounds are read only while up for no longer than the cap, so on all other days the rule costs one read.
abstract contract SequencerRule is IOracleErrors {
    using GuardedCall for address;

    /// @dev Sixteen outages within one cap; beyond it the rule refuses.
    uint256 private constant MAX_EARLIER_ROUNDS = 32;
    int256 private constant UP = 0;

    /// @notice Uptime feed: answer 0 while up, `startedAt` is when the status began. Zero where the chain has none.
    address internal immutable SEQUENCER_FEED;
    /// @notice Most seconds of grace, and of belief in a report of being down that fresh prices contradict.
    uint256 internal immutable SEQUENCER_CAP;

    constructor(SequencerConfig memory c) {
        require(c.feed == address(0) || c.cap != 0, SequencerCapZero());
        SEQUENCER_FEED = c.feed;
        SEQUENCER_CAP = c.cap;
    }

    /// @param bitcoinUpdatedAt second of the bitcoin leg's latest round
    function _requireSequencerSettled(uint256 bitcoinUpdatedAt) internal view {
        if (SEQUENCER_FEED == address(0)) return;
        (uint80 id, int256 status, uint256 since) = _latest();
        if (status != UP) return _requireFalseAlarm(Round(id, status, since), bitcoinUpdatedAt);
        if (block.timestamp - since > SEQUENCER_CAP) return;
        uint256 graceEnd = _graceEnd({round: Round(id, status, since), onlyBinding: true});
        require(block.timestamp > graceEnd, SequencerGrace(graceEnd, block.timestamp));
    }

    /// @dev Up, or only falsely reported down; whether a grace still runs does not matter here.
    function _requireSequencerUp(uint256 bitcoinUpdatedAt) internal view {
        if (SEQUENCER_FEED == address(0)) return;
        (uint80 id, int256 status, uint256 since) = _latest();
        if (status != UP) _requireFalseAlarm(Round(id, status, since), bitcoinUpdatedAt);
    }

    /// @return graceEnd last second of the latest grace, also when it is long over; 0 where the feed knows of no outage, or
    /// reports one that is a false alarm
    function _sequencerGraceEnd(uint256 bitcoinUpdatedAt) internal view returns (uint256 graceEnd) {
        if (SEQUENCER_FEED == address(0)) return 0;
        (uint80 id, int256 status, uint256 since) = _latest();
        if (status == UP) return _graceEnd({round: Round(id, status, since), onlyBinding: false});
        _requireFalseAlarm(Round(id, status, since), bitcoinUpdatedAt);
    }

    function _latest() private view returns (uint80 id, int256 status, uint256 since) {
        bool ok;
        // slither-disable-next-line unused-return: this feed's updatedAt says nothing
        (ok, id, status, since, ) = SEQUENCER_FEED.tryLatest();
        require(ok, FeedUnreadable(Leg.Sequencer, SEQUENCER_FEED));
        require(since != 0 && since <= block.timestamp, SequencerStatusUnknown(since, block.timestamp));
    }

    /// @dev Walks back to the first of the consecutive "down" rounds, or to one that is old enough to settle the question.
    function _requireFalseAlarm(Round memory round, uint256 bitcoinUpdatedAt) private view {
        uint256 downAt = round.startedAt;
        for (uint256 read = 0; !_isFalseAlarm(downAt, bitcoinUpdatedAt); ++read) {
            bool more = read < MAX_EARLIER_ROUNDS && _hasEarlier(round.id);
            if (more) (more, round) = _earlier(round);
            require(more && round.answer != UP, SequencerDown(downAt, SEQUENCER_CAP));
            downAt = round.startedAt;
        }
    }

    function _isFalseAlarm(uint256 downAt, uint256 bitcoinUpdatedAt) private view returns (bool) {
        // A round from the future is no evidence and never gets here, so the cap has passed when this holds.
        return bitcoinUpdatedAt > downAt + SEQUENCER_CAP;
    }

    /// @dev Walks back from a round that is up, outage by outage, until none further back can end its grace later.
    /// `upAt` is when the stretch of "up" under the walk began, `downAt` when the outage before it did (0: not met yet).
    /// @param onlyBinding stop where no grace can still run, instead of looking for the latest one there was
    function _graceEnd(Round memory round, bool onlyBinding) private view returns (uint256 graceEnd) {
        uint256 upAt = round.startedAt;
        uint256 downAt = 0;
        for (uint256 read = 0; upAt + SEQUENCER_CAP > graceEnd; ++read) {
            // What ended longer ago than the cap binds nobody any more; then unreadable history is no reason to refuse.
            bool binding = block.timestamp - upAt <= SEQUENCER_CAP;
            if ((onlyBinding && !binding) || !_hasEarlier(round.id)) break;
            if (read == MAX_EARLIER_ROUNDS) {
                require(!binding, SequencerUnsettled(MAX_EARLIER_ROUNDS, SEQUENCER_CAP));
                break;
            }
            uint256 id = round.id - 1;
            bool ok;
            (ok, round) = _earlier(round);
            if (!ok) {
                require(!binding, SequencerHistoryUnreadable(SEQUENCER_FEED, id));
                break;
            }
            if (round.answer != UP) {
                downAt = round.startedAt;
                if (upAt - downAt >= SEQUENCER_CAP) break;
            } else {
                if (downAt != 0) graceEnd = Math.max(graceEnd, _endOf(downAt, upAt));
                upAt = round.startedAt;
                downAt = 0;
            }
        }
        if (downAt != 0) graceEnd = Math.max(graceEnd, _endOf(downAt, upAt));
    }

    function _endOf(uint256 downAt, uint256 upAt) private view returns (uint256) {
        return upAt + Math.min(upAt - downAt, SEQUENCER_CAP);
    }

    /// @dev A proxy puts its phase into the bits above 64; each phase counts its rounds from 1.
    function _hasEarlier(uint80 id) private pure returns (bool) {
        return uint64(id) > 1;
    }

    /// @return ok false where it cannot be read, has no start, or starts after the round that follows it
    function _earlier(Round memory later) private view returns (bool ok, Round memory round) {
        (ok, round) = SEQUENCER_FEED.tryRound(later.id - 1);
        ok = ok && round.startedAt != 0 && round.startedAt <= later.startedAt;
    }
}
