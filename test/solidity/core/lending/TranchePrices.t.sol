// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice POOL-1, POOL-2 and POOL-3 with all three classes, over random histories.
contract TranchePricesTest is TieredMarket {
    uint256 private constant ACTIONS = 24;

    struct Price {
        uint256 assets;
        uint256 shares;
    }

    uint256[] private _ids;
    uint256 private _done;

    function _price(TrancheClass class) private view returns (Price memory) {
        ITranche t = _trancheOf(class);
        return Price(t.totalAssets() + 1, t.totalSupply() + 1e6);
    }

    function _prices() private view returns (Price[3] memory p) {
        for (uint8 c; c < 3; ++c) p[c] = _price(TrancheClass(c));
    }

    function _assertNoneFell(Price[3] memory before, string memory when) private view {
        for (uint8 c; c < 3; ++c) {
            // Worth nothing to those who leave, a class has only the virtual unit, of which new shares make the price less.
            if (before[c].assets == 1) continue;
            Price memory now_ = _price(TrancheClass(c));
            assertGe(now_.assets * before[c].shares, before[c].assets * now_.shares, when);
        }
    }

    function testFuzz_POOL_1_and_POOL_2_over_any_history(uint256 seed) public {
        for (uint256 i; i < ACTIONS; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            Price[3] memory before = _prices();
            vm.warp(block.timestamp + (r % 4 == 0 ? (r >> 8) % 30 days : 0));
            _assertNoneFell(before, "POOL-2: time alone");
            before = _prices();
            vm.recordLogs();
            _act(r);
            if (!_saysSo()) _assertNoneFell(before, "POOL-2: no LossRealised and no Marked");
            _assertBalanced();
        }
        assertGt(_done, 4, "not a history");
    }

    function _saysSo() private returns (bool) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IPoolLedger.LossRealised.selector || topic == ILoans.Marked.selector) return true;
        }
        return false;
    }

    function _act(uint256 r) private {
        uint256 amount = ((r >> 32) % (2_000_000 * USD)) + 1;
        TrancheClass class = TrancheClass((r >> 96) % 3);
        address who = [lender, subordinate, underwriter][(r >> 104) % 3];
        uint256 id = _ids.length == 0 ? 0 : _ids[(r >> 112) % _ids.length];
        uint256 kind = (r >> 128) % 10;
        if (_ids.length == 0 && kind > 4) kind = 3;
        if (kind < 2) _try(who, address(_trancheOf(class)), abi.encodeCall(ITranche(senior).deposit, (amount, who)));
        else if (kind == 2) _leave(class, who, amount);
        else if (kind < 5) _lend(amount);
        else if (kind == 5) _try(borrower, address(manager), abi.encodeCall(ILoans.repay, (id, amount, "")));
        else if (kind == 6) _setPrice(10_000 + ((r >> 160) % 50_000));
        else if (kind == 7) _try(stranger, address(manager), abi.encodeCall(ILoans.mark, (id)));
        else _try(liquidator, address(manager), abi.encodeCall(ILoans.liquidate, (id, amount, 0, "")));
    }

    function _leave(TrancheClass class, address who, uint256 amount) private {
        ITranche t = _trancheOf(class);
        if (class != TrancheClass.Senior && t.maxRedeem(who) == 0) return _openWindow(t, who);
        uint256 most = t.maxWithdraw(who);
        if (most != 0) _try(who, address(t), abi.encodeCall(t.withdraw, (amount < most ? amount : most, who, who)));
    }

    function _lend(uint256 amount) private {
        uint256 collateral = _mulDivUp(amount, 2 * 1e36, oracle.price());
        bytes memory call = abi.encodeCall(
            manager.open,
            (facility, uint64(_ids.length), collateral, amount, borrower, "")
        );
        if (_try(borrower, address(manager), call)) _ids.push(_id(borrower, facility, uint64(_ids.length)));
    }

    function _try(address who, address target, bytes memory call) private returns (bool ok) {
        vm.prank(who);
        (ok, ) = target.call(call);
        if (ok) ++_done;
    }

    // ---- POOL-3: nobody profits within a second ----

    /// @dev Enters a class, marks, sells, marks again, leaves as far as it may: cash and shares together are worth no more.
    function testFuzz_POOL_3_entering_marking_and_leaving_at_one_timestamp(
        uint8 class,
        uint256 assets,
        uint256 usdPerBtc,
        bool hadAWindow,
        bool sells
    ) public {
        ITranche t = _trancheOf(TrancheClass(class % 3));
        uint256 id = _lendOut(0, 2_000_000 * USD);
        _lendOut(1, 3_000_000 * USD);
        address author = makeAddr("author");
        _fund(author);
        vm.prank(author);
        t.deposit(100_000 * USD, author);
        if (class % 3 != 0 && hadAWindow) _openWindow(t, author);
        vm.warp(block.timestamp + 1 days);
        _setPrice(bound(usdPerBtc, 10_000, 60_000));

        uint256 before = usd.balanceOf(author) + t.convertToAssets(t.balanceOf(author));
        vm.startPrank(author);
        t.deposit(bound(assets, 1, 100_000_000 * USD), author);
        manager.mark(id);
        if (sells) try manager.liquidate(id, 500_000 * USD, 0, "") {} catch {}
        manager.mark(id);
        uint256 most = t.maxRedeem(author);
        if (most != 0) t.redeem(most, author, author);
        vm.stopPrank();
        assertLe(usd.balanceOf(author) + t.convertToAssets(t.balanceOf(author)), before + 2);
    }

    function testFuzz_POOL_3_splitting_an_entry_or_an_exit_in_two_wins_nothing(
        uint8 class,
        uint256 assets,
        uint256 part
    ) public {
        ITranche t = _trancheOf(TrancheClass(class % 3));
        _lendOut(0, 2_000_000 * USD);
        vm.warp(block.timestamp + 100 days);
        assets = bound(assets, 1000, 1_000_000 * USD);
        part = bound(part, 500, assets - 500);
        uint256 whole = t.previewDeposit(assets);
        vm.startPrank(lender);
        uint256 inTwo = t.deposit(part, lender);
        inTwo += t.deposit(assets - part, lender);
        vm.stopPrank();
        assertLe(inTwo, whole);
        if (class % 3 != 0) _openWindow(t, lender);
        uint256 shares = t.balanceOf(lender) / 100;
        uint256 asked = bound(part, 1e6, shares - 1e6);
        uint256 wholeOut = t.previewRedeem(shares);
        vm.startPrank(lender);
        uint256 out = t.redeem(asked + 1e6, lender, lender) + t.redeem(shares - asked, lender, lender);
        vm.stopPrank();
        assertLe(out, wholeOut + t.previewRedeem(1e6) + 1);
    }

    // ---- cooldown and window ----

    function test_first_loss_shares_leave_in_their_window_only() public {
        ITranche[2] memory both = [junior, cover];
        address[2] memory owners = [subordinate, underwriter];
        for (uint256 i; i < 2; ++i) {
            ITranche t = both[i];
            address owner = owners[i];
            uint256 shares = t.balanceOf(owner);
            _refused(t, owner, 1e12, 0, 0);
            vm.expectEmit(address(t));
            emit ITranche.ExitRequested(
                owner,
                shares / 2,
                block.timestamp + COOLDOWN,
                block.timestamp + COOLDOWN + WINDOW
            );
            vm.prank(owner);
            t.requestExit(shares / 2);
            uint256 opensAt = block.timestamp + COOLDOWN;
            vm.warp(opensAt - 1);
            _refused(t, owner, 1e12, opensAt, opensAt + WINDOW);
            vm.warp(opensAt);
            assertEq(t.maxRedeem(owner), shares / 2);
            vm.startPrank(owner);
            vm.expectRevert(abi.encodeWithSelector(ITranche.MoreThanRequested.selector, shares / 2 + 1, shares / 2));
            t.redeem(shares / 2 + 1, owner, owner);
            t.redeem(shares / 4, owner, owner);
            vm.stopPrank();
            assertEq(t.exitRequestOf(owner).shares, shares / 2 - shares / 4);
            vm.warp(opensAt + WINDOW);
            assertEq(t.maxRedeem(owner), shares / 2 - shares / 4);
            vm.prank(owner);
            t.withdraw(USD, owner, owner);
            vm.warp(opensAt + WINDOW + 1);
            _refused(t, owner, 1e12, opensAt, opensAt + WINDOW);
            (uint256 cooldown, uint256 window) = t.exitTerms();
            assertEq(cooldown, COOLDOWN);
            assertEq(window, WINDOW);
        }
    }

    function _refused(ITranche t, address owner, uint256 shares, uint256 opensAt, uint256 closesAt) private {
        assertEq(t.maxRedeem(owner), 0);
        assertEq(t.maxWithdraw(owner), 0);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(ITranche.OutsideExitWindow.selector, opensAt, closesAt));
        t.redeem(shares, owner, owner);
    }

    function test_senior_shares_need_no_request_and_take_none() public {
        vm.prank(lender);
        vm.expectRevert(ITranche.LeavesAtOnce.selector);
        senior.requestExit(1);
        vm.prank(lender);
        senior.redeem(1e12, lender, lender);
        (uint256 cooldown, uint256 window) = senior.exitTerms();
        assertEq(cooldown + window, 0);
    }

    /// @dev Passing the same shares around a ring of owners, each with a request of its own, must not keep a window open.
    function testFuzz_transferring_shares_does_not_dodge_the_cooldown(uint256 back) public {
        uint256 shares = junior.balanceOf(subordinate);
        vm.startPrank(subordinate);
        junior.requestExit(shares);
        junior.transfer(stranger, shares);
        vm.stopPrank();
        assertEq(junior.exitRequestOf(subordinate).shares, 0);
        back = bound(back, 1, shares);
        vm.startPrank(stranger);
        junior.transfer(subordinate, back);
        vm.stopPrank();
        vm.warp(block.timestamp + COOLDOWN);
        assertEq(junior.maxRedeem(subordinate), 0, "came back, and waits anew");
        assertEq(junior.maxRedeem(stranger), 0, "never asked");
    }

    function testFuzz_a_request_never_covers_more_than_was_held_ever_since(uint256[6] memory moves) public {
        uint256 shares = junior.balanceOf(subordinate);
        vm.prank(subordinate);
        junior.requestExit(shares);
        uint256 least = shares;
        for (uint256 i; i < moves.length; ++i) {
            (address from, address to) = i % 2 == 0 ? (subordinate, stranger) : (stranger, subordinate);
            uint256 amount = bound(moves[i], 0, junior.balanceOf(from));
            vm.prank(from);
            junior.transfer(to, amount);
            if (junior.balanceOf(subordinate) < least) least = junior.balanceOf(subordinate);
        }
        vm.prank(subordinate);
        junior.deposit(1_000_000 * USD, subordinate);
        assertEq(junior.exitRequestOf(subordinate).shares, least);
        shares = junior.balanceOf(subordinate);
        vm.prank(subordinate);
        junior.transfer(subordinate, shares);
        assertEq(junior.exitRequestOf(subordinate).shares, least, "a transfer to oneself moves nothing");
    }

    function test_a_request_of_more_than_one_has_is_refused_and_of_nothing_takes_it_back() public {
        uint256 shares = junior.balanceOf(subordinate);
        vm.startPrank(subordinate);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, subordinate, shares, shares + 1)
        );
        junior.requestExit(shares + 1);
        junior.requestExit(shares);
        junior.requestExit(0);
        vm.stopPrank();
        vm.warp(block.timestamp + COOLDOWN);
        assertEq(junior.maxRedeem(subordinate), 0);
    }

    /// @dev C23.
    function test_fault_C23_junior_bears_losses_during_its_cooldown_and_leaves_with_what_is_left() public {
        uint256 id = _lendOut(0, 3_000_000 * USD);
        uint256 shares = junior.balanceOf(subordinate);
        vm.prank(subordinate);
        junior.requestExit(shares);
        vm.warp(block.timestamp + 1 days);
        _setPrice(20_000);
        _sell(id);
        vm.warp(block.timestamp + COOLDOWN);
        assertLt(junior.convertToAssets(shares), 900_000 * USD);
        vm.prank(subordinate);
        assertLt(junior.redeem(shares, subordinate, subordinate), 900_000 * USD);
    }

    /// @dev A class with a unit left takes no more than what buys the shares that may still be minted, at two units for all there are.
    function test_a_class_of_which_next_to_nothing_is_left_is_soon_full() public {
        vm.mockCall(
            address(pool),
            abi.encodeCall(IPoolLedger.entryNavOf, (TrancheClass.Senior)),
            abi.encode(uint256(1))
        );
        uint256 supply = senior.totalSupply();
        assertEq(senior.maxDeposit(lender), ((type(uint120).max - supply) * 2) / (supply + 1e6));
    }

    /// @dev Of a class with a unit left, at the pool that is told no more than that they come.
    function test_the_last_share_that_can_be_counted_is_minted() public {
        vm.mockCall(
            address(pool),
            abi.encodeCall(IPoolLedger.entryNavOf, (TrancheClass.Senior)),
            abi.encode(uint256(1))
        );
        vm.mockCall(address(pool), abi.encodeWithSelector(IPoolLedger.enter.selector), abi.encode(uint256(1)));
        uint256 room = type(uint120).max - senior.totalSupply();
        usd.mint(lender, senior.previewMint(room));
        vm.prank(lender);
        senior.mint(room, lender);
        assertEq(senior.totalSupply(), type(uint120).max);
    }

    /// @dev Half of what a pool can still count is left for interest.
    function test_a_class_whose_pool_holds_nearly_all_it_can_count_is_nearly_full() public {
        vm.mockCall(address(pool), abi.encodeCall(IPoolLedger.cash, ()), abi.encode(uint256(type(uint112).max) - 10));
        assertEq(senior.maxDeposit(lender), 5);
    }

    /// @dev Not even a single share, were it worth something.
    function test_outside_the_window_nothing_leaves_whatever_a_share_is_worth() public {
        vm.mockCall(
            address(pool),
            abi.encodeCall(IPoolLedger.navOf, (TrancheClass.Junior)),
            abi.encode(uint256(type(uint112).max))
        );
        assertGt(junior.convertToAssets(1), 0);
        assertEq(junior.maxWithdraw(subordinate), 0);
        assertEq(junior.maxRedeem(subordinate), 0);
    }

    /// @dev A class of which one share would cost more than the whole deposit, and one worth more than its pool can count.
    function test_a_deposit_that_buys_no_share_is_not_taken_and_a_class_beyond_counting_is_full() public {
        vm.mockCall(
            address(pool),
            abi.encodeCall(IPoolLedger.entryNavOf, (TrancheClass.Senior)),
            abi.encode(uint256(type(uint112).max) + 1)
        );
        assertEq(senior.maxDeposit(lender), 0);
        vm.mockCall(address(pool), abi.encodeWithSelector(IPoolLedger.enter.selector), abi.encode(uint256(1e60)));
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(ITranche.NothingReceived.selector, 1, 0));
        senior.deposit(1, lender);
    }
}

contract TranchePrices18Test is TranchePricesTest, Decimals18x18 {}
