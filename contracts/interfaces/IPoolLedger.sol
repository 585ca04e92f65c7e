// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The lenders' classes, in the reverse order of bearing a loss.
enum TrancheClass {
    Senior,
    Junior,
    Cover
}

/// @title The lenders' side of one facility's pool: whose is what of its cash and its debt.
/// @notice Assets are smallest units of the loan asset. Identity (POOL-1): cash + debt = senior + junior + reserve + premium
/// not paid yet + interest not yet split. The underwriters' stake is held beside the cash and never lent. Interest is split
/// when a lender enters or leaves or a loss lands, by the ratio of the last split, so borrowers never pay for it: reserve fee,
/// premium (while there is cover), then senior and junior by size, less the spread that senior pays junior. What comes in at
/// once (late charges, fees, interest recognised late) goes to junior, which cannot leave in the block, or to the reserve.
///
/// A loss is borne by cover, junior, senior, reserve, in that order, in the transaction that finds it. An expected loss (ILoans.mark)
/// is counted in the same order at every exit and at no entry. Only the loan manager moves the borrowers' side, only its tranches
/// move the lenders' side.
interface IPoolLedger {
    /// @notice Cash and the state of the rate; one slot.
    struct CashState {
        uint112 cash; // loan units held for lenders, borrowers and the reserve, without the stake; not the token balance
        uint40 accruedAt; // second up to which interest is in the debt
        uint64 rateAtTarget; // WAD per second; 0 before the first accrual, and always with a fixed rate
        uint32 facility; // 0 before the pool belongs to one
        bool redemptionsQueued; // lenders wait for cash: nothing is lent meanwhile
    }

    /// @notice What cash and debt are owed to, without first-loss classes; one slot.
    struct Claims {
        uint112 senior;
        uint112 reserve;
        uint16 reserveFeeBps; // share of interest that goes to the reserve
    }

    /// @notice The first-loss classes; one slot, untouched in a facility that has none.
    struct FirstLoss {
        uint112 junior;
        uint112 stake; // of the underwriters, beside the cash
    }

    /// @notice One slot.
    struct Expected {
        uint112 loss; // marked and not realised
        uint112 premium; // earned by underwriters, to be paid when there is cash
    }

    /// @notice What a pool is made of; fixed for ever but for the reserve fee. Address 0 where the facility does without.
    struct PoolConfig {
        address asset; // of the loans
        address manager; // the loan manager
        address senior; // tranches
        address junior;
        address cover;
        address queue; // RedemptionQueue of the senior tranche
        address capital; // ICapital: how much junior capital debt requires
        address authority; // the AccessManager
        uint256 fixedRatePerSecond; // WAD; 0 for the adaptive curve
        uint256 reserveFeeBps;
        uint256 juniorSpreadBps; // share of senior's interest that goes to junior
        uint256 coverPremiumBps; // share of interest that goes to cover
    }

    /// @notice Interest of the seconds since the last accrual was added to the debt.
    event Accrued(uint256 interest, uint256 rateAtTarget);
    /// @notice Interest accrued since the last split was divided.
    event InterestSplit(uint256 toSenior, uint256 toReserve);
    /// @notice In a facility with first-loss classes: their part of the same interest, and the premium moved from cash to the
    /// underwriters' stake.
    event FirstLossIncome(uint256 toJunior, uint256 toCover, uint256 premiumPaid);
    /// @notice Income that did not accrue by the second: late charges, fees, interest that was not counted before.
    event LumpIncome(uint256 toJunior, uint256 toReserve);
    /// @notice Interest that was counted and is not any more, because the loan is in default since before.
    event InterestReversed(uint256 byJunior, uint256 bySenior, uint256 byReserve);
    event ExpectedLossChanged(uint256 expectedLoss);
    event RedemptionsQueued(bool queued);
    /// @notice A lender's assets came in through the tranche of that class.
    event Entered(TrancheClass indexed trancheClass, uint256 assets);
    /// @notice A lender's assets went out through the tranche of that class.
    event Left(TrancheClass indexed trancheClass, uint256 assets);
    /// @notice A loss was borne, in this order. `byReserve` is not 0 only when no class of lenders has anything left.
    event LossRealised(uint256 byCover, uint256 byJunior, uint256 bySenior, uint256 byReserve);
    event ReserveFeeSet(uint256 reserveFeeBps);
    event ReserveCollected(address indexed receiver, uint256 assets);
    event Initialised(uint32 indexed facility);

    error OnlyManager(address caller, address manager);
    error OnlyTranche(address caller);
    error OnlyQueue(address caller, address queue);
    error AlreadyInitialised(uint32 facility);
    /// @notice The pool does not belong to a facility yet: nothing can enter before it is seeded.
    error NotInitialised();
    /// @notice The pool does not hold that much cash; the rest is lent out.
    error InsufficientCash(uint256 requested, uint256 available);
    error InvalidReceiver(address receiver);
    error FeeTooHigh(uint256 bps, uint256 maxBps);
    error ReserveTooSmall(uint256 requested, uint256 reserve);
    error FixedRateTooHigh(uint256 ratePerSecond, uint256 maxRatePerSecond);
    /// @notice Lenders wait in the queue for cash: no new loans and no other exit before them.
    error RedemptionsAreQueued();
    /// @notice `junior` is less than the facility's capital ratio requires against its debt.
    error JuniorCapitalTooLow(uint256 junior, uint256 required);

    function asset() external view returns (address);
    function manager() external view returns (address);
    /// @notice The tranche of that class; address 0 where the facility has none.
    function tranche(TrancheClass trancheClass) external view returns (address);
    /// @notice The queue of the senior tranche; 0 where there is none.
    function queue() external view returns (address);
    /// @notice Judge of the capital ratio; 0 where the facility has no such limit.
    function capital() external view returns (address);
    /// @notice Share of senior's interest that goes to junior, and of all interest that goes to cover.
    function firstLossTerms() external view returns (uint256 juniorSpreadBps, uint256 coverPremiumBps);
    /// @notice 0 before the pool belongs to a facility.
    function facility() external view returns (uint32);
    /// @notice WAD per second where the rate is fixed; 0 where it follows the adaptive curve.
    function fixedRatePerSecond() external view returns (uint256);

    // ---- the loan manager only ----

    /// @notice Binds the pool to its facility, once.
    function initialise(uint32 facility_) external;

    /// @notice Sends cash that was booked as drawn.
    function pay(address to, uint256 assets) external;

    /// @notice Pulls cash that was booked as paid, from one who has approved this pool.
    function collect(address from, uint256 assets) external;

    /// @notice A loan's part of the loss to expect is `next` instead of `before`.
    function changeExpectedLoss(uint256 before, uint256 next) external;

    // ---- its tranches only ----

    /// @notice Accrues, splits interest and books a lender's assets as come in; the tranche pulls them.
    /// @param receiver of the shares, whom the facility's gate must allow.
    /// @return navBefore the class's net asset value before, expected losses not counted.
    function enter(address receiver, uint256 assets) external returns (uint256 navBefore);

    /// @notice Accrues, splits interest and says the class's net asset value, expected losses counted, from which `owner` is about
    /// to leave. Refuses while others wait in the queue.
    function checkpoint(address owner) external returns (uint256 nav);

    /// @notice Books assets as gone and sends them. At most the cash held (for cover, the stake); junior must leave what the
    /// capital ratio requires.
    function payOut(address receiver, uint256 assets) external;

    // ---- its queue only ----

    /// @notice Says whether lenders wait for cash.
    function setRedemptionsQueued(bool queued) external;

    // ---- anyone ----

    /// @notice Adds interest up to this second.
    function accrue() external;
    /// @notice What all loans owe at this second, as far as it is counted among the pool's assets.
    function totalDebt() external view returns (uint256 assets);
    /// @notice Net asset value of a class at this second, as a lender who leaves would find it: expected losses counted.
    function navOf(TrancheClass trancheClass) external view returns (uint256);
    /// @notice The same as a lender who enters would find it: expected losses not counted.
    function entryNavOf(TrancheClass trancheClass) external view returns (uint256);
    /// @notice What a class could be paid at most at this second: the cash, or the stake.
    function availableTo(TrancheClass trancheClass) external view returns (uint256);
    /// @notice Most of the junior class's assets that the capital ratio lets go; 0 at or below it.
    function juniorBeyondRequired() external view returns (uint256);
    function cash() external view returns (uint256);
    /// @notice The reserve at this second.
    function reserve() external view returns (uint256);
    /// @notice Share of the pool that is lent, WAD.
    function utilisation() external view returns (uint256);
    /// @notice The rate borrowers pay at this second, WAD per second.
    function borrowRate() external view returns (uint256 ratePerSecond);
    /// @notice The same as if `drawn` more were lent now.
    function borrowRateAfter(uint256 drawn) external view returns (uint256 ratePerSecond);
    /// @notice Share of interest that goes to the reserve.
    function reserveFeeBps() external view returns (uint256);
    /// @notice Whether lenders wait in the queue.
    function redemptionsQueued() external view returns (bool);
    /// @notice The slots as stored, without interest since the last split.
    function storedFirstLoss() external view returns (FirstLoss memory, Expected memory);

    // ---- delayed roles ----

    function setReserveFee(uint256 feeBps) external;
    function collectReserve(address receiver, uint256 assets) external;
}
