// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {GateCheck} from "../compliance/GateCheck.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";
import {ILoanManager} from "../interfaces/ILoanManager.sol";
import {
    AccessTerms,
    Actions,
    CustodyTerms,
    Facility,
    FacilityFlags,
    Loan,
    LoanFlags,
    LtvTerms,
    PricingTerms
} from "../interfaces/LoanTypes.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {BPS_TO_WAD, DirectedMath, PRICE_SCALE} from "../math/DirectedMath.sol";
import {Authorisations} from "./Authorisations.sol";
import {Facilities} from "./Facilities.sol";
import {LoanIds} from "./LoanIds.sol";

/// @title LoanManager
/// @dev Every action does the same in the same order: find loan and facility, check who asks and what, lock, ask the oracle
/// where new risk is taken, book in the pool (which accrues), check the limits, write the loan, emit, send what the caller
/// receives, call it back, pull what it owes, unlock.
///
/// Assumptions. Roundings: debt up, the value of collateral and the most it supports down. Liveness: an exit calls the pool,
/// the vault and the two tokens, nothing else. Roles: nobody can touch a loan but its owner, the owner's operators and,
/// where the engine finds it unhealthy, a liquidator; see Facilities for what governance can set.
///
/// Warning: a loan's id may be used again by its opener after the loan was closed, unless it had changed hands.
contract LoanManager is Facilities, Authorisations, Multicall {
    using DirectedMath for uint256;
    using LoanIds for uint256;
    using SafeCast for uint256;

    ILiquidationEngine private immutable ENGINE;
    mapping(uint256 id => Loan) private _loans;
    /// @dev Only of loans flagged TRANSFERRED: all others belong to their opener.
    mapping(uint256 id => address) private _newOwners;
    /// @dev Only of loans flagged OFFERED.
    mapping(uint256 id => address) private _offers;

    constructor(address authority_, ILiquidationEngine engine_) AccessManaged(authority_) {
        ENGINE = engine_;
    }

    // ---- a loan's life ----

    /// @inheritdoc ILoanManager
    function open(
        uint32 facility,
        uint64 salt,
        uint256 collateral,
        uint256 principal,
        address receiver,
        bytes calldata data
    ) external returns (uint256 id) {
        id = LoanIds.encode(msg.sender, facility, salt);
        require(_loans[id].flags == 0, LoanExists(id));
        Facility storage f = _existing(facility);
        LtvTerms memory ltv = f.ltv;
        CustodyTerms memory custody = f.custody;
        _lock(facility);

        uint256 shares = _borrow(facility, f, ltv, custody, msg.sender, NewRisk.Open, 0, collateral, principal);
        _loans[id] = Loan({
            debtShares: shares.toUint112(),
            collateral: collateral.toUint96(),
            defaultMarkedAt: 0,
            flags: LoanFlags.OPEN
        });
        emit Opened(id, msg.sender, facility, receiver, collateral, principal, shares);

        ILendingPool(ltv.pool).pay(receiver, principal);
        if (data.length != 0) ILoanCallbacks(msg.sender).onOpen(id, collateral, data);
        ICollateralVault(custody.vault).deposit(msg.sender, collateral);
        _unlock(facility);
    }

    /// @inheritdoc ILoanManager
    function draw(uint256 id, uint256 assets, address receiver) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        require(assets != 0, ZeroAmount());
        address owner = _ownerOf(id, loan.flags);
        Facility storage f = _facilities[facility];
        LtvTerms memory ltv = f.ltv;
        _lock(facility);
        _useAuthorisation(owner, facility, Actions.DRAW, assets, 0);

        uint256 shares = _borrow(
            facility,
            f,
            ltv,
            f.custody,
            owner,
            NewRisk.Draw,
            loan.debtShares,
            loan.collateral,
            assets
        );
        _loans[id].debtShares = (loan.debtShares + shares).toUint112();
        emit Drawn(id, msg.sender, receiver, assets, shares);

        ILendingPool(ltv.pool).pay(receiver, assets);
        _unlock(facility);
    }

    /// @inheritdoc ILoanManager
    function repay(uint256 id, uint256 assets, bytes calldata data) external returns (uint256 paid) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        require(assets != 0, ZeroAmount());
        Facility storage f = _facilities[facility];
        ILendingPool pool = ILendingPool(f.ltv.pool);
        _lock(facility);

        uint256 shares;
        (paid, shares) = pool.repay(loan.debtShares, assets, f.pricing.minDebt);
        loan.debtShares -= uint112(shares); // at most the loan's own
        _store(id, loan);
        emit Repaid(id, msg.sender, paid, shares);

        if (data.length != 0) ILoanCallbacks(msg.sender).onRepay(id, paid, data);
        pool.collect(msg.sender, paid);
        _unlock(facility);
    }

    /// @inheritdoc ILoanManager
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

    /// @inheritdoc ILoanManager
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
            uint256 debt = ILendingPool(f.ltv.pool).accruedDebt(loan.debtShares);
            _requireWithinLtv(f.pricing.oracle, loan.collateral, debt, f.ltv.maxLtvBps);
        }
        _store(id, loan);
        emit Withdrawn(id, msg.sender, receiver, withdrawn);

        ICollateralVault(f.custody.vault).withdraw(receiver, withdrawn);
        _unlock(facility);
    }

    /// @inheritdoc ILoanManager
    function close(
        uint256 id,
        address receiver,
        bytes calldata data
    ) external returns (uint256 paid, uint256 collateral) {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        collateral = loan.collateral;
        Facility storage f = _facilities[facility];
        ILendingPool pool = ILendingPool(f.ltv.pool);
        _lock(facility);
        _useAuthorisation(_ownerOf(id, loan.flags), facility, Actions.CLOSE, 0, collateral);

        if (loan.debtShares != 0) (paid, ) = pool.repay(loan.debtShares, type(uint256).max, 0);
        _remove(id, loan.flags);
        emit Closed(id, msg.sender, receiver, paid, loan.debtShares, collateral);

        if (collateral != 0) ICollateralVault(f.custody.vault).withdraw(receiver, collateral);
        if (data.length != 0) ILoanCallbacks(msg.sender).onClose(id, paid, collateral, data);
        if (paid != 0) pool.collect(msg.sender, paid);
        _unlock(facility);
    }

    /// @inheritdoc ILoanManager
    function transferLoan(uint256 id, address newOwner) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        address owner = _ownerOf(id, loan.flags);
        _useAuthorisation(owner, facility, Actions.TRANSFER, 0, 0);

        _offers[id] = newOwner;
        _loans[id].flags = newOwner == address(0) ? loan.flags & ~LoanFlags.OFFERED : loan.flags | LoanFlags.OFFERED;
        emit TransferOffered(id, owner, newOwner);
    }

    /// @inheritdoc ILoanManager
    function acceptLoan(uint256 id, uint256 maxDebt, uint256 minCollateral) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        address offered = _offers[id];
        require(offered == msg.sender, NotOffered(id, msg.sender, offered));
        Facility storage f = _facilities[facility];
        _requireNewLoans(facility, f.pricing.flags);
        GateCheck.requireAllowed(f.access.gate, msg.sender, NewRisk.AcceptLoan);
        uint256 debt = ILendingPool(f.ltv.pool).debtOf(loan.debtShares);
        require(
            debt <= maxDebt && loan.collateral >= minCollateral,
            LoanChanged(debt, maxDebt, loan.collateral, minCollateral)
        );

        address from = _ownerOf(id, loan.flags);
        delete _offers[id];
        _newOwners[id] = msg.sender;
        _loans[id].flags = (loan.flags | LoanFlags.TRANSFERRED) & ~LoanFlags.OFFERED;
        emit Transferred(id, from, msg.sender);
    }

    /// @inheritdoc ILoanManager
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

    // ---- liquidation ----

    /// @inheritdoc ILoanManager
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
        ILendingPool pool = ILendingPool(ltv.pool);
        _lock(facility);

        uint256 debt = loan.debtShares == 0 ? 0 : pool.accruedDebt(loan.debtShares);
        ILiquidationEngine.Quote memory q = ENGINE.judge(_position(f, ltv, loan, debt), maxRepaid);
        (repaid, seized) = (q.repaid, q.seized);
        uint256 perUnit = seized.mulDivDown(PRICE_SCALE, repaid);
        require(perUnit >= minCollateralPerUnitE36, PriceTooLow(perUnit, minCollateralPerUnitE36));
        uint256 shares = pool.settleSale(loan.debtShares, debt, q.debtClosed, repaid);
        loan.debtShares -= uint112(shares); // at most the loan's own
        loan.collateral = (loan.collateral - seized).toUint96();
        _store(id, loan);
        emit Liquidated(id, msg.sender, repaid, seized, q.debtClosed, shares);

        if (seized != 0) ICollateralVault(f.custody.vault).withdraw(msg.sender, seized);
        if (data.length != 0) ILoanCallbacks(msg.sender).onLiquidate(id, repaid, seized, data);
        pool.collect(msg.sender, repaid);
        _unlock(facility);
    }

    /// @inheritdoc ILoanManager
    function quoteLiquidation(uint256 id, uint256 maxRepaid) external view returns (ILiquidationEngine.Quote memory) {
        Loan memory loan = _openLoan(id);
        Facility storage f = _facilities[id.facilityOf()];
        LtvTerms memory ltv = f.ltv;
        uint256 debt = loan.debtShares == 0 ? 0 : ILendingPool(ltv.pool).debtOf(loan.debtShares);
        return ENGINE.judge(_position(f, ltv, loan, debt), maxRepaid);
    }

    // ---- views ----

    /// @inheritdoc ILoanManager
    function engine() external view returns (address) {
        return address(ENGINE);
    }

    /// @inheritdoc ILoanManager
    function loanOf(uint256 id) external view returns (Loan memory) {
        _requireUnlocked(id.facilityOf());
        return _loans[id];
    }

    /// @inheritdoc ILoanManager
    function ownerOf(uint256 id) external view returns (address) {
        _requireUnlocked(id.facilityOf());
        uint8 flags = _loans[id].flags;
        return flags & LoanFlags.OPEN == 0 ? address(0) : _ownerOf(id, flags);
    }

    /// @inheritdoc ILoanManager
    function offeredTo(uint256 id) external view returns (address) {
        _requireUnlocked(id.facilityOf());
        return _offers[id];
    }

    /// @inheritdoc ILoanManager
    function debtOf(uint256 id) external view returns (uint256) {
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        Loan memory loan = _loans[id];
        return loan.debtShares == 0 ? 0 : ILendingPool(_facilities[facility].ltv.pool).debtOf(loan.debtShares);
    }

    // ---- inside ----

    function _openLoan(uint256 id) private view returns (Loan memory loan) {
        loan = _loans[id];
        require(loan.flags & LoanFlags.OPEN != 0, NoSuchLoan(id));
    }

    function _ownerOf(uint256 id, uint8 flags) private view returns (address) {
        return flags & LoanFlags.TRANSFERRED == 0 ? id.openerOf() : _newOwners[id];
    }

    /// @dev A loan with neither debt nor collateral is gone.
    function _store(uint256 id, Loan memory loan) private {
        if (loan.debtShares == 0 && loan.collateral == 0) _remove(id, loan.flags);
        else _loans[id] = loan;
    }

    function _remove(uint256 id, uint8 flags) private {
        delete _loans[id];
        if (flags & LoanFlags.TRANSFERRED != 0) {
            delete _newOwners[id];
            _loans[id].flags = LoanFlags.SPENT;
        }
        if (flags & LoanFlags.OFFERED != 0) delete _offers[id];
    }

    /// @dev All checks of new debt, and its booking: stop, gate, price, caps, loan-to-value.
    function _borrow(
        uint32 facility,
        Facility storage f,
        LtvTerms memory ltv,
        CustodyTerms memory custody,
        address owner,
        NewRisk action,
        uint256 sharesBefore,
        uint256 collateral,
        uint256 assets
    ) private returns (uint256 shares) {
        PricingTerms memory pricing = f.pricing;
        _requireNewLoans(facility, pricing.flags);
        uint256 loanCap = type(uint96).max;
        if (pricing.flags & FacilityFlags.ACCESS_LIMITED != 0) {
            AccessTerms memory access = f.access;
            GateCheck.requireAllowed(access.gate, owner, action);
            loanCap = access.loanCap;
        }
        uint256 price = IOracle(pricing.oracle).borrowPrice();
        uint256 maxDebt = _maxDebtDown(collateral, price, ltv.maxLtvBps);
        uint256 debt;
        uint256 totalDebt;
        (shares, debt, totalDebt) = ILendingPool(ltv.pool).draw(sharesBefore, assets);
        require(debt >= pricing.minDebt, BelowMinDebt(debt, pricing.minDebt));
        require(debt <= maxDebt, LtvTooHigh(debt, maxDebt, collateral, price));
        require(debt <= loanCap, LoanCapExceeded(debt, loanCap));
        require(totalDebt <= custody.cap, CapExceeded(totalDebt, custody.cap));
    }

    function _requireWithinLtv(address oracle, uint256 collateral, uint256 debt, uint256 maxLtvBps) private view {
        uint256 price = IOracle(oracle).borrowPrice();
        uint256 maxDebt = _maxDebtDown(collateral, price, maxLtvBps);
        require(debt <= maxDebt, LtvTooHigh(debt, maxDebt, collateral, price));
    }

    function _maxDebtDown(uint256 collateral, uint256 priceE36, uint256 ltvBps) private pure returns (uint256) {
        return collateral.mulDivDown(priceE36, PRICE_SCALE).wadMulDown(ltvBps * BPS_TO_WAD);
    }

    function _position(
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
        if (loan.defaultMarkedAt != 0) {
            position.defaultMarkedAt = loan.defaultMarkedAt;
            position.rampSeconds = f.rampSeconds;
        }
    }
}
