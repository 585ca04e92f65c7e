// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The roles of the AccessManager that governs Ballast.
/// @notice What each may call is in RoleTable. Whatever no role may call is the admin's, and the admin of every role is the
/// AccessManager's own admin (id 0): a Safe, which acts after its delay. No role can grant, revoke or administer any.
library Roles {
    /// @notice Sets terms, after a delay in which everybody can see what is coming and the guardian can cancel it.
    uint64 internal constant RISK_MANAGER = 1;
    /// @notice Stops and lowers, at once; cancels what the risk manager has scheduled. It can raise nothing.
    uint64 internal constant GUARDIAN = 2;
    /// @notice Takes what a pool's reserve holds, to an address it names.
    uint64 internal constant FEE_COLLECTOR = 3;
}
