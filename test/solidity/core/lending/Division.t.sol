// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice Who gets the interest, against a computation by fractions of a unit: reserve, cover, then junior and senior by size
/// less the spread.
contract DivisionTest is TieredMarket {
    function _divideNow() private {
        vm.prank(lender);
        senior.deposit(USD, lender);
    }

    /// @dev A facility of its own, with ten million of senior money.
    function _begin(Options memory o) private {
        _use(_createFacility(o));
        _fund(lender);
        _fund(borrower);
        vm.prank(lender);
        senior.deposit(10_000_000 * USD, lender);
    }

    function testFuzz_interest_is_divided_as_published(
        uint256 principal,
        uint256 elapsed,
        uint256 more,
        uint256 later
    ) public {
        _lendOut(0, bound(principal, 10_000 * USD, pool.cash()));
        vm.warp(block.timestamp + bound(elapsed, 1 days, YEAR));
        _checkDivision();
        // And again, by the sizes that the first division and a new entry left.
        vm.prank(subordinate);
        junior.deposit(bound(more, USD, 5_000_000 * USD), subordinate);
        vm.warp(block.timestamp + bound(later, 1 days, YEAR));
        _checkDivision();
    }

    /// @dev As stored at the last division; what came in since belongs to nobody yet.
    function _stored() private view returns (Worth memory w, uint256 income, bool covered) {
        (IPoolLedger.FirstLoss memory first, IPoolLedger.Expected memory expected) = pool.storedFirstLoss();
        (, IPoolLedger.CashState memory state, IPoolLedger.Claims memory claims) = pool.stored();
        w = Worth(uint256(first.stake) + expected.premium, first.junior, claims.senior, claims.reserve);
        income = pool.totalDebt() + state.cash + first.stake - w.cover - w.junior - w.senior - w.reserve;
        covered = first.stake != 0;
    }

    /// @dev Amounts in thousandths of a unit, so that the contract's roundings show as at most one.
    function _checkDivision() private {
        (Worth memory before, uint256 income, bool covered) = _stored();
        uint256 toReserve = (income * 1000 * FEE_BPS) / 10_000;
        uint256 toCover = covered ? (income * 1000 * PREMIUM_BPS) / 10_000 : 0;
        uint256 rest = income * 1000 - toReserve - toCover;
        // A unit of junior earns what a unit of senior earns and the spread that all of senior gives up for it.
        uint256 seniorKeeps = before.senior * (10_000 - SPREAD_BPS);
        uint256 juniorGets = before.junior * 10_000 + before.senior * SPREAD_BPS;
        uint256 toSenior = (rest * seniorKeeps) / (seniorKeeps + juniorGets);

        _divideNow();
        Worth memory w = _worth();
        assertApproxEqAbs(w.reserve - before.reserve, toReserve / 1000, 1, "reserve");
        assertApproxEqAbs(w.cover - before.cover, toCover / 1000, 1, "cover");
        assertApproxEqAbs(w.senior - before.senior - USD, toSenior / 1000, 2, "senior");
        assertApproxEqAbs(w.junior - before.junior, (rest - toSenior) / 1000, 2, "junior");
        assertEq(_sum(w), _sum(before) + income + USD, "all of it, and no more");
        _assertBalanced();
    }

    function _sum(Worth memory w) private pure returns (uint256) {
        return w.cover + w.junior + w.senior + w.reserve;
    }

    function test_junior_earns_more_a_unit_than_senior() public {
        _lendOut(0, 9_000_000 * USD);
        Worth memory before = _worth();
        vm.warp(block.timestamp + YEAR);
        Worth memory w = _worth();
        assertGt((w.junior * 1e18) / before.junior, (w.senior * 1e18) / before.senior);
    }

    // ---- premium ----

    function test_premium_is_paid_into_the_stake_when_there_is_cash() public {
        _lendOut(0, 9_000_000 * USD);
        vm.warp(block.timestamp + 30 days);
        uint256 cash = pool.cash();
        _divideNow();
        (IPoolLedger.FirstLoss memory first, IPoolLedger.Expected memory expected) = pool.storedFirstLoss();
        assertEq(expected.premium, 0);
        assertGt(first.stake, 501_000 * USD);
        assertEq(pool.availableTo(TrancheClass.Cover), first.stake);
        assertEq(pool.cash(), cash + USD, "the view had counted it as paid");
        _assertBalanced();
    }

    function test_premium_is_owed_while_there_is_no_cash_and_paid_when_there_is() public {
        uint256 id = _lendOut(0, pool.cash());
        vm.warp(block.timestamp + 30 days);
        vm.prank(underwriter);
        cover.deposit(USD, underwriter); // stake, not cash
        (IPoolLedger.FirstLoss memory first, IPoolLedger.Expected memory expected) = pool.storedFirstLoss();
        uint256 owed = expected.premium;
        assertGt(owed, 0);
        assertEq(first.stake, 501_001 * USD);
        assertEq(_worth().cover, 501_001 * USD + owed, "it is the underwriters' already");
        _assertBalanced();

        vm.prank(borrower);
        manager.repay(id, 1_000_000 * USD, "");
        assertEq(pool.cash(), 1_000_000 * USD - owed);
        vm.prank(lender);
        senior.deposit(USD, lender);
        (first, expected) = pool.storedFirstLoss();
        assertEq(expected.premium, 0);
        assertEq(first.stake, 501_001 * USD + owed);
        _assertBalanced();
    }

    function test_a_loss_takes_premium_that_was_not_paid_before_it_reaches_junior() public {
        uint256 id = _lendOut(0, pool.cash());
        vm.warp(block.timestamp + 30 days);
        uint256 owed = _worth().cover - 501_000 * USD;
        assertGt(owed, 0);
        _setPrice(29_000);
        uint256 lost = _lossOf(id);
        uint256 junior_ = _worth().junior;
        _sell(id);
        assertEq(_worth().cover, 0);
        assertEq(junior_ - _worth().junior, lost - 501_000 * USD - owed);
        _assertBalanced();
    }

    /// @dev To the unit what each class gets of it.
    function test_EVENT_1_how_interest_is_divided() public {
        _lendOut(0, 5_000_000 * USD);
        Worth memory before = _worth();
        (IPoolLedger.FirstLoss memory first, ) = pool.storedFirstLoss();
        vm.warp(block.timestamp + 30 days);
        Worth memory w = _worth();
        uint256 premium = w.cover - before.cover;
        assertGt(premium, 0);
        vm.expectEmit(address(pool));
        emit IPoolLedger.InterestSplit(w.senior - before.senior, w.reserve - before.reserve);
        vm.expectEmit(address(pool));
        emit IPoolLedger.FirstLossIncome(w.junior - before.junior, premium, premium);
        _divideNow();
        (IPoolLedger.FirstLoss memory after_, ) = pool.storedFirstLoss();
        assertEq(after_.stake - first.stake, premium, "there is cash to pay it with");
    }

    function test_EVENT_1_premium_that_there_is_no_cash_for_is_owed() public {
        _lendOut(0, pool.cash());
        uint256 cover_ = _worth().cover;
        uint256 junior_ = _worth().junior;
        vm.warp(block.timestamp + 30 days);
        Worth memory w = _worth();
        vm.expectEmit(address(pool));
        emit IPoolLedger.FirstLossIncome(w.junior - junior_, w.cover - cover_, 0);
        _divideNow();
    }

    function test_cover_leaves_with_no_more_than_its_stake() public {
        uint256 stake = pool.availableTo(TrancheClass.Cover);
        vm.prank(address(cover));
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, stake + 1, stake));
        pool.payOut(underwriter, stake + 1);
    }

    /// @dev TIME-1 with premium owed: a second division within the second finds nothing.
    function test_TIME_1_a_second_division_in_a_second_divides_nothing() public {
        _lendOut(0, 9_000_000 * USD);
        vm.warp(block.timestamp + 30 days);
        _divideNow();
        (IPoolLedger.FirstLoss memory first, ) = pool.storedFirstLoss();
        vm.recordLogs();
        vm.prank(lender);
        senior.deposit(USD, lender);
        assertEq(vm.getRecordedLogs().length, 4, "Entered, Transfer, Deposit and the token's Transfer");
        (IPoolLedger.FirstLoss memory after_, ) = pool.storedFirstLoss();
        assertEq(abi.encode(first), abi.encode(after_));
    }

    /// @dev A quarter to the reserve, half to cover, and of the rest what junior's spread leaves: senior gets least of all.
    function test_interest_is_divided_at_the_highest_terms_there_are() public {
        Options memory o = _options();
        (o.reserveFeeBps, o.juniorSpreadBps, o.coverPremiumBps) = (2_500, 5_000, 5_000);
        _begin(o);
        vm.startPrank(lender);
        cover.deposit(100_000 * USD, lender);
        vm.stopPrank();
        _lendOut(0, 9_000_000 * USD);
        Worth memory before = _worth();
        vm.warp(block.timestamp + 30 days);
        _divideNow();
        Worth memory w = _worth();
        uint256 interest = (w.reserve - before.reserve) * 4;
        assertApproxEqAbs(w.cover - before.cover, interest / 2, 4);
        assertApproxEqAbs(w.junior - before.junior, interest / 8, interest / 8_000);
        assertApproxEqAbs(w.senior - USD - before.senior, interest / 8, interest / 8_000);
        _assertBalanced();
    }

    /// @dev Dividing every day instead of once a year lets junior's part compound; it moves little, and never anything to the
    /// one who makes it happen but as a holder.
    function test_POOL_3_how_often_interest_is_divided_hardly_matters() public {
        Options memory o = _options();
        o.fixedRatePerSecond = 3e9; // 9.5 % a year: the curve would move with every accrual
        _begin(o);
        vm.startPrank(lender);
        junior.deposit(1_000_000 * USD, lender);
        vm.stopPrank();
        _lendOut(0, 9_000_000 * USD);
        uint256 start = block.timestamp;
        Worth memory before = _worth();
        uint256 snapshot = vmMore.snapshotState();
        vm.warp(start + YEAR);
        Worth memory once = _worth();
        vmMore.revertToState(snapshot);
        for (uint256 day = 1; day <= 365; ++day) {
            vm.warp(start + day * 1 days);
            pool.accrue();
            vm.prank(lender);
            senior.deposit(1, lender);
        }
        Worth memory daily = _worth();
        assertGe(daily.junior, once.junior);
        assertLt(daily.junior - once.junior, (once.junior - before.junior) / 20);
        _assertBalanced();
    }
}
