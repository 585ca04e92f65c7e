// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice The opener of a loan that was handed on still has the right to open one of the same id. It must not be able to
/// stand it up where the new owner's next payment falls.
contract ReusedIdsTest is Market {
    uint256 private _loan;

    /// @dev The borrower's loan now belongs to the stranger, and no longer covers its debt.
    function setUp() public override {
        super.setUp();
        _fund(stranger);
        _loan = _open(BTC, 30_000 * USD);
        vm.prank(borrower);
        manager.transferLoan(_loan, stranger);
        vm.prank(stranger);
        manager.acceptLoan(_loan, type(uint256).max, 0);
        _setPrice(30_000);
    }

    function test_an_opener_who_sells_the_loan_it_handed_on_does_not_catch_the_new_owners_top_up() public {
        _sellAndReopen(minDebt);
        uint256 before = btc.balanceOf(borrower);
        vm.prank(stranger); // was on its way
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan));
        manager.topUp(_loan, BTC, "");
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan));
        manager.withdraw(_loan, BTC, borrower);
        assertEq(btc.balanceOf(borrower), before);
    }

    function test_an_opener_who_sells_the_loan_it_handed_on_does_not_have_its_own_debt_paid() public {
        _sellAndReopen(100_000 * USD);
        vm.prank(stranger); // was on its way
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan));
        manager.repay(_loan, type(uint256).max, "");
    }

    /// @dev What the borrower can do in one transaction, ahead of the owner's rescue.
    function _sellAndReopen(uint256 principal) private {
        vm.startPrank(borrower);
        manager.liquidate(_loan, type(uint256).max, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanExists.selector, _loan));
        manager.open(facility, 0, 10 * BTC, principal, borrower, "");
        vm.stopPrank();
    }
}
