// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GateCheck} from "../../../../contracts/compliance/GateCheck.sol";
import {OpenGate} from "../../../../contracts/compliance/OpenGate.sol";
import {NewRisk} from "../../../../contracts/interfaces/ICompliance.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice A gate may refuse new risk, by any manner of failing; it never stands in the way out (GATE-1, C37).
contract GatesTest is Market {
    FaultGate private _gate;
    uint256 private _loan;
    uint256 private _offered;

    function setUp() public override {
        super.setUp();
        _gate = new FaultGate();
        manager.setGate(facility, address(_gate));
        _loan = _open(BTC, 20_000 * USD);
        _offered = _openAs(borrower, 5, BTC, 20_000 * USD);
        vm.prank(borrower);
        manager.transferLoan(_offered, liquidator);
    }

    function test_a_gate_that_says_yes_lets_everything_through() public {
        vm.prank(borrower);
        manager.draw(_loan, 1, borrower);
        vm.prank(liquidator);
        manager.acceptLoan(_offered, type(uint256).max, 0);
        vm.prank(lender);
        senior.deposit(USD, lender);
        assertGt(senior.maxDeposit(lender), 0);
    }

    function test_the_gates_own_reason_comes_through() public {
        _gate.set(FaultGate.Manner.Answers, 451);
        _everyNewRiskIsRefused(451);
    }

    function test_fault_C37_a_gate_that_reverts_means_no() public {
        _gate.set(FaultGate.Manner.Reverts, 0);
        _everyNewRiskIsRefused(type(uint256).max);
    }

    function test_fault_C37_a_revert_that_looks_like_a_yes_means_no() public {
        _gate.set(FaultGate.Manner.RevertsWithZero, 0);
        _everyNewRiskIsRefused(type(uint256).max);
    }

    function test_fault_C37_a_gate_that_answers_garbage_means_no() public {
        FaultGate.Manner[4] memory garbage = [
            FaultGate.Manner.AnswersNothing,
            FaultGate.Manner.AnswersShort,
            FaultGate.Manner.AnswersLong,
            FaultGate.Manner.AnswersHuge
        ];
        for (uint256 i; i < garbage.length; ++i) {
            _gate.set(garbage[i], 0);
            _everyNewRiskIsRefused(type(uint256).max);
        }
    }

    function test_fault_C37_a_gate_that_burns_gas_means_no_at_a_bounded_cost() public {
        _gate.set(FaultGate.Manner.BurnsGas, 0);
        _everyNewRiskIsRefused(type(uint256).max);
        uint256 before = gasleft();
        vm.prank(borrower);
        try manager.draw(_loan, 1, borrower) {
            fail();
        } catch {}
        assertLt(before - gasleft(), 300_000);
    }

    function test_fault_C37_a_gate_without_code_means_no() public {
        manager.setGate(facility, stranger);
        vm.prank(borrower);
        vm.expectRevert(_no(stranger, borrower, NewRisk.Draw, type(uint256).max));
        manager.draw(_loan, 1, borrower);
    }

    /// @dev The receiver of shares is asked about, not the one who pays; the owner of a loan, not its operator.
    function test_the_gate_is_asked_about_the_one_who_takes_the_risk() public {
        _gate.refuseOnly(NewRisk.Lend, 9);
        vm.prank(lender);
        vm.expectRevert(_no(address(_gate), stranger, NewRisk.Lend, 9));
        senior.deposit(USD, stranger);
        _gate.refuseOnly(NewRisk.AcceptLoan, 9);
        vm.prank(liquidator);
        vm.expectRevert(_no(address(_gate), liquidator, NewRisk.AcceptLoan, 9));
        manager.acceptLoan(_offered, type(uint256).max, 0);
        _gate.refuseOnly(NewRisk.Open, 9);
        vm.prank(borrower);
        manager.draw(_loan, 1, borrower);
    }

    /// @dev GATE-1, for every manner of failing.
    function test_GATE_1_no_gate_stands_in_the_way_out() public {
        for (uint256 i = 1; i <= uint256(type(FaultGate.Manner).max); ++i) {
            _gate.set(FaultGate.Manner.Answers, 0);
            uint256 id = _openAs(borrower, uint64(100 + i), BTC, 20_000 * USD);
            vm.prank(lender);
            senior.deposit(1000 * USD, lender);

            _gate.set(FaultGate.Manner(i), 1);
            vm.startPrank(borrower);
            manager.topUp(id, 1, "");
            manager.repay(id, 1000 * USD, "");
            manager.withdraw(id, BTC / 100, borrower);
            manager.repay(id, type(uint256).max, "");
            manager.withdraw(id, BTC / 2, borrower);
            manager.close(id, borrower, "");
            vm.stopPrank();
            vm.startPrank(lender);
            senior.withdraw(USD, lender, lender);
            senior.redeem(1e6 * USD, lender, lender);
            vm.stopPrank();
        }
    }

    function test_fault_C37_a_gate_that_changes_its_mind_mid_loan_leaves_liquidation_and_surplus_alone() public {
        _gate.set(FaultGate.Manner.Answers, 1);
        _setPrice(24_000);
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
        vm.startPrank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        manager.withdraw(_loan, type(uint256).max, borrower);
        vm.stopPrank();
        assertEq(manager.ownerOf(_loan), address(0));
    }

    function test_maxDeposit_and_maxMint_are_zero_for_whom_the_gate_refuses() public {
        for (uint256 i; i <= uint256(type(FaultGate.Manner).max); ++i) {
            _gate.set(FaultGate.Manner(i), 1);
            assertEq(senior.maxDeposit(lender), 0);
            assertEq(senior.maxMint(lender), 0);
            assertGt(senior.maxWithdraw(lender), 0);
            assertGt(senior.maxRedeem(lender), 0);
        }
    }

    function test_the_open_gate_and_no_gate_let_everybody_in() public {
        OpenGate open = new OpenGate();
        for (uint256 i; i <= uint256(type(NewRisk).max); ++i) {
            assertEq(open.check(stranger, NewRisk(i)), 0);
        }
        manager.setGate(facility, address(open));
        _openAs(borrower, 70, BTC, minDebt);
        manager.setGate(facility, address(0));
        _openAs(borrower, 71, BTC, minDebt);
        vm.prank(lender);
        senior.deposit(USD, lender);
    }

    function _everyNewRiskIsRefused(uint256 reason) private {
        address gate = address(_gate);
        vm.startPrank(borrower);
        vm.expectRevert(_no(gate, borrower, NewRisk.Open, reason));
        manager.open(facility, 77, BTC, minDebt, borrower, "");
        vm.expectRevert(_no(gate, borrower, NewRisk.Draw, reason));
        manager.draw(_loan, 1, borrower);
        vm.stopPrank();
        vm.prank(liquidator);
        vm.expectRevert(_no(gate, liquidator, NewRisk.AcceptLoan, reason));
        manager.acceptLoan(_offered, type(uint256).max, 0);
        vm.startPrank(lender);
        vm.expectRevert(_no(gate, lender, NewRisk.Lend, reason));
        senior.deposit(USD, lender);
        vm.expectRevert(_no(gate, lender, NewRisk.Lend, reason));
        senior.mint(1e6, lender);
        vm.stopPrank();
        vm.expectRevert(_no(gate, stranger, NewRisk.Lend, reason));
        manager.requireMayLend(facility, stranger);
    }

    function _no(address gate, address account, NewRisk action, uint256 reason) private pure returns (bytes memory) {
        return abi.encodeWithSelector(GateCheck.NotAllowed.selector, gate, account, action, reason);
    }
}
