// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice A loan in default whose collateral is short, and marked so. Whatever is paid or sold, the loss expected of the rest must
/// stay what anyone would mark it at that second: who pays a little must not leave at a better price.
contract TermMarksTest is TermMarket {
    uint256 private _loan;

    /// @dev A year's interest, two months of late interest and of interest that the pool does not count.
    function setUp() public override {
        super.setUp();
        _loan = _openTerm(0, BULLET, 30 * BTC, 1_000_000 * USD);
        vm.warp(START + 376 days);
        termManager.markDefault(_loan);
        vm.warp(START + 425 days);
        _setTermPrice(10_000);
        termManager.mark(_loan);
        assertGt(termManager.markOf(_loan), 800_000 * USD);
    }

    function testFuzz_LOSS_1_a_payment_leaves_the_loss_that_is_expected(uint256 assets) public {
        assets = bound(assets, 1, termManager.debtOf(_loan));
        _pay(_loan, assets);
        _assertMarked();
    }

    function testFuzz_LOSS_1_a_cure_and_what_it_brings_back_leave_it(uint256 seed) public {
        uint256 id = _openTerm(1, MONTHLY, 200 * BTC, 1_000_000 * USD);
        vm.warp(START + 500 days);
        termManager.markDefault(id);
        vm.warp(START + 520 days);
        _setTermPrice(4_000);
        termManager.mark(id);
        (TermBalance memory b, ) = _balance(id);
        uint256 due = b.lateFees + b.lateNumerator / (1e18 * 365 days) + 1 + b.interestDue + b.arrears;
        uint8 before = termManager.loanOf(id).flags & LoanFlags.IN_DEFAULT;
        _pay(id, bound(seed, due, due + 100_000 * USD));
        assertLt(termManager.loanOf(id).flags & LoanFlags.IN_DEFAULT, before, "cured");
        uint256 stored = termManager.markOf(id);
        assertApproxEqAbs(stored, termManager.mark(id), 1);
    }

    function testFuzz_LOSS_1_a_sale_of_a_part_leaves_it(uint256 assets) public {
        assets = bound(assets, 1000 * USD, 300_000 * USD);
        vm.prank(liquidator);
        termManager.liquidate(_loan, assets, 0, "");
        _assertMarked();
    }

    /// @dev Late charges and interest that was not counted are income. They must not lessen the expected loss as well.
    function test_fault_C29_junior_does_not_buy_its_way_out_with_late_charges() public {
        uint256 shares = termJunior.balanceOf(juniorLender);
        vm.prank(juniorLender);
        termJunior.requestExit(shares);
        vm.warp(START + 433 days);
        termManager.mark(_loan);
        uint256 navBefore = termPool.navOf(TrancheClass.Junior);
        uint256 paid = _pay(_loan, 10_000 * USD);
        uint256 gained = termPool.navOf(TrancheClass.Junior) - navBefore;
        emit log_named_decimal_int("profit of all junior together", int256(gained) - int256(paid), 6);
        assertLe(gained, paid);
    }

    function _assertMarked() private {
        uint256 stored = termManager.markOf(_loan);
        uint256 again = termManager.loanOf(_loan).collateral == 0 ? 0 : termManager.mark(_loan);
        assertApproxEqAbs(stored, again, 2);
        _assertLedger();
    }
}
