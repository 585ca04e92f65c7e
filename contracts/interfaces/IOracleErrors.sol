// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The feeds an oracle may read, so that a refusal can name the one at fault.
enum Leg {
    BtcUsd,
    WrapperBtc,
    WrapperUsd,
    LoanUsd,
    Sequencer,
    Reserves,
    Supply
}

/// @title Why an oracle refuses: what it found, and the limit it was held against.
/// @notice Times are in seconds, answers in the feed's own decimals, prices scaled 1e36 (smallest units), `Wad` values 1e18.
interface IOracleErrors {
    // ---- a leg cannot be used

    /// @notice The feed reverted, has no code, ran out of the gas it is given, or answered with too few bytes.
    error FeedUnreadable(Leg leg, address feed);
    /// @notice The answer is at or beyond one of the leg's bounds: a feed that sits at its floor or cap is stuck.
    error AnswerOutOfBounds(Leg leg, int256 answer, uint256 minAnswer, uint256 maxAnswer);
    error AnswerStale(Leg leg, uint256 updatedAt, uint256 age, uint256 maxAge);
    error AnswerFromFuture(Leg leg, uint256 updatedAt, uint256 timestamp);
    /// @notice A callee failed with so little gas that its failing proves nothing; call again with more.
    error NotEnoughGas(address callee, uint256 supplied, uint256 needed);

    // ---- the sequencer

    /// @notice The uptime feed's latest round has no start, or one in the future: it says nothing yet.
    error SequencerStatusUnknown(uint256 startedAt, uint256 timestamp);
    error SequencerDown(uint256 since, uint256 cap);
    error SequencerGrace(uint256 graceEndsAt, uint256 timestamp);
    /// @notice An earlier round that decides the grace cannot be read.
    error SequencerHistoryUnreadable(address feed, uint256 roundId);
    /// @notice More rounds within the last `cap` seconds than the rule reads; it refuses until some of them are older.
    error SequencerUnsettled(uint256 roundsRead, uint256 cap);

    // ---- the second source and the reserves

    error NoSecondSource();
    error SecondSourceUnavailable(address source);
    /// @notice Liquidation waits. `secondE36` is 0 where the second source fails to answer. `releasedAt` is the second from
    /// which liquidation passes if the disagreement lasts and is noted at least every hour, beginning now where it is not yet.
    error SourcesDisagree(uint256 primaryE36, uint256 secondE36, uint256 releasedAt);
    error SourcesAgree(uint256 primaryE36, uint256 secondE36, uint256 limitWad);
    /// @notice The wrapper's reserves do not cover its supply, both with 18 decimals.
    error ReservesBelowSupply(uint256 reservesWad, uint256 supplyWad);

    // ---- mistakes at creation

    error ZeroAddress();
    error SameAsset(address asset);
    error DecimalsNotSupported(address tokenOrFeed, uint256 decimals, uint256 maxDecimals);
    /// @notice Either BTC/USD and wrapper/BTC, or wrapper/USD alone; and loan/USD unless `loanAtPar` says so.
    error LegMissing(Leg leg);
    error LegUnexpected(Leg leg);
    error MaxAgeZero(Leg leg);
    error BoundsEmpty(Leg leg, uint256 minAnswer, uint256 maxAnswer);
    /// @notice Somewhere within the legs' bounds the price would round to zero or not fit 256 bits: narrow the bounds.
    error PriceRangeUnusable(uint256 lowestE36, bool highestOverflows);
    error SequencerCapZero();
    error DisagreementLimitOutOfRange(uint256 limitWad, uint256 maxWad);
    error DisagreementCapZero();
    /// @notice `source` is the second source, or the oracle itself for its primary price. Prices in whole loan assets for one
    /// whole collateral token, WAD.
    error PriceOutsideSanityWindow(address source, uint256 priceWad, uint256 minWad, uint256 maxWad);
}
