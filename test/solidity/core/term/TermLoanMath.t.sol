// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {TermBalance, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermLoanMath} from "../../../../contracts/loan/TermLoanMath.sol";

/// @notice Where money goes, by balances small enough to follow by hand.
contract TermLoanMathTest is Test {
    using TermLoanMath for TermBalance;

    /// @dev One unit of interest.
    uint256 private constant UNIT = 1e18 * 365 days;

    /// @dev 10 % a year, four instalments of 500 a year apart, a fee of 1 % for prepayment.
    function _terms() private pure returns (TermTerms memory t) {
        t.annualRateWad = 0.1e18;
        t.intervalSeconds = 365 days;
        t.count = 4;
        t.prepaymentFeeWad = 0.01e18;
    }

    function _balance(uint256 principal) private pure returns (TermBalance memory b) {
        (b.principal, b.instalment) = (principal, 500);
    }

    function test_charges_for_lateness_are_paid_in_part_first_the_fee_then_the_interest() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.passed, b.arrears, b.interestDue, b.lateFees, b.lateNumerator) = (1, 400, 100, 25, 7 * UNIT + 1);
        assertEq(b.lateCharges(), 33, "rounded up");
        assertEq(b.pay(t, 28), 28);
        assertEq(b.lateFees, 0);
        assertEq(b.lateNumerator, 4 * UNIT + 1);
        assertEq(b.interestDue, 100, "nothing else yet");
        assertEq(b.pay(t, 5), 5);
        assertEq(b.lateNumerator, 0, "the unit begun as well");
    }

    /// @dev 600 are scheduled from the second date on, of which it asks for 440; interest runs on all 1000.
    function test_what_comes_next_of_a_loan_in_arrears_is_of_what_is_not_due() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.passed, b.arrears, b.settledAt) = (1, 400, 365 days);
        assertEq(b.nextPayment(t), 440 + 100);
    }

    /// @dev The last instalment is all that is left, a balloon with it, and is paid only when all of it is.
    function test_half_of_a_balloon_pays_no_instalment() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (t.count, b.instalment) = (1, 100);
        (b.passed, b.arrears) = (1, 1000);
        assertEq(b.pay(t, 500), 500);
        assertEq(b.paid, 0);
        assertEq(b.ahead, 500);
        assertEq(b.pay(t, 500), 500);
        assertEq(b.paid, 1);
    }

    function test_after_the_last_date_nothing_comes_next() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.passed, b.paid, b.arrears, b.settledAt, b.interestNumerator) = (4, 3, 1000, 4 * 365 days, 7 * UNIT);
        assertEq(b.nextPayment(t), 0);
        assertEq(b.dueNow(t), 1007);
    }

    /// @dev Half of the period has passed, for a part of which less was owed: the rest of it is to come.
    function test_the_first_instalment_to_come_has_the_interest_that_ran_already() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.settledAt, b.interestNumerator) = (365 days / 2, 20 * UNIT);
        (uint256 interest, uint256 principal) = b.instalmentParts(t, 1000, 1);
        assertEq(interest, 70);
        assertEq(principal, 400);
        (interest, ) = b.instalmentParts(t, 600, 2);
        assertEq(interest, 60, "whole periods from there on");
    }

    function test_a_sale_closes_interest_then_principal_and_scales_the_instalment() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        b.interestNumerator = 50 * UNIT;
        b.close(t, 30);
        assertEq(b.interestNumerator, 20 * UNIT);
        assertEq(b.principal, 1000);
        b.close(t, 20 + 250);
        assertEq(b.interestNumerator, 0);
        assertEq(b.principal, 750);
        assertEq(b.instalment, 375);
        b.close(t, 1);
        assertEq(b.principal, 749);
        assertEq(b.instalment, 375, "374.5, rounded up");
    }

    function test_a_sale_closes_charges_for_lateness_first() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.passed, b.arrears, b.interestDue, b.lateFees) = (1, 400, 100, 25);
        b.close(t, 30);
        assertEq(b.lateFees, 0);
        assertEq(b.interestDue, 95);
        assertEq(b.principal, 1000);
    }

    function test_late_interest_runs_on_arrears_by_the_second() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        t.latePremiumWad = 0.06e18;
        b.settle(t, 365 days);
        assertEq(b.arrears, 400);
        b.settle(t, 365 days + 73 days);
        assertEq(b.lateNumerator, 400 * 0.06e18 * 73 days);
        assertEq(b.lateCharges(), 5, "4.8, rounded up");
    }

    /// @dev However often somebody looks, in the one period or in the next one.
    function test_an_instalment_costs_its_late_fee_once_and_after_the_last_there_is_none() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        t.lateFee = 25;
        b.settle(t, 365 days);
        assertEq(b.lateFees, 0, "due, and not late");
        for (uint256 i = 1; i < 4; ++i) {
            b.settle(t, 365 days + i);
            assertEq(b.lateFees, 25);
        }
        b.settle(t, 2 * 365 days + 1);
        assertEq(b.lateFees, 50);
        for (uint256 i = 4; i < 8; ++i) {
            b.settle(t, i * 365 days + 1);
            assertEq(b.passed, 4);
            assertEq(b.lateFees, 100);
        }
    }

    function test_a_sale_that_pays_what_is_due_pays_the_instalment() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.passed, b.arrears, b.interestDue) = (1, 400, 100);
        b.close(t, 499);
        assertEq(b.paid, 0);
        b.close(t, 1);
        assertEq(b.paid, 1);
        assertEq(b.principal, 600);
    }

    /// @dev Of 1001 parts of a unit of interest 99 of 1000 of principal take 99.1 with them: 100.
    function test_a_prepayment_takes_its_share_of_interest_rounded_up() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (t.prepaymentFeeWad, b.interestNumerator, b.settledAt) = (0, 1001, 0);
        b.credit = b.nextPayment(t);
        assertEq(b.pay(t, 100), 100);
        assertEq(b.principal, 901);
        assertEq(b.interestNumerator, 901);
    }

    /// @dev Rounded up, interest may be all of an instalment: no principal is left to tell whether it is paid.
    function test_an_instalment_of_interest_alone_is_paid_with_the_last_of_it() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        (b.instalment, b.passed, b.interestDue) = (100, 1, 100);
        assertEq(b.pay(t, 99), 99);
        assertEq(b.paid, 0);
        assertEq(b.pay(t, 1), 1);
        assertEq(b.paid, 1);
    }

    /// @dev At amounts so large it shows that the first guess counts what interest there is as one more unit of the rate.
    function test_what_money_prepays_is_guessed_rounded_down() public pure {
        TermBalance memory b = _balance(1e33);
        TermTerms memory t = _terms();
        (t.annualRateWad, t.prepaymentFeeWad, b.interestNumerator) = (0, 0, 1);
        b.credit = b.nextPayment(t);
        assertEq(b.pay(t, 5e32), (uint256(5e32) * UNIT) / (UNIT + 1) + 1, "and its interest");
        assertEq(b.principal, 1e33 - (uint256(5e32) * UNIT) / (UNIT + 1));
    }

    /// @dev 499 of 500 are paid ahead; of the next two units one is credit, and the other buys nothing, as a unit of principal costs
    /// its fee as well.
    function test_a_unit_that_prepays_nothing_is_not_taken() public pure {
        TermBalance memory b = _balance(1000);
        TermTerms memory t = _terms();
        assertEq(b.nextPayment(t), 500);
        b.credit = 499;
        assertEq(b.pay(t, 2), 1);
        assertEq(b.credit, 500);
        assertEq(b.principal, 1000);
        assertEq(b.pay(t, 1), 0);
        assertEq(b.pay(t, 2), 2, "a unit and its fee");
        assertEq(b.principal, 999);
    }

    function test_the_last_unit_of_principal_is_paid_towards_like_any() public pure {
        TermBalance memory b = _balance(1);
        TermTerms memory t = _terms();
        b.instalment = 1;
        assertEq(b.nextPayment(t), 1, "interest, rounded up");
        assertEq(b.pay(t, 1), 1);
        assertEq(b.credit, 1);
    }
}
