// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TermBalance, TermTerms} from "./TermLoanTypes.sol";

/// @title What borrowers and keepers ask about term loans.
/// @notice Amounts in loan units, times in seconds. Everything is as of this second and assumes nothing but that time passes; a
/// schedule assumes that what is due now is paid now. Reverts while the facility is locked.
interface ITermLens {
    /// @notice One instalment to come.
    struct Instalment {
        uint256 number; // from 1
        uint256 dueAt;
        uint256 interest;
        uint256 principal;
        uint256 left; // principal afterwards
    }

    /// @notice One term loan; all 0 but the id where there is none.
    struct TermLoanOverview {
        uint256 id;
        address owner;
        uint256 collateral;
        uint8 sheet;
        TermTerms terms;
        TermBalance balance;
        uint256 debt; // without a fee for prepayment
        uint256 payOff; // what ends the loan now
        uint256 dueNow; // what is overdue, with late charges
        uint256 nextDueAt; // 0 after the last
        uint256 nextPayment; // what that date asks for beyond what is due now, money paid ahead deducted
        uint256 defaultsAfter; // last second not in default if nothing more is paid; type(uint256).max where nothing is overdue
        uint256 defaultMarkedAt; // 0 where not marked
        uint256 expectedLoss; // as last marked
        uint256 recordedPrincipal; // as of the last event; money paid ahead pays on its date without one
    }

    function manager() external view returns (address);

    /// @notice What must be paid now for nothing to be overdue.
    function dueNow(uint256 id) external view returns (uint256 assets);

    /// @notice The next due date and what it asks for beyond what is due now, money paid ahead deducted; 0 and 0 after the last.
    function nextDue(uint256 id) external view returns (uint256 dueAt, uint256 assets);

    /// @notice All instalments to come. The sum of their principal is what is not overdue.
    function schedule(uint256 id) external view returns (Instalment[] memory);

    /// @notice The schedule that a loan of `principal` opened now would have, and its rate (WAD a year).
    function previewSchedule(
        uint32 facility,
        uint8 sheet,
        uint256 principal
    ) external view returns (uint256 annualRate, Instalment[] memory);

    function termLoanOverview(uint256 id) external view returns (TermLoanOverview memory);
    function termLoanOverviews(uint256[] calldata ids) external view returns (TermLoanOverview[] memory);
}
