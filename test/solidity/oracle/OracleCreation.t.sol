// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {FaultSource} from "../../../contracts/mocks/FaultSource.sol";
import {MockToken} from "../../../contracts/mocks/MockToken.sol";
import {IOracleErrors, Leg} from "../../../contracts/interfaces/IOracleErrors.sol";
import {
    LegConfig,
    LegTerms,
    OracleConfig,
    OracleTerms,
    ReservesConfig
} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice C4 and C39: an oracle with a mistake in it does not come to exist.
contract OracleCreationTest is OracleFixture {
    // ---- C4: the sanity window

    function test_fault_C4_a_price_outside_the_window_is_refused_and_its_edges_are_inside() public {
        OracleConfig memory c = baseConfig();
        (c.sanity.minWad, c.sanity.maxWad) = (60_000e18, 60_000e18);
        new PriceOracle(c);

        (c.sanity.minWad, c.sanity.maxWad) = (60_000e18 + 1, 70_000e18);
        _refuses(c, _outside(60_000e18, 60_000e18 + 1, 70_000e18));

        (c.sanity.minWad, c.sanity.maxWad) = (50_000e18, 60_000e18 - 1);
        _refuses(c, _outside(60_000e18, 50_000e18, 60_000e18 - 1));
    }

    function test_fault_C4_a_leg_left_out_of_the_composition_is_refused() public {
        // cbETH at 1.12 dollars: the ratio of wrapper to bitcoin taken for the price in dollars.
        OracleConfig memory c = baseConfig();
        (c.legs.wrapperUsd, c.legs.btcUsd) = (c.legs.wrapperBtc, c.legs.wrapperUsd);
        delete c.legs.wrapperBtc;
        _refuses(c, _outside(1e18, 50_000e18, 70_000e18));
    }

    function test_fault_C4_a_loan_asset_that_is_not_a_dollar_is_refused() public {
        // The loan leg given bitcoin's own feed: a price of 1.
        OracleConfig memory c = baseConfig();
        c.legs.loanUsd = c.legs.btcUsd;
        _refuses(c, _outside(1e18, 50_000e18, 70_000e18));
    }

    function test_fault_C4_the_second_source_must_be_in_the_window_too() public {
        OracleConfig memory c = withSecondSource();
        source.set(PRICE * 1e12); // a scale off by 1e12
        vm.expectRevert(
            abi.encodeWithSelector(
                IOracleErrors.PriceOutsideSanityWindow.selector,
                address(source),
                60_000e30,
                50_000e18,
                70_000e18
            )
        );
        new PriceOracle(c);

        source.setFault(FaultSource.Fault.Reverts);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.SecondSourceUnavailable.selector, address(source)));
    }

    function test_fault_C4_a_price_that_is_stale_at_creation_is_refused() public {
        vm.warp(START + HEARTBEAT + BUFFER + 1);
        uint256 maxAge = HEARTBEAT + BUFFER;
        _refuses(
            baseConfig(),
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.BtcUsd, START, maxAge + 1, maxAge)
        );
    }

    // ---- C39: other mistakes

    function test_fault_C39_assets() public {
        OracleConfig memory c = baseConfig();
        c.legs.collateralAsset = address(0);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.ZeroAddress.selector));
        c = baseConfig();
        c.legs.loanAsset = address(0);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.ZeroAddress.selector));
        c = baseConfig();
        c.legs.loanAsset = address(collateral);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.SameAsset.selector, address(collateral)));
    }

    function test_fault_C39_decimals_beyond_18() public {
        OracleConfig memory c = baseConfig();
        MockToken odd = new MockToken("Odd", "ODD", 30);
        c.legs.collateralAsset = address(odd);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DecimalsNotSupported.selector, address(odd), 30, 18));
        c = baseConfig();
        c.legs.loanAsset = address(odd);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DecimalsNotSupported.selector, address(odd), 30, 18));
        c = baseConfig();
        FaultFeed oddFeed = new FaultFeed(19);
        c.legs.wrapperBtc.feed = address(oddFeed);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DecimalsNotSupported.selector, address(oddFeed), 19, 18));
    }

    function test_fault_C39_legs_that_contradict_each_other() public {
        OracleConfig memory c = baseConfig();
        c.legs.wrapperUsd = c.legs.btcUsd;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegUnexpected.selector, Leg.BtcUsd));
        delete c.legs.btcUsd;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegUnexpected.selector, Leg.WrapperBtc));
        c = baseConfig();
        delete c.legs.btcUsd;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegMissing.selector, Leg.BtcUsd));
    }

    function test_fault_C39_a_loan_asset_is_at_par_only_where_said_so() public {
        OracleConfig memory c = baseConfig();
        c.legs.loanAtPar = true;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegUnexpected.selector, Leg.LoanUsd));
        delete c.legs.loanUsd;
        assertPrices(new PriceOracle(c), PRICE);
        c.legs.loanAtPar = false;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegMissing.selector, Leg.LoanUsd));
    }

    function test_fault_C39_bounds_and_ages() public {
        OracleConfig memory c = baseConfig();
        (c.legs.btcUsd.heartbeat, c.legs.btcUsd.buffer) = (0, 0);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.MaxAgeZero.selector, Leg.BtcUsd));
        c = baseConfig();
        c.legs.loanUsd.maxAnswer = c.legs.loanUsd.minAnswer + 1;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.BoundsEmpty.selector, Leg.LoanUsd, 0.5e8, 0.5e8 + 1));
        c = baseConfig();
        c.legs.btcUsd.maxAnswer = type(uint128).max;
        c.legs.wrapperBtc.maxAnswer = type(uint128).max;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.PriceRangeUnusable.selector, 0, true));
    }

    function test_fault_C39_bounds_whose_highest_price_just_does_not_fit_256_bits() public {
        FaultFeed wholeDollars = new FaultFeed(0);
        wholeDollars.publish(60_000, uint64(START));
        OracleConfig memory c = baseConfig();
        c.legs.collateralAsset = address(new MockToken("Whole", "W", 0));
        c.legs.loanAsset = address(new MockToken("Fine", "F", 18));
        delete c.legs.btcUsd;
        delete c.legs.wrapperBtc;
        delete c.legs.loanUsd;
        c.legs.loanAtPar = true;
        // An answer counts 1e54 here, and 2^256 is 115,792,089,237,316,195,423,570.98… × 1e54.
        c.legs.wrapperUsd = LegConfig(address(wholeDollars), HEARTBEAT, BUFFER, 1, 115_792_089_237_316_195_423_571);
        assertPrices(new PriceOracle(c), 60_000e54);
        c.legs.wrapperUsd.maxAnswer += 1;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.PriceRangeUnusable.selector, 0, true));
    }

    /// @dev As above, with a wrapper that may say 1 and nothing else: its own bound is no answer.
    function test_fault_C39_the_highest_price_is_that_of_answers_within_bounds() public {
        (FaultFeed dollars, FaultFeed ratio) = (new FaultFeed(0), new FaultFeed(0));
        dollars.publish(60_000, uint64(START));
        ratio.publish(1, uint64(START));
        OracleConfig memory c = baseConfig();
        c.legs.collateralAsset = address(new MockToken("Whole", "W", 0));
        c.legs.loanAsset = address(new MockToken("Fine", "F", 18));
        delete c.legs.loanUsd;
        c.legs.loanAtPar = true;
        c.legs.btcUsd = LegConfig(address(dollars), HEARTBEAT, BUFFER, 1, 115_792_089_237_316_195_423_571);
        c.legs.wrapperBtc = LegConfig(address(ratio), HEARTBEAT, BUFFER, 0, 2);
        assertPrices(new PriceOracle(c), 60_000e54);
    }

    /// @dev A feed of so many decimals that says one thing.
    function _saying(uint8 decimals, int256 answer) private returns (address) {
        FaultFeed feed = new FaultFeed(decimals);
        feed.publish(answer, uint64(START));
        return address(feed);
    }

    /// @dev All that the price is multiplied by has 18 decimals, all that it is divided by none; no answer is too low.
    function _fineAgainstCoarse() private returns (OracleConfig memory c) {
        c = baseConfig();
        c.legs.collateralAsset = address(new MockToken("Fine", "F", 18));
        c.legs.loanAsset = address(new MockToken("Coarse", "C", 0));
        (c.legs.btcUsd.feed, c.legs.btcUsd.minAnswer, c.legs.btcUsd.maxAnswer) = (_saying(18, 60_000e18), 0, 1e24);
        c.legs.wrapperBtc.feed = _saying(18, 1e18);
        (c.legs.wrapperBtc.minAnswer, c.legs.wrapperBtc.maxAnswer) = (0, 2e18);
        (c.legs.loanUsd.feed, c.legs.loanUsd.minAnswer) = (_saying(0, 1), 0);
    }

    function test_fault_C39_bounds_within_which_the_price_would_round_to_nothing() public {
        OracleConfig memory c = _fineAgainstCoarse();
        c.legs.loanUsd.maxAnswer = 3;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.PriceRangeUnusable.selector, 0, false));
        (c.legs.btcUsd.minAnswer, c.legs.wrapperBtc.minAnswer) = (1_000e18, 0.5e18);
        assertPrices(new PriceOracle(c), 60_000e18);
    }

    /// @dev A thousand of bitcoin's units make one of the loan asset where that is at its highest.
    function test_fault_C39_bounds_within_which_the_price_is_just_not_nothing() public {
        OracleConfig memory c = _fineAgainstCoarse();
        (c.legs.btcUsd.minAnswer, c.legs.wrapperBtc.minAnswer, c.legs.loanUsd.maxAnswer) = (998, 1e18 - 1, 1001);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.PriceRangeUnusable.selector, 0, false));
        c.legs.btcUsd.minAnswer = 999;
        assertPrices(new PriceOracle(c), 60_000e18);
    }

    function test_fault_C39_caps_and_limits() public {
        OracleConfig memory c = baseConfig();
        c.sequencer.cap = 0;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.SequencerCapZero.selector));
        c = withSecondSource();
        c.secondSource.limitWad = 0;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DisagreementLimitOutOfRange.selector, 0, 1e18));
        c.secondSource.limitWad = 1e18;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DisagreementLimitOutOfRange.selector, 1e18, 1e18));
        c = withSecondSource();
        c.secondSource.cap = 0;
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DisagreementCapZero.selector));
    }

    function test_fault_C39_half_a_proof_of_reserves() public {
        OracleConfig memory c = baseConfig();
        c.reserves = ReservesConfig(address(btcUsd), address(0), 1 days, 1 days);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegMissing.selector, Leg.Supply));
        c.reserves = ReservesConfig(address(0), address(btcUsd), 1 days, 1 days);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.LegMissing.selector, Leg.Reserves));
        c.reserves = ReservesConfig(address(btcUsd), address(btcUsd), 0, 1 days);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.MaxAgeZero.selector, Leg.Reserves));
        c.reserves = ReservesConfig(address(btcUsd), address(btcUsd), 1 days, 0);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.MaxAgeZero.selector, Leg.Supply));
        address odd = address(new FaultFeed(30));
        c.reserves = ReservesConfig(odd, address(btcUsd), 1 days, 1 days);
        _refuses(c, abi.encodeWithSelector(IOracleErrors.DecimalsNotSupported.selector, odd, 30, 18));
    }

    function test_caps_are_those_of_the_configuration() public {
        (uint256 sequencerCap, uint256 disagreementCap) = new PriceOracle(withSecondSource()).caps();
        assertEq(sequencerCap, SEQUENCER_CAP);
        assertEq(disagreementCap, DISAGREEMENT_CAP);
    }

    function test_everything_it_was_created_with_reads_back() public {
        OracleConfig memory c = withSecondSource();
        c.reserves = ReservesConfig(address(btcUsd), address(wrapperBtc), 2 days, 3 days);
        PriceOracle oracle = new PriceOracle(c);
        LegTerms[] memory legs = oracle.legs();
        assertEq(legs.length, 3);
        _assertLeg(legs[0], Leg.BtcUsd, c.legs.btcUsd);
        _assertLeg(legs[1], Leg.WrapperBtc, c.legs.wrapperBtc);
        _assertLeg(legs[2], Leg.LoanUsd, c.legs.loanUsd);
        OracleTerms memory terms = oracle.terms();
        assertEq(terms.sequencerFeed, address(sequencer));
        assertEq(terms.secondSource, address(source));
        assertEq(terms.disagreementLimitWad, LIMIT_WAD);
        assertEq(terms.reservesFeed, address(btcUsd));
        assertEq(terms.supplyFeed, address(wrapperBtc));
        assertEq(terms.reservesMaxAge, 2 days);
        assertEq(terms.supplyMaxAge, 3 days);
    }

    function test_absent_legs_do_not_read_back() public {
        OracleConfig memory c = baseConfig();
        c.legs.wrapperUsd = c.legs.btcUsd;
        delete c.legs.btcUsd;
        delete c.legs.wrapperBtc;
        LegTerms[] memory legs = new PriceOracle(c).legs();
        assertEq(legs.length, 2);
        _assertLeg(legs[0], Leg.WrapperUsd, c.legs.wrapperUsd);
        _assertLeg(legs[1], Leg.LoanUsd, c.legs.loanUsd);
        delete c.legs.loanUsd;
        c.legs.loanAtPar = true;
        legs = new PriceOracle(c).legs();
        assertEq(legs.length, 1);
        _assertLeg(legs[0], Leg.WrapperUsd, c.legs.wrapperUsd);
    }

    function _assertLeg(LegTerms memory actual, Leg leg, LegConfig memory c) private pure {
        assertEq(uint256(actual.leg), uint256(leg));
        assertEq(actual.feed, c.feed);
        assertEq(actual.maxAge, uint256(c.heartbeat) + c.buffer);
        assertEq(actual.minAnswer, c.minAnswer);
        assertEq(actual.maxAnswer, c.maxAnswer);
    }

    function _refuses(OracleConfig memory c, bytes memory reason) private {
        vm.expectRevert(reason);
        new PriceOracle(c);
    }

    /// @dev The oracle that is not to be would have had the next address.
    function _outside(uint256 priceWad, uint256 minWad, uint256 maxWad) private view returns (bytes memory) {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        return abi.encodeWithSelector(IOracleErrors.PriceOutsideSanityWindow.selector, next, priceWad, minWad, maxWad);
    }
}
