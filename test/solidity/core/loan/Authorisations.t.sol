// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice AUTH-1 for operators: what they may do, how much and until when (C36).
contract AuthorisationsTest is Market {
    uint104 private constant UNLIMITED = type(uint104).max;
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    function test_an_authorisation_is_stored_and_announced() public {
        Authorisation memory a = Authorisation(Actions.DRAW | Actions.CLOSE, uint40(START + 1), 5, 7);
        vm.expectEmit(address(manager));
        emit IAuthorisations.AuthorisationSet(borrower, facility, operator, 5, uint40(START + 1), 5, 7);
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, a);
        Authorisation memory stored = manager.authorisationOf(borrower, facility, operator);
        assertEq(abi.encode(stored), abi.encode(a));
    }

    function test_an_operator_does_everything_it_is_authorised_to() public {
        _authorise(Actions.ALL, UNLIMITED, UNLIMITED);
        usd.mint(operator, 100_000 * USD);
        vm.startPrank(operator);
        usd.approve(address(pool), type(uint256).max);
        manager.draw(_loan, 1000 * USD, stranger);
        manager.withdraw(_loan, BTC / 100, stranger);
        manager.transferLoan(_loan, stranger);
        manager.close(_loan, stranger, "");
        vm.stopPrank();
        assertEq(usd.balanceOf(stranger), 1000 * USD);
        assertEq(btc.balanceOf(stranger), BTC);
        assertEq(usd.balanceOf(operator), 79_000 * USD, "an operator who closes pays the debt itself");
    }

    function test_fault_C36_an_operator_does_nothing_beyond_its_action_set() public {
        uint8[4] memory actions = [Actions.DRAW, Actions.WITHDRAW, Actions.CLOSE, Actions.TRANSFER];
        for (uint256 i; i < actions.length; ++i) {
            // Everything but the one tried.
            _authorise(Actions.ALL & ~actions[i], UNLIMITED, UNLIMITED);
            vm.startPrank(operator);
            vm.expectRevert(
                abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, borrower, actions[i])
            );
            _do(actions[i]);
            vm.stopPrank();
        }
    }

    function test_fault_C36_an_authorisation_ends_after_its_last_second() public {
        vm.prank(borrower);
        manager.setAuthorisation(
            facility,
            operator,
            Authorisation(Actions.ALL, uint40(START + 100), UNLIMITED, UNLIMITED)
        );
        vm.warp(START + 100);
        vm.prank(operator);
        manager.draw(_loan, 1, operator);
        vm.warp(START + 101);
        uint8[4] memory actions = [Actions.DRAW, Actions.WITHDRAW, Actions.CLOSE, Actions.TRANSFER];
        for (uint256 i; i < actions.length; ++i) {
            vm.startPrank(operator);
            vm.expectRevert(
                abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, borrower, actions[i])
            );
            _do(actions[i]);
            vm.stopPrank();
        }
    }

    function test_fault_C36_the_cash_limit_is_used_up_to_the_unit() public {
        _authorise(Actions.DRAW, uint104(1000 * USD), 0);
        vm.startPrank(operator);
        manager.draw(_loan, 400 * USD, operator);
        assertEq(manager.authorisationOf(borrower, facility, operator).cashLimit, 600 * USD);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.CashLimitExceeded.selector, 600 * USD + 1, 600 * USD));
        manager.draw(_loan, 600 * USD + 1, operator);
        manager.draw(_loan, 600 * USD, operator);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.CashLimitExceeded.selector, 1, 0));
        manager.draw(_loan, 1, operator);
        vm.stopPrank();
    }

    function test_fault_C36_the_collateral_limit_is_shared_by_withdrawals_and_closing() public {
        _authorise(Actions.WITHDRAW | Actions.CLOSE, 0, uint104(BTC / 10));
        vm.startPrank(operator);
        manager.withdraw(_loan, BTC / 20, operator);
        assertEq(manager.authorisationOf(borrower, facility, operator).collateralLimit, BTC / 20);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.CollateralLimitExceeded.selector, BTC / 20 + 1, BTC / 20)
        );
        manager.withdraw(_loan, BTC / 20 + 1, operator);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.CollateralLimitExceeded.selector, BTC - BTC / 20, BTC / 20)
        );
        manager.close(_loan, operator, "");
        vm.stopPrank();
    }

    function test_fault_C36_asking_for_all_is_measured_by_what_it_is() public {
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        _authorise(Actions.WITHDRAW, 0, uint104(BTC - 1));
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.CollateralLimitExceeded.selector, BTC, BTC - 1));
        manager.withdraw(_loan, type(uint256).max, operator);
        vm.stopPrank();
    }

    function test_fault_C36_a_limit_of_one_unit_is_used_up_by_one() public {
        _authorise(Actions.DRAW | Actions.WITHDRAW, 1, 1);
        vm.startPrank(operator);
        manager.draw(_loan, 1, operator);
        manager.withdraw(_loan, 1, operator);
        vm.stopPrank();
        Authorisation memory left = manager.authorisationOf(borrower, facility, operator);
        assertEq(left.cashLimit, 0);
        assertEq(left.collateralLimit, 0);
    }

    function test_a_limit_at_its_maximum_is_not_used_up() public {
        _authorise(Actions.ALL, UNLIMITED, UNLIMITED);
        vm.startPrank(operator);
        manager.draw(_loan, 1, operator);
        manager.withdraw(_loan, 1, operator);
        vm.stopPrank();
        Authorisation memory left = manager.authorisationOf(borrower, facility, operator);
        assertEq(left.cashLimit, UNLIMITED);
        assertEq(left.collateralLimit, UNLIMITED);
    }

    function test_the_owners_own_acts_use_up_nothing() public {
        _authorise(Actions.ALL, 5, 5);
        vm.startPrank(borrower);
        manager.draw(_loan, 3, borrower);
        manager.withdraw(_loan, 3, borrower);
        vm.stopPrank();
        Authorisation memory left = manager.authorisationOf(borrower, facility, operator);
        assertEq(left.cashLimit + left.collateralLimit, 10);
    }

    function test_an_authorisation_is_replaced_and_revoked() public {
        _authorise(Actions.ALL, UNLIMITED, UNLIMITED);
        _authorise(Actions.WITHDRAW, 0, 1);
        vm.startPrank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, borrower, Actions.DRAW)
        );
        manager.draw(_loan, 1, operator);
        vm.stopPrank();
        _authorise(0, 0, 0);
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, borrower, Actions.WITHDRAW)
        );
        manager.withdraw(_loan, 1, operator);
    }

    function test_an_authorisation_is_for_one_facility() public {
        Parts memory second = _createFacility(_options());
        vm.prank(borrower);
        manager.setAuthorisation(
            second.id,
            operator,
            Authorisation(Actions.ALL, type(uint40).max, UNLIMITED, UNLIMITED)
        );
        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, operator, borrower, Actions.DRAW)
        );
        manager.draw(_loan, 1, operator);
    }

    function test_fault_C36_an_operator_cannot_authorise_a_second_one() public {
        _authorise(Actions.ALL, UNLIMITED, UNLIMITED);
        vm.prank(operator);
        manager.setAuthorisation(
            facility,
            stranger,
            Authorisation(Actions.ALL, type(uint40).max, UNLIMITED, UNLIMITED)
        );
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, stranger, borrower, Actions.DRAW)
        );
        manager.draw(_loan, 1, stranger);
        assertEq(manager.authorisationOf(borrower, facility, stranger).actions, 0);
    }

    function test_an_authorisation_that_makes_no_sense_is_refused() public {
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidAuthorisation.selector, 32, operator));
        manager.setAuthorisation(facility, operator, Authorisation(32, 0, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidAuthorisation.selector, 1, borrower));
        manager.setAuthorisation(facility, borrower, Authorisation(1, 0, 0, 0));
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.InvalidAuthorisation.selector, 1, address(0)));
        manager.setAuthorisation(facility, address(0), Authorisation(1, 0, 0, 0));
        vm.stopPrank();
    }

    function _authorise(uint8 actions, uint104 cashLimit, uint104 collateralLimit) private {
        vm.prank(borrower);
        manager.setAuthorisation(
            facility,
            operator,
            Authorisation(actions, type(uint40).max, cashLimit, collateralLimit)
        );
    }

    function _do(uint8 action) private {
        if (action == Actions.DRAW) manager.draw(_loan, 1, operator);
        if (action == Actions.WITHDRAW) manager.withdraw(_loan, 1, operator);
        if (action == Actions.CLOSE) manager.close(_loan, operator, "");
        if (action == Actions.TRANSFER) manager.transferLoan(_loan, operator);
    }
}
