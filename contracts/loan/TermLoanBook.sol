// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {Loan, LoanFlags} from "../interfaces/LoanTypes.sol";
import {RATE_UNIT, TermBalance, TermSheet, TermTerms} from "../interfaces/TermLoanTypes.sol";
import {Amortisation} from "../math/Amortisation.sol";
import {DirectedMath} from "../math/DirectedMath.sol";
import {TermLoanMath} from "./TermLoanMath.sol";
import {TermLoanSlots} from "./TermLoanSlots.sol";

/// @title TermLoanBook
/// @dev Loops run over a loan's due dates, never over loans.
contract TermLoanBook is ITermLoanBook {
    using DirectedMath for uint256;
    using SafeCast for uint256;
    using TermLoanMath for TermBalance;
    using TermLoanSlots for Position;

    uint256 private constant BPS = 10_000;
    /// @dev More instalments, and settling a loan that nobody touched for its whole life might not fit a transaction.
    uint256 private constant MAX_COUNT = 240;
    uint256 private constant MAX_SECONDS = 10 * 365 days;

    /// @dev A loan taken up: settled to this second, and how it was counted before.
    struct Work {
        TermBalance b;
        TermTerms t;
        uint256 counted;
        uint256 slope;
        bool inDefault;
    }

    /// @inheritdoc ITermLoanBook
    function requireValidSheet(TermSheet calldata terms) external pure {
        _bounds("intervalSeconds", terms.intervalSeconds, 1 days, MAX_SECONDS);
        _bounds("count", terms.count, 1, MAX_COUNT);
        _bounds("length", uint256(terms.intervalSeconds) * terms.count, 1 days, MAX_SECONDS);
        _bounds("graceSeconds", terms.graceSeconds, 1 hours, 90 days);
        _bounds("latePremiumBps", terms.latePremiumBps, 0, BPS);
        _bounds("prepaymentFeeBps", terms.prepaymentFeeBps, 0, BPS / 10);
        _bounds("balloonBps", terms.balloonBps, 0, BPS);
        _bounds("spreadBps", terms.spreadBps, 0, BPS);
        _bounds("lateFee", terms.lateFee, 0, type(uint88).max); // one for each instalment stays within uint96
        _bounds("retired", terms.retired ? 1 : 0, 0, 0);
    }

    /// @inheritdoc ITermLoanBook
    function instalmentUp(TermSheet memory sheet, uint256 rate, uint256 principal) external pure returns (uint256) {
        return
            Amortisation.instalmentUp(
                principal,
                rate * RATE_UNIT,
                sheet.intervalSeconds,
                sheet.count,
                TermLoanSlots.balloonOf(sheet, principal)
            );
    }

    /// @inheritdoc ITermLoanBook
    function repay(Position memory p, uint256 assets) external view returns (Outcome memory o) {
        Work memory w = _takeUp(p);
        // What ends a loan is at least its principal, less money paid ahead.
        uint256 owed = type(uint256).max;
        if (assets >= w.b.principal.zeroFloorSub(w.b.credit)) owed = _owedToEnd(w);
        require(owed != 0, NoDebt());
        if (assets >= owed) {
            o = _end(p, w);
            o.paid = owed;
        } else {
            uint256 interest = _interestOf(w.b);
            uint256 paid = w.b.pay(w.t, assets);
            require(paid != 0, PaymentTooSmall(assets));
            o = _goOn(p, w, interest);
            o.paid = paid;
        }
    }

    /// @inheritdoc ITermLoanBook
    function payOff(Position memory p) external view returns (Outcome memory o) {
        Work memory w = _takeUp(p);
        o = _end(p, w);
        o.paid = _owedToEnd(w);
    }

    /// @inheritdoc ITermLoanBook
    function sell(Position memory p, uint256 debtClosed) external view returns (Outcome memory o) {
        Work memory w = _takeUp(p);
        // slither-disable-next-line incorrect-equality: a sale never closes more than this debt
        if (debtClosed == w.b.debt()) return _end(p, w);
        uint256 interest = _interestOf(w.b);
        w.b.close(w.t, debtClosed);
        return _goOn(p, w, interest);
    }

    /// @inheritdoc ITermLoanBook
    function markDefault(Position memory p) external view returns (Outcome memory o, uint256 defaultedAt) {
        Work memory w = _takeUp(p);
        require(!w.inDefault, AlreadyMarked());
        uint256 defaultsAfter = w.b.defaultsAfter(w.t);
        require(block.timestamp > defaultsAfter, NotInDefault(defaultsAfter));
        defaultedAt = defaultsAfter + 1;

        TermBalance memory then = p.unpack(w.t);
        // One that was touched since keeps what was counted then.
        if (then.settledAt < defaultedAt) then.settle(w.t, defaultedAt);
        uint256 interest = _interestOf(then);
        o = p.pack(w.t, w.b, true);
        o.late[0].defaultMarkedAt = uint40(block.timestamp);
        o.late[0].recognisedInterest = interest.toUint208();
        o.counted = w.b.principal * Amortisation.RATE_SECONDS + interest;
        (o.countedBefore, o.slopeBefore) = (w.counted, w.slope);
    }

    /// @inheritdoc ITermLoanBook
    function rollOver(Position memory p) external view returns (Outcome memory o) {
        Work memory w = _takeUp(p);
        _requireGoodStanding(w);
        o = _end(p, w);
        o.paid = _owedToEnd(w);
        require(o.paid != 0, NoDebt());
    }

    // ---- of a loan in its pool ----

    /// @inheritdoc ITermLoanBook
    function debtOf(address pool, uint256 id, Loan calldata loan) external view returns (uint256) {
        return _find(pool, id, loan).b.debt();
    }

    /// @inheritdoc ITermLoanBook
    function payOffOf(address pool, uint256 id, Loan calldata loan) external view returns (uint256) {
        return _owedToEnd(_find(pool, id, loan));
    }

    /// @inheritdoc ITermLoanBook
    function debtInGoodStanding(address pool, uint256 id, Loan calldata loan) external view returns (uint256) {
        Work memory w = _find(pool, id, loan);
        _requireGoodStanding(w);
        w.b.credit = 0;
        return w.b.debt();
    }

    /// @inheritdoc ITermLoanBook
    function countedDebtOf(address pool, uint256 id, Loan calldata loan) external view returns (uint256) {
        return _find(pool, id, loan).counted / Amortisation.RATE_SECONDS;
    }

    /// @inheritdoc ITermLoanBook
    function balanceOf(
        address pool,
        uint256 id,
        Loan calldata loan
    ) external view returns (TermBalance memory, TermTerms memory) {
        Work memory w = _find(pool, id, loan);
        return (w.b, w.t);
    }

    // ---- inside ----

    function _find(address pool, uint256 id, Loan calldata loan) private view returns (Work memory) {
        address manager = ITermLendingPool(pool).manager();
        if (msg.sender != manager) IFacilities(manager).requireUnlocked(ITermLendingPool(pool).facility());
        return _takeUp(ITermLendingPool(pool).positionOf(id, loan));
    }

    function _takeUp(Position memory p) private view returns (Work memory w) {
        w.t = TermLoanSlots.termsOf(p.sheet, p.slot.rate * RATE_UNIT, p.slot.openedAt);
        w.b = p.unpack(w.t);
        w.inDefault = p.loan.flags & LoanFlags.IN_DEFAULT != 0;
        if (w.inDefault) {
            w.counted = w.b.principal * Amortisation.RATE_SECONDS + p.late[0].recognisedInterest;
        } else {
            w.slope = _slopeOf(w.b, w.t);
            w.counted = _countedOf(w.b) + w.slope * (block.timestamp - w.b.settledAt);
        }
        w.b.settle(w.t, block.timestamp);
    }

    /// @dev A debt that was accelerated costs no fee for prepayment.
    function _owedToEnd(Work memory w) private pure returns (uint256) {
        return w.inDefault ? w.b.debt() : w.b.payOff(w.t);
    }

    function _requireGoodStanding(Work memory w) private view {
        uint256 defaultsAfter = w.b.defaultsAfter(w.t);
        require(!w.inDefault && block.timestamp <= defaultsAfter, LoanInDefault(defaultsAfter));
    }

    function _end(Position memory p, Work memory w) private pure returns (Outcome memory o) {
        o = p.ended();
        (o.countedBefore, o.slopeBefore) = (w.counted, w.slope);
    }

    /// @dev The loan goes on, in default until nothing is overdue.
    /// @param interestBefore that was owed before the action
    function _goOn(Position memory p, Work memory w, uint256 interestBefore) private pure returns (Outcome memory o) {
        bool inDefault = w.inDefault && w.b.dueNow(w.t) != 0;
        o = p.pack(w.t, w.b, inDefault);
        if (inDefault) {
            // The oldest interest is paid first, and it is the oldest that is counted.
            uint256 paid = interestBefore - _interestOf(w.b);
            uint256 interest = uint256(p.late[0].recognisedInterest).zeroFloorSub(paid);
            o.late[0].defaultMarkedAt = p.late[0].defaultMarkedAt;
            o.late[0].recognisedInterest = interest.toUint208();
            o.counted = w.b.principal * Amortisation.RATE_SECONDS + interest;
        } else {
            o.counted = _countedOf(w.b);
            o.slope = _slopeOf(w.b, w.t);
        }
        (o.countedBefore, o.slopeBefore) = (w.counted, w.slope);
    }

    function _bounds(string memory field, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, InvalidTermSheet(field, value, least, most));
    }

    /// @dev Interest owed, without late interest: units × WAD × seconds of a year.
    function _interestOf(TermBalance memory b) private pure returns (uint256) {
        return b.interestDue * Amortisation.RATE_SECONDS + b.interestNumerator;
    }

    /// @dev What a loan not in default counts for as of its balance's second: principal and interest, less money paid ahead.
    function _countedOf(TermBalance memory b) private pure returns (uint256) {
        uint256 owed = b.principal * Amortisation.RATE_SECONDS + _interestOf(b);
        return owed.zeroFloorSub(b.credit * Amortisation.RATE_SECONDS);
    }

    /// @dev What that grows by a second until the loan is touched. Money paid ahead will pay principal at the next due date, so no
    /// interest is counted on it from now: never more than is owed.
    function _slopeOf(TermBalance memory b, TermTerms memory t) private pure returns (uint256) {
        return b.principal.zeroFloorSub(b.credit) * t.annualRateWad;
    }
}
