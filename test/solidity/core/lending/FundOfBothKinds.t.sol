// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {BothKindsMarket} from "../../helpers/BothKindsMarket.sol";

/// @notice A fund over facilities of both kinds.
contract FundOfBothKindsTest is BothKindsMarket {
    function setUp() public override {
        super.setUp();
        vm.prank(lender);
        fund.deposit(6_000_000 * USD, lender);
    }

    function test_one_share_holds_revolving_and_term_loans_and_is_paid_out_of_both() public {
        _cap(senior, 4_000_000);
        _cap(termSenior, 2_000_000);
        assertEq(fund.allocate(), 6_000_000 * USD);
        _openMillion();
        vm.warp(block.timestamp + 30 days);
        assertGt(fund.totalAssets(), 6_000_000 * USD, "the term loan's interest");
        assertEq(fund.available(), fund.totalAssets());
        vm.startPrank(lender);
        fund.withdraw(fund.maxWithdraw(lender), lender, lender);
        assertLe(fund.totalAssets(), 2);
        vm.stopPrank();
    }

    function test_it_says_whose_tranches_it_may_hold() public view {
        assertTrue(fund.isManager(address(manager)));
        assertTrue(fund.isManager(address(termManager)));
        assertFalse(fund.isManager(address(this)));
    }

    function test_a_tranche_of_another_manager_is_refused() public {
        address[] memory managers = new address[](1);
        managers[0] = address(termManager);
        fund = _newFund(managers);
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotATranche.selector, senior));
        fund.setCap(senior, USD);
        fund.setCap(termSenior, USD);
        vm.stopPrank();
    }

    /// @dev Their shares may not leave in the block, the fund's may: with junior shares in a fund, a borrower who enters it in the
    /// second of its payment would take back late charges. Nor would a pool's cash be there once for each of its tranches.
    function test_POOL_3_first_loss_tranches_are_refused() public {
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotSenior.selector, termJunior, TrancheClass.Junior));
        fund.setCap(termJunior, USD);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotSenior.selector, termCover, TrancheClass.Cover));
        fund.setCap(termCover, USD);
        vm.stopPrank();
    }

    function test_available_is_what_can_be_had_of_two_pools_that_are_nearly_lent_out() public {
        _cap(senior, 4_000_000);
        _cap(termSenior, 2_000_000);
        fund.allocate();
        _open(500 * BTC, pool.cash() - 30_000 * USD);
        _openTerm(0, MONTHLY, 1000 * BTC, termPool.cash() - 20_000 * USD);
        assertEq(fund.available(), 50_000 * USD);
        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotEnoughCash.selector, 50_000 * USD + 1, 50_000 * USD));
        fund.withdraw(50_000 * USD + 1, lender, lender);
        fund.withdraw(50_000 * USD, lender, lender);
        vm.stopPrank();
        assertEq(fund.maxWithdraw(lender) + fund.maxRedeem(lender), 0);
    }
}
