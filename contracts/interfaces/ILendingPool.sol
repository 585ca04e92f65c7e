// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice The lenders' classes, in the reverse order of bearing a loss.
enum TrancheClass {
    Senior,
    Junior,
    Cover
}

/// @title The ledger and the cash of one facility.
/// @notice Assets are smallest units of the loan asset. Identity (POOL-1): cash + debt = senior + reserve + interest not yet
/// split. Interest is split between lenders and reserve when a lender enters or leaves, or a loss lands, so borrowers never pay
/// for it. Only the LoanManager moves the borrowers' side, only its tranches move the lenders' side.
interface ILendingPool {
    /// @notice All borrowers' debt; one slot.
    struct DebtTotals {
        uint128 assets;
        uint128 shares;
    }

    /// @notice Cash and the state of the rate; one slot.
    struct CashState {
        uint112 cash; // loan units held for lenders, borrowers and the reserve; not the token balance
        uint40 accruedAt; // second up to which interest is in DebtTotals.assets
        uint64 rateAtTarget; // WAD per second; 0 before the first accrual, and always with a fixed rate
        uint32 facility; // 0 before the pool belongs to one
    }

    /// @notice What cash and debt are owed to; one slot.
    struct Claims {
        uint112 senior;
        uint112 reserve;
        uint16 reserveFeeBps; // share of interest that goes to the reserve
    }

    /// @notice Interest of the seconds since the last accrual was added to the debt.
    event Accrued(uint256 interest, uint256 rateAtTarget);
    /// @notice Interest accrued since the last split was divided.
    event InterestSplit(uint256 toSenior, uint256 toReserve);
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
    error OnlyTranche(address caller, address tranche);
    error AlreadyInitialised(uint32 facility);
    /// @notice The pool does not belong to a facility yet: nothing can enter before it is seeded.
    error NotInitialised();
    /// @notice The pool does not hold that much cash; the rest is lent out.
    error InsufficientCash(uint256 requested, uint256 available);
    /// @notice The loan owes nothing.
    error NoDebt();
    /// @notice Paying `requested` of `debt` would leave less than `minDebt`, and nothing smaller can be paid: pay all of it.
    error PaymentLeavesDust(uint256 requested, uint256 debt, uint256 minDebt);
    error TransferMismatch(address token, uint256 expected, uint256 received);
    error InvalidReceiver(address receiver);
    error FeeTooHigh(uint256 bps, uint256 maxBps);
    error ReserveTooSmall(uint256 requested, uint256 reserve);
    error FixedRateTooHigh(uint256 ratePerSecond, uint256 maxRatePerSecond);

    function asset() external view returns (address);
    function manager() external view returns (address);
    /// @notice The tranche of that class; address 0 where the facility has none.
    function tranche(TrancheClass trancheClass) external view returns (address);
    /// @notice 0 before the pool belongs to a facility.
    function facility() external view returns (uint32);
    /// @notice WAD per second where the rate is fixed; 0 where it follows the adaptive curve.
    function fixedRatePerSecond() external view returns (uint256);

    // ---- borrowers' side: the LoanManager only ----

    /// @notice Binds the pool to its facility, once.
    function initialise(uint32 facility_) external;

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

    /// @notice Sends cash that was booked as drawn.
    function pay(address to, uint256 assets) external;

    /// @notice Pulls cash that was booked as paid, from one who has approved this pool.
    function collect(address from, uint256 assets) external;

    // ---- lenders' side: its tranches only ----

    /// @notice Accrues, splits interest and books a lender's assets as come in; the tranche pulls them.
    /// @param receiver of the shares, whom the facility's gate must allow.
    /// @return navBefore the class's net asset value before.
    function enter(address receiver, uint256 assets) external returns (uint256 navBefore);

    /// @notice Accrues, splits interest and says the class's net asset value, from which a lender is about to leave.
    function checkpoint() external returns (uint256 nav);

    /// @notice Books assets as gone and sends them. At most the cash held.
    function payOut(address receiver, uint256 assets) external;

    // ---- anyone ----

    /// @notice Adds interest up to this second.
    function accrue() external;

    /// @notice Totals with interest up to this second.
    function debtTotals() external view returns (uint256 assets, uint256 shares);
    /// @notice What a loan with that many shares owes at this second, rounded up.
    function debtOf(uint256 loanShares) external view returns (uint256);
    /// @notice Net asset value of a class at this second, as a lender who leaves would find it.
    function navOf(TrancheClass trancheClass) external view returns (uint256);
    function cash() external view returns (uint256);
    /// @notice The reserve at this second.
    function reserve() external view returns (uint256);
    /// @notice Share of the pool that is lent, WAD.
    function utilisation() external view returns (uint256);
    /// @notice The rate borrowers pay at this second, WAD per second.
    function borrowRate() external view returns (uint256 ratePerSecond);
    /// @notice The same as if `drawn` more were lent now.
    function borrowRateAfter(uint256 drawn) external view returns (uint256 ratePerSecond);
    /// @notice The slots as stored, without interest since the last accrual.
    function stored() external view returns (DebtTotals memory, CashState memory, Claims memory);

    // ---- delayed roles ----

    function setReserveFee(uint256 reserveFeeBps) external;
    function collectReserve(address receiver, uint256 assets) external;
}
