// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FundMarket} from "../../helpers/FundMarket.sol";

/// @notice Less than one unit is not nothing, and what is worth nothing today may be worth something tomorrow.
contract FundDustTest is FundMarket {
    function test_a_tranche_that_lost_everything_is_not_forgotten_as_its_pool_can_earn_again() public {
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        vm.prank(lender);
        fund.deposit(3_000_000 * USD, lender);
        fund.allocate();
        // A small loan with far too much collateral outlives a large one. The reserve's part of a year's interest is more
        // than what is left.
        btc.mint(borrower, 10_000 * BTC);
        vm.startPrank(borrower);
        btc.approve(address(second.vault), type(uint256).max);
        manager.open(second.id, 1, 10_000 * BTC, 1000 * USD, borrower, "");
        vm.stopPrank();
        uint256 id = _borrowFrom(second, second.pool.cash());
        vm.warp(block.timestamp + YEAR);
        _drown(second, id, 1);
        assertEq(second.senior.totalAssets(), 0);

        vm.prank(guardian);
        fund.lowerCap(second.senior, 0);
        vm.prank(stranger);
        fund.recall(second.senior);

        vm.warp(block.timestamp + YEAR);
        uint256 earned = second.senior.convertToAssets(second.senior.balanceOf(address(fund)));
        assertGt(earned, 10 * USD, "the pool earned again");
        assertEq(fund.totalAssets(), earned);
        uint256 cash = second.pool.cash();
        assertEq(fund.recall(second.senior), cash, "and what there is of it comes back");
    }

    function test_fault_C12_a_stranger_with_one_unit_cannot_shut_an_empty_fund() public {
        _borrowFrom(first, 1_000_000 * USD);
        vm.warp(block.timestamp + YEAR);
        usd.mint(stranger, 1);
        _approveFund(stranger);
        vm.startPrank(stranger);
        fund.deposit(1, stranger);
        fund.allocate();
        vm.stopPrank();
        assertEq(fund.totalAssets(), 0, "the tranche's share rounds down");

        assertGt(fund.maxDeposit(lender), 0);
        vm.prank(lender);
        fund.deposit(1_000_000 * USD, lender);
        assertApproxEqAbs(fund.convertToAssets(fund.balanceOf(lender)), 1_000_000 * USD, 1);
    }
}
