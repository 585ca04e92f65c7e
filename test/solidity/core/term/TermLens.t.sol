// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {ITermLens} from "../../../../contracts/interfaces/ITermLens.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice What the lens says is what the contracts then do.
contract TermLensTest is TermMarket {
    ITermLens private _lens;

    function setUp() public override {
        super.setUp();
        _lens = ITermLens(deployCode("contracts/lens/TermLens.sol:TermLens", abi.encode(termManager)));
    }

    function test_the_schedule_previewed_is_the_schedule_opened_and_the_schedule_paid() public {
        (uint256 rate, ITermLens.Instalment[] memory preview) = _lens.previewSchedule(
            termFacility,
            MONTHLY,
            1_000_000 * USD
        );
        uint256 id = _openMillion();
        ITermLens.Instalment[] memory rows = _lens.schedule(id);
        assertEq(abi.encode(rows), abi.encode(preview));
        assertEq(rate, _lens.termLoanOverview(id).terms.annualRateWad);
        uint256 principal;
        for (uint256 i; i < rows.length; ++i) {
            vm.warp(rows[i].dueAt);
            assertEq(_lens.dueNow(id), rows[i].interest + rows[i].principal, "as scheduled");
            _pay(id, _lens.dueNow(id));
            assertEq(termManager.loanOf(id).debtShares, rows[i].left);
            principal += rows[i].principal;
        }
        assertEq(principal, 1_000_000 * USD, "TERM-1");
        assertEq(_lens.schedule(id).length, 0);
    }

    function test_of_nothing_there_is_no_schedule_and_of_a_unit_there_is_all_of_it() public view {
        (, ITermLens.Instalment[] memory rows) = _lens.previewSchedule(termFacility, MONTHLY, 0);
        assertEq(rows.length, 0);
        (, rows) = _lens.previewSchedule(termFacility, MONTHLY, 1);
        assertEq(rows.length, 12);
        assertEq(rows[11].left, 0);
    }

    /// @dev The least debt there is in other facilities, put before the lens by the book.
    function test_a_loan_of_one_unit_has_its_dates_as_others_have() public {
        uint256 id = _openMillion();
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        Loan memory loan = termManager.loanOf(id);
        loan.debtShares = 1;
        b.principal = 1;
        vm.mockCall(address(termManager), abi.encodeCall(ILoans.loanOf, (id)), abi.encode(loan));
        vm.mockCall(
            address(book),
            abi.encodeCall(ITermLoanBook.balanceOf, (address(termPool), id, loan)),
            abi.encode(b, t)
        );
        (uint256 dueAt, ) = _lens.nextDue(id);
        assertEq(dueAt, block.timestamp + 30 days);
        assertEq(_lens.schedule(id).length, 12);
    }

    /// @dev Two dates passed unpaid: what is left to schedule is what is not due.
    function test_the_schedule_of_a_loan_in_arrears_is_of_what_is_not_due_yet() public {
        uint256 id = _openMillion();
        vm.warp(START + 65 days);
        ITermLens.TermLoanOverview memory o = _lens.termLoanOverview(id);
        ITermLens.Instalment[] memory rows = _lens.schedule(id);
        assertEq(rows.length, 10);
        assertEq(rows[0].principal + rows[0].left, o.balance.principal - o.balance.arrears);
        assertEq(rows[9].left, 0);
    }

    function test_the_next_payment_takes_off_what_was_paid_ahead() public {
        uint256 id = _openTerm(0, BALLOON, 100 * BTC, 1_000_000 * USD);
        vm.warp(START + 12 days);
        (uint256 dueAt, uint256 next) = _lens.nextDue(id);
        assertEq(dueAt, START + 30 days);
        _pay(id, next / 3);
        (, uint256 rest) = _lens.nextDue(id);
        assertEq(rest, next - next / 3);
        _pay(id, rest);
        (, rest) = _lens.nextDue(id);
        assertEq(rest, 0);
        vm.warp(START + 30 days);
        assertEq(_lens.dueNow(id), 0, "and that is all the date asked for");
        ITermLens.Instalment[] memory rows = _lens.schedule(id);
        assertEq(rows.length, 11);
        assertApproxEqAbs(rows[10].principal, 545_000 * USD, 10_000 * USD, "the balloon comes last");
    }

    function test_the_overview_says_what_ends_the_loan_and_when_it_defaults() public {
        uint256 id = _openMillion();
        vm.warp(START + 35 days);
        ITermLens.TermLoanOverview memory o = _lens.termLoanOverview(id);
        assertEq(o.owner, borrower);
        assertEq(o.collateral, 100 * BTC);
        assertEq(o.recordedPrincipal, 1_000_000 * USD);
        assertEq(o.sheet, MONTHLY);
        assertEq(_lens.manager(), address(termManager));
        assertEq(o.defaultsAfter, START + 40 days);
        assertEq(o.nextDueAt, START + 60 days);
        assertEq(o.debt, termManager.debtOf(id));
        assertEq(o.dueNow, _lens.dueNow(id));
        vm.warp(START + 41 days);
        termManager.markDefault(id);
        _setTermPrice(9_000);
        uint256 expected = termManager.mark(id);
        o = _lens.termLoanOverview(id);
        assertEq(o.defaultMarkedAt, START + 41 days);
        assertEq(o.expectedLoss, expected);
        assertGt(expected, 0);
        vm.prank(borrower);
        (uint256 paid, ) = termManager.close(id, borrower, "");
        assertEq(paid, o.payOff);
        o = _lens.termLoanOverview(id);
        assertEq(o.owner, address(0));
        assertEq(o.debt, 0);
    }

    function test_of_a_loan_that_is_paid_and_of_one_that_never_was_nothing_is_due() public {
        uint256[] memory ids = new uint256[](3);
        (ids[0], ids[1]) = (_openMillion(), _openTerm(1, BULLET, 10 * BTC, 100_000 * USD));
        ids[2] = ids[1] + 1;
        _pay(ids[0], type(uint256).max);
        ITermLens.TermLoanOverview[] memory all = _lens.termLoanOverviews(ids);
        assertEq(all[0].owner, borrower, "its collateral is still there");
        assertEq(all[0].collateral, 100 * BTC);
        assertEq(all[0].debt + all[0].payOff + all[0].dueNow + all[0].nextPayment, 0);
        assertEq(all[0].recordedPrincipal + all[0].sheet + all[0].terms.count + all[0].defaultsAfter, 0);
        assertEq(all[1].debt, 100_000 * USD);
        assertEq(all[1].sheet, BULLET);
        assertEq(all[2].id, ids[2]);
        assertEq(all[2].owner, address(0));
        (uint256 dueAt, uint256 assets) = _lens.nextDue(ids[0]);
        assertEq(dueAt + assets, 0);
    }

    /// @dev Nothing comes after the last date: what is owed is due.
    function test_after_its_last_date_a_loan_has_no_next_payment() public {
        uint256 id = _openTerm(0, BULLET, 100 * BTC, 1_000_000 * USD);
        vm.warp(START + 365 days);
        (uint256 dueAt, uint256 assets) = _lens.nextDue(id);
        assertEq(dueAt + assets, 0);
        assertEq(_lens.dueNow(id), termManager.debtOf(id));
    }
}
