// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {World} from "./World.sol";

/// @notice What lenders of all classes do: in, out at once, out after the cooldown, out by the queue, from hand to hand, and round
/// at one timestamp.
abstract contract Lenders is World {
    uint256 private constant COOLDOWN = 7 days;
    /// @dev Requests that the campaign keeps in mind in each queue.
    uint256 private constant MOST_REQUESTS = 12;

    mapping(ITranche tranche => mapping(address owner => uint256)) private _requestedAt;
    uint256[][PLACES] private _requests;

    // ---- in ----

    function deposit(uint256 f, uint256 class, uint256 who, uint256 assets) external action(f, "deposit") {
        f = _at(f);
        ITranche tranche = _tranche(f, class);
        address lender = _actor(who);
        uint256 most = tranche.maxDeposit(lender);
        if (most == 0) return _shutToLenders(f, tranche, lender);
        uint256 least = tranche.previewMint(1);
        if (most < least) return; // nearly full: there is room for less than a share
        assets = _in(assets, least, _min(least + 300_000 * USD, most));
        uint256 previewed = tranche.previewDeposit(assets);
        vm.prank(lender);
        try tranche.deposit(assets, lender) returns (uint256 shares) {
            _check(shares == previewed, "POOL-3", "deposit is not what was previewed");
            _didIn(f, tranche, "deposit", "deposit of first loss");
        } catch (bytes memory reason) {
            _refused("POOL-3", "deposit within the limit", reason);
        }
    }

    function mint(uint256 f, uint256 class, uint256 who, uint256 shares) external action(f, "mint") {
        f = _at(f);
        ITranche tranche = _tranche(f, class);
        address lender = _actor(who);
        uint256 most = tranche.maxMint(lender);
        if (most == 0) return _shutToLenders(f, tranche, lender);
        shares = _in(shares, 1, _min(tranche.previewDeposit(200_000 * USD) + 1, most));
        vm.prank(lender);
        try tranche.mint(shares, lender) {
            _did(f, "mint");
        } catch (bytes memory reason) {
            _refused("POOL-3", "mint within the limit", reason);
        }
    }

    // ---- out ----

    function withdrawAssets(
        uint256 f,
        uint256 class,
        uint256 who,
        uint256 assets
    ) external action(f, "withdrawAssets") {
        f = _at(f);
        ITranche tranche = _tranche(f, class);
        address lender = _actor(who);
        uint256 most = tranche.maxWithdraw(lender);
        if (most == 0) return;
        // Rather little, so that the pool is not always empty.
        assets = _in(assets, 1, assets % 8 == 0 ? most : most / 8 + 1);
        uint256 worth = _exitWorth(f, tranche, 1e30);
        uint256 held = tranche.balanceOf(lender);
        vm.prank(lender);
        try tranche.withdraw(assets, lender, lender) returns (uint256 shares) {
            _check(assets * 1e30 <= shares * (worth + 1), "LOSS-1", "left for more than the shares were worth");
            _check(tranche.balanceOf(lender) + shares == held, "POOL-3", "shares burned");
            _checkExit(f, tranche, lender);
            _didIn(f, tranche, "withdrawAssets", "withdraw of first loss");
        } catch (bytes memory reason) {
            _refused("GATE-1", "a lender's withdrawal within its limit", reason);
        }
    }

    function redeem(uint256 f, uint256 class, uint256 who, uint256 shares) external action(f, "redeem") {
        f = _at(f);
        ITranche tranche = _tranche(f, class);
        address lender = _actor(who);
        uint256 most = tranche.maxRedeem(lender);
        if (most == 0) return;
        shares = _in(shares, 1, shares % 8 == 0 ? most : most / 8 + 1);
        if (tranche.previewRedeem(shares) == 0) return;
        uint256 worth = _exitWorth(f, tranche, shares);
        vm.prank(lender);
        try tranche.redeem(shares, lender, lender) returns (uint256 assets) {
            _check(assets <= worth, "LOSS-1", "left for more than the shares were worth");
            _checkExit(f, tranche, lender);
            _didIn(f, tranche, "redeem", "redemption of first loss");
        } catch (bytes memory reason) {
            _refused("GATE-1", "a lender's redemption within its limit", reason);
        }
    }

    /// @dev Sometimes of more than there will be, and sometimes taken back.
    function requestExit(uint256 f, uint256 class, uint256 who, uint256 shares) external action(f, "requestExit") {
        f = _at(f);
        if (f == PLAIN) return;
        ITranche tranche = _places[f].tranches[1 + (class % 2)];
        address lender = _actor(who);
        uint256 owned = tranche.balanceOf(lender);
        shares = shares % 8 == 0 ? 0 : owned;
        vm.prank(lender);
        try tranche.requestExit(shares) {
            _requestedAt[tranche][lender] = block.timestamp;
            _did(f, "requestExit");
        } catch (bytes memory reason) {
            _refused("GATE-1", "requestExit", reason);
        }
    }

    /// @dev The cooldown passes for whoever asked last.
    function waitForWindow(uint256 f, uint256 class, uint256 who) external action(f, "waitForWindow") {
        f = _at(f);
        if (f == PLAIN) return;
        ITranche tranche = _places[f].tranches[1 + (class % 2)];
        ITranche.ExitRequest memory request = tranche.exitRequestOf(_actor(who));
        if (request.shares == 0 || block.timestamp >= request.opensAt) return;
        vm.warp(request.opensAt);
        _did(f, "waitForWindow");
    }

    function moveShares(
        uint256 f,
        uint256 class,
        uint256 from,
        uint256 to,
        uint256 shares
    ) external action(f, "moveShares") {
        f = _at(f);
        ITranche tranche = _tranche(f, class);
        uint256 own = tranche.balanceOf(_actor(from));
        if (own == 0) return;
        vm.prank(_actor(from));
        tranche.transfer(_actor(to), _in(shares, 1, own));
        _did(f, "moveShares");
    }

    // ---- out by the queue ----

    function queueUp(uint256 f, uint256 who, uint256 shares) external action(f, "queueUp") {
        f = _at(f);
        if (f == PLAIN || _requests[f].length == MOST_REQUESTS) return;
        IRedemptionQueue queue = _places[f].queue;
        address lender = _actor(who);
        uint256 owned = _places[f].tranches[SENIOR].balanceOf(lender);
        uint256 least = queue.leastShares();
        if (owned < least) return;
        shares = shares % 2 == 0 ? owned : _in(shares, least, owned);
        vm.prank(lender);
        try queue.requestRedeem(shares, lender, lender) returns (uint256 id) {
            _requests[f].push(id);
            _did(f, queue.pendingRedeemRequest(id, lender) == 0 ? "queueUp" : "queueUp and wait");
        } catch (bytes memory reason) {
            _refused("GATE-1", "queueUp", reason);
        }
    }

    function serve(uint256 f, uint256 shares) external action(f, "serve") {
        f = _at(f);
        if (!_lendersWait(f)) return;
        IRedemptionQueue queue = _places[f].queue;
        ITranche senior = _places[f].tranches[SENIOR];
        uint256 waiting = queue.waiting();
        uint256 worth = _exitWorth(f, senior, 1e30);
        bool all = shares % 2 == 0;
        try queue.serve(all ? type(uint256).max : _in(shares, 1, waiting)) returns (uint256 served, uint256 assets) {
            _check(assets * 1e30 <= served * (worth + 1), "LOSS-1", "served for more than the shares were worth");
            _check(queue.waiting() + served == waiting, "QUEUE", "served is not what left");
            _did(f, "serve");
        } catch (bytes memory reason) {
            _because(reason);
            bool enough = senior.maxRedeem(address(queue)) >= waiting && senior.convertToAssets(waiting) != 0;
            _check(!all || !enough, "QUEUE", "cash for all and none served");
        }
    }

    function claim(uint256 f, uint256 seed, uint256 part) external action(f, "claim") {
        f = _at(f);
        uint256 count = _requests[f].length;
        if (count == 0) return;
        IRedemptionQueue queue = _places[f].queue;
        uint256 k = seed % count;
        uint256 id = _requests[f][k];
        address controller = queue.requestOf(id).controller;
        (uint256 shares, uint256 assets) = queue.claimable(id);
        if (shares != 0) {
            uint256 before = CASH.balanceOf(controller);
            part = part % 2 == 0 ? 0 : _in(part, 1, queue.maxRedeem(controller));
            vm.prank(controller);
            if (part == 0) {
                try queue.claim(id, controller) {
                    _check(CASH.balanceOf(controller) == before + assets, "QUEUE", "claim");
                    _did(f, "claim");
                } catch (bytes memory reason) {
                    _refused("GATE-1", "claim", reason);
                }
            } else {
                try queue.redeem(part, controller, controller) {
                    _did(f, "claim");
                } catch (bytes memory reason) {
                    _because(reason);
                    _check(queue.maxRedeem(controller) == 0, "GATE-1", "claim of a part");
                }
            }
        }
        _forgetClaimed(f);
    }

    // ---- round (POOL-3) ----

    /// @dev In and out of the senior class at one timestamp, with whatever anybody may do in between.
    function roundTrip(uint256 f, uint256 who, uint256 assets, uint256 between) external action(f, "roundTrip") {
        if (_places[_at(f)].tranches[SENIOR].maxDeposit(_actor(who)) == 0 || _lendersWait(_at(f))) return;
        vm.startPrank(_actor(who));
        _goRound(_at(f), _actor(who), assets, between);
        vm.stopPrank();
    }

    function _goRound(uint256 f, address lender, uint256 assets, uint256 between) private {
        ITranche senior = _places[f].tranches[SENIOR];
        uint256 put = _in(assets, senior.previewMint(1), 5_000_000 * USD);
        uint256 shares = senior.deposit(put, lender);
        _meddle(f, between);
        if (senior.maxRedeem(lender) >= shares && senior.previewRedeem(shares) != 0) {
            uint256 out = senior.previewRedeem(shares);
            if (between % 2 == 0) out = senior.redeem(shares, lender, lender);
            else senior.withdraw(out, lender, lender);
            _check(out <= put, "POOL-3", "a round trip that paid");
            _did(f, "roundTrip");
        }
    }

    /// @dev In or out in two steps is not better than in one.
    function split(uint256 f, uint256 class, uint256 who, uint256 assets) external action(f, "split") {
        ITranche tranche = _tranche(_at(f), class);
        if (tranche.maxDeposit(_actor(who)) == 0) return;
        vm.startPrank(_actor(who));
        _split(tranche, _actor(who), assets);
        vm.stopPrank();
        _did(_at(f), "split");
    }

    function _split(ITranche tranche, address lender, uint256 assets) private {
        uint256 least = tranche.previewMint(1);
        (uint256 a, uint256 b) = (_in(assets, least, 100_000 * USD), _in(assets >> 128, 2 * least, 100_000 * USD));
        uint256 whole = tranche.previewDeposit(a + b);
        uint256 shares = tranche.deposit(a, lender) + tranche.deposit(b, lender);
        _check(shares <= whole, "POOL-3", "two deposits brought more than one");
        uint256 most = tranche.maxRedeem(lender) / 2;
        uint256 part = most / 3;
        if (part != 0 && tranche.previewRedeem(part) != 0) {
            whole = tranche.previewRedeem(most);
            uint256 out = tranche.redeem(part, lender, lender) + tranche.redeem(most - part, lender, lender);
            _check(out <= whole, "POOL-3", "two exits brought more than one");
        }
    }

    // ---- for the test ----

    /// @notice What the queue has to pay out for what was served.
    function queueOwes(uint256 f) external view returns (uint256 assets) {
        for (uint256 k; k < _requests[f].length; ++k) {
            (, uint256 claimable) = _places[f].queue.claimable(_requests[f][k]);
            assets += claimable;
        }
    }

    // ---- inside ----

    /// @dev By whoever goes round, in between: may touch any loan of the facility.
    function _meddle(uint256 f, uint256 how) internal virtual;

    function _tranche(uint256 f, uint256 class) internal view returns (ITranche) {
        // Half of all by senior lenders.
        return _places[f].tranches[f == PLAIN || class % 4 > 1 ? SENIOR : 1 + (class % 2)];
    }

    function _didIn(uint256 f, ITranche tranche, string memory senior, string memory firstLoss) private {
        _did(f, address(tranche) == address(_places[f].tranches[SENIOR]) ? senior : firstLoss);
    }

    /// @dev What some shares bring by LOSS-1, the class's expected losses counted.
    function _exitWorth(uint256 f, ITranche tranche, uint256 shares) private view returns (uint256) {
        (, uint256[3] memory exit) = _worth(f);
        return (shares * (exit[uint256(tranche.class())] + 1)) / (tranche.totalSupply() + 1e6);
    }

    /// @dev Who may leave at once: nobody while others wait but underwriters; first loss in its window; junior above the ratio.
    function _checkExit(uint256 f, ITranche tranche, address lender) private {
        uint256 class = uint256(tranche.class());
        _check(class == COVER || !_lendersWait(f), "QUEUE", "left before those who wait");
        if (class == SENIOR) return;
        uint256 opensAt = _requestedAt[tranche][lender] + COOLDOWN;
        bool inWindow = block.timestamp >= opensAt && block.timestamp <= opensAt + 2 days;
        _check(inWindow, "LOSS-1", "first loss left outside its window");
        if (class == COVER) return;
        IPoolLedger pool = _places[f].pool;
        (, uint256[3] memory exit) = _worth(f);
        uint256 required = CAPITAL.requiredJuniorUp(address(pool), pool.totalDebt());
        _check(exit[JUNIOR] >= required, "CAPITAL", "junior left below the ratio");
    }

    /// @dev A lender whom nothing says no to must be able to lend, but into a class that lost everything, or nearly.
    function _shutToLenders(uint256 f, ITranche tranche, address lender) private {
        (uint256[3] memory gross, ) = _worth(f);
        bool wipedOut = gross[uint256(tranche.class())] == 0 || tranche.totalSupply() > type(uint112).max;
        _check(wipedOut || _refusesAll(f), "SHUT", "lenders refused though nothing was shut");
        vm.prank(lender);
        try tranche.deposit(1000 * USD, lender) {
            _break("SHUT", "lent though shut");
        } catch {}
    }

    function _forgetClaimed(uint256 f) private {
        uint256[] storage list = _requests[f];
        for (uint256 k = list.length; k != 0; --k) {
            if (_places[f].queue.requestOf(list[k - 1]).controller != address(0)) continue;
            list[k - 1] = list[list.length - 1];
            list.pop();
        }
    }
}
