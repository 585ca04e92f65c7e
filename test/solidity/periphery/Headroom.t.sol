// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Headroom} from "../../../contracts/lens/Headroom.sol";

/// @notice The smallest of amounts, where a unit decides.
contract HeadroomTest is Test {
    function test_a_unit_of_debt_has_a_loan_to_value() public pure {
        assertEq(Headroom.ltvUp(10, 0), 0);
        assertEq(Headroom.ltvUp(10, 1), 0.1e18);
        assertEq(Headroom.ltvUp(0, 1), type(uint256).max);
        assertEq(Headroom.ltvUp(0, 0), 0);
        assertEq(Headroom.ltvUp(3, 1), uint256(1e18) / 3 + 1);
    }

    function test_a_safe_price_is_rounded_up() public pure {
        assertEq(Headroom.safePriceUp(3, 1, 1e18), uint256(1e36) / 3 + 1);
        assertEq(Headroom.safePriceUp(1, 1, 0.3e18), 4e36, "3.3 units of value are needed");
        assertEq(Headroom.safePriceUp(3, 0, 1e18), 0);
        assertEq(Headroom.safePriceUp(0, 1, 1e18), 0);
    }

    function test_collateral_that_is_needed_is_rounded_up() public pure {
        assertEq(Headroom.collateralUp(1, 1e36, 0.3e18), 4, "3.3 units of value are needed");
        assertEq(Headroom.collateralUp(1, 3e36, 1e18), 1);
    }

    /// @dev A share is worth two units: whoever draws one owes two.
    function test_no_unit_is_drawn_that_would_become_two() public pure {
        Headroom.Position memory p = Headroom.Position(0, 0, 2e6 - 1, 0);
        assertEq(Headroom.debtAfterUp(p, 1), 2);
        assertEq(Headroom.drawable(p, Headroom.Limits(1, 0, 100)), 0);
        assertEq(Headroom.drawable(p, Headroom.Limits(2, 0, 100)), 2);
    }

    function test_a_unit_below_the_least_debt_is_not_drawn() public pure {
        Headroom.Position memory p = Headroom.Position(0, 0, 0, 0);
        assertEq(Headroom.drawable(p, Headroom.Limits(1, 2, 100)), 0);
        assertEq(Headroom.drawable(p, Headroom.Limits(1, 1, 100)), 1);
        assertEq(Headroom.drawable(p, Headroom.Limits(10, 1, 3)), 3, "as far as there is cash");
    }
}
