// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";
import {IERC7540Redeem, IERC7575, IRedemptionQueue} from "../../../contracts/interfaces/IRedemptionQueue.sol";

/// @notice What any vault with asynchronous redemption (ERC-7540, ERC-7575) must satisfy, in whatever state a concrete test
/// brings it: shares move when they are requested, assets only when they are claimed, nothing is counted twice or lost, and
/// nobody acts for a controller but an operator.
abstract contract ERC7540Properties is Test {
    address private _controller = makeAddr("controller");
    address private _other = makeAddr("other");
    address private _receiver = makeAddr("receiver");

    /// @notice The vault under test; its shares may be a token of their own.
    function _asyncVault() internal view virtual returns (IRedemptionQueue);

    /// @notice Brings the vault into a state picked by `seed`, with a holder of shares.
    function _arrangeRequests(uint256 seed) internal virtual returns (address holder);

    /// @notice Makes something, all or nothing of what is pending claimable.
    function _fulfil(uint256 seed) internal virtual;

    // ---- what the standard names ----

    function test_it_says_which_interfaces_it_has() public view {
        IRedemptionQueue v = _asyncVault();
        assertTrue(v.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(v.supportsInterface(0xe3bc4e65), "operators");
        assertTrue(v.supportsInterface(0x2f0a18c5), "ERC-7575");
        assertTrue(v.supportsInterface(0x620ee8e4), "asynchronous redemption");
        assertFalse(v.supportsInterface(0xce3bbe50), "deposits are synchronous");
        assertFalse(v.supportsInterface(0xffffffff));
    }

    function testFuzz_previews_of_redemption_always_revert(address caller, uint256 x) public {
        IRedemptionQueue v = _asyncVault();
        vm.startPrank(caller);
        vm.expectRevert();
        v.previewRedeem(x);
        vm.expectRevert();
        v.previewWithdraw(x);
        vm.stopPrank();
    }

    function testFuzz_an_operator_is_set_and_unset(address controller, address operator) public {
        IRedemptionQueue v = _asyncVault();
        assertFalse(v.isOperator(controller, operator));
        for (uint256 i; i < 2; ++i) {
            bool approved = i == 0;
            vm.expectEmit(address(v));
            emit OperatorSet(controller, operator, approved);
            vm.prank(controller);
            assertTrue(v.setOperator(operator, approved));
            assertEq(v.isOperator(controller, operator), approved);
        }
    }

    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    // ---- requesting ----

    function testFuzz_a_request_takes_the_shares_and_pays_nothing(uint256 seed, uint256 shares) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        shares = bound(shares, _asyncVault().leastShares(), IERC20(v.share()).balanceOf(holder));
        uint256 before = IERC20(v.share()).balanceOf(holder);
        vm.recordLogs();
        vm.prank(holder);
        uint256 id = v.requestRedeem(shares, _controller, holder);
        _assertRequestLogged(v, holder, holder, id, shares);
        assertEq(IERC20(v.share()).balanceOf(holder), before - shares, "out of the owner's custody");
        assertEq(IERC20(v.asset()).balanceOf(_controller) + IERC20(v.asset()).balanceOf(_receiver), 0, "not pushed");
        _assertAccounted(v, id, shares);
        assertEq(v.pendingRedeemRequest(id, _other), 0, "nobody else's");
        assertEq(v.claimableRedeemRequest(id, _other), 0);
    }

    function _assertRequestLogged(
        IRedemptionQueue v,
        address owner,
        address sender,
        uint256 id,
        uint256 shares
    ) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool found;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(v) || logs[i].topics[0] != IERC7540Redeem.RedeemRequest.selector) continue;
            assertFalse(found);
            found = true;
            assertEq(logs[i].topics[1], bytes32(uint256(uint160(_controller))));
            assertEq(logs[i].topics[2], bytes32(uint256(uint160(owner))));
            assertEq(logs[i].topics[3], bytes32(id));
            assertEq(logs[i].data, abi.encode(sender, shares));
        }
        assertTrue(found);
    }

    function testFuzz_a_request_for_another_needs_its_allowance_and_uses_it(uint256 seed, uint256 shares) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        IERC20 share = IERC20(v.share());
        shares = bound(shares, _asyncVault().leastShares(), share.balanceOf(holder));
        vm.prank(_other);
        vm.expectRevert();
        v.requestRedeem(shares, _other, holder);
        vm.prank(holder);
        share.approve(_other, shares - 1);
        vm.prank(_other);
        vm.expectRevert();
        v.requestRedeem(shares, _other, holder);
        vm.prank(holder);
        share.approve(_other, shares);
        vm.prank(_other);
        v.requestRedeem(shares, _controller, holder);
        assertEq(share.allowance(holder, _other), 0);
    }

    function testFuzz_an_operator_of_the_owner_requests_without_allowance(uint256 seed, uint256 shares) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        IERC20 share = IERC20(v.share());
        shares = bound(shares, _asyncVault().leastShares(), share.balanceOf(holder));
        vm.startPrank(holder);
        v.setOperator(_other, true);
        share.approve(_other, 1);
        vm.stopPrank();
        vm.prank(_other);
        uint256 id = v.requestRedeem(shares, _controller, holder);
        assertEq(share.allowance(holder, _other), 1, "not touched");
        _assertAccounted(v, id, shares);
    }

    function testFuzz_more_than_the_owner_has_is_refused(uint256 seed) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        uint256 owned = IERC20(v.share()).balanceOf(holder);
        vm.startPrank(holder);
        vm.expectRevert();
        v.requestRedeem(owned + 1, holder, holder);
        vm.expectRevert();
        v.requestRedeem(0, holder, holder);
        vm.stopPrank();
    }

    // ---- claiming ----

    function testFuzz_pending_claimable_and_claimed_add_up(uint256 seed, uint256 shares, uint256 part) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        shares = bound(shares, _asyncVault().leastShares(), IERC20(v.share()).balanceOf(holder));
        vm.prank(holder);
        uint256 id = v.requestRedeem(shares, _controller, holder);
        _fulfil(seed);
        _assertAccounted(v, id, shares);
        uint256 most = v.maxRedeem(_controller);
        assertEq(most, v.claimableRedeemRequest(id, _controller));
        if (most == 0) return;
        part = bound(part, 1, most);
        uint256 all = v.maxWithdraw(_controller);
        vm.expectEmit(address(v));
        emit IERC7575.Withdraw(_controller, _receiver, _controller, (all * part) / most, part);
        vm.prank(_controller);
        uint256 assets = v.redeem(part, _receiver, _controller);
        assertEq(IERC20(v.asset()).balanceOf(_receiver), assets);
        assertEq(v.claimableRedeemRequest(id, _controller), most - part, "in step with maxRedeem");
        _fulfil(uint256(keccak256(abi.encode(seed))));
        _assertAccounted(v, id, shares - part);
    }

    function testFuzz_all_that_is_claimable_is_paid_to_the_unit(uint256 seed, uint256 shares, uint256 assets) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        shares = bound(shares, _asyncVault().leastShares(), IERC20(v.share()).balanceOf(holder));
        vm.prank(holder);
        v.requestRedeem(shares, _controller, holder);
        _fulfil(seed);
        uint256 most = v.maxWithdraw(_controller);
        if (most == 0) return;
        assets = bound(assets, 1, most);
        vm.startPrank(_controller);
        v.withdraw(assets, _receiver, _controller);
        uint256 left = v.maxRedeem(_controller);
        if (left != 0) v.redeem(left, _receiver, _controller);
        vm.stopPrank();
        assertEq(IERC20(v.asset()).balanceOf(_receiver), most);
        assertEq(v.maxWithdraw(_controller), 0);
    }

    function testFuzz_more_than_claimable_is_refused(uint256 seed, uint256 shares) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        shares = bound(shares, _asyncVault().leastShares(), IERC20(v.share()).balanceOf(holder));
        vm.prank(holder);
        v.requestRedeem(shares, _controller, holder);
        _fulfil(seed);
        (uint256 mostShares, uint256 mostAssets) = (v.maxRedeem(_controller), v.maxWithdraw(_controller));
        vm.startPrank(_controller);
        vm.expectRevert();
        v.redeem(mostShares + 1, _receiver, _controller);
        vm.expectRevert();
        v.withdraw(mostAssets + 1, _receiver, _controller);
        vm.expectRevert();
        v.redeem(0, _receiver, _controller);
        vm.stopPrank();
    }

    function testFuzz_only_controller_and_operator_claim(uint256 seed, uint256 shares) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        shares = bound(shares, _asyncVault().leastShares(), IERC20(v.share()).balanceOf(holder));
        vm.prank(holder);
        v.requestRedeem(shares, _controller, holder);
        _fulfil(seed);
        uint256 most = v.maxRedeem(_controller);
        if (most == 0) return;
        vm.prank(holder);
        v.setOperator(_other, true); // the owner's operator is not the controller's
        vm.prank(_controller);
        IERC20(v.share()).approve(_other, type(uint256).max); // nor does an allowance help
        address[2] memory strangers = [_other, holder];
        for (uint256 i; i < 2; ++i) {
            vm.startPrank(strangers[i]);
            vm.expectRevert();
            v.redeem(most, strangers[i], _controller);
            vm.expectRevert();
            v.withdraw(1, strangers[i], _controller);
            vm.stopPrank();
        }
        vm.prank(_controller);
        v.setOperator(_other, true);
        vm.prank(_other);
        assertEq(v.redeem(most, _receiver, _controller), IERC20(v.asset()).balanceOf(_receiver));
    }

    /// @dev What is claimable is fixed: neither time nor what others do changes it, and its assets are here.
    function testFuzz_what_is_claimable_is_fixed_and_held(uint256 seed, uint256 elapsed) public {
        (IRedemptionQueue v, address holder) = _readyFor(seed);
        uint256 shares = IERC20(v.share()).balanceOf(holder) / 2;
        if (shares < _asyncVault().leastShares()) return;
        vm.startPrank(holder);
        v.requestRedeem(shares, _controller, holder);
        v.requestRedeem(shares, holder, holder);
        vm.stopPrank();
        _fulfil(seed);
        uint256 mine = v.maxWithdraw(_controller);
        uint256 theirs = v.maxWithdraw(holder);
        assertGe(IERC20(v.asset()).balanceOf(address(v)), mine + theirs);
        vm.warp(block.timestamp + bound(elapsed, 0, 365 days));
        assertEq(v.maxWithdraw(_controller), mine);
        uint256 most = v.maxRedeem(holder);
        if (most != 0) {
            vm.prank(holder);
            v.redeem(most, holder, holder);
        }
        assertEq(v.maxWithdraw(_controller), mine);
        most = v.maxRedeem(_controller);
        if (most == 0) return;
        vm.prank(_controller);
        assertEq(v.redeem(most, _receiver, _controller), mine);
    }

    function _assertAccounted(IRedemptionQueue v, uint256 id, uint256 shares) private {
        uint256 pending = v.pendingRedeemRequest(id, _controller);
        uint256 claimable = v.claimableRedeemRequest(id, _controller);
        assertEq(pending + claimable, shares);
        vm.startPrank(_other);
        assertEq(v.pendingRedeemRequest(id, _controller), pending, "whoever asks");
        assertEq(v.claimableRedeemRequest(id, _controller), claimable);
        vm.stopPrank();
    }

    function _readyFor(uint256 seed) private returns (IRedemptionQueue v, address holder) {
        holder = _arrangeRequests(seed);
        v = _asyncVault();
    }
}
