// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {Actions, Authorisation, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {Agent} from "../../helpers/Agent.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice What an attacker tries against term loans and their lenders, and does not profit from.
contract TermAttemptsTest is TermMarket {
    /// @dev Each roll-over makes the fee for prepayment the owner's debt.
    function test_fault_C36_an_operator_who_rolls_over_has_the_owner_owe_no_more_than_its_limit() public {
        uint256 id = _openMillion();
        address operator = makeAddr("operator");
        vm.prank(borrower);
        termManager.setAuthorisation(
            termFacility,
            operator,
            Authorisation(Actions.ROLL_OVER, uint40(block.timestamp + 1 days), uint104(15_000 * USD), 0)
        );
        uint256 debt = termManager.debtOf(id);
        vm.startPrank(operator);
        termManager.rollOver(id, MONTHLY, 1e18, block.timestamp, 0);
        assertEq(termManager.debtOf(id) - debt, 10_000 * USD);
        vm.expectRevert(abi.encodeWithSelector(IAuthorisations.CashLimitExceeded.selector, 10_100 * USD, 5_000 * USD));
        termManager.rollOver(id, MONTHLY, 1e18, block.timestamp, 0);
        vm.stopPrank();
    }

    /// @dev A thief would have what a cure brings at once, without having lent for it.
    function test_POOL_3_who_enters_senior_around_a_mark_and_a_cure_gains_nothing() public {
        uint256 id = _openMillion();
        vm.warp(START + 70 days);
        uint256 brought = 5_000_000 * USD;
        vm.startPrank(lender);
        uint256 shares = termSenior.deposit(brought, lender);
        termManager.markDefault(id);
        vm.stopPrank();
        uint256 worth = termSenior.previewRedeem(shares);
        vm.warp(START + 80 days);
        _pay(id, 400_000 * USD);
        assertEq(termManager.loanOf(id).flags & LoanFlags.IN_DEFAULT, 0);
        vm.prank(lender);
        uint256 back = termSenior.redeem(shares, lender, lender);
        emit log_named_decimal_int("profit", int256(back) - int256(brought), 6);
        assertLe(worth, brought);
        assertLe(back, brought, "what a cure brings is junior's");
    }

    function test_fault_C29_cured_and_in_default_again_interest_is_taken_back_once_each_time() public {
        uint256 id = _openMillion();
        for (uint256 i = 1; i <= 3; ++i) {
            vm.warp(START + i * 30 days + 20 days);
            termManager.markDefault(id);
            _assertCounted(id);
            vm.prank(liquidator);
            termManager.repay(id, 1, "");
            _assertCounted(id);
            (TermBalance memory b, ) = _balance(id);
            _pay(id, b.lateFees + b.lateNumerator / (1e18 * 365 days) + 1 + b.interestDue + b.arrears);
            assertEq(termManager.loanOf(id).flags & LoanFlags.IN_DEFAULT, 0);
            _assertCounted(id);
            assertEq(termPool.defaultMarkedAt(id), 0, "nor of the mark");
            assertApproxEqAbs(termPool.totalDebt(), termManager.debtOf(id), 1, "all of it counts again");
        }
        vm.prank(borrower);
        termManager.close(id, borrower, "");
        assertEq(termPool.totalDebt(), 0);
        _assertLedger();
    }

    function test_a_loan_reopened_under_its_id_in_the_same_second_starts_with_nothing_of_the_last_one() public {
        uint256 id = _openTerm(0, MONTHLY, 30 * BTC, 1_000_000 * USD);
        vm.warp(START + 75 days);
        termManager.markDefault(id);
        _setTermPrice(20_000);
        assertGt(termManager.mark(id), 0);
        _pay(id, 5_000 * USD);
        vm.prank(borrower);
        termManager.close(id, borrower, "");
        assertEq(termManager.markOf(id), 0);
        assertEq(termPool.defaultMarkedAt(id), 0, "nothing of the default stays behind");
        _assertLedger();
        assertEq(_openTerm(0, MONTHLY, 100 * BTC, 1_000_000 * USD), id);
        assertEq(termManager.debtOf(id), 1_000_000 * USD);
        assertEq(termManager.loanOf(id).flags, LoanFlags.OPEN);
        _assertCounted(id);
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.NotInDefault.selector, type(uint256).max));
        termManager.markDefault(id);
        vmMore.expectPartialRevert(ILiquidationEngine.NotLiquidatable.selector);
        termManager.quoteLiquidation(id, type(uint256).max);
        // Late at once in its own first instalment: nothing of the other's late slots shows.
        vm.warp(block.timestamp + 31 days);
        _pay(id, 1);
        (TermBalance memory b, ) = _balance(id);
        assertEq(b.lateFees, 25 * USD - 1);
        assertEq(b.paid, 0);
        _assertCounted(id);
    }

    function test_neither_mark_is_made_nor_a_share_moved_in_the_middle_of_an_action() public {
        uint256 id = _openMillion();
        vm.warp(START + 50 days);
        Agent agent = new Agent();
        usd.mint(address(agent), 10_000 * USD);
        agent.approve(usd, address(termPool));
        agent.approve(usd, address(termSenior));
        Agent.Call[] memory calls = new Agent.Call[](6);
        calls[0] = Agent.Call(address(termManager), abi.encodeCall(ITermLoanManager.markDefault, (id)));
        calls[1] = Agent.Call(address(termManager), abi.encodeCall(ILoans.mark, (id)));
        calls[2] = Agent.Call(address(termSenior), abi.encodeCall(termSenior.deposit, (USD, address(agent))));
        calls[3] = Agent.Call(address(termPool), abi.encodeCall(termPool.receivables, ()));
        calls[4] = Agent.Call(address(termPool), abi.encodeCall(termPool.offeredRate, (MONTHLY, USD)));
        calls[5] = Agent.Call(
            address(book),
            abi.encodeCall(ITermLoanBook.debtOf, (address(termPool), id, termManager.loanOf(id)))
        );
        bytes memory locked = abi.encodeWithSelector(IFacilities.FacilityLocked.selector, termFacility);
        for (uint256 i; i < calls.length; ++i) {
            agent.scriptOne(calls[i].target, calls[i].data, true);
            vm.prank(address(agent));
            vm.expectRevert(locked);
            termManager.repay(id, 1000 * USD, "x");
        }
    }

    /// @dev Rolling over to be rid of late charges or of default, over and over: the borrower only owes more.
    function test_fault_C28_rolling_over_again_and_again_costs_the_fee_each_time_and_ends_at_maxLtv() public {
        uint256 id = _openTerm(0, MONTHLY, 30 * BTC, 1_000_000 * USD);
        vm.warp(START + 39 days);
        uint256 debt = termManager.debtOf(id);
        vm.startPrank(borrower);
        for (uint256 i; ; ++i) {
            assertLt(i, 10, "never ends");
            try termManager.rollOver(id, MONTHLY, 1e18, block.timestamp, 0) {} catch (bytes memory reason) {
                assertEq(bytes4(reason), ILoans.LtvTooHigh.selector);
                break;
            }
            uint256 next = termManager.debtOf(id);
            assertGe(next, debt + (debt * 90) / 10_000);
            debt = next;
        }
        vm.stopPrank();
        assertLe(debt, (30 * 50_000 * USD * 7000) / 10_000);
        _assertCounted(id);
        _assertLedger();
    }

    /// @dev The pool's sum is this one loan's part of it, and nothing is given back that is owed.
    function _assertCounted(uint256 id) private view {
        ITermLoanBook.Outcome memory o = book.payOff(termPool.positionOf(id, termManager.loanOf(id)));
        (uint256 numerator, uint256 perSecond) = termPool.receivables();
        assertEq(numerator, o.countedBefore);
        assertEq(perSecond, o.slopeBefore);
        _assertLedger();
    }
}

/// @notice The rate of a loan is fixed for its life: cash lent for a second must not lower it.
contract TermRateAttemptsTest is TermMarket {
    function _baseRatePerSecond() internal pure override returns (uint256) {
        return 0;
    }

    function test_a_flash_deposit_buys_no_rate_below_the_one_at_target() public {
        _openTerm(0, MONTHLY, 1000 * BTC, 12_001_000 * USD - 2_000 * USD);
        vm.warp(START + 30 days);
        termPool.accrue();
        uint256 target = termPool.offeredRate(MONTHLY, 0);
        vm.startPrank(lender);
        usd.mint(lender, 1_000_000_000 * USD);
        termSenior.deposit(1_000_000_000 * USD, lender);
        vm.stopPrank();
        uint256 rate = termPool.offeredRate(MONTHLY, 1000 * USD);
        // At target 4 % at first, and rising at full utilisation; 4 % spread.
        assertGe(rate, 0.08e18);
        assertLe(rate, target);
        uint256 again = termPool.offeredRate(MONTHLY, 900_000_000 * USD);
        assertGe(again, rate, "and no less with the more lent");
    }
}
