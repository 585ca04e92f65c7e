// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice Strangers who spend a little to stop somebody else's exit.
contract GriefingTest is Market {
    function test_a_stranger_who_tops_up_by_a_unit_does_not_stop_an_operator_without_a_limit() public {
        uint256 id = _open(BTC, 20_000 * USD);
        _fund(operator);
        _fund(stranger);
        vm.prank(borrower);
        manager.setAuthorisation(
            facility,
            operator,
            Authorisation(Actions.CLOSE, type(uint40).max, 0, type(uint104).max)
        );
        vm.prank(stranger);
        manager.topUp(id, 1, "");
        vm.prank(operator);
        manager.close(id, borrower, "");
        assertEq(manager.ownerOf(id), address(0));
        assertEq(manager.authorisationOf(borrower, facility, operator).collateralLimit, type(uint104).max);
    }

    /// @dev What the documentation must not advise: a limit of exactly the loan's collateral.
    function test_a_stranger_who_tops_up_by_a_unit_does_stop_an_operator_whose_limit_is_just_the_collateral() public {
        uint256 id = _open(BTC, 20_000 * USD);
        _fund(operator);
        _fund(stranger);
        vm.prank(borrower);
        manager.setAuthorisation(facility, operator, Authorisation(Actions.CLOSE, type(uint40).max, 0, uint104(BTC)));
        vm.prank(stranger);
        manager.topUp(id, 1, "");
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.CollateralLimitExceeded.selector, BTC + 1, BTC));
        manager.close(id, borrower, "");
        // The owner's own exit knows no limit.
        vm.prank(borrower);
        manager.close(id, borrower, "");
    }

    function test_a_stranger_who_pays_or_tops_up_by_a_unit_does_not_stop_the_owner() public {
        uint256 id = _open(BTC, 20_000 * USD);
        _fund(stranger);
        vm.startPrank(stranger);
        manager.topUp(id, 1, "");
        manager.repay(id, 1, "");
        vm.stopPrank();
        uint256 before = btc.balanceOf(borrower);
        vm.startPrank(borrower);
        manager.repay(id, 20_000 * USD, "");
        manager.withdraw(id, type(uint256).max, borrower);
        vm.stopPrank();
        assertEq(btc.balanceOf(borrower) - before, BTC + 1);
        assertEq(manager.ownerOf(id), address(0));
    }
}
