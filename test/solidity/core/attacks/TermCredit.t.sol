// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {TermBalance, TermSheet, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice Money paid ahead lessens the debt while interest goes on beside it. It must not set collateral free, be income that is
/// given back later, or leave a debt that nobody counts.
contract TermCreditTest is TermMarket {
    /// @dev Nearly all of the junior class is the borrower's accomplice.
    function test_fault_C27_money_paid_ahead_frees_no_collateral_for_interest_that_no_one_will_pay() public {
        uint256 before = usd.balanceOf(borrower) + usd.balanceOf(juniorLender) + termJunior.convertToAssets(_all());
        uint256 bitcoin = btc.balanceOf(borrower);
        uint256 id = _openTerm(0, BULLET, 200 * BTC, 5_000_000 * USD);
        _pay(id, 5_000_000 * USD);
        assertEq(termManager.debtOf(id), 0, "for this second");
        vm.prank(borrower);
        try termManager.withdraw(id, 200 * BTC, borrower) {} catch {}
        vm.warp(START + 367 days);
        vm.startPrank(juniorLender);
        termJunior.requestExit(_all());
        vm.warp(START + 375 days + 1);
        termManager.markDefault(id); // counts the year's interest as junior's income
        termJunior.redeem(termJunior.maxRedeem(juniorLender), juniorLender, juniorLender);
        vm.stopPrank();
        uint256 afterwards = usd.balanceOf(borrower) + usd.balanceOf(juniorLender);
        emit log_named_decimal_int("profit, the bitcoin aside", int256(afterwards) - int256(before), 6);
        // What they took is covered by bitcoin that they have not got back.
        if (btc.balanceOf(borrower) == bitcoin) assertLe(afterwards, before, "interest on a loan without collateral");
        assertGt(termManager.loanOf(id).collateral, 0, "DEBT-1");
    }

    function test_collateral_beyond_what_the_whole_principal_needs_still_leaves_a_loan_paid_ahead() public {
        uint256 id = _openTerm(0, BULLET, 100 * BTC, 1_000_000 * USD);
        _pay(id, 1_000_000 * USD);
        vm.startPrank(borrower);
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        termManager.withdraw(id, 80 * BTC, borrower);
        termManager.withdraw(id, 70 * BTC, borrower);
        (, uint256 collateral) = termManager.close(id, borrower, "");
        vm.stopPrank();
        assertEq(collateral, 30 * BTC);
        _assertLedger();
    }

    /// @dev Before the first of two due dates: an instalment as credit, then prepayments down to it. The fee on what falls due
    /// was part of what ends the loan, and is not any more.
    function test_fault_C27_credit_is_never_more_than_is_owed_so_that_no_income_is_given_back() public {
        uint256 id = _paidAhead();
        vm.warp(START + 30 days);
        assertGt(_toEnd(id), 0);
        uint256 senior = termPool.entryNavOf(TrancheClass.Senior);
        uint256 junior = termPool.entryNavOf(TrancheClass.Junior);
        vm.prank(borrower);
        termManager.close(id, borrower, "");
        assertGe(termPool.entryNavOf(TrancheClass.Senior), senior);
        assertGe(termPool.entryNavOf(TrancheClass.Junior), junior, "nothing of what was counted goes back");
        _assertLedger();
    }

    /// @dev The same loan, when another has borrowed all the cash and the premium waits for some.
    function test_GATE_1_a_loan_paid_ahead_is_closed_when_the_pool_has_no_cash() public {
        uint256 id = _paidAhead();
        _openTerm(1, BULLET, 10_000 * BTC, termPool.cash() - 10_000 * USD);
        vm.warp(START + 30 days);
        uint256 before = btc.balanceOf(borrower);
        vm.prank(borrower);
        termManager.close(id, borrower, "");
        assertEq(btc.balanceOf(borrower) - before, 100 * BTC);
        _assertLedger();
    }

    /// @dev Of a few units instalments are rounded up so far that the principal is due before the last of them.
    function test_fault_C11_the_last_unit_of_principal_does_not_go_before_its_interest() public {
        uint256 id = _openTerm(0, DAILY, BTC, 100 * USD);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        while (b.principal > 6 || b.credit != 0) {
            if (b.credit == 0) _pay(id, b.instalment + b.principal / 2);
            vm.warp(block.timestamp + 1 days);
            (b, ) = _balance(id);
        }
        while (b.principal != b.arrears) {
            vm.warp(block.timestamp + 30 hours);
            (b, ) = _balance(id);
        }
        assertLt(b.passed, t.count, "not the last instalment");
        assertGt(b.interestNumerator, 0);
        _pay(id, _toEnd(id) - 1);
        assertGt(termManager.loanOf(id).debtShares, 0, "what is owed is seen");
        vm.prank(borrower);
        termManager.close(id, borrower, "");
        (uint256 numerator, uint256 perSecond) = termPool.receivables();
        assertEq(numerator, 0, "no loan, nothing counted");
        assertEq(perSecond, 0);
        _assertLedger();
    }

    /// @dev All but a unit of what ends a loan, a second before the first of two due dates.
    function _paidAhead() private returns (uint256 id) {
        TermSheet memory sheet = _sheet(30 days, 2, 0);
        sheet.prepaymentFeeBps = 1000;
        id = _openTerm(0, termPool.addTermSheet(sheet), 100 * BTC, 1_000_000 * USD);
        vm.warp(START + 30 days - 1);
        (TermBalance memory b, ) = _balance(id);
        _pay(id, b.instalment);
        for (uint256 i; i < 30; ++i) {
            uint256 most = _toEnd(id);
            if (most < 2) break;
            vm.prank(borrower);
            try termManager.repay(id, most - 1, "") {} catch {
                break;
            }
        }
    }

    function _all() private view returns (uint256) {
        return termJunior.balanceOf(juniorLender);
    }

    function _toEnd(uint256 id) private view returns (uint256) {
        return book.payOff(termPool.positionOf(id, termManager.loanOf(id))).paid;
    }
}
