// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Amortisation} from "../../../../contracts/math/Amortisation.sol";

/// @notice test/vectors/amortisation.json, made by an exact rational model, against the library. Tolerance zero.
contract AmortisationVectorsTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("test/vectors/amortisation.json");
    }

    function test_every_instalment_and_last_payment_is_met_to_the_unit() public view {
        for (uint256 read; read < 40; ++read) {
            string memory path = string.concat(".[", vm.toString(read), "].");
            uint256 principal = _uint(path, "principal");
            uint256 rate = _uint(path, "annualRateWad");
            uint256 interval = _uint(path, "intervalSeconds");
            uint256 count = _uint(path, "count");
            uint256 instalment = Amortisation.instalmentUp(principal, rate, interval, count, _uint(path, "balloon"));
            assertEq(instalment, _uint(path, "instalment"), path);

            // What is left for the last payment depends on every interest and every part before it.
            uint256 remaining = principal;
            for (uint256 i = 1; i < count; ++i) {
                uint256 interest = Amortisation.periodInterestUp(remaining, rate, interval);
                remaining -= Amortisation.principalPart(remaining, instalment, interest);
            }
            uint256 last = remaining + Amortisation.periodInterestUp(remaining, rate, interval);
            string memory row = string.concat(path, "schedule[", vm.toString(count - 1), "].");
            assertEq(last, _uint(row, "payment"), row);
        }
    }

    /// @dev 73 % a year are 6 % in 30 days: nothing is left to round, so that not a unit may be added.
    function test_one_payment_of_a_rate_without_a_remainder_is_exact() public pure {
        assertEq(Amortisation.instalmentUp(1e31, 0.73e18, 30 days, 1, 0), 1.06e31);
    }

    /// @dev Nearly all the units that fit, at a rate of which the power keeps few digits: those cut off make no payment too small.
    function test_one_payment_is_never_less_than_principal_and_interest() public pure {
        uint256 owed = 5e33 + Amortisation.periodInterestUp(5e33, 1e11, 1 days);
        assertGe(Amortisation.instalmentUp(5e33, 1e11, 1 days, 1, 0), owed);
    }

    /// @dev A billionth a day: the sixth power has 54 digits, the eighth 72, of which 36 are kept. Worked out with fractions.
    function test_digits_of_a_power_that_are_cut_off_make_no_instalment_too_small() public pure {
        assertEq(Amortisation.instalmentUp(5e33, 365e9, 1 days, 6, 0), 833333336250000002430555554340278);
        assertEq(Amortisation.instalmentUp(5e33, 365e9, 1 days, 8, 0), 625000002812500003281249998359375 + 1);
    }

    function test_without_interest_what_is_not_the_balloon_is_divided_and_rounded_up() public pure {
        assertEq(Amortisation.instalmentUp(10, 0, 1 days, 3, 0), 4);
        assertEq(Amortisation.instalmentUp(10, 0, 1 days, 3, 1), 3);
        assertEq(Amortisation.instalmentUp(10, 0, 1 days, 3, 3), 3);
    }

    function test_a_part_is_at_most_what_remains_and_nothing_where_interest_takes_all() public pure {
        assertEq(Amortisation.principalPart(100, 30, 10), 20);
        assertEq(Amortisation.principalPart(20, 30, 10), 20);
        assertEq(Amortisation.principalPart(19, 30, 10), 19);
        assertEq(Amortisation.principalPart(100, 10, 30), 0);
    }

    function _uint(string memory path, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(path, field));
    }
}
