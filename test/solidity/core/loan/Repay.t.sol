// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

contract RepayTest is Market {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    function test_repay_a_part_books_it_and_leaves_the_collateral() public {
        uint256 held = usd.balanceOf(borrower);
        uint256 cash = pool.cash();
        vm.expectEmit(address(manager));
        emit ILoans.Repaid(_loan, borrower, 5000 * USD, 5000 * USD * 1e6);
        vm.prank(borrower);
        assertEq(manager.repay(_loan, 5000 * USD, ""), 5000 * USD);
        assertEq(manager.debtOf(_loan), 15_000 * USD);
        assertEq(usd.balanceOf(borrower), held - 5000 * USD);
        assertEq(pool.cash(), cash + 5000 * USD);
        assertEq(usd.balanceOf(address(pool)), cash + 5000 * USD);
        assertEq(manager.loanOf(_loan).collateral, BTC);
    }

    /// @dev What a payment takes off is what it buys of all shares, rounded down.
    function test_a_part_repaid_after_interest_takes_off_no_share_too_many() public {
        vm.warp(block.timestamp + 97 days);
        pool.accrue();
        (uint256 assets, uint256 shares) = pool.debtTotals();
        uint256 paid = 5000 * USD + 1;
        uint256 exact = paid * (shares + 1e6);
        assertGt(exact % (assets + 1), 0, "a fraction is left");
        vm.expectEmit(address(manager));
        emit ILoans.Repaid(_loan, borrower, paid, exact / (assets + 1));
        vm.prank(borrower);
        manager.repay(_loan, paid, "");
    }

    function test_repay_at_least_the_debt_closes_it_and_takes_no_more_than_it() public {
        vm.warp(block.timestamp + 100 days);
        uint256 debt = manager.debtOf(_loan);
        uint256 held = usd.balanceOf(borrower);
        vm.prank(borrower);
        assertEq(manager.repay(_loan, debt + 12_345, ""), debt);
        assertEq(usd.balanceOf(borrower), held - debt);
        Loan memory loan = manager.loanOf(_loan);
        assertEq(loan.debtShares, 0);
        assertEq(loan.collateral, BTC, "the collateral stays until its owner takes it");
        assertEq(manager.ownerOf(_loan), borrower);
        assertEq(manager.debtOf(_loan), 0);
    }

    function test_repay_exactly_the_debt_closes_it() public {
        vm.warp(block.timestamp + 100 days);
        uint256 debt = manager.debtOf(_loan);
        vm.prank(borrower);
        manager.repay(_loan, debt, "");
        assertEq(manager.loanOf(_loan).debtShares, 0);
    }

    function test_repay_by_a_stranger_is_the_strangers_money() public {
        usd.mint(stranger, 1000 * USD);
        vm.startPrank(stranger);
        usd.approve(address(pool), 1000 * USD);
        vm.expectEmit(address(manager));
        emit ILoans.Repaid(_loan, stranger, 1000 * USD, 1000 * USD * 1e6);
        manager.repay(_loan, 1000 * USD, "");
        vm.stopPrank();
        assertEq(usd.balanceOf(stranger), 0);
        assertEq(manager.debtOf(_loan), 19_000 * USD);
        assertEq(manager.ownerOf(_loan), borrower);
    }

    function test_repay_that_would_leave_dust_is_cut_to_leave_minDebt() public {
        vm.startPrank(borrower);
        assertEq(manager.repay(_loan, 20_000 * USD - 1, ""), 20_000 * USD - minDebt);
        assertEq(manager.debtOf(_loan), minDebt);
        vm.expectRevert(abi.encodeWithSelector(ILendingPool.PaymentLeavesDust.selector, minDebt - 1, minDebt, minDebt));
        manager.repay(_loan, minDebt - 1, "");
        assertEq(manager.repay(_loan, minDebt, ""), minDebt);
        vm.stopPrank();
        assertEq(manager.debtOf(_loan), 0);
    }

    function test_repay_down_to_minDebt_exactly_is_not_cut() public {
        vm.prank(borrower);
        assertEq(manager.repay(_loan, 20_000 * USD - minDebt, ""), 20_000 * USD - minDebt);
    }

    function test_repay_nothing_or_no_debt_or_no_loan_is_refused() public {
        vm.startPrank(borrower);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        manager.repay(_loan, 0, "");
        manager.repay(_loan, type(uint256).max, "");
        vm.expectRevert(ILendingPool.NoDebt.selector);
        manager.repay(_loan, 1, "");
        manager.withdraw(_loan, type(uint256).max, borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan));
        manager.repay(_loan, 1, "");
        vm.stopPrank();
    }

    function test_repay_without_approval_is_refused_whole() public {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(pool), 0, USD)
        );
        manager.repay(_loan, USD, "");
        assertEq(manager.debtOf(_loan), 20_000 * USD);
    }

    /// @dev DEBT-3.
    function test_DEBT_3_anyone_repays_anyones_debt_in_full_whatever_stands_still() public {
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        manager.lowerCaps(facility, 0, 0);
        manager.lowerMaxLtv(facility, 0);
        vm.stopPrank();
        manager.setGate(facility, address(0xbad));
        _setPrice(1);
        oracle.setRefusing(true);
        vm.warp(block.timestamp + 30 * YEAR);
        uint256 debt = manager.debtOf(_loan);
        usd.mint(stranger, debt);
        vm.startPrank(stranger);
        usd.approve(address(pool), debt);
        assertEq(manager.repay(_loan, type(uint256).max, ""), debt);
        vm.stopPrank();
        assertEq(manager.debtOf(_loan), 0);
    }

    function testFuzz_repay_lowers_the_debt_by_what_was_paid(uint256 wait, uint256 payment) public {
        vm.warp(block.timestamp + bound(wait, 0, 10 * YEAR));
        uint256 debt = manager.debtOf(_loan);
        payment = bound(payment, 1, 2 * debt);
        usd.mint(borrower, payment);
        vm.prank(borrower);
        uint256 paid = manager.repay(_loan, payment, "");
        uint256 left = manager.debtOf(_loan);
        assertLe(paid, payment);
        // Shares burned are rounded down: the borrower may still owe one unit more, never two, and never less but a rounding.
        assertApproxEqAbs(left, debt - paid, 1);
        assertTrue(left == 0 || left + 1 >= minDebt);
        assertEq(left == 0, manager.loanOf(_loan).debtShares == 0);
    }
}

contract Repay18Test is RepayTest, Decimals18x18 {}
