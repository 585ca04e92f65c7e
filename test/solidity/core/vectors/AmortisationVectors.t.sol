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
