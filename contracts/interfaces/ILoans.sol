// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthorisations} from "./IAuthorisations.sol";
import {IFacilities} from "./IFacilities.sol";
import {ILiquidationEngine} from "./ILiquidationEngine.sol";
import {Loan} from "./LoanTypes.sol";

/// @title What one can do with a loan of any kind, revolving or term.
/// @notice A loan's id is `opener (160 bits) ‖ facility (32) ‖ salt (64)`. Debt amounts are smallest units of the facility's
/// loan asset, collateral amounts smallest units of its wrapped BTC. Borrowers approve the vault (collateral) and the pool
/// (repayments); this contract never holds tokens.
///
/// Every action writes all its state, then sends what the caller receives, then calls the caller back if it passed `data`
/// (ILoanCallbacks), then pulls what the caller owes. The facility is locked meanwhile: its actions and views revert with
/// FacilityLocked.
///
/// Exits (repay, topUp, close, and withdraw from a loan that owes nothing) ask no gate, no pause and no oracle.
interface ILoans is IFacilities, IAuthorisations {
    /// @notice A payment. `shares` ended with it: of the pool's debt, or units of principal of a term loan.
    event Repaid(uint256 indexed id, address indexed payer, uint256 assets, uint256 shares);
    event ToppedUp(uint256 indexed id, address indexed payer, uint256 collateral);
    event Withdrawn(uint256 indexed id, address indexed caller, address receiver, uint256 collateral);
    /// @notice `debtClosed − repaid` is a loss, borne by the pool in the same transaction.
    event Liquidated(
        uint256 indexed id,
        address indexed liquidator,
        uint256 repaid,
        uint256 seized,
        uint256 debtClosed,
        uint256 shares
    );
    /// @notice All the debt was paid, `assets`, and all the collateral left.
    event Closed(
        uint256 indexed id,
        address indexed caller,
        address receiver,
        uint256 assets,
        uint256 shares,
        uint256 collateral
    );
    /// @notice The loss to expect of a loan, as anyone may say it after the live price; 0 takes it back.
    event Marked(uint256 indexed id, address indexed caller, uint256 expectedLoss);
    event TransferOffered(uint256 indexed id, address indexed owner, address indexed newOwner, address caller);
    event Transferred(uint256 indexed id, address indexed from, address indexed to);

    /// @notice The caller has an open loan under that salt, or had one that changed hands.
    error LoanExists(uint256 id);
    error NoSuchLoan(uint256 id);
    error BelowMinDebt(uint256 debt, uint256 minDebt);
    /// @notice `debt` is more than `maxDebt`, which `collateral` supports at `priceE36` and the facility's maxLtv.
    error LtvTooHigh(uint256 debt, uint256 maxDebt, uint256 collateral, uint256 priceE36);
    error CapExceeded(uint256 totalDebt, uint256 cap);
    error LoanCapExceeded(uint256 debt, uint256 loanCap);
    error InsufficientCollateral(uint256 requested, uint256 collateral);
    error NotOffered(uint256 id, address caller, address offeredTo);
    /// @notice The loan is worse than the new owner said it would accept.
    error LoanChanged(uint256 debt, uint256 maxDebt, uint256 collateral, uint256 minCollateral);
    /// @notice Fewer collateral units a unit repaid than the liquidator asked for (both scaled 1e36).
    error PriceTooLow(uint256 collateralPerUnitE36, uint256 minCollateralPerUnitE36);

    // ---- a loan's life ----

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

    /// @notice Offers the loan to a new owner; address 0 takes the offer back. Owner, or operator with TRANSFER, whose offer is
    /// accepted only as long as it may still offer.
    function transferLoan(uint256 id, address newOwner) external;

    /// @notice Takes over a loan offered to the caller, whom the gate must allow.
    /// @param maxDebt most debt, and @param minCollateral least collateral, at which the caller still wants it.
    function acceptLoan(uint256 id, uint256 maxDebt, uint256 minCollateral) external;

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

    /// @notice Says what loss the live price makes the lenders expect of a loan: what its debt is beyond its collateral's value
    /// less the least incentive. Lenders leave at a price that counts it. Anyone may, upwards and downwards.
    function mark(uint256 id) external returns (uint256 expectedLoss);

    // ---- views ----

    /// @notice The judge of all liquidations; fixed.
    function engine() external view returns (address);
    function loanOf(uint256 id) external view returns (Loan memory);
    /// @notice Owner of an open loan; 0 where there is none.
    function ownerOf(uint256 id) external view returns (address);
    /// @notice To whom it is offered; 0 where it is not.
    function offeredTo(uint256 id) external view returns (address);
    /// @notice Debt at this second, rounded up.
    function debtOf(uint256 id) external view returns (uint256);
    /// @notice What close costs at this second: the debt, and a term loan's fee for prepayment.
    function payOffOf(uint256 id) external view returns (uint256);
    /// @notice The loss that was last marked, less what was paid since.
    function markOf(uint256 id) external view returns (uint256 expectedLoss);
}
