// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";

/// @notice Expected losses: counted at every exit and at no entry, by anyone, up and down.
contract MarksTest is TieredMarket {
    function _stored() private view returns (uint256 loss) {
        (, IPoolLedger.Expected memory expected) = pool.storedFirstLoss();
        return expected.loss;
    }

    function testFuzz_a_mark_is_debt_beyond_value_less_the_least_incentive(uint256 usdPerBtc) public {
        usdPerBtc = bound(usdPerBtc, 1, 60_000);
        uint256 id = _lendOut(0, 3_000_000 * USD);
        vm.warp(block.timestamp + 100 days);
        _setPrice(usdPerBtc);
        uint256 value = (uint256(manager.loanOf(id).collateral) * _price(usdPerBtc)) / 1e36;
        uint256 covered = (value * 1e18) / 1.02e18;
        uint256 debt = manager.debtOf(id);
        uint256 expected = debt > covered ? debt - covered : 0;
        if (expected != 0) {
            vm.expectEmit(address(manager));
            emit ILoans.Marked(id, stranger, expected);
            vm.expectEmit(address(pool));
            emit IPoolLedger.ExpectedLossChanged(expected);
        }
        vm.prank(stranger);
        assertEq(manager.mark(id), expected);
        assertEq(manager.markOf(id), expected);
        assertEq(_stored(), expected);
        // Each unit once: cover, then junior, then senior.
        Worth memory w = _worth();
        uint256 left = expected;
        assertEq(pool.navOf(TrancheClass.Cover), w.cover - _min(left, w.cover));
        left -= _min(left, w.cover);
        assertEq(pool.navOf(TrancheClass.Junior), w.junior - _min(left, w.junior));
        left -= _min(left, w.junior);
        assertEq(pool.navOf(TrancheClass.Senior), w.senior - _min(left, w.senior));
        _assertBalanced();
    }

    /// @dev At a price at which a unit of value more would cover a unit of debt more.
    function test_value_that_is_marked_by_is_rounded_down() public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        vm.prank(borrower);
        manager.topUp(id, 7, "");
        uint256 collateral = manager.loanOf(id).collateral;
        uint256 price = _price(20_000);
        uint256 value;
        do {
            price += 1e33;
            value = (collateral * price) / 1e36;
        } while ((value * 1e18) / 1.02e18 == ((value + 1) * 1e18) / 1.02e18 || value * 1e36 == collateral * price);
        oracle.setPrice(price);
        assertEq(manager.mark(id), manager.debtOf(id) - (value * 1e18) / 1.02e18);
    }

    function test_a_mark_goes_up_and_down_with_the_price_and_away_with_it() public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        uint256 nav = senior.totalAssets();
        _setPrice(20_000);
        uint256 first = manager.mark(id);
        _setPrice(15_000);
        assertGt(manager.mark(id), first);
        _setPrice(25_000);
        assertLt(manager.mark(id), first);
        _setPrice(50_000);
        assertEq(manager.mark(id), 0);
        assertEq(_stored(), 0);
        assertEq(senior.totalAssets(), nav, "as if nothing had been");
        vm.recordLogs();
        manager.mark(id);
        assertEq(vm.getRecordedLogs().length, 0, "the same mark again says nothing");
    }

    function test_marks_of_several_loans_add_up_and_one_goes_without_the_other() public {
        uint256 first = _lendOut(0, 3_000_000 * USD);
        uint256 second = _lendOut(1, 1_000_000 * USD);
        _setPrice(20_000);
        uint256 expected = manager.mark(first);
        expected += manager.mark(second);
        assertEq(_stored(), expected);
        vm.prank(borrower);
        manager.close(second, borrower, "");
        assertEq(_stored(), manager.markOf(first));
        assertGt(_stored(), 0);
        vm.prank(borrower);
        manager.repay(first, type(uint256).max, "");
        assertEq(_stored(), 0);
    }

    function testFuzz_a_payment_lowers_the_mark_by_as_much(uint256 paid) public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        _setPrice(20_000);
        uint256 expected = manager.mark(id);
        paid = bound(paid, 1, 2_000_000 * USD);
        vm.prank(borrower);
        paid = manager.repay(id, paid, "");
        assertEq(manager.markOf(id), expected > paid ? expected - paid : 0);
        assertEq(_stored(), manager.markOf(id));
    }

    function test_of_a_debt_that_was_paid_nothing_is_expected_to_be_lost() public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        oracle.setPrice(1);
        assertEq(manager.mark(id), 3_000_000 * USD, "all of it");
        vm.prank(borrower);
        manager.repay(id, type(uint256).max, "");
        assertEq(manager.markOf(id), 0);
        assertEq(_stored(), 0);
    }

    /// @dev The loss that was expected of what was sold is replaced by the real one: what is left carries its share.
    function testFuzz_a_sale_turns_its_part_of_the_mark_into_a_loss(uint256 request) public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        _setPrice(20_000);
        uint256 expected = manager.mark(id);
        uint256 debt = manager.debtOf(id);
        uint256 collateral = manager.loanOf(id).collateral;
        uint256 junior_ = pool.navOf(TrancheClass.Junior);
        uint256 satoshi = (20_000 * USD) / BTC; // what is seized is whole ones
        request = bound(request, USD, 10_000_000 * USD);
        vm.prank(liquidator);
        manager.liquidate(id, request, 0, "");
        uint256 left = manager.ownerOf(id) == address(0) ? 0 : manager.debtOf(id);
        assertApproxEqAbs(manager.markOf(id), (expected * left) / debt, 1 + satoshi);
        uint256 covered = ((debt - expected) * manager.loanOf(id).collateral) / collateral;
        assertEq(manager.markOf(id), left > covered ? left - covered : 0, "what was to cover still covers as much");
        assertApproxEqAbs(
            pool.navOf(TrancheClass.Junior),
            junior_,
            4 + 2 * satoshi,
            "whoever leaves after it gets what it got before"
        );
    }

    function test_LOSS_1_nobody_leaves_at_par_after_a_mark() public {
        uint256 id = _lendOut(0, 9_000_000 * USD);
        _openWindow(junior, subordinate);
        _setPrice(20_000);
        uint256 par = senior.previewRedeem(senior.balanceOf(lender));
        uint256 expected = manager.mark(id);
        Worth memory w = _worth();
        assertGt(expected, w.cover + w.junior, "it reaches senior");
        assertEq(junior.maxWithdraw(subordinate), 0);
        assertEq(cover.maxWithdraw(underwriter), 0);
        uint256 shares = senior.maxRedeem(lender) / 4;
        uint256 before = usd.balanceOf(lender);
        vm.prank(lender);
        senior.redeem(shares, lender, lender);
        uint256 atPar = (par * shares) / senior.totalSupply();
        assertLt(usd.balanceOf(lender) - before, atPar);
        _assertBalanced();
    }

    /// @dev A mark that is taken back would otherwise be a gift to whoever entered under it.
    function testFuzz_POOL_3_entering_under_a_mark_that_is_taken_back_wins_nothing(
        uint256 usdPerBtc,
        uint8 class
    ) public {
        uint256 id = _lendOut(0, 9_000_000 * USD);
        _setPrice(bound(usdPerBtc, 100, 29_000));
        manager.mark(id);
        TrancheClass c = TrancheClass(class % 3);
        vm.assume(_trancheOf(c).maxDeposit(liquidator) != 0);
        vm.startPrank(liquidator);
        uint256 shares = _trancheOf(c).deposit(1_000_000 * USD, liquidator);
        vm.stopPrank();
        assertLe(_trancheOf(c).convertToAssets(shares), 1_000_000 * USD);
        _setPrice(50_000);
        manager.mark(id);
        assertLe(_trancheOf(c).convertToAssets(shares), 1_000_000 * USD);
        assertGe(_trancheOf(c).convertToAssets(shares), 1_000_000 * USD - 2);
    }

    function test_a_refusing_oracle_marks_nothing_and_stops_nobody_from_paying() public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        _setPrice(20_000);
        uint256 expected = manager.mark(id);
        oracle.setRefusing(true);
        vm.expectRevert();
        manager.mark(id);
        vm.prank(borrower);
        manager.repay(id, type(uint256).max, "");
        assertEq(_stored(), 0);
        assertGt(expected, 0);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
