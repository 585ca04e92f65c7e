// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFundVault} from "../../../contracts/interfaces/IFundVault.sol";
import {ITranche} from "../../../contracts/interfaces/ITranche.sol";
import {Market} from "./Market.sol";

/// @notice Two facilities of one loan asset, and a fund that may hold 6 and 3 million of their senior tranches.
abstract contract FundMarket is Market {
    uint64 internal constant CURATOR = 11;
    uint64 internal constant FUND_GUARDIAN = 12;

    address internal curator = makeAddr("curator");
    IFundVault internal fund;
    Parts internal first;
    Parts internal second;

    function setUp() public virtual override {
        super.setUp();
        first = Parts(facility, btc, usd, oracle, vault, pool, senior, junior, cover, queue);
        Options memory o = _options();
        (o.collateral, o.loan) = (btc, usd);
        second = _createFacility(o);
        fund = _newFund(address(0));
        vm.startPrank(curator);
        fund.setCap(first.senior, 6_000_000 * USD);
        fund.setCap(second.senior, 3_000_000 * USD);
        vm.stopPrank();
        _approveFund(lender);
    }

    function _newFund(address gate) internal returns (IFundVault created) {
        address[] memory managers = new address[](1);
        managers[0] = address(manager);
        created = IFundVault(
            deployCode(
                "contracts/lending/FundVault.sol:FundVault",
                abi.encode(usd, managers, gate, access, "Ballast Fund", "bFUND")
            )
        );
        access.grantRole(CURATOR, curator, 0);
        access.grantRole(FUND_GUARDIAN, guardian, 0);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IFundVault.setCap.selector;
        access.setTargetFunctionRole(address(created), selectors, CURATOR);
        selectors[0] = IFundVault.lowerCap.selector;
        access.setTargetFunctionRole(address(created), selectors, FUND_GUARDIAN);
    }

    function _approveFund(address who) internal {
        vm.prank(who);
        usd.approve(address(fund), type(uint256).max);
    }

    function _borrowFrom(Parts memory p, uint256 principal) internal returns (uint256 id) {
        vm.startPrank(borrower);
        p.btc.approve(address(p.vault), type(uint256).max);
        p.usd.approve(address(p.pool), type(uint256).max);
        id = manager.open(p.id, 0, _mulDivUp(principal, 2 * BTC, 50_000 * USD), principal, borrower, "");
        vm.stopPrank();
    }

    /// @dev Of a loan of half the value of its collateral.
    function _drown(Parts memory p, uint256 id, uint256 usdPerBtc) internal {
        p.oracle.setPrice(_price(usdPerBtc));
        vm.startPrank(liquidator);
        usd.approve(address(p.pool), type(uint256).max);
        manager.liquidate(id, type(uint256).max, 0, "");
        vm.stopPrank();
    }

    function _held(ITranche tranche) internal view returns (uint256) {
        return tranche.convertToAssets(fund.heldOf(tranche));
    }
}
