// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";
import {
    Actions,
    CustodyTerms,
    Facility,
    FacilityKind,
    Loan,
    LoanFlags,
    LtvTerms,
    PricingTerms
} from "../interfaces/LoanTypes.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../interfaces/ITermLoanManager.sol";
import {Authorisations} from "./Authorisations.sol";
import {Facilities} from "./Facilities.sol";
import {FIRST_TERM_FACILITY, LoanIds} from "./LoanIds.sol";
import {Loans} from "./Loans.sol";

/// @title TermLoanManager: loans at a fixed rate with dated instalments.
/// @notice Its facilities are numbered from 1,000,001.
/// @dev A second contract beside LoanManager because both together would exceed the limit on a contract's size (EIP-170). What a
/// loan owes is kept by its pool and computed by the pool's book.
contract TermLoanManager is Loans, ITermLoanManager {
    using LoanIds for uint256;
    using SafeCast for uint256;

    constructor(
        address authority_,
        ILiquidationEngine engine_
    )
        Facilities(FacilityKind.Term, FIRST_TERM_FACILITY)
        Authorisations("Ballast TermLoanManager")
        Loans(authority_, engine_)
    {}

    // ---- new debt ----

    /// @inheritdoc ITermLoanManager
    function open(Opening calldata o, bytes calldata data) external returns (uint256 id) {
        require(block.timestamp <= o.deadline, DeadlinePassed(o.deadline, block.timestamp));
        id = LoanIds.encode(msg.sender, o.facility, o.salt);
        require(_loans[id].flags == 0, LoanExists(id));
        Facility storage f = _existing(o.facility);
        LtvTerms memory ltv = f.ltv;
        CustodyTerms memory custody = f.custody;
        _lock(o.facility);

        _borrow(id, o, f, ltv, custody);
        _loans[id] = Loan({
            debtShares: o.principal.toUint112(),
            collateral: o.collateral.toUint96(),
            duesPassed: 0,
            settledAfter: 0,
            flags: LoanFlags.OPEN
        });

        ITermLendingPool(ltv.pool).pay(o.receiver, o.principal);
        if (data.length != 0) ILoanCallbacks(msg.sender).onOpen(id, o.collateral, data);
        ICollateralVault(custody.vault).deposit(msg.sender, o.collateral);
        _unlock(o.facility);
    }

    /// @inheritdoc ITermLoanManager
    function rollOver(
        uint256 id,
        uint8 sheet,
        uint256 maxAnnualRate,
        uint256 deadline,
        bytes32 agreement
    ) external returns (uint256 principal) {
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        Facility storage f = _facilities[facility];
        LtvTerms memory ltv = f.ltv;
        PricingTerms memory pricing = f.pricing;
        _lock(facility);
        address owner = _ownerOf(id, loan.flags);
        _useAuthorisation(owner, facility, Actions.ROLL_OVER, 0, 0);
        uint256 loanCap = _requireMayBorrow(facility, f, pricing.flags, owner, NewRisk.Open);

        uint256 debt = _debtNow(id, loan, ltv.pool);
        uint256 annualRate;
        uint256 instalment;
        uint256 totalDebt;
        // slither-disable-next-line reentrancy-no-eth: the facility's own pool, which calls nobody there
        (loan, annualRate, instalment, totalDebt) = ITermLendingPool(ltv.pool).rollOver(
            id,
            loan,
            sheet,
            maxAnnualRate,
            debt
        );
        principal = loan.debtShares;
        // An operator's limit on cash also bounds the fees it may have its owner owe.
        _useAuthorisation(owner, facility, Actions.ROLL_OVER, principal - debt, 0);
        // What raises no debt is not asked for caps, or a downturn would force defaults.
        if (principal != debt) {
            require(principal <= loanCap, LoanCapExceeded(principal, loanCap));
            require(totalDebt <= f.custody.cap, CapExceeded(totalDebt, f.custody.cap));
        }
        _requireWithinLtv(pricing.oracle, loan.collateral, principal, ltv.maxLtvBps);
        _write(id, loan);
        emit RolledOver(id, msg.sender, principal, sheet, annualRate, instalment, agreement);
        _unlock(facility);
    }

    // ---- default ----

    /// @inheritdoc ITermLoanManager
    function markDefault(uint256 id) external {
        Loan memory loan = _openLoan(id);
        uint32 facility = id.facilityOf();
        _requireUnlocked(facility);
        uint256 defaultedAt;
        (_loans[id], defaultedAt) = ITermLendingPool(_facilities[facility].ltv.pool).markDefault(id, loan);
        emit DefaultMarked(id, msg.sender, defaultedAt);
    }

    // ---- how a term debt grows and ends: the pool keeps it, its book knows ----

    function _debtNow(uint256 id, Loan memory loan, address pool) internal view override returns (uint256) {
        return _book(pool).debtOf(pool, id, loan);
    }

    function _payOffNow(uint256 id, Loan memory loan, address pool) internal view override returns (uint256) {
        return _book(pool).payOffOf(pool, id, loan);
    }

    function _recognisedDebt(uint256 id, Loan memory loan, address pool) internal view override returns (uint256) {
        return _book(pool).countedDebtOf(pool, id, loan);
    }

    function _accruedDebt(uint256 id, Loan memory loan, address pool) internal view override returns (uint256) {
        return _debtNow(id, loan, pool);
    }

    function _debtToWithdrawAgainst(
        uint256 id,
        Loan memory loan,
        address pool
    ) internal view override returns (uint256) {
        return _book(pool).debtInGoodStanding(pool, id, loan);
    }

    function _defaultMarkedAt(uint256 id, Loan memory loan) internal view override returns (uint256) {
        if (loan.flags & LoanFlags.IN_DEFAULT == 0) return 0;
        return ITermLendingPool(_facilities[id.facilityOf()].ltv.pool).defaultMarkedAt(id);
    }

    function _repay(
        uint256 id,
        Loan memory loan,
        Facility storage,
        address pool,
        uint256 assets
    ) internal override returns (uint256 paid, uint256 principal) {
        Loan memory next;
        (next, paid) = ITermLendingPool(pool).repay(id, loan, assets);
        principal = _take(id, loan, next);
    }

    function _payOff(uint256 id, Loan memory loan, address pool) internal override returns (uint256 paid) {
        paid = ITermLendingPool(pool).payOff(id, loan);
    }

    function _settleSale(
        uint256 id,
        Loan memory loan,
        address pool,
        uint256,
        ILiquidationEngine.Quote memory q
    ) internal override returns (uint256 principal) {
        principal = _take(id, loan, ITermLendingPool(pool).settleSale(id, loan, q.debtClosed, q.repaid));
    }

    // ---- inside ----

    /// @dev All checks of a new loan, and its booking: stop, gate, price, caps, loan-to-value.
    function _borrow(
        uint256 id,
        Opening calldata o,
        Facility storage f,
        LtvTerms memory ltv,
        CustodyTerms memory custody
    ) private {
        PricingTerms memory pricing = f.pricing;
        uint256 loanCap = _requireMayBorrow(o.facility, f, pricing.flags, msg.sender, NewRisk.Open);
        require(o.principal >= pricing.minDebt, BelowMinDebt(o.principal, pricing.minDebt));
        require(o.principal <= loanCap, LoanCapExceeded(o.principal, loanCap));
        _requireWithinLtv(pricing.oracle, o.collateral, o.principal, ltv.maxLtvBps);
        // slither-disable-next-line reentrancy-no-eth: the facility's own pool, which calls nobody there
        (uint256 annualRate, uint256 instalment, uint256 totalDebt) = ITermLendingPool(ltv.pool).borrow(
            id,
            o.sheet,
            o.principal,
            o.maxAnnualRate
        );
        require(totalDebt <= custody.cap, CapExceeded(totalDebt, custody.cap));
        emit TermLoanOpened(
            id,
            msg.sender,
            o.facility,
            o.receiver,
            o.collateral,
            o.principal,
            o.sheet,
            annualRate,
            instalment,
            o.agreement
        );
    }

    function _book(address pool) private view returns (ITermLoanBook) {
        return ITermLoanBook(ITermLendingPool(pool).book());
    }

    /// @dev Takes over what the pool made of the loan.
    function _take(uint256 id, Loan memory loan, Loan memory next) private returns (uint256 principal) {
        principal = loan.debtShares - next.debtShares;
        if (loan.flags & LoanFlags.IN_DEFAULT != 0 && next.flags & LoanFlags.IN_DEFAULT == 0) emit Cured(id);
        loan.debtShares = next.debtShares;
        loan.duesPassed = next.duesPassed;
        loan.settledAfter = next.settledAfter;
        loan.flags = next.flags;
    }
}
