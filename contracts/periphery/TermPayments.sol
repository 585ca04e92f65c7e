// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {Loan} from "../interfaces/LoanTypes.sol";
import {TermBalance, TermTerms} from "../interfaces/TermLoanTypes.sol";
import {TermLoanMath} from "../loan/TermLoanMath.sol";
import {Amortisation} from "../math/Amortisation.sol";
import {DirectedMath, WAD} from "../math/DirectedMath.sol";

/// @title What a payment does to a term loan: first it pays what is due, then it is credit, then it prepays.
/// @dev Credit lessens the debt, and nothing of what a withdrawal of collateral must leave covered. Prepaying costs a fee.
library TermPayments {
    using DirectedMath for uint256;
    using TermLoanMath for TermBalance;

    /// @notice Amounts are loan units.
    struct Steps {
        uint256 due; // lessens debt and what a withdrawal counts
        uint256 credit; // what comes next: lessens the debt only
        uint256 keptWad; // what each unit beyond both lessens both by
        uint256 uncounted; // money paid ahead before: a withdrawal counts so much more than the debt
        uint256 rest; // most that rounding keeps of a payment's effect
        bool inDefault; // no collateral leaves before `due` is paid
    }

    /// @notice Of a loan without dates, all of any payment lessens the debt.
    function withoutDates() internal pure returns (Steps memory s) {
        (s.due, s.keptWad) = (type(uint128).max, WAD);
    }

    /// @notice Of a term loan that owes something, at this second.
    function stepsOf(ITermLendingPool pool, uint256 id, Loan memory loan) internal view returns (Steps memory s) {
        (TermBalance memory b, TermTerms memory t) = ITermLoanBook(pool.book()).balanceOf(address(pool), id, loan);
        s.due = b.dueNow(t);
        s.uncounted = b.credit;
        s.inDefault = block.timestamp > b.defaultsAfter(t);
        // Next: the loan as it is when that is paid.
        b.principal -= b.arrears;
        b.arrears = 0;
        s.credit = b.nextPayment(t).zeroFloorSub(b.credit);
        s.keptWad = WAD;
        if (b.principal == 0) return s;
        uint256 interest = b.interestNumerator / b.principal;
        uint256 fee = t.prepaymentFeeWad * 365 days;
        uint256 cost = Amortisation.RATE_SECONDS + interest;
        s.keptWad = WAD.mulDivDown(cost, cost + fee);
        // One more unit of principal, and three roundings.
        s.rest = (cost + fee) / Amortisation.RATE_SECONDS + 4;
    }

    /// @notice By how much a payment lessens the debt.
    function effectDown(Steps memory s, uint256 assets) internal pure returns (uint256) {
        uint256 beyond = assets.zeroFloorSub(s.due + s.credit);
        return assets - beyond + beyond.mulDivDown(s.keptWad, WAD);
    }

    /// @notice The payment that lessens the debt by as much.
    function paymentUp(Steps memory s, uint256 effect) internal pure returns (uint256) {
        uint256 beyond = effect.zeroFloorSub(s.due + s.credit);
        if (beyond == 0) return effect;
        return effect - beyond + (beyond + s.rest).mulDivUp(WAD, s.keptWad);
    }
}
