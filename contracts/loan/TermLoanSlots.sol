// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {Loan, LoanFlags} from "../interfaces/LoanTypes.sol";
import {LateSlots, TermBalance, TermSheet, TermTerms} from "../interfaces/TermLoanTypes.sol";
import {BPS_TO_WAD} from "../math/DirectedMath.sol";
import {TermLoanMath} from "./TermLoanMath.sol";

/// @title A term loan between its stored slots and its arithmetic.
/// @notice A loan that pays on time or ahead owes interest on its principal since the last due date, and nothing is overdue:
/// that is the rule, and needs no storage. What departs from it is stored under a flag that says so.
library TermLoanSlots {
    using SafeCast for uint256;

    uint256 private constant BPS = 10_000;

    /// @notice What a loan opened by a sheet keeps for its life.
    function termsOf(
        TermSheet memory sheet,
        uint256 annualRate,
        uint256 openedAt
    ) internal pure returns (TermTerms memory t) {
        t.openedAt = openedAt;
        t.annualRateWad = annualRate;
        t.intervalSeconds = sheet.intervalSeconds;
        t.count = sheet.count;
        t.graceSeconds = sheet.graceSeconds;
        t.latePremiumWad = sheet.latePremiumBps * BPS_TO_WAD;
        t.lateFee = sheet.lateFee;
        t.prepaymentFeeWad = sheet.prepaymentFeeBps * BPS_TO_WAD;
    }

    /// @notice The part of the principal that a sheet leaves to the last payment.
    function balloonOf(TermSheet memory sheet, uint256 principal) internal pure returns (uint256) {
        return (principal * sheet.balloonBps) / BPS;
    }

    /// @notice The balance as it was stored, not settled since.
    function unpack(ITermLoanBook.Position memory p, TermTerms memory t) internal pure returns (TermBalance memory b) {
        Loan memory loan = p.loan;
        b.principal = loan.debtShares;
        b.instalment = p.slot.instalment;
        b.credit = p.slot.credit;
        b.passed = loan.duesPassed;
        b.settledAt = TermLoanMath.dueDate(t, b.passed) + loan.settledAfter;
        b.interestNumerator =
            loan.flags & LoanFlags.OFF_SCHEDULE == 0
                ? b.principal * t.annualRateWad * loan.settledAfter
                : p.late[0].interestNumerator;
        if (loan.flags & LoanFlags.OVERDUE == 0) {
            (b.paid, b.feesFor) = (b.passed, b.passed);
        } else {
            LateSlots memory late = p.late[0];
            (b.lateNumerator, b.paid, b.feesFor) = (late.lateNumerator, late.paid, late.feesFor);
            (b.arrears, b.interestDue) = (late.arrears, late.interestDue);
            (b.lateFees, b.ahead) = (late.lateFees, late.ahead);
        }
    }

    /// @notice The slots of a settled balance. The marks of a default are the caller's.
    function pack(
        ITermLoanBook.Position memory p,
        TermTerms memory t,
        TermBalance memory b,
        bool inDefault
    ) internal pure returns (ITermLoanBook.Outcome memory o) {
        o.loan = p.loan;
        o.slot = p.slot;
        o.loan.debtShares = b.principal.toUint112();
        o.loan.duesPassed = b.passed.toUint8();
        o.loan.settledAfter = (b.settledAt - TermLoanMath.dueDate(t, b.passed)).toUint32();
        (o.slot.instalment, o.slot.credit) = (b.instalment.toUint96(), b.credit.toUint96());

        uint8 flags = inDefault ? LoanFlags.IN_DEFAULT : 0;
        if (b.interestNumerator != b.principal * t.annualRateWad * o.loan.settledAfter) flags |= LoanFlags.OFF_SCHEDULE;
        if (b.paid != b.passed || b.arrears + b.interestDue + b.lateFees + b.lateNumerator + b.ahead != 0)
            flags |= LoanFlags.OVERDUE;
        if (flags != 0) {
            o.late = new LateSlots[](1);
            LateSlots memory late = o.late[0];
            if (flags & LoanFlags.OFF_SCHEDULE != 0) late.interestNumerator = b.interestNumerator.toUint208();
            if (flags & LoanFlags.OVERDUE != 0) {
                (late.lateNumerator, late.paid) = (b.lateNumerator.toUint208(), b.paid.toUint8());
                (late.feesFor, late.arrears) = (b.feesFor.toUint8(), b.arrears.toUint96());
                (late.interestDue, late.lateFees) = (b.interestDue.toUint96(), b.lateFees.toUint96());
                late.ahead = b.ahead.toUint96();
            }
        }
        o.loan.flags = (p.loan.flags & ~LoanFlags.LATE) | flags;
    }

    /// @notice The slots of a loan that owes nothing any more.
    function ended(ITermLoanBook.Position memory p) internal pure returns (ITermLoanBook.Outcome memory o) {
        o.loan.collateral = p.loan.collateral;
        o.loan.flags = p.loan.flags & ~LoanFlags.LATE;
    }
}
