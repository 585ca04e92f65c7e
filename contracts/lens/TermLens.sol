// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLens} from "../interfaces/ITermLens.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../interfaces/ITermLoanManager.sol";
import {Loan, LoanFlags} from "../interfaces/LoanTypes.sol";
import {TermBalance, TermSheet, TermTerms} from "../interfaces/TermLoanTypes.sol";
import {LoanIds} from "../loan/LoanIds.sol";
import {TermLoanMath} from "../loan/TermLoanMath.sol";
import {TermLoanSlots} from "../loan/TermLoanSlots.sol";
import {DirectedMath} from "../math/DirectedMath.sol";

/// @title TermLens
/// @dev Asks the book for a loan's balance, and the arithmetic of term loans for what follows from it.
contract TermLens is ITermLens {
    using DirectedMath for uint256;
    using LoanIds for uint256;
    using TermLoanMath for TermBalance;

    ITermLoanManager private immutable MANAGER;

    constructor(ITermLoanManager manager_) {
        MANAGER = manager_;
    }

    /// @inheritdoc ITermLens
    function manager() external view returns (address) {
        return address(MANAGER);
    }

    /// @inheritdoc ITermLens
    function dueNow(uint256 id) external view returns (uint256) {
        (TermBalance memory b, TermTerms memory t) = _balance(id, MANAGER.loanOf(id));
        return b.dueNow(t);
    }

    /// @inheritdoc ITermLens
    function nextDue(uint256 id) external view returns (uint256 dueAt, uint256 assets) {
        (TermBalance memory b, TermTerms memory t) = _balance(id, MANAGER.loanOf(id));
        return _nextDue(b, t);
    }

    /// @inheritdoc ITermLens
    function schedule(uint256 id) external view returns (Instalment[] memory) {
        (TermBalance memory b, TermTerms memory t) = _balance(id, MANAGER.loanOf(id));
        return _schedule(b, t);
    }

    /// @inheritdoc ITermLens
    function previewSchedule(
        uint32 facility,
        uint8 sheet,
        uint256 principal
    ) external view returns (uint256 annualRate, Instalment[] memory) {
        ITermLendingPool pool = _poolOf(facility);
        annualRate = pool.offeredRate(sheet, principal);
        TermSheet memory s = pool.sheetOf(sheet);
        TermTerms memory t = TermLoanSlots.termsOf(s, annualRate, block.timestamp);
        return (annualRate, _schedule(TermLoanMath.open(principal, TermLoanSlots.balloonOf(s, principal), t), t));
    }

    /// @inheritdoc ITermLens
    function termLoanOverview(uint256 id) public view returns (TermLoanOverview memory o) {
        Loan memory loan = MANAGER.loanOf(id);
        o.id = id;
        if (loan.flags & LoanFlags.OPEN == 0) return o;
        o.owner = MANAGER.ownerOf(id);
        o.collateral = loan.collateral;
        o.recordedPrincipal = loan.debtShares;
        if (loan.debtShares == 0) return o;
        ITermLendingPool pool = _poolOf(id.facilityOf());
        ITermLoanBook.Position memory position = pool.positionOf(id, loan);
        o.sheet = position.slot.sheet;
        (o.balance, o.terms) = _balance(id, loan);
        o.debt = o.balance.debt();
        o.payOff = ITermLoanBook(pool.book()).payOff(position).paid;
        o.dueNow = o.balance.dueNow(o.terms);
        (o.nextDueAt, o.nextPayment) = _nextDue(o.balance, o.terms);
        o.defaultsAfter = o.balance.defaultsAfter(o.terms);
        if (loan.flags & LoanFlags.IN_DEFAULT != 0) o.defaultMarkedAt = pool.defaultMarkedAt(id);
        o.expectedLoss = MANAGER.markOf(id);
    }

    /// @inheritdoc ITermLens
    function termLoanOverviews(uint256[] calldata ids) external view returns (TermLoanOverview[] memory all) {
        all = new TermLoanOverview[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) all[i] = termLoanOverview(ids[i]);
    }

    // ---- inside ----

    function _poolOf(uint32 facility) private view returns (ITermLendingPool) {
        return ITermLendingPool(MANAGER.facilityOf(facility).ltv.pool);
    }

    function _balance(uint256 id, Loan memory loan) private view returns (TermBalance memory b, TermTerms memory t) {
        if (loan.debtShares == 0) return (b, t);
        ITermLendingPool pool = _poolOf(id.facilityOf());
        return ITermLoanBook(pool.book()).balanceOf(address(pool), id, loan);
    }

    function _nextDue(TermBalance memory b, TermTerms memory t) private pure returns (uint256 dueAt, uint256 assets) {
        if (b.principal == 0 || b.passed == t.count) return (0, 0);
        assets = b.nextPayment(t);
        return (TermLoanMath.dueDate(t, b.passed + 1), assets.zeroFloorSub(b.credit));
    }

    function _schedule(TermBalance memory b, TermTerms memory t) private pure returns (Instalment[] memory rows) {
        uint256 left = b.principal - b.arrears;
        uint256 first = b.passed + 1;
        // slither-disable-next-line incorrect-equality: no principal is left to schedule
        if (left == 0) return rows;
        rows = new Instalment[](t.count - b.passed);
        for (uint256 i = 0; i < rows.length; ++i) {
            Instalment memory row = rows[i];
            row.number = first + i;
            row.dueAt = TermLoanMath.dueDate(t, row.number);
            (row.interest, row.principal) = b.instalmentParts(t, left, row.number);
            left -= row.principal;
            row.left = left;
        }
    }
}
