// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IERC7575, IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";

/// @notice Who waits for cash is served in order, at the price of the moment, and nothing else is paid out meanwhile.
contract RedemptionQueueTest is TieredMarket {
    uint256 private constant LENDERS = 5;

    address[] private _lenders;
    uint256 private _loan;
    uint256 private _least;

    function setUp() public override {
        super.setUp();
        _least = queue.leastShares();
        for (uint256 i; i < LENDERS; ++i) {
            address who = makeAddr(string.concat("lender ", vm.toString(i)));
            _lenders.push(who);
            _fund(who);
            vm.prank(who);
            senior.deposit(1_000_000 * USD, who);
        }
    }

    /// @dev Nothing is left to pay lenders with.
    function _lendAll() private {
        _loan = _lendOut(0, pool.cash());
    }

    function _request(address who, uint256 shares) private returns (uint256 id) {
        vm.prank(who);
        return queue.requestRedeem(shares, who, who);
    }

    function _repay(uint256 assets) private {
        vm.prank(borrower);
        manager.repay(_loan, assets, "");
    }

    function _shares(address who) private view returns (uint256) {
        return senior.balanceOf(who);
    }

    // ---- at once ----

    function test_a_request_that_finds_cash_and_no_queue_is_served_at_once() public {
        address who = _lenders[0];
        uint256 shares = _shares(who);
        uint256 worth = senior.previewRedeem(shares);
        uint256 before = usd.balanceOf(who);
        uint256 id = _request(who, shares);
        assertEq(queue.waiting(), 0);
        assertFalse(pool.redemptionsQueued());
        assertEq(queue.claimableRedeemRequest(id, who), shares);
        assertEq(usd.balanceOf(who), before, "claimed, not pushed");
        vm.prank(who);
        assertEq(queue.redeem(shares, who, who), worth);
        assertEq(usd.balanceOf(who), before + worth);
        assertEq(queue.requestOf(id).controller, address(0), "nothing is left of it");
    }

    function test_a_request_larger_than_the_cash_is_served_in_part_at_once() public {
        _loan = _lendOut(0, pool.cash() - 400_000 * USD);
        uint256 id = _request(_lenders[0], _shares(_lenders[0]));
        (, uint256 assets) = queue.claimable(id);
        assertApproxEqAbs(assets, 400_000 * USD, 2);
        assertTrue(pool.redemptionsQueued());
        assertApproxEqAbs(pool.cash(), 0, 2);
    }

    function _redeemAThird(address who) private returns (uint256 id, uint256 left) {
        uint256 shares = _shares(who);
        id = _request(who, shares);
        vm.prank(who);
        queue.redeem(shares / 3, who, who);
        left = shares - shares / 3;
    }

    function test_after_a_part_was_redeemed_the_rest_is_withdrawn_to_the_last_unit() public {
        address who = _lenders[0];
        (uint256 id, uint256 left) = _redeemAThird(who);
        (uint256 shares, uint256 assets) = queue.claimable(id);
        assertEq(shares, left);
        vm.prank(who);
        assertEq(queue.withdraw(assets, who, who), left);
        assertEq(queue.requestOf(id).controller, address(0), "nothing is left of it");
    }

    function test_after_a_part_was_redeemed_a_claim_takes_the_rest() public {
        address who = _lenders[0];
        (uint256 id, uint256 left) = _redeemAThird(who);
        vm.prank(who);
        (uint256 claimed, ) = queue.claim(id, who);
        assertEq(claimed, left);
    }

    function test_who_waited_and_claimed_asks_again_as_if_for_the_first_time() public {
        _request(_lenders[1], _least);
        _lendAll();
        address who = _lenders[0];
        _request(who, _least);
        _repay(1_000_000 * USD);
        queue.serve(type(uint256).max);
        vm.startPrank(who);
        queue.redeem(_least, who, who);
        assertEq(queue.maxRedeem(who), 0);
        queue.requestRedeem(2 * _least, who, who);
        assertEq(queue.maxRedeem(who), 2 * _least);
        queue.redeem(2 * _least, who, who);
        vm.stopPrank();
    }

    /// @dev Of two requests that bring the same, ERC-4626's own event does not say which is left.
    function test_EVENT_1_a_claim_says_of_which_request_it_is() public {
        address who = _lenders[0];
        uint256 shares = _shares(who) / 2;
        uint256 first = _request(who, shares);
        uint256 second = _request(who, shares);
        (, uint256 worth) = queue.claimable(second);
        vm.startPrank(who);
        vm.expectEmit(address(queue));
        emit IRedemptionQueue.Claimed(second, shares, worth);
        queue.claim(second, who);
        vm.expectEmit(address(queue));
        emit IRedemptionQueue.Claimed(first, shares, worth);
        queue.redeem(shares, who, who);
        vm.stopPrank();
    }

    /// @dev Whatever is claimed first, the rest is claimed oldest first, what comes later stands behind it, and nobody is shown
    /// another's.
    function test_claimed_out_of_order_what_is_left_stays_in_order() public {
        address who = _lenders[0];
        _request(_lenders[1], 7 * _least);
        uint256[5] memory ids;
        for (uint256 i; i < 5; ++i) {
            ids[i] = _request(who, (i + 1) * 10 * _least);
            (uint256 whole, ) = queue.claimable(ids[i]);
            assertEq(whole, (i + 1) * 10 * _least, "all of it");
        }
        vm.startPrank(who);
        queue.claim(ids[1], who); // between two others
        queue.claim(ids[4], who); // the last
        vm.stopPrank();
        uint8[3] memory left = [10, 30, 40];
        for (uint256 i; i < 3; ++i) {
            assertEq(queue.maxRedeem(who), left[i] * _least);
            vm.prank(who);
            queue.redeem(left[i] * _least, who, who);
        }
        assertEq(queue.maxRedeem(who), 0);
        _request(who, 60 * _least);
        assertEq(queue.maxRedeem(who), 60 * _least);
        assertEq(queue.maxRedeem(_lenders[1]), 7 * _least);
    }

    /// @dev It takes no place on the line, however small it is.
    function test_what_is_served_at_once_never_stood_in_line() public {
        uint256[2] memory asked = [uint256(10), 1000];
        for (uint256 i; i < 2; ++i) {
            uint256 shares = (asked[i] * _least) / 100;
            IRedemptionQueue.Request memory r = queue.requestOf(_request(_lenders[0], shares));
            assertEq(r.claimedTo, 0);
            assertEq(r.settledTo, shares);
            assertEq(r.end, shares);
        }
    }

    /// @dev There is cash for them, but not for those before them as well.
    function test_fault_C33_who_asks_while_others_wait_waits_though_there_is_cash() public {
        _lendAll();
        _request(_lenders[0], _shares(_lenders[0]));
        _repay(500_000 * USD);
        uint256 id = _request(_lenders[1], 1000 * _least);
        assertEq(queue.pendingRedeemRequest(id, _lenders[1]), 1000 * _least);
    }

    function test_a_part_withdrawn_costs_its_share_rounded_up() public {
        _repayable();
        uint256 id = _request(_lenders[0], 7 * _least + 1);
        (uint256 shares, uint256 assets) = queue.claimable(id);
        uint256 exact = 1000 * shares;
        assertGt(exact % assets, 0, "a fraction is left");
        vm.prank(_lenders[0]);
        assertEq(queue.withdraw(1000, stranger, _lenders[0]), exact / assets + 1);
        assertEq(usd.balanceOf(stranger), 1000);
    }

    /// @dev Interest, so that a share has a price that is no round number; and cash.
    function _repayable() private {
        _lendAll();
        vm.warp(block.timestamp + 97 days);
        _repay(5_000_000 * USD);
    }

    /// @dev Two requests served in one go at a price that leaves fractions: the first gets its part rounded down.
    function test_a_part_of_what_was_served_together_is_rounded_down() public {
        _lendAll();
        vm.warp(block.timestamp + 97 days);
        uint256 first = _request(_lenders[0], 3 * _least);
        uint256 second = _request(_lenders[1], 4 * _least);
        _repay(500_000 * USD);
        (uint256 shares, uint256 assets) = queue.serve(type(uint256).max);
        assertEq(shares, 7 * _least);
        assertGt((assets * 3) % 7, 0, "a fraction is left");
        (, uint256 got) = queue.claimable(first);
        assertEq(got, (assets * 3) / 7);
        (, uint256 rest) = queue.claimable(second);
        assertEq(rest, assets - (assets * 3) / 7);
        vm.prank(_lenders[0]);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.MoreThanClaimable.selector, got + 1, got));
        queue.withdraw(got + 1, _lenders[0], _lenders[0]);
        uint256 held = usd.balanceOf(_lenders[0]);
        vm.prank(_lenders[0]);
        queue.withdraw(1, _lenders[0], _lenders[0]);
        assertEq(usd.balanceOf(_lenders[0]), held + 1, "a single unit is paid as well");
    }

    function test_nothing_is_no_request_and_one_share_too_small_a_one() public {
        vm.prank(_lenders[0]);
        vm.expectRevert(IRedemptionQueue.ZeroAmount.selector);
        queue.requestRedeem(0, _lenders[0], _lenders[0]);
        vm.prank(_lenders[0]);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.RequestTooSmall.selector, 1, _least));
        queue.requestRedeem(1, _lenders[0], _lenders[0]);
        _lendAll();
        _request(_lenders[1], _shares(_lenders[1]));
        vm.prank(_lenders[0]);
        vm.expectRevert(IRedemptionQueue.ZeroAmount.selector);
        queue.requestRedeem(0, _lenders[0], _lenders[0]);
    }

    // ---- what waits for it ----

    function _blocked() private returns (uint256 id) {
        vm.prank(underwriter);
        cover.requestExit(1e12);
        _openWindow(junior, subordinate);
        _lendAll();
        id = _request(_lenders[0], _shares(_lenders[0]));
        _repay(500_000 * USD);
    }

    function test_no_new_loan() public {
        _blocked();
        vm.startPrank(borrower);
        vm.expectRevert(IPoolLedger.RedemptionsAreQueued.selector);
        manager.open(facility, 9, BTC, 1000 * USD, borrower, "");
        vm.expectRevert(IPoolLedger.RedemptionsAreQueued.selector);
        manager.draw(_loan, 1000 * USD, borrower);
        vm.stopPrank();
    }

    function test_no_other_exit_of_senior_or_junior_and_the_limits_say_so() public {
        _blocked();
        assertEq(senior.maxRedeem(_lenders[1]), 0);
        assertEq(senior.maxWithdraw(_lenders[1]), 0);
        assertEq(junior.maxRedeem(subordinate), 0);
        vm.prank(_lenders[1]);
        vm.expectRevert(IPoolLedger.RedemptionsAreQueued.selector);
        senior.redeem(1e12, _lenders[1], _lenders[1]);
        vm.prank(subordinate);
        vm.expectRevert(IPoolLedger.RedemptionsAreQueued.selector);
        junior.redeem(1e12, subordinate, subordinate);
        vm.prank(collector);
        vm.expectRevert(IPoolLedger.RedemptionsAreQueued.selector);
        pool.collectReserve(collector, 1);
        // The stake is nobody else's cash.
        assertEq(cover.maxRedeem(underwriter), 1e12);
        vm.prank(underwriter);
        cover.redeem(1e12, underwriter, underwriter);
        // And borrowers leave as ever.
        vm.prank(borrower);
        manager.close(_loan, borrower, "");
    }

    function test_served_to_the_end_everything_is_open_again() public {
        uint256 id = _blocked();
        vm.warp(block.timestamp + 30 days);
        _repay(5_000_000 * USD);
        queue.serve(type(uint256).max);
        assertEq(queue.waiting(), 0);
        assertFalse(pool.redemptionsQueued());
        (, uint256 assets) = queue.claimable(id);
        assertGt(assets, 1_000_000 * USD, "with interest");
        vm.prank(borrower);
        manager.open(facility, 9, BTC, 1000 * USD, borrower, "");
        vm.prank(_lenders[1]);
        senior.redeem(1e12, _lenders[1], _lenders[1]);
    }

    function test_new_lenders_come_in_while_others_wait_and_their_cash_serves() public {
        _lendAll();
        uint256 id = _request(_lenders[0], _shares(_lenders[0]));
        vm.prank(lender);
        senior.deposit(2_000_000 * USD, lender);
        vm.expectEmit(address(queue));
        emit IRedemptionQueue.Served(_shares(address(queue)), 1_000_000 * USD, 0);
        vm.prank(stranger);
        queue.serve(type(uint256).max);
        (, uint256 assets) = queue.claimable(id);
        assertEq(assets, 1_000_000 * USD);
        _assertBalanced();
    }

    // ---- C33: order ----

    function test_fault_C33_whoever_came_first_is_served_first() public {
        _lendAll();
        uint256[] memory ids = new uint256[](LENDERS);
        for (uint256 i; i < LENDERS; ++i) ids[i] = _request(_lenders[i], _shares(_lenders[i]));
        for (uint256 i; i < LENDERS; ++i) {
            _repay(1_000_000 * USD);
            queue.serve(type(uint256).max);
            for (uint256 j; j < LENDERS; ++j) {
                uint256 pending = queue.pendingRedeemRequest(ids[j], _lenders[j]);
                if (j < i) assertEq(pending, 0, "those before");
                if (j > i) assertEq(queue.claimableRedeemRequest(ids[j], _lenders[j]), 0, "and none behind");
            }
        }
    }

    /// @dev There is no cancelling; asking again is asking at the end.
    function test_fault_C33_asking_again_stands_at_the_end() public {
        _lendAll();
        uint256 half = _shares(_lenders[0]) / 2;
        uint256 first = _request(_lenders[0], half);
        uint256 second = _request(_lenders[1], _shares(_lenders[1]));
        uint256 again = _request(_lenders[0], half);
        _repay(1_200_000 * USD);
        queue.serve(type(uint256).max);
        assertEq(queue.pendingRedeemRequest(first, _lenders[0]), 0);
        assertGt(queue.claimableRedeemRequest(second, _lenders[1]), 0);
        assertGt(queue.pendingRedeemRequest(second, _lenders[1]), 0);
        assertEq(queue.claimableRedeemRequest(again, _lenders[0]), 0);
    }

    /// @dev Requests made in somebody's name by another stand before theirs in what redeem claims, and are a gift; `claim` passes
    /// them by.
    function test_fault_C33_requests_in_anothers_name_neither_delay_nor_hide_their_own() public {
        _lendAll();
        uint256 own = _request(_lenders[0], _shares(_lenders[0]));
        for (uint256 i; i < 20; ++i) {
            vm.prank(_lenders[1]);
            queue.requestRedeem(_least, _lenders[0], _lenders[1]);
        }
        _repay(1_500_000 * USD);
        queue.serve(type(uint256).max);
        vm.startPrank(_lenders[0]);
        (uint256 shares, uint256 assets) = queue.claim(own, _lenders[0]);
        assertEq(assets, 1_000_000 * USD);
        assertEq(shares, 1_000_000 * _least);
        // The others are still there, oldest first.
        for (uint256 i; i < 20; ++i) queue.redeem(queue.maxRedeem(_lenders[0]), _lenders[0], _lenders[0]);
        vm.stopPrank();
        assertEq(queue.maxRedeem(_lenders[0]), 0);
    }

    function test_fault_C33_a_thousand_small_requests_cost_who_serves_no_more_than_one() public {
        _lendAll();
        for (uint256 i; i < 1000; ++i) _request(_lenders[1], _least);
        uint256 last = _request(_lenders[0], _shares(_lenders[0]));
        _repay(1_100_000 * USD);
        uint256 left = gasleft();
        queue.serve(type(uint256).max);
        assertLt(left - gasleft(), 500_000);
        vm.prank(_lenders[0]);
        left = gasleft();
        queue.claim(last, _lenders[0]);
        assertLt(left - gasleft(), 200_000);
    }

    // ---- dust ----

    function test_dust_neither_waits_nor_is_left_nor_is_served() public {
        _lendAll();
        vm.prank(_lenders[0]);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.RequestTooSmall.selector, _least - 1, _least));
        queue.requestRedeem(_least - 1, _lenders[0], _lenders[0]);
        _request(_lenders[0], 3 * _least);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.NothingToServe.selector, 3 * _least, 0));
        queue.serve(type(uint256).max);
        _repay(1000 * USD);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.NothingToServe.selector, 3 * _least, pool.cash()));
        queue.serve(_least - 1);
        queue.serve(3 * _least - 1);
        assertEq(queue.waiting(), _least, "not one share less than can be served later");
        vm.expectRevert();
        queue.serve(_least - 1);
        queue.serve(_least);
        assertFalse(pool.redemptionsQueued());
        vm.expectRevert();
        queue.serve(type(uint256).max);
    }

    function testFuzz_no_way_of_serving_leaves_a_queue_that_cannot_be_served(uint256[8] memory pieces) public {
        _lendAll();
        _request(_lenders[0], _shares(_lenders[0]));
        _request(_lenders[1], _least);
        _repay(10_000_000 * USD);
        for (uint256 i; i < pieces.length; ++i) {
            uint256 waiting = queue.waiting();
            try queue.serve(bound(pieces[i], 0, waiting + 1)) {} catch {}
            assertTrue(queue.waiting() == 0 || queue.waiting() >= _least);
        }
        if (queue.waiting() != 0) queue.serve(type(uint256).max);
        assertFalse(pool.redemptionsQueued());
    }

    // ---- at risk while waiting ----

    function test_shares_that_wait_bear_losses_and_those_served_do_not() public {
        _lendAll();
        uint256 first = _request(_lenders[0], _shares(_lenders[0]));
        uint256 second = _request(_lenders[1], _shares(_lenders[1]));
        _repay(1_000_000 * USD);
        queue.serve(type(uint256).max);
        (, uint256 served) = queue.claimable(first);
        _setPrice(15_000);
        _sell(_loan);
        assertLt(senior.convertToAssets(1e12), 950_000);
        (, uint256 stillServed) = queue.claimable(first);
        assertEq(served, stillServed);
        queue.serve(type(uint256).max);
        (, uint256 after_) = queue.claimable(second);
        assertLt(after_, served);
    }

    function test_a_mark_counts_for_those_who_are_served_under_it() public {
        _lendAll();
        uint256 id = _request(_lenders[0], _shares(_lenders[0]));
        _repay(1_000_000 * USD);
        _setPrice(20_000);
        manager.mark(_loan);
        uint256 worth = senior.convertToAssets(_shares(address(queue)));
        assertLt(worth, 1_000_000 * USD);
        queue.serve(type(uint256).max);
        (, uint256 assets) = queue.claimable(id);
        assertApproxEqAbs(assets, worth, 1);
    }

    // ---- against a queue that goes through its lenders one by one ----

    struct Naive {
        uint256 id;
        address controller;
        uint256 left;
        uint256 assetsE18; // without rounding, nearly
    }

    Naive[] private _naive;

    function testFuzz_it_equals_a_queue_that_serves_lenders_one_by_one(uint256 seed) public {
        _lendAll();
        uint256 received;
        for (uint256 i; i < 16; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(block.timestamp + (r % 20 days));
            if (r % 3 == 0 || i < 3) _naiveRequest(_lenders[(r >> 16) % LENDERS], r >> 32);
            else if (r % 3 == 1) _repay(((r >> 32) % (900_000 * USD)) + minDebt);
            else received += _naiveServe((r >> 32) % (queue.waiting() + _least));
        }
        uint256 sum;
        for (uint256 i; i < _naive.length; ++i) {
            Naive memory n = _naive[i];
            assertEq(queue.pendingRedeemRequest(n.id, n.controller), n.left, "shares are exact");
            (, uint256 assets) = queue.claimable(n.id);
            assertApproxEqAbs(assets, n.assetsE18 / 1e18, 1, "assets to the unit");
            sum += assets;
        }
        assertLe(sum, usd.balanceOf(address(queue)), "all claims together are here");
        for (uint256 i; i < _naive.length; ++i) {
            (uint256 shares, ) = queue.claimable(_naive[i].id);
            if (shares == 0) continue;
            vm.prank(_naive[i].controller);
            queue.claim(_naive[i].id, _naive[i].controller);
        }
        assertLe(usd.balanceOf(address(queue)), _naive.length + received);
    }

    function _naiveRequest(address who, uint256 r) private {
        uint256 owned = _shares(who);
        if (owned < _least) return;
        uint256 shares = _least + (r % (owned - _least + 1));
        _naive.push(Naive(_request(who, shares), who, shares, 0));
        assertTrue(pool.redemptionsQueued() || queue.waiting() == 0);
        if (queue.waiting() == 0) {
            (, uint256 assets) = queue.claimable(_naive[_naive.length - 1].id);
            _naive[_naive.length - 1].left = 0;
            _naive[_naive.length - 1].assetsE18 = assets * 1e18;
        } else if (queue.claimableRedeemRequest(_naive[_naive.length - 1].id, who) != 0) {
            Naive storage n = _naive[_naive.length - 1];
            (uint256 done, uint256 assets) = queue.claimable(n.id);
            (n.left, n.assetsE18) = (n.left - done, assets * 1e18);
        }
    }

    function _naiveServe(uint256 most) private returns (uint256 units) {
        try queue.serve(most) returns (uint256 shares, uint256 assets) {
            units = 1;
            uint256 left = shares;
            for (uint256 i; i < _naive.length && left != 0; ++i) {
                Naive storage n = _naive[i];
                uint256 part = n.left < left ? n.left : left;
                n.left -= part;
                n.assetsE18 += (assets * part * 1e18) / shares;
                left -= part;
            }
            assertEq(left, 0);
        } catch {}
    }

    // ---- small things ----

    function test_donations_change_nothing() public {
        _lendAll();
        uint256 id = _request(_lenders[0], 10 * _least);
        vm.startPrank(_lenders[1]);
        senior.transfer(address(queue), 5 * _least);
        usd.transfer(address(queue), 1_000_000 * USD);
        vm.stopPrank();
        assertEq(queue.waiting(), 10 * _least);
        _repay(1_000_000 * USD);
        queue.serve(type(uint256).max);
        (uint256 shares, uint256 assets) = queue.claimable(id);
        assertEq(shares, 10 * _least);
        assertEq(assets, 10 * USD);
        assertEq(_shares(address(queue)), 5 * _least);
    }

    function test_it_lends_as_the_tranche_does() public {
        vm.startPrank(stranger);
        usd.mint(stranger, 3000 * USD);
        usd.approve(address(queue), type(uint256).max);
        uint256 expected = queue.previewDeposit(1000 * USD);
        vm.expectEmit(address(queue));
        emit IERC7575.Deposit(stranger, operator, 1000 * USD, expected);
        assertEq(queue.deposit(1000 * USD, operator), expected);
        assertEq(_shares(operator), expected);
        vm.expectEmit(address(queue));
        emit IERC7575.Deposit(stranger, operator, 1000 * USD, expected);
        assertEq(queue.mint(expected, operator), 1000 * USD);
        vm.stopPrank();
        assertEq(_shares(operator), 2 * expected);
        assertEq(usd.balanceOf(stranger), 1000 * USD);
        assertEq(usd.balanceOf(address(queue)), 0);
        assertEq(queue.asset(), address(usd));
        assertEq(queue.share(), address(senior));
        assertEq(queue.pool(), address(pool));
        assertEq(queue.totalAssets(), senior.totalAssets());
        assertEq(queue.convertToAssets(1e18), senior.convertToAssets(1e18));
        assertEq(queue.convertToShares(1e18), senior.convertToShares(1e18));
        assertEq(queue.maxDeposit(stranger), senior.maxDeposit(stranger));
        assertEq(queue.maxMint(stranger), senior.maxMint(stranger));
        assertEq(queue.previewMint(1e18), senior.previewMint(1e18));
    }

    function test_EVENT_1_that_lenders_wait() public {
        vm.expectEmit(address(pool));
        emit IPoolLedger.RedemptionsQueued(true);
        vm.prank(address(queue));
        pool.setRedemptionsQueued(true);
    }

    function test_only_the_queue_moves_shares_into_it_and_only_it_says_that_lenders_wait() public {
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ITranche.OnlyQueue.selector, stranger, queue));
        senior.moveToQueue(_lenders[0], _lenders[0], 1);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.OnlyQueue.selector, stranger, queue));
        pool.setRedemptionsQueued(true);
        vm.stopPrank();
        // Of the first-loss classes nobody does: they have no queue.
        vm.prank(address(queue));
        vm.expectRevert(abi.encodeWithSelector(ITranche.OnlyQueue.selector, queue, queue));
        junior.moveToQueue(subordinate, subordinate, 1);
    }

    function test_nobody_can_be_the_controller_of_nothing() public {
        vm.prank(_lenders[0]);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.NotController.selector, _lenders[0], address(0)));
        queue.requestRedeem(_least, address(0), _lenders[0]);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.NotController.selector, stranger, address(0)));
        queue.claim(77, stranger);
    }

    function test_nothing_is_neither_withdrawn_nor_claimed() public {
        _request(_lenders[0], _shares(_lenders[0]));
        vm.prank(_lenders[0]);
        vm.expectRevert(IRedemptionQueue.ZeroAmount.selector);
        queue.withdraw(0, _lenders[0], _lenders[0]);
        _lendAll();
        uint256 waits = _request(_lenders[1], _shares(_lenders[1]));
        vm.prank(_lenders[1]);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.MoreThanClaimable.selector, 1, 0));
        queue.claim(waits, _lenders[1]);
        vm.prank(_lenders[1]);
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.MoreThanClaimable.selector, 7, 0));
        queue.redeem(7, _lenders[1], _lenders[1]);
    }

    /// @dev After a loss that left next to nothing even the least shares may be worth less than one unit.
    function test_shares_that_are_worth_nothing_wait() public {
        _lendAll();
        _request(_lenders[0], 3 * _least);
        _repay(1000 * USD);
        vm.mockCall(address(senior), abi.encodeCall(senior.convertToAssets, (_least)), abi.encode(0));
        vm.expectRevert(abi.encodeWithSelector(IRedemptionQueue.NothingToServe.selector, 3 * _least, pool.cash()));
        queue.serve(_least);
        assertEq(queue.waiting(), 3 * _least);
    }
}
