// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {FaultSource} from "../../../contracts/mocks/FaultSource.sol";
import {IOracle} from "../../../contracts/interfaces/IOracle.sol";
import {IOracleErrors} from "../../../contracts/interfaces/IOracleErrors.sol";
import {OracleConfig} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

contract SecondOpinionTest is OracleFixture {
    uint256 private constant CAP = DISAGREEMENT_CAP;
    uint256 private constant AT_LIMIT = (PRICE * LIMIT_WAD) / 1e18;

    PriceOracle private oracle;

    function setUp() public override {
        super.setUp();
        oracle = new PriceOracle(withSecondSource());
    }

    // ---- C5, C6: what each question is answered with

    function test_fault_C6_a_spike_of_the_second_source_lends_nothing_more_and_sells_nothing() public {
        source.set((PRICE * 130) / 100);
        assertEq(oracle.borrowPrice(), PRICE);
        _assertHeld((PRICE * 130) / 100, timestamp() + CAP);
    }

    function test_fault_C6_a_spike_of_the_feeds_lends_nothing_more_and_sells_nothing() public {
        btcUsd.publish(69_000e8, uint64(START));
        assertEq(oracle.borrowPrice(), PRICE, "the second source bounds it");
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SourcesDisagree.selector, 690e36, PRICE, START + CAP));
        oracle.liquidationPrice();
    }

    function test_fault_C5_a_low_second_source_never_becomes_the_price_of_a_liquidation() public {
        // 2.85 % low, as the limiter that sold healthy loans was.
        uint256 low = (PRICE * 9715) / 10_000;
        source.set(low);
        assertEq(oracle.borrowPrice(), low);
        _assertHeld(low, START + CAP);
        // Within the limit it is not asked either.
        source.set(PRICE - AT_LIMIT);
        assertEq(oracle.liquidationPrice(), PRICE);
        assertEq(oracle.borrowPrice(), PRICE - AT_LIMIT);
    }

    function test_fault_C5_the_limit_itself_is_agreement_on_either_side() public {
        source.set(PRICE + AT_LIMIT);
        assertEq(oracle.liquidationPrice(), PRICE);
        source.set(PRICE + AT_LIMIT + 1);
        _assertHeld(PRICE + AT_LIMIT + 1, START + CAP);
        source.set(PRICE - AT_LIMIT - 1);
        _assertHeld(PRICE - AT_LIMIT - 1, START + CAP);
    }

    function testFuzz_fault_C5_liquidation_is_at_the_primary_price_or_not_at_all(uint256 second, uint16 notes) public {
        second = bound(second, 1, type(uint256).max);
        source.set(second);
        for (uint256 i = 0; i < notes % 5; ++i) {
            try oracle.noteDisagreement() {} catch {}
            vm.warp(timestamp() + 40 minutes);
            refresh();
        }
        try oracle.liquidationPrice() returns (uint256 priceE36) {
            assertEq(priceE36, PRICE);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IOracleErrors.SourcesDisagree.selector);
        }
        assertEq(oracle.borrowPrice(), second < PRICE ? second : PRICE);
    }

    // ---- a second source that fails

    function test_fault_C3_a_failing_second_source_refuses_new_risk_and_holds_liquidation() public {
        FaultSource.Fault[4] memory faults = [
            FaultSource.Fault.Reverts,
            FaultSource.Fault.RevertsWithMuchData,
            FaultSource.Fault.AnswersNothing,
            FaultSource.Fault.BurnsGas
        ];
        for (uint256 i = 0; i < faults.length; ++i) {
            source.setFault(faults[i]);
            _assertUnavailable();
        }
        source.setFault(FaultSource.Fault.None);
        source.set(0);
        _assertUnavailable();
        vm.etch(address(source), "");
        _assertUnavailable();
    }

    function test_fault_C3_a_failing_second_source_holds_no_longer_than_the_cap() public {
        source.setFault(FaultSource.Fault.BurnsGas);
        _noteFor(CAP);
        assertEq(oracle.liquidationPrice(), PRICE);
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SecondSourceUnavailable.selector, address(source)));
        oracle.borrowPrice();
    }

    /// @dev The source answers, but dearly: a caller that leaves it too little gas must not be able to pass that off as a
    /// failing source, and start the clock of a disagreement there is not.
    function test_fault_C3_starving_the_second_source_starts_no_clock() public {
        source.setFault(FaultSource.Fault.Dear);
        bool starved;
        bool answered;
        for (uint256 supplied = 250_000; supplied < 420_000; supplied += 500) {
            (bool ok, bytes memory reason) = address(oracle).call{gas: supplied}(
                abi.encodeCall(oracle.noteDisagreement, ())
            );
            assertFalse(ok, "the sources agree");
            starved = starved || bytes4(reason) == IOracleErrors.NotEnoughGas.selector;
            answered = answered || bytes4(reason) == IOracleErrors.SourcesAgree.selector;
        }
        assertTrue(starved && answered, "the sweep must cross from starved to answered");
        (uint64 since, ) = oracle.disagreement();
        assertEq(since, 0);
    }

    // ---- the clock

    function test_a_disagreement_holds_until_it_was_noted_for_the_cap() public {
        source.set(2 * PRICE);
        vm.expectEmit(address(oracle));
        emit IOracle.DisagreementNoted(PRICE, 2 * PRICE, START);
        oracle.noteDisagreement();
        for (uint256 t = 30 minutes; t < CAP; t += 30 minutes) {
            _at(START + t);
            _assertHeld(2 * PRICE, START + CAP);
            oracle.noteDisagreement();
        }
        _at(START + CAP - 1);
        _assertHeld(2 * PRICE, START + CAP);
        _at(START + CAP);
        assertEq(oracle.liquidationPrice(), PRICE);
        assertEq(oracle.borrowPrice(), PRICE);
        (uint64 since, uint64 lastSeen) = oracle.disagreement();
        assertEq(since, START);
        assertEq(lastSeen, START + CAP - 30 minutes);
    }

    function test_a_note_an_hour_old_still_counts_and_a_second_more_does_not() public {
        source.set(2 * PRICE);
        _noteFor(CAP);
        uint256 lastNote = timestamp();
        _at(lastNote + 1 hours);
        assertEq(oracle.liquidationPrice(), PRICE);
        _at(lastNote + 1 hours + 1);
        _assertHeld(2 * PRICE, timestamp() + CAP);
    }

    function test_silence_of_more_than_an_hour_restarts_the_clock() public {
        source.set(2 * PRICE);
        oracle.noteDisagreement();
        _at(START + 1 hours);
        oracle.noteDisagreement();
        (uint64 since, ) = oracle.disagreement();
        assertEq(since, START);
        _at(START + 2 hours + 1);
        _assertHeld(2 * PRICE, timestamp() + CAP);
        oracle.noteDisagreement();
        (since, ) = oracle.disagreement();
        assertEq(since, START + 2 hours + 1);
    }

    function test_who_never_notes_waits_for_ever() public {
        source.set(2 * PRICE);
        _at(START + 30 days);
        _assertHeld(2 * PRICE, timestamp() + CAP);
    }

    function test_agreement_ends_the_hold_at_once_and_cannot_be_noted() public {
        source.set(2 * PRICE);
        oracle.noteDisagreement();
        source.set(PRICE + 1);
        assertEq(oracle.liquidationPrice(), PRICE);
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SourcesAgree.selector, PRICE, PRICE + 1, LIMIT_WAD));
        oracle.noteDisagreement();
    }

    function test_without_a_second_source_nothing_is_held_whatever_its_cap_would_be() public {
        OracleConfig memory c = baseConfig();
        c.secondSource.cap = DISAGREEMENT_CAP;
        assertPrices(new PriceOracle(c), PRICE);
    }

    function test_noting_needs_a_second_source() public {
        PriceOracle single = new PriceOracle(baseConfig());
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.NoSecondSource.selector));
        single.noteDisagreement();
    }

    function test_noting_works_without_an_uptime_feed() public {
        OracleConfig memory c = withSecondSource();
        delete c.sequencer;
        PriceOracle free = new PriceOracle(c);
        source.set(2 * PRICE);
        free.noteDisagreement();
        (uint64 since, uint64 lastSeen) = free.disagreement();
        assertEq(since, START);
        assertEq(lastSeen, START);
    }

    function test_noting_needs_a_live_primary_price() public {
        source.set(2 * PRICE);
        btcUsd.setFault(FaultFeed.Fault.Reverts);
        vm.expectRevert();
        oracle.noteDisagreement();
    }

    function test_fault_C22_no_clock_runs_while_the_sequencer_is_down_but_it_does_during_the_grace() public {
        source.set(2 * PRICE);
        sequencer.publish(1, uint64(START + 10));
        _at(START + 20);
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START + 10, SEQUENCER_CAP));
        oracle.noteDisagreement();
        sequencer.publish(0, uint64(START + 600));
        _at(START + 610);
        oracle.noteDisagreement();
        (uint64 since, ) = oracle.disagreement();
        assertEq(since, START + 610);
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SequencerGrace.selector, START + 1190, timestamp()));
        oracle.liquidationPrice();
    }

    function test_fault_C1_the_release_lifts_the_hold_and_nothing_else() public {
        source.set(2 * PRICE);
        _noteFor(CAP);
        vm.warp(timestamp() + HEARTBEAT + BUFFER + 1);
        assertRefusedWith(oracle, IOracleErrors.AnswerStale.selector);
        refresh();
        sequencer.publish(1, uint64(timestamp()));
        assertRefusedWith(oracle, IOracleErrors.SequencerDown.selector);
    }

    function _noteFor(uint256 duration) private {
        uint256 first = timestamp();
        for (uint256 t = 0; t <= duration; t += 30 minutes) {
            _at(first + t);
            oracle.noteDisagreement();
        }
    }

    function _at(uint256 second) private {
        vm.warp(second);
        refresh();
    }

    function _assertHeld(uint256 second, uint256 releasedAt) private {
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SourcesDisagree.selector, PRICE, second, releasedAt));
        oracle.liquidationPrice();
    }

    function _assertUnavailable() private {
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SecondSourceUnavailable.selector, address(source)));
        oracle.borrowPrice();
        _assertHeld(0, timestamp() + CAP);
    }
}
