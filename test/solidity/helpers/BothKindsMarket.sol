// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFundVault} from "../../../contracts/interfaces/IFundVault.sol";
import {ITranche} from "../../../contracts/interfaces/ITranche.sol";
import {TermMarket} from "./TermMarket.sol";

/// @notice A revolving facility, a term facility, which another loan manager keeps, and a fund that may hold tranches of both.
abstract contract BothKindsMarket is TermMarket {
    uint64 private constant CURATOR = 11;

    address internal curator = makeAddr("curator");
    IFundVault internal fund;

    function setUp() public virtual override {
        super.setUp();
        address[] memory managers = new address[](2);
        (managers[0], managers[1]) = (address(manager), address(termManager));
        fund = _newFund(managers);
        access.grantRole(CURATOR, curator, 0);
        vm.prank(lender);
        usd.approve(address(fund), type(uint256).max);
    }

    function _newFund(address[] memory managers) internal returns (IFundVault created) {
        created = IFundVault(
            deployCode(
                "contracts/lending/FundVault.sol:FundVault",
                abi.encode(usd, managers, address(0), access, "Ballast Fund", "bFUND")
            )
        );
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IFundVault.setCap.selector;
        access.setTargetFunctionRole(address(created), selectors, CURATOR);
    }

    function _cap(ITranche tranche, uint256 dollars) internal {
        vm.prank(curator);
        fund.setCap(tranche, dollars * USD);
    }
}
