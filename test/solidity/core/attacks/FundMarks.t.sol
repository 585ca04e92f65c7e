// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FundMarket} from "../../helpers/FundMarket.sol";

/// @notice Those who come and go by a fund, around a loss that is expected and not realised.
contract FundMarksTest is FundMarket {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        _approveFund(stranger);
    }

    /// @dev A loan of half the value of its collateral, which then falls to a fifth: seven tenths of the debt are uncovered.
    function _markSecond(uint256 principal) private {
        _loan = _borrowFrom(second, principal);
        second.oracle.setPrice(_price(15_000));
        manager.mark(_loan);
    }

    /// @dev The price came back and nobody has said so yet.
    function test_POOL_3_nobody_profits_from_a_mark_that_is_about_to_be_taken_back() public {
        vm.prank(lender);
        fund.deposit(3_000_000 * USD, lender);
        fund.allocate();
        _markSecond(2_000_000 * USD);
        uint256 marked = fund.totalAssets();
        assertLt(marked, 2_600_000 * USD);
        second.oracle.setPrice(_price(50_000));

        usd.mint(stranger, 10_000_000 * USD);
        vm.startPrank(stranger);
        uint256 shares = fund.deposit(10_000_000 * USD, stranger);
        manager.mark(_loan);
        fund.redeem(shares, stranger, stranger);
        vm.stopPrank();
        assertLe(usd.balanceOf(stranger), 10_000_000 * USD, "in and out at one second");
        assertGe(fund.convertToAssets(fund.balanceOf(lender)) + 2, 3_000_000 * USD, "out of the holders' part");
    }

    function test_while_a_loss_is_expected_one_enters_at_a_price_without_it_and_leaves_at_one_with_it() public {
        vm.prank(lender);
        fund.deposit(3_000_000 * USD, lender);
        fund.allocate();
        uint256 before = fund.previewDeposit(1_000_000 * USD);
        _markSecond(2_000_000 * USD);
        assertApproxEqRel(fund.previewDeposit(1_000_000 * USD), before, 1e6, "as without the mark");
        assertLt(fund.previewRedeem(before), 900_000 * USD);
        usd.mint(stranger, 1_000_000 * USD);
        uint256 most = fund.maxMint(stranger);
        assertLe(fund.previewMint(most), fund.maxDeposit(stranger));
        vm.prank(stranger);
        assertApproxEqRel(fund.deposit(1_000_000 * USD, stranger), before, 1e6);
    }

    /// @dev Money lent at par pays for a loss that was known before it came; whoever is in already would be glad of it.
    function test_POOL_3_nobody_can_have_the_fund_share_a_loss_that_others_expect() public {
        usd.mint(stranger, 4_000_000 * USD);
        vm.startPrank(stranger);
        usd.approve(address(second.senior), type(uint256).max);
        uint256 shares = second.senior.deposit(4_000_000 * USD, stranger);
        vm.stopPrank();
        vm.prank(lender);
        fund.deposit(3_000_000 * USD, lender);
        _markSecond(2_000_000 * USD);

        uint256 worth = second.senior.convertToAssets(shares);
        vm.prank(stranger);
        assertEq(fund.allocate(), 0);
        assertEq(second.senior.convertToAssets(shares), worth);
        assertEq(fund.totalAssets(), 3_000_000 * USD);

        second.oracle.setPrice(_price(50_000));
        manager.mark(_loan);
        assertEq(fund.allocate(), 3_000_000 * USD, "the mark is gone");
    }
}
