// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IOracleErrors, Leg} from "../interfaces/IOracleErrors.sol";
import {GuardedCall} from "./GuardedCall.sol";
import {LegConfig, LegTerms, LegsConfig} from "./OracleConfig.sol";

/// @title The primary price: its feeds, what is demanded of each, and how they are put together.
/// @notice Price = BTC/USD × wrapper/BTC ÷ loan/USD, or wrapper/USD ÷ loan/USD; scaled 1e36, smallest unit of collateral to
/// smallest units of the loan asset, rounded down once at the end.
/// @dev The "bitcoin leg" is the one that carries bitcoin's own price: BTC/USD in the first form, wrapper/USD in the second.
/// Everything is immutable and internal: a read costs the feeds and next to nothing else, for the dispatch of a call costs 22
/// gas for every external function there is.
abstract contract PriceLegs is IOracleErrors {
    using GuardedCall for address;

    /// @dev 10^18 is the largest power that keeps every scale below within 256 bits, and no asset we serve needs more.
    uint256 private constant MAX_DECIMALS = 18;

    address internal immutable COLLATERAL_ASSET;
    address internal immutable LOAN_ASSET;

    Leg internal immutable BITCOIN_LEG;
    address internal immutable BITCOIN_FEED;
    uint256 internal immutable BITCOIN_MAX_AGE;
    uint256 internal immutable BITCOIN_MIN;
    uint256 internal immutable BITCOIN_MAX;

    /// @notice wrapper/BTC; zero only where the bitcoin leg is wrapper/USD.
    address internal immutable WRAPPER_FEED;
    uint256 internal immutable WRAPPER_MAX_AGE;
    uint256 internal immutable WRAPPER_MIN;
    uint256 internal immutable WRAPPER_MAX;

    /// @notice loan/USD; zero only where the configuration says the loan asset is at par.
    address internal immutable LOAN_FEED;
    uint256 internal immutable LOAN_MAX_AGE;
    uint256 internal immutable LOAN_MIN;
    uint256 internal immutable LOAN_MAX;

    /// @notice priceE36 = bitcoin × wrapper × SCALE_UP / (loan × SCALE_DOWN), answers as the feeds give them; one of the two
    /// scales is 1.
    uint256 internal immutable SCALE_UP;
    uint256 internal immutable SCALE_DOWN;

    constructor(LegsConfig memory c) {
        require(c.collateralAsset != address(0) && c.loanAsset != address(0), ZeroAddress());
        require(c.collateralAsset != c.loanAsset, SameAsset(c.collateralAsset));
        COLLATERAL_ASSET = c.collateralAsset;
        LOAN_ASSET = c.loanAsset;

        bool direct = c.wrapperUsd.feed != address(0);
        if (direct) {
            require(c.btcUsd.feed == address(0), LegUnexpected(Leg.BtcUsd));
            require(c.wrapperBtc.feed == address(0), LegUnexpected(Leg.WrapperBtc));
        } else {
            require(c.btcUsd.feed != address(0), LegMissing(Leg.BtcUsd));
            require(c.wrapperBtc.feed != address(0), LegMissing(Leg.WrapperBtc));
        }
        if (c.loanAtPar) require(c.loanUsd.feed == address(0), LegUnexpected(Leg.LoanUsd));
        else require(c.loanUsd.feed != address(0), LegMissing(Leg.LoanUsd));

        BITCOIN_LEG = direct ? Leg.WrapperUsd : Leg.BtcUsd;
        LegConfig memory bitcoin = direct ? c.wrapperUsd : c.btcUsd;
        BITCOIN_FEED = bitcoin.feed;
        BITCOIN_MAX_AGE = _maxAge(BITCOIN_LEG, bitcoin);
        (BITCOIN_MIN, BITCOIN_MAX) = _bounds(BITCOIN_LEG, bitcoin);

        WRAPPER_FEED = c.wrapperBtc.feed;
        WRAPPER_MAX_AGE = _maxAge(Leg.WrapperBtc, c.wrapperBtc);
        (WRAPPER_MIN, WRAPPER_MAX) = _bounds(Leg.WrapperBtc, c.wrapperBtc);

        LOAN_FEED = c.loanUsd.feed;
        LOAN_MAX_AGE = _maxAge(Leg.LoanUsd, c.loanUsd);
        (LOAN_MIN, LOAN_MAX) = _bounds(Leg.LoanUsd, c.loanUsd);

        uint256 up = 36 + _decimals(c.loanAsset) + _feedDecimals(c.loanUsd.feed);
        uint256 down = _decimals(c.collateralAsset) + _feedDecimals(bitcoin.feed) + _feedDecimals(c.wrapperBtc.feed);
        SCALE_UP = up > down ? 10 ** (up - down) : 1;
        SCALE_DOWN = down > up ? 10 ** (down - up) : 1;
        _requireRange();
    }

    /// @return priceE36 the price
    /// @return bitcoinUpdatedAt second of the bitcoin leg's round, which the sequencer's rule wants to know
    function _primaryPrice() internal view returns (uint256 priceE36, uint256 bitcoinUpdatedAt) {
        uint256 bitcoin;
        (bitcoin, bitcoinUpdatedAt) = _read(BITCOIN_LEG, BITCOIN_FEED, BITCOIN_MAX_AGE, BITCOIN_MIN, BITCOIN_MAX);
        uint256 wrapper = 1;
        if (WRAPPER_FEED != address(0)) {
            (wrapper, ) = _read(Leg.WrapperBtc, WRAPPER_FEED, WRAPPER_MAX_AGE, WRAPPER_MIN, WRAPPER_MAX);
        }
        uint256 loan = 1;
        if (LOAN_FEED != address(0)) {
            (loan, ) = _read(Leg.LoanUsd, LOAN_FEED, LOAN_MAX_AGE, LOAN_MIN, LOAN_MAX);
        }
        priceE36 = _composeDown(bitcoin, wrapper, loan);
    }

    /// @dev The bitcoin leg first, then those of the other two that are present.
    function _legs() internal view returns (LegTerms[] memory legs) {
        uint256 count = 1;
        if (WRAPPER_FEED != address(0)) ++count;
        if (LOAN_FEED != address(0)) ++count;
        legs = new LegTerms[](count);
        legs[0] = LegTerms(BITCOIN_LEG, BITCOIN_FEED, BITCOIN_MAX_AGE, BITCOIN_MIN, BITCOIN_MAX);
        if (LOAN_FEED != address(0)) {
            legs[--count] = LegTerms(Leg.LoanUsd, LOAN_FEED, LOAN_MAX_AGE, LOAN_MIN, LOAN_MAX);
        }
        if (WRAPPER_FEED != address(0)) {
            legs[--count] = LegTerms(Leg.WrapperBtc, WRAPPER_FEED, WRAPPER_MAX_AGE, WRAPPER_MIN, WRAPPER_MAX);
        }
    }

    /// @dev Second of the bitcoin leg's round whatever its answer is worth; 0 where it cannot be read or lies in the future.
    function _bitcoinUpdatedAt() internal view returns (uint256 updatedAt) {
        bool ok;
        // slither-disable-next-line unused-return: only the age is asked for
        (ok, , , , updatedAt) = BITCOIN_FEED.tryLatest();
        if (!ok || updatedAt > block.timestamp) return 0;
    }

    /// @dev A price is as old as its oldest leg.
    function _staleFor() internal view returns (uint256 seconds_) {
        seconds_ = _age(BITCOIN_FEED);
        if (WRAPPER_FEED != address(0)) seconds_ = Math.max(seconds_, _age(WRAPPER_FEED));
        if (LOAN_FEED != address(0)) seconds_ = Math.max(seconds_, _age(LOAN_FEED));
    }

    /// @dev One division, so one rounding. Every answer is below 2^128 and SCALE_DOWN at most 1e18: no product overflows.
    function _composeDown(uint256 bitcoin, uint256 wrapper, uint256 loan) private view returns (uint256) {
        unchecked {
            return Math.mulDiv(bitcoin * wrapper, SCALE_UP, loan * SCALE_DOWN);
        }
    }

    function _read(
        Leg leg,
        address feed,
        uint256 maxAge,
        uint256 minAnswer,
        uint256 maxAnswer
    ) private view returns (uint256 answer, uint256 updatedAt) {
        bool ok;
        int256 signed;
        // slither-disable-next-line unused-return: a round is judged by answer and age, not by number
        (ok, , signed, , updatedAt) = feed.tryLatest();
        require(ok, FeedUnreadable(leg, feed));
        answer = uint256(signed);
        // A negative answer is, read as unsigned, above every bound.
        require(
            answer > minAnswer && answer < maxAnswer,
            AnswerOutOfBounds({leg: leg, answer: signed, minAnswer: minAnswer, maxAnswer: maxAnswer})
        );
        require(updatedAt <= block.timestamp, AnswerFromFuture(leg, updatedAt, block.timestamp));
        uint256 age = block.timestamp - updatedAt;
        require(age <= maxAge, AnswerStale({leg: leg, updatedAt: updatedAt, age: age, maxAge: maxAge}));
    }

    function _age(address feed) private view returns (uint256) {
        // slither-disable-next-line unused-return: only the age is asked for
        (bool ok, , , , uint256 updatedAt) = feed.tryLatest();
        return ok && updatedAt <= block.timestamp ? block.timestamp - updatedAt : type(uint256).max;
    }

    // ---- creation

    function _maxAge(Leg leg, LegConfig memory c) private pure returns (uint256 maxAge) {
        maxAge = uint256(c.heartbeat) + c.buffer;
        require(c.feed == address(0) || maxAge != 0, MaxAgeZero(leg));
    }

    function _bounds(Leg leg, LegConfig memory c) private pure returns (uint256, uint256) {
        // Both are exclusive: there must be room for one answer between them.
        bool room = c.maxAnswer > c.minAnswer && c.maxAnswer - c.minAnswer > 1;
        require(c.feed == address(0) || room, BoundsEmpty(leg, c.minAnswer, c.maxAnswer));
        return (c.minAnswer, c.maxAnswer);
    }

    function _decimals(address token) internal view returns (uint256 decimals) {
        decimals = IERC20Metadata(token).decimals();
        require(decimals <= MAX_DECIMALS, DecimalsNotSupported(token, decimals, MAX_DECIMALS));
    }

    function _feedDecimals(address feed) internal view returns (uint256 decimals) {
        if (feed == address(0)) return 0;
        decimals = AggregatorV3Interface(feed).decimals();
        require(decimals <= MAX_DECIMALS, DecimalsNotSupported(feed, decimals, MAX_DECIMALS));
    }

    /// @dev Checked once, so that no answer within bounds can overflow or make bitcoin worth nothing later.
    function _requireRange() private view {
        uint256 wrapperMin = WRAPPER_FEED == address(0) ? 1 : WRAPPER_MIN + 1;
        uint256 wrapperMax = WRAPPER_FEED == address(0) ? 1 : WRAPPER_MAX - 1;
        uint256 loanMin = LOAN_FEED == address(0) ? 1 : LOAN_MIN + 1;
        uint256 loanMax = LOAN_FEED == address(0) ? 1 : LOAN_MAX - 1;
        // slither-disable-next-line unused-return: the high word alone says whether the division overflows
        (uint256 high, ) = Math.mul512((BITCOIN_MAX - 1) * wrapperMax, SCALE_UP);
        bool overflows = high >= loanMin * SCALE_DOWN;
        uint256 lowest = overflows ? 0 : _composeDown(BITCOIN_MIN + 1, wrapperMin, loanMax);
        require(lowest != 0 && !overflows, PriceRangeUnusable(lowest, overflows));
    }
}
