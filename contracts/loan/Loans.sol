// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {GateCheck} from "../compliance/GateCheck.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {Actions, Facility, FacilityFlags, Loan, LoanFlags, LtvTerms, PricingTerms} from "../interfaces/LoanTypes.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {BPS_TO_WAD, DirectedMath, PRICE_SCALE, WAD} from "../math/DirectedMath.sol";
import {Authorisations} from "./Authorisations.sol";
import {Facilities} from "./Facilities.sol";
import {LoanIds} from "./LoanIds.sol";

/// @title What revolving and term loans share: all but how a debt begins and grows.
/// @dev Every action does the same in the same order: find loan and facility, check who asks and what, lock, ask the oracle
/// where new risk is taken, book in the pool (which accrues), check the limits, write the loan, emit, send what the caller
/// receives, call it back, pull what it owes, unlock.
///
/// Assumptions. Roundings: debt up, the value of collateral and the most it supports down. Liveness: an exit calls the pool,
/// the vault and the two tokens, nothing else. Roles: nobody can touch a loan but its owner, the owner's operators and,
/// where the engine finds it unhealthy, a liquidator; see Facilities for what governance can set.
///
/// Warning: a loan's id may be used again by its opener after the loan was closed, unless it had changed hands.
abstract contract Loans is ILoans, Facilities, Authorisations, Multicall {
    using DirectedMath for uint256;
    using LoanIds for uint256;
    using SafeCast for uint256;

    struct Offer {
        address to;
        address operator; // who made it; 0 = the owner
    }

    ILiquidationEngine private immutable ENGINE;
    mapping(uint256 id => Loan) internal _loans;
    /// @dev Only of loans flagged TRANSFERRED: all others belong to their opener.
    mapping(uint256 id => address) private _newOwners;
    /// @dev Only of loans flagged OFFERED.
    mapping(uint256 id => Offer) private _offers;
    /// @dev Only of loans flagged MARKED.
    mapping(uint256 id => uint256 expectedLoss) private _marks;

    constructor(address authority_, ILiquidationEngine engine_) AccessManaged(authority_) {
        ENGINE = engine_;
    }

    // ---- a loan's life ----

    /// @inheritdoc ILoans
    function repay(uint256 id, uint256 assets, bytes calldata data) external returns (uint256 paid) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        require(assets != 0, ZeroAmount());
        Facility storage f = _facilities[facility];
        address pool = f.ltv.pool;
        _lock(facility);

        uint256 counted = _countedIfMarked(id, loan, pool);
        uint256 shares;
        (paid, shares) = _repay(id, loan, f, pool, assets);
        if (loan.flags & LoanFlags.MARKED != 0) _moveMark(id, loan, pool, counted, loan.collateral);
        _store(id, loan);
        emit Repaid(id, msg.sender, paid, shares);

        if (data.length != 0) ILoanCallbacks(msg.sender).onRepay(id, paid, data);
        IPoolLedger(pool).collect(msg.sender, paid);
        _unlock(facility);
    }

    /// @inheritdoc ILoans
    function topUp(uint256 id, uint256 collateral, bytes calldata data) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        require(collateral != 0, ZeroAmount());
        _lock(facility);

        _loans[id].collateral = (loan.collateral + collateral).toUint96();
        emit ToppedUp(id, msg.sender, collateral);

        if (data.length != 0) ILoanCallbacks(msg.sender).onTopUp(id, collateral, data);
        ICollateralVault(_facilities[facility].custody.vault).deposit(msg.sender, collateral);
        _unlock(facility);
    }

    /// @inheritdoc ILoans
    function withdraw(uint256 id, uint256 collateral, address receiver) external returns (uint256 withdrawn) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        withdrawn = collateral == type(uint256).max ? loan.collateral : collateral;
        require(withdrawn != 0, ZeroAmount());
        require(withdrawn <= loan.collateral, InsufficientCollateral(withdrawn, loan.collateral));
        Facility storage f = _facilities[facility];
        _lock(facility);
        _useAuthorisation(_ownerOf(id, loan.flags), facility, Actions.WITHDRAW, 0, withdrawn);

        loan.collateral -= uint96(withdrawn); // at most what is there
        if (loan.debtShares != 0) {
            uint256 debt = _debtToWithdrawAgainst(id, loan, f.ltv.pool);
            _requireWithinLtv(f.pricing.oracle, loan.collateral, debt, f.ltv.maxLtvBps);
        }
        _store(id, loan);
        emit Withdrawn(id, msg.sender, receiver, withdrawn);

        ICollateralVault(f.custody.vault).withdraw(receiver, withdrawn);
        _unlock(facility);
    }

    /// @inheritdoc ILoans
    function close(
        uint256 id,
        address receiver,
        bytes calldata data
    ) external returns (uint256 paid, uint256 collateral) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        collateral = loan.collateral;
        Facility storage f = _facilities[facility];
        address pool = f.ltv.pool;
        _lock(facility);
        _useAuthorisation(_ownerOf(id, loan.flags), facility, Actions.CLOSE, 0, collateral);

        uint256 shares = loan.debtShares;
        if (shares != 0) paid = _payOff(id, loan, pool);
        if (loan.flags & LoanFlags.MARKED != 0) _setMark(id, loan, pool, 0);
        _remove(id, loan.flags);
        emit Closed(id, msg.sender, receiver, paid, shares, collateral);

        if (collateral != 0) ICollateralVault(f.custody.vault).withdraw(receiver, collateral);
        if (data.length != 0) ILoanCallbacks(msg.sender).onClose(id, paid, collateral, data);
        if (paid != 0) IPoolLedger(pool).collect(msg.sender, paid);
        _unlock(facility);
    }

    /// @inheritdoc ILoans
    function transferLoan(uint256 id, address newOwner) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        address owner = _ownerOf(id, loan.flags);
        _useAuthorisation(owner, facility, Actions.TRANSFER, 0, 0);

        _offers[id] = Offer({to: newOwner, operator: msg.sender == owner ? address(0) : msg.sender});
        _loans[id].flags = newOwner == address(0) ? loan.flags & ~LoanFlags.OFFERED : loan.flags | LoanFlags.OFFERED;
        emit TransferOffered(id, owner, newOwner, msg.sender);
    }

    /// @inheritdoc ILoans
    function acceptLoan(uint256 id, uint256 maxDebt, uint256 minCollateral) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        Offer memory offer = _offers[id];
        require(offer.to == msg.sender, NotOffered(id, msg.sender, offer.to));
        address from = _ownerOf(id, loan.flags);
        if (offer.operator != address(0)) _requireAuthorised(from, facility, offer.operator, Actions.TRANSFER);
        Facility storage f = _facilities[facility];
        _requireNewLoans(facility, f.pricing.flags);
        GateCheck.requireAllowed(f.access.gate, msg.sender, NewRisk.AcceptLoan);
        uint256 debt = _debtNow(id, loan, f.ltv.pool);
        require(
            debt <= maxDebt && loan.collateral >= minCollateral,
            LoanChanged(debt, maxDebt, loan.collateral, minCollateral)
        );

        delete _offers[id];
        _newOwners[id] = msg.sender;
        _loans[id].flags = (loan.flags | LoanFlags.TRANSFERRED) & ~LoanFlags.OFFERED;
        emit Transferred(id, from, msg.sender);
    }

    /// @inheritdoc ILoans
    function permit(
        address token,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        // Whoever front-runs this has set the same allowance; the action behind it finds out whether it suffices.
        try IERC20Permit(token).permit(msg.sender, spender, value, deadline, v, r, s) {} catch {}
    }

    // ---- losses, expected and real ----

    /// @inheritdoc ILoans
    function mark(uint256 id) external returns (uint256 expectedLoss) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        Facility storage f = _facilities[facility];
        LtvTerms memory ltv = f.ltv;
        uint256 value = uint256(loan.collateral).mulDivDown(IOracle(f.pricing.oracle).price(), PRICE_SCALE);
        uint256 covered = value.mulDivDown(WAD, WAD + ltv.incentiveMinBps * BPS_TO_WAD);
        if (loan.debtShares != 0) expectedLoss = _recognisedDebt(id, loan, ltv.pool).zeroFloorSub(covered);
        _setMark(id, loan, ltv.pool, expectedLoss);
        _loans[id].flags = loan.flags;
    }

    /// @inheritdoc ILoans
    function liquidate(
        uint256 id,
        uint256 maxRepaid,
        uint256 minCollateralPerUnitE36,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        Facility storage f = _facilities[facility];
        LtvTerms memory ltv = f.ltv;
        _lock(facility);

        uint256 debt = loan.debtShares == 0 ? 0 : _accruedDebt(id, loan, ltv.pool);
        ILiquidationEngine.Quote memory q = ENGINE.judge(_position(id, f, ltv, loan, debt), maxRepaid);
        (repaid, seized) = (q.repaid, q.seized);
        uint256 perUnit = seized.mulDivDown(PRICE_SCALE, repaid);
        require(perUnit >= minCollateralPerUnitE36, PriceTooLow(perUnit, minCollateralPerUnitE36));
        uint256 counted = _countedIfMarked(id, loan, ltv.pool);
        uint256 shares = _settleSale(id, loan, ltv.pool, debt, q);
        uint256 collateralBefore = loan.collateral;
        loan.collateral = (collateralBefore - seized).toUint96();
        if (loan.flags & LoanFlags.MARKED != 0) _moveMark(id, loan, ltv.pool, counted, collateralBefore);
        _store(id, loan);
        emit Liquidated(id, msg.sender, repaid, seized, q.debtClosed, shares);

        if (seized != 0) ICollateralVault(f.custody.vault).withdraw(msg.sender, seized);
        if (data.length != 0) ILoanCallbacks(msg.sender).onLiquidate(id, repaid, seized, data);
        IPoolLedger(ltv.pool).collect(msg.sender, repaid);
        _unlock(facility);
    }

    /// @inheritdoc ILoans
    function quoteLiquidation(uint256 id, uint256 maxRepaid) external view returns (ILiquidationEngine.Quote memory) {
        Loan memory loan = _openLoan(id);
        Facility storage f = _facilities[id.facilityOf()];
        LtvTerms memory ltv = f.ltv;
        uint256 debt = loan.debtShares == 0 ? 0 : _debtNow(id, loan, ltv.pool);
        return ENGINE.judge(_position(id, f, ltv, loan, debt), maxRepaid);
    }

    // ---- views ----

    /// @inheritdoc ILoans
    function engine() external view returns (address) {
        return address(ENGINE);
    }

    /// @inheritdoc ILoans
    function loanOf(uint256 id) external view returns (Loan memory) {
        _requireUnlocked(id.facilityOf());
        return _loans[id];
    }

    /// @inheritdoc ILoans
    function ownerOf(uint256 id) external view returns (address) {
        _requireUnlocked(id.facilityOf());
        uint8 flags = _loans[id].flags;
        return flags & LoanFlags.OPEN == 0 ? address(0) : _ownerOf(id, flags);
    }

    /// @inheritdoc ILoans
    function offeredTo(uint256 id) external view returns (address) {
        _requireUnlocked(id.facilityOf());
        return _offers[id].to;
    }

    /// @inheritdoc ILoans
    function debtOf(uint256 id) external view returns (uint256) {
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        Loan memory loan = _loans[id];
        return loan.debtShares == 0 ? 0 : _debtNow(id, loan, _facilities[facility].ltv.pool);
    }

    /// @inheritdoc ILoans
    function payOffOf(uint256 id) external view returns (uint256) {
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        Loan memory loan = _loans[id];
        return loan.debtShares == 0 ? 0 : _payOffNow(id, loan, _facilities[facility].ltv.pool);
    }

    /// @inheritdoc ILoans
    function markOf(uint256 id) external view returns (uint256) {
        return _marks[id];
    }

    // ---- how a debt of the kind grows and ends; each takes the loan from memory and leaves it there as it is afterwards ----

    /// @dev Debt at this second, rounded up, of a loan that has one.
    function _debtNow(uint256 id, Loan memory loan, address pool) internal view virtual returns (uint256);

    /// @dev What closing such a loan costs at this second.
    function _payOffNow(uint256 id, Loan memory loan, address pool) internal view virtual returns (uint256);

    /// @dev The part of it that the pool counts among its assets; the pool may accrue.
    function _recognisedDebt(uint256 id, Loan memory loan, address pool) internal virtual returns (uint256);

    /// @dev The same as _debtNow, and the pool may accrue.
    function _accruedDebt(uint256 id, Loan memory loan, address pool) internal virtual returns (uint256);

    /// @dev The debt that collateral to be taken out must leave covered; refuses where none may be.
    function _debtToWithdrawAgainst(uint256 id, Loan memory loan, address pool) internal virtual returns (uint256);

    /// @dev Second of the default mark; 0 = none.
    function _defaultMarkedAt(uint256 id, Loan memory loan) internal view virtual returns (uint256);

    /// @dev Books a payment of at most `assets`.
    function _repay(
        uint256 id,
        Loan memory loan,
        Facility storage f,
        address pool,
        uint256 assets
    ) internal virtual returns (uint256 paid, uint256 shares);

    /// @dev Books the payment of all the debt of a loan that is removed thereafter; memory may keep what it was.
    function _payOff(uint256 id, Loan memory loan, address pool) internal virtual returns (uint256 paid);

    /// @dev Books a sale of collateral.
    function _settleSale(
        uint256 id,
        Loan memory loan,
        address pool,
        uint256 debt,
        ILiquidationEngine.Quote memory q
    ) internal virtual returns (uint256 shares);

    // ---- inside ----

    function _openLoan(uint256 id) internal view returns (Loan memory loan) {
        loan = _loans[id];
        require(loan.flags & LoanFlags.OPEN != 0, NoSuchLoan(id));
    }

    function _ownerOf(uint256 id, uint8 flags) internal view returns (address) {
        return flags & LoanFlags.TRANSFERRED == 0 ? id.openerOf() : _newOwners[id];
    }

    /// @dev A loan with neither debt nor collateral is gone.
    function _store(uint256 id, Loan memory loan) internal {
        if (loan.debtShares == 0 && loan.collateral == 0) _remove(id, loan.flags);
        else _write(id, loan);
    }

    /// @dev Field by field: the compiler makes one write of it, of the whole struct several.
    function _write(uint256 id, Loan memory loan) internal {
        Loan storage s = _loans[id];
        (s.debtShares, s.collateral) = (loan.debtShares, loan.collateral);
        (s.duesPassed, s.settledAfter, s.flags) = (loan.duesPassed, loan.settledAfter, loan.flags);
    }

    function _remove(uint256 id, uint8 flags) private {
        delete _loans[id];
        if (flags & LoanFlags.TRANSFERRED != 0) {
            delete _newOwners[id];
            _loans[id].flags = LoanFlags.SPENT;
        }
        if (flags & LoanFlags.OFFERED != 0) delete _offers[id];
    }

    function _countedIfMarked(uint256 id, Loan memory loan, address pool) private returns (uint256) {
        return loan.flags & LoanFlags.MARKED == 0 ? 0 : _recognisedDebt(id, loan, pool);
    }

    /// @dev After a payment or a sale: what the collateral was expected to cover, of what is left of it, still covers as much of
    /// what the pool now counts. Money for what was never counted lessens no expected loss, and a cure that counts more adds to it.
    function _moveMark(
        uint256 id,
        Loan memory loan,
        address pool,
        uint256 countedBefore,
        uint256 collateralBefore
    ) private {
        uint256 covered = countedBefore.zeroFloorSub(_marks[id]);
        if (loan.collateral != collateralBefore) covered = covered.mulDivDown(loan.collateral, collateralBefore);
        uint256 counted = loan.debtShares == 0 ? 0 : _recognisedDebt(id, loan, pool);
        _setMark(id, loan, pool, counted.zeroFloorSub(covered));
    }

    function _setMark(uint256 id, Loan memory loan, address pool, uint256 expectedLoss) private {
        uint256 before = _marks[id];
        if (before == expectedLoss) return;
        _marks[id] = expectedLoss;
        loan.flags = expectedLoss == 0 ? loan.flags & ~LoanFlags.MARKED : loan.flags | LoanFlags.MARKED;
        emit Marked(id, msg.sender, expectedLoss);
        // slither-disable-next-line reentrancy-no-eth: the facility's own pool, which calls nobody there
        IPoolLedger(pool).changeExpectedLoss(before, expectedLoss);
    }

    /// @dev Stop, gate and the loan's cap: what new debt of `owner` must pass whatever its terms.
    function _requireMayBorrow(
        uint32 facility,
        Facility storage f,
        uint8 flags,
        address owner,
        NewRisk action
    ) internal view returns (uint256 loanCap) {
        _requireNewLoans(facility, flags);
        if (flags & FacilityFlags.ACCESS_LIMITED == 0) return type(uint96).max;
        GateCheck.requireAllowed(f.access.gate, owner, action);
        return f.access.loanCap;
    }

    function _requireWithinLtv(address oracle, uint256 collateral, uint256 debt, uint256 maxLtvBps) internal view {
        uint256 price = IOracle(oracle).borrowPrice();
        uint256 maxDebt = _maxDebtDown(collateral, price, maxLtvBps);
        require(debt <= maxDebt, LtvTooHigh(debt, maxDebt, collateral, price));
    }

    function _maxDebtDown(uint256 collateral, uint256 priceE36, uint256 ltvBps) internal pure returns (uint256) {
        return collateral.mulDivDown(priceE36, PRICE_SCALE).wadMulDown(ltvBps * BPS_TO_WAD);
    }

    function _position(
        uint256 id,
        Facility storage f,
        LtvTerms memory ltv,
        Loan memory loan,
        uint256 debt
    ) private view returns (ILiquidationEngine.Position memory position) {
        PricingTerms memory pricing = f.pricing;
        position.collateral = loan.collateral;
        position.debt = debt;
        position.oracle = pricing.oracle;
        position.minDebt = pricing.minDebt;
        position.lltvBps = ltv.lltvBps;
        position.targetLtvBps = ltv.targetLtvBps;
        position.incentiveMinBps = ltv.incentiveMinBps;
        position.incentiveMaxBps = ltv.incentiveMaxBps;
        position.healthForMaxBps = ltv.healthForMaxBps;
        position.defaultMarkedAt = _defaultMarkedAt(id, loan);
        if (position.defaultMarkedAt != 0) position.rampSeconds = f.rampSeconds;
    }
}
