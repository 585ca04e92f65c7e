// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger} from "./IPoolLedger.sol";
import {ITermLoanBook} from "./ITermLoanBook.sol";
import {Loan} from "./LoanTypes.sol";
import {TermSheet} from "./TermLoanTypes.sol";

/// @title The pool of a term facility: what each of its loans owes by its dates, and their sum without a loop.
/// @notice The pool counts a loan's principal, less money paid ahead, and its interest by the second. Late charges, fees for
/// prepayment and interest that accrued beside money paid ahead are income when the loan is next touched, and go to those lenders who
/// cannot leave in the block. A loan marked as in default counts with the interest it owed when it defaulted.
///
/// The manager keeps a loan's own slot and passes it; what comes back is the slot as it is afterwards.
interface ITermLendingPool is IPoolLedger {
    event TermSheetAdded(uint8 indexed sheet, TermSheet terms);
    event TermSheetRetired(uint8 indexed sheet);

    /// @notice No such sheet, or it was retired.
    error NoSuchTermSheet(uint8 sheet);
    error TooManyTermSheets();
    /// @notice The rate offered now is more than the borrower accepts, or than a loan can keep (WAD, a year's).
    error RateTooHigh(uint256 annualRate, uint256 maxAnnualRate);

    // ---- the loan manager only ----

    /// @notice Books a new loan at the rate offered now.
    /// @return annualRate WAD, fixed for the loan's life.
    /// @return instalment the equal payment.
    /// @return debt of all loans.
    function borrow(
        uint256 id,
        uint8 sheet,
        uint256 principal,
        uint256 maxAnnualRate
    ) external returns (uint256 annualRate, uint256 instalment, uint256 debt);

    /// @notice Books a payment of at most `assets` (ITermLoanBook.repay).
    /// @return next slot of the loan.
    /// @return paid of the assets.
    function repay(uint256 id, Loan calldata loan, uint256 assets) external returns (Loan memory next, uint256 paid);

    /// @notice Books the end of a loan.
    /// @return paid what it owed.
    function payOff(uint256 id, Loan calldata loan) external returns (uint256 paid);

    /// @notice Books a sale of collateral: `debtClosed` ends, `repaid` came in, what the pool counted beyond it is a loss.
    /// @return next slot of the loan.
    function settleSale(
        uint256 id,
        Loan calldata loan,
        uint256 debtClosed,
        uint256 repaid
    ) external returns (Loan memory next);

    /// @notice Marks a loan as in default, from the second after the grace of an unpaid instalment: interest counted since that
    /// second is taken back, and none is counted until it is cured.
    function markDefault(uint256 id, Loan calldata loan) external returns (Loan memory next, uint256 defaultedAt);

    /// @notice Turns all that a loan owes into the principal of new terms, from now. No cash moves. The capital ratio is asked
    /// where that is more than the debt was, by a fee for prepayment.
    /// @param debtBefore of the loan.
    /// @return next slot of the loan.
    /// @return annualRate as borrow.
    /// @return instalment as borrow.
    /// @return debt of all loans.
    function rollOver(
        uint256 id,
        Loan calldata loan,
        uint8 sheet,
        uint256 maxAnnualRate,
        uint256 debtBefore
    ) external returns (Loan memory next, uint256 annualRate, uint256 instalment, uint256 debt);

    // ---- anyone; `loan` is ILoans.loanOf(id) ----

    /// @notice The calculator of what its loans owe.
    function book() external view returns (address);
    /// @notice The loan as stored, to ask the book about. May be half done while the facility is locked: ask the book by the pool.
    function positionOf(uint256 id, Loan calldata loan) external view returns (ITermLoanBook.Position memory);
    /// @notice Second of the default mark; 0 for none.
    function defaultMarkedAt(uint256 id) external view returns (uint256);
    /// @notice The rate a loan of that size would get now, WAD a year.
    function offeredRate(uint8 sheet, uint256 principal) external view returns (uint256 annualRate);
    function sheetCount() external view returns (uint256);
    function sheetOf(uint8 sheet) external view returns (TermSheet memory);
    /// @notice Sum of what all loans are counted with, as units × WAD × seconds of a year, and what it grows by a second.
    function receivables() external view returns (uint256 numerator, uint256 perSecond);

    // ---- roles ----

    /// @notice Risk manager, delayed. Sheets are numbered from 0 and never change.
    function addTermSheet(TermSheet calldata terms) external returns (uint8 sheet);
    /// @notice Guardian, at once: no new loan takes it.
    function retireTermSheet(uint8 sheet) external;
}
