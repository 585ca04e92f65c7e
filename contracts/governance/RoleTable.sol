// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {ILoanManager} from "../interfaces/ILoanManager.sol";
import {Roles} from "./Roles.sol";

/// @title Which role may call which function, for deployment, its check, and whoever signs for the Safe.
/// @notice Pure; it grants nothing. The AccessManager's own settings decide, and the deployment's check compares the two.
/// Warning: a facility added later needs the pool's lines set for its pool. Until then only the admin may call them.
contract RoleTable {
    /// @notice Functions of the LoanManager that `role` may call; empty where it may call none.
    function managerSelectors(uint64 role) external pure returns (bytes4[] memory selectors) {
        if (role == Roles.GUARDIAN) {
            selectors = new bytes4[](3);
            selectors[0] = ILoanManager.stopNewLoans.selector;
            selectors[1] = ILoanManager.lowerCaps.selector;
            selectors[2] = ILoanManager.lowerMaxLtv.selector;
        } else if (role == Roles.RISK_MANAGER) {
            selectors = new bytes4[](6);
            selectors[0] = ILoanManager.createFacility.selector;
            selectors[1] = ILoanManager.resumeNewLoans.selector;
            selectors[2] = ILoanManager.setCaps.selector;
            selectors[3] = ILoanManager.setMaxLtv.selector;
            selectors[4] = ILoanManager.setGate.selector;
            selectors[5] = ILoanManager.setOracle.selector;
        }
    }

    /// @notice Functions of a LendingPool that `role` may call; empty where it may call none.
    function poolSelectors(uint64 role) external pure returns (bytes4[] memory selectors) {
        if (role == Roles.RISK_MANAGER) {
            selectors = new bytes4[](1);
            selectors[0] = ILendingPool.setReserveFee.selector;
        } else if (role == Roles.FEE_COLLECTOR) {
            selectors = new bytes4[](1);
            selectors[0] = ILendingPool.collectReserve.selector;
        }
    }
}
