// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Test} from "forge-std/Test.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {LiquidationMath} from "../../../../contracts/liquidation/LiquidationMath.sol";

/// @notice What every liquidation must satisfy, over all terms a facility can have and all loans it can hold. Exact: no
/// tolerance but where a line says so.
contract LiquidationMathTest is Test {
    uint256 private constant WAD = 1e18;
    uint256 private constant BPS = 1e14;

    struct Case {
        uint256 collateral;
        uint256 priceE36;
        uint256 debt;
        uint256 request;
        LiquidationMath.Terms terms;
    }

    function testFuzz_LIQ_2_3_4_5_hold_for_every_liquidation(uint256[8] memory seeds) public pure {
        Case memory c = _case(seeds);
        ILiquidationEngine.Quote memory q = _quote(c, c.request);
        assertLe(q.repaid, c.request);
        assertLe(q.repaid, q.allowance);
        assertLe(q.allowance, c.debt);
        assertGe(q.incentive, c.terms.incentiveMin);
        assertLe(q.incentive, c.terms.incentiveMax);
        if (q.repaid == 0) return; // the engine refuses it: BelowMinimum
        assertLe(q.seized, c.collateral, "LIQ-5");
        assertGe(q.debtClosed, q.repaid);
        assertLe(q.debtClosed, c.debt);
        uint256 left = c.debt - q.debtClosed;
        assertTrue(left == 0 || left >= c.terms.minDebt, "LIQ-3");
        if (left != 0) {
            assertLt(q.seized, c.collateral, "DEBT-1");
            // Collateral behind each unit of debt does not fall: at any price, what remains is as healthy as before.
            assertGe((c.collateral - q.seized) * c.debt, c.collateral * left, "LIQ-2");
        }
        // ⌊⌋ of the value seized, so that a value below one unit counts for nothing.
        uint256 seizedValue = LiquidationMath.valueDown(q.seized, c.priceE36);
        assertLe(seizedValue * WAD, q.repaid * (WAD + q.incentive), "LIQ-4");
    }

    function testFuzz_a_loss_only_where_the_collateral_does_not_cover_debt_and_least_incentive(
        uint256[8] memory seeds
    ) public pure {
        Case memory c = _case(seeds);
        ILiquidationEngine.Quote memory q = _quote(c, c.request);
        if (q.value * WAD >= c.debt * (WAD + c.terms.incentiveMin)) assertEq(q.debtClosed, q.repaid);
    }

    /// @dev A discount must not create the loss it is paid for: covered before, covered after, whatever was asked.
    function testFuzz_what_was_covered_stays_covered(uint256[8] memory seeds) public pure {
        Case memory c = _case(seeds);
        ILiquidationEngine.Quote memory q = _quote(c, c.request);
        vm.assume(q.repaid != 0 && q.debtClosed < c.debt);
        bool covered = q.value * WAD >= c.debt * (WAD + c.terms.incentiveMin);
        vm.assume(covered);
        c.collateral -= q.seized;
        c.debt -= q.debtClosed;
        // A value is rounded down by less than one unit: the sum that is covered may be one unit less.
        uint256 value = LiquidationMath.valueDown(c.collateral, c.priceE36) + 1;
        assertGe(value * WAD, c.debt * WAD + (c.debt - 1) * c.terms.incentiveMin);
    }

    /// @dev LIQ: it restores health and stops.
    function testFuzz_the_whole_allowance_brings_a_covered_loan_to_target_and_no_further(
        uint256[8] memory seeds
    ) public pure {
        Case memory c = _case(seeds);
        c.terms.defaultMarked = false;
        ILiquidationEngine.Quote memory q = _quote(c, type(uint256).max);
        vm.assume(q.value * WAD >= c.debt * (WAD + c.terms.incentiveMin) && q.allowance < c.debt);
        assertEq(q.repaid, q.allowance);
        uint256 left = c.debt - q.debtClosed;
        // Exact in rationals: what remains owes at most target × its value, and one unit less repaid would owe more.
        uint256 worth = q.value * WAD - q.repaid * (WAD + q.incentive);
        assertLe(left * WAD * WAD, c.terms.targetLtv * worth);
        worth += WAD + q.incentive;
        assertGt((left + 1) * WAD * WAD, c.terms.targetLtv * worth);
    }

    /// @dev C18: many small ones do not beat one. The same sum repaid in two goes never brings more collateral.
    function testFuzz_fault_C18_two_goes_never_bring_more_than_one(uint256[8] memory seeds, uint256 cut) public pure {
        Case memory c = _case(seeds);
        ILiquidationEngine.Quote memory first = _quote(c, c.request);
        vm.assume(first.repaid > 1 && first.debtClosed < c.debt);
        uint256 part = bound(cut, 1, first.repaid - 1);
        ILiquidationEngine.Quote memory a = _quote(c, part);
        vm.assume(a.repaid != 0 && a.debtClosed < c.debt);
        Case memory rest = Case(
            c.collateral - a.seized,
            c.priceE36,
            c.debt - a.debtClosed,
            first.repaid - a.repaid,
            c.terms
        );
        if (!_liquidatable(rest)) return;
        ILiquidationEngine.Quote memory b = _quote(rest, rest.request);
        uint256 seized = a.seized + b.seized;
        uint256 repaid = a.repaid + b.repaid;
        // By price a unit: not more collateral for the same money, but for a unit of rounding and the incentive's last place.
        uint256 fair = Math.mulDiv(first.seized + 1, repaid + 1, first.repaid, Math.Rounding.Ceil);
        assertLe(seized, fair + (2 * fair) / WAD);
    }

    /// @dev Worth more than the debt, but not than debt and least incentive: it does not cover, all of it is sold at the least
    /// incentive, and the rest is a loss.
    function test_what_covers_the_debt_but_not_the_least_incentive_is_sold_whole_and_at_a_loss() public pure {
        LiquidationMath.Terms memory terms = _terms();
        terms.incentiveMin = 200 * BPS;
        terms.incentiveMax = 1000 * BPS;
        terms.minDebt = 1;
        // One unit of collateral is worth one unit of debt.
        ILiquidationEngine.Quote memory q = LiquidationMath.quote(1010e6, 1e36, 1000e6, type(uint256).max, terms);
        assertEq(q.incentive, 200 * BPS);
        assertEq(q.repaid, 990_196_079, "1010 / 1.02, rounded up");
        assertEq(q.seized, 1010e6);
        assertEq(q.debtClosed, 1000e6);
        q = LiquidationMath.quote(1020e6, 1e36, 1000e6, type(uint256).max, terms);
        assertEq(q.debtClosed, q.repaid, "with the least incentive it just covers");
        // At a tenth a unit nine of them are worth none of the debt's, and stay.
        q = LiquidationMath.quote(10_209, 1e35, 1000, type(uint256).max, terms);
        assertEq(q.repaid, 1000);
        assertEq(q.seized, 10_200);
    }

    /// @dev C25: across the price at which the collateral just covers debt and least incentive, nothing jumps.
    function testFuzz_fault_C25_nothing_jumps_where_the_incentive_just_exceeds_what_is_left(
        uint256 debt,
        uint256 incentiveMinBps
    ) public pure {
        debt = bound(debt, 1e8, 1e26);
        incentiveMinBps = bound(incentiveMinBps, 0, 500);
        LiquidationMath.Terms memory terms = _terms();
        terms.incentiveMin = incentiveMinBps * BPS;
        terms.incentiveMax = terms.incentiveMin + 500 * BPS;
        terms.minDebt = 1;
        // One unit of collateral is worth one unit of debt, so that collateral names the value exactly.
        uint256 edge = (debt * (WAD + terms.incentiveMin) + WAD - 1) / WAD;
        ILiquidationEngine.Quote memory on = LiquidationMath.quote(edge, 1e36, debt, type(uint256).max, terms);
        ILiquidationEngine.Quote memory below = LiquidationMath.quote(edge - 1, 1e36, debt, type(uint256).max, terms);
        assertEq(on.debtClosed, on.repaid, "no loss on the edge");
        assertEq(below.debtClosed, debt);
        assertLe(debt - below.repaid, 2, "and next to none just below it");
        assertApproxEqAbs(on.incentive, terms.incentiveMin, WAD / debt + 1);
        assertEq(below.seized, edge - 1, "all of it");
        // The incentive is rounded down to a part in 1e18, and the value of what is seized with it.
        assertGe(on.seized + 2 + debt / WAD, edge - 1);
    }

    function testFuzz_the_incentive_grows_with_the_shortfall_and_stops_at_its_maximum(
        uint256[8] memory seeds
    ) public pure {
        Case memory c = _case(seeds);
        c.terms.defaultMarked = false;
        uint256 incentive = _incentiveAt(c.terms, 0.99e18);
        uint256 worse = _incentiveAt(c.terms, 0.98e18);
        assertGe(worse, incentive);
        assertEq(_incentiveAt(c.terms, WAD), c.terms.incentiveMin);
        assertEq(_incentiveAt(c.terms, 2 * WAD), c.terms.incentiveMin);
        assertEq(_incentiveAt(c.terms, c.terms.healthForMax), c.terms.incentiveMax);
        assertEq(_incentiveAt(c.terms, 0), c.terms.incentiveMax);
    }

    function test_a_default_ramps_the_incentive_up_and_allows_the_whole_debt() public pure {
        LiquidationMath.Terms memory terms = _terms();
        terms.defaultMarked = true;
        terms.rampSeconds = 1000;
        uint256[4] memory elapsed = [uint256(0), 250, 1000, 5000];
        uint256[4] memory expected = [uint256(200), 350, 800, 800];
        for (uint256 i; i < 4; ++i) {
            terms.secondsOnRamp = elapsed[i];
            // A loan in the best of health but for its default.
            ILiquidationEngine.Quote memory q = LiquidationMath.quote(10e8, 1e36, 1e8, type(uint256).max, terms);
            assertEq(q.incentive, expected[i] * BPS);
            assertEq(q.allowance, 1e8);
            assertEq(q.repaid, 1e8);
            assertEq(q.seized, (1e8 * (10_000 + expected[i])) / 10_000);
        }
        // The shortfall's incentive counts where it is the larger.
        terms.secondsOnRamp = 0;
        assertEq(LiquidationMath.incentiveOf(120, 100, 0.5e18, terms), 800 * BPS);
    }

    function test_the_ramp_is_rounded_down() public pure {
        LiquidationMath.Terms memory terms = _terms();
        (terms.defaultMarked, terms.secondsOnRamp, terms.rampSeconds) = (true, 3, 7);
        assertEq(LiquidationMath.incentiveOf(10e8, 1e8, WAD, terms), 200 * BPS + uint256(600 * BPS * 3) / 7);
    }

    function test_a_default_still_respects_minDebt_for_who_asks_for_less() public pure {
        LiquidationMath.Terms memory terms = _terms();
        terms.defaultMarked = true;
        terms.minDebt = 1e7;
        ILiquidationEngine.Quote memory q = LiquidationMath.quote(10e8, 1e36, 1e8, 1e8 - 1, terms);
        assertEq(q.repaid, 9e7);
    }

    /// @dev 10.9 units cost 11 at the least incentive of 2 %, and only 10 are owed.
    function test_all_the_collateral_never_costs_more_than_the_debt_by_rounding() public pure {
        LiquidationMath.Terms memory terms = _terms();
        terms.minDebt = 1;
        ILiquidationEngine.Quote memory q = LiquidationMath.quote(109, 1e35, 10, type(uint256).max, terms);
        assertEq(q.allowance, 10);
        assertEq(q.repaid, 10);
        assertEq(q.debtClosed, 10);
        assertEq(q.seized, 109);
    }

    /// @dev What may be repaid leaves the least debt or more; a unit less, and all of it may be repaid.
    function test_a_sale_may_leave_exactly_the_least_debt() public pure {
        LiquidationMath.Terms memory terms = _terms();
        terms.minDebt = 1;
        // At a loan-to-value of 90 %.
        uint256 toTarget = LiquidationMath.quote(1000e6, 1e36, 900e6, type(uint256).max, terms).allowance;
        terms.minDebt = 900e6 - toTarget;
        assertEq(LiquidationMath.quote(1000e6, 1e36, 900e6, type(uint256).max, terms).repaid, toTarget);
        ++terms.minDebt;
        assertEq(LiquidationMath.quote(1000e6, 1e36, 900e6, type(uint256).max, terms).repaid, 900e6);
    }

    /// @dev Below water a sale closes its share of the debt, so that the least debt limits the collateral sold before the money
    /// asked for does; it is paid for to the unit, rounded up.
    function test_below_water_the_least_debt_limits_what_is_sold() public pure {
        LiquidationMath.Terms memory terms = _terms();
        terms.minDebt = 400e6;
        // All of it would bring 816e6 / 1.02 = 800e6.
        ILiquidationEngine.Quote memory q = LiquidationMath.quote(816e6, 1e36, 1000e6, 590e6, terms);
        assertEq(q.allowance, 800e6);
        assertEq(q.seized, 489_600_000, "six tenths");
        assertEq(q.repaid, 480e6);
        assertEq(q.debtClosed, 600e6);
        q = LiquidationMath.quote(816e6, 1e36, 1000e6, 800e6, terms);
        assertEq(q.seized, 816e6, "whoever asks for just all of it has it");
        assertEq(q.debtClosed, 1000e6);
        // Seven tenths of nine units are six, and a seventh would close an eighth of the ten that are owed.
        terms.minDebt = 3;
        q = LiquidationMath.quote(9, 1e36, 10, 7, terms);
        assertEq(q.seized, 6);
        assertEq(q.repaid, 6);
        assertEq(q.debtClosed, 7);
        // Of units worth ten each one may go, at what was asked to be paid for it.
        terms.minDebt = 80;
        q = LiquidationMath.quote(9, 10e36, 100, 15, terms);
        assertEq(q.seized, 1);
        assertEq(q.repaid, 15);
    }

    // ---- inside ----

    function _terms() private pure returns (LiquidationMath.Terms memory) {
        return
            LiquidationMath.Terms({
                lltv: 8000 * BPS,
                targetLtv: 6500 * BPS,
                incentiveMin: 200 * BPS,
                incentiveMax: 800 * BPS,
                healthForMax: 9500 * BPS,
                minDebt: 1e8,
                defaultMarked: false,
                secondsOnRamp: 0,
                rampSeconds: 1
            });
    }

    /// @dev Any terms FacilityRules lets pass, any loan the fields hold that is liquidatable.
    function _case(uint256[8] memory s) private pure returns (Case memory c) {
        uint256 target = bound(s[0], 1, 9990);
        uint256 lltv = bound(s[1], target + 2, 10_000);
        uint256 most = 1e8 / lltv - 1e4;
        if (most > 10_000) most = 10_000;
        uint256 incentiveMax = bound(s[2], 0, most);
        c.terms.targetLtv = target * BPS;
        c.terms.lltv = lltv * BPS;
        c.terms.incentiveMax = incentiveMax * BPS;
        c.terms.incentiveMin = bound(s[2] >> 128, 0, incentiveMax) * BPS;
        c.terms.healthForMax = bound(s[3], 0, 9999) * BPS;
        c.terms.minDebt = bound(s[3] >> 128, 1, type(uint80).max);
        c.terms.rampSeconds = bound(s[4], 1, type(uint32).max);
        c.terms.secondsOnRamp = bound(s[4] >> 64, 0, 2 * c.terms.rampSeconds);
        c.terms.defaultMarked = s[4] >> 255 == 1;
        c.collateral = bound(s[5], 1, type(uint96).max);
        // From a millionth of a unit of debt for one of collateral to 2^40 of them, as far as the debt's field goes.
        uint256 mostPrice = 2 ** 109 / c.collateral;
        c.priceE36 = bound(s[6], 1e30, (mostPrice < 2 ** 40 ? mostPrice : 2 ** 40) * 1e36);
        uint256 value = LiquidationMath.valueDown(c.collateral, c.priceE36);
        uint256 least = LiquidationMath.maxDebtDown(value, c.terms.lltv) + 1;
        uint256 highest = value * 4 + 100;
        // From just over the limit to four times what the collateral is worth.
        c.debt = bound(s[7], least, highest < 2 ** 112 ? highest : 2 ** 112);
        c.request = (s[7] >> 200) % 3 == 0 ? type(uint256).max : bound(s[0] >> 128, 0, 2 * c.debt);
    }

    function _liquidatable(Case memory c) private pure returns (bool) {
        uint256 value = LiquidationMath.valueDown(c.collateral, c.priceE36);
        return c.terms.defaultMarked || c.debt > LiquidationMath.maxDebtDown(value, c.terms.lltv);
    }

    function _quote(Case memory c, uint256 request) private pure returns (ILiquidationEngine.Quote memory) {
        return LiquidationMath.quote(c.collateral, c.priceE36, c.debt, request, c.terms);
    }

    /// @dev With so much value that only the curve decides.
    function _incentiveAt(LiquidationMath.Terms memory terms, uint256 health) private pure returns (uint256) {
        return LiquidationMath.incentiveOf(1e30, 1e26, health, terms);
    }
}
