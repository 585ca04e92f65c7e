// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice LOSS-1: a loss reaches cover, junior, senior, reserve, in that order, once, and in the transaction that finds it.
contract LossOrderTest is TieredMarket {
    /// @dev Another facility, in which nobody but senior lenders came in.
    function _seedsOnly() private {
        _use(_createFacility(_options()));
        _fund(lender);
        _fund(borrower);
        _fund(liquidator);
        vm.prank(lender);
        senior.deposit(1_000_000 * USD, lender);
    }

    /// @dev Puts `lost` down the order by hand.
    function _expected(Worth memory w, uint256 lost) private pure returns (uint256[4] memory by) {
        uint256[4] memory owned = [w.cover, w.junior, w.senior, w.reserve];
        for (uint256 i; i < 4; ++i) {
            by[i] = lost < owned[i] ? lost : owned[i];
            lost -= by[i];
        }
        assert(lost == 0);
    }

    function _sellAndCheck(uint256 id) private returns (uint256[4] memory by) {
        Worth memory before = _worth();
        uint256 lost = _lossOf(id);
        by = _expected(before, lost);
        vm.expectEmit(address(pool));
        emit IPoolLedger.LossRealised(by[0], by[1], by[2], by[3]);
        _sell(id);
        Worth memory w = _worth();
        assertEq(before.cover - w.cover, by[0], "cover");
        assertEq(before.junior - w.junior, by[1], "junior");
        assertEq(before.senior - w.senior, by[2], "senior");
        assertEq(before.reserve - w.reserve, by[3], "reserve");
        _assertBalanced();
    }

    function testFuzz_LOSS_1_a_loss_of_any_size_goes_down_the_order(
        uint256 principal,
        uint256 usdPerBtc,
        uint256 elapsed
    ) public {
        uint256 id = _lendOut(0, bound(principal, 1000 * USD, pool.cash()));
        vm.warp(block.timestamp + bound(elapsed, 0, 2 * YEAR));
        _setPrice(bound(usdPerBtc, 1, 29_000));
        _sellAndCheck(id);
    }

    function test_LOSS_1_smaller_than_cover() public {
        uint256 id = _lendOut(0, 600_000 * USD);
        _setPrice(25_000);
        uint256[4] memory by = _sellAndCheck(id);
        assertGt(by[0], 0);
        assertEq(by[1] + by[2] + by[3], 0, "nobody else is touched");
    }

    function test_LOSS_1_larger_than_cover_and_smaller_than_junior() public {
        uint256 id = _lendOut(0, 6_000_000 * USD);
        _setPrice(25_000);
        uint256[4] memory by = _sellAndCheck(id);
        assertEq(by[0], 501_000 * USD);
        assertGt(by[1], 0);
        assertEq(by[2] + by[3], 0);
    }

    function test_LOSS_1_larger_than_cover_and_junior() public {
        uint256 id = _lendOut(0, 10_000_000 * USD);
        _setPrice(15_000);
        uint256[4] memory by = _sellAndCheck(id);
        assertEq(by[0], 501_000 * USD);
        assertEq(by[1], 1_001_000 * USD);
        assertGt(by[2], 0);
        assertEq(by[3], 0);
    }

    /// @dev Everything lent, for years, and then nothing is worth anything: interest not paid is lost with the rest, the reserve's
    /// part of it last.
    function test_fault_C31_larger_than_everything() public {
        _seedsOnly();
        uint256 id = _lendOut(0, pool.cash());
        vm.warp(block.timestamp + 2 * YEAR);
        oracle.setPrice(1e20);
        Worth memory before = _worth();
        uint256 debt = pool.totalDebt();
        uint256[4] memory by = _sellAndCheck(id);
        assertEq(by[0], before.cover);
        assertEq(by[1], before.junior);
        assertEq(by[2], before.senior);
        assertGt(by[3], 0, "the reserve is what is left to lose");
        assertApproxEqAbs(by[0] + by[1] + by[2] + by[3], debt, 1000, "all but what the dust of collateral brought");
        assertEq(pool.totalDebt(), 0);
        assertGe(pool.cash(), 1000 * USD, "the stake went into the cash: the reserve owns it now");
    }

    // ---- C31: classes that are empty, wiped out, refilled ----

    function test_fault_C31_a_class_wiped_out_earns_nothing_pays_nothing_and_takes_no_new_money() public {
        uint256 first = _lendOut(0, 6_000_000 * USD);
        uint256 second = _lendOut(1, 600_000 * USD);
        uint256 third = _lendOut(2, 600_000 * USD);
        _setPrice(25_000);
        _sellAndCheck(first);
        assertEq(_worth().cover, 0);
        assertEq(cover.maxDeposit(underwriter), 0);
        vm.expectRevert(abi.encodeWithSelector(ITranche.WipedOut.selector, cover.totalSupply()));
        vm.prank(underwriter);
        cover.deposit(USD, underwriter);
        uint256[4] memory by = _sellAndCheck(second);
        assertEq(by[0], 0);
        assertGt(by[1], 0, "junior is next at once");
        vm.warp(block.timestamp + 30 days);
        assertEq(_worth().cover, 0, "no premium without stake");
        _sellAndCheck(third);
    }

    /// @dev One unit is left of it: who comes in then is not made to pay the old loss, and bears the next before junior does.
    function test_fault_C31_a_class_that_lost_all_but_a_unit_can_be_refilled_and_stands_first_again() public {
        uint256 first = _lendOut(0, 3_000_000 * USD);
        uint256 second = _lendOut(1, 300_000 * USD);
        _setPrice(25_000);
        // Premium accrues with time, none of which has passed: the stake is all.
        uint256 lost = _lossOf(first);
        if (lost < 501_000 * USD) revert("too small a loss for this test");
        vm.prank(underwriter);
        cover.deposit(lost + 1 - 501_000 * USD, underwriter);
        _sellAndCheck(first);
        assertEq(_worth().cover, 1);

        uint256 oldWorth = cover.convertToAssets(cover.balanceOf(underwriter));
        vm.prank(subordinate);
        uint256 shares = cover.deposit(1_000_000 * USD, subordinate);
        assertApproxEqAbs(cover.convertToAssets(shares), 1_000_000 * USD, 1, "the newcomer has what it paid");
        assertApproxEqAbs(
            cover.convertToAssets(cover.balanceOf(underwriter)),
            oldWorth,
            1,
            "the old have what was left"
        );
        uint256[4] memory by = _sellAndCheck(second);
        assertGt(by[0], 0);
        assertEq(by[1] + by[2], 0);
    }

    function test_fault_C31_junior_wiped_out_to_the_unit_leaves_the_next_loss_to_senior() public {
        uint256 first = _lendOut(0, 3_000_000 * USD);
        uint256 second = _lendOut(1, 300_000 * USD);
        _setPrice(10_000);
        uint256 lost = _lossOf(first);
        vm.prank(underwriter);
        junior.deposit(lost - 501_000 * USD - 1_001_000 * USD, underwriter);
        uint256[4] memory by = _sellAndCheck(first);
        assertEq(by[2], 0, "not a unit reaches senior");
        assertEq(_worth().junior, 0);
        vm.expectRevert(abi.encodeWithSelector(ITranche.WipedOut.selector, junior.totalSupply()));
        vm.prank(subordinate);
        junior.deposit(USD, subordinate);
        by = _sellAndCheck(second);
        assertGt(by[2], 0);
        // Interest of what is still lent is senior's and the reserve's alone.
        uint256 senior_ = _worth().senior;
        _setPrice(50_000);
        _lendOut(3, 1_000_000 * USD);
        vm.warp(block.timestamp + 30 days);
        assertEq(_worth().junior, 0);
        assertGt(_worth().senior, senior_);
    }

    function test_fault_C31_only_seeds_in_the_first_loss_classes() public {
        _seedsOnly();
        uint256 id = _lendOut(0, 600_000 * USD);
        _setPrice(20_000);
        uint256[4] memory by = _sellAndCheck(id);
        assertEq(by[0], 1000 * USD);
        assertEq(by[1], 1000 * USD);
        assertGt(by[2], 0);
    }

    // ---- C32: cover pays once, and underwriters do not slip out ----

    /// @dev Selling in pieces must neither draw more from cover than selling at once, nor pass a class over.
    function testFuzz_fault_C32_cover_pays_once_for_one_loss_however_it_is_sold(
        uint256 usdPerBtc,
        uint256[5] memory requests
    ) public {
        usdPerBtc = bound(usdPerBtc, 1000, 29_000);
        uint256 id = _lendOut(0, 1_500_000 * USD);
        _setPrice(usdPerBtc);
        uint256 atOnce = _lossOf(id);
        Worth memory before = _worth();
        vm.startPrank(liquidator);
        for (uint256 i; i < requests.length; ++i) {
            uint256 request = bound(requests[i], 1, 300_000 * USD);
            try manager.liquidate(id, request, 0, "") {} catch {}
        }
        if (manager.ownerOf(id) != address(0)) manager.liquidate(id, type(uint256).max, 0, "");
        vm.stopPrank();
        Worth memory w = _worth();
        uint256 paid = before.cover - w.cover;
        assertLe(paid + before.junior - w.junior + before.senior - w.senior, atOnce + 2 * requests.length);
        if (paid < before.cover) assertEq(w.junior, before.junior, "junior pays when cover is used up, not before");
        if (w.junior != 0) assertEq(w.senior, before.senior);
        _assertBalanced();
    }

    function test_fault_C32_an_underwriter_cannot_leave_between_mark_and_sale_but_at_a_price_that_counts_it() public {
        uint256 id = _lendOut(0, 1_500_000 * USD);
        _openWindow(cover, underwriter);
        _setPrice(25_000);
        uint256 lost = manager.mark(id);
        assertLt(lost, 500_000 * USD);
        uint256 snapshot = vmMore.snapshotState();
        _sell(id);
        uint256 stayed = cover.convertToAssets(cover.balanceOf(underwriter));
        uint256 juniorThen = _worth().junior;
        vmMore.revertToState(snapshot);

        uint256 shares = cover.maxRedeem(underwriter);
        vm.prank(underwriter);
        uint256 got = cover.redeem(shares, underwriter, underwriter);
        got += cover.convertToAssets(cover.balanceOf(underwriter));
        assertApproxEqAbs(got, stayed, 2, "leaving saves nothing");
        _sell(id);
        assertApproxEqAbs(_worth().junior, juniorThen, 2, "and costs junior nothing");
    }

    function test_fault_C32_an_underwriter_without_an_open_window_cannot_leave_before_the_sale() public {
        uint256 id = _lendOut(0, 1_500_000 * USD);
        _setPrice(25_000);
        uint256 shares = cover.balanceOf(underwriter);
        vm.startPrank(underwriter);
        cover.requestExit(shares);
        vm.expectRevert(
            abi.encodeWithSelector(
                ITranche.OutsideExitWindow.selector,
                block.timestamp + COOLDOWN,
                block.timestamp + COOLDOWN + WINDOW
            )
        );
        cover.redeem(shares, underwriter, underwriter);
        vm.stopPrank();
        _sell(id);
        vm.warp(block.timestamp + COOLDOWN);
        assertLt(cover.maxWithdraw(underwriter), 400_000 * USD, "the loss was borne throughout the cooldown");
        vm.prank(underwriter);
        cover.redeem(shares, underwriter, underwriter);
    }

    /// @dev The stake is not lent, so it is there when nothing else is, and no pause or gate is asked.
    function test_cover_pays_while_everything_else_is_stopped_and_all_cash_is_lent() public {
        uint256 id = _lendOut(0, pool.cash());
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        manager.lowerCaps(facility, 0, 0);
        manager.lowerMaxLtv(facility, 0);
        vm.stopPrank();
        _setPrice(29_000);
        uint256[4] memory by = _sellAndCheck(id);
        assertEq(by[0], 501_000 * USD);
    }

    function testFuzz_a_loss_costs_the_same_gas_whatever_it_reaches(uint256 usdPerBtc) public {
        uint256 id = _lendOut(0, 10_000_000 * USD);
        _setPrice(bound(usdPerBtc, 100, 28_000));
        vm.prank(liquidator);
        uint256 left = gasleft();
        manager.liquidate(id, type(uint256).max, 0, "");
        assertLt(left - gasleft(), 400_000, "no loop over lenders or loans");
    }
}

/// @notice With 18 decimals the shares of a class that was nearly wiped out, and refilled, would soon be too many to count.
contract LossOrder18Test is Decimals18x18, TieredMarket {
    function test_fault_C31_who_lends_to_a_class_left_with_next_to_nothing_can_leave_it_again() public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        _setPrice(10_000);
        Worth memory w = _worth();
        uint256 missing = _lossOf(id) - w.cover - w.junior;
        vm.prank(underwriter);
        junior.deposit(missing + 2, underwriter);
        _sell(id);
        assertGt(_worth().junior, 0);
        assertLt(_worth().junior, 10, "a few units are left");

        uint256 most = junior.maxDeposit(subordinate);
        assertGt(most, 0);
        assertLe(junior.maxMint(subordinate), type(uint120).max - junior.totalSupply());
        uint256 shares = junior.previewDeposit(USD);
        bytes memory refusal = abi.encodeWithSelector(
            ITranche.TooManyShares.selector,
            shares,
            type(uint120).max - junior.totalSupply()
        );
        vm.startPrank(subordinate);
        vm.expectRevert(refusal);
        junior.deposit(USD, subordinate);
        vm.expectRevert(refusal);
        junior.mint(shares, subordinate);
        junior.deposit(most, subordinate);
        uint256 owned = junior.balanceOf(subordinate);
        junior.requestExit(owned);
        vm.warp(block.timestamp + COOLDOWN);
        assertEq(junior.maxRedeem(subordinate), owned);
        junior.redeem(owned, subordinate, subordinate);
        vm.stopPrank();
    }
}

/// @notice A facility with cover and no junior class.
contract CoverAloneTest is TieredMarket {
    function test_LOSS_1_cover_alone_stands_before_senior() public {
        Options memory o = _standard(collateralDecimals, loanDecimals);
        Parts memory p = _parts(o);
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        p.senior = _class(o, predicted, TrancheClass.Senior, 0, 0);
        p.cover = _class(o, predicted, TrancheClass.Cover, COOLDOWN, WINDOW);
        IPoolLedger.PoolConfig memory c = _poolConfig(o, p.senior);
        (c.cover, c.coverPremiumBps) = (address(p.cover), 500);
        p.pool = ILendingPool(deployCode("contracts/lending/LendingPool.sol:LendingPool", abi.encode(c)));
        assertEq(address(p.pool), predicted);
        o.loan.mint(address(this), 2 * o.seed);
        o.loan.approve(address(p.senior), o.seed);
        o.loan.approve(address(p.cover), o.seed);
        p.id = manager.createFacility(_params(p, o), o.seed);
        _use(p);
        _fund(lender);
        _fund(borrower);
        _fund(liquidator);
        vm.prank(lender);
        senior.deposit(1_000_000 * USD, lender);
        vm.prank(lender);
        cover.deposit(100_000 * USD, lender);
        uint256 id = _open(10 * BTC, 300_000 * USD);
        _setPrice(25_000);
        uint256 loss = _lossOf(id);
        Worth memory before = _worth();
        _sell(id);
        assertGt(loss, 0);
        assertEq(_worth().cover, before.cover - loss);
        assertEq(_worth().senior, before.senior);
        _assertBalanced();
    }

    function _class(
        Options memory o,
        address pool_,
        TrancheClass class,
        uint32 cooldown,
        uint32 window
    ) private returns (ITranche) {
        return
            ITranche(
                deployCode(
                    "contracts/lending/Tranche.sol:Tranche",
                    abi.encode(o.loan, pool_, manager, class, "Ballast Tranche", "bTR", cooldown, window)
                )
            );
    }
}
