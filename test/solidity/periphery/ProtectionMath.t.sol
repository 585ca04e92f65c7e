// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {ProtectionMath} from "../../../contracts/periphery/ProtectionMath.sol";

/// @notice What an order sells, repays and adds: enough for its target, and never more than the stated bounds beyond that.
contract ProtectionMathTest is Test {
    using ProtectionMath for ProtectionMath.Position;
    using ProtectionMath for uint256;

    uint256 private constant BPS = 10_000;
    uint256 private constant PRICE_SCALE = 1e36;

    /// @dev From a fraction of a cent to millions for one unit, debts from dust to billions with 18 decimals, any LTV.
    function _position(
        uint256 collateral,
        uint256 price,
        uint256 ltvBps
    ) private pure returns (ProtectionMath.Position memory p) {
        p.collateral = bound(collateral, 1, 1e15);
        p.priceE36 = bound(price, 1e34, 1e52);
        uint256 value = p.valueDown();
        p.debt = (value * bound(ltvBps, 1, 12_000)) / BPS;
        if (p.debt == 0) p.debt = 1;
    }

    function _cost(
        uint256 slippage,
        uint256 fee,
        uint256 maxFee,
        uint256 debt
    ) private pure returns (ProtectionMath.Cost memory) {
        // Half of the caps bind, half do not.
        return ProtectionMath.Cost(bound(slippage, 0, 1_000), bound(fee, 0, 1_000), bound(maxFee, 0, debt / 10));
    }

    /// @dev LTV after repaying so much out of a sale at the worst price, with the unit that a pool's shares may add.
    function _afterSale(
        ProtectionMath.Position memory p,
        uint256 repaid,
        ProtectionMath.Cost memory cost
    ) private pure returns (ProtectionMath.Position memory) {
        uint256 sold = (repaid + repaid.feeDown(cost)).soldDown(p.priceE36, cost.slippageBps);
        uint256 left = sold < p.collateral ? p.collateral - sold : 0;
        return ProtectionMath.Position(repaid < p.debt ? p.debt - repaid + 1 : 0, left, p.priceE36);
    }

    function _isAtOrBelow(ProtectionMath.Position memory p, uint256 ltvBps) private pure returns (bool) {
        return p.debt * BPS <= ltvBps * p.valueDown();
    }

    function testFuzz_a_sale_reaches_its_target_at_the_worst_price_and_repays_no_more_than_the_bound_beyond_need(
        uint256 collateral,
        uint256 price,
        uint256 ltvBps,
        uint256 target,
        uint256 slippage,
        uint256 fee,
        uint256 maxFee
    ) public pure {
        ProtectionMath.Position memory p = _position(collateral, price, ltvBps);
        ProtectionMath.Cost memory cost = _cost(slippage, fee, maxFee, p.debt);
        target = bound(target, 1, ProtectionMath.maxTargetLtvBpsDown(cost));
        uint256 repaid = p.repaidBySaleUp(target, cost);
        if (repaid < p.debt) assertTrue(_isAtOrBelow(_afterSale(p, repaid, cost), target), "short of the target");

        // (5 + value of one collateral unit) / (1 − t (1 + f) / (1 − s)) + 1
        uint256 kept = BPS - cost.slippageBps;
        uint256 slack = 5 + (p.priceE36 + PRICE_SCALE - 1) / PRICE_SCALE;
        slack = (slack * BPS * kept) / (BPS * kept - target * (BPS + cost.feeBps)) + 2;
        if (repaid <= slack || repaid - slack >= p.debt) return;
        uint256 less = repaid - slack;
        ProtectionMath.Position memory after_ = _afterSale(p, less, cost);
        after_.debt = p.debt - less; // without the unit for shares
        assertFalse(_isAtOrBelow(after_, target), "more than needed");
    }

    function testFuzz_a_sale_costs_no_more_than_slippage_and_fee_allow(
        uint256 repaid,
        uint256 price,
        uint256 slippage,
        uint256 fee,
        uint256 maxFee
    ) public pure {
        repaid = bound(repaid, 1, 1e30);
        price = bound(price, 1e34, 1e52);
        ProtectionMath.Cost memory cost = _cost(slippage, fee, maxFee, repaid);
        uint256 paid = repaid.feeDown(cost);
        assertLe(paid, cost.maxFee);
        assertLe(paid * BPS, repaid * cost.feeBps);
        uint256 sold = (repaid + paid).soldDown(price, cost.slippageBps);
        // value of what is sold × (1 − slippage) <= what was bought
        assertLe(((sold * price) / PRICE_SCALE) * (BPS - cost.slippageBps), (repaid + paid) * BPS);
        // and one unit more would be beyond it
        uint256 more = (sold + 1) * price;
        assertGe((more / PRICE_SCALE + 1) * (BPS - cost.slippageBps), (repaid + paid) * BPS);
    }

    function testFuzz_a_repayment_reaches_its_target_with_one_unit_to_spare(
        uint256 collateral,
        uint256 price,
        uint256 ltvBps,
        uint256 target
    ) public pure {
        ProtectionMath.Position memory p = _position(collateral, price, ltvBps);
        target = bound(target, 1, BPS);
        uint256 repaid = p.repaidUp(target);
        uint256 debt = p.debt;
        if (repaid > debt) {
            assertEq(repaid, debt + 1);
            return;
        }
        p.debt = debt - repaid + 1;
        if (repaid != 0) assertTrue(_isAtOrBelow(p, target), "short of the target");
        p.debt = debt - repaid + 2;
        if (repaid > 1) assertFalse(_isAtOrBelow(p, target), "more than needed");
    }

    function testFuzz_a_top_up_is_the_least_that_reaches_its_target(
        uint256 collateral,
        uint256 price,
        uint256 ltvBps,
        uint256 target
    ) public pure {
        ProtectionMath.Position memory p = _position(collateral, price, ltvBps);
        target = bound(target, 1, BPS);
        uint256 added = p.toppedUpUp(target);
        p.collateral += added;
        assertTrue(_isAtOrBelow(p, target), "short of the target");
        if (added == 0) return;
        p.collateral -= 1;
        assertFalse(_isAtOrBelow(p, target), "more than needed");
    }

    function testFuzz_a_budget_covers_what_it_pays_for_and_its_fee_and_leaves_at_most_two_units(
        uint256 budget,
        uint256 fee,
        uint256 maxFee
    ) public pure {
        budget = bound(budget, 0, 1e30);
        ProtectionMath.Cost memory cost = _cost(0, fee, maxFee, budget);
        uint256 amount = budget.payableDown(cost);
        assertLe(amount + amount.feeDown(cost), budget);
        uint256 more = amount + 2;
        assertGt(more + more.feeDown(cost), budget, "more could be paid");
    }

    function testFuzz_LTV_is_rounded_down_and_agrees_with_the_comparison(
        uint256 collateral,
        uint256 price,
        uint256 ltvBps,
        uint256 trigger
    ) public pure {
        ProtectionMath.Position memory p = _position(collateral, price, ltvBps);
        trigger = bound(trigger, 1, BPS);
        assertEq(p.isAtOrAbove(trigger), p.ltvBpsDown() >= trigger);
    }

    function test_the_highest_target_is_just_below_what_a_sale_takes_for_what_it_repays() public pure {
        assertEq(ProtectionMath.maxTargetLtvBpsDown(ProtectionMath.Cost(0, 0, 0)), 9_999);
        assertEq(ProtectionMath.maxTargetLtvBpsDown(ProtectionMath.Cost(100, 0, 0)), 9_899);
        assertEq(ProtectionMath.maxTargetLtvBpsDown(ProtectionMath.Cost(0, 100, 0)), 9_900);
    }

    function test_LTV_of_what_nothing_covers() public pure {
        assertEq(ProtectionMath.Position(1, 0, PRICE_SCALE).ltvBpsDown(), type(uint256).max);
        assertEq(ProtectionMath.Position(0, 0, PRICE_SCALE).ltvBpsDown(), 0);
    }

    function test_where_no_payment_lessens_the_debt_no_payment_is_enough() public pure {
        ProtectionMath.Position memory p = ProtectionMath.Position(9_000, 10_000, PRICE_SCALE);
        ProtectionMath.Cost memory cost = ProtectionMath.Cost(100, 50, 10);
        assertEq(p.furtherBySaleUp(0, 0, 5_000, cost), type(uint256).max);
        assertLt(p.furtherBySaleUp(0, 1e18, 5_000, cost), 9_000);
    }

    /// @dev From 60 % to half of 1,000: r with 601 − r <= (999 − r) / 2, to the unit.
    function test_what_a_sale_for_nothing_repays_by_hand() public pure {
        ProtectionMath.Position memory p = ProtectionMath.Position(600, 1000, PRICE_SCALE);
        assertEq(p.repaidBySaleUp(5_000, ProtectionMath.Cost(0, 0, 0)), 203);
    }
}
