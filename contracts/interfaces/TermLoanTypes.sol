// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The terms a lender publishes; one slot. A loan keeps the number of the sheet it was opened with for its life.
struct TermSheet {
    uint32 intervalSeconds; // between due dates
    uint8 count; // of instalments
    uint32 graceSeconds; // how long one may stay unpaid after its due date before that is a default
    uint16 latePremiumBps; // a year, on principal in arrears, beside the rate
    uint16 prepaymentFeeBps; // of principal paid before it is due
    uint16 balloonBps; // of the principal, left to the last payment
    uint16 spreadBps; // a year, on top of the rate the curve gives
    uint96 lateFee; // once for each instalment that is late, loan units
    bool retired; // no new loan takes it
}

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

/// @dev Scale of a loan's stored rate: 0.00001 % a year.
uint256 constant RATE_UNIT = 1e11;

/// @notice A term loan in its pool; one slot. Together with the manager's (principal, dues passed, seconds since the last of
/// them) it is all there is of a loan that pays on time or ahead.
struct TermSlot {
    uint96 instalment;
    uint96 credit;
    uint24 rate; // a year's, in RATE_UNIT
    uint8 sheet;
    uint32 openedAt;
}

/// @notice What there is besides of a loan that was late; by the flags of the manager's slot.
struct LateSlots {
    // OFF_SCHEDULE
    uint208 interestNumerator;
    // OVERDUE
    uint208 lateNumerator;
    uint8 paid;
    uint8 feesFor;
    uint96 arrears;
    uint96 interestDue;
    uint96 lateFees;
    uint96 ahead;
    // IN_DEFAULT: second of the mark, and the unpaid interest that still counts as an asset of the pool
    uint40 defaultMarkedAt;
    uint208 recognisedInterest;
}
