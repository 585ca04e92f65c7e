// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {Actions} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

contract DrawTest is Market {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    function test_draw_adds_to_the_debt_and_pays_the_receiver() public {
        vm.expectEmit(address(manager));
        emit ILoanManager.Drawn(_loan, borrower, stranger, 5000 * USD, 5000 * USD * 1e6);
        vm.prank(borrower);
        manager.draw(_loan, 5000 * USD, stranger);
        assertEq(manager.debtOf(_loan), 25_000 * USD);
        assertEq(usd.balanceOf(stranger), 5000 * USD);
        assertEq(manager.loanOf(_loan).collateral, BTC);
    }

    function test_draw_counts_the_interest_owed_by_now() public {
        vm.warp(block.timestamp + YEAR);
        uint256 debt = manager.debtOf(_loan);
        assertGt(debt, 20_000 * USD);
        uint256 room = 35_000 * USD - debt;
        vm.startPrank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(ILoans.LtvTooHigh.selector, 35_000 * USD + 1, 35_000 * USD, BTC, _price(50_000))
        );
        manager.draw(_loan, room + 1, borrower);
        manager.draw(_loan, room, borrower);
        vm.stopPrank();
        assertEq(manager.debtOf(_loan), 35_000 * USD);
    }

    function test_draw_on_a_loan_that_owes_nothing() public {
        vm.startPrank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        vm.expectRevert(abi.encodeWithSelector(ILoans.BelowMinDebt.selector, minDebt - 1, minDebt));
        manager.draw(_loan, minDebt - 1, borrower);
        manager.draw(_loan, minDebt, borrower);
        vm.stopPrank();
        assertEq(manager.debtOf(_loan), minDebt);
    }

    function test_draw_nothing_or_from_no_loan_is_refused() public {
        vm.startPrank(borrower);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        manager.draw(_loan, 0, borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.draw(_loan + 1, 1, borrower);
        vm.stopPrank();
    }

    function test_draw_is_for_the_owner() public {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, stranger, borrower, Actions.DRAW)
        );
        manager.draw(_loan, 1, stranger);
    }

    function test_draw_is_new_risk() public {
        vm.prank(guardian);
        manager.stopNewLoans(facility);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.NewLoansAreStopped.selector, facility));
        manager.draw(_loan, 1, borrower);
        manager.resumeNewLoans(facility);
        oracle.setRefusing(true);
        vm.prank(borrower);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.draw(_loan, 1, borrower);
    }

    function test_draw_within_the_caps_to_the_unit() public {
        manager.setCaps(facility, uint96(20_000 * USD + 7), type(uint96).max);
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.CapExceeded.selector, 20_000 * USD + 8, 20_000 * USD + 7));
        manager.draw(_loan, 8, borrower);
        manager.draw(_loan, 7, borrower);
        vm.stopPrank();
        manager.setCaps(facility, type(uint96).max, uint96(20_000 * USD + 9));
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanCapExceeded.selector, 20_000 * USD + 10, 20_000 * USD + 9));
        manager.draw(_loan, 3, borrower);
        manager.draw(_loan, 2, borrower);
        vm.stopPrank();
    }

    function test_draw_what_others_lent_out_is_refused() public {
        _openAs(liquidator, 0, 1000 * BTC, pool.cash());
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, 1, 0));
        manager.draw(_loan, 1, borrower);
    }

    function test_draw_pays_neither_nobody_nor_the_pool() public {
        for (uint256 i; i < 2; ++i) {
            address receiver = i == 0 ? address(0) : address(pool);
            vm.prank(borrower);
            vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InvalidReceiver.selector, receiver));
            manager.draw(_loan, 1, receiver);
        }
    }
}

contract Draw18Test is DrawTest, Decimals18x18 {}
