// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger} from "./IPoolLedger.sol";

/// @title The pool of a revolving facility: all its borrowers owe one total, in shares, at one variable rate.
interface ILendingPool is IPoolLedger {
    /// @notice All borrowers' debt; one slot.
    struct DebtTotals {
        uint128 assets;
        uint128 shares;
    }

    /// @notice The loan owes nothing.
    error NoDebt();
    /// @notice Paying `requested` of `debt` would leave less than `minDebt`, and nothing smaller can be paid: pay all of it.
    error PaymentLeavesDust(uint256 requested, uint256 debt, uint256 minDebt);

    // ---- the loan manager only ----

    /// @notice Books `assets` as lent, for a loan that has `loanShares` already.
    /// @return shares added to the loan, rounded up.
    /// @return loanDebt what the loan owes afterwards, rounded up.
    /// @return totalDebt what all loans owe afterwards.
    function draw(
        uint256 loanShares,
        uint256 assets
    ) external returns (uint256 shares, uint256 loanDebt, uint256 totalDebt);

    /// @notice Books a payment of at most `maxAssets` by a loan with `loanShares`. A payment that would leave a debt below
    /// `minDebt` is cut to leave minDebt; one of at least the debt closes it.
    /// @return paid assets booked. @return shares burned, all where the debt is closed, else rounded down.
    function repay(
        uint256 loanShares,
        uint256 maxAssets,
        uint256 minDebt
    ) external returns (uint256 paid, uint256 shares);

    /// @notice Accrues and says what a loan with `loanShares` owes, rounded up.
    function accruedDebt(uint256 loanShares) external returns (uint256 debt);

    /// @notice Books the sale of collateral of a loan with `loanShares` that owes `debt` as of this second: `debtClosed` of it
    /// ends, `repaid` came in as cash, and the difference is a loss, borne in this call.
    /// @return shares burned, all where debtClosed is all the debt.
    function settleSale(
        uint256 loanShares,
        uint256 debt,
        uint256 debtClosed,
        uint256 repaid
    ) external returns (uint256 shares);

    // ---- anyone ----

    /// @notice Totals with interest up to this second.
    function debtTotals() external view returns (uint256 assets, uint256 shares);
    /// @notice What a loan with that many shares owes at this second, rounded up.
    function debtOf(uint256 loanShares) external view returns (uint256);
    /// @notice The slots as stored, without interest since the last accrual.
    function stored() external view returns (DebtTotals memory, CashState memory, Claims memory);
}
