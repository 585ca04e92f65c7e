// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICapitalReport} from "../interfaces/ICapitalReport.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {Roles} from "./Roles.sol";

/// @title Which role may call which function, for deployment, its check, and whoever signs for the Safe.
/// @notice Pure; it grants nothing. The AccessManager's own settings decide, and the deployment's check compares the two.
/// Warning: a facility added later needs the pool's lines set for its pool. Until then only the admin may call them.
contract RoleTable {
    /// @notice Functions of the LoanManager that `role` may call; empty where it may call none.
    function managerSelectors(uint64 role) external pure returns (bytes4[] memory selectors) {
        if (role == Roles.GUARDIAN) {
            selectors = new bytes4[](3);
            selectors[0] = IFacilities.stopNewLoans.selector;
            selectors[1] = IFacilities.lowerCaps.selector;
            selectors[2] = IFacilities.lowerMaxLtv.selector;
        } else if (role == Roles.RISK_MANAGER) {
            selectors = new bytes4[](6);
            selectors[0] = IFacilities.createFacility.selector;
            selectors[1] = IFacilities.resumeNewLoans.selector;
            selectors[2] = IFacilities.setCaps.selector;
            selectors[3] = IFacilities.setMaxLtv.selector;
            selectors[4] = IFacilities.setGate.selector;
            selectors[5] = IFacilities.setOracle.selector;
        }
    }

    /// @notice Functions of a LendingPool that `role` may call; empty where it may call none.
    function poolSelectors(uint64 role) external pure returns (bytes4[] memory selectors) {
        if (role == Roles.RISK_MANAGER) {
            selectors = new bytes4[](1);
            selectors[0] = IPoolLedger.setReserveFee.selector;
        } else if (role == Roles.FEE_COLLECTOR) {
            selectors = new bytes4[](1);
            selectors[0] = IPoolLedger.collectReserve.selector;
        }
    }

    /// @notice Functions of a TermLendingPool, beside those of any pool, that `role` may call; empty where it may call none.
    function sheetSelectors(uint64 role) external pure returns (bytes4[] memory selectors) {
        if (role != Roles.RISK_MANAGER && role != Roles.GUARDIAN) return selectors;
        selectors = new bytes4[](1);
        selectors[0] =
            role == Roles.GUARDIAN ? ITermLendingPool.retireTermSheet.selector : ITermLendingPool.addTermSheet.selector;
    }

    /// @notice Functions of Capital that `role` may call; empty where it may call none.
    function capitalSelectors(uint64 role) external pure returns (bytes4[] memory selectors) {
        if (role != Roles.RISK_MANAGER) return selectors;
        selectors = new bytes4[](3);
        selectors[0] = ICapitalReport.setRiskWeights.selector;
        selectors[1] = ICapitalReport.assign.selector;
        selectors[2] = ICapitalReport.setHaircut.selector;
    }
}
