// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {TermPayments} from "../../../contracts/periphery/TermPayments.sol";

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
    }

    function test_without_dates_all_of_it_counts() public pure {
        TermPayments.Steps memory s = TermPayments.withoutDates();
        assertEq(s.effectDown(1e30), 1e30);
        assertEq(s.paymentUp(1e30), 1e30);
    }
}
