// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The actions that take on new risk. Exits are never asked about.
enum NewRisk {
    Open,
    Draw,
    AcceptLoan,
    Lend
}

/// @title A gate that says who may take new risk. It supports a lender's compliance; it does not claim it.
/// @notice A gate that reverts, runs out of its gas or answers garbage means "no" for new risk and nothing for exits.
interface ICompliance {
    /// @param account who takes the risk: the loan's owner, or the receiver of a lender's shares.
    /// @return reason 0 to allow; anything else is the gate's own code for its refusal. Never reverts.
    function check(address account, NewRisk action) external view returns (uint256 reason);
}
