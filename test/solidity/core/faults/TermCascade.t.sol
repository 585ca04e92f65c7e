// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TermMarket} from "../../helpers/TermMarket.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice A loss through all three classes costs what it costs, whether a facility has two loans or hundreds.
contract TermCascadeTest is TermMarket {
    uint256 private constant LOANS = 300;

    /// @dev 3,000,000 are lost of the same loan: cover 501,000, junior 2,001,000, the rest senior.
    function _lose(uint256 others) private returns (uint256 gas) {
        uint256 before = vmMore.snapshotState();
        uint256 id = _openTerm(0, BULLET, 200 * BTC, 6_000_000 * USD);
        for (uint256 i = 1; i <= others; ++i) _openTerm(uint64(i), MONTHLY, 100 * BTC, 10_000 * USD);
        vm.warp(START + 20 days);
        _setTermPrice(15_000);
        uint256 senior = termPool.entryNavOf(TrancheClass.Senior);
        vm.prank(liquidator);
        gas = gasleft();
        termManager.liquidate(id, type(uint256).max, 0, "");
        gas -= gasleft();
        assertEq(termPool.availableTo(TrancheClass.Cover), 0, "cover is gone");
        assertEq(termPool.entryNavOf(TrancheClass.Junior), 0, "junior is gone");
        assertLt(termPool.entryNavOf(TrancheClass.Senior), senior, "senior has lost");
        _assertLedger();
        vmMore.revertToState(before);
    }

    function test_fault_C24_a_loss_through_cover_junior_and_senior_costs_the_same_among_hundreds_of_loans() public {
        uint256 few = _lose(1);
        uint256 many = _lose(LOANS);
        emit log_named_uint("among two", few);
        emit log_named_uint("among hundreds", many);
        assertGt(few, 100_000);
        assertApproxEqAbs(many, few, 1000, "the length of numbers, and nothing else");
    }

    /// @dev Nor does anything else that looks at all loans' sum.
    function test_fault_C24_lenders_and_the_ledger_pay_for_no_loan() public {
        uint256[2] memory gas;
        for (uint256 round; round < 2; ++round) {
            uint256 before = vmMore.snapshotState();
            uint256 count = round == 0 ? 1 : LOANS;
            for (uint256 i; i < count; ++i) _openTerm(uint64(i), MONTHLY, 100 * BTC, 10_000 * USD);
            vm.warp(START + 20 days);
            vm.startPrank(lender);
            gas[round] = gasleft();
            termSenior.deposit(1000 * USD, lender);
            termSenior.withdraw(1000 * USD, lender, lender);
            gas[round] -= gasleft();
            vm.stopPrank();
            vmMore.revertToState(before);
        }
        assertApproxEqAbs(gas[1], gas[0], 1000);
    }
}
