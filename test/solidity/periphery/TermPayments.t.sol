// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {TermBalance, TermTerms} from "../../../contracts/interfaces/TermLoanTypes.sol";
import {TermLoanMath} from "../../../contracts/loan/TermLoanMath.sol";
import {TermPayments} from "../../../contracts/periphery/TermPayments.sol";
import {TermMarket} from "../helpers/TermMarket.sol";

/// @notice What a payment does, and the payment that does it: by numbers small enough to follow by hand.
contract TermPaymentsTest is Test {
    using TermPayments for TermPayments.Steps;

    function test_of_a_unit_beyond_what_is_due_and_next_a_part_is_kept() public pure {
        TermPayments.Steps memory s;
        (s.due, s.credit, s.keptWad, s.rest) = (10, 5, 0.5e18, 4);
        assertEq(s.effectDown(15), 15);
        assertEq(s.effectDown(16), 15, "half a unit, rounded down");
        assertEq(s.effectDown(17), 16);
        assertEq(s.paymentUp(15), 15);
        assertEq(s.paymentUp(16), 15 + 2 * (1 + 4), "twice the unit and what roundings keep");
        s.keptWad = 0.3e18;
        assertEq(s.paymentUp(16), 15 + 17, "five of three tenths: 16.7");
    }

    function test_without_dates_all_of_it_counts() public pure {
        TermPayments.Steps memory s = TermPayments.withoutDates();
        assertEq(s.effectDown(1e30), 1e30);
        assertEq(s.paymentUp(1e30), 1e30);
    }
}

/// @notice The same of a loan of a million at 1 % for prepayment.
contract TermPaymentsOfALoanTest is TermMarket {
    using TermPayments for *;
    using TermLoanMath for TermBalance;

    uint256 private constant RATE_SECONDS = 1e18 * 365 days;

    function _steps(uint256 id) private view returns (TermPayments.Steps memory) {
        return termPool.stepsOf(id, termManager.loanOf(id));
    }

    /// @dev A unit of principal that is prepaid costs itself, its interest since the last date, and a hundredth.
    function test_of_what_is_paid_beyond_the_next_instalment_fee_and_interest_are_not_kept() public {
        uint256 id = _openMillion();
        vm.warp(block.timestamp + 11 days + 7);
        TermPayments.Steps memory s = _steps(id);
        (TermBalance memory b, ) = _balance(id);
        assertGt(b.interestNumerator, 0);
        uint256 cost = RATE_SECONDS + b.interestNumerator / b.principal;
        uint256 withFee = cost + RATE_SECONDS / 100;
        assertGt((1e18 * cost) % withFee, 0, "a part that is rounded");
        assertEq(s.keptWad, (1e18 * cost) / withFee);
        assertEq(s.rest, 1 + 4);
        assertEq(s.due, 0);
    }

    /// @dev What comes next of a loan in arrears is what comes next once they are paid.
    function test_beyond_arrears_credit_is_what_is_next_when_they_are_paid() public {
        _assertNextOnceArrearsArePaid(33 days);
    }

    function test_beyond_all_arrears_but_the_last_credit_is_all_that_is_left() public {
        _assertNextOnceArrearsArePaid(333 days);
    }

    function _assertNextOnceArrearsArePaid(uint256 later) private {
        uint256 id = _openMillion();
        vm.warp(block.timestamp + later);
        TermPayments.Steps memory s = _steps(id);
        _pay(id, s.due);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        assertEq(b.dueNow(t), 0);
        assertEq(s.credit, b.nextPayment(t));
    }

    function test_where_all_is_due_nothing_is_prepaid_and_all_is_kept() public {
        uint256 id = _openMillion();
        vm.warp(block.timestamp + 361 days);
        TermPayments.Steps memory s = _steps(id);
        assertGt(s.due, 1_000_000 * USD);
        assertEq(s.keptWad, 1e18);
        assertEq(s.rest, 0);
        assertEq(s.credit, 0);
    }
}
