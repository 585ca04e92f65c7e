// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {FundMarket} from "../../helpers/FundMarket.sol";

/// @notice What a fund says of its actions (EVENT-1), and what leaving in kind brings to the unit.
contract FundEventsTest is FundMarket {
    function _deposit(uint256 assets) private returns (uint256) {
        vm.prank(lender);
        return fund.deposit(assets, lender);
    }

    function test_EVENT_1_caps() public {
        vm.prank(curator);
        vm.expectEmit(address(fund));
        emit IFundVault.CapSet(address(first.senior), 7_000_000 * USD);
        fund.setCap(first.senior, 7_000_000 * USD);
        vm.prank(guardian);
        vm.expectEmit(address(fund));
        emit IFundVault.CapSet(address(first.senior), 5_000_000 * USD);
        fund.lowerCap(first.senior, 5_000_000 * USD);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.CapNotLower.selector, 5_000_000 * USD, 5_000_000 * USD + 1));
        fund.lowerCap(first.senior, 5_000_000 * USD + 1);
    }

    function test_EVENT_1_what_comes_and_goes() public {
        _deposit(1_000_000 * USD);
        uint256 shares = first.senior.previewDeposit(1_000_000 * USD);
        vm.expectEmit(address(fund));
        emit IFundVault.Allocated(address(first.senior), 1_000_000 * USD, shares);
        fund.allocate();
        vm.prank(guardian);
        fund.lowerCap(first.senior, 400_000 * USD);
        shares = first.senior.previewWithdraw(600_000 * USD);
        vm.expectEmit(address(fund));
        emit IFundVault.Recalled(address(first.senior), 600_000 * USD, shares);
        fund.recall(first.senior);
    }

    /// @dev A third of everything, rounded down; of the tranche of which there is nothing nothing is sent.
    function test_EVENT_1_in_kind_to_the_unit() public {
        _deposit(1_000_000 * USD);
        fund.allocate();
        _deposit(500_000 * USD + 1);
        uint256 part = fund.balanceOf(lender) / 3;
        uint256 supply = fund.totalSupply() + 1e6;
        uint256 cash = (fund.idle() * part) / supply;
        uint256 inKind = (fund.heldOf(first.senior) * part) / supply;
        vm.prank(lender);
        fund.approve(operator, part);
        vm.expectCall(address(second.senior), abi.encodeWithSelector(IERC20.transfer.selector), 0);
        vm.expectEmit(address(fund));
        emit IFundVault.RedeemedInKind(operator, stranger, lender, part, cash);
        vm.prank(operator);
        assertEq(fund.redeemInKind(part, stranger, lender), cash);
        assertEq(usd.balanceOf(stranger), cash);
        assertEq(first.senior.balanceOf(stranger), inKind);
        assertGt(inKind, 0);
    }

    function test_the_tranche_that_is_forgotten_is_the_one_that_is_empty() public {
        vm.prank(curator);
        fund.setCap(second.senior, 0);
        fund.recall(second.senior);
        assertEq(fund.tranches().length, 1);
        assertEq(address(fund.tranches()[0]), address(first.senior));
    }

    function test_who_leaves_with_nothing_is_told_so() public {
        _deposit(1000 * USD);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NothingReceived.selector, 0, 1));
        fund.redeem(1, lender, lender);
    }

    function test_a_unit_in_kind_is_paid() public {
        _deposit(1000 * USD);
        uint256 share = (fund.totalSupply() + 1e6) / fund.idle() + 1;
        vm.prank(lender);
        assertEq(fund.redeemInKind(share, stranger, lender), 1);
        assertEq(usd.balanceOf(stranger), 1);
    }

    function test_a_share_of_a_tranche_in_kind_is_sent() public {
        _deposit(1000 * USD);
        fund.allocate();
        uint256 share = (fund.totalSupply() + 1e6) / fund.heldOf(first.senior) + 1;
        vm.prank(lender);
        fund.redeemInKind(share, stranger, lender);
        assertEq(first.senior.balanceOf(stranger), share - 1);
    }
}
