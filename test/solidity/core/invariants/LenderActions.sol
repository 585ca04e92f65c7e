// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Book} from "./Book.sol";

/// @notice What lenders do: in, out, from hand to hand, and round at one timestamp.
abstract contract LenderActions is Book {
    function deposit(uint256 f, uint256 who, uint256 assets) external action(f, "deposit") {
        f %= 2;
        ITranche senior = _parts[f].senior;
        address lender = _actor(who);
        if (senior.maxDeposit(lender) == 0) return;
        assets = bound(assets, senior.previewMint(1), 5_000_000 * _dollar(f));
        vm.prank(lender);
        senior.deposit(assets, lender);
        _done("deposit");
    }

    function mint(uint256 f, uint256 who, uint256 shares) external action(f, "mint") {
        f %= 2;
        ITranche senior = _parts[f].senior;
        address lender = _actor(who);
        if (senior.maxMint(lender) == 0) return;
        uint256 most = senior.previewDeposit(1_000_000 * _dollar(f));
        vm.prank(lender);
        senior.mint(bound(shares, 1, most), lender);
        _done("mint");
    }

    function withdrawAssets(uint256 f, uint256 who, uint256 assets) external action(f, "withdrawAssets") {
        f %= 2;
        ITranche senior = _parts[f].senior;
        address lender = _actor(who);
        uint256 most = senior.maxWithdraw(lender);
        if (most == 0) return;
        // Rather little, so that the pool is not always empty.
        assets = bound(assets, 1, assets % 4 == 0 ? most : most / 10 + 1);
        vm.prank(lender);
        try senior.withdraw(assets, lender, lender) {
            _done("withdrawAssets");
        } catch {
            _break("GATE-1", "a lender's withdrawal within its limit");
        }
    }

    function redeem(uint256 f, uint256 who, uint256 shares) external action(f, "redeem") {
        f %= 2;
        ITranche senior = _parts[f].senior;
        address lender = _actor(who);
        uint256 most = senior.maxRedeem(lender);
        if (most == 0) return;
        shares = shares % 4 == 0 ? most : bound(shares, 1, most / 10 + 1);
        if (senior.previewRedeem(shares) == 0) return;
        vm.prank(lender);
        try senior.redeem(shares, lender, lender) {
            _done("redeem");
        } catch {
            _break("GATE-1", "a lender's redemption within its limit");
        }
    }

    function moveShares(uint256 f, uint256 from, uint256 to, uint256 shares) external action(f, "moveShares") {
        f %= 2;
        ITranche senior = _parts[f].senior;
        uint256 own = senior.balanceOf(_actor(from));
        if (own == 0) return;
        vm.prank(_actor(from));
        senior.transfer(_actor(to), bound(shares, 1, own));
        _done("moveShares");
    }

    /// @dev POOL-3: in and out at one timestamp, in one way in and the other way out, with a payment in between.
    function roundTrip(uint256 f, uint256 who, uint256 assets, uint256 turns) external action(f, "roundTrip") {
        _roundTrip(f % 2, _actor(who), assets, turns);
    }

    function _roundTrip(uint256 f, address lender, uint256 assets, uint256 turns) private {
        ITranche senior = _parts[f].senior;
        if (senior.maxDeposit(lender) == 0) return;
        uint256 before = _wealth(f, lender);
        vm.startPrank(lender);
        for (uint256 i; i < 1 + (turns % 4); ++i) {
            uint256 put = bound(assets >> (8 * i), senior.previewMint(1), 1_000_000 * _dollar(f));
            uint256 shares = senior.deposit(put, lender);
            uint256 out = senior.previewRedeem(shares);
            if (out == 0) continue;
            if (turns % 2 == 0) senior.redeem(shares, lender, lender);
            else senior.withdraw(out, lender, lender);
        }
        vm.stopPrank();
        _check(_wealth(f, lender) <= before, "POOL-3", "a round trip that paid");
        _done("roundTrip");
    }

    function _wealth(uint256 f, address lender) private view returns (uint256) {
        ITranche senior = _parts[f].senior;
        return _parts[f].usd.balanceOf(lender) + senior.previewRedeem(senior.balanceOf(lender));
    }
}
