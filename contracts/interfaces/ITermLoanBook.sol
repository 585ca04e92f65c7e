// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Loan} from "./LoanTypes.sol";
import {LateSlots, TermBalance, TermSheet, TermSlot, TermTerms} from "./TermLoanTypes.sol";

/// @title What a term loan owes, and what an action makes of it.
/// @notice A calculator without state or power: a pool describes a loan as it stores it, asks, and stores the answer. Anyone may
/// ask what a payment would do. "Counted" is what the pool has a loan for among its assets, as units × WAD × seconds of a year,
/// at this second; "slope" is what that grows by a second.
interface ITermLoanBook {
    /// @notice A loan as stored: the manager's slot, the pool's, its sheet, and what lateness left.
    struct Position {
        Loan loan;
        TermSlot slot;
        TermSheet sheet;
        LateSlots[] late; // one of a loan with flags, else none
    }

    /// @notice The loan afterwards; `loan.debtShares` is 0 where it ended.
    struct Outcome {
        Loan loan;
        TermSlot slot;
        LateSlots[] late;
        uint256 paid;
        uint256 counted;
        uint256 slope;
        uint256 countedBefore;
        uint256 slopeBefore;
    }

    error InvalidTermSheet(string field, uint256 value, uint256 least, uint256 most);
    error NoDebt();
    /// @notice The amount is too small to pay one unit of principal ahead of its date, with its interest and fee.
    error PaymentTooSmall(uint256 assets);
    /// @notice An instalment has been unpaid for longer than the grace, since `defaultsAfter`: pay what is due first.
    error LoanInDefault(uint256 defaultsAfter);
    /// @notice The loan is not in default before the second after `defaultsAfter`.
    error NotInDefault(uint256 defaultsAfter);
    error AlreadyMarked();

    /// @notice Reverts unless a sheet is one a pool may lend at, naming the field.
    function requireValidSheet(TermSheet calldata terms) external pure;

    /// @notice The equal payment of a new loan, rounded up.
    function instalmentUp(TermSheet calldata sheet, uint256 rate, uint256 principal) external pure returns (uint256);

    /// @notice A payment of at most `assets`: late charges, interest, principal in arrears, then credit up to the next instalment,
    /// then prepayment. As much as ends the loan ends it. Who owes nothing overdue is cured.
    function repay(Position calldata position, uint256 assets) external view returns (Outcome memory);

    /// @notice The end of a loan: `paid` is what that costs, money paid ahead deducted.
    function payOff(Position calldata position) external view returns (Outcome memory);

    /// @notice A sale of collateral that closes `debtClosed` of the debt.
    function sell(Position calldata position, uint256 debtClosed) external view returns (Outcome memory);

    /// @notice A mark of default, and the second of the default.
    function markDefault(Position calldata position) external view returns (Outcome memory, uint256 defaultedAt);

    /// @notice The end of a loan in good standing whose debt, `paid`, begins anew: no cash moves.
    function rollOver(Position calldata position) external view returns (Outcome memory);

    // ---- of a loan in its pool; locked while its facility is, but to its manager ----

    /// @notice Debt at this second: late charges, interest and principal, less money paid ahead; no fee for prepayment.
    function debtOf(address pool, uint256 id, Loan calldata loan) external view returns (uint256);
    /// @notice What ends the loan at this second: the debt, and the fee for prepayment where one is due.
    function payOffOf(address pool, uint256 id, Loan calldata loan) external view returns (uint256);
    /// @notice The debt, money paid ahead not deducted, as interest goes on beside it: what collateral must go on covering.
    /// Refuses where the loan is in default, marked or not.
    function debtInGoodStanding(address pool, uint256 id, Loan calldata loan) external view returns (uint256);
    /// @notice What of it the pool counts, in units.
    function countedDebtOf(address pool, uint256 id, Loan calldata loan) external view returns (uint256);
    /// @notice The loan's balance at this second, and its terms.
    function balanceOf(
        address pool,
        uint256 id,
        Loan calldata loan
    ) external view returns (TermBalance memory, TermTerms memory);
}
