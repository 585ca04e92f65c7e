// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a term loan was opened with and keeps for its life.
/// @dev Rates are a year's, WAD. Amounts are units of the loan asset.
struct TermTerms {
    /// @dev Second of the opening; the n-th instalment is due n intervals later.
    uint256 openedAt;
    uint256 annualRateWad;
    uint256 intervalSeconds;
    uint256 count;
    /// @dev How long an instalment may stay unpaid after its due date before that is a default.
    uint256 graceSeconds;
    /// @dev Added to the rate, on principal in arrears only.
    uint256 latePremiumWad;
    /// @dev Once for each instalment that is late.
    uint256 lateFee;
    /// @dev Of the principal prepaid.
    uint256 prepaymentFeeWad;
}

/// @notice What a term loan owes, as of `settledAt`.
/// @dev Interest that is not charged yet is kept as an exact numerator (units × WAD × seconds of a year): whoever settles in
/// between rounds nothing.
struct TermBalance {
    /// @dev All unpaid principal.
    uint256 principal;
    /// @dev The part of it whose due dates have passed.
    uint256 arrears;
    /// @dev Principal paid towards the oldest unpaid instalment, which is not enough for it.
    uint256 ahead;
    /// @dev The equal payment.
    uint256 instalment;
    /// @dev Money paid before its instalment was due.
    uint256 credit;
    /// @dev Unpaid interest up to the last due date passed.
    uint256 interestDue;
    /// @dev Interest since then.
    uint256 interestNumerator;
    uint256 lateFees;
    /// @dev Late interest, not charged yet.
    uint256 lateNumerator;
    /// @dev How many due dates have passed, for how many of them everything is paid, and up to which the late fee was charged.
    uint256 passed;
    uint256 paid;
    uint256 feesFor;
    uint256 settledAt;
}
