// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {MockToken} from "../../../contracts/mocks/MockToken.sol";
import {IOracleErrors, Leg} from "../../../contracts/interfaces/IOracleErrors.sol";
import {LegConfig, OracleConfig} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

contract PriceLegsTest is OracleFixture {
    PriceOracle private oracle;

    function setUp() public override {
        super.setUp();
        oracle = new PriceOracle(baseConfig());
    }

    function test_three_legs_make_the_price() public {
        assertPrices(oracle, PRICE);
        btcUsd.publish(61_234.56789012e8, uint64(START));
        wrapperBtc.publish(0.9987e8, uint64(START));
        loanUsd.publish(1.0003e8, uint64(START));
        // 61234.56789012 × 0.9987 / 1.0003 × 1e6 / 1e8 × 1e36, rounded down
        uint256 expected = (uint256(61_234.56789012e8) * 0.9987e8 * 1e34) / (1.0003e8 * 1e8);
        assertPrices(oracle, expected);
        assertEq(expected / 1e34, 61_136);
    }

    function test_the_tokens_are_those_of_the_configuration() public view {
        assertEq(oracle.collateralAsset(), address(collateral));
        assertEq(oracle.loanAsset(), address(loan));
    }

    // ---- C1

    function test_fault_C1_a_round_is_good_to_the_last_second_of_heartbeat_plus_buffer_and_no_longer() public {
        uint256 maxAge = HEARTBEAT + BUFFER;
        vm.warp(START + maxAge);
        assertPrices(oracle, PRICE);
        vm.warp(START + maxAge + 1);
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.BtcUsd, START, maxAge + 1, maxAge)
        );
        refresh();
        assertPrices(oracle, PRICE);
    }

    function test_fault_C1_every_leg_has_its_own_limit() public {
        uint256 maxAge = 1 days + BUFFER;
        vm.warp(START + maxAge + 1);
        btcUsd.publish(60_000e8, uint64(timestamp()));
        loanUsd.publish(1e8, uint64(timestamp()));
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.WrapperBtc, START, maxAge + 1, maxAge)
        );
        wrapperBtc.publish(1e8, uint64(timestamp()));
        loanUsd.publish(1e8, uint64(START));
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.LoanUsd, START, maxAge + 1, maxAge)
        );
    }

    function test_fault_C1_a_round_from_the_future_is_refused_and_has_no_age() public {
        btcUsd.publish(60_000e8, uint64(START + 1));
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.AnswerFromFuture.selector, Leg.BtcUsd, START + 1, START)
        );
        assertEq(oracle.staleFor(), type(uint256).max);
        vm.warp(START + 1);
        assertPrices(oracle, PRICE);
        assertEq(oracle.staleFor(), 1);
    }

    // ---- C3

    function test_fault_C3_an_answer_at_a_bound_is_a_stuck_feed() public {
        _assertOutOfBounds(btcUsd, Leg.BtcUsd, 1_000e8, 1_000e8, 10_000_000e8);
        _assertOutOfBounds(btcUsd, Leg.BtcUsd, 10_000_000e8, 1_000e8, 10_000_000e8);
        _assertOutOfBounds(btcUsd, Leg.BtcUsd, 10_000_000e8 + 1, 1_000e8, 10_000_000e8);
        _assertOutOfBounds(wrapperBtc, Leg.WrapperBtc, 0.5e8, 0.5e8, 1.1e8);
        _assertOutOfBounds(wrapperBtc, Leg.WrapperBtc, 1.1e8, 0.5e8, 1.1e8);
        _assertOutOfBounds(loanUsd, Leg.LoanUsd, 0.5e8, 0.5e8, 2e8);
        _assertOutOfBounds(loanUsd, Leg.LoanUsd, 2e8, 0.5e8, 2e8);
    }

    function test_fault_C3_an_answer_one_inside_its_bound_is_taken() public {
        btcUsd.publish(1_000e8 + 1, uint64(START));
        assertEq(oracle.price(), (1_000e8 + 1) * uint256(1e26));
        btcUsd.publish(10_000_000e8 - 1, uint64(START));
        assertEq(oracle.price(), (10_000_000e8 - 1) * uint256(1e26));
    }

    function test_fault_C3_zero_and_negative_answers_are_refused() public {
        FaultFeed[3] memory feeds = [btcUsd, wrapperBtc, loanUsd];
        for (uint256 i = 0; i < feeds.length; ++i) {
            int256[4] memory answers = [int256(0), -1, -60_000e8, type(int256).min];
            for (uint256 j = 0; j < answers.length; ++j) {
                feeds[i].publish(answers[j], uint64(START));
                assertRefusedWith(oracle, IOracleErrors.AnswerOutOfBounds.selector);
            }
            refresh();
        }
        assertPrices(oracle, PRICE);
    }

    function test_fault_C3_a_feed_that_reverts_answers_garbage_or_burns_gas_is_refused() public {
        FaultFeed[4] memory feeds = [btcUsd, wrapperBtc, loanUsd, sequencer];
        Leg[4] memory legs = [Leg.BtcUsd, Leg.WrapperBtc, Leg.LoanUsd, Leg.Sequencer];
        for (uint256 i = 0; i < feeds.length; ++i) {
            bytes memory unreadable = abi.encodeWithSelector(
                IOracleErrors.FeedUnreadable.selector,
                legs[i],
                address(feeds[i])
            );
            feeds[i].setFault(FaultFeed.Fault.Reverts);
            assertRefused(oracle, unreadable);
            feeds[i].setFault(FaultFeed.Fault.RevertsWithMuchData);
            assertRefused(oracle, unreadable);
            feeds[i].setFault(FaultFeed.Fault.AnswersNothing);
            assertRefused(oracle, unreadable);
            feeds[i].setFault(FaultFeed.Fault.AnswersFourWords);
            assertRefused(oracle, unreadable);
            feeds[i].setFault(FaultFeed.Fault.BurnsGas);
            assertRefused(oracle, unreadable);
            feeds[i].setFault(FaultFeed.Fault.None);
        }
        assertPrices(oracle, PRICE);
    }

    function test_fault_C3_much_data_with_a_plausible_length_is_read_for_its_words_only() public {
        btcUsd.setFault(FaultFeed.Fault.AnswersMuchData);
        assertRefused(oracle, _outOfBounds(Leg.BtcUsd, 0, 1_000e8, 10_000_000e8));
    }

    function test_fault_C3_a_feed_that_destroyed_itself_is_refused() public {
        // Since Cancun only an account made in the same transaction loses its code; the state it leaves is this one.
        vm.etch(address(wrapperBtc), "");
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.FeedUnreadable.selector, Leg.WrapperBtc, address(wrapperBtc))
        );
        assertEq(oracle.staleFor(), type(uint256).max);
    }

    function test_fault_C3_a_feed_cannot_eat_the_callers_gas() public {
        btcUsd.setFault(FaultFeed.Fault.BurnsGas);
        uint256 before = gasleft();
        assertEq(oracle.staleFor(), type(uint256).max);
        assertLt(before - gasleft(), 250_000);
    }

    function test_fault_C3_a_caller_cannot_starve_a_healthy_feed_into_looking_dead() public {
        // staleFor() decides whether a feed may be replaced: with any gas at all it says the truth or nothing.
        vm.warp(START + 7);
        uint256 answered;
        for (uint256 supplied = 1_000; supplied < 100_000; supplied += 1_000) {
            (bool ok, bytes memory data) = address(oracle).staticcall{gas: supplied}(
                abi.encodeCall(oracle.staleFor, ())
            );
            if (!ok) continue;
            assertEq(abi.decode(data, (uint256)), 7);
            ++answered;
        }
        assertGt(answered, 0);
    }

    function testFuzz_fault_C3_an_answer_is_used_exactly_or_refused(int256 answer) public {
        btcUsd.publish(answer, uint64(START));
        if (answer > 1_000e8 && answer < 10_000_000e8) {
            assertPrices(oracle, uint256(answer) * 1e26);
        } else {
            assertRefused(oracle, _outOfBounds(Leg.BtcUsd, answer, 1_000e8, 10_000_000e8));
        }
    }

    // ---- C7

    function test_fault_C7_a_wrapper_off_its_peg_lowers_the_price_though_bitcoin_stands() public {
        wrapperBtc.publish(0.9e8, uint64(START));
        assertPrices(oracle, (PRICE * 9) / 10);
    }

    function test_fault_C7_a_stale_wrapper_leg_refuses_though_bitcoin_is_fresh() public {
        uint256 maxAge = 1 days + BUFFER;
        for (uint256 t = START; t < START + maxAge + 1; t += HEARTBEAT) btcUsd.publish(60_000e8, uint64(t));
        vm.warp(START + maxAge + 1);
        btcUsd.publish(60_000e8, uint64(timestamp()));
        assertRefused(
            oracle,
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.WrapperBtc, START, maxAge + 1, maxAge)
        );
        assertEq(oracle.staleFor(), maxAge + 1, "as old as the oldest leg");
    }

    function test_fault_C7_the_age_is_that_of_the_oldest_leg() public {
        vm.warp(START + 1000);
        btcUsd.publish(60_000e8, uint64(START + 900));
        wrapperBtc.publish(1e8, uint64(START + 300));
        loanUsd.publish(1e8, uint64(START + 600));
        assertEq(oracle.staleFor(), 700);
        wrapperBtc.publish(1e8, uint64(START + 1000));
        assertEq(oracle.staleFor(), 400);
        loanUsd.publish(1e8, uint64(START + 1000));
        assertEq(oracle.staleFor(), 100);
    }

    function test_fault_C7_bitcoin_without_the_wrappers_own_price_is_refused_at_creation() public {
        OracleConfig memory c = baseConfig();
        delete c.legs.wrapperBtc;
        vm.expectRevert(abi.encodeWithSelector(IOracleErrors.LegMissing.selector, Leg.WrapperBtc));
        new PriceOracle(c);
    }

    function test_fault_C7_wrapper_in_dollars_stands_for_both() public {
        FaultFeed wrapperUsd = new FaultFeed(18);
        wrapperUsd.publish(58_000e18, uint64(START));
        OracleConfig memory c = baseConfig();
        delete c.legs.btcUsd;
        delete c.legs.wrapperBtc;
        c.legs.wrapperUsd = LegConfig(address(wrapperUsd), HEARTBEAT, BUFFER, 1_000e18, 10_000_000e18);
        PriceOracle direct = new PriceOracle(c);
        assertPrices(direct, 580e36);
        vm.warp(START + HEARTBEAT + BUFFER + 1);
        assertRefused(
            direct,
            abi.encodeWithSelector(
                IOracleErrors.AnswerStale.selector,
                Leg.WrapperUsd,
                START,
                HEARTBEAT + BUFFER + 1,
                HEARTBEAT + BUFFER
            )
        );
    }

    function test_fault_C7_where_one_leg_stands_for_all_the_age_is_its_own() public {
        FaultFeed wrapperUsd = new FaultFeed(18);
        wrapperUsd.publish(58_000e18, uint64(START));
        OracleConfig memory c = baseConfig();
        delete c.legs.btcUsd;
        delete c.legs.wrapperBtc;
        delete c.legs.loanUsd;
        c.legs.loanAtPar = true;
        c.legs.wrapperUsd = LegConfig(address(wrapperUsd), HEARTBEAT, BUFFER, 1_000e18, 10_000_000e18);
        PriceOracle alone = new PriceOracle(c);
        vm.warp(START + 100);
        assertEq(alone.staleFor(), 100);
        wrapperUsd.publish(58_000e18, uint64(START + 90));
        assertEq(alone.staleFor(), 10);
    }

    function _assertOutOfBounds(FaultFeed feed, Leg leg, int256 answer, uint256 minAnswer, uint256 maxAnswer) private {
        feed.publish(answer, uint64(START));
        assertRefused(oracle, _outOfBounds(leg, answer, minAnswer, maxAnswer));
        refresh();
        assertPrices(oracle, PRICE);
    }

    function _outOfBounds(Leg leg, int256 answer, uint256 lo, uint256 hi) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOracleErrors.AnswerOutOfBounds.selector, leg, answer, lo, hi);
    }
}
