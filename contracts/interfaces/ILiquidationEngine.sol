// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who may be liquidated, how much, at what price. Anyone may do it.
interface ILiquidationEngine {
    /// @notice A liquidation, as it would be executed now. Amounts: debt in loan units, collateral in collateral units.
    struct Quote {
        uint256 debt;
        uint256 value; // of all collateral, loan units, rounded down
        uint256 health; // WAD, rounded down
        uint256 incentive; // WAD
        uint256 allowance; // most that may be repaid
        uint256 repaid;
        uint256 seized;
        uint256 debtClosed; // debtClosed − repaid is the loss
    }

    /// @notice The loan is healthy and not marked as defaulted.
    error NotLiquidatable(uint256 id, uint256 debt, uint256 maxDebt);
    /// @notice Nothing is left of the request: it would leave a debt below the facility's minDebt.
    error BelowMinimum(uint256 requested, uint256 allowance, uint256 minDebt);
    /// @notice Fewer collateral units a unit repaid than the liquidator asked for (both scaled 1e36).
    error PriceTooLow(uint256 collateralPerUnitE36, uint256 minCollateralPerUnitE36);

    function manager() external view returns (address);

    /// @notice Repays part of an unhealthy loan and takes collateral for it. What is repaid is pulled from the caller, who has
    /// approved the pool, after the collateral was sent and after ILoanCallbacks.onLiquidate when `data` is not empty.
    /// @param maxRepaid most the caller will repay; the engine takes the smaller of it and the allowance, so that a liquidation
    /// someone else was ahead of takes less instead of reverting.
    /// @param minCollateralPerUnitE36 least collateral units a loan unit repaid, scaled 1e36.
    function liquidate(
        uint256 id,
        uint256 maxRepaid,
        uint256 minCollateralPerUnitE36,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized);

    /// @notice What liquidate would do now, by the same function. Reverts as it would.
    function quote(uint256 id, uint256 maxRepaid) external view returns (Quote memory);
}
