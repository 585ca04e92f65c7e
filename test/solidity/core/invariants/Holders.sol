// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {World} from "./World.sol";

/// @notice What a fund's holders, its curator and anybody do with a fund over the senior tranches of all facilities.
abstract contract Holders is World {
    /// @dev The fund's own price falls only with one of its tranches' (POOL-2), and with roundings.
    modifier byFund(string memory name) {
        (uint256 nav, uint256 supply) = (FUND.totalAssets(), FUND.totalSupply());
        _;
        uint256 after_ = FUND.totalAssets() + 1 + _fundDust();
        _check(
            after_ * (supply + 1e6) >= (nav + 1) * (FUND.totalSupply() + 1e6),
            "POOL-2",
            string.concat("fund: ", name)
        );
    }

    /// @dev A unit and a share of each holding, which may come to be worth more than a unit.
    function _fundDust() private view returns (uint256 units) {
        for (uint256 f; f < PLACES; ++f) units += 2 + _places[f].tranches[SENIOR].previewMint(1);
    }

    function fundDeposit(
        uint256 f,
        uint256 who,
        uint256 assets
    ) external action(f, "fundDeposit") byFund("fundDeposit") {
        address holder = _actor(who);
        uint256 most = FUND.maxDeposit(holder);
        uint256 least = FUND.previewMint(1);
        if (most < least) return;
        assets = _in(assets, least, _min(least + 300_000 * USD, most));
        uint256 previewed = FUND.previewDeposit(assets);
        vm.prank(holder);
        try FUND.deposit(assets, holder) returns (uint256 shares) {
            _check(shares == previewed, "POOL-3", "fund: deposit is not what was previewed");
            _did(_at(f), "fundDeposit");
        } catch (bytes memory reason) {
            _refused("POOL-3", "fund: deposit within the limit", reason);
        }
    }

    /// @dev The fund never promises more than it can pay.
    function fundWithdraw(
        uint256 f,
        uint256 who,
        uint256 assets
    ) external action(f, "fundWithdraw") byFund("fundWithdraw") {
        address holder = _actor(who);
        _everywhere = true;
        uint256 most = FUND.maxWithdraw(holder);
        if (most == 0) return;
        assets = _in(assets, 1, assets % 3 == 0 ? most : most / 8 + 1);
        vm.prank(holder);
        try FUND.withdraw(assets, holder, holder) {
            _did(_at(f), "fundWithdraw");
        } catch (bytes memory reason) {
            _refused("GATE-1", "fund: withdrawal within the limit", reason);
        }
    }

    function fundRedeem(uint256 f, uint256 who, uint256 shares) external action(f, "fundRedeem") byFund("fundRedeem") {
        address holder = _actor(who);
        _everywhere = true;
        uint256 most = FUND.maxRedeem(holder);
        if (most == 0) return;
        shares = _in(shares, 1, shares % 3 == 0 ? most : most / 8 + 1);
        if (FUND.previewRedeem(shares) == 0) return;
        vm.prank(holder);
        try FUND.redeem(shares, holder, holder) {
            _did(_at(f), "fundRedeem");
        } catch (bytes memory reason) {
            _refused("GATE-1", "fund: redemption within the limit", reason);
        }
    }

    /// @dev Whatever is shut, and however little cash there is.
    function fundInKind(uint256 f, uint256 who, uint256 shares) external action(f, "fundInKind") byFund("fundInKind") {
        address holder = _actor(who);
        uint256 owned = FUND.balanceOf(holder);
        if (owned == 0) return;
        vm.prank(holder);
        try FUND.redeemInKind(_in(shares, 1, owned / 4 + 1), holder, holder) {
            _did(_at(f), "fundInKind");
        } catch (bytes memory reason) {
            _refused("GATE-1", "fund: exit in kind", reason);
        }
    }

    function allocate(uint256 f) external action(f, "allocate") byFund("allocate") {
        _everywhere = true;
        try FUND.allocate() returns (uint256 allocated) {
            if (allocated != 0) _did(_at(f), "allocate");
        } catch (bytes memory reason) {
            _refused("POOL-3", "fund: allocate", reason);
        }
    }

    /// @dev Mostly after the fund was told to hold less.
    function recall(uint256 f, uint256 cap) external action(f, "recall") byFund("recall") {
        f = _at(f);
        ITranche tranche = _places[f].tranches[SENIOR];
        if (cap % SELDOM != 0) {
            cap = cap % SELDOM == 1 ? 0 : _in(cap, 0, FUND.capOf(tranche));
            vm.prank(RISK);
            FUND.setCap(tranche, cap);
        }
        if (FUND.capOf(tranche) == 0 && FUND.heldOf(tranche) == 0) return;
        try FUND.recall(tranche) returns (uint256 recalled) {
            if (recalled != 0) _did(f, "recall");
        } catch (bytes memory reason) {
            _refused("GATE-1", "fund: recall", reason);
        }
    }

    /// @dev POOL-3: in and out of the fund at one timestamp, with whatever anybody may do in between.
    function fundRoundTrip(
        uint256 f,
        uint256 who,
        uint256 assets,
        uint256 between
    ) external action(f, "fundRoundTrip") {
        f = _at(f);
        address holder = _actor(who);
        _everywhere = true;
        if (FUND.maxDeposit(holder) == 0) return;
        uint256 put = _in(assets, FUND.previewMint(1), 5_000_000 * USD);
        vm.startPrank(holder);
        uint256 shares = FUND.deposit(put, holder);
        if (between % 3 == 0) FUND.allocate();
        _meddle(f, between);
        if (FUND.maxRedeem(holder) >= shares && FUND.previewRedeem(shares) != 0) {
            _check(FUND.redeem(shares, holder, holder) <= put, "POOL-3", "fund: a round trip that paid");
            _did(f, "fundRoundTrip");
        }
        vm.stopPrank();
    }

    function _meddle(uint256 f, uint256 how) internal virtual;
}
