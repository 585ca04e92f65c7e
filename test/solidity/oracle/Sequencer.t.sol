// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {IOracleErrors, Leg} from "../../../contracts/interfaces/IOracleErrors.sol";
import {OracleConfig} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

contract SequencerTest is OracleFixture {
    int256 private constant UP = 0;
    int256 private constant DOWN = 1;
    uint256 private constant CAP = SEQUENCER_CAP;

    PriceOracle private oracle;

    function setUp() public override {
        super.setUp();
        oracle = new PriceOracle(baseConfig());
    }

    function test_without_an_uptime_feed_the_rule_is_silent() public {
        OracleConfig memory c = baseConfig();
        delete c.sequencer;
        PriceOracle free = new PriceOracle(c);
        assertPrices(free, PRICE);
        assertEq(free.graceEndsAt(), 0);
    }

    function test_up_for_longer_than_the_cap_reads_no_history() public {
        sequencer.setFault(FaultFeed.Fault.HistoryReverts);
        assertPrices(oracle, PRICE);
    }

    // ---- C2: down

    function test_fault_C2_down_refuses_and_says_since_when() public {
        _report(DOWN, START + 10);
        _at(START + 100);
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START + 10, CAP));
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START + 10, CAP));
        oracle.graceEndsAt();
        assertEq(oracle.price(), PRICE, "the feeds' price is still there to be shown");
    }

    function test_fault_C2_a_round_without_a_start_is_not_up() public {
        sequencer.setRound(7, UP, 0, uint64(START));
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerStatusUnknown.selector, 0, START));
        sequencer.setRound(7, UP, uint64(START + 1), uint64(START));
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerStatusUnknown.selector, START + 1, START));
    }

    function test_fault_C2_any_status_but_zero_is_down() public {
        _report(7, START + 10);
        _at(START + 100);
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START + 10, CAP));
    }

    function test_fault_C2_a_longer_row_of_down_rounds_than_the_rule_reads_is_down() public {
        for (uint256 i = 0; i < 34; ++i) _report(DOWN, START + i);
        _at(START + 100);
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START + 1, CAP));
    }

    function test_fault_C2_down_with_no_round_before_it_or_none_that_can_be_read_is_down() public {
        bytes memory down = abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START, CAP);
        _report(DOWN, START);
        sequencer.setFault(FaultFeed.Fault.HistoryReverts);
        _at(START + 100);
        assertRefused(oracle, down);
        sequencer.setFault(FaultFeed.Fault.None);
        sequencer.setRound((3 << 64) | 1, DOWN, uint64(START), uint64(START));
        assertRefused(oracle, down);
    }

    // ---- C2: just up

    function test_fault_C2_the_grace_is_as_long_as_the_outage() public {
        _report(DOWN, START);
        _report(UP, START + 600);
        _assertGraceUntil(START + 1200);
    }

    function test_fault_C2_the_grace_is_capped() public {
        _report(DOWN, START);
        _report(UP, START + 30 hours);
        _assertGraceUntil(START + 30 hours + CAP);
    }

    function test_fault_C2_consecutive_up_rounds_do_not_restart_the_grace() public {
        _report(DOWN, START);
        _report(UP, START + 600);
        _report(UP, START + 700);
        _report(UP, START + 1100);
        _assertGraceUntil(START + 1200);
    }

    function test_fault_C2_consecutive_down_rounds_are_one_outage() public {
        _report(DOWN, START);
        _report(DOWN, START + 500);
        _report(DOWN, START + 590);
        _report(UP, START + 600);
        _assertGraceUntil(START + 1200);
    }

    // ---- C2: flapping

    function test_fault_C2_a_short_outage_does_not_end_the_grace_of_a_long_one_before_it() public {
        _report(DOWN, START);
        _report(UP, START + 3000);
        _report(DOWN, START + 3100);
        _report(UP, START + 3110);
        _assertGraceUntil(START + 6000);
    }

    function test_fault_C2_a_long_outage_after_a_short_one_imposes_its_own() public {
        _report(DOWN, START);
        _report(UP, START + 10);
        _report(DOWN, START + 100);
        _report(UP, START + 1000);
        _assertGraceUntil(START + 1900);
    }

    function test_fault_C2_more_rounds_than_the_rule_reads_refuse_until_they_are_old() public {
        // 1 + 2 × 17 rounds, one second each: more than 32 before the latest.
        for (uint256 i = 0; i < 17; ++i) {
            _report(DOWN, START + 2 * i);
            _report(UP, START + 2 * i + 1);
        }
        uint256 lastUp = START + 33;
        _at(lastUp + 10);
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerUnsettled.selector, 32, CAP));
        // The grace of the oldest one read may be unknown as long as its end lies within the cap, 31 seconds before the last.
        _at(lastUp + CAP - 33);
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerUnsettled.selector, 32, CAP));
        _at(lastUp + CAP + 1);
        assertPrices(oracle, PRICE);
    }

    function test_fault_C2_sixteen_outages_within_the_cap_are_still_read() public {
        for (uint256 i = 0; i < 16; ++i) {
            _report(DOWN, START + 20 * i);
            _report(UP, START + 20 * i + 10);
        }
        _assertGraceUntil(START + 320);
    }

    function test_fault_C2_history_that_cannot_be_read_refuses_only_while_it_matters() public {
        _report(DOWN, START);
        _report(UP, START + 600);
        sequencer.setFault(FaultFeed.Fault.HistoryReverts);
        _at(START + 3000);
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.SequencerHistoryUnreadable.selector, address(sequencer), 2)
        );
        vm.expectRevert(
            abi.encodeWithSelector(IOracleErrors.SequencerHistoryUnreadable.selector, address(sequencer), 2)
        );
        oracle.graceEndsAt();
        _at(START + 600 + CAP + 1);
        assertPrices(oracle, PRICE);
        assertEq(oracle.graceEndsAt(), 0);
    }

    /// @dev What was longer gives no later grace: what lies before is not asked for.
    function test_fault_C2_before_an_outage_of_just_the_cap_history_may_be_unreadable() public {
        sequencer.setRound(2, DOWN, 0, uint64(START)); // without a start
        sequencer.setRound(3, DOWN, uint64(START), uint64(START));
        sequencer.setRound(4, UP, uint64(START + CAP), uint64(START + CAP));
        _assertGraceUntil(START + 2 * CAP);
    }

    function test_fault_C2_rounds_out_of_order_are_unreadable_history() public {
        sequencer.setRound(2, DOWN, uint64(START + 500), uint64(START));
        sequencer.setRound(3, UP, uint64(START + 400), uint64(START));
        _at(START + 600);
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.SequencerHistoryUnreadable.selector, address(sequencer), 2)
        );
    }

    /// @dev The grace that is found ends later than any before it could.
    function test_history_is_read_no_further_than_it_matters() public {
        _report(DOWN, START); // after the round that follows it: not to be read
        _report(UP, START - 21 minutes);
        _report(DOWN, START + 1 minutes);
        _report(UP, START + 20 minutes);
        _assertGraceUntil(START + 39 minutes);
    }

    /// @dev What is before a round that cannot be read is not known either.
    function test_history_ends_where_it_cannot_be_read() public {
        _report(DOWN, START - 100 hours);
        _report(UP, START - 99 hours);
        _report(UP, START + 10 minutes); // after the round that follows it
        _report(UP, START);
        _at(START + CAP + 1);
        assertEq(oracle.graceEndsAt(), 0);
        assertPrices(oracle, PRICE);
    }

    function test_a_round_may_begin_in_the_second_of_the_one_before() public {
        _report(DOWN, START);
        _report(UP, START + 600);
        _report(UP, START + 600);
        _assertGraceUntil(START + 1200);
    }

    function test_fault_C2_an_earlier_round_without_a_start_is_unreadable_history() public {
        sequencer.setRound(2, DOWN, 0, uint64(START));
        sequencer.setRound(3, UP, uint64(START + 400), uint64(START));
        _at(START + 600);
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.SequencerHistoryUnreadable.selector, address(sequencer), 2)
        );
    }

    function test_fault_C2_the_first_round_of_a_proxys_phase_has_nothing_before_it() public {
        uint80 phase = 3 << 64;
        sequencer.setRound(phase | 1, UP, uint64(START), uint64(START));
        assertPrices(oracle, PRICE);
        assertEq(oracle.graceEndsAt(), 0);
        sequencer.setRound(phase | 2, DOWN, uint64(START + 10), uint64(START + 10));
        sequencer.setRound(phase | 3, UP, uint64(START + 20), uint64(START + 20));
        _assertGraceUntil(START + 30);
    }

    function test_fault_C2_a_feed_whose_first_round_is_an_outage_imposes_its_grace() public {
        sequencer.setRound((3 << 64) | 1, DOWN, uint64(START), uint64(START));
        sequencer.setRound((3 << 64) | 2, UP, uint64(START + 600), uint64(START + 600));
        _assertGraceUntil(START + 1200);
    }

    function test_the_end_of_the_latest_grace_is_remembered_long_after_it() public {
        // A default's ramp starts no earlier; forgetting would make it jump.
        _report(DOWN, START);
        _report(UP, START + 600);
        _at(START + 600 + CAP + 1 days);
        assertEq(oracle.graceEndsAt(), START + 1200);
    }

    function test_an_outage_beyond_memory_is_forgotten_rather_than_refused() public {
        _report(DOWN, START);
        _report(UP, START + 600);
        for (uint256 i = 1; i <= 31; ++i) _report(UP, START + 600 + i);
        _at(START + 600 + 31 + CAP + 1);
        assertEq(oracle.graceEndsAt(), START + 1200, "the 32nd round back begins the outage");
        _report(UP, START + 632);
        assertEq(oracle.graceEndsAt(), 0);
        assertPrices(oracle, PRICE);
    }

    function test_no_outage_in_memory_has_no_grace() public {
        _report(UP, START);
        _report(UP, START + 100);
        _at(START + 200);
        assertEq(oracle.graceEndsAt(), 0);
        assertPrices(oracle, PRICE);
    }

    // ---- C2: false alarm

    function test_fault_C2_a_false_alarm_blocks_no_longer_than_the_cap() public {
        _report(DOWN, START);
        bytes memory down = abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START, CAP);
        _at(START + CAP);
        assertRefused(oracle, down);
        // A second after the cap with a round of bitcoin's leg from that second.
        _at(START + CAP + 1);
        assertPrices(oracle, PRICE);
        assertEq(oracle.graceEndsAt(), 0);
    }

    function test_fault_C2_without_a_round_since_the_cap_it_is_no_false_alarm() public {
        _report(DOWN, START);
        _at(START + CAP);
        vm.warp(START + CAP + 10 minutes);
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START, CAP));
        // Rounds of another leg are no evidence about bitcoin's.
        wrapperBtc.publish(1e8, uint64(timestamp()));
        loanUsd.publish(1e8, uint64(timestamp()));
        assertRefused(oracle, abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START, CAP));
        btcUsd.publish(60_000e8, uint64(timestamp()));
        assertPrices(oracle, PRICE);
    }

    function test_fault_C2_repeated_down_rounds_do_not_restart_a_false_alarm() public {
        for (uint256 i = 0; i < 8; ++i) _report(DOWN, START + i * 900);
        _at(START + 2 * CAP);
        assertPrices(oracle, PRICE);
        assertEq(oracle.graceEndsAt(), 0);
    }

    function test_fault_C2_after_a_false_alarm_the_grace_is_that_of_any_outage() public {
        _report(DOWN, START);
        _report(UP, START + 10 hours);
        _assertGraceUntil(START + 10 hours + CAP);
    }

    function test_an_unreadable_bitcoin_leg_is_no_evidence_of_a_false_alarm() public {
        _report(DOWN, START);
        _at(START + CAP + 1);
        btcUsd.setFault(FaultFeed.Fault.Reverts);
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START, CAP));
        oracle.graceEndsAt();
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.FeedUnreadable.selector, Leg.BtcUsd, address(btcUsd))
        );
    }

    function test_a_bitcoin_round_from_the_future_is_no_evidence_of_a_false_alarm() public {
        _report(DOWN, START);
        _at(START + CAP + 1);
        assertEq(oracle.graceEndsAt(), 0);
        btcUsd.publish(60_000e8, uint64(timestamp() + 1));
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.SequencerDown.selector, START, CAP));
        oracle.graceEndsAt();
    }

    // ---- C2: against the rule's own words, over random histories

    /// forge-config: default.fuzz.runs = 512
    function testFuzz_fault_C2_blocked_exactly_when_some_outage_says_so(uint256 seed, uint8 rounds) public {
        rounds = uint8(bound(rounds, 0, 12));
        uint256[] memory starts = new uint256[](rounds);
        bool[] memory downs = new bool[](rounds);
        uint256 second = START;
        for (uint256 i = 0; i < rounds; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            // Short and long stretches, repeated statuses, some rounds of one second.
            second += (seed >> 8) % 4 == 0 ? (seed >> 16) % (3 * CAP) : (seed >> 16) % (CAP / 6);
            starts[i] = second;
            downs[i] = seed % 5 < 3 ? i % 2 == 0 : seed % 2 == 0;
            sequencer.publish(downs[i] ? DOWN : UP, uint64(second));
        }
        seed = uint256(keccak256(abi.encode(seed)));
        _at(second + ((seed >> 8) % 3 == 0 ? (seed >> 16) % (3 * CAP) : (seed >> 16) % (CAP / 3)));
        uint256 bitcoinUpdatedAt = timestamp() - ((seed >> 128) % (HEARTBEAT + BUFFER));
        btcUsd.publish(60_000e8, uint64(bitcoinUpdatedAt));

        (bool isDown, uint256 graceEnd) = _model(starts, downs, bitcoinUpdatedAt);
        if (isDown) {
            assertRefusedWith(oracle, IOracleErrors.SequencerDown.selector);
        } else {
            assertEq(oracle.graceEndsAt(), graceEnd);
            if (timestamp() > graceEnd) assertPrices(oracle, PRICE);
            else assertRefused(oracle, _grace(graceEnd));
        }
    }

    /// @dev The rule read forwards: every outage ever, from its first "down" to the "up" that ended it, has its own grace.
    function _model(
        uint256[] memory starts,
        bool[] memory downs,
        uint256 bitcoinUpdatedAt
    ) private view returns (bool isDown, uint256 graceEnd) {
        uint256 downSince = 0;
        for (uint256 i = 0; i < starts.length; ++i) {
            if (downs[i]) {
                if (downSince == 0) downSince = starts[i];
            } else if (downSince != 0) {
                uint256 length = starts[i] - downSince;
                uint256 end = starts[i] + (length < CAP ? length : CAP);
                if (end > graceEnd) graceEnd = end;
                downSince = 0;
            }
        }
        if (downSince != 0) {
            bool falseAlarm = timestamp() - downSince > CAP && bitcoinUpdatedAt > downSince + CAP;
            return (!falseAlarm, 0);
        }
    }

    function _report(int256 status, uint256 since) private {
        sequencer.publish(status, uint64(since));
    }

    function _at(uint256 second) private {
        vm.warp(second);
        refresh();
    }

    function _assertGraceUntil(uint256 lastSecond) private {
        _at(lastSecond);
        assertRefused(oracle, _grace(lastSecond));
        assertEq(oracle.graceEndsAt(), lastSecond);
        _at(lastSecond + 1);
        assertPrices(oracle, PRICE);
        assertEq(oracle.graceEndsAt(), lastSecond);
    }

    function _grace(uint256 lastSecond) private view returns (bytes memory) {
        return abi.encodeWithSelector(IOracleErrors.SequencerGrace.selector, lastSecond, timestamp());
    }
}
