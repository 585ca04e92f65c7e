// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice A fund over facilities of both kinds, which two loan managers keep.
contract FundOfBothKindsTest is TermMarket {
    uint64 private constant CURATOR = 11;
    address private curator = makeAddr("curator");
    IFundVault private fund;

    function setUp() public override {
        super.setUp();
        address[] memory managers = new address[](2);
        (managers[0], managers[1]) = (address(manager), address(termManager));
        fund = IFundVault(
            deployCode(
                "contracts/lending/FundVault.sol:FundVault",
                abi.encode(usd, managers, address(0), access, "Ballast Fund", "bFUND")
            )
        );
        access.grantRole(CURATOR, curator, 0);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IFundVault.setCap.selector;
        access.setTargetFunctionRole(address(fund), selectors, CURATOR);
        vm.startPrank(lender);
        usd.approve(address(fund), type(uint256).max);
        fund.deposit(6_000_000 * USD, lender);
        vm.stopPrank();
    }

    function _cap(ITranche tranche, uint256 dollars) private {
        vm.prank(curator);
        fund.setCap(tranche, dollars * USD);
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
        fund = IFundVault(
            deployCode(
                "contracts/lending/FundVault.sol:FundVault",
                abi.encode(usd, managers, address(0), access, "Ballast Fund", "bFUND")
            )
        );
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotATranche.selector, senior));
        fund.setCap(senior, USD);
        fund.setCap(termSenior, USD);
    }
}
