// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapital} from "../interfaces/ICapital.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {DirectedMath, WAD} from "../math/DirectedMath.sol";
import {Waterfall} from "./Waterfall.sol";
import {AdaptiveCurve} from "./rates/AdaptiveCurve.sol";
import {ExactTransfer} from "../token/ExactTransfer.sol";

/// @title The lenders' side of a pool, whatever its borrowers owe.
/// @dev Assumptions. Token: does not rebase, takes no fee; one that lies about a transfer is refused when cash comes in. Roles:
/// the loan manager, this pool's own tranches and queue are trusted, the fee roles can only take what the reserve holds.
abstract contract PoolLedger is IPoolLedger, AccessManaged {
    using DirectedMath for uint256;
    using SafeCast for uint256;
    using ExactTransfer for IERC20;
    using SafeERC20 for IERC20;
    using Waterfall for Waterfall.Ledger;

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_RESERVE_FEE_BPS = 2_500;
    uint256 private constant MAX_FIRST_LOSS_BPS = 5_000;
    /// @dev 200 % a year, the adaptive curve's own bound.
    uint256 private constant MAX_FIXED_RATE = uint256(AdaptiveCurve.MAX_RATE_AT_TARGET);

    IERC20 private immutable ASSET;
    address private immutable MANAGER;
    address private immutable SENIOR;
    address private immutable JUNIOR;
    address private immutable COVER;
    address private immutable QUEUE;
    address private immutable CAPITAL;
    uint256 internal immutable FIXED_RATE;
    uint256 private immutable JUNIOR_SPREAD_BPS;
    uint256 private immutable COVER_PREMIUM_BPS;

    CashState internal _cash;
    Claims internal _claims;
    FirstLoss private _firstLoss;
    Expected private _expected;

    constructor(PoolConfig memory c) AccessManaged(c.authority) {
        require(c.fixedRatePerSecond <= MAX_FIXED_RATE, FixedRateTooHigh(c.fixedRatePerSecond, MAX_FIXED_RATE));
        require(c.juniorSpreadBps <= MAX_FIRST_LOSS_BPS, FeeTooHigh(c.juniorSpreadBps, MAX_FIRST_LOSS_BPS));
        require(c.coverPremiumBps <= MAX_FIRST_LOSS_BPS, FeeTooHigh(c.coverPremiumBps, MAX_FIRST_LOSS_BPS));
        ASSET = IERC20(c.asset);
        MANAGER = c.manager;
        SENIOR = c.senior;
        JUNIOR = c.junior;
        COVER = c.cover;
        QUEUE = c.queue;
        CAPITAL = c.capital;
        FIXED_RATE = c.fixedRatePerSecond;
        JUNIOR_SPREAD_BPS = c.juniorSpreadBps;
        COVER_PREMIUM_BPS = c.coverPremiumBps;
        _cash.accruedAt = uint40(block.timestamp);
        _setReserveFee(c.reserveFeeBps);
    }

    modifier onlyManager() {
        require(msg.sender == MANAGER, OnlyManager(msg.sender, MANAGER));
        _;
    }

    modifier whenUnlocked() {
        IFacilities(MANAGER).requireUnlocked(_cash.facility);
        _;
    }

    // ---- identity ----

    /// @inheritdoc IPoolLedger
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IPoolLedger
    function manager() external view returns (address) {
        return MANAGER;
    }

    /// @inheritdoc IPoolLedger
    function tranche(TrancheClass trancheClass) external view returns (address) {
        if (trancheClass == TrancheClass.Senior) return SENIOR;
        return trancheClass == TrancheClass.Junior ? JUNIOR : COVER;
    }

    /// @inheritdoc IPoolLedger
    function queue() external view returns (address) {
        return QUEUE;
    }

    /// @inheritdoc IPoolLedger
    function capital() external view returns (address) {
        return CAPITAL;
    }

    /// @inheritdoc IPoolLedger
    function firstLossTerms() external view returns (uint256 juniorSpreadBps, uint256 coverPremiumBps) {
        return (JUNIOR_SPREAD_BPS, COVER_PREMIUM_BPS);
    }

    /// @inheritdoc IPoolLedger
    function fixedRatePerSecond() external view returns (uint256) {
        return FIXED_RATE;
    }

    /// @inheritdoc IPoolLedger
    function facility() external view returns (uint32) {
        return _cash.facility;
    }

    // ---- the loan manager ----

    /// @inheritdoc IPoolLedger
    function initialise(uint32 facility_) external onlyManager {
        require(_cash.facility == 0, AlreadyInitialised(_cash.facility));
        _cash.facility = facility_;
        emit Initialised(facility_);
    }

    /// @inheritdoc IPoolLedger
    function pay(address to, uint256 assets) external onlyManager {
        _send(to, assets);
    }

    /// @inheritdoc IPoolLedger
    function collect(address from, uint256 assets) external onlyManager {
        ASSET.pullExact(from, address(this), assets);
    }

    /// @inheritdoc IPoolLedger
    function changeExpectedLoss(uint256 before, uint256 next) external onlyManager {
        uint256 loss = _expected.loss - before + next;
        _expected.loss = loss.toUint112();
        emit ExpectedLossChanged(loss);
    }

    // ---- tranches and queue ----

    /// @inheritdoc IPoolLedger
    function enter(address receiver, uint256 assets) external returns (uint256 navBefore) {
        TrancheClass class = _callersClass();
        Waterfall.Ledger memory l = _accruedLedger();
        require(l.state.facility != 0, NotInitialised());
        IFacilities(MANAGER).requireMayLend(l.state.facility, receiver);
        _divide(l);
        navBefore = l.grossNav(class);
        uint112 amount = assets.toUint112();
        if (class != TrancheClass.Cover) l.state.cash += amount;
        if (class == TrancheClass.Senior) l.claims.senior += amount;
        else if (class == TrancheClass.Junior) l.firstLoss.junior += amount;
        else l.firstLoss.stake += amount;
        _save(l);
        emit Entered(class, assets);
    }

    /// @inheritdoc IPoolLedger
    function checkpoint(address owner) external whenUnlocked returns (uint256) {
        TrancheClass class = _callersClass();
        Waterfall.Ledger memory l = _accruedLedger();
        require(!l.state.redemptionsQueued || owner == QUEUE || class == TrancheClass.Cover, RedemptionsAreQueued());
        _divide(l);
        _save(l);
        return l.exitNav(class, _expected.loss);
    }

    /// @inheritdoc IPoolLedger
    function payOut(address receiver, uint256 assets) external {
        TrancheClass class = _callersClass();
        if (class == TrancheClass.Cover) {
            uint256 stake = _firstLoss.stake;
            require(assets <= stake, InsufficientCash(assets, stake));
            _firstLoss.stake = uint112(stake - assets);
        } else {
            uint256 held = _cash.cash;
            require(assets <= held, InsufficientCash(assets, held));
            _cash.cash = uint112(held - assets);
            if (class == TrancheClass.Senior) {
                _claims.senior -= assets.toUint112();
            } else {
                _firstLoss.junior -= assets.toUint112();
                _requireCapital();
            }
        }
        emit Left(class, assets);
        _send(receiver, assets);
    }

    /// @inheritdoc IPoolLedger
    function setRedemptionsQueued(bool queued) external whenUnlocked {
        require(msg.sender == QUEUE, OnlyQueue(msg.sender, QUEUE));
        _cash.redemptionsQueued = queued;
        emit RedemptionsQueued(queued);
    }

    // ---- anyone ----

    /// @inheritdoc IPoolLedger
    function accrue() external whenUnlocked {
        (, CashState memory state) = _accrueDebt();
        _saveState(state);
    }

    /// @inheritdoc IPoolLedger
    function totalDebt() external view whenUnlocked returns (uint256 debt) {
        (debt, ) = _debtAndStateNow();
    }

    /// @inheritdoc IPoolLedger
    function navOf(TrancheClass trancheClass) external view whenUnlocked returns (uint256) {
        return _dividedNow().exitNav(trancheClass, _expected.loss);
    }

    /// @inheritdoc IPoolLedger
    function entryNavOf(TrancheClass trancheClass) external view whenUnlocked returns (uint256) {
        return _dividedNow().grossNav(trancheClass);
    }

    /// @inheritdoc IPoolLedger
    function availableTo(TrancheClass trancheClass) external view whenUnlocked returns (uint256) {
        Waterfall.Ledger memory l = _dividedNow();
        return trancheClass == TrancheClass.Cover ? l.firstLoss.stake : l.state.cash;
    }

    /// @inheritdoc IPoolLedger
    function juniorBeyondRequired() external view whenUnlocked returns (uint256) {
        Waterfall.Ledger memory l = _dividedNow();
        uint256 junior = l.exitNav(TrancheClass.Junior, _expected.loss);
        return CAPITAL == address(0) ? junior : junior.zeroFloorSub(_requiredJunior(l.debt));
    }

    /// @inheritdoc IPoolLedger
    function cash() external view whenUnlocked returns (uint256) {
        return _dividedNow().state.cash;
    }

    /// @inheritdoc IPoolLedger
    function reserve() external view whenUnlocked returns (uint256) {
        return _dividedNow().claims.reserve;
    }

    /// @inheritdoc IPoolLedger
    function utilisation() external view whenUnlocked returns (uint256) {
        (uint256 debt, CashState memory state) = _debtAndStateNow();
        return _utilisationDown(debt, state.cash);
    }

    /// @inheritdoc IPoolLedger
    function borrowRate() external view returns (uint256) {
        return borrowRateAfter(0);
    }

    /// @inheritdoc IPoolLedger
    function borrowRateAfter(uint256 drawn) public view whenUnlocked returns (uint256 ratePerSecond) {
        if (FIXED_RATE != 0) return FIXED_RATE;
        (uint256 debt, CashState memory state) = _debtAndStateNow();
        require(drawn <= state.cash, InsufficientCash(drawn, state.cash));
        // slither-disable-next-line unused-return: a question moves no rate
        (uint256 rateE36, ) = AdaptiveCurve.average(
            state.rateAtTarget,
            _utilisationDown(debt + drawn, state.cash - drawn),
            0
        );
        return rateE36 / WAD;
    }

    /// @inheritdoc IPoolLedger
    function reserveFeeBps() external view returns (uint256) {
        return _claims.reserveFeeBps;
    }

    /// @inheritdoc IPoolLedger
    function redemptionsQueued() external view returns (bool) {
        return _cash.redemptionsQueued;
    }

    /// @inheritdoc IPoolLedger
    function storedFirstLoss() external view whenUnlocked returns (FirstLoss memory, Expected memory) {
        return (_firstLoss, _expected);
    }

    // ---- delayed roles ----

    /// @inheritdoc IPoolLedger
    function setReserveFee(uint256 feeBps) external restricted whenUnlocked {
        Waterfall.Ledger memory l = _accruedLedger();
        _divide(l);
        _save(l);
        _setReserveFee(feeBps);
    }

    /// @inheritdoc IPoolLedger
    function collectReserve(address receiver, uint256 assets) external restricted whenUnlocked {
        Waterfall.Ledger memory l = _accruedLedger();
        require(!l.state.redemptionsQueued, RedemptionsAreQueued());
        _divide(l);
        require(assets <= l.claims.reserve, ReserveTooSmall(assets, l.claims.reserve));
        require(assets <= l.state.cash, InsufficientCash(assets, l.state.cash));
        unchecked {
            l.claims.reserve -= uint112(assets);
            l.state.cash -= uint112(assets);
        }
        _save(l);
        emit ReserveCollected(receiver, assets);
        _send(receiver, assets);
    }

    // ---- what the borrowers' side supplies ----

    /// @dev Brings the debt in storage to this second and emits what was added; the caller stores `state`.
    function _accrueDebt() internal virtual returns (uint256 debt, CashState memory state);

    /// @dev What _accrueDebt would leave.
    function _debtAndStateNow() internal view virtual returns (uint256 debt, CashState memory state);

    // ---- what it uses ----

    /// @dev Moves the rate over the seconds since the last accrual, at the utilisation there was.
    function _moveRate(CashState memory state, uint256 debt, uint256 elapsed) internal view returns (uint256 rateE36) {
        state.accruedAt = uint40(block.timestamp);
        if (FIXED_RATE != 0) return FIXED_RATE * WAD;
        uint256 rateAtTarget;
        (rateE36, rateAtTarget) = AdaptiveCurve.average(
            state.rateAtTarget,
            _utilisationDown(debt, state.cash),
            elapsed
        );
        state.rateAtTarget = uint64(rateAtTarget); // at most 2e18 / year
    }

    function _utilisationDown(uint256 debt, uint256 held) internal pure returns (uint256) {
        // slither-disable-next-line incorrect-equality: without debt nothing is used, and nothing can be divided by
        return debt == 0 ? 0 : debt.mulDivDown(WAD, debt + held);
    }

    /// @dev The ledger around a debt and a state that the caller holds in memory, and stores; its claims are saved by _saveClaims.
    function _ledger(uint256 debt, CashState memory state) internal view returns (Waterfall.Ledger memory) {
        bool tiered = _hasFirstLoss();
        return
            Waterfall.Ledger({
                debt: debt,
                state: state,
                claims: _claims,
                firstLoss: tiered ? _firstLoss : FirstLoss(0, 0),
                premium: tiered ? _expected.premium : 0,
                juniorSpreadBps: JUNIOR_SPREAD_BPS,
                coverPremiumBps: COVER_PREMIUM_BPS
            });
    }

    function _divide(Waterfall.Ledger memory l) internal {
        Waterfall.Division memory d = l.divide();
        if (d.toSenior + d.toReserve != 0) emit InterestSplit(d.toSenior, d.toReserve);
        if (d.toJunior + d.toCover + d.premiumPaid != 0) emit FirstLossIncome(d.toJunior, d.toCover, d.premiumPaid);
    }

    /// @dev All that moves with time and payments. Field by field: the compiler makes one write of it, of the whole struct several.
    function _saveState(CashState memory state) internal {
        (_cash.cash, _cash.accruedAt, _cash.rateAtTarget) = (state.cash, state.accruedAt, state.rateAtTarget);
    }

    function _saveClaims(Waterfall.Ledger memory l) internal {
        (_claims.senior, _claims.reserve) = (l.claims.senior, l.claims.reserve);
        if (!_hasFirstLoss()) return;
        _firstLoss = l.firstLoss;
        _expected.premium = l.premium.toUint112();
    }

    /// @dev LOSS-1. Interest up to now is divided first, so that it bears the loss with the rest.
    function _bearLoss(Waterfall.Ledger memory l, uint256 loss) internal {
        _divide(l);
        Waterfall.Loss memory by = l.bear(loss);
        emit LossRealised(by.cover, by.junior, by.senior, by.reserve);
        _saveClaims(l);
    }

    /// @dev Interest that was counted and does not count any more; cover answers for debt, not for this.
    function _reverseInterest(Waterfall.Ledger memory l, uint256 interest) internal {
        _divide(l);
        Waterfall.Loss memory by = l.bearWithoutCover(interest);
        emit InterestReversed(by.junior, by.senior, by.reserve);
        _saveClaims(l);
    }

    /// @dev Goes to those who cannot leave in this block.
    function _addLump(Waterfall.Ledger memory l, uint256 income) internal {
        // slither-disable-next-line incorrect-equality: a figure of the ledger, which nobody can send to
        if (l.firstLoss.junior == 0) {
            l.claims.reserve += income.toUint112();
            emit LumpIncome(0, income);
        } else {
            l.firstLoss.junior += income.toUint112();
            emit LumpIncome(income, 0);
        }
    }

    /// @dev What new debt must pass on the lenders' side, as of the totals that it left in storage.
    function _requireMayGrow(CashState memory state) internal view {
        require(!state.redemptionsQueued, RedemptionsAreQueued());
        _requireCapital();
    }

    function _requireCapital() internal view {
        if (CAPITAL == address(0)) return;
        Waterfall.Ledger memory l = _dividedNow();
        uint256 junior = l.exitNav(TrancheClass.Junior, _expected.loss);
        uint256 required = _requiredJunior(l.debt);
        require(junior >= required, JuniorCapitalTooLow(junior, required));
    }

    // ---- inside ----

    function _hasFirstLoss() private view returns (bool) {
        return JUNIOR != address(0) || COVER != address(0);
    }

    function _callersClass() private view returns (TrancheClass) {
        if (msg.sender == SENIOR) return TrancheClass.Senior;
        if (msg.sender == JUNIOR) return TrancheClass.Junior;
        require(msg.sender == COVER, OnlyTranche(msg.sender));
        return TrancheClass.Cover;
    }

    function _accruedLedger() private returns (Waterfall.Ledger memory) {
        (uint256 debt, CashState memory state) = _accrueDebt();
        return _ledger(debt, state);
    }

    function _ledgerNow() private view returns (Waterfall.Ledger memory) {
        (uint256 debt, CashState memory state) = _debtAndStateNow();
        return _ledger(debt, state);
    }

    function _dividedNow() private view returns (Waterfall.Ledger memory l) {
        l = _ledgerNow();
        // slither-disable-next-line unused-return: a view announces no division
        l.divide();
    }

    function _save(Waterfall.Ledger memory l) private {
        _saveState(l.state);
        _saveClaims(l);
    }

    function _requiredJunior(uint256 debt) private view returns (uint256) {
        return ICapital(CAPITAL).requiredJuniorUp(address(this), debt);
    }

    function _send(address to, uint256 assets) private {
        require(to != address(this) && to != address(0), InvalidReceiver(to));
        ASSET.safeTransfer(to, assets);
    }

    function _setReserveFee(uint256 feeBps) private {
        require(feeBps <= MAX_RESERVE_FEE_BPS, FeeTooHigh(feeBps, MAX_RESERVE_FEE_BPS));
        _claims.reserveFeeBps = uint16(feeBps);
        emit ReserveFeeSet(feeBps);
    }
}
