// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {AdaptiveCurve} from "../../../../contracts/lending/rates/AdaptiveCurve.sol";
import {CompoundGrowth} from "../../../../contracts/lending/rates/CompoundGrowth.sol";

/// @notice test/vectors/interest.json, made by an exact rational model with the true e^x, against the rate libraries. Tolerance zero.
contract InterestVectorsTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("test/vectors/interest.json");
    }

    function test_every_growth_vector_is_met_to_the_unit() public view {
        uint256 read;
        for (; _has(".taylor", read); ++read) {
            string memory path = _at(".taylor", read);
            uint256 growth = CompoundGrowth.growthDown(_uint(path, "ratePerSecondWad") * 1e18, _uint(path, "seconds"));
            assertEq(growth, _uint(path, "growthWad"), path);
        }
        assertEq(read, 40, "vectors read");
    }

    function test_every_adaptive_curve_vector_is_met_to_the_unit() public view {
        uint256 read;
        for (; _has(".adaptiveCurve", read); ++read) {
            string memory path = _at(".adaptiveCurve", read);
            (uint256 rateE36, uint256 atTarget) = AdaptiveCurve.average(
                _uint(path, "startRateAtTarget"),
                _uint(path, "utilizationWad"),
                _uint(path, "elapsedSeconds")
            );
            assertEq(rateE36 / 1e18, _uint(path, "avgRate"), string.concat(path, "avgRate"));
            assertEq(atTarget, _uint(path, "endRateAtTarget"), string.concat(path, "endRateAtTarget"));
        }
        assertEq(read, 40, "vectors read");
    }

    /// @dev The anchors FORMULAS.md names.
    function test_five_per_cent_for_a_year_and_the_curve_at_0_90_and_100_per_cent() public pure {
        assertEq(CompoundGrowth.growthDown((uint256(0.05e18) / 365 days) * 1e18, 365 days), 51270833327093113);
        assertEq(_initial(0), 317097919);
        assertEq(_initial(0.9e18), 1268391679);
        assertEq(_initial(1e18), 5073566716);
    }

    /// @dev In WAD.
    function _initial(uint256 utilisation) private pure returns (uint256) {
        (uint256 rateE36, ) = AdaptiveCurve.average(0, utilisation, 0);
        return rateE36 / 1e18;
    }

    function _has(string memory list, uint256 i) private view returns (bool) {
        return vm.keyExistsJson(_json, string.concat(list, "[", vm.toString(i), "]"));
    }

    function _at(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(list, "[", vm.toString(i), "].");
    }

    function _uint(string memory path, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(path, field));
    }
}
