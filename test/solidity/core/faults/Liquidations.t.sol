// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice C15, C16, C19–C23, C25: what has gone wrong for others when loans were sold.
contract LiquidationFaultsTest is Market {
    uint256 private constant ALL = type(uint256).max;

    function _options() internal override returns (Options memory o) {
        o = super._options();
        o.collateral = new FaultToken("Wrapped BTC", "WBTC", collateralDecimals);
        o.loan = new FaultToken("Dollar", "USD", loanDecimals);
    }

    // ---- C15: dust ----

    function test_fault_C15_dust_added_to_a_drowned_loan_does_not_put_off_the_loss() public {
        uint256 id = _open(BTC, 35_000 * USD);
        _setPrice(20_000);
        uint256 nav = senior.totalAssets();
        for (uint256 i; i < 5; ++i) {
            vm.prank(borrower);
            manager.topUp(id, 1, "");
        }
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(id, ALL, 0, "");
        assertEq(seized, BTC + 5, "the dust goes with the rest");
        assertEq(nav - senior.totalAssets(), 35_000 * USD - repaid, "and the loss is there, whole");
        assertEq(manager.ownerOf(id), address(0), "nothing is left behind that no one would sell");
    }

    function testFuzz_fault_C15_no_sale_leaves_debt_without_collateral_or_a_rest_too_small_to_sell(
        uint256 price,
        uint256[5] memory requests
    ) public {
        uint256 id = _open(BTC, 35_000 * USD);
        oracle.setPrice(bound(price, 1, _price(43_749)));
        vm.startPrank(liquidator);
        for (uint256 i; i < requests.length; ++i) {
            try manager.liquidate(id, bound(requests[i], 1, 40_000 * USD), 0, "") {} catch {}
            uint256 left = manager.debtOf(id);
            assertTrue(left == 0 || manager.loanOf(id).collateral != 0, "DEBT-1");
            assertTrue(left == 0 || left + 1 >= minDebt, "LIQ-3");
        }
        vm.stopPrank();
    }

    // ---- C16: minDebt in the way ----

    function test_fault_C16_a_loan_of_exactly_minDebt_is_sold_whole_or_not_at_all() public {
        uint256 id = _open(BTC / 100, minDebt);
        _setPrice(12_000); // 120 of collateral for 100 of debt
        vm.startPrank(liquidator);
        ILiquidationEngine.Quote memory q = manager.quoteLiquidation(id, ALL);
        assertEq(q.allowance, minDebt);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationEngine.BelowMinimum.selector, minDebt - 1, minDebt, minDebt)
        );
        manager.liquidate(id, minDebt - 1, 0, "");
        manager.liquidate(id, minDebt, 0, "");
        vm.stopPrank();
        assertEq(manager.debtOf(id), 0);
        assertGt(manager.loanOf(id).collateral, 0, "the surplus stays the borrower's");
        vm.prank(borrower);
        manager.withdraw(id, ALL, borrower);
    }

    function test_fault_C16_a_request_that_would_leave_dust_is_cut_to_leave_minDebt() public {
        uint256 id = _open(BTC / 100, 2 * minDebt);
        _setPrice(24_000);
        // To target would leave less than minDebt: the whole debt is allowed.
        assertEq(manager.quoteLiquidation(id, ALL).allowance, 2 * minDebt);
        vm.prank(liquidator);
        (uint256 repaid, ) = manager.liquidate(id, 2 * minDebt - 1, 0, "");
        assertEq(repaid, minDebt);
        assertEq(manager.debtOf(id), minDebt);
    }

    function test_fault_C16_the_last_payment_of_any_size_goes_through() public {
        uint256 id = _open(BTC / 100, minDebt);
        vm.warp(block.timestamp + 1);
        vm.prank(borrower);
        manager.repay(id, ALL, "");
        assertEq(manager.debtOf(id), 0);
    }

    // ---- C19: someone is faster ----

    function testFuzz_fault_C19_a_payment_or_top_up_just_before_makes_it_smaller_not_impossible(
        uint256 payment,
        uint256 collateral
    ) public {
        uint256 id = _open(BTC, 35_000 * USD);
        _setPrice(42_000);
        ILiquidationEngine.Quote memory q = manager.quoteLiquidation(id, ALL);
        payment = bound(payment, 1, 300 * USD);
        collateral = bound(collateral, 1, BTC / 100);
        vm.startPrank(borrower);
        manager.repay(id, payment, "");
        manager.topUp(id, collateral, "");
        vm.stopPrank();
        // The liquidator asks for exactly what it saw, at nearly the price it saw: the incentive shrinks with the shortfall.
        uint256 least = (((q.seized * 1e36) / q.repaid) * 96) / 100;
        vm.prank(liquidator);
        (uint256 repaid, ) = manager.liquidate(id, q.repaid, least, "");
        assertGt(repaid, 0);
        assertLe(repaid, q.repaid);
    }

    function test_fault_C19_another_liquidator_first_leaves_the_rest() public {
        uint256 id = _open(BTC, 35_000 * USD);
        _setPrice(42_000);
        uint256 allowance = manager.quoteLiquidation(id, ALL).allowance;
        usd.mint(stranger, 1);
        vm.startPrank(stranger);
        usd.approve(address(pool), 1);
        manager.liquidate(id, 1, 0, "");
        vm.stopPrank();
        vm.prank(liquidator);
        (uint256 repaid, ) = manager.liquidate(id, allowance, 0, "");
        // A unit less debt is some three units less to target, and a whisker less incentive.
        assertApproxEqAbs(repaid, allowance, 10);
    }

    // ---- C20: the borrower is on the token's block-list ----

    function test_fault_C20_a_blocked_borrower_is_liquidated_and_takes_its_surplus_elsewhere() public {
        uint256 id = _open(BTC, 35_000 * USD);
        FaultToken(address(btc)).setBlocked(borrower, true);
        FaultToken(address(usd)).setBlocked(borrower, true);
        _setPrice(40_000);
        vm.prank(liquidator);
        manager.liquidate(id, ALL, 0, "");
        uint256 debt = manager.debtOf(id);
        vm.prank(liquidator);
        if (debt != 0) manager.repay(id, ALL, "");
        uint256 surplus = manager.loanOf(id).collateral;
        assertGt(surplus, 0);
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(FaultToken.Blocked.selector, borrower));
        manager.withdraw(id, ALL, borrower);
        manager.withdraw(id, ALL, stranger);
        vm.stopPrank();
        assertEq(btc.balanceOf(stranger), surplus);
    }

    // ---- C21: nothing in the pool ----

    function test_fault_C21_an_empty_pool_still_sells_and_still_realises_losses() public {
        uint256 drowned = _openAs(borrower, 0, 100 * BTC, 3_000_000 * USD);
        uint256 wet = _openAs(borrower, 1, 130 * BTC, 3_000_000 * USD);
        _openAs(liquidator, 2, 1000 * BTC, pool.cash());
        assertEq(pool.cash(), 0);
        assertEq(pool.utilisation(), 1e18);
        vm.warp(block.timestamp + 1 hours);
        _setPrice(28_000);
        uint256 nav = senior.totalAssets();
        vm.startPrank(liquidator);
        manager.liquidate(wet, ALL, 0, "");
        assertGe(senior.totalAssets(), nav);
        uint256 debt = manager.debtOf(drowned);
        (uint256 repaid, ) = manager.liquidate(drowned, ALL, 0, "");
        vm.stopPrank();
        assertApproxEqAbs(senior.totalAssets(), nav - (debt - repaid), 2);
        (uint256 owed, ) = pool.debtTotals();
        assertEq(pool.cash() + owed, senior.totalAssets() + pool.reserve());
    }

    // ---- C22: the sequencer was down ----

    function test_fault_C22_during_an_outage_nothing_is_sold_and_every_cure_is_open() public {
        uint256 id = _open(BTC, 35_000 * USD);
        _setPrice(40_000);
        oracle.setRefusing(true);
        vm.warp(block.timestamp + 1 days);
        vm.prank(liquidator);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.liquidate(id, ALL, 0, "");
        // Interest ran on; a top-up and a payment cure before the grace is over.
        assertGt(manager.debtOf(id), 35_000 * USD);
        vm.startPrank(borrower);
        manager.topUp(id, BTC / 10, "");
        manager.repay(id, 5_000 * USD, "");
        vm.stopPrank();
        oracle.setRefusing(false);
        uint256 debt = manager.debtOf(id);
        vm.prank(liquidator);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, debt, (44_000 * USD * 8) / 10)
        );
        manager.liquidate(id, ALL, 0, "");
    }

    // ---- C23: lenders around a loss (marks and the other classes come with the next issue) ----

    function testFuzz_fault_C23_entering_and_leaving_around_a_loss_never_profits(uint256 amount, uint256 price) public {
        uint256 id = _open(100 * BTC, 3_500_000 * USD);
        amount = bound(amount, 1, 100_000_000 * USD);
        address jumper = makeAddr("jumper");
        usd.mint(jumper, amount);
        _approve(jumper);
        vm.prank(jumper);
        senior.deposit(amount, jumper);
        oracle.setPrice(bound(price, 1, _price(43_000)));
        vm.prank(liquidator);
        manager.liquidate(id, ALL, 0, "");
        vm.startPrank(jumper);
        uint256 shares = senior.maxRedeem(jumper);
        if (shares != 0) senior.redeem(shares, jumper, jumper);
        vm.stopPrank();
        assertLe(usd.balanceOf(jumper), amount);
    }

    function test_fault_C23_who_comes_after_the_loss_does_not_bear_it_nor_take_from_who_did() public {
        uint256 id = _open(100 * BTC, 3_500_000 * USD);
        _setPrice(10_000);
        vm.prank(liquidator);
        manager.liquidate(id, ALL, 0, "");
        uint256 old = senior.previewRedeem(senior.balanceOf(lender));
        usd.mint(stranger, 1_000_000 * USD);
        _approve(stranger);
        vm.startPrank(stranger);
        uint256 shares = senior.deposit(1_000_000 * USD, stranger);
        vm.stopPrank();
        assertApproxEqAbs(senior.previewRedeem(shares), 1_000_000 * USD, 1);
        assertApproxEqAbs(senior.previewRedeem(senior.balanceOf(lender)), old, 1);
    }

    // ---- C25: the edge ----

    function test_fault_C25_at_the_price_where_the_incentive_just_exceeds_what_is_left() public {
        // 35,000 × 1.02 = 35,700: covered. One unit of price less: not.
        uint256 a = _openAs(borrower, 0, BTC, 35_000 * USD);
        uint256 b = _openAs(borrower, 1, BTC, 35_000 * USD);
        uint256 nav = senior.totalAssets();
        _setPrice(35_700);
        vm.startPrank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(a, ALL, 0, "");
        assertEq(repaid, 35_000 * USD);
        assertEq(seized, BTC);
        assertEq(senior.totalAssets(), nav, "no loss on the edge");
        oracle.setPrice(_price(35_700) - 1);
        (repaid, seized) = manager.liquidate(b, ALL, 0, "");
        vm.stopPrank();
        assertEq(seized, BTC);
        assertGe(repaid + 1, 35_000 * USD);
        assertGe(senior.totalAssets() + 1, nav, "at most a unit below it");
    }
}

contract LiquidationFaults18Test is LiquidationFaultsTest, Decimals18x18 {}
