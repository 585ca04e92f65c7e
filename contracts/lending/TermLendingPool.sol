// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {Loan, LoanFlags} from "../interfaces/LoanTypes.sol";
import {LateSlots, RATE_UNIT, TermSheet, TermSlot} from "../interfaces/TermLoanTypes.sol";
import {Amortisation} from "../math/Amortisation.sol";
import {BPS_TO_WAD, DirectedMath, WAD} from "../math/DirectedMath.sol";
import {PoolLedger} from "./PoolLedger.sol";
import {TermSheets} from "./TermSheets.sol";
import {Waterfall} from "./Waterfall.sol";
import {AdaptiveCurve} from "./rates/AdaptiveCurve.sol";

/// @title TermLendingPool: the borrowers' side of a term facility.
/// @dev All loans together are one number and its growth a second (ITermLoanBook: counted, slope): exact integers, so that a
/// loan's own part can be taken out and put back at any time and the sum stays the sum.
contract TermLendingPool is PoolLedger, TermSheets {
    using DirectedMath for uint256;
    using SafeCast for uint256;

    uint256 private _receivable;
    uint256 private _slope;
    mapping(uint256 id => TermSlot) private _slots;
    /// @dev Only of loans whose flags say so.
    mapping(uint256 id => LateSlots) private _late;

    constructor(PoolConfig memory config, ITermLoanBook book_) PoolLedger(config) TermSheets(book_) {}

    // ---- the loan manager ----

    /// @inheritdoc ITermLendingPool
    function borrow(
        uint256 id,
        uint8 sheet,
        uint256 principal,
        uint256 maxAnnualRate
    ) external onlyManager returns (uint256 annualRate, uint256 instalment, uint256 debt) {
        (uint256 receivable, CashState memory state) = _accrued();
        require(principal <= state.cash, InsufficientCash(principal, state.cash));
        unchecked {
            state.cash -= uint112(principal); // at most the cash
        }
        receivable += principal * Amortisation.RATE_SECONDS;
        debt = receivable / Amortisation.RATE_SECONDS;
        (annualRate, instalment) = _begin(id, sheet, principal, maxAnnualRate, debt, state);
        _slope += principal * annualRate;
        _receivable = receivable;
        _saveState(state);
        _requireMayGrow(state);
    }

    /// @inheritdoc ITermLendingPool
    function repay(
        uint256 id,
        Loan calldata loan,
        uint256 assets
    ) external onlyManager returns (Loan memory next, uint256 paid) {
        ITermLoanBook.Outcome memory o = BOOK.repay(_position(id, loan), assets);
        paid = o.paid;
        next = _put(id, loan.flags, o);
        _change(o, paid, false);
    }

    /// @inheritdoc ITermLendingPool
    function payOff(uint256 id, Loan calldata loan) external onlyManager returns (uint256 paid) {
        ITermLoanBook.Outcome memory o = BOOK.payOff(_position(id, loan));
        paid = o.paid;
        _put(id, loan.flags, o);
        _change(o, paid, false);
    }

    /// @inheritdoc ITermLendingPool
    function settleSale(
        uint256 id,
        Loan calldata loan,
        uint256 debtClosed,
        uint256 repaid
    ) external onlyManager returns (Loan memory next) {
        ITermLoanBook.Outcome memory o = BOOK.sell(_position(id, loan), debtClosed);
        next = _put(id, loan.flags, o);
        _change(o, repaid, true);
    }

    /// @inheritdoc ITermLendingPool
    function markDefault(
        uint256 id,
        Loan calldata loan
    ) external onlyManager returns (Loan memory next, uint256 defaultedAt) {
        ITermLoanBook.Outcome memory o;
        (o, defaultedAt) = BOOK.markDefault(_position(id, loan));
        next = _put(id, loan.flags, o);
        _change(o, 0, false);
    }

    /// @inheritdoc ITermLendingPool
    function rollOver(
        uint256 id,
        Loan calldata loan,
        uint8 sheet,
        uint256 maxAnnualRate,
        uint256 debtBefore
    ) external onlyManager returns (Loan memory next, uint256 annualRate, uint256 instalment, uint256 totalDebt_) {
        ITermLoanBook.Outcome memory o = BOOK.rollOver(_position(id, loan));
        next = _put(id, loan.flags, o);
        (uint256 debt, CashState memory state) = _debtAndStateNow();
        (annualRate, instalment) = _begin(id, sheet, o.paid, maxAnnualRate, debt, state);
        next.debtShares = o.paid.toUint112();
        (o.counted, o.slope) = (o.paid * Amortisation.RATE_SECONDS, o.paid * annualRate);
        _change(o, 0, false);
        totalDebt_ = _receivable / Amortisation.RATE_SECONDS;
        if (o.paid > debtBefore) _requireCapital();
    }

    // ---- anyone ----

    /// @inheritdoc ITermLendingPool
    function book() external view returns (address) {
        return address(BOOK);
    }

    /// @inheritdoc ITermLendingPool
    function positionOf(uint256 id, Loan calldata loan) external view returns (ITermLoanBook.Position memory) {
        return _position(id, loan);
    }

    /// @inheritdoc ITermLendingPool
    function defaultMarkedAt(uint256 id) external view returns (uint256) {
        return _late[id].defaultMarkedAt;
    }

    /// @inheritdoc ITermLendingPool
    function offeredRate(uint8 sheet, uint256 principal) external view whenUnlocked returns (uint256) {
        (uint256 debt, CashState memory state) = _debtAndStateNow();
        require(principal <= state.cash, InsufficientCash(principal, state.cash));
        state.cash -= uint112(principal); // at most the cash
        return _offeredRateUp(_offered(sheet).spreadBps, debt + principal, state) * RATE_UNIT;
    }

    /// @inheritdoc ITermLendingPool
    function receivables() external view whenUnlocked returns (uint256 numerator, uint256 perSecond) {
        (numerator, ) = _accruedView();
        perSecond = _slope;
    }

    // ---- one loan ----

    function _position(uint256 id, Loan calldata loan) private view returns (ITermLoanBook.Position memory p) {
        p.loan = loan;
        p.slot = _slots[id];
        p.sheet = _sheets[p.slot.sheet];
        if (loan.flags & LoanFlags.LATE == 0) return p;
        p.late = new LateSlots[](1);
        p.late[0] = _late[id];
    }

    /// @dev Stores what the book answered.
    function _put(uint256 id, uint8 flagsBefore, ITermLoanBook.Outcome memory o) private returns (Loan memory) {
        TermSlot storage s = _slots[id];
        TermSlot memory slot = o.slot;
        (s.instalment, s.credit, s.rate) = (slot.instalment, slot.credit, slot.rate);
        (s.sheet, s.openedAt) = (slot.sheet, slot.openedAt);
        uint8 flags = (flagsBefore | o.loan.flags) & LoanFlags.LATE;
        if (flags != 0) {
            // slither-disable-next-line uninitialized-local: zeros where nothing is late any more
            LateSlots memory late;
            if (o.late.length != 0) late = o.late[0];
            // slither-disable-next-line incorrect-equality: flags, not an amount
            if (flags == LoanFlags.OFF_SCHEDULE) _late[id].interestNumerator = late.interestNumerator;
            else _late[id] = late;
        }
        return o.loan;
    }

    /// @dev Stores the terms of a new loan as offered now. `debt` and `state` are those it leaves.
    function _begin(
        uint256 id,
        uint8 sheet,
        uint256 principal,
        uint256 maxAnnualRate,
        uint256 debt,
        CashState memory state
    ) private returns (uint256 annualRate, uint256 instalment) {
        TermSheet memory terms = _offered(sheet);
        uint256 rate = _offeredRateUp(terms.spreadBps, debt, state);
        annualRate = rate * RATE_UNIT;
        require(annualRate <= maxAnnualRate, RateTooHigh(annualRate, maxAnnualRate));
        require(rate <= type(uint24).max, RateTooHigh(annualRate, type(uint24).max * RATE_UNIT));
        instalment = BOOK.instalmentUp(terms, rate, principal);
        _slots[id] = TermSlot({
            instalment: instalment.toUint96(),
            credit: 0,
            rate: uint24(rate),
            sheet: sheet,
            openedAt: block.timestamp.toUint32()
        });
    }

    /// @dev In RATE_UNIT, rounded up: the higher of curve and rate at target, so that cash lent for a moment buys no cheap rate.
    function _offeredRateUp(uint256 spreadBps, uint256 debt, CashState memory state) private view returns (uint256) {
        uint256 rate = FIXED_RATE;
        if (rate == 0) {
            (uint256 rateE36, uint256 atTarget) = AdaptiveCurve.average(
                state.rateAtTarget,
                _utilisationDown(debt, state.cash),
                0
            );
            rate = Math.max(rateE36 / WAD, atTarget);
        }
        return (rate * 365 days + spreadBps * BPS_TO_WAD).mulDivUp(1, RATE_UNIT);
    }

    // ---- all loans ----

    /// @dev Replaces one loan's part of the sum, and books what that and the cash are to the lenders. A sale may leave them with
    /// less than was counted: a loss. Otherwise less is left only of interest that was counted too early.
    function _change(ITermLoanBook.Outcome memory o, uint256 received, bool isSale) private {
        (uint256 receivable, CashState memory state) = _accrued();
        uint256 had = receivable / Amortisation.RATE_SECONDS;
        receivable = receivable - o.countedBefore + o.counted;
        uint256 has = receivable / Amortisation.RATE_SECONDS + received;
        _receivable = receivable;
        if (o.slope != o.slopeBefore) _slope = _slope - o.slopeBefore + o.slope;
        // One unit more is what rounding up brings; it is interest like any other.
        if (has > had + 1 || has < had) {
            Waterfall.Ledger memory l = _ledger(had, state);
            if (has > had) {
                _divide(l);
                _addLump(l, has - had);
                _saveClaims(l);
            } else if (isSale) {
                _bearLoss(l, had - has);
            } else {
                _reverseInterest(l, had - has);
            }
        }
        state.cash = (uint256(state.cash) + received).toUint112();
        _saveState(state);
    }

    function _accrueDebt() internal override returns (uint256, CashState memory) {
        (uint256 receivable, CashState memory state) = _accrued();
        _receivable = receivable;
        return (receivable / Amortisation.RATE_SECONDS, state);
    }

    function _debtAndStateNow() internal view override returns (uint256, CashState memory) {
        (uint256 receivable, CashState memory state) = _accruedView();
        return (receivable / Amortisation.RATE_SECONDS, state);
    }

    /// @dev The sum as of this second, not yet stored; emits what was added.
    function _accrued() private returns (uint256 receivable, CashState memory state) {
        uint256 last = _cash.accruedAt;
        (receivable, state) = _accruedView();
        // slither-disable-next-line incorrect-equality: nothing accrues within one second
        if (state.accruedAt == last) return (receivable, state);
        uint256 interest = receivable / Amortisation.RATE_SECONDS - _receivable / Amortisation.RATE_SECONDS;
        emit Accrued(interest, state.rateAtTarget);
    }

    function _accruedView() private view returns (uint256 receivable, CashState memory state) {
        receivable = _receivable;
        state = _cash;
        uint256 elapsed = block.timestamp - state.accruedAt;
        // slither-disable-next-line incorrect-equality: nothing accrues within one second
        if (elapsed == 0) return (receivable, state); // TIME-1
        _moveRate(state, receivable / Amortisation.RATE_SECONDS, elapsed);
        receivable += _slope * elapsed;
    }
}
