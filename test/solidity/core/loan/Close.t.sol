// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../../../../contracts/interfaces/ICollateralVault.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {Actions, Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

contract CloseTest is Market {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    function test_close_pays_all_takes_all_and_forgets_the_loan() public {
        vm.warp(block.timestamp + YEAR);
        uint256 debt = manager.debtOf(_loan);
        uint256 held = usd.balanceOf(borrower);
        vm.expectEmit(address(manager));
        emit ILoans.Closed(_loan, borrower, stranger, debt, 20_000 * USD * 1e6, BTC);
        vm.prank(borrower);
        (uint256 paid, uint256 collateral) = manager.close(_loan, stranger, "");
        assertEq(paid, debt);
        assertEq(collateral, BTC);
        assertEq(usd.balanceOf(borrower), held - debt);
        assertEq(btc.balanceOf(stranger), BTC);
        Loan memory gone = manager.loanOf(_loan);
        assertEq(gone.debtShares + gone.collateral + gone.flags, 0);
        assertEq(manager.ownerOf(_loan), address(0));
        (, uint256 shares) = pool.debtTotals();
        assertEq(shares, 0);
    }

    function test_close_a_loan_that_owes_nothing() public {
        vm.startPrank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        vm.expectEmit(address(manager));
        emit ILoans.Closed(_loan, borrower, borrower, 0, 0, BTC);
        (uint256 paid, ) = manager.close(_loan, borrower, "");
        vm.stopPrank();
        assertEq(paid, 0);
        assertEq(btc.balanceOf(address(vault)), 0);
    }

    function test_close_returns_the_last_unit_of_collateral() public {
        vm.startPrank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        manager.withdraw(_loan, BTC - 1, borrower);
        manager.close(_loan, stranger, "");
        vm.stopPrank();
        assertEq(btc.balanceOf(stranger), 1);
    }

    function test_close_in_the_second_of_opening_costs_nothing() public {
        vm.prank(borrower);
        (uint256 paid, ) = manager.close(_loan, borrower, "");
        assertEq(paid, 20_000 * USD);
    }

    function test_close_asks_neither_price_nor_gate_nor_guardian() public {
        oracle.setRefusing(true);
        manager.setGate(facility, address(0xbad));
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        manager.lowerCaps(facility, 0, 0);
        manager.lowerMaxLtv(facility, 0);
        vm.stopPrank();
        vm.prank(borrower);
        manager.close(_loan, borrower, "");
    }

    function test_close_works_below_water_too() public {
        _setPrice(1);
        vm.prank(borrower);
        manager.close(_loan, borrower, "");
        assertEq(manager.ownerOf(_loan), address(0));
    }

    function test_close_is_for_the_owner_of_a_loan_that_exists() public {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, stranger, borrower, Actions.CLOSE)
        );
        manager.close(_loan, stranger, "");
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.close(_loan + 1, borrower, "");
    }

    function test_close_sends_neither_to_nobody_nor_to_the_vault() public {
        for (uint256 i; i < 2; ++i) {
            address receiver = i == 0 ? address(0) : address(vault);
            vm.prank(borrower);
            vm.expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidReceiver.selector, receiver));
            manager.close(_loan, receiver, "");
        }
    }
}

contract Close18Test is CloseTest, Decimals18x18 {}
