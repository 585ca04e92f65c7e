// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {TermBalance, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermLoanMath} from "../../../../contracts/loan/TermLoanMath.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice What is said of a term loan: whoever reads the events knows the loan (EVENT-1).
contract TermEventsTest is TermMarket {
    using TermLoanMath for TermBalance;

    function test_EVENT_1_a_loan_that_is_opened() public {
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        o.receiver = stranger;
        uint256 rate = termPool.offeredRate(MONTHLY, o.principal);
        uint256 instalment = book.instalmentUp(termPool.sheetOf(MONTHLY), rate / 1e11, o.principal);
        uint256 id = _id(borrower, termFacility, 0);
        vm.expectEmit(address(termManager));
        emit ITermLoanManager.TermLoanOpened(
            id,
            borrower,
            termFacility,
            stranger,
            100 * BTC,
            1_000_000 * USD,
            MONTHLY,
            rate,
            instalment,
            o.agreement
        );
        vm.prank(borrower);
        assertEq(termManager.open(o, ""), id);
    }

    function test_EVENT_1_a_payment_and_the_principal_of_it() public {
        uint256 id = _openMillion();
        vm.warp(START + 30 days);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        uint256 due = b.dueNow(t);
        uint256 principal = termManager.loanOf(id).debtShares;
        vm.recordLogs();
        _pay(id, due);
        uint256 left = termManager.loanOf(id).debtShares;
        assertLt(left, principal);
        assertEq(_said(ILoans.Repaid.selector), abi.encode(due, principal - left));
    }

    /// @dev Interest is paid rounded up; the unit is interest like any other, and no income of its own.
    function test_EVENT_1_a_unit_rounded_up_is_no_other_income() public {
        uint256 id = _openMillion();
        vm.warp(START + 30 days);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        vm.recordLogs();
        _pay(id, b.dueNow(t));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            assertTrue(logs[i].topics[0] != IPoolLedger.LumpIncome.selector);
            assertTrue(logs[i].topics[0] != ITermLoanManager.Cured.selector, "nor was there a default");
        }
    }

    function test_EVENT_1_a_sale_and_the_principal_of_it() public {
        uint256 id = _openMillion();
        _setTermPrice(12_400);
        vm.recordLogs();
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = termManager.liquidate(id, type(uint256).max, 0, "");
        uint256 closed = 1_000_000 * USD - termManager.loanOf(id).debtShares;
        assertEq(closed, repaid, "no loss, and no interest yet");
        assertEq(_said(ILoans.Liquidated.selector), abi.encode(repaid, seized, closed, closed));
    }

    function test_EVENT_1_new_terms() public {
        uint256 id = _openMillion();
        vm.warp(START + 20 days);
        uint256 debt = termManager.payOffOf(id); // with the fee for prepayment
        uint256 rate = termPool.offeredRate(BULLET, 0);
        uint256 instalment = book.instalmentUp(termPool.sheetOf(BULLET), rate / 1e11, debt);
        vm.expectEmit(address(termManager));
        emit ITermLoanManager.RolledOver(id, borrower, debt, BULLET, rate, instalment, "paper two");
        vm.prank(borrower);
        assertEq(termManager.rollOver(id, BULLET, 1e18, block.timestamp, "paper two"), debt);
    }

    function test_EVENT_1_a_fee_for_prepayment_is_juniors() public {
        uint256 id = _openMillion();
        vm.expectEmit(address(termPool));
        emit IPoolLedger.LumpIncome(10_000 * USD, 0);
        vm.prank(borrower);
        termManager.close(id, borrower, "");
    }

    /// @dev What was earned until now is divided first, and what does not count any more is taken from junior.
    function test_EVENT_1_interest_that_a_default_takes_back() public {
        uint256 id = _openMillion();
        vm.warp(START + 45 days);
        (uint256 less, uint256 junior_, uint256 senior_) = _takenBack(id);
        assertGt(less, 0);
        assertEq(_said(IPoolLedger.InterestReversed.selector), abi.encode(less, 0, 0));
        assertEq(termPool.entryNavOf(TrancheClass.Junior), junior_ - less);
        assertEq(termPool.entryNavOf(TrancheClass.Senior), senior_);
    }

    /// @dev Marked late, it is more than junior has: senior's part is said second.
    function test_EVENT_1_interest_taken_back_from_junior_and_senior() public {
        vm.startPrank(juniorLender);
        termJunior.requestExit(termJunior.balanceOf(juniorLender));
        vm.warp(START + 7 days);
        termJunior.redeem(termJunior.balanceOf(juniorLender), juniorLender, juniorLender);
        vm.stopPrank();
        uint256 id = _openMillion();
        vm.warp(START + 400 days);
        (uint256 less, uint256 junior_, uint256 senior_) = _takenBack(id);
        assertGt(less, junior_);
        assertEq(_said(IPoolLedger.InterestReversed.selector), abi.encode(junior_, less - junior_, 0));
        assertEq(termPool.entryNavOf(TrancheClass.Senior), senior_ - (less - junior_));
    }

    /// @dev Where a payment leaves the lenders just what they had.
    function test_EVENT_1_of_nothing_taken_back_nothing_is_said() public {
        uint256 id = _openMillion();
        vm.recordLogs();
        _pay(id, 100 * USD);
        assertEq(_said(IPoolLedger.InterestReversed.selector).length, 0);
    }

    /// @dev Marks a default. What is not counted any more, and what the classes had before.
    function _takenBack(uint256 id) private returns (uint256 less, uint256 junior_, uint256 senior_) {
        junior_ = termPool.entryNavOf(TrancheClass.Junior);
        senior_ = termPool.entryNavOf(TrancheClass.Senior);
        uint256 owed = termPool.totalDebt();
        vm.recordLogs();
        termManager.markDefault(id);
        less = owed - termPool.totalDebt();
    }

    /// @dev The data of the one event of that name.
    function _said(bytes32 topic) private returns (bytes memory data) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != topic) continue;
            assertEq(data.length, 0, "said once");
            data = logs[i].data;
        }
    }
}
