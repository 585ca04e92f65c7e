// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Vm} from "forge-std/Vm.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILens} from "../../../../contracts/interfaces/ILens.sol";
import {ILoanCallbacks} from "../../../../contracts/interfaces/ILoanCallbacks.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {ITermLendingPool} from "../../../../contracts/interfaces/ITermLendingPool.sol";
import {ITermLens} from "../../../../contracts/interfaces/ITermLens.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {AdaptiveCurve} from "../../../../contracts/lending/rates/AdaptiveCurve.sol";
import {Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermLoanMath} from "../../../../contracts/loan/TermLoanMath.sol";
import {TermBalance, TermSheet, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {Agent} from "../../helpers/Agent.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice The life of term loans: dates, payments, default, cure, sale, roll-over. Known case: 1,000,000 at 12 % over twelve
/// periods of 30 days is 88,771.906915 a period.
contract TermLoanTest is TermMarket {
    using TermLoanMath for TermBalance;

    uint256 private constant INSTALMENT = 88_771_906_915;

    function test_a_loan_is_opened_at_the_rate_offered_with_the_known_instalment() public {
        uint256 before = usd.balanceOf(borrower);
        uint256 id = _openMillion();
        assertEq(usd.balanceOf(borrower) - before, 1_000_000 * USD);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        assertApproxEqAbs(t.annualRateWad, 0.12e18, 1e11);
        assertApproxEqAbs(b.instalment, INSTALMENT, 1);
        assertEq(termManager.debtOf(id), 1_000_000 * USD);
        assertEq(termManager.ownerOf(id), borrower);
        _assertLedger();
    }

    function test_TERM_1_paid_on_each_due_date_nothing_is_left_and_every_unit_is_accounted_for() public {
        uint256 id = _openMillion();
        uint256 paid;
        for (uint256 n = 1; n <= 12; ++n) {
            vm.warp(START + n * 30 days);
            uint256 due = _dueNow(id);
            if (n < 12) assertApproxEqAbs(due, INSTALMENT, 1, "equal instalments");
            paid += _pay(id, due);
            _assertLedger();
            assertEq(termManager.loanOf(id).flags & (LoanFlags.OVERDUE | LoanFlags.IN_DEFAULT), 0);
        }
        assertEq(termManager.debtOf(id), 0);
        assertEq(termManager.loanOf(id).debtShares, 0);
        (uint256 numerator, uint256 perSecond) = termPool.receivables();
        assertEq(numerator, 0);
        assertEq(perSecond, 0);
        // What lenders have beyond what they brought is what the borrower paid beyond what was lent.
        assertEq(termPool.cash() + termPool.availableTo(TrancheClass.Cover), 12_503_000 * USD + paid - 1_000_000 * USD);
        uint256 before = btc.balanceOf(borrower);
        vm.prank(borrower);
        termManager.withdraw(id, type(uint256).max, borrower);
        assertEq(btc.balanceOf(borrower) - before, 100 * BTC);
        assertEq(termManager.ownerOf(id), address(0));
    }

    /// @dev A million at 12 % earns 3,805 units a second.
    function test_interest_is_there_from_the_first_second() public {
        _openMillion();
        uint256 owed = termPool.totalDebt();
        vm.warp(START + 1);
        assertApproxEqAbs(termPool.totalDebt() - owed, 3_805, 1);
        termPool.accrue();
        assertApproxEqAbs(termPool.totalDebt() - owed, 3_805, 1);
    }

    function test_a_payment_ahead_is_credit_and_pays_on_the_date_without_a_call() public {
        uint256 id = _openMillion();
        vm.warp(START + 20 days);
        (TermBalance memory b, ) = _balance(id);
        uint256 next = b.instalment;
        assertEq(_pay(id, next), next);
        (b, ) = _balance(id);
        assertEq(b.credit, next);
        assertEq(b.principal, 1_000_000 * USD);
        _assertLedger();
        vm.warp(START + 30 days);
        (b, ) = _balance(id);
        assertEq(b.credit, 0);
        assertEq(b.passed, 1);
        assertLt(b.principal, 1_000_000 * USD);
        assertEq(_dueNow(id), 0);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.NotInDefault.selector, type(uint256).max));
        termManager.markDefault(id);
        vm.warp(START + 60 days);
        assertApproxEqAbs(_dueNow(id), INSTALMENT, 1);
    }

    function test_fault_C27_several_ahead_one_unit_too_much_and_by_a_stranger() public {
        uint256 id = _openTerm(0, DAILY, 100 * BTC, 1_000_000 * USD);
        vm.prank(liquidator);
        assertEq(termManager.repay(id, 1, ""), 1, "a stranger pays one unit");
        uint256 owed = _payOff(id);
        vm.prank(liquidator);
        uint256 paid = termManager.repay(id, type(uint256).max, "");
        assertEq(paid, owed);
        assertEq(termManager.debtOf(id), 0);
        assertEq(termManager.loanOf(id).collateral, 100 * BTC);
        _assertLedger();
        vm.prank(liquidator);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.NoDebt.selector));
        termManager.repay(id, 1, "");
    }

    function test_fault_C27_borrowed_and_repaid_in_one_second_costs_the_fee_and_no_interest() public {
        uint256 id = _openMillion();
        vm.prank(borrower);
        (uint256 paid, uint256 collateral) = termManager.close(id, borrower, "");
        assertEq(paid, 1_010_000 * USD);
        assertEq(collateral, 100 * BTC);
        _assertLedger();
        assertEq(termPool.entryNavOf(TrancheClass.Junior), 2_001_000 * USD + 10_000 * USD, "the fee is junior's");
    }

    function test_fault_C26_default_begins_the_second_after_the_grace() public {
        uint256 id = _openMillion();
        vm.warp(START + 40 days);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.NotInDefault.selector, START + 40 days));
        termManager.markDefault(id);
        vm.warp(START + 40 days + 1);
        vm.expectEmit(address(termManager));
        emit ITermLoanManager.DefaultMarked(id, stranger, START + 40 days + 1);
        vm.prank(stranger);
        termManager.markDefault(id);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.AlreadyMarked.selector));
        termManager.markDefault(id);
        _assertLedger();
    }

    function test_LIQ_1_a_healthy_loan_is_sold_only_after_the_mark_and_then_to_the_last_unit() public {
        uint256 id = _openMillion();
        vm.warp(START + 41 days);
        vmMore.expectPartialRevert(ILiquidationEngine.NotLiquidatable.selector);
        vm.prank(liquidator);
        termManager.liquidate(id, type(uint256).max, 0, "");
        termManager.markDefault(id);
        uint256 debt = termManager.debtOf(id);
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = termManager.liquidate(id, type(uint256).max, 0, "");
        assertEq(repaid, debt);
        assertLt(seized, 25 * BTC);
        assertEq(termManager.debtOf(id), 0);
        assertEq(termManager.loanOf(id).collateral, 100 * BTC - seized, "the surplus stays the owner's");
        _assertLedger();
    }

    function test_the_incentive_of_a_default_grows_with_time_and_not_while_the_sequencer_was_down() public {
        uint256 id = _openMillion();
        vm.warp(START + 41 days);
        termManager.markDefault(id);
        uint256 first = termManager.quoteLiquidation(id, type(uint256).max).incentive;
        assertEq(first, 0.02e18);
        vm.warp(block.timestamp + 12 hours);
        assertEq(termManager.quoteLiquidation(id, type(uint256).max).incentive, 0.05e18);
        termOracle.setGraceEndsAt(block.timestamp);
        assertEq(termManager.quoteLiquidation(id, type(uint256).max).incentive, 0.02e18);
        vm.warp(block.timestamp + 2 days);
        assertEq(termManager.quoteLiquidation(id, type(uint256).max).incentive, 0.08e18);
    }

    function test_fault_C29_paying_what_is_overdue_cures_and_the_schedule_goes_on() public {
        uint256 id = _openMillion();
        vm.warp(START + 45 days);
        termManager.markDefault(id);
        uint256 due = _dueNow(id);
        // Instalment, 15 days of 6 % on the principal in it, one fee.
        assertGt(due, INSTALMENT + 25 * USD);
        assertEq(_pay(id, due - 1), due - 1);
        assertEq(termManager.loanOf(id).flags & LoanFlags.IN_DEFAULT, LoanFlags.IN_DEFAULT, "a unit short");
        vm.expectEmit(address(termManager));
        emit ITermLoanManager.Cured(id);
        _pay(id, 1);
        assertEq(termManager.loanOf(id).flags & (LoanFlags.IN_DEFAULT | LoanFlags.OVERDUE), 0);
        _assertLedger();
        vm.prank(liquidator);
        vmMore.expectPartialRevert(ILiquidationEngine.NotLiquidatable.selector);
        termManager.liquidate(id, type(uint256).max, 0, "");
        // The principal that came 15 days late bore interest for them.
        vm.warp(START + 60 days);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        uint256 late = 1_000_000 * USD - b.principal;
        uint256 more = (late * t.annualRateWad * 15 days) / (1e18 * 365 days);
        assertApproxEqAbs(_dueNow(id), INSTALMENT + more, 2);
        _pay(id, _dueNow(id));
        assertEq(termManager.loanOf(id).flags, LoanFlags.OPEN, "nothing of the lateness is left");
        _assertLedger();
    }

    function test_fault_C29_a_partial_sale_that_pays_the_arrears_cures() public {
        uint256 id = _openMillion();
        vm.warp(START + 41 days);
        termManager.markDefault(id);
        uint256 due = _dueNow(id);
        vm.prank(liquidator);
        vm.expectEmit(address(termManager));
        emit ITermLoanManager.Cured(id);
        termManager.liquidate(id, due + 5000 * USD, 0, "");
        assertEq(_dueNow(id), 0);
        _assertLedger();
        vm.prank(liquidator);
        vmMore.expectPartialRevert(ILiquidationEngine.NotLiquidatable.selector);
        termManager.liquidate(id, type(uint256).max, 0, "");
    }

    function test_a_price_liquidation_needs_no_mark_and_scales_what_remains() public {
        uint256 id = _openTerm(0, MONTHLY, 30 * BTC, 1_000_000 * USD);
        (TermBalance memory b, ) = _balance(id);
        uint256 instalment = b.instalment;
        vm.warp(START + 10 days);
        _setTermPrice(40_000);
        vm.prank(liquidator);
        (uint256 repaid, ) = termManager.liquidate(id, type(uint256).max, 0, "");
        (b, ) = _balance(id);
        assertLt(repaid, 1_000_000 * USD);
        assertEq(b.instalment, (instalment * b.principal + 1_000_000 * USD - 1) / (1_000_000 * USD));
        _assertLedger();
    }

    function test_a_loss_is_what_the_pool_counted_and_is_borne_by_cover_then_junior() public {
        uint256 id = _openTerm(0, MONTHLY, 30 * BTC, 1_000_000 * USD);
        vm.warp(START + 45 days);
        termManager.markDefault(id);
        _setTermPrice(10_000);
        uint256 coverBefore = termPool.entryNavOf(TrancheClass.Cover);
        uint256 seniorBefore = termPool.entryNavOf(TrancheClass.Senior);
        uint256 juniorBefore = termPool.entryNavOf(TrancheClass.Junior);
        uint256 counted = book.countedDebtOf(address(termPool), id, termManager.loanOf(id));
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = termManager.liquidate(id, type(uint256).max, 0, "");
        assertEq(seized, 30 * BTC);
        assertEq(termPool.entryNavOf(TrancheClass.Cover), 0);
        assertApproxEqAbs(juniorBefore - termPool.entryNavOf(TrancheClass.Junior), counted - repaid - coverBefore, 1);
        assertEq(termPool.entryNavOf(TrancheClass.Senior), seniorBefore);
        assertEq(termManager.ownerOf(id), address(0));
        _assertLedger();
    }

    function test_interest_stops_counting_at_the_default_and_comes_back_with_the_cure() public {
        uint256 id = _openMillion();
        vm.warp(START + 40 days);
        uint256 counted = termPool.totalDebt();
        vm.warp(START + 70 days);
        uint256 before = _claims();
        termManager.markDefault(id);
        assertApproxEqAbs(termPool.totalDebt(), counted, 5000, "as at the default second");
        assertLt(_claims(), before);
        uint256 marked = _claims();
        vm.warp(START + 80 days);
        assertEq(_claims(), marked, "nothing accrues");
        _assertLedger();
        _pay(id, _dueNow(id));
        assertGt(_claims(), before, "back-interest and late charges");
        assertEq(termManager.loanOf(id).flags & LoanFlags.IN_DEFAULT, 0);
        _assertLedger();
    }

    function test_POOL_2_no_share_price_falls_while_a_loan_is_paid_ahead_late_and_off_schedule() public {
        uint256 id = _openMillion();
        uint256 senior = termSenior.convertToAssets(1e18);
        uint256 junior = termJunior.convertToAssets(1e18);
        uint256 cover = termCover.convertToAssets(1e18);
        uint256[8] memory days_ = [uint256(5), 29, 30, 34, 61, 66, 91, 95];
        uint256[8] memory dollars = [uint256(40_000), 60_000, 10, 120_000, 50_000, 50_000, 300_000, 40_000];
        for (uint256 i; i < days_.length; ++i) {
            vm.warp(START + days_[i] * 1 days);
            _pay(id, dollars[i] * USD);
            _assertLedger();
            uint256 next = termSenior.convertToAssets(1e18);
            assertGe(next, senior, "senior");
            senior = next;
            next = termJunior.convertToAssets(1e18);
            assertGe(next, junior, "junior");
            junior = next;
            next = termCover.convertToAssets(1e18);
            assertGe(next, cover, "cover");
            cover = next;
        }
    }

    function test_fault_C28_rolled_over_all_that_is_owed_becomes_principal_and_no_cash_moves() public {
        uint256 id = _openMillion();
        vm.warp(START + 35 days);
        uint256 owed = _payOff(id);
        uint256 due = _dueNow(id);
        assertGt(due, INSTALMENT + 25 * USD, "late charges are in it");
        uint256 held = usd.balanceOf(address(termPool));
        vm.prank(borrower);
        uint256 principal = termManager.rollOver(id, BULLET, 1e18, block.timestamp, "paper two");
        assertEq(principal, owed);
        assertEq(termManager.debtOf(id), owed);
        assertEq(usd.balanceOf(address(termPool)), held);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        assertEq(t.openedAt, block.timestamp);
        assertEq(t.count, 1);
        assertEq(b.principal, owed);
        _assertLedger();
        assertEq(_dueNow(id), 0);
        vm.warp(block.timestamp + 365 days);
        _pay(id, type(uint256).max);
        assertEq(termManager.debtOf(id), 0);
        _assertLedger();
    }

    /// @dev Else fees, which are junior's income at once, would be new debt past every limit.
    function test_fault_C30_a_roll_over_whose_fee_raises_the_debt_is_asked_for_caps() public {
        uint256 id = _openMillion();
        vm.warp(START + 10 days);
        uint256 owed = _payOff(id);
        uint256 debt = termManager.debtOf(id);
        vm.prank(guardian);
        termManager.lowerCaps(termFacility, uint96(100_000_000 * USD), uint96(owed - 1));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanCapExceeded.selector, owed, owed - 1));
        termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0);
        vm.prank(risk);
        termManager.setCaps(termFacility, uint96(owed - 1), type(uint96).max);
        vmMore.expectPartialRevert(ILoans.CapExceeded.selector);
        vm.prank(borrower);
        termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0);
        assertEq(termManager.debtOf(id), debt);
        vm.prank(risk);
        termManager.setCaps(termFacility, uint96(owed), uint96(owed));
        vm.prank(borrower);
        assertEq(termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0), owed);
    }

    /// @dev Caps lowered to nothing force nobody into default whose loan is at its end.
    function test_a_loan_at_its_end_is_rolled_over_whatever_the_caps() public {
        uint256 id = _openTerm(0, BULLET, 100 * BTC, 1_000_000 * USD);
        vm.warp(START + 370 days);
        uint256 owed = termManager.debtOf(id);
        vm.prank(guardian);
        termManager.lowerCaps(termFacility, 0, 0);
        vm.prank(borrower);
        assertEq(
            termManager.rollOver(id, MONTHLY, 1e18, block.timestamp, 0),
            owed,
            "with its late charges, without a fee"
        );
        _assertLedger();
    }

    function test_fault_C28_neither_a_loan_in_default_nor_one_above_maxLtv_is_rolled_over() public {
        uint256 id = _openTerm(0, MONTHLY, 30 * BTC, 1_000_000 * USD);
        vm.warp(START + 10 days);
        _setTermPrice(45_000);
        vm.startPrank(borrower);
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0);
        _setTermPrice(60_000);
        vm.warp(START + 40 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.LoanInDefault.selector, START + 40 days));
        termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0);
        vm.stopPrank();
        vmMore.expectPartialRevert(IAuthorisations.NotAuthorised.selector);
        vm.prank(stranger);
        termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0);
    }

    function test_collateral_leaves_a_loan_with_debt_only_within_maxLtv_and_never_from_one_in_default() public {
        uint256 id = _openMillion();
        vm.startPrank(borrower);
        termManager.withdraw(id, 10 * BTC, borrower);
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        termManager.withdraw(id, 80 * BTC, borrower);
        vm.warp(START + 40 days);
        _setTermPrice(60_000);
        termManager.withdraw(id, 1, borrower); // the last second of the grace
        vm.warp(START + 40 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.LoanInDefault.selector, START + 40 days));
        termManager.withdraw(id, 1, borrower);
        vm.stopPrank();
    }

    function test_a_rate_above_the_borrowers_a_deadline_and_a_retired_sheet_are_refused() public {
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        o.maxAnnualRate = 0.1199e18;
        uint256 offered = termPool.offeredRate(MONTHLY, o.principal);
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ITermLendingPool.RateTooHigh.selector, offered, o.maxAnnualRate));
        termManager.open(o, "");
        o.maxAnnualRate = 1e18;
        o.deadline = block.timestamp - 1;
        vm.expectRevert(abi.encodeWithSelector(ITermLoanManager.DeadlinePassed.selector, o.deadline, block.timestamp));
        termManager.open(o, "");
        o.deadline = block.timestamp;
        o.sheet = 9;
        vm.expectRevert(abi.encodeWithSelector(ITermLendingPool.NoSuchTermSheet.selector, 9));
        termManager.open(o, "");
        vm.stopPrank();
        vm.prank(guardian);
        termPool.retireTermSheet(MONTHLY);
        o.sheet = MONTHLY;
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ITermLendingPool.NoSuchTermSheet.selector, MONTHLY));
        termManager.open(o, "");
    }

    function test_fault_C34_only_the_risk_manager_adds_a_sheet_and_only_the_guardian_retires_one() public {
        address[5] memory others = [stranger, borrower, lender, collector, guardian];
        for (uint256 i; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            termPool.addTermSheet(_sheet(30 days, 6, 0));
            if (others[i] == guardian) continue;
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]));
            termPool.retireTermSheet(MONTHLY);
        }
        vm.prank(risk);
        vm.expectEmit(address(termPool));
        emit ITermLendingPool.TermSheetAdded(4, _sheet(30 days, 6, 0));
        assertEq(termPool.addTermSheet(_sheet(30 days, 6, 0)), 4);
        vm.startPrank(guardian);
        vm.expectEmit(address(termPool));
        emit ITermLendingPool.TermSheetRetired(4);
        termPool.retireTermSheet(4);
        assertTrue(termPool.sheetOf(4).retired);
        for (uint8 sheet = 4; sheet < 6; ++sheet) {
            vm.expectRevert(abi.encodeWithSelector(ITermLendingPool.NoSuchTermSheet.selector, sheet));
            termPool.retireTermSheet(sheet);
        }
        vm.stopPrank();
    }

    function test_the_most_that_a_borrower_accepts_may_be_just_what_is_offered() public {
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        o.maxAnnualRate = termPool.offeredRate(MONTHLY, o.principal);
        vm.prank(borrower);
        termManager.open(o, "");
    }

    function test_TIME_1_within_a_second_nothing_accrues_and_nothing_is_said() public {
        _openMillion();
        vm.warp(block.timestamp + 1 days);
        termPool.accrue();
        vm.recordLogs();
        termPool.accrue();
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_a_sheet_that_no_loan_could_live_by_is_refused() public {
        vm.startPrank(risk);
        TermSheet memory sheet = _sheet(30 days, 0, 0);
        vmMore.expectPartialRevert(ITermLoanBook.InvalidTermSheet.selector);
        termPool.addTermSheet(sheet);
        sheet = _sheet(23 hours, 12, 0);
        vmMore.expectPartialRevert(ITermLoanBook.InvalidTermSheet.selector);
        termPool.addTermSheet(sheet);
        sheet = _sheet(365 days, 11, 0);
        vmMore.expectPartialRevert(ITermLoanBook.InvalidTermSheet.selector);
        termPool.addTermSheet(sheet);
        sheet = _sheet(30 days, 12, 10_001);
        vmMore.expectPartialRevert(ITermLoanBook.InvalidTermSheet.selector);
        termPool.addTermSheet(sheet);
        sheet = _sheet(30 days, 12, 0);
        sheet.graceSeconds = 0;
        vmMore.expectPartialRevert(ITermLoanBook.InvalidTermSheet.selector);
        termPool.addTermSheet(sheet);
        vm.stopPrank();
    }

    function test_the_borrowers_side_of_a_term_pool_is_the_managers_alone() public {
        uint256 id = _openMillion();
        // Overdue and beyond its grace: the manager could do each of these now.
        vm.warp(START + 60 days);
        Loan memory loan = termManager.loanOf(id);
        bytes memory no = abi.encodeWithSelector(IPoolLedger.OnlyManager.selector, stranger, address(termManager));
        vm.startPrank(stranger);
        vm.expectRevert(no);
        termPool.initialise(5);
        vm.expectRevert(no);
        termPool.borrow(id + 1, MONTHLY, 1000 * USD, type(uint256).max);
        vm.expectRevert(no);
        termPool.repay(id, loan, 1000 * USD);
        vm.expectRevert(no);
        termPool.payOff(id, loan);
        vm.expectRevert(no);
        termPool.settleSale(id, loan, 1000 * USD, 1000 * USD);
        vm.expectRevert(no);
        termPool.markDefault(id, loan);
        vm.expectRevert(no);
        termPool.rollOver(id, loan, MONTHLY, type(uint256).max, 0);
        vm.expectRevert(no);
        termPool.pay(stranger, 1);
        vm.expectRevert(no);
        termPool.collect(lender, 1);
        vm.expectRevert(no);
        termPool.changeExpectedLoss(0, 1);
        vm.stopPrank();
    }

    function test_GATE_1_stopped_and_without_a_price_a_loan_is_still_paid_topped_up_and_closed() public {
        uint256 id = _openMillion();
        vm.prank(guardian);
        termManager.stopNewLoans(termFacility);
        termOracle.setRefusing(true);
        vm.warp(START + 45 days);
        termManager.markDefault(id);
        _pay(id, 1000 * USD);
        vm.prank(borrower);
        termManager.topUp(id, BTC, "");
        vm.prank(borrower);
        (, uint256 collateral) = termManager.close(id, borrower, "");
        assertEq(collateral, 101 * BTC);
        _assertLedger();
    }

    function test_money_paid_ahead_counts_at_the_end_and_is_never_more_than_that_costs() public {
        uint256 id = _openTerm(0, BULLET, 100 * BTC, 1_000_000 * USD);
        uint256 paid = _pay(id, 1_120_000 * USD - 1);
        assertEq(paid, 1_010_000 * USD, "all that is owed ends it");
        id = _openTerm(1, BULLET, 100 * BTC, 1_000_000 * USD);
        vm.warp(START + 100 days);
        _pay(id, 1_005_000 * USD);
        _assertLedger();
        uint256 before = usd.balanceOf(borrower);
        uint256 owed = _payOff(id);
        vm.prank(borrower);
        (uint256 last, ) = termManager.close(id, borrower, "");
        assertEq(last, owed);
        assertEq(before - usd.balanceOf(borrower), owed);
        _assertLedger();
    }

    function test_TIME_1_asking_and_touching_twice_in_a_second_changes_nothing() public {
        uint256 id = _openMillion();
        vm.warp(START + 33 days);
        termPool.accrue();
        (uint256 numerator, uint256 perSecond) = termPool.receivables();
        uint256 debt = termManager.debtOf(id);
        termPool.accrue();
        (uint256 again, uint256 slope) = termPool.receivables();
        assertEq(again, numerator);
        assertEq(slope, perSecond);
        assertEq(termManager.debtOf(id), debt);
    }

    // ---- helpers ----

    function _dueNow(uint256 id) private view returns (uint256) {
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        uint256 late = b.lateFees + _up(b.lateNumerator);
        uint256 interest = b.passed == t.count ? b.interestDue + _up(b.interestNumerator) : b.interestDue;
        return late + interest + b.arrears;
    }

    function _payOff(uint256 id) private view returns (uint256) {
        return book.payOff(termPool.positionOf(id, termManager.loanOf(id))).paid;
    }

    function _up(uint256 numerator) private pure returns (uint256) {
        return (numerator + 1e18 * 365 days - 1) / (1e18 * 365 days);
    }

    function _claims() private view returns (uint256) {
        return
            termPool.entryNavOf(TrancheClass.Senior) +
            termPool.entryNavOf(TrancheClass.Junior) +
            termPool.entryNavOf(TrancheClass.Cover) +
            termPool.reserve();
    }

    // ---- what is refused at the beginning ----

    function _expectRefusedOpening(ITermLoanManager.Opening memory o, bytes4 because) private {
        vm.prank(borrower);
        vmMore.expectPartialRevert(because);
        termManager.open(o, "");
    }

    function test_a_loan_is_opened_once_and_within_the_least_and_both_caps() public {
        _openMillion();
        _expectRefusedOpening(_opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD), ILoans.LoanExists.selector);
        _expectRefusedOpening(_opening(1, MONTHLY, 100 * BTC, 100 * USD - 1), ILoans.BelowMinDebt.selector);
        vm.prank(risk);
        termManager.setCaps(termFacility, uint96(1_500_000 * USD), uint96(600_000 * USD));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanCapExceeded.selector, 600_000 * USD + 1, 600_000 * USD));
        termManager.open(_opening(1, MONTHLY, 100 * BTC, 600_000 * USD + 1), "");
        _expectRefusedOpening(_opening(1, MONTHLY, 100 * BTC, 500_000 * USD + 1), ILoans.CapExceeded.selector);
        _openTerm(1, MONTHLY, 100 * BTC, 500_000 * USD);
    }

    function test_a_loan_may_be_just_what_one_loan_may_owe() public {
        vm.prank(risk);
        termManager.setCaps(termFacility, uint96(100_000_000 * USD), uint96(600_000 * USD));
        assertEq(termManager.debtOf(_openTerm(0, MONTHLY, 100 * BTC, 600_000 * USD)), 600_000 * USD);
    }

    function test_an_opener_that_asks_for_it_is_called_back_before_its_collateral_is_pulled() public {
        Agent agent = new Agent();
        agent.approve(btc, address(termVault));
        btc.mint(address(agent), 100 * BTC);
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        agent.act(address(termManager), abi.encodeCall(ITermLoanManager.open, (o, "x")));
        assertEq(agent.calledBack(), ILoanCallbacks.onOpen.selector);
        assertEq(agent.seenId(), _id(address(agent), termFacility, 0));
        assertEq(agent.seenFirst(), 100 * BTC);
        assertEq(btc.balanceOf(address(agent)), 0);
    }

    function test_while_a_loan_is_opened_its_facility_is_locked() public {
        uint256 other = _openMillion();
        Agent agent = new Agent();
        agent.approve(btc, address(termVault));
        btc.mint(address(agent), 100 * BTC);
        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(address(termManager), abi.encodeCall(ILoans.repay, (other, USD, "")));
        calls[1] = Agent.Call(
            address(termManager),
            abi.encodeCall(ITermLoanManager.rollOver, (other, BULLET, 1e18, block.timestamp, 0))
        );
        agent.script(calls, false);
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        agent.act(address(termManager), abi.encodeCall(ITermLoanManager.open, (o, "x")));
        Agent.Outcome[] memory seen = agent.outcomes();
        assertEq(seen.length, 2);
        for (uint256 i; i < 2; ++i) {
            assertEq(seen[i].answer, abi.encodeWithSelector(IFacilities.FacilityLocked.selector, termFacility));
        }
    }

    /// @dev In the second it is opened, where no fee is asked for, the principal is all there is to pay.
    function test_a_payment_of_just_all_that_is_owed_ends_the_loan() public {
        TermSheet memory free = _sheet(30 days, 12, 0);
        free.prepaymentFeeBps = 0;
        vm.prank(risk);
        uint256 id = _openTerm(0, termPool.addTermSheet(free), 100 * BTC, 1_000_000 * USD);
        assertEq(_pay(id, 1_000_000 * USD), 1_000_000 * USD);
        assertEq(termManager.loanOf(id).debtShares, 0);
    }

    /// @dev Money paid ahead is principal that nobody has to sell for.
    function test_a_sale_of_all_there_is_ends_a_loan_of_which_much_is_paid_ahead() public {
        uint256 id = _openMillion();
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        _pay(id, b.nextPayment(t));
        (b, ) = _balance(id);
        assertGt(b.credit, 0);
        _setTermPrice(5_000);
        vm.prank(liquidator);
        termManager.liquidate(id, type(uint256).max, 0, "");
        assertEq(termManager.ownerOf(id), address(0), "without collateral nothing of it is left");
        (uint256 counted, uint256 perSecond) = termPool.receivables();
        assertEq(counted + perSecond, 0);
    }

    /// @dev Of a loan that is all balloon interest alone falls due, and no principal is in arrears.
    function test_a_loan_that_owes_interest_only_is_late_and_pays_like_any() public {
        vm.prank(risk);
        uint8 sheet = termPool.addTermSheet(_sheet(30 days, 12, 10_000));
        uint256 id = _openTerm(0, sheet, 100 * BTC, 1_000_000 * USD);
        vm.warp(START + 35 days);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        assertEq(b.arrears, 0);
        assertGt(b.interestDue, 0);
        _pay(id, 100 * USD);
        assertEq(termManager.loanOf(id).flags & LoanFlags.OVERDUE, LoanFlags.OVERDUE);
        (b, t) = _balance(id);
        _pay(id, b.dueNow(t));
        assertEq(termManager.loanOf(id).flags & LoanFlags.OVERDUE, 0);
        _assertLedger();
    }

    /// @dev All of the next payment is paid ahead; a unit more would prepay, and costs a fee.
    function test_a_payment_that_changes_nothing_is_refused() public {
        uint256 id = _openMillion();
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        _pay(id, b.nextPayment(t));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.PaymentTooSmall.selector, 1));
        termManager.repay(id, 1, "");
    }

    function test_what_a_withdrawal_must_leave_covered_is_the_debt_and_money_paid_ahead() public {
        uint256 id = _openMillion();
        vm.warp(START + 10 days);
        uint256 debt = termManager.debtOf(id);
        assertEq(book.debtInGoodStanding(address(termPool), id, termManager.loanOf(id)), debt);
        _pay(id, 5_000 * USD);
        assertEq(termManager.debtOf(id), debt - 5_000 * USD);
        assertEq(book.debtInGoodStanding(address(termPool), id, termManager.loanOf(id)), debt);
    }

    /// @dev The oldest interest is paid first, and it is the oldest that counts; the mark stays until nothing is overdue.
    function test_interest_paid_in_default_is_taken_off_what_was_counted() public {
        uint256 id = _openMillion();
        vm.warp(START + 41 days);
        termManager.markDefault(id);
        uint256 since = termPool.defaultMarkedAt(id);
        assertGt(since, 0);
        (TermBalance memory b, ) = _balance(id);
        (uint256 before, ) = termPool.receivables();
        _pay(id, b.lateCharges() + 1_000 * USD);
        (uint256 left, ) = termPool.receivables();
        assertEq(before - left, 1_000 * USD * 1e18 * 365 days);
        assertEq(termPool.defaultMarkedAt(id), since);
    }

    function test_a_roll_over_has_a_deadline_and_needs_a_debt() public {
        uint256 id = _openMillion();
        vm.startPrank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(ITermLoanManager.DeadlinePassed.selector, block.timestamp - 1, block.timestamp)
        );
        termManager.rollOver(id, MONTHLY, 1e18, block.timestamp - 1, 0);
        termManager.repay(id, type(uint256).max, "");
        vm.expectRevert(ITermLoanBook.NoDebt.selector);
        termManager.rollOver(id, MONTHLY, 1e18, block.timestamp, 0);
        vm.stopPrank();
    }

    function test_a_rate_is_offered_for_what_can_be_lent() public {
        uint256 cash = termPool.cash();
        assertApproxEqAbs(termPool.offeredRate(MONTHLY, cash), 0.12e18, 1e11);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, cash + 1, cash));
        termPool.offeredRate(MONTHLY, cash + 1);
        vm.prank(address(termManager));
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, cash + 1, cash));
        termPool.borrow(_id(borrower, termFacility, 0), MONTHLY, cash + 1, 1e18);
    }

    function test_sheets_are_at_most_256_none_begins_retired_and_only_those_added_read_back() public {
        vm.expectRevert(abi.encodeWithSelector(ITermLendingPool.NoSuchTermSheet.selector, 4));
        termPool.sheetOf(4);
        TermSheet memory sheet = _sheet(30 days, 6, 0);
        sheet.retired = true;
        vm.startPrank(risk);
        vmMore.expectPartialRevert(ITermLoanBook.InvalidTermSheet.selector);
        termPool.addTermSheet(sheet);
        sheet.retired = false;
        for (uint256 n = 4; n < 256; ++n) assertEq(termPool.addTermSheet(sheet), n);
        vm.expectRevert(ITermLendingPool.TooManyTermSheets.selector);
        termPool.addTermSheet(sheet);
        vm.stopPrank();
    }

    /// @dev Of a fee for prepayment, which is junior's, where a loss has left no junior.
    function test_without_junior_a_fee_for_prepayment_is_the_reserves() public {
        uint256 safe = _openMillion();
        uint256 lost = _openTerm(1, MONTHLY, 143 * BTC, 5_000_000 * USD);
        _setTermPrice(13_000);
        vm.prank(liquidator);
        termManager.liquidate(lost, type(uint256).max, 0, "");
        assertEq(termPool.entryNavOf(TrancheClass.Junior), 0);
        uint256 before = termPool.reserve();
        vm.expectEmit(address(termPool));
        emit IPoolLedger.LumpIncome(0, 10_000 * USD);
        vm.prank(borrower);
        termManager.close(safe, borrower, "");
        assertEq(termPool.reserve() - before, 10_000 * USD);
        _assertLedger();
    }
}

/// @notice The curve for a base rate.
contract TermCurveTest is TermMarket {
    function _baseRatePerSecond() internal pure override returns (uint256) {
        return 0;
    }

    /// @dev Four times the 4 % at which a pool begins, and the spread.
    function test_who_asks_for_all_the_cash_is_offered_the_rate_of_a_pool_without() public view {
        assertApproxEqAbs(termPool.offeredRate(MONTHLY, termPool.cash()), 0.2e18, 1e11);
    }

    function test_the_rate_offered_falls_while_little_is_lent() public {
        _openMillion();
        vm.warp(block.timestamp + 1); // where it begins
        termPool.accrue();
        uint256 before = termPool.offeredRate(MONTHLY, USD);
        uint256 owed = termPool.totalDebt();
        vm.warp(block.timestamp + 30 days);
        assertLt(termPool.offeredRate(MONTHLY, USD), before);
        vm.recordLogs();
        termPool.accrue();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IPoolLedger.Accrued.selector);
        (uint256 interest, ) = abi.decode(logs[0].data, (uint256, uint256));
        assertEq(interest, termPool.totalDebt() - owed);
    }

    function test_the_rate_at_target_moves_by_what_of_the_cash_is_lent() public {
        _openTerm(0, MONTHLY, 500 * BTC, termPool.cash() / 2);
        vm.warp(block.timestamp + 1);
        uint256 before = _rateAtTargetTold();
        uint256 owed = termPool.totalDebt();
        uint256 utilisation = (owed * 1e18) / (owed + termPool.cash());
        vm.warp(block.timestamp + 10 days);
        (, uint256 expected) = AdaptiveCurve.average(before, utilisation, 10 days);
        assertEq(_rateAtTargetTold(), expected);
    }

    function _rateAtTargetTold() private returns (uint256 atTarget) {
        vm.recordLogs();
        termPool.accrue();
        (, atTarget) = abi.decode(vm.getRecordedLogs()[0].data, (uint256, uint256));
    }

    /// @dev With all cash lent, from where an hour would move it: the curve's rate at this second, by the rate at target last told.
    function test_the_rate_offered_is_the_curves_at_this_second() public {
        _openTerm(0, MONTHLY, 500 * BTC, termPool.cash());
        vm.warp(block.timestamp + 1);
        termPool.accrue();
        vm.warp(block.timestamp + 25 days);
        (uint256 rateE36, ) = AdaptiveCurve.average(_rateAtTargetTold(), 1e18, 0);
        uint256 rate = rateE36 / 1e18;
        assertGt(rate * 365 days, 3e18);
        assertEq(termPool.offeredRate(MONTHLY, 0), ((rate * 365 days + 0.04e18 + 1e11 - 1) / 1e11) * 1e11);
    }
}

/// @notice A base rate of 200 % a year, the highest there is.
contract TermRateLimitTest is TermMarket {
    function _baseRatePerSecond() internal pure override returns (uint256) {
        return uint256(2e18) / YEAR;
    }

    function test_a_rate_that_a_loan_has_no_room_to_note_is_refused() public {
        uint256 most = uint256(type(uint24).max) * 1e11;
        uint256 offered = termPool.offeredRate(MONTHLY, 1_000_000 * USD);
        assertGt(offered, most);
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        o.maxAnnualRate = type(uint256).max;
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ITermLendingPool.RateTooHigh.selector, offered, most));
        termManager.open(o, "");
    }
}

/// @notice A base rate with which the one offered is the highest that a loan has room to note.
contract TermRateAtLimitTest is TermMarket {
    function _baseRatePerSecond() internal pure override returns (uint256) {
        return (uint256(type(uint24).max) * 1e11 - 0.04e18) / YEAR;
    }

    function test_the_highest_rate_that_a_loan_can_note_is_lent_at() public {
        ITermLoanManager.Opening memory o = _opening(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
        o.maxAnnualRate = uint256(type(uint24).max) * 1e11;
        assertEq(termPool.offeredRate(MONTHLY, o.principal), o.maxAnnualRate);
        vm.prank(borrower);
        termManager.open(o, "");
    }
}

/// @notice Where the least debt is one unit.
contract SmallestTermLoanTest is TermMarket {
    function _termParams() internal view override returns (IFacilities.FacilityParams memory p) {
        p = super._termParams();
        p.minDebt = 1;
    }

    function test_a_loan_of_one_unit_is_owed_marked_and_sold_as_others_are() public {
        uint256 id = _openTerm(0, MONTHLY, 10, 1);
        assertEq(termManager.debtOf(id), 1);
        assertEq(termManager.payOffOf(id), 1 + 1, "with the fee for prepayment, rounded up");
        assertEq(
            ITermLens(deployCode("contracts/lens/TermLens.sol:TermLens", abi.encode(termManager)))
                .termLoanOverview(id)
                .debt,
            1
        );
        assertLt(
            ILens(deployCode("contracts/lens/Lens.sol:Lens", abi.encode(manager, termManager)))
                .loanOverview(id)
                .withdrawable,
            10
        );
        _setTermPrice(10); // ten satoshis are worth a unit
        assertEq(termManager.quoteLiquidation(id, type(uint256).max).repaid, 1);
        assertEq(termManager.mark(id), 1, "a unit less what a liquidator earns is nothing");
        vm.prank(liquidator);
        (uint256 repaid, ) = termManager.liquidate(id, type(uint256).max, 0, "");
        assertEq(repaid, 1);
        assertEq(termManager.debtOf(id), 0);
    }

    /// @dev On its last date two units owe one of interest.
    function test_a_unit_that_is_left_of_a_marked_loan_stays_marked() public {
        uint256 id = _openTerm(0, BULLET, 10, 2);
        vm.warp(START + 365 days);
        termOracle.setPrice(1);
        assertEq(termManager.mark(id), 2);
        _pay(id, 2);
        assertEq(termManager.loanOf(id).debtShares, 1);
        assertEq(termManager.markOf(id), 1);
        vm.prank(borrower);
        termManager.close(id, borrower, "");
        (, IPoolLedger.Expected memory expected) = termPool.storedFirstLoss();
        assertEq(expected.loss, 0);
    }
}
