// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Test} from "forge-std/Test.sol";
import {MockToken} from "../../../contracts/mocks/MockToken.sol";

/// @notice What any ERC-4626 vault must satisfy, in whatever state a concrete test brings it: previews come true, every
/// rounding is against the one who acts, limits neither revert nor lie, allowances are honoured and used up.
/// @dev Shares are worth less than one unit each, as with a decimals offset.
abstract contract ERC4626Properties is Test {
    address private _alice = makeAddr("alice");
    address private _bob = makeAddr("bob");

    /// @notice The vault under test and its asset, which can be minted.
    function _vaultUnderTest() internal view virtual returns (IERC4626 vault_, MockToken asset_);

    /// @notice Brings the vault into a state picked by `seed`, with a holder of shares.
    function _arrange(uint256 seed) internal virtual returns (address holder);

    // ---- previews come true ----

    function testFuzz_deposit_mints_what_was_previewed_and_takes_the_assets(uint256 seed, uint256 assets) public {
        (IERC4626 v, MockToken a) = _ready(seed);
        assets = bound(assets, v.previewMint(1), Math.min(1e30, v.maxDeposit(_alice)));
        _give(assets);
        uint256 previewed = v.previewDeposit(assets);
        uint256 nav = v.totalAssets();
        uint256 supply = v.totalSupply();
        vm.expectEmit(address(v));
        emit IERC4626.Deposit(_alice, _bob, assets, previewed);
        vm.prank(_alice);
        assertEq(v.deposit(assets, _bob), previewed);
        assertEq(v.balanceOf(_bob), previewed);
        assertEq(a.balanceOf(_alice), 0);
        assertEq(v.totalAssets(), nav + assets);
        assertEq(v.totalSupply(), supply + previewed);
    }

    function testFuzz_mint_takes_what_was_previewed(uint256 seed, uint256 shares) public {
        (IERC4626 v, MockToken a) = _ready(seed);
        shares = bound(shares, 1, Math.min(1e36, v.maxMint(_alice)));
        uint256 previewed = v.previewMint(shares);
        _give(previewed);
        vm.expectEmit(address(v));
        emit IERC4626.Deposit(_alice, _bob, previewed, shares);
        vm.prank(_alice);
        assertEq(v.mint(shares, _bob), previewed);
        assertEq(v.balanceOf(_bob), shares);
        assertEq(a.balanceOf(_alice), 0);
    }

    function testFuzz_withdraw_burns_what_was_previewed(uint256 seed, uint256 assets) public {
        IERC4626 v;
        MockToken a;
        (v, a) = _vaultUnderTest();
        address holder = _arrange(seed);
        vm.assume(v.maxWithdraw(holder) != 0);
        assets = bound(assets, 1, v.maxWithdraw(holder));
        uint256 previewed = v.previewWithdraw(assets);
        uint256 before = v.balanceOf(holder);
        vm.expectEmit(address(v));
        emit IERC4626.Withdraw(holder, _bob, holder, assets, previewed);
        vm.prank(holder);
        assertEq(v.withdraw(assets, _bob, holder), previewed);
        assertEq(a.balanceOf(_bob), assets);
        assertEq(v.balanceOf(holder), before - previewed);
    }

    function testFuzz_redeem_pays_what_was_previewed(uint256 seed, uint256 shares) public {
        (IERC4626 v, MockToken a) = _vaultUnderTest();
        address holder = _arrange(seed);
        uint256 most = v.maxRedeem(holder);
        vm.assume(most != 0);
        shares = bound(shares, 1, most);
        uint256 previewed = v.previewRedeem(shares);
        vm.assume(previewed != 0);
        uint256 before = v.balanceOf(holder);
        vm.expectEmit(address(v));
        emit IERC4626.Withdraw(holder, _bob, holder, previewed, shares);
        vm.prank(holder);
        assertEq(v.redeem(shares, _bob, holder), previewed);
        assertEq(a.balanceOf(_bob), previewed);
        assertEq(v.balanceOf(holder), before - shares);
    }

    // ---- roundings ----

    function testFuzz_every_conversion_rounds_against_the_one_who_acts(uint256 seed, uint256 x) public {
        (IERC4626 v, ) = _ready(seed);
        x = bound(x, 0, 1e30);
        uint256 assets = v.totalAssets() + 1;
        uint256 entry = _entryAssets() + 1;
        assertGe(entry, assets, "nobody enters for less than those who leave are paid");
        uint256 shares = v.totalSupply() + 1e6;
        assertLe(v.previewDeposit(x) * entry, x * shares, "deposit gives at most its worth");
        assertGe(v.previewMint(x) * shares, x * entry, "mint costs at least its worth");
        assertGe(v.previewWithdraw(x) * assets, x * shares, "withdraw burns at least its worth");
        assertLe(v.previewRedeem(x) * shares, x * assets, "redeem pays at most its worth");
        // And each by less than one unit of what is rounded.
        assertLt(x * shares - v.previewDeposit(x) * entry, entry);
        assertLt(v.previewMint(x) * shares - x * entry, shares);
        assertLt(v.previewWithdraw(x) * assets - x * shares, assets);
        assertLt(x * assets - v.previewRedeem(x) * shares, shares);
        if (entry == assets) assertEq(v.convertToShares(x), v.previewDeposit(x));
        assertEq(v.convertToAssets(x), v.previewRedeem(x));
    }

    function testFuzz_going_in_and_out_at_once_never_profits(uint256 seed, uint256 assets) public {
        (IERC4626 v, MockToken a) = _ready(seed);
        assets = bound(assets, v.previewMint(1), Math.min(1e30, v.maxDeposit(_alice)));
        _give(assets);
        uint256 priceBefore = _sharePrice(v);
        vm.startPrank(_alice);
        uint256 shares = v.deposit(assets, _alice);
        // Nothing where shares wait before they leave; less than all where what came in has paid others.
        uint256 most = v.maxRedeem(_alice);
        assertLe(most, shares);
        if (most != 0) v.redeem(most, _alice, _alice);
        vm.stopPrank();
        assertLe(a.balanceOf(_alice), assets);
        assertGe(_sharePrice(v), priceBefore, "nor does it cost the others");
    }

    function testFuzz_minting_and_withdrawing_at_once_never_profits(uint256 seed, uint256 shares) public {
        (IERC4626 v, MockToken a) = _ready(seed);
        shares = bound(shares, 2e6, Math.min(1e36, v.maxMint(_alice)));
        uint256 cost = v.previewMint(shares);
        _give(cost);
        vm.startPrank(_alice);
        v.mint(shares, _alice);
        uint256 back = v.maxWithdraw(_alice);
        if (back != 0) v.withdraw(back, _alice, _alice);
        vm.stopPrank();
        assertLe(a.balanceOf(_alice), cost);
    }

    // ---- limits ----

    function testFuzz_maxDeposit_can_be_used_in_full(uint256 seed) public {
        (IERC4626 v, ) = _ready(seed);
        uint256 most = v.maxDeposit(_bob);
        assertGt(most, 1e27, "a billion of any token");
        _give(most);
        vm.prank(_alice);
        v.deposit(most, _bob);
        assertGt(v.balanceOf(_bob), 0);
    }

    function testFuzz_maxMint_can_be_used_in_full(uint256 seed) public {
        (IERC4626 v, ) = _ready(seed);
        uint256 most = v.maxMint(_bob);
        _give(v.previewMint(most));
        vm.prank(_alice);
        v.mint(most, _bob);
        assertEq(v.balanceOf(_bob), most);
    }

    function testFuzz_maxWithdraw_can_be_used_in_full_and_not_exceeded(uint256 seed) public {
        (IERC4626 v, ) = _vaultUnderTest();
        address holder = _arrange(seed);
        uint256 most = v.maxWithdraw(holder);
        vm.startPrank(holder);
        vm.expectRevert();
        v.withdraw(most + 1, _bob, holder);
        if (most != 0) v.withdraw(most, _bob, holder);
        vm.stopPrank();
    }

    function testFuzz_maxRedeem_can_be_used_in_full(uint256 seed) public {
        (IERC4626 v, MockToken a) = _vaultUnderTest();
        address holder = _arrange(seed);
        uint256 most = v.maxRedeem(holder);
        if (most == 0) {
            assertLe(v.maxWithdraw(holder), 1, "nothing to be had in assets either");
            return;
        }
        vm.prank(holder);
        v.redeem(most, _bob, holder);
        assertGt(a.balanceOf(_bob), 0);
    }

    function testFuzz_dust_of_shares_counts_as_nothing_redeemable(uint256 seed, uint256 dust) public {
        (IERC4626 v, ) = _vaultUnderTest();
        address holder = _arrange(seed);
        vm.assume(v.balanceOf(holder) != 0);
        dust = bound(dust, 1, v.previewWithdraw(1));
        dust = dust < v.balanceOf(holder) ? dust : v.balanceOf(holder);
        vm.prank(holder);
        v.transfer(_bob, dust);
        uint256 most = v.maxRedeem(_bob);
        if (most == 0) return;
        vm.prank(_bob);
        assertGt(v.redeem(most, _bob, _bob), 0);
    }

    function testFuzz_nobody_without_shares_can_take_anything_out(uint256 seed) public {
        (IERC4626 v, ) = _ready(seed);
        assertEq(v.maxWithdraw(_bob), 0);
        assertEq(v.maxRedeem(_bob), 0);
        vm.startPrank(_bob);
        vm.expectRevert();
        v.withdraw(1, _bob, _bob);
        vm.expectRevert();
        v.redeem(1e6, _bob, _bob);
        vm.stopPrank();
    }

    function testFuzz_nothing_is_not_an_amount(uint256 seed) public {
        (IERC4626 v, ) = _ready(seed);
        vm.startPrank(_alice);
        vm.expectRevert();
        v.deposit(0, _alice);
        vm.expectRevert();
        v.mint(0, _alice);
        vm.expectRevert();
        v.withdraw(0, _alice, _alice);
        vm.expectRevert();
        v.redeem(0, _alice, _alice);
        vm.stopPrank();
    }

    // ---- allowances ----

    function testFuzz_a_spender_withdraws_within_its_allowance_and_uses_it_up(uint256 seed, uint256 assets) public {
        (IERC4626 v, MockToken a) = _vaultUnderTest();
        address holder = _arrange(seed);
        vm.assume(v.maxWithdraw(holder) != 0);
        assets = bound(assets, 1, v.maxWithdraw(holder));
        uint256 shares = v.previewWithdraw(assets);
        vm.prank(holder);
        v.approve(_bob, shares - 1);
        vm.startPrank(_bob);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, _bob, shares - 1, shares)
        );
        v.withdraw(assets, _bob, holder);
        vm.stopPrank();
        vm.prank(holder);
        v.approve(_bob, shares);
        vm.prank(_bob);
        v.withdraw(assets, _bob, holder);
        assertEq(v.allowance(holder, _bob), 0);
        assertEq(a.balanceOf(_bob), assets);
    }

    function testFuzz_a_spender_redeems_within_its_allowance_and_uses_it_up(uint256 seed) public {
        (IERC4626 v, ) = _vaultUnderTest();
        address holder = _arrange(seed);
        uint256 shares = v.maxRedeem(holder);
        vm.assume(shares != 0);
        vm.prank(holder);
        v.approve(_bob, shares - 1);
        vm.startPrank(_bob);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, _bob, shares - 1, shares)
        );
        v.redeem(shares, _bob, holder);
        vm.stopPrank();
        vm.prank(holder);
        v.approve(_bob, type(uint256).max);
        vm.prank(_bob);
        v.redeem(shares, _bob, holder);
        assertEq(v.allowance(holder, _bob), type(uint256).max, "an unlimited allowance is not used up");
    }

    function testFuzz_a_donation_changes_nothing(uint256 seed, uint256 amount) public {
        (IERC4626 v, MockToken a) = _vaultUnderTest();
        address holder = _arrange(seed);
        amount = bound(amount, 1, 1e30);
        uint256 nav = v.totalAssets();
        uint256 most = v.maxWithdraw(holder);
        uint256 shares = v.previewDeposit(1e12);
        a.mint(address(v), amount);
        a.mint(_holdsTheAssets(), amount);
        assertEq(v.totalAssets(), nav);
        assertEq(v.maxWithdraw(holder), most);
        assertEq(v.previewDeposit(1e12), shares);
    }

    /// @notice Where the vault's assets are.
    function _holdsTheAssets() internal view virtual returns (address);

    /// @notice What those who enter pay for, where losses are expected of which those who leave are paid less.
    function _entryAssets() internal view virtual returns (uint256) {
        (IERC4626 v, ) = _vaultUnderTest();
        return v.totalAssets();
    }

    function _ready(uint256 seed) private returns (IERC4626 v, MockToken a) {
        _arrange(seed);
        (v, a) = _vaultUnderTest();
        vm.assume(v.maxDeposit(_alice) != 0); // A vault that lost everything takes nothing.
        vm.prank(_alice);
        a.approve(address(v), type(uint256).max);
    }

    function _give(uint256 assets) private {
        (, MockToken a) = _vaultUnderTest();
        a.mint(_alice, assets);
    }

    /// @dev Scaled so that a change of one unit shows.
    function _sharePrice(IERC4626 v) private view returns (uint256) {
        return ((v.totalAssets() + 1) * 1e36) / (v.totalSupply() + 1e6);
    }
}
