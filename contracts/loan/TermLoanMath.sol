// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {TermBalance, TermTerms} from "../interfaces/TermLoanTypes.sol";
import {Amortisation} from "../math/Amortisation.sol";
import {DirectedMath, WAD} from "../math/DirectedMath.sol";

/// @title What a term loan owes, second by second, and where money paid to it goes.
/// @notice Ordinary interest runs on all unpaid principal, linearly, and is charged rounded up once a period. Late interest adds
/// the premium on principal in arrears. Money pays late charges, then interest, then principal in arrears; then it is credit up
/// to the next instalment; what is beyond that prepays principal, which scales the instalment and leaves the dates.
/// @dev Pure: the caller stores the balance. Every function but `settle` expects a balance settled to the present second.
library TermLoanMath {
    using DirectedMath for uint256;

    /// @notice A new loan's balance.
    /// @param balloon part of the principal left to the last payment
    function open(
        uint256 principal,
        uint256 balloon,
        TermTerms memory t
    ) internal pure returns (TermBalance memory balance) {
        balance.principal = principal;
        balance.instalment = Amortisation.instalmentUp(principal, t.annualRateWad, t.intervalSeconds, t.count, balloon);
        balance.settledAt = t.openedAt;
    }

    // ---- time ----

    /// @notice Brings a balance up to a second: interest runs, due dates pass, and credit pays what fell due.
    function settle(TermBalance memory b, TermTerms memory t, uint256 timestamp) internal pure {
        while (b.passed < t.count) {
            uint256 due = dueDate(t, b.passed + 1);
            if (due > timestamp) break;
            _run(b, t, due);
            b.interestDue += _unitsUp(b.interestNumerator);
            b.interestNumerator = 0;
            b.arrears += _nextPart(b, t);
            ++b.passed;
            b.credit -= _payDue(b, t, b.credit);
        }
        _run(b, t, timestamp);
    }

    /// @notice Second at which the n-th instalment is due, from 1.
    function dueDate(TermTerms memory t, uint256 number) internal pure returns (uint256) {
        return t.openedAt + number * t.intervalSeconds;
    }

    /// @notice Last second at which a loan is not in default, if nothing more is paid; far away where nothing is unpaid.
    function defaultsAfter(TermBalance memory b, TermTerms memory t) internal pure returns (uint256) {
        if (b.paid == b.passed) return type(uint256).max;
        return dueDate(t, b.paid + 1) + t.graceSeconds;
    }

    // ---- what is owed ----

    /// @notice Late fees and late interest.
    function lateCharges(TermBalance memory b) internal pure returns (uint256) {
        return b.lateFees + _unitsUp(b.lateNumerator);
    }

    /// @notice What must be paid now for nothing to be overdue.
    function dueNow(TermBalance memory b, TermTerms memory t) internal pure returns (uint256) {
        return lateCharges(b) + _interestOverdue(b, t) + b.arrears;
    }

    /// @notice What the next due date asks for beyond what is due now, credit not deducted; 0 after the last.
    function nextPayment(TermBalance memory b, TermTerms memory t) internal pure returns (uint256) {
        if (b.passed == t.count) return 0;
        uint256 rest = dueDate(t, b.passed + 1) - b.settledAt;
        return _nextPart(b, t) + _unitsUp(b.interestNumerator + b.principal * t.annualRateWad * rest);
    }

    /// @notice What an instalment to come consists of, if all that is due before it is paid on its date.
    /// @param left principal scheduled from this instalment on
    function instalmentParts(
        TermBalance memory b,
        TermTerms memory t,
        uint256 left,
        uint256 number
    ) internal pure returns (uint256 interest, uint256 principal) {
        principal = _part(b, t, left, number);
        uint256 seconds_ = t.intervalSeconds;
        uint256 numerator = 0;
        if (number == b.passed + 1) (seconds_, numerator) = (dueDate(t, number) - b.settledAt, b.interestNumerator);
        interest = _unitsUp(numerator + left * t.annualRateWad * seconds_);
    }

    /// @notice The whole debt at this second, without a fee for prepayment; what health is judged by.
    function debt(TermBalance memory b) internal pure returns (uint256) {
        return _cost(b).zeroFloorSub(b.credit);
    }

    /// @notice What ends the loan at this second by the borrower's own choice: the debt, and the fee on principal that is not due
    /// yet. A debt that was accelerated is `debt`.
    /// @dev Credit is never more than that, if every payment was less than this and every sale less than `debt`: then after each
    /// of them credit is at most what the loan costs, and at most principal and what else the next due date will ask for. Costs
    /// only grow until that date; there credit pays the interest and the instalment first, and what is left of it is at most the
    /// principal left. A prepayment stops at credit, and a sale leaves more debt than credit.
    function payOff(TermBalance memory b, TermTerms memory t) internal pure returns (uint256) {
        uint256 fee = (b.principal - b.arrears).mulDivUp(t.prepaymentFeeWad, WAD);
        return (_cost(b) + fee).zeroFloorSub(b.credit);
    }

    // ---- money ----

    /// @notice Pays: what is due, credit, prepayment. A prepayment makes the next instalment smaller; credit beyond that stays
    /// credit and pays the one after it.
    /// @param money less than payOff
    /// @return taken of `money`; the rest has no use, as the loan's end is a payOff
    function pay(TermBalance memory b, TermTerms memory t, uint256 money) internal pure returns (uint256 taken) {
        taken = _payDue(b, t, money);
        if (b.passed == t.count || taken == money || b.principal == 0) return taken;
        uint256 credit = nextPayment(b, t).zeroFloorSub(b.credit);
        if (credit > money - taken) credit = money - taken;
        b.credit += credit;
        taken += credit;
        if (taken != money) taken += _prepay(b, t, money - taken);
    }

    /// @notice Closes a part of the debt that collateral was sold for: late charges, interest to this second, principal, without
    /// a fee for prepayment.
    /// @param closed less than the debt
    function close(TermBalance memory b, TermTerms memory t, uint256 closed) internal pure {
        closed -= _payLate(b, closed);
        closed -= _payInterestDue(b, closed);
        closed -= _payRunningInterest(b, closed);
        closed -= _payArrears(b, closed);
        _countPaid(b, t);
        if (closed != 0) _scale(b, closed);
    }

    // ---- inside ----

    /// @dev All that is owed, money paid ahead not deducted.
    function _cost(TermBalance memory b) private pure returns (uint256) {
        return lateCharges(b) + b.interestDue + _unitsUp(b.interestNumerator) + b.principal;
    }

    /// @dev Interest up to a second no later than the next due date. The first second an instalment is late costs its fee.
    function _run(TermBalance memory b, TermTerms memory t, uint256 to) private pure {
        uint256 elapsed = to - b.settledAt;
        if (elapsed == 0) return;
        if (b.feesFor < b.passed && b.paid < b.passed) {
            b.lateFees += t.lateFee;
            b.feesFor = b.passed;
        }
        b.interestNumerator += b.principal * t.annualRateWad * elapsed;
        b.lateNumerator += b.arrears * t.latePremiumWad * elapsed;
        b.settledAt = to;
    }

    function _payDue(TermBalance memory b, TermTerms memory t, uint256 money) private pure returns (uint256 taken) {
        taken = _payLate(b, money);
        taken += _payInterestDue(b, money - taken);
        if (_isAllDue(b, t)) taken += _payRunningInterest(b, money - taken);
        taken += _payArrears(b, money - taken);
        _countPaid(b, t);
    }

    function _payLate(TermBalance memory b, uint256 money) private pure returns (uint256 taken) {
        taken = Math.min(money, b.lateFees);
        b.lateFees -= taken;
        uint256 interest;
        (interest, b.lateNumerator) = _payNumerator(b.lateNumerator, money - taken);
        taken += interest;
    }

    function _payInterestDue(TermBalance memory b, uint256 money) private pure returns (uint256 taken) {
        taken = Math.min(money, b.interestDue);
        b.interestDue -= taken;
    }

    function _payRunningInterest(TermBalance memory b, uint256 money) private pure returns (uint256 taken) {
        (taken, b.interestNumerator) = _payNumerator(b.interestNumerator, money);
    }

    function _payArrears(TermBalance memory b, uint256 money) private pure returns (uint256 taken) {
        taken = Math.min(money, b.arrears);
        b.arrears -= taken;
        b.principal -= taken;
        b.ahead += taken;
    }

    function _payNumerator(uint256 numerator, uint256 money) private pure returns (uint256 taken, uint256 left) {
        uint256 owed = _unitsUp(numerator);
        if (money >= owed) return (owed, 0);
        return (money, numerator - money * Amortisation.RATE_SECONDS);
    }

    /// @dev Moves on to the oldest instalment that is not paid. Interest is paid before any principal.
    function _countPaid(TermBalance memory b, TermTerms memory t) private pure {
        if (b.interestDue != 0) return;
        while (b.paid < b.passed) {
            uint256 scheduled = b.principal + b.ahead;
            uint256 next = scheduled - _part(b, t, scheduled, b.paid + 1);
            if (b.principal > next) return;
            b.ahead = next - b.principal;
            ++b.paid;
        }
    }

    /// @dev Principal beyond the next instalment, with its share of the interest since the last due date and the fee. What is
    /// left is too little for one more unit, or the last payments are all there is.
    function _prepay(TermBalance memory b, TermTerms memory t, uint256 money) private pure returns (uint256 taken) {
        uint256 costs = t.prepaymentFeeWad * 365 days + b.interestNumerator.mulDivUp(1, b.principal);
        uint256 prepaid = money.mulDivDown(Amortisation.RATE_SECONDS, Amortisation.RATE_SECONDS + costs);
        // Never below money paid ahead, which would have to be given back.
        prepaid = Math.min(prepaid, b.principal.zeroFloorSub(Math.max(_nextPart(b, t), b.credit)));
        uint256 interest;
        // Two costs are rounded up.
        while (true) {
            if (prepaid == 0) return 0;
            interest = b.interestNumerator.mulDivUp(prepaid, b.principal);
            taken = prepaid + prepaid.mulDivUp(t.prepaymentFeeWad, WAD) + _unitsUp(interest);
            if (taken <= money) break;
            --prepaid;
        }
        b.interestNumerator -= interest;
        _scale(b, prepaid);
    }

    /// @dev Takes principal off a loan without arrears and scales what remains.
    function _scale(TermBalance memory b, uint256 principal) private pure {
        uint256 left = b.principal - principal;
        b.instalment = b.instalment.mulDivUp(left, b.principal);
        b.principal = left;
    }

    function _interestOverdue(TermBalance memory b, TermTerms memory t) private pure returns (uint256) {
        return _isAllDue(b, t) ? b.interestDue + _unitsUp(b.interestNumerator) : b.interestDue;
    }

    /// @dev Rounded up, instalments may use principal up before the last: interest is due with the last of it.
    function _isAllDue(TermBalance memory b, TermTerms memory t) private pure returns (bool) {
        return b.passed == t.count || b.principal == b.arrears;
    }

    function _nextPart(TermBalance memory b, TermTerms memory t) private pure returns (uint256) {
        return _part(b, t, b.principal - b.arrears, b.passed + 1);
    }

    /// @dev Scheduled principal of an instalment before which `remaining` is scheduled; the last is all that remains (TERM-1).
    function _part(
        TermBalance memory b,
        TermTerms memory t,
        uint256 remaining,
        uint256 number
    ) private pure returns (uint256) {
        if (number == t.count) return remaining;
        uint256 interest = Amortisation.periodInterestUp(remaining, t.annualRateWad, t.intervalSeconds);
        return Amortisation.principalPart(remaining, b.instalment, interest);
    }

    function _unitsUp(uint256 numerator) private pure returns (uint256) {
        return numerator.mulDivUp(1, Amortisation.RATE_SECONDS);
    }
}
