// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a caller of the LoanManager implements to act between being paid and paying.
/// @notice Called on the caller (for a liquidation: on the liquidator) only when it passes non-empty `data`, by the LoanManager,
/// after all state is written and what the caller receives was sent, before what it owes is pulled from it. Every action and
/// view of the facility is locked meanwhile. Check that msg.sender is the LoanManager.
interface ILoanCallbacks {
    /// @param collateral what will be pulled by the vault, collateral units.
    function onOpen(uint256 id, uint256 collateral, bytes calldata data) external;

    /// @param assets what will be pulled by the pool, loan units.
    function onRepay(uint256 id, uint256 assets, bytes calldata data) external;

    /// @param collateral what will be pulled by the vault, collateral units.
    function onTopUp(uint256 id, uint256 collateral, bytes calldata data) external;

    /// @param assets what will be pulled by the pool, loan units.
    /// @param collateral what was sent to the receiver named, collateral units.
    function onClose(uint256 id, uint256 assets, uint256 collateral, bytes calldata data) external;

    /// @param repaid what will be pulled by the pool, loan units.
    /// @param seized what was sent to the liquidator, collateral units.
    function onLiquidate(uint256 id, uint256 repaid, uint256 seized, bytes calldata data) external;
}
