// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who may be liquidated, how much, at what price.
/// @notice A judge without state or power: the LoanManager describes a loan, asks, and carries out the answer. Quotes come from
/// the same call.
interface ILiquidationEngine {
    /// @notice A loan as of this second, and its facility's terms. Debt in loan units, collateral in collateral units.
    struct Position {
        uint256 collateral;
        uint256 debt;
        uint256 defaultMarkedAt; // 0 = not marked
        address oracle;
        uint256 minDebt;
        uint256 lltvBps;
        uint256 targetLtvBps;
        uint256 incentiveMinBps;
        uint256 incentiveMaxBps;
        uint256 healthForMaxBps;
        uint256 rampSeconds;
    }

    /// @notice A liquidation, as it would be executed now.
    struct Quote {
        uint256 value; // of all collateral, loan units, rounded down
        uint256 health; // WAD, rounded down
        uint256 incentive; // WAD
        uint256 allowance; // most that may be repaid
        uint256 repaid;
        uint256 seized;
        uint256 debtClosed; // debtClosed − repaid is the loss
    }

    /// @notice The loan is healthy and not marked as defaulted.
    error NotLiquidatable(uint256 debt, uint256 maxDebt);
    /// @notice Nothing is left of the request: it would leave a debt below the facility's minDebt.
    error BelowMinimum(uint256 requested, uint256 allowance, uint256 minDebt);

    /// @notice The liquidation of that position by one who repays at most `maxRepaid`: the smaller of it and the allowance, so
    /// that a liquidation someone else was ahead of takes less instead of reverting. Reverts where nothing may be liquidated,
    /// or the position's oracle refuses.
    function judge(Position calldata position, uint256 maxRepaid) external view returns (Quote memory);
}
