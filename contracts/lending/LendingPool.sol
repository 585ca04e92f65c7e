// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILendingPool, TrancheClass} from "../interfaces/ILendingPool.sol";
import {ILoanManager} from "../interfaces/ILoanManager.sol";
import {DirectedMath, WAD} from "../math/DirectedMath.sol";
import {SharesMath} from "../math/SharesMath.sol";
import {AdaptiveCurve} from "./rates/AdaptiveCurve.sol";
import {CompoundGrowth} from "./rates/CompoundGrowth.sol";

/// @title LendingPool
/// @dev Assumptions. Liveness: accruing never reverts below 2^112 units of cash and 2^128 of debt. Roundings: debt up, shares
/// burned down, the reserve's part of interest down. Token: does not rebase, takes no fee; one that lies about a transfer is
/// refused when cash comes in. Roles: the LoanManager and this pool's own tranches are trusted, the fee roles can only take
/// what the reserve holds.
contract LendingPool is ILendingPool, AccessManaged {
    using DirectedMath for uint256;
    using SharesMath for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_RESERVE_FEE_BPS = 2_500;
    /// @dev 200 % a year, the adaptive curve's own bound.
    uint256 private constant MAX_FIXED_RATE = uint256(AdaptiveCurve.MAX_RATE_AT_TARGET);

    IERC20 private immutable ASSET;
    address private immutable MANAGER;
    address private immutable SENIOR;
    uint256 private immutable FIXED_RATE;

    DebtTotals private _debt;
    CashState private _cash;
    Claims private _claims;

    constructor(
        IERC20 asset_,
        address manager_,
        address senior,
        uint256 fixedRatePerSecond_,
        uint256 reserveFeeBps,
        address authority_
    ) AccessManaged(authority_) {
        require(fixedRatePerSecond_ <= MAX_FIXED_RATE, FixedRateTooHigh(fixedRatePerSecond_, MAX_FIXED_RATE));
        ASSET = asset_;
        MANAGER = manager_;
        SENIOR = senior;
        FIXED_RATE = fixedRatePerSecond_;
        _cash.accruedAt = uint40(block.timestamp);
        _setReserveFee(reserveFeeBps);
    }

    modifier onlyManager() {
        require(msg.sender == MANAGER, OnlyManager(msg.sender, MANAGER));
        _;
    }

    modifier onlyTranche() {
        require(msg.sender == SENIOR, OnlyTranche(msg.sender, SENIOR));
        _;
    }

    modifier whenUnlocked() {
        ILoanManager(MANAGER).requireUnlocked(_cash.facility);
        _;
    }

    // ---- identity ----

    /// @inheritdoc ILendingPool
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc ILendingPool
    function manager() external view returns (address) {
        return MANAGER;
    }

    /// @inheritdoc ILendingPool
    function tranche(TrancheClass trancheClass) external view returns (address) {
        return trancheClass == TrancheClass.Senior ? SENIOR : address(0);
    }

    /// @inheritdoc ILendingPool
    function fixedRatePerSecond() external view returns (uint256) {
        return FIXED_RATE;
    }

    /// @inheritdoc ILendingPool
    function facility() external view returns (uint32) {
        return _cash.facility;
    }

    /// @inheritdoc ILendingPool
    function initialise(uint32 facility_) external onlyManager {
        require(_cash.facility == 0, AlreadyInitialised(_cash.facility));
        _cash.facility = facility_;
        emit Initialised(facility_);
    }

    // ---- borrowers' side ----

    /// @inheritdoc ILendingPool
    function draw(
        uint256 loanShares,
        uint256 assets
    ) external onlyManager returns (uint256 shares, uint256 loanDebt, uint256 totalDebt) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        require(assets <= state.cash, InsufficientCash(assets, state.cash));
        shares = assets.toSharesUp(debt.assets, debt.shares);
        debt.assets += assets.toUint128();
        debt.shares += shares.toUint128();
        unchecked {
            state.cash -= uint112(assets); // assets <= cash
        }
        _debt = debt;
        _cash = state;
        totalDebt = debt.assets;
        loanDebt = (loanShares + shares).toAssetsUp(debt.assets, debt.shares);
    }

    /// @inheritdoc ILendingPool
    function repay(
        uint256 loanShares,
        uint256 maxAssets,
        uint256 minDebt
    ) external onlyManager returns (uint256 paid, uint256 shares) {
        require(loanShares != 0, NoDebt());
        (DebtTotals memory debt, CashState memory state) = _accrued();
        uint256 owed = loanShares.toAssetsUp(debt.assets, debt.shares);
        paid = maxAssets < owed ? maxAssets : owed;
        if (paid < owed && owed - paid < minDebt) {
            paid = owed.zeroFloorSub(minDebt);
            require(paid != 0, PaymentLeavesDust(maxAssets, owed, minDebt));
        }
        shares = paid == owed ? loanShares : paid.toSharesDown(debt.assets, debt.shares);
        _book(debt, state, paid, paid, shares);
    }

    /// @inheritdoc ILendingPool
    function accruedDebt(uint256 loanShares) external onlyManager returns (uint256) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        _debt = debt;
        _cash = state;
        return loanShares.toAssetsUp(debt.assets, debt.shares);
    }

    /// @inheritdoc ILendingPool
    function settleSale(
        uint256 loanShares,
        uint256 owed,
        uint256 debtClosed,
        uint256 repaid
    ) external onlyManager returns (uint256 shares) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        shares = debtClosed == owed ? loanShares : debtClosed.toSharesDown(debt.assets, debt.shares);
        if (debtClosed != repaid) _realiseLoss(debt, state, debtClosed - repaid);
        _book(debt, state, debtClosed, repaid, shares);
    }

    /// @inheritdoc ILendingPool
    function pay(address to, uint256 assets) external onlyManager {
        _send(to, assets);
    }

    /// @inheritdoc ILendingPool
    function collect(address from, uint256 assets) external onlyManager {
        uint256 before = ASSET.balanceOf(address(this));
        ASSET.safeTransferFrom(from, address(this), assets);
        uint256 received = ASSET.balanceOf(address(this)) - before;
        require(received == assets, TransferMismatch(address(ASSET), assets, received));
    }

    // ---- lenders' side ----

    /// @inheritdoc ILendingPool
    function enter(address receiver, uint256 assets) external onlyTranche returns (uint256 navBefore) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        require(state.facility != 0, NotInitialised());
        ILoanManager(MANAGER).requireMayLend(state.facility, receiver);
        Claims memory claims = _split(debt, state);
        navBefore = claims.senior;
        claims.senior += assets.toUint112();
        state.cash += assets.toUint112();
        (_debt, _cash, _claims) = (debt, state, claims);
        emit Entered(TrancheClass.Senior, assets);
    }

    /// @inheritdoc ILendingPool
    function checkpoint() external onlyTranche whenUnlocked returns (uint256) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        Claims memory claims = _split(debt, state);
        (_debt, _cash, _claims) = (debt, state, claims);
        return claims.senior;
    }

    /// @inheritdoc ILendingPool
    function payOut(address receiver, uint256 assets) external onlyTranche {
        uint256 held = _cash.cash;
        require(assets <= held, InsufficientCash(assets, held));
        _cash.cash = uint112(held - assets);
        _claims.senior -= assets.toUint112();
        emit Left(TrancheClass.Senior, assets);
        _send(receiver, assets);
    }

    // ---- anyone ----

    /// @inheritdoc ILendingPool
    function accrue() external whenUnlocked {
        (_debt, _cash) = _accrued();
    }

    /// @inheritdoc ILendingPool
    function debtTotals() public view whenUnlocked returns (uint256 assets, uint256 shares) {
        (DebtTotals memory debt, , ) = _accruedView();
        return (debt.assets, debt.shares);
    }

    /// @inheritdoc ILendingPool
    function debtOf(uint256 loanShares) external view returns (uint256) {
        (uint256 assets, uint256 shares) = debtTotals();
        return loanShares.toAssetsUp(assets, shares);
    }

    /// @inheritdoc ILendingPool
    function navOf(TrancheClass trancheClass) external view whenUnlocked returns (uint256) {
        if (trancheClass != TrancheClass.Senior) return 0;
        (DebtTotals memory debt, CashState memory state, ) = _accruedView();
        (uint256 toSenior, ) = _unsplit(debt, state, _claims);
        return _claims.senior + toSenior;
    }

    /// @inheritdoc ILendingPool
    function cash() external view whenUnlocked returns (uint256) {
        return _cash.cash;
    }

    /// @inheritdoc ILendingPool
    function reserve() external view whenUnlocked returns (uint256) {
        (DebtTotals memory debt, CashState memory state, ) = _accruedView();
        (, uint256 toReserve) = _unsplit(debt, state, _claims);
        return _claims.reserve + toReserve;
    }

    /// @inheritdoc ILendingPool
    function utilisation() external view whenUnlocked returns (uint256) {
        (DebtTotals memory debt, CashState memory state, ) = _accruedView();
        return _utilisationDown(debt.assets, state.cash);
    }

    /// @inheritdoc ILendingPool
    function borrowRate() external view returns (uint256) {
        return borrowRateAfter(0);
    }

    /// @inheritdoc ILendingPool
    function borrowRateAfter(uint256 drawn) public view whenUnlocked returns (uint256 ratePerSecond) {
        if (FIXED_RATE != 0) return FIXED_RATE;
        (DebtTotals memory debt, CashState memory state, ) = _accruedView();
        require(drawn <= state.cash, InsufficientCash(drawn, state.cash));
        (ratePerSecond, ) = AdaptiveCurve.average(
            state.rateAtTarget,
            _utilisationDown(debt.assets + drawn, state.cash - drawn),
            0
        );
    }

    /// @inheritdoc ILendingPool
    function stored() external view whenUnlocked returns (DebtTotals memory, CashState memory, Claims memory) {
        return (_debt, _cash, _claims);
    }

    // ---- delayed roles ----

    /// @inheritdoc ILendingPool
    function setReserveFee(uint256 reserveFeeBps) external restricted whenUnlocked {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        (_debt, _cash, _claims) = (debt, state, _split(debt, state));
        _setReserveFee(reserveFeeBps);
    }

    /// @inheritdoc ILendingPool
    function collectReserve(address receiver, uint256 assets) external restricted whenUnlocked {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        Claims memory claims = _split(debt, state);
        require(assets <= claims.reserve, ReserveTooSmall(assets, claims.reserve));
        require(assets <= state.cash, InsufficientCash(assets, state.cash));
        unchecked {
            claims.reserve -= uint112(assets);
            state.cash -= uint112(assets);
        }
        (_debt, _cash, _claims) = (debt, state, claims);
        emit ReserveCollected(receiver, assets);
        _send(receiver, assets);
    }

    // ---- inside ----

    /// @dev Totals as of this second, not yet stored; emits what was added.
    function _accrued() private returns (DebtTotals memory debt, CashState memory state) {
        uint256 interest;
        uint256 last = _cash.accruedAt;
        (debt, state, interest) = _accruedView();
        if (state.accruedAt != last) emit Accrued(interest, state.rateAtTarget);
    }

    function _accruedView() private view returns (DebtTotals memory debt, CashState memory state, uint256 interest) {
        debt = _debt;
        state = _cash;
        uint256 elapsed = block.timestamp - state.accruedAt;
        if (elapsed == 0) return (debt, state, 0); // TIME-1
        uint256 rate = FIXED_RATE;
        if (rate == 0) {
            uint256 rateAtTarget;
            (rate, rateAtTarget) = AdaptiveCurve.average(
                state.rateAtTarget,
                _utilisationDown(debt.assets, state.cash),
                elapsed
            );
            state.rateAtTarget = uint64(rateAtTarget); // at most 2e18 / year
        }
        interest = uint256(debt.assets).wadMulDown(CompoundGrowth.growthDown(rate, elapsed));
        debt.assets += interest.toUint128();
        state.accruedAt = uint40(block.timestamp);
    }

    function _utilisationDown(uint256 debt, uint256 held) private pure returns (uint256) {
        return debt == 0 ? 0 : debt.mulDivDown(WAD, debt + held);
    }

    /// @dev A debt rounded up may exceed the total by a unit: the total stops at zero and the unit becomes interest.
    function _book(
        DebtTotals memory debt,
        CashState memory state,
        uint256 debtClosed,
        uint256 received,
        uint256 shares
    ) private {
        debt.assets = uint128(uint256(debt.assets).zeroFloorSub(debtClosed));
        debt.shares -= uint128(shares); // at most the loan's own, 112 bits
        state.cash += received.toUint112();
        _debt = debt;
        _cash = state;
    }

    /// @dev What has come in since the last split: everything there is, less what is owed to someone already.
    function _unsplit(
        DebtTotals memory debt,
        CashState memory state,
        Claims memory claims
    ) private pure returns (uint256 toSenior, uint256 toReserve) {
        uint256 interest = uint256(state.cash) + debt.assets - claims.senior - claims.reserve;
        toReserve = (interest * claims.reserveFeeBps) / BPS;
        toSenior = interest - toReserve;
    }

    function _split(DebtTotals memory debt, CashState memory state) private returns (Claims memory claims) {
        claims = _claims;
        (uint256 toSenior, uint256 toReserve) = _unsplit(debt, state, claims);
        if (toSenior + toReserve == 0) return claims;
        claims.senior += toSenior.toUint112();
        claims.reserve += toReserve.toUint112();
        emit InterestSplit(toSenior, toReserve);
    }

    /// @dev LOSS-1. Interest up to now is split first, so that it bears the loss with the rest.
    function _realiseLoss(DebtTotals memory debt, CashState memory state, uint256 loss) private {
        Claims memory claims = _split(debt, state);
        // A debt rounded up may exceed the total by a unit that nobody ever owned.
        if (loss > debt.assets) loss = debt.assets;
        uint256 bySenior = loss < claims.senior ? loss : claims.senior;
        uint256 byReserve = loss - bySenior;
        claims.senior -= uint112(bySenior);
        claims.reserve -= uint112(byReserve);
        _claims = claims;
        emit LossRealised(0, 0, bySenior, byReserve);
    }

    function _send(address to, uint256 assets) private {
        require(to != address(this) && to != address(0), InvalidReceiver(to));
        ASSET.safeTransfer(to, assets);
    }

    function _setReserveFee(uint256 reserveFeeBps) private {
        require(reserveFeeBps <= MAX_RESERVE_FEE_BPS, FeeTooHigh(reserveFeeBps, MAX_RESERVE_FEE_BPS));
        _claims.reserveFeeBps = uint16(reserveFeeBps);
        emit ReserveFeeSet(reserveFeeBps);
    }
}
