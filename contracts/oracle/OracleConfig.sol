// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Leg} from "../interfaces/IOracleErrors.sol";

/// @notice One feed of Chainlink's shape and what is demanded of its rounds. A zero `feed` means the leg is absent.
/// @param heartbeat seconds within which the feed promises a round
/// @param buffer seconds of lateness allowed on top; a round older than heartbeat + buffer is refused
/// @param minAnswer answers at or below are refused; at least the feed's own floor. In the feed's decimals
/// @param maxAnswer answers at or above are refused; at most the feed's own cap. In the feed's decimals
struct LegConfig {
    address feed;
    uint32 heartbeat;
    uint32 buffer;
    uint128 minAnswer;
    uint128 maxAnswer;
}

/// @notice Which feeds make the price. Either `btcUsd` and `wrapperBtc`, or `wrapperUsd` alone.
/// @dev Warning: the wrapper's own price is a leg, never assumed to be 1. `btcUsd` without `wrapperBtc` is refused: it would
/// lend against a wrapper that lost its peg as if it were bitcoin.
/// @param loanAtPar true only for a loan asset that is, by its own law, worth exactly 1 US dollar in this facility; then and
/// only then `loanUsd` may be absent
struct LegsConfig {
    address collateralAsset;
    address loanAsset;
    LegConfig btcUsd;
    LegConfig wrapperBtc;
    LegConfig wrapperUsd;
    LegConfig loanUsd;
    bool loanAtPar;
}

/// @param feed answers 0 while up; `startedAt` is when the status began. Zero where the chain has no such feed
/// @param cap most seconds of grace after an outage, and of trust in a report of being down that fresh prices contradict
struct SequencerConfig {
    address feed;
    uint32 cap;
}

/// @param source an ISecondSource; zero for none
/// @param limitWad the sources disagree when they differ by more than this share of the primary price
/// @param cap most seconds a disagreement may hold liquidation back
struct SecondSourceConfig {
    address source;
    uint64 limitWad;
    uint32 cap;
}

/// @notice Proof of reserves: what backs the wrapper, and how much of it exists on all chains. Both feeds or neither.
struct ReservesConfig {
    address reservesFeed;
    address supplyFeed;
    uint32 reservesMaxAge;
    uint32 supplyMaxAge;
}

/// @notice Where the price must be at creation, in whole loan assets for one whole collateral token, WAD; stated in people's
/// units so that a mistake of scale cannot hide in it.
struct SanityWindow {
    uint256 minWad;
    uint256 maxWad;
}

struct OracleConfig {
    LegsConfig legs;
    SequencerConfig sequencer;
    SecondSourceConfig secondSource;
    ReservesConfig reserves;
    SanityWindow sanity;
}

/// @notice What an oracle demands of one leg, as it reads it back. Bounds are exclusive, in the feed's decimals.
struct LegTerms {
    Leg leg;
    address feed;
    uint256 maxAge;
    uint256 minAnswer;
    uint256 maxAnswer;
}

/// @notice Everything else an oracle was created with; zero addresses where a rule is absent.
struct OracleTerms {
    address sequencerFeed;
    address secondSource;
    uint256 disagreementLimitWad;
    address reservesFeed;
    address supplyFeed;
    uint256 reservesMaxAge;
    uint256 supplyMaxAge;
}
