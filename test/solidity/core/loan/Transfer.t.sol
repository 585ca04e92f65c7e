// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {Actions, Authorisation, Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Market} from "../../helpers/Market.sol";

contract TransferTest is Market {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    function test_transfer_is_offered_then_accepted_and_moves_every_right() public {
        vm.expectEmit(address(manager));
        emit ILoans.TransferOffered(_loan, borrower, stranger, borrower);
        vm.prank(borrower);
        manager.transferLoan(_loan, stranger);
        assertEq(manager.ownerOf(_loan), borrower, "an offer moves nothing");
        assertEq(manager.offeredTo(_loan), stranger);

        vm.expectEmit(address(manager));
        emit ILoans.Transferred(_loan, borrower, stranger);
        vm.prank(stranger);
        manager.acceptLoan(_loan, 20_000 * USD, BTC);
        assertEq(manager.ownerOf(_loan), stranger);
        assertEq(manager.offeredTo(_loan), address(0));
        Loan memory loan = manager.loanOf(_loan);
        assertEq(loan.debtShares, 20_000 * USD * 1e6);
        assertEq(loan.collateral, BTC);
        assertEq(loan.flags, LoanFlags.OPEN | LoanFlags.TRANSFERRED, "that it changed hands, and nothing else");

        vm.startPrank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, borrower, stranger, Actions.DRAW)
        );
        manager.draw(_loan, 1, borrower);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, borrower, stranger, Actions.WITHDRAW)
        );
        manager.withdraw(_loan, 1, borrower);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, borrower, stranger, Actions.CLOSE)
        );
        manager.close(_loan, borrower, "");
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, borrower, stranger, Actions.TRANSFER)
        );
        manager.transferLoan(_loan, borrower);
        vm.stopPrank();
        vm.startPrank(stranger);
        manager.draw(_loan, 1000 * USD, stranger);
        manager.withdraw(_loan, BTC / 100, stranger);
        vm.stopPrank();
    }

    function test_a_transferred_loan_is_closed_by_its_new_owner_and_its_id_is_never_used_again() public {
        _transferTo(liquidator);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanExists.selector, _loan));
        manager.open(facility, 0, BTC, minDebt, borrower, "");
        vm.prank(liquidator);
        manager.close(_loan, liquidator, "");
        assertEq(manager.ownerOf(_loan), address(0));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanExists.selector, _loan));
        manager.open(facility, 0, BTC, minDebt, borrower, "");
    }

    function test_a_loan_goes_on_from_hand_to_hand_and_home_again() public {
        _transferTo(liquidator);
        vm.prank(liquidator);
        manager.transferLoan(_loan, borrower);
        vm.prank(borrower);
        manager.acceptLoan(_loan, type(uint256).max, 0);
        assertEq(manager.ownerOf(_loan), borrower);
    }

    function test_an_offer_is_taken_back_or_replaced() public {
        vm.startPrank(borrower);
        manager.transferLoan(_loan, stranger);
        manager.transferLoan(_loan, address(0));
        vm.stopPrank();
        assertEq(manager.loanOf(_loan).flags, 1);
        _notOffered(stranger, address(0));
        vm.startPrank(borrower);
        manager.transferLoan(_loan, stranger);
        manager.transferLoan(_loan, liquidator);
        vm.stopPrank();
        _notOffered(stranger, liquidator);
    }

    function test_an_offer_does_not_outlive_the_loan() public {
        vm.startPrank(borrower);
        manager.transferLoan(_loan, stranger);
        manager.close(_loan, borrower, "");
        vm.stopPrank();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan));
        manager.acceptLoan(_loan, type(uint256).max, 0);
        _open(BTC, minDebt);
        _notOffered(stranger, address(0));
    }

    function test_accepting_what_was_not_offered_is_refused() public {
        _notOffered(stranger, address(0));
        vm.prank(borrower);
        manager.transferLoan(_loan, liquidator);
        _notOffered(stranger, liquidator);
        _notOffered(borrower, liquidator);
    }

    function test_the_new_owner_names_the_worst_it_takes() public {
        vm.prank(borrower);
        manager.transferLoan(_loan, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanChanged.selector, 20_000 * USD, 20_000 * USD - 1, BTC, BTC));
        manager.acceptLoan(_loan, 20_000 * USD - 1, BTC);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanChanged.selector, 20_000 * USD, 20_000 * USD, BTC, BTC + 1));
        manager.acceptLoan(_loan, 20_000 * USD, BTC + 1);
        vm.stopPrank();
        // The old owner worsens it just before.
        vm.prank(borrower);
        manager.draw(_loan, 1, borrower);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanChanged.selector, 20_000 * USD + 1, 20_000 * USD, BTC, BTC));
        manager.acceptLoan(_loan, 20_000 * USD, BTC);
    }

    function test_accepting_counts_interest_up_to_this_second() public {
        vm.prank(borrower);
        manager.transferLoan(_loan, stranger);
        vm.warp(block.timestamp + YEAR);
        uint256 debt = manager.debtOf(_loan);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanChanged.selector, debt, debt - 1, BTC, 0));
        manager.acceptLoan(_loan, debt - 1, 0);
        manager.acceptLoan(_loan, debt, 0);
        vm.stopPrank();
    }

    function test_accepting_is_new_risk_offering_is_not() public {
        vm.prank(guardian);
        manager.stopNewLoans(facility);
        vm.prank(borrower);
        manager.transferLoan(_loan, stranger);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.NewLoansAreStopped.selector, facility));
        manager.acceptLoan(_loan, type(uint256).max, 0);
    }

    function test_a_debt_free_loan_can_be_transferred() public {
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        _transferTo(stranger);
        vm.prank(stranger);
        manager.withdraw(_loan, type(uint256).max, stranger);
        assertEq(btc.balanceOf(stranger), BTC);
    }

    function test_offering_no_loan_is_refused() public {
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.transferLoan(_loan + 1, stranger);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.acceptLoan(_loan + 1, 0, 0);
    }

    function test_the_old_owners_operators_lose_the_loan_with_it_and_the_new_owners_gain_it() public {
        Authorisation memory all = Authorisation({
            actions: Actions.ALL,
            expiresAt: type(uint40).max,
            cashLimit: type(uint104).max,
            collateralLimit: type(uint104).max
        });
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, all);
        _transferTo(liquidator);
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, liquidator, Actions.DRAW)
        );
        manager.draw(_loan, 1, operator);
        vm.prank(liquidator);
        manager.setAuthorisation(facility, operator, all);
        vm.prank(operator);
        manager.draw(_loan, 1, operator);
    }

    function test_a_transferred_loan_that_is_liquidated_whole_leaves_nothing_behind() public {
        _transferTo(stranger);
        vm.prank(stranger);
        manager.transferLoan(_loan, lender);
        _setPrice(10_000);
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
        assertEq(manager.ownerOf(_loan), address(0));
        assertEq(manager.offeredTo(_loan), address(0));
        assertEq(manager.debtOf(_loan), 0);
        Loan memory gone = manager.loanOf(_loan);
        assertEq(gone.debtShares + gone.collateral, 0);
        assertEq(gone.flags, LoanFlags.SPENT);
    }

    /// @dev What it may offer, it may no longer once its right is gone; what its owner offers, stands.
    function test_fault_C36_an_operators_offer_ends_with_its_right() public {
        Authorisation memory right = Authorisation(Actions.TRANSFER, uint40(block.timestamp + 1 days), 0, 0);
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, right);
        vm.prank(operator);
        manager.transferLoan(_loan, operator);
        vm.warp(block.timestamp + 1 days + 1);
        vm.prank(operator);
        _expectNoRight();
        manager.acceptLoan(_loan, type(uint256).max, 0);

        right.expiresAt = type(uint40).max;
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, right);
        vm.prank(operator);
        manager.transferLoan(_loan, stranger);
        right.actions = Actions.DRAW;
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, right);
        vm.prank(stranger);
        _expectNoRight();
        manager.acceptLoan(_loan, type(uint256).max, 0);

        vm.prank(borrower);
        manager.transferLoan(_loan, stranger);
        vm.prank(stranger);
        manager.acceptLoan(_loan, type(uint256).max, 0);
        assertEq(manager.ownerOf(_loan), stranger);
    }

    function test_an_operators_offer_is_accepted_while_it_may_offer() public {
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, Authorisation(Actions.TRANSFER, type(uint40).max, 0, 0));
        vm.prank(operator);
        manager.transferLoan(_loan, stranger);
        vm.prank(stranger);
        manager.acceptLoan(_loan, type(uint256).max, 0);
        assertEq(manager.ownerOf(_loan), stranger);
    }

    function _expectNoRight() private {
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, borrower, Actions.TRANSFER)
        );
    }

    function _transferTo(address to) private {
        vm.prank(manager.ownerOf(_loan));
        manager.transferLoan(_loan, to);
        vm.prank(to);
        manager.acceptLoan(_loan, type(uint256).max, 0);
    }

    function _notOffered(address who, address offeredTo) private {
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NotOffered.selector, _loan, who, offeredTo));
        manager.acceptLoan(_loan, type(uint256).max, 0);
    }
}
