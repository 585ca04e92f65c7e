// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "./ILoans.sol";

/// @title The one contract that opens, changes and closes term loans, in every term facility.
/// @notice Rate, dates and terms are fixed when a loan is opened. `repay` takes any sum at any time from anybody: it pays late
/// charges, interest, principal in arrears, then is credit up to the next instalment, and beyond that prepays principal for the
/// sheet's fee. Amounts and dates: TermLens.
interface ITermLoanManager is ILoans {
    /// @notice What opens a loan.
    struct Opening {
        uint32 facility;
        uint64 salt; // as ILoanManager.open
        uint8 sheet; // number of the facility's term sheet
        uint256 collateral; // pulled from the caller, who has approved the vault
        uint256 principal; // sent to `receiver`; at least minDebt
        uint256 maxAnnualRate; // WAD; most the borrower accepts
        uint256 deadline; // last second at which to open
        address receiver;
        bytes32 agreement; // hash of the signed paper, or of its purpose; only in the event
    }

    event TermLoanOpened(
        uint256 indexed id,
        address indexed owner,
        uint32 indexed facility,
        address receiver,
        uint256 collateral,
        uint256 principal,
        uint8 sheet,
        uint256 annualRate,
        uint256 instalment,
        bytes32 agreement
    );
    /// @notice The loan has been in default since `defaultedAt`; all of it is due until what is overdue is paid.
    event DefaultMarked(uint256 indexed id, address indexed caller, uint256 defaultedAt);
    /// @notice What was overdue is paid: mark and acceleration are gone.
    event Cured(uint256 indexed id);
    /// @notice All that was owed is the principal of new terms.
    event RolledOver(
        uint256 indexed id,
        address indexed caller,
        uint256 principal,
        uint8 sheet,
        uint256 annualRate,
        uint256 instalment,
        bytes32 agreement
    );

    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice Puts collateral in and borrows at the rate offered now, in one call. The caller is the owner.
    /// @param data passed to ILoanCallbacks.onOpen on the caller when not empty.
    function open(Opening calldata opening, bytes calldata data) external returns (uint256 id);

    /// @notice Makes all that a loan in good standing owes, with late charges and the fee for prepayment, the principal of new
    /// terms from now on. No cash moves and no collateral; it must be within maxLtv. Caps and capital ratio are asked where a fee for
    /// prepayment raises the debt: not of a loan whose last due date has passed. Owner, or operator with ROLL_OVER, whose limit on
    /// cash bounds the fees that it has the owner owe.
    function rollOver(
        uint256 id,
        uint8 sheet,
        uint256 maxAnnualRate,
        uint256 deadline,
        bytes32 agreement
    ) external returns (uint256 principal);

    /// @notice Says that a loan is in default: from the second after the grace of an unpaid instalment. Anyone may. All of it is due
    /// then, and its collateral may be sold at an incentive that grows with time, until what is overdue is paid.
    function markDefault(uint256 id) external;
}
