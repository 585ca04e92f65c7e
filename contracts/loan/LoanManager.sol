// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";
import {ILoanManager} from "../interfaces/ILoanManager.sol";
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
import {IOracle} from "../interfaces/IOracle.sol";
import {Authorisations} from "./Authorisations.sol";
import {Facilities} from "./Facilities.sol";
import {LoanIds} from "./LoanIds.sol";
import {Loans} from "./Loans.sol";

/// @title LoanManager: revolving loans, whose debt is shares of all that the facility's borrowers owe.
contract LoanManager is Loans, ILoanManager {
    using LoanIds for uint256;
    using SafeCast for uint256;

    constructor(
        address authority_,
        ILiquidationEngine engine_
    ) Facilities(FacilityKind.Revolving, 1) Authorisations("Ballast LoanManager") Loans(authority_, engine_) {}

    // ---- new debt ----

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
            duesPassed: 0,
            settledAfter: 0,
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

    // ---- how a revolving debt grows and ends: the pool knows ----

    function _debtNow(uint256, Loan memory loan, address pool) internal view override returns (uint256) {
        return ILendingPool(pool).debtOf(loan.debtShares);
    }

    function _payOffNow(uint256 id, Loan memory loan, address pool) internal view override returns (uint256) {
        return _debtNow(id, loan, pool);
    }

    function _recognisedDebt(uint256, Loan memory loan, address pool) internal override returns (uint256) {
        return ILendingPool(pool).accruedDebt(loan.debtShares);
    }

    function _accruedDebt(uint256, Loan memory loan, address pool) internal override returns (uint256) {
        return ILendingPool(pool).accruedDebt(loan.debtShares);
    }

    function _debtToWithdrawAgainst(uint256, Loan memory loan, address pool) internal override returns (uint256) {
        return ILendingPool(pool).accruedDebt(loan.debtShares);
    }

    /// @dev A revolving loan has no dates.
    function _defaultMarkedAt(uint256, Loan memory) internal pure override returns (uint256) {
        return 0;
    }

    function _repay(
        uint256,
        Loan memory loan,
        Facility storage f,
        address pool,
        uint256 assets
    ) internal override returns (uint256 paid, uint256 shares) {
        (paid, shares) = ILendingPool(pool).repay(loan.debtShares, assets, f.pricing.minDebt);
        loan.debtShares -= uint112(shares); // at most the loan's own
    }

    function _payOff(uint256, Loan memory loan, address pool) internal override returns (uint256 paid) {
        // slither-disable-next-line unused-return: the shares are all there are
        (paid, ) = ILendingPool(pool).repay(loan.debtShares, type(uint256).max, 0);
    }

    function _settleSale(
        uint256,
        Loan memory loan,
        address pool,
        uint256 debt,
        ILiquidationEngine.Quote memory q
    ) internal override returns (uint256 shares) {
        shares = ILendingPool(pool).settleSale(loan.debtShares, debt, q.debtClosed, q.repaid);
        loan.debtShares -= uint112(shares); // at most the loan's own
    }

    // ---- inside ----

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
        uint256 loanCap = _requireMayBorrow(facility, f, pricing.flags, owner, action);
        uint256 price = IOracle(pricing.oracle).borrowPrice();
        uint256 maxDebt = _maxDebtDown(collateral, price, ltv.maxLtvBps);
        uint256 debt;
        uint256 totalDebt;
        // slither-disable-next-line reentrancy-no-eth: the facility's own pool, which calls nobody there
        (shares, debt, totalDebt) = ILendingPool(ltv.pool).draw(sharesBefore, assets);
        require(debt >= pricing.minDebt, BelowMinDebt(debt, pricing.minDebt));
        require(debt <= maxDebt, LtvTooHigh(debt, maxDebt, collateral, price));
        require(debt <= loanCap, LoanCapExceeded(debt, loanCap));
        require(totalDebt <= custody.cap, CapExceeded(totalDebt, custody.cap));
    }
}
