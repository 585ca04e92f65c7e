// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {Actions, Authorisation, Facility, Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Book} from "./Book.sol";

/// @notice What borrowers, their operators, liquidators and trespassers do. Inputs are bounded to what should succeed; an exit
/// that fails all the same breaks GATE-1.
abstract contract BorrowerActions is Book {
    function open(uint256 f, uint256 who, uint256 collateral, uint256 principal) external action(f, "open") {
        _open(f % 2, who % LOANS, collateral, principal);
    }

    function draw(uint256 f, uint256 seed, uint256 assets) external action(f, "draw") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        (bool possible, uint256 most) = _room(f, _debt(id), MANAGER.loanOf(id).collateral);
        uint256 least = _debt(id) == 0 ? _terms(f).pricing.minDebt : 1;
        if (!possible || most < least) return _recover(f);
        address owner = MANAGER.ownerOf(id);
        vm.prank(owner);
        MANAGER.draw(id, bound(assets, least, most), owner);
        (_kind, _touched) = (Kind.OwnersChoice, i);
        _done("draw");
    }

    /// @dev By anybody, whatever is shut: DEBT-3 and GATE-1.
    function repay(uint256 f, uint256 seed, uint256 payer, uint256 assets) external action(f, "repay") {
        f %= 2;
        uint256 i = _findLoan(f, seed, true);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        uint256 debt = _debt(id);
        uint256 minDebt = _terms(f).pricing.minDebt;
        // One in four pays all; so must who owes so little that nothing smaller can be paid.
        assets = payer % 4 == 0 || debt <= minDebt ? type(uint256).max : bound(assets, 1, debt - minDebt);
        _touched = i;
        vm.prank(_actor(payer >> 8));
        try MANAGER.repay(id, assets, "") returns (uint256 paid) {
            _check(paid <= debt && paid <= assets, "DEBT-3", "repay took too much");
            if (assets == type(uint256).max) _check(_debt(id) == 0, "DEBT-3", "debt left after paying all");
            _done("repay");
        } catch {
            _break("GATE-1", "repay");
        }
    }

    function topUp(uint256 f, uint256 seed, uint256 payer, uint256 collateral) external action(f, "topUp") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max) return;
        collateral = bound(collateral, 1, _unit(f));
        _touched = i;
        vm.prank(_actor(payer));
        try MANAGER.topUp(loanAt(f, i), collateral, "") {
            _done("topUp");
        } catch {
            _break("GATE-1", "topUp");
        }
    }

    function withdraw(uint256 f, uint256 seed, uint256 collateral) external action(f, "withdraw") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        uint256 held = MANAGER.loanOf(id).collateral;
        uint256 free = _free(f, id, held);
        if (free == 0) return;
        (_kind, _touched) = (Kind.OwnersChoice, i);
        address owner = MANAGER.ownerOf(id);
        vm.prank(owner);
        try MANAGER.withdraw(id, bound(collateral, 1, free), owner) {
            _done("withdraw");
        } catch {
            _break("GATE-1", "withdraw");
        }
    }

    function close(uint256 f, uint256 seed) external action(f, "close") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        (_kind, _touched) = (Kind.OwnersChoice, i);
        address owner = MANAGER.ownerOf(id);
        vm.prank(owner);
        try MANAGER.close(id, owner, "") {
            _check(MANAGER.ownerOf(id) == address(0), "DEBT-1", "close left something");
            _done("close");
        } catch {
            _break("GATE-1", "close");
        }
    }

    function transfer(uint256 f, uint256 seed, uint256 to) external action(f, "transfer") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max || _refusesAll(f) || _terms(f).pricing.flags & 1 != 0) return;
        uint256 id = loanAt(f, i);
        vm.prank(MANAGER.ownerOf(id));
        MANAGER.transferLoan(id, _actor(to));
        vm.prank(_actor(to));
        MANAGER.acceptLoan(id, type(uint256).max, 0);
        _touched = i;
        _done("transfer");
    }

    /// @dev Uses its limits to the unit, then finds itself refused.
    function operate(uint256 f, uint256 seed, uint256 collateral) external action(f, "operate") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        uint256 free = _free(f, id, MANAGER.loanOf(id).collateral);
        if (free < 2) return;
        free = bound(collateral, 1, free - 1);
        vm.prank(MANAGER.ownerOf(id));
        MANAGER.setAuthorisation(
            _parts[f].id,
            OPERATOR,
            Authorisation(Actions.WITHDRAW, uint40(block.timestamp), 0, uint104(free))
        );
        (_kind, _touched) = (Kind.OwnersChoice, i);
        vm.startPrank(OPERATOR);
        MANAGER.withdraw(id, free, OPERATOR);
        try MANAGER.withdraw(id, 1, OPERATOR) {
            _break("AUTH-1", "operator beyond its limit");
        } catch {}
        try MANAGER.draw(id, 1, OPERATOR) {
            _break("AUTH-1", "operator beyond its actions");
        } catch {}
        vm.stopPrank();
        _done("operate");
    }

    /// @dev Lets the price fall until some loan is unhealthy, then sells all or a part of it.
    function liquidate(uint256 f, uint256 seed, uint256 health, uint256 request) external action(f, "liquidate") {
        f %= 2;
        uint256 i = _findLoan(f, seed, true);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        if (!_isUnhealthy(f, id)) _priceForHealth(f, id, bound(health, 0.4e18, 0.999e18));
        if (!_isUnhealthy(f, id)) return; // a price so low that it is nothing
        request = request % 2 == 0 ? type(uint256).max : bound(request, 1, _debt(id));
        (_kind, _touched) = (Kind.Sale, i);
        _sell(f, id, request);
    }

    /// @dev Whoever is not owner, operator or liquidator of an unhealthy loan gets nothing (AUTH-1, LIQ-1).
    function trespass(uint256 f, uint256 seed, uint256 who) external action(f, "trespass") {
        f %= 2;
        uint256 i = _findLoan(f, seed, false);
        if (i == type(uint256).max) return;
        uint256 id = loanAt(f, i);
        address thief = _actor(who);
        if (thief == MANAGER.ownerOf(id)) return;
        vm.startPrank(thief);
        try MANAGER.withdraw(id, 1, thief) {
            _break("AUTH-1", "withdraw");
        } catch {}
        try MANAGER.draw(id, 1, thief) {
            _break("AUTH-1", "draw");
        } catch {}
        try MANAGER.close(id, thief, "") {
            _break("AUTH-1", "close");
        } catch {}
        try MANAGER.transferLoan(id, thief) {
            _break("AUTH-1", "transferLoan");
        } catch {}
        if (!_isUnhealthy(f, id)) {
            try MANAGER.liquidate(id, type(uint256).max, 0, "") {
                _break("LIQ-1", "a healthy loan was sold");
            } catch {}
        }
        vm.stopPrank();
        _done("trespass");
    }

    // ---- inside ----

    function _open(uint256 f, uint256 who, uint256 collateral, uint256 principal) private {
        if (MANAGER.loanOf(loanAt(f, who)).flags != 0) return;
        collateral = bound(collateral, _unit(f) / 10, 40 * _unit(f));
        (bool possible, uint256 most) = _room(f, 0, collateral);
        uint256 least = _terms(f).pricing.minDebt;
        if (!possible || most < least) {
            _refused(f, who, collateral, least);
            _recover(f);
            (possible, most) = _room(f, 0, collateral);
            if (!possible || most < least) return;
        }
        address owner = _actors[who / SALTS];
        vm.prank(owner);
        MANAGER.open(_parts[f].id, uint64(who % SALTS), collateral, bound(principal, least, most), owner, "");
        (_kind, _touched) = (Kind.OwnersChoice, who);
        _done("open");
    }

    function _sell(uint256 f, uint256 id, uint256 request) private {
        address liquidator = _actor(request >> 8);
        ILiquidationEngine.Quote memory q;
        try MANAGER.quoteLiquidation(id, request) returns (ILiquidationEngine.Quote memory found) {
            q = found;
        } catch {
            // A price refused, or a request too small for anything: then there is no sale either.
            vm.prank(liquidator);
            try MANAGER.liquidate(id, request, 0, "") {
                _break("LIQ-1", "sold what could not be quoted");
            } catch {}
            bool whole = request == type(uint256).max && !_parts[f].oracle.refusing();
            _check(!whole, "LIQ-3", "an unhealthy loan that cannot be sold whole");
            return;
        }
        uint256 debt = _debt(id);
        uint256 collateral = MANAGER.loanOf(id).collateral;
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = MANAGER.liquidate(id, request, 0, "");
        _judge(f, id, q, debt, collateral, repaid, seized);
        _lossRealised = q.debtClosed - q.repaid;
        if (_lossRealised != 0) _done("loss");
        _done("liquidate");
    }

    function _judge(
        uint256 f,
        uint256 id,
        ILiquidationEngine.Quote memory q,
        uint256 debt,
        uint256 collateral,
        uint256 repaid,
        uint256 seized
    ) private {
        uint256 left = _debt(id);
        uint256 heldLeft = MANAGER.loanOf(id).collateral;
        _check(repaid == q.repaid && seized == q.seized, "LIQ-5", "not as quoted");
        _check(seized + heldLeft == collateral, "LIQ-5", "collateral appeared or vanished");
        _check(left == 0 || left + 1 >= _terms(f).pricing.minDebt, "LIQ-3", "dust left");
        // The one unit by which a debt is rounded up is not the sale's doing.
        _check(left == 0 || heldLeft * debt >= collateral * (left - 1), "LIQ-2", "less healthy than before");
        _check(_value(f, seized) * 1e18 <= repaid * (1e18 + q.incentive), "LIQ-4", "seized too much");
    }

    function _priceForHealth(uint256 f, uint256 id, uint256 health) private {
        Loan memory loan = MANAGER.loanOf(id);
        uint256 value = (((_debt(id) * 10_000) / _terms(f).ltv.lltvBps) * health) / 1e18;
        uint256 price = (value * 1e36) / loan.collateral;
        _parts[f].oracle.setPrice(price == 0 ? 1 : price);
    }

    /// @return possible whether new debt may be taken at all. @return most by how much.
    function _room(uint256 f, uint256 debt, uint256 collateral) private view returns (bool possible, uint256 most) {
        if (_isShut(f)) return (false, 0);
        Facility memory terms = _terms(f);
        (uint256 total, ) = _parts[f].pool.debtTotals();
        // Each limit less the unit or two by which debts are rounded up.
        most = _left((_value(f, collateral) * terms.ltv.maxLtvBps) / 10_000, debt + 2);
        most = _least(most, _left(terms.access.loanCap, debt + 2));
        most = _least(most, _left(terms.custody.cap, total + 2));
        most = _least(most, _parts[f].pool.cash());
        possible = most != 0;
    }

    /// @dev Collateral that may leave now.
    function _free(uint256 f, uint256 id, uint256 held) private view returns (uint256) {
        uint256 debt = _debt(id);
        if (debt == 0) return held;
        uint256 maxLtv = _terms(f).ltv.maxLtvBps;
        if (maxLtv == 0 || _parts[f].oracle.refusing()) return 0;
        uint256 needed = ((((debt + 1) * 10_000) / maxLtv + 1) * 1e36) / _storedPrice(f) + 1;
        return _left(held, needed);
    }

    /// @dev Where new risk is shut it must be refused, by whatever reason.
    function _refused(uint256 f, uint256 who, uint256 collateral, uint256 principal) private {
        if (!_isShut(f)) return;
        vm.prank(_actors[who / SALTS]);
        try MANAGER.open(_parts[f].id, uint64(who % SALTS), collateral, principal, _actors[who / SALTS], "") {
            _break("SHUT", "opened though shut");
        } catch {}
    }

    function _left(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
