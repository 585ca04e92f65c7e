// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {RoleTable} from "../../../contracts/governance/RoleTable.sol";
import {ICapitalReport} from "../../../contracts/interfaces/ICapitalReport.sol";
import {IFacilities} from "../../../contracts/interfaces/IFacilities.sol";
import {IPoolLedger} from "../../../contracts/interfaces/IPoolLedger.sol";
import {ITermLendingPool} from "../../../contracts/interfaces/ITermLendingPool.sol";

/// @notice What each role may call, function by function; that the deployment sets just this is in test/ts/contracts.
contract RoleTableTest is Test {
    uint64 private constant RISK_MANAGER = 1;
    uint64 private constant GUARDIAN = 2;
    uint64 private constant FEE_COLLECTOR = 3;

    RoleTable private _table;

    function setUp() public {
        _table = RoleTable(deployCode("contracts/governance/RoleTable.sol:RoleTable"));
    }

    function _are(bytes4[] memory found, bytes memory expected) private pure {
        bytes memory all;
        for (uint256 i; i < found.length; ++i) all = bytes.concat(all, found[i]);
        assertEq(all, expected);
    }

    function test_fault_C34_the_risk_manager_sets_terms() public view {
        _are(
            _table.managerSelectors(RISK_MANAGER),
            bytes.concat(
                IFacilities.createFacility.selector,
                IFacilities.resumeNewLoans.selector,
                IFacilities.setCaps.selector,
                IFacilities.setMaxLtv.selector,
                IFacilities.setGate.selector,
                IFacilities.setOracle.selector
            )
        );
        _are(_table.poolSelectors(RISK_MANAGER), bytes.concat(IPoolLedger.setReserveFee.selector));
        _are(_table.sheetSelectors(RISK_MANAGER), bytes.concat(ITermLendingPool.addTermSheet.selector));
        _are(
            _table.capitalSelectors(RISK_MANAGER),
            bytes.concat(
                ICapitalReport.setRiskWeights.selector,
                ICapitalReport.assign.selector,
                ICapitalReport.setHaircut.selector
            )
        );
    }

    function test_fault_C34_the_guardian_stops_and_lowers() public view {
        _are(
            _table.managerSelectors(GUARDIAN),
            bytes.concat(
                IFacilities.stopNewLoans.selector,
                IFacilities.lowerCaps.selector,
                IFacilities.lowerMaxLtv.selector
            )
        );
        _are(_table.poolSelectors(GUARDIAN), "");
        _are(_table.sheetSelectors(GUARDIAN), bytes.concat(ITermLendingPool.retireTermSheet.selector));
        _are(_table.capitalSelectors(GUARDIAN), "");
    }

    function test_fault_C34_the_collector_collects_and_nobody_else_does_anything() public view {
        _are(_table.managerSelectors(FEE_COLLECTOR), "");
        _are(_table.poolSelectors(FEE_COLLECTOR), bytes.concat(IPoolLedger.collectReserve.selector));
        _are(_table.sheetSelectors(FEE_COLLECTOR), "");
        _are(_table.capitalSelectors(FEE_COLLECTOR), "");
        for (uint64 role; role < 10; role += 4) {
            _are(_table.managerSelectors(role), "");
            _are(_table.poolSelectors(role), "");
            _are(_table.sheetSelectors(role), "");
            _are(_table.capitalSelectors(role), "");
        }
    }
}
