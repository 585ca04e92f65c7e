// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What serves loans of either kind. Which manager keeps a loan is in the facility's number, and that in the loan's id.
interface IBothManagers {
    /// @notice Of revolving loans: facilities from 1.
    function loanManager() external view returns (address);
    /// @notice Of term loans: facilities from 1,000,001.
    function termLoanManager() external view returns (address);
}
