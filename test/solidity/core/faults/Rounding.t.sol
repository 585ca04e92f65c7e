// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice C11: rounding ground out by repetition. Every loop here runs until a profit of a fraction of a unit a turn would
/// show.
contract RoundingTest is Market {
    uint256 private constant TURNS = 2000;

    address private _grinder = makeAddr("grinder");
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        // Prices of shares that divide nothing evenly.
        _loan = _open(1000 * BTC, 9_000_000 * USD + 7);
        vm.warp(block.timestamp + 1234567);
        pool.accrue();
        usd.mint(_grinder, 1_000_000 * USD);
        btc.mint(_grinder, 100 * BTC);
        _approve(_grinder);
    }

    function test_fault_C11_lending_and_redeeming_single_units_a_thousand_times_never_profits() public {
        uint256 had = usd.balanceOf(_grinder);
        uint256 nav = senior.totalAssets();
        vm.startPrank(_grinder);
        for (uint256 i; i < TURNS / 2; ++i) {
            uint256 shares = senior.deposit(1 + (i % 3), _grinder);
            if (senior.previewRedeem(shares) != 0) senior.redeem(shares, _grinder, _grinder);
        }
        uint256 rest = senior.maxRedeem(_grinder);
        if (rest != 0) senior.redeem(rest, _grinder, _grinder);
        vm.stopPrank();
        assertLe(usd.balanceOf(_grinder), had);
        assertGe(senior.totalAssets(), nav);
    }

    function test_fault_C11_minting_and_withdrawing_single_units_a_thousand_times_never_profits() public {
        uint256 had = usd.balanceOf(_grinder);
        vm.startPrank(_grinder);
        for (uint256 i; i < TURNS / 2; ++i) {
            senior.mint(1, _grinder);
            if (senior.maxWithdraw(_grinder) != 0) senior.withdraw(1, _grinder, _grinder);
        }
        uint256 rest = senior.maxRedeem(_grinder);
        if (rest != 0) senior.redeem(rest, _grinder, _grinder);
        vm.stopPrank();
        assertLe(usd.balanceOf(_grinder), had);
    }

    function test_fault_C11_drawing_unit_by_unit_owes_no_less_than_drawing_at_once() public {
        uint256 id = _openAs(_grinder, 0, BTC, minDebt);
        vm.startPrank(_grinder);
        for (uint256 i; i < TURNS; ++i) manager.draw(id, 1, _grinder);
        vm.stopPrank();
        assertGe(manager.debtOf(id), minDebt + TURNS);
    }

    function test_fault_C11_repaying_unit_by_unit_pays_off_no_more_than_was_paid() public {
        uint256 id = _openAs(_grinder, 0, BTC, 10_000 * USD);
        uint256 others = manager.debtOf(_loan);
        vm.startPrank(_grinder);
        for (uint256 i; i < TURNS; ++i) manager.repay(id, 1, "");
        vm.stopPrank();
        assertGe(manager.debtOf(id), 10_000 * USD - TURNS);
        assertGe(manager.debtOf(_loan) + 1, others, "nor at the others' cost");
    }

    /// @dev A debt is rounded up when it is opened: whoever closes at once pays that unit, and the other borrowers are spared it.
    function test_fault_C11_opening_and_closing_costs_the_grinder_what_it_spares_the_others() public {
        uint256 had = usd.balanceOf(_grinder);
        uint256 others = manager.debtOf(_loan);
        uint256 nav = senior.totalAssets();
        vm.startPrank(_grinder);
        for (uint256 i; i < TURNS / 4; ++i) {
            uint256 id = manager.open(facility, uint64(i), BTC, minDebt + i, _grinder, "");
            manager.close(id, _grinder, "");
        }
        vm.stopPrank();
        uint256 cost = had - usd.balanceOf(_grinder);
        assertLe(manager.debtOf(_loan), others);
        assertGe(manager.debtOf(_loan) + cost + 1, others, "nobody is spared more than was paid");
        assertEq(senior.totalAssets(), nav, "and the lenders have no part in it");
    }

    function test_fault_C11_liquidating_unit_by_unit_takes_no_more_than_its_price() public {
        _setPrice(10_500);
        ILiquidationEngine.Quote memory whole = manager.quoteLiquidation(_loan, type(uint256).max);
        assertEq(whole.debtClosed, whole.repaid, "covered");
        uint256 debt = manager.debtOf(_loan);
        uint256 collateral = manager.loanOf(_loan).collateral;
        uint256 repaid;
        uint256 seized;
        vm.startPrank(_grinder);
        for (uint256 i; i < TURNS / 2; ++i) {
            (uint256 r, uint256 s) = manager.liquidate(_loan, 1 + i, 0, "");
            repaid += r;
            seized += s;
        }
        vm.stopPrank();
        assertLe(seized * whole.repaid, whole.seized * repaid + whole.repaid, "never a better price than at once");
        // Exact: collateral a unit of debt does not fall, but for the one unit a debt is rounded up by.
        uint256 left = manager.debtOf(_loan);
        assertLe(left, debt - repaid + 1);
        assertGe((collateral - seized) * debt, collateral * (left - 1));
    }

    function test_fault_C11_accruing_every_second_costs_lenders_at_most_a_unit_a_second() public {
        (uint256 before, ) = pool.debtTotals();
        uint256 start = block.timestamp;
        uint256 snapshot = vmMore.snapshotState();
        vm.warp(start + TURNS);
        (uint256 once, ) = pool.debtTotals();
        vmMore.revertToState(snapshot);
        for (uint256 i = 1; i <= TURNS; ++i) {
            vm.warp(start + i);
            pool.accrue();
        }
        (uint256 often, ) = pool.debtTotals();
        assertGt(often, before);
        assertGe(often + TURNS, once);
        // The adaptive rate follows utilisation more closely when asked more often; over half an hour that is nothing.
        assertApproxEqRel(often - before, once - before, 0.001e18);
    }

    /// @dev Dust debt invisible to health: there is none, because no loan owes less than minDebt but by a unit of rounding.
    function testFuzz_fault_C11_no_sequence_of_payments_leaves_dust(uint256[6] memory payments) public {
        uint256 id = _openAs(_grinder, 0, BTC, 10_000 * USD);
        for (uint256 i; i < payments.length; ++i) {
            uint256 debt = manager.debtOf(id);
            if (debt == 0) break;
            vm.prank(_grinder);
            try manager.repay(id, bound(payments[i], 1, debt + minDebt), "") {} catch {}
            uint256 left = manager.debtOf(id);
            assertTrue(left == 0 || left + 1 >= minDebt);
            vm.warp(block.timestamp + (payments[i] % 1000));
        }
    }
}

contract Rounding18Test is RoundingTest, Decimals18x18 {}
