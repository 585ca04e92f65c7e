// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "./ILiquidationEngine.sol";
import {Authorisation, Facility, FacilityKind, Loan} from "./LoanTypes.sol";

/// @title The one contract that opens, changes and closes loans, in every facility.
/// @notice A loan's id is `opener (160 bits) ‖ facility (32) ‖ salt (64)`. Debt amounts are smallest units of the facility's
/// loan asset, collateral amounts smallest units of its wrapped BTC. Borrowers approve the vault (collateral) and the pool
/// (repayments); this contract never holds tokens.
///
/// Every action writes all its state, then sends what the caller receives, then calls the caller back if it passed `data`
/// (ILoanCallbacks), then pulls what the caller owes. The facility is locked meanwhile: its actions and views revert with
/// FacilityLocked.
///
/// Exits (repay, topUp, close, and withdraw from a loan that owes nothing) ask no gate, no pause and no oracle.
interface ILoanManager {
    /// @notice What creates a facility. Everything but cap, loanCap, gate, maxLtvBps and oracle is fixed for ever.
    struct FacilityParams {
        address pool;
        address vault;
        address oracle;
        address gate; // 0 lets everybody in
        FacilityKind kind;
        uint16 maxLtvBps;
        uint16 lltvBps;
        uint16 targetLtvBps;
        uint16 incentiveMinBps;
        uint16 incentiveMaxBps;
        uint16 healthForMaxBps;
        uint32 rampSeconds;
        uint80 minDebt;
        uint96 cap;
        uint96 loanCap;
    }

    // ---- events: all state can be rebuilt from them and the pool's ----

    event FacilityCreated(uint32 indexed facility, FacilityParams params);
    event Opened(
        uint256 indexed id,
        address indexed owner,
        uint32 indexed facility,
        address receiver,
        uint256 collateral,
        uint256 principal,
        uint256 shares
    );
    event Drawn(uint256 indexed id, address indexed caller, address receiver, uint256 assets, uint256 shares);
    event Repaid(uint256 indexed id, address indexed payer, uint256 assets, uint256 shares);
    event ToppedUp(uint256 indexed id, address indexed payer, uint256 collateral);
    event Withdrawn(uint256 indexed id, address indexed caller, address receiver, uint256 collateral);
    event Closed(
        uint256 indexed id,
        address indexed caller,
        address receiver,
        uint256 assets,
        uint256 shares,
        uint256 collateral
    );
    /// @notice `debtClosed − repaid` is a loss, borne by the pool in the same transaction.
    event Liquidated(
        uint256 indexed id,
        address indexed liquidator,
        uint256 repaid,
        uint256 seized,
        uint256 debtClosed,
        uint256 shares
    );
    event TransferOffered(uint256 indexed id, address indexed owner, address indexed newOwner);
    event Transferred(uint256 indexed id, address indexed from, address indexed to);
    event AuthorisationSet(
        address indexed owner,
        uint32 indexed facility,
        address indexed operator,
        uint8 actions,
        uint40 expiresAt,
        uint104 cashLimit,
        uint104 collateralLimit
    );
    event NonceUsed(address indexed owner, uint256 nonce);
    event NewLoansStopped(uint32 indexed facility, bool stopped);
    event CapsSet(uint32 indexed facility, uint96 cap, uint96 loanCap);
    event MaxLtvSet(uint32 indexed facility, uint16 maxLtvBps);
    event GateSet(uint32 indexed facility, address gate);
    event OracleSet(uint32 indexed facility, address oracle);

    // ---- errors ----

    error UnknownFacility(uint32 facility);
    error FacilityLocked(uint32 facility);
    /// @notice The caller has an open loan under that salt, or had one that changed hands.
    error LoanExists(uint256 id);
    error NoSuchLoan(uint256 id);
    error NewLoansAreStopped(uint32 facility);
    error ZeroAmount();
    error BelowMinDebt(uint256 debt, uint256 minDebt);
    /// @notice `debt` is more than `maxDebt`, which `collateral` supports at `priceE36` and the facility's maxLtv.
    error LtvTooHigh(uint256 debt, uint256 maxDebt, uint256 collateral, uint256 priceE36);
    error CapExceeded(uint256 totalDebt, uint256 cap);
    error LoanCapExceeded(uint256 debt, uint256 loanCap);
    error InsufficientCollateral(uint256 requested, uint256 collateral);
    /// @notice Neither the owner nor an operator with that action authorised and not expired.
    error NotAuthorised(address caller, address owner, uint8 action);
    error CashLimitExceeded(uint256 requested, uint256 limit);
    error CollateralLimitExceeded(uint256 requested, uint256 limit);
    error InvalidAuthorisation(uint8 actions, address operator);
    error SignatureExpired(uint256 deadline);
    error InvalidSignature(address owner);
    error NotOffered(uint256 id, address caller, address offeredTo);
    /// @notice The loan is worse than the new owner said it would accept.
    error LoanChanged(uint256 debt, uint256 maxDebt, uint256 collateral, uint256 minCollateral);
    /// @notice Fewer collateral units a unit repaid than the liquidator asked for (both scaled 1e36).
    error PriceTooLow(uint256 collateralPerUnitE36, uint256 minCollateralPerUnitE36);
    error InvalidFacility(string field, uint256 value, uint256 least, uint256 most);
    error AssetMismatch(string field, address expected, address actual);
    /// @notice The guardian lowers; it was asked to raise.
    error GuardianCannotRaise(uint256 current, uint256 requested);
    /// @notice The new oracle's price is too far from the live old one's.
    error OraclePriceTooFar(uint256 oldPriceE36, uint256 newPriceE36, uint256 limitBps);
    /// @notice The old oracle refuses but has not been stale for long enough to be replaced without comparison.
    error OracleNotStaleEnough(uint256 staleFor, uint256 required);
    error OracleCapsDiffer();
    /// @notice The oracle was replaced at `setAt`; small steps taken together would make a large one.
    error OracleSetTooSoon(uint256 setAt, uint256 interval);

    // ---- a loan's life ----

    /// @notice Puts collateral in and borrows, in one call. The caller is the owner.
    /// @param salt any number under which the caller has no open loan in this facility, and had none that changed hands.
    /// @param collateral pulled from the caller, who has approved the vault.
    /// @param principal sent to `receiver`; at least minDebt.
    /// @param data passed to ILoanCallbacks.onOpen on the caller when not empty.
    /// @return id of the loan.
    function open(
        uint32 facility,
        uint64 salt,
        uint256 collateral,
        uint256 principal,
        address receiver,
        bytes calldata data
    ) external returns (uint256 id);

    /// @notice Borrows more. Owner, or operator with DRAW and cash limit.
    function draw(uint256 id, uint256 assets, address receiver) external;

    /// @notice Pays a debt, anybody's, by anybody. At least the debt (type(uint256).max does) closes it; a payment that would
    /// leave less than minDebt is cut to leave minDebt. The collateral stays in the loan.
    /// @return paid pulled from the caller, who has approved the pool.
    function repay(uint256 id, uint256 assets, bytes calldata data) external returns (uint256 paid);

    /// @notice Adds collateral to a loan, anybody's, by anybody. Pulled from the caller, who has approved the vault.
    function topUp(uint256 id, uint256 collateral, bytes calldata data) external;

    /// @notice Takes collateral out: as much as the oracle and maxLtv allow, or all of it where nothing is owed (then no oracle
    /// is asked). Owner, or operator with WITHDRAW and collateral limit. type(uint256).max takes all.
    /// @return withdrawn sent to `receiver`.
    function withdraw(uint256 id, uint256 collateral, address receiver) external returns (uint256 withdrawn);

    /// @notice Pays all the debt and takes out all the collateral, in one call. Owner, or operator with CLOSE and collateral
    /// limit. The collateral is sent first, so with `data` the payment can be made from it.
    function close(
        uint256 id,
        address receiver,
        bytes calldata data
    ) external returns (uint256 paid, uint256 collateral);

    /// @notice Offers the loan to a new owner; address 0 takes the offer back. Owner, or operator with TRANSFER.
    function transferLoan(uint256 id, address newOwner) external;

    /// @notice Takes over a loan offered to the caller, whom the gate must allow.
    /// @param maxDebt most debt, and @param minCollateral least collateral, at which the caller still wants it.
    function acceptLoan(uint256 id, uint256 maxDebt, uint256 minCollateral) external;

    // ---- authorisations ----

    /// @notice Lets `operator` act on all the caller's loans in one facility; actions 0 revokes. Replaces what was set before.
    function setAuthorisation(uint32 facility, address operator, Authorisation calldata authorisation) external;

    /// @notice The same by the owner's EIP-712 signature (ERC-1271 for contracts), which anybody may bring before `deadline`.
    function setAuthorisationWithSig(
        address owner,
        uint32 facility,
        address operator,
        Authorisation calldata authorisation,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Makes the caller's next unused signature worthless.
    function useNonce() external;

    /// @notice ERC-2612 permit by the caller for `spender` (a vault or a pool), for use in a multicall. A permit that fails
    /// (used already by someone who saw it, say) is passed over: the action behind it decides.
    function permit(
        address token,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    // ---- liquidation ----

    /// @notice Repays part of an unhealthy loan and takes collateral for it; anyone may. What is repaid is pulled from the
    /// caller, who has approved the pool, after the collateral was sent and after ILoanCallbacks.onLiquidate when `data` is not
    /// empty. A loss that no collateral covers is borne by the lenders in the same call.
    /// @param maxRepaid most the caller will repay; the smaller of it and the engine's allowance is taken.
    /// @param minCollateralPerUnitE36 least collateral units a loan unit repaid, scaled 1e36.
    function liquidate(
        uint256 id,
        uint256 maxRepaid,
        uint256 minCollateralPerUnitE36,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized);

    /// @notice What liquidate would do now, by the same engine. Reverts as it would.
    function quoteLiquidation(uint256 id, uint256 maxRepaid) external view returns (ILiquidationEngine.Quote memory);

    // ---- what the pool and tranches ask ----

    /// @notice Reverts with FacilityLocked while an action of the facility is half done.
    function requireUnlocked(uint32 facility) external view;

    /// @notice Reverts while locked, and unless the facility's gate lets `account` lend.
    function requireMayLend(uint32 facility, address account) external view;

    // ---- views ----

    /// @notice The judge of all liquidations; fixed.
    function engine() external view returns (address);
    function facilityCount() external view returns (uint32);
    function facilityOf(uint32 facility) external view returns (Facility memory);
    function loanOf(uint256 id) external view returns (Loan memory);
    /// @notice Owner of an open loan; 0 where there is none.
    function ownerOf(uint256 id) external view returns (address);
    /// @notice To whom it is offered; 0 where it is not.
    function offeredTo(uint256 id) external view returns (address);
    /// @notice Debt at this second, rounded up.
    function debtOf(uint256 id) external view returns (uint256);
    function authorisationOf(
        address owner,
        uint32 facility,
        address operator
    ) external view returns (Authorisation memory);

    // ---- governance (AccessManager roles; see contracts/governance) ----

    /// @notice Creates a facility and seeds its senior tranche with `seedAssets` from the caller, who has approved the tranche.
    function createFacility(FacilityParams calldata params, uint256 seedAssets) external returns (uint32 facility);

    /// @notice Guardian, at once: no new loans, draws or transfers until resumed.
    function stopNewLoans(uint32 facility) external;
    /// @notice Guardian, at once: neither may be higher than now.
    function lowerCaps(uint32 facility, uint96 cap, uint96 loanCap) external;
    /// @notice Guardian, at once: maxLtv for new risk; 0 stops borrowing and withdrawing against debt.
    function lowerMaxLtv(uint32 facility, uint16 maxLtvBps) external;
    /// @notice Risk manager, delayed.
    function resumeNewLoans(uint32 facility) external;
    function setCaps(uint32 facility, uint96 cap, uint96 loanCap) external;
    function setMaxLtv(uint32 facility, uint16 maxLtvBps) external;
    function setGate(uint32 facility, address gate) external;
    /// @notice Only an oracle for the same pair with the same caps, whose price is within 2 % of the live old one; or any such
    /// oracle once the old one's feeds have been stale for 7 days. At most once in 7 days.
    function setOracle(uint32 facility, address oracle) external;
}
