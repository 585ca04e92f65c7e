// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {AdaptiveCurve} from "../../../../contracts/lending/rates/AdaptiveCurve.sol";
import {CompoundGrowth} from "../../../../contracts/lending/rates/CompoundGrowth.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice The ledger: interest to the unit, its division, the reserve, and who may touch what.
contract LendingPoolTest is Market {
    event Accrued(uint256 interest, uint256 rateAtTarget);

    function test_a_deposit_says_who_paid_and_for_whom() public {
        vm.expectEmit(address(senior));
        emit IERC4626.Deposit(lender, stranger, 1000 * USD, senior.previewDeposit(1000 * USD));
        vm.prank(lender);
        senior.deposit(1000 * USD, stranger);
    }

    function test_a_class_is_seeded_once() public {
        vm.prank(address(manager));
        vm.expectRevert(ITranche.AlreadySeeded.selector);
        senior.seed(lender, USD);
    }

    function test_who_leaves_with_nothing_is_told_so() public {
        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(ITranche.NothingReceived.selector, 0, 1));
        senior.redeem(1, lender, lender);
        vm.expectRevert(abi.encodeWithSelector(ITranche.NothingReceived.selector, 0, 0));
        senior.withdraw(0, lender, lender);
        vm.stopPrank();
    }

    function test_a_share_is_minted() public {
        vm.prank(lender);
        assertEq(senior.mint(1, stranger), 1);
        assertEq(senior.balanceOf(stranger), 1);
    }

    // ---- interest ----

    function test_interest_is_the_curves_to_the_unit() public {
        _open(1000 * BTC, 9_000_000 * USD);
        (ILendingPool.DebtTotals memory debt, IPoolLedger.CashState memory state, ) = pool.stored();
        uint256 utilisation = (uint256(debt.assets) * 1e18) / (uint256(debt.assets) + state.cash);
        assertEq(pool.utilisation(), utilisation);
        // The pool's first seconds run at the initial curve: no history moves it yet.
        for (uint256 i; i < 4; ++i) {
            uint256 elapsed = [uint256(1), 1 hours, 30 days, 3 * YEAR][i];
            (debt, state, ) = pool.stored();
            (uint256 rateE36, uint256 atTarget) = AdaptiveCurve.average(
                state.rateAtTarget,
                (uint256(debt.assets) * 1e18) / (uint256(debt.assets) + state.cash),
                elapsed
            );
            uint256 interest = (debt.assets * CompoundGrowth.growthDown(rateE36, elapsed)) / 1e18;
            vm.warp(block.timestamp + elapsed);
            (uint256 seen, ) = pool.debtTotals();
            assertEq(seen, debt.assets + interest, "the view");
            vm.expectEmit(address(pool));
            emit Accrued(interest, atTarget);
            pool.accrue();
            (debt, state, ) = pool.stored();
            assertEq(debt.assets, seen, "what is stored");
            assertEq(state.rateAtTarget, atTarget);
            assertEq(state.accruedAt, block.timestamp);
        }
    }

    /// @dev So long that e to the power of it has no place in a word.
    function test_left_at_the_end_of_the_curve_for_years_the_rate_is_at_its_bound() public {
        _open(4000 * BTC, pool.cash());
        vm.warp(block.timestamp + 1); // where it begins
        pool.accrue();
        vm.warp(block.timestamp + 4 * YEAR);
        uint256 highest = uint256(AdaptiveCurve.MAX_RATE_AT_TARGET);
        assertEq(pool.borrowRate(), 4 * highest);
        pool.accrue();
        (, IPoolLedger.CashState memory state, ) = pool.stored();
        assertEq(state.rateAtTarget, highest);
    }

    function test_the_rate_answers_for_what_would_be_drawn() public {
        _open(1000 * BTC, 5_000_000 * USD);
        uint256 cash = pool.cash();
        (uint256 expectedE36, ) = AdaptiveCurve.average(0, 1e18, 0);
        assertEq(pool.borrowRateAfter(cash), expectedE36 / 1e18);
        assertGt(pool.borrowRateAfter(1_000_000 * USD), pool.borrowRate());
        assertEq(pool.borrowRateAfter(0), pool.borrowRate());
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, cash + 1, cash));
        pool.borrowRateAfter(cash + 1);
    }

    /// @dev A second on, the curve would have moved.
    function test_the_rate_after_a_draw_is_that_of_this_very_second() public {
        _open(1000 * BTC, 5_000_000 * USD);
        vm.warp(block.timestamp + 30 days);
        pool.accrue();
        (, IPoolLedger.CashState memory state, ) = pool.stored();
        assertGt(state.rateAtTarget, 0);
        (uint256 nowE36, ) = AdaptiveCurve.average(state.rateAtTarget, 1e18, 0);
        (uint256 thenE36, ) = AdaptiveCurve.average(state.rateAtTarget, 1e18, 1);
        assertGt(thenE36 / 1e18, nowE36 / 1e18);
        assertEq(pool.borrowRateAfter(state.cash), nowE36 / 1e18);
    }

    /// @dev TIME-1.
    function test_TIME_1_zero_seconds_change_nothing_and_say_nothing() public {
        uint256 id = _open(BTC, 20_000 * USD);
        vm.warp(block.timestamp + 5);
        pool.accrue();
        (ILendingPool.DebtTotals memory a, IPoolLedger.CashState memory b, IPoolLedger.Claims memory c) = pool.stored();
        uint256 debt = manager.debtOf(id);
        vm.recordLogs();
        pool.accrue();
        pool.accrue();
        assertEq(vm.getRecordedLogs().length, 0);
        (ILendingPool.DebtTotals memory a2, IPoolLedger.CashState memory b2, IPoolLedger.Claims memory c2) = pool
            .stored();
        assertEq(abi.encode(a, b, c), abi.encode(a2, b2, c2));
        assertEq(manager.debtOf(id), debt);
    }

    function test_POOL_2_a_draw_is_counted_in_shares_rounded_up() public {
        uint256 id = _open(1000 * BTC, 9_000_000 * USD + 7);
        vm.warp(block.timestamp + 1234567);
        pool.accrue();
        (ILendingPool.DebtTotals memory debt, , ) = pool.stored();
        uint256 before = manager.loanOf(id).debtShares;
        uint256 drawn = 1000 * USD;
        uint256 down = (drawn * (uint256(debt.shares) + 1e6)) / (uint256(debt.assets) + 1);
        assertGt(drawn * (uint256(debt.shares) + 1e6), down * (uint256(debt.assets) + 1), "a part of a share is left");
        vm.prank(borrower);
        manager.draw(id, drawn, borrower);
        assertEq(manager.loanOf(id).debtShares - before, down + 1);
    }

    function test_a_payment_that_leaves_dust_is_told_the_debt_and_the_least() public {
        uint256 shares = manager.loanOf(_open(BTC, 20_000 * USD)).debtShares;
        vm.prank(address(manager));
        vm.expectRevert(abi.encodeWithSelector(ILendingPool.PaymentLeavesDust.selector, 5, 20_000 * USD, 20_001 * USD));
        pool.repay(shares, 5, 20_001 * USD);
    }

    function test_an_empty_pool_owes_and_earns_nothing() public {
        vm.warp(block.timestamp + 10 * YEAR);
        assertEq(pool.utilisation(), 0);
        pool.accrue();
        (uint256 assets, uint256 shares) = pool.debtTotals();
        assertEq(assets + shares, 0);
        assertEq(senior.totalAssets(), 10_001_000 * USD);
    }

    // ---- who gets it ----

    function test_interest_is_divided_between_lenders_and_reserve_when_a_lender_moves() public {
        _open(1000 * BTC, 9_000_000 * USD);
        vm.warp(block.timestamp + YEAR);
        (uint256 debt, ) = pool.debtTotals();
        uint256 interest = debt - 9_000_000 * USD;
        uint256 toReserve = interest / 10;
        assertEq(pool.reserve(), toReserve);
        assertEq(pool.navOf(TrancheClass.Senior), 10_001_000 * USD + interest - toReserve);
        assertEq(senior.totalAssets(), pool.navOf(TrancheClass.Senior));
        vm.expectEmit(address(pool));
        emit IPoolLedger.InterestSplit(interest - toReserve, toReserve);
        vm.expectEmit(address(pool));
        emit IPoolLedger.Entered(TrancheClass.Senior, USD);
        vm.prank(lender);
        senior.deposit(USD, lender);
        (, , IPoolLedger.Claims memory claims) = pool.stored();
        assertEq(claims.reserve, toReserve);
        assertEq(claims.senior, 10_001_001 * USD + interest - toReserve);
        // A second entry in the same second finds nothing to divide.
        vm.recordLogs();
        vm.prank(lender);
        senior.deposit(USD, lender);
        assertEq(vm.getRecordedLogs().length, 4, "Entered, Transfer, Deposit and the token's Transfer");
    }

    function test_other_classes_have_nothing_here() public view {
        assertEq(pool.navOf(TrancheClass.Junior), 0);
        assertEq(pool.navOf(TrancheClass.Cover), 0);
        assertEq(pool.tranche(TrancheClass.Junior), address(0));
        assertEq(pool.tranche(TrancheClass.Senior), address(senior));
        assertEq(pool.asset(), address(usd));
        assertEq(pool.manager(), address(manager));
        assertEq(pool.fixedRatePerSecond(), 0);
    }

    function test_a_new_reserve_fee_does_not_reach_back() public {
        _open(1000 * BTC, 9_000_000 * USD);
        vm.warp(block.timestamp + YEAR);
        (uint256 debt, ) = pool.debtTotals();
        uint256 toReserve = (debt - 9_000_000 * USD) / 10;
        vm.expectEmit(address(pool));
        emit IPoolLedger.ReserveFeeSet(2500);
        vm.prank(risk);
        pool.setReserveFee(2500);
        assertEq(pool.reserve(), toReserve);
        vm.warp(block.timestamp + YEAR);
        (uint256 later, ) = pool.debtTotals();
        assertEq(pool.reserve(), toReserve + ((later - debt) * 2500) / 10_000);
    }

    function test_the_reserve_fee_is_at_most_a_quarter() public {
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.FeeTooHigh.selector, 2501, 2500));
        vm.prank(risk);
        pool.setReserveFee(2501);
        Options memory o = _standard(8, 6);
        o.reserveFeeBps = 2501;
        bytes memory args = abi.encode(_poolConfig(o, senior));
        bytes memory code = vm.getCode("contracts/lending/LendingPool.sol:LendingPool");
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.FeeTooHigh.selector, 2501, 2500));
        this.create(abi.encodePacked(code, args));
    }

    function test_junior_and_cover_get_at_most_half_of_the_interest() public {
        bytes memory code = vm.getCode("contracts/lending/LendingPool.sol:LendingPool");
        IPoolLedger.PoolConfig memory c = _poolConfig(_standard(8, 6), senior);
        c.juniorSpreadBps = 5001;
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.FeeTooHigh.selector, 5001, 5000));
        this.create(abi.encodePacked(code, abi.encode(c)));
        (c.juniorSpreadBps, c.coverPremiumBps) = (5000, 5001);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.FeeTooHigh.selector, 5001, 5000));
        this.create(abi.encodePacked(code, abi.encode(c)));
    }

    function test_the_reserve_is_collected_as_far_as_it_and_the_cash_go() public {
        uint256 id = _open(1000 * BTC, pool.cash());
        vm.warp(block.timestamp + YEAR);
        uint256 reserve = pool.reserve();
        assertGt(reserve, 0);
        vm.startPrank(collector);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, 1, 0));
        pool.collectReserve(collector, 1);
        vm.stopPrank();
        vm.prank(borrower);
        manager.repay(id, type(uint256).max, "");
        uint256 nav = senior.totalAssets();
        vm.startPrank(collector);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.ReserveTooSmall.selector, reserve + 1, reserve));
        pool.collectReserve(collector, reserve + 1);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InvalidReceiver.selector, address(pool)));
        pool.collectReserve(address(pool), reserve);
        vm.expectEmit(address(pool));
        emit IPoolLedger.ReserveCollected(stranger, reserve);
        pool.collectReserve(stranger, reserve);
        vm.stopPrank();
        assertEq(usd.balanceOf(stranger), reserve);
        assertEq(pool.reserve(), 0);
        assertEq(senior.totalAssets(), nav, "the lenders' part is untouched");
    }

    // ---- who may ask ----

    function test_the_reserve_is_collected_down_to_the_last_cash() public {
        uint256 id = _open(1000 * BTC, pool.cash());
        vm.warp(block.timestamp + YEAR);
        vm.prank(borrower);
        manager.repay(id, 5, "");
        assertGt(pool.reserve(), 5);
        vm.prank(collector);
        pool.collectReserve(collector, 5);
        assertEq(pool.cash(), 0);
    }

    function test_EVENT_1_what_a_class_leaves_with() public {
        vm.expectEmit(address(pool));
        emit IPoolLedger.Left(TrancheClass.Senior, 1000 * USD);
        vm.prank(lender);
        senior.withdraw(1000 * USD, lender, lender);
    }

    function test_a_class_is_paid_no_more_than_there_is_and_is_told_how_much() public {
        uint256 cash = pool.cash();
        vm.prank(address(senior));
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, cash + 1, cash));
        pool.payOut(lender, cash + 1);
    }

    function test_the_borrowers_side_is_the_managers_alone() public {
        bytes memory no = abi.encodeWithSelector(IPoolLedger.OnlyManager.selector, stranger, address(manager));
        vm.startPrank(stranger);
        vm.expectRevert(no);
        pool.initialise(5);
        vm.expectRevert(no);
        pool.draw(0, 1);
        vm.expectRevert(no);
        pool.repay(1, 1, 1);
        vm.expectRevert(no);
        pool.accruedDebt(1);
        vm.expectRevert(no);
        pool.settleSale(1, 1, 1, 1);
        vm.expectRevert(no);
        pool.pay(stranger, 1);
        vm.expectRevert(no);
        pool.collect(lender, 1);
        vm.expectRevert(no);
        pool.changeExpectedLoss(0, 1);
        vm.stopPrank();
    }

    function test_the_lenders_side_is_the_tranches_alone() public {
        bytes memory no = abi.encodeWithSelector(IPoolLedger.OnlyTranche.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(no);
        pool.enter(stranger, 1);
        vm.expectRevert(no);
        pool.checkpoint(stranger);
        vm.expectRevert(no);
        pool.payOut(stranger, 1);
        vm.stopPrank();
    }
}

contract LendingPool18Test is LendingPoolTest, Decimals18x18 {}

/// @notice The same ledger with a rate that never moves.
contract FixedRatePoolTest is Market {
    uint256 private constant RATE = uint256(0.05e18) / 365 days;

    function _options() internal override returns (Options memory o) {
        o = super._options();
        o.fixedRatePerSecond = RATE;
    }

    function test_five_per_cent_for_a_year_is_as_published() public {
        uint256 id = _open(1000 * BTC, 1_000_000 * USD);
        assertEq(pool.borrowRate(), RATE);
        assertEq(pool.borrowRateAfter(1), RATE);
        assertEq(pool.fixedRatePerSecond(), RATE);
        vm.warp(block.timestamp + YEAR);
        (uint256 debt, ) = pool.debtTotals();
        assertEq(debt, 1_000_000 * USD + (1_000_000 * USD * 51270833327093113) / 1e18);
        // The virtual share's part of the interest is below a unit: the only borrower owes all of it, to the unit.
        assertApproxEqAbs(manager.debtOf(id), debt, 1);
        pool.accrue();
        (, IPoolLedger.CashState memory state, ) = pool.stored();
        assertEq(state.rateAtTarget, 0);
    }

    function test_a_fixed_rate_beyond_200_per_cent_is_refused() public {
        uint256 most = uint256(2e18) / 365 days;
        bytes memory code = vm.getCode("contracts/lending/LendingPool.sol:LendingPool");
        Options memory o = _standard(8, 6);
        o.fixedRatePerSecond = most + 1;
        bytes memory args = abi.encode(_poolConfig(o, senior));
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.FixedRateTooHigh.selector, most + 1, most));
        this.create(abi.encodePacked(code, args));
        o.fixedRatePerSecond = most;
        args = abi.encode(_poolConfig(o, senior));
        assertEq(ILendingPool(this.create(abi.encodePacked(code, args))).fixedRatePerSecond(), most);
    }
}
