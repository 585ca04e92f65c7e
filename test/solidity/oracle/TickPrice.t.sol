// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TickPrice} from "../../../contracts/oracle/TickPrice.sol";

/// @notice The exact comparison with rational arithmetic is in test/ts/contracts/oracle-twap.ts; here, what must hold between ticks.
contract TickPriceTest is Test {
    function test_known_ticks() public pure {
        assertEq(TickPrice.priceE36AtTick(0), 1e36);
        assertApproxEqAbs(TickPrice.priceE36AtTick(1), 1.0001e36, 1);
        assertApproxEqAbs(TickPrice.priceE36AtTick(2), 1.00020001e36, 1);
        assertApproxEqAbs(TickPrice.priceE36AtTick(-1), uint256(1e40) / 10_001, 1);
    }

    /// @dev Every digit that squares and products with 127 bits after the point give, worked out with whole numbers elsewhere. Of
    /// 1.0001^276324 the first 32 are right.
    function test_every_digit_of_the_power() public pure {
        assertEq(TickPrice.priceE36AtTick(276_324), 999997356176039153113976863680895393542970652090);
        assertEq(TickPrice.priceE36AtTick(-7), 999300279916020995380923828430024995);
        assertEq(TickPrice.priceE36AtTick(-276_324), 1000002643830950670501834);
        assertEq(
            TickPrice.priceE36AtTick(887_272),
            340256786836388094050805785052944104313676110929394015650285534747696095729
        );
    }

    function test_the_outermost_ticks() public pure {
        assertEq(TickPrice.priceE36AtTick(-TickPrice.MAX_TICK), 0, "less than a unit");
        assertGt(TickPrice.priceE36AtTick(TickPrice.MAX_TICK), 3.4e74);
    }

    function testFuzz_one_tick_up_is_a_factor_of_1_0001(int256 tick) public pure {
        tick = bound(tick, -400_000, TickPrice.MAX_TICK - 1);
        uint256 below = TickPrice.priceE36AtTick(tick);
        uint256 above = TickPrice.priceE36AtTick(tick + 1);
        // At tick −400,000 the price is 4e18 units of 1e-36: enough digits for the bound.
        assertApproxEqRel(above, Math.mulDiv(below, 10_001, 10_000), 1e3);
        assertGt(above, below);
    }

    function testFuzz_a_tick_and_its_mirror_multiply_to_one(int256 tick) public pure {
        tick = bound(tick, 0, 400_000);
        uint256 product = Math.mulDiv(TickPrice.priceE36AtTick(tick), TickPrice.priceE36AtTick(-tick), 1e36);
        assertApproxEqRel(product, 1e36, 1e3);
    }

    function testFuzz_ticks_no_pool_can_have_are_refused(int256 tick) public {
        vm.assume(tick > TickPrice.MAX_TICK || tick < -TickPrice.MAX_TICK);
        vm.expectRevert(abi.encodeWithSelector(TickPrice.TickOutOfRange.selector, tick, TickPrice.MAX_TICK));
        this.priceAt(tick);
    }

    function priceAt(int256 tick) external pure returns (uint256) {
        return TickPrice.priceE36AtTick(tick);
    }
}
