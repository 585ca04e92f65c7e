// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice One loan, one slot.
/// @dev A term loan (kind Term of its facility) keeps its unpaid principal where a revolving one keeps its shares.
struct Loan {
    uint112 debtShares; // shares of the pool's debt; 0 = owes nothing
    uint96 collateral; // smallest units of the wrapped BTC
    uint8 duesPassed; // due dates up to which a term loan's balance stands; 0 in a revolving one
    uint32 settledAfter; // and how many seconds after the last of them; 0 in a revolving one
    uint8 flags; // LoanFlags
}

/// @notice A facility's limits on loan-to-value and its liquidation terms, basis points; one slot with the pool's address.
/// Fixed for ever at creation, except maxLtvBps.
struct LtvTerms {
    address pool;
    uint16 maxLtvBps; // most at which one may borrow; the guardian lowers it, the risk manager sets it
    uint16 lltvBps; // above it a loan may be liquidated
    uint16 targetLtvBps; // to which a liquidation brings it back
    uint16 incentiveMinBps;
    uint16 incentiveMaxBps;
    uint16 healthForMaxBps; // health factor at and below which the incentive is its maximum
}

/// @notice What a loan is priced with; one slot.
struct PricingTerms {
    address oracle; // replaceable under the rules of setOracle
    uint80 minDebt; // smallest units of the loan asset; fixed
    FacilityKind kind; // fixed
    uint8 flags; // FacilityFlags
}

/// @notice One slot.
struct CustodyTerms {
    address vault; // fixed
    uint96 cap; // most total debt of the facility, loan units
}

/// @notice One slot.
struct AccessTerms {
    address gate; // ICompliance; 0 lets everybody in
    uint96 loanCap; // most debt of one loan, loan units
}

struct Facility {
    LtvTerms ltv;
    PricingTerms pricing;
    CustodyTerms custody;
    AccessTerms access;
    uint32 rampSeconds; // time in which the incentive of a defaulted loan reaches its maximum; fixed
}

enum FacilityKind {
    Revolving,
    Term
}

/// @notice What an owner lets an operator do in one facility; one slot. A limit at its type's maximum is not used up.
struct Authorisation {
    uint8 actions; // Actions, or-ed
    uint40 expiresAt; // last second of validity
    uint104 cashLimit; // loan units the operator may still draw, or have the owner owe in fees by rolling over
    uint104 collateralLimit; // collateral units the operator may still take out
}

/// @title What an operator may be authorised to do.
library Actions {
    uint8 internal constant DRAW = 1;
    uint8 internal constant WITHDRAW = 2;
    uint8 internal constant CLOSE = 4;
    uint8 internal constant TRANSFER = 8;
    uint8 internal constant ROLL_OVER = 16;
    uint8 internal constant ALL = 31;
}

/// @title Bits of PricingTerms.flags.
library FacilityFlags {
    /// @dev The guardian sets it, the risk manager clears it.
    uint8 internal constant NEW_LOANS_STOPPED = 1;
    /// @dev AccessTerms say something: a facility without gate and loan cap does not pay for reading them.
    uint8 internal constant ACCESS_LIMITED = 2;
}

/// @title Bits of Loan.flags.
library LoanFlags {
    uint8 internal constant OPEN = 1;
    /// @dev The loan has changed hands: its owner is in ownerOf's mapping, not in its id.
    uint8 internal constant TRANSFERRED = 2;
    /// @dev An offer to transfer it stands.
    uint8 internal constant OFFERED = 4;
    /// @dev The loan has changed hands and is gone. Its id is never used again: its opener could otherwise put another loan where
    /// a payment of the last owner falls.
    uint8 internal constant SPENT = 8;
    /// @dev A loss is expected of it.
    uint8 internal constant MARKED = 16;
    /// @dev A term loan whose interest is not its principal times the time since the last due date.
    uint8 internal constant OFF_SCHEDULE = 32;
    /// @dev A term loan that is late with something.
    uint8 internal constant OVERDUE = 64;
    /// @dev A term loan that was marked as in default, and not cured.
    uint8 internal constant IN_DEFAULT = 128;
    /// @dev Any of the last three: there is more of the loan than its two slots.
    uint8 internal constant LATE = OFF_SCHEDULE | OVERDUE | IN_DEFAULT;
}
