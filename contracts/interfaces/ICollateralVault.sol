// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Custody of one wrapped BTC, nothing else.
/// @notice Only the LoanManager moves it, to a receiver named by a loan's owner or live operator, or to a liquidator. There is
/// no owner, no pause, no sweep. Tokens that take a fee on transfer are refused; tokens that rebase are not supported.
interface ICollateralVault {
    /// @notice The caller is not the LoanManager.
    error OnlyManager(address caller, address manager);
    /// @notice Collateral cannot be sent there.
    error InvalidReceiver(address receiver);

    function asset() external view returns (address);
    function manager() external view returns (address);

    /// @notice Takes `amount` (collateral units) from `from`, who has approved this vault.
    function deposit(address from, uint256 amount) external;

    /// @notice Sends `amount` (collateral units) to `to`.
    function withdraw(address to, uint256 amount) external;
}
