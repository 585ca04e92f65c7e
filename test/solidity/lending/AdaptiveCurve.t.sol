// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {AdaptiveCurve} from "../../../contracts/lending/rates/AdaptiveCurve.sol";

/// @notice Rates after times at either end of the curve, as sdk/model has them; more are in test/vectors.
contract AdaptiveCurveTest is Test {
    /// @dev 4 % a year.
    uint256 private constant START = 1_268_391_679;

    function _after(uint256 utilisation, uint256 elapsed, uint256 average, uint256 atTarget) private pure {
        (uint256 seenAverage, uint256 seenAtTarget) = AdaptiveCurve.average(START, utilisation, elapsed);
        assertEq(seenAverage, average);
        assertEq(seenAtTarget, atTarget);
    }

    function test_nothing_lent() public pure {
        _after(0, 150_000, 282_754_083, 1_002_608_516);
        _after(0, 262_400, 260_416_173, 834_291_597);
        _after(0, 2_000_000, 115_117_701, 53_042_453);
    }

    /// @dev R34: where two pieces of e^x meet, the interest of a second more is less; by how much is known.
    function test_where_pieces_of_the_exponential_meet_interest_falls_by_three_thousandths() public pure {
        (uint256 rate, ) = AdaptiveCurve.average(START, 0, 218_590);
        uint256 before = rate * 218_590;
        (rate, ) = AdaptiveCurve.average(START, 0, 218_591);
        assertLt(rate * 218_591, before);
        assertApproxEqRel(rate * 218_591, before, 0.003e18);
    }

    /// @dev 0.1 % and 200 % a year.
    function test_the_bounds() public pure {
        (, uint256 least) = AdaptiveCurve.average(START, 0, 4 * 365 days);
        (, uint256 most) = AdaptiveCurve.average(START, 1e18, 4 * 365 days);
        assertEq(least, 31_709_791);
        assertEq(most, 63_419_583_967);
    }

    function test_all_of_it_lent() public pure {
        _after(1e18, 150_000, 5_730_678_420, 1_605_915_060);
        _after(1e18, 262_400, 6_318_957_844, 1_931_206_421);
        _after(1e18, 2_000_000, 44_026_086_452, 30_387_987_935);
    }
}
