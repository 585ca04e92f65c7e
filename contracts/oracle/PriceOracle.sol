// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {LegTerms, OracleConfig, OracleTerms, SanityWindow} from "./OracleConfig.sol";
import {PriceLegs} from "./PriceLegs.sol";
import {ReservesRule} from "./ReservesRule.sol";
import {SecondOpinion} from "./SecondOpinion.sol";
import {SequencerRule} from "./SequencerRule.sol";

/// @title The price of one wrapped BTC in one loan asset, or a refusal.
/// @notice Which rule binds which question:
///
///                       legs   sequencer         second source      reserves
///   price               yes    no                no                 no
///   borrowPrice         yes    up, grace over    lower of both      cover the supply
///   liquidationPrice    yes    up, grace over    may hold it back   no
///   noteDisagreement    yes    up                must disagree      no
///
/// Nothing here can be changed and nobody is privileged. The one thing stored is since when the sources disagree.
/// Warning: `price` knows neither the sequencer nor the second source; nobody's money may depend on it.
contract PriceOracle is IOracle, PriceLegs, SequencerRule, SecondOpinion, ReservesRule {
    /// @dev Refuses to exist unless a usable price, and the second source's where there is one, lies in the sanity window.
    constructor(
        OracleConfig memory c
    ) PriceLegs(c.legs) SequencerRule(c.sequencer) SecondOpinion(c.secondSource) ReservesRule(c.reserves) {
        (uint256 primaryE36, ) = _primaryPrice();
        _requireSane(address(this), primaryE36, c.sanity);
        if (SECOND_SOURCE != address(0)) _requireSane(SECOND_SOURCE, _requireSecondPrice(), c.sanity);
    }

    /// @inheritdoc IOracle
    function price() external view returns (uint256 priceE36) {
        (priceE36, ) = _primaryPrice();
    }

    /// @inheritdoc IOracle
    function borrowPrice() external view returns (uint256 priceE36) {
        priceE36 = _lowerOfBoth(_settledPrice());
        _requireReserves();
    }

    /// @inheritdoc IOracle
    function liquidationPrice() external view returns (uint256 priceE36) {
        priceE36 = _settledPrice();
        _requireNotHeld(priceE36);
    }

    /// @inheritdoc IOracle
    function noteDisagreement() external {
        // Up, but not "grace over": what is seen during the grace was seen. While down no venue can follow the market, so
        // being apart then says nothing about either source.
        (uint256 primaryE36, uint256 bitcoinUpdatedAt) = _primaryPrice();
        _requireSequencerUp(bitcoinUpdatedAt);
        (uint256 since, uint256 secondE36) = _note(primaryE36);
        emit DisagreementNoted(primaryE36, secondE36, since);
    }

    /// @inheritdoc IOracle
    function graceEndsAt() external view returns (uint256 timestamp) {
        return _sequencerGraceEnd(_bitcoinUpdatedAt());
    }

    /// @inheritdoc IOracle
    function staleFor() external view returns (uint256 seconds_) {
        return _staleFor();
    }

    /// @inheritdoc IOracle
    function caps() external view returns (uint256 sequencerCap, uint256 disagreementCap) {
        return (SEQUENCER_CAP, DISAGREEMENT_CAP);
    }

    /// @inheritdoc IOracle
    function collateralAsset() external view returns (address) {
        return COLLATERAL_ASSET;
    }

    /// @inheritdoc IOracle
    function loanAsset() external view returns (address) {
        return LOAN_ASSET;
    }

    /// @notice The legs of the primary price and what is demanded of each, for deployment checks and screens.
    function legs() external view returns (LegTerms[] memory) {
        return _legs();
    }

    /// @notice The rest of what this oracle was created with.
    function terms() external view returns (OracleTerms memory) {
        return
            OracleTerms({
                sequencerFeed: SEQUENCER_FEED,
                secondSource: SECOND_SOURCE,
                disagreementLimitWad: DISAGREEMENT_LIMIT_WAD,
                reservesFeed: RESERVES_FEED,
                supplyFeed: SUPPLY_FEED,
                reservesMaxAge: RESERVES_MAX_AGE,
                supplyMaxAge: SUPPLY_MAX_AGE
            });
    }

    function _settledPrice() private view returns (uint256 priceE36) {
        uint256 bitcoinUpdatedAt;
        (priceE36, bitcoinUpdatedAt) = _primaryPrice();
        _requireSequencerSettled(bitcoinUpdatedAt);
    }

    function _requireSane(address source, uint256 priceE36, SanityWindow memory window) private view {
        uint256 priceWad = Math.mulDiv(priceE36, 10 ** _decimals(COLLATERAL_ASSET), 10 ** (18 + _decimals(LOAN_ASSET)));
        require(
            priceWad >= window.minWad && priceWad <= window.maxWad,
            PriceOutsideSanityWindow({source: source, priceWad: priceWad, minWad: window.minWad, maxWad: window.maxWad})
        );
    }
}
