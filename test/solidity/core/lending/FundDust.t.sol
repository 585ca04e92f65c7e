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

    /// @dev A thousand units of a class that is worth what was paid in.
    uint256 private constant DUST_SHARES = 1e9;

    function _worthInAll(uint256 assets) private {
        vm.mockCall(address(fund), abi.encodeCall(fund.totalAssets, ()), abi.encode(assets));
    }

    function test_a_thousand_units_worth_nothing_are_dust_and_a_share_more_is_a_loss() public {
        vm.prank(lender);
        fund.mint(DUST_SHARES, lender);
        _worthInAll(0);
        assertGt(fund.maxDeposit(lender), 0);
        vm.clearMockedCalls();
        vm.prank(lender);
        fund.mint(1, lender);
        _worthInAll(0);
        assertEq(fund.maxDeposit(lender), 0);
    }

    function test_there_is_room_up_to_the_last_unit_of_112_bits() public {
        _worthInAll(type(uint112).max - 1);
        assertEq(fund.maxDeposit(lender), 1);
        assertEq(fund.maxMint(lender), fund.previewDeposit(1));
        assertGt(fund.maxMint(lender), 0);
        _worthInAll(type(uint112).max);
        assertEq(fund.maxDeposit(lender), 0);
    }

    function test_dust_of_a_tranche_without_cap_is_forgotten_with_its_shares() public {
        vm.prank(lender);
        fund.deposit(1000, lender);
        fund.allocate();
        assertEq(fund.heldOf(first.senior), DUST_SHARES);
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        vm.mockCall(
            address(first.senior),
            abi.encodeCall(first.senior.convertToAssets, (DUST_SHARES)),
            abi.encode(uint256(0))
        );
        fund.recall(first.senior);
        assertEq(fund.tranches().length, 1);
        assertEq(address(fund.tranches()[0]), address(second.senior));
        assertEq(fund.heldOf(first.senior), 0);
    }

    /// @dev No class sells one share alone, and none is worth a unit: this one does, and says what it is worth, and what it costs.
    function test_a_single_share_of_a_tranche_counts() public {
        vm.prank(lender);
        fund.deposit(1000, lender);
        vm.mockCall(
            address(first.senior),
            abi.encodeWithSelector(first.senior.deposit.selector),
            abi.encode(uint256(1))
        );
        fund.allocate();
        vm.clearMockedCalls();
        assertEq(fund.heldOf(first.senior), 1);
        vm.mockCall(address(first.senior), abi.encodeCall(first.senior.convertToAssets, (1)), abi.encode(uint256(5)));
        vm.mockCall(address(first.senior), abi.encodeCall(first.senior.previewMint, (1)), abi.encode(uint256(7)));
        vm.mockCall(address(first.senior), abi.encodeCall(first.senior.maxWithdraw, (address(fund))), abi.encode(9));
        assertEq(fund.totalAssets(), 5);
        assertEq(fund.available(), 5);
        assertEq(fund.previewMint(fund.totalSupply() + 1e6), 7 + 1, "and the virtual unit");
    }

    function test_a_single_share_of_the_fund_that_is_worth_something_is_paid() public {
        vm.prank(curator);
        fund.setCap(first.senior, 500);
        vm.prank(lender);
        fund.deposit(1000, lender);
        vm.prank(curator);
        fund.setCap(second.senior, 0);
        fund.allocate();
        uint256 held = fund.heldOf(first.senior);
        vm.mockCall(
            address(first.senior),
            abi.encodeCall(first.senior.convertToAssets, (held)),
            abi.encode(uint256(1e11))
        );
        vm.prank(lender);
        assertEq(fund.redeem(1, lender, lender), (1e11 + 501) / uint256(1e9 + 1e6), "out of the other 500");
    }
}
