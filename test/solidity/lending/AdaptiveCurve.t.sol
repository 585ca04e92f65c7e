// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {AdaptiveCurve} from "../../../contracts/lending/rates/AdaptiveCurve.sol";

/// @notice Rates after times at either end of the curve, worked out with the true e^x; more are in test/vectors.
contract AdaptiveCurveTest is Test {
    /// @dev 4 % a year.
    uint256 private constant START = 1_268_391_679;
    /// @dev 0.1 % and 200 % a year.
    uint256 private constant LEAST = 31_709_791;
    uint256 private constant MOST = 63_419_583_967;

    function _after(uint256 utilisation, uint256 elapsed, uint256 average, uint256 atTarget) private pure {
        (uint256 averageE36, uint256 seenAtTarget) = AdaptiveCurve.average(START, utilisation, elapsed);
        assertEq(averageE36 / 1e18, average);
        assertEq(seenAtTarget, atTarget);
    }

    function test_nothing_lent() public pure {
        _after(0, 150_000, 282_543_301, 999_926_266);
        _after(0, 262_400, 260_341_082, 836_705_796);
        _after(0, 2_000_000, 115_079_388, 53_224_870);
    }

    function test_all_of_it_lent() public pure {
        _after(1e18, 150_000, 5_734_431_990, 1_608_936_084);
        _after(1e18, 262_400, 6_314_562_922, 1_922_799_456);
        _after(1e18, 2_000_000, 43_878_957_046, 30_226_798_601);
    }

    function _exactly(uint256 utilisation, uint256 elapsed, uint256 averageE36) private pure {
        (uint256 seen, ) = AdaptiveCurve.average(START, utilisation, elapsed);
        assertEq(seen, averageE36);
    }

    /// @dev As sdk/model has them, which takes the same steps; of the true ones they miss less than 1e-15.
    function test_all_digits() public pure {
        _exactly(0, 0, 317_097_919_750000000000000000);
        _exactly(1e18, 0, 5_073_566_716_000000000000000000);
        _exactly(0.9e18 + 1, 0, 1_268_391_679_000000038051750370);
        _exactly(0, 150_000, 282_543_301_897401313123039291);
        _exactly(0.5e18, 150_000, 802_625_646_190150806698367607);
        _exactly(0.95e18, 262_400, 3_528_072_744_214829296730248185);
        _exactly(123456789012345678, 1_000_000, 253_314_492_219167183580526082);
    }

    function test_the_bounds() public pure {
        (, uint256 least) = AdaptiveCurve.average(START, 0, 4 * 365 days);
        (, uint256 most) = AdaptiveCurve.average(START, 1e18, 4 * 365 days);
        assertEq(least, LEAST);
        assertEq(most, MOST);
    }

    function _growsBetween(uint256 start, uint256 utilisation, uint256 earlier, uint256 later) private pure {
        (uint256 before, ) = AdaptiveCurve.average(start, utilisation, earlier);
        (uint256 rate, ) = AdaptiveCurve.average(start, utilisation, later);
        assertGt(rate * later, before * earlier);
    }

    /// @dev POOL-2. Over all starts, utilisations and times up to 34,000 years.
    function testFuzz_interest_grows_with_every_second(
        uint256 start,
        uint256 utilisation,
        uint256 elapsed
    ) public pure {
        elapsed = bound(elapsed, 0, 2 ** 40 - 2);
        _growsBetween(bound(start, LEAST, MOST), bound(utilisation, 0, 1e18), elapsed, elapsed + 1);
    }

    /// @dev Where rates are on their way: weeks to years, and as the exponent is near ±16 and ±8, where its halves end.
    function testFuzz_interest_grows_where_the_rate_moves(
        uint256 start,
        uint256 utilisation,
        uint256 elapsed
    ) public pure {
        utilisation = bound(utilisation, 0, 1e18);
        uint256 distance =
            utilisation < 0.9e18 ? ((0.9e18 - utilisation) * 1e18) / 0.9e18 : (utilisation - 0.9e18) * 10;
        uint256 speed = ((uint256(50e18) / 365 days) * (distance + 1)) / 1e18 + 1;
        elapsed = bound(elapsed, 0, (17e18 / speed) % 2 ** 40);
        _growsBetween(bound(start, LEAST, MOST), utilisation, elapsed, elapsed + 1);
    }

    /// @dev A rate that falls by less than a unit of WAD a second, after years that count it as many times.
    function test_interest_grows_where_a_unit_of_the_rate_would_be_years_of_it() public pure {
        for (uint256 i; i < 200; ++i) _growsBetween(2 * LEAST, 0.8999e18, 1000 days + i, 1000 days + i + 1);
    }

    function test_where_halves_of_ln_2_are_passed() public pure {
        _growsBetween(START, 0, 218_590, 218_591);
        _growsBetween(START, 0, 437_181, 437_182);
    }
}
