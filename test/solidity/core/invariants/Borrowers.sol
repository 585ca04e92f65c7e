// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITermLendingPool} from "../../../../contracts/interfaces/ITermLendingPool.sol";
import {ITermLens} from "../../../../contracts/interfaces/ITermLens.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {Actions, Authorisation, Facility, Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {World} from "./World.sol";

/// @notice What borrowers and their operators do with loans of both kinds. Inputs are bounded to what should succeed; an exit
/// that fails all the same breaks GATE-1.
abstract contract Borrowers is World {
    /// @dev Sheets of the term facility, and the highest fee for prepayment among them.
    uint256 private constant SHEETS = 4;
    uint256 private constant FEE_BPS = 100;

    // ---- new risk ----

    function open(uint256 f, uint256 who, uint256 collateral, uint256 principal) external action(f, "open") {
        _open(_at(f), who, collateral, principal);
    }

    function openTerm(uint256 who, uint256 collateral, uint256 principal) external action(TERM_SEED, "openTerm") {
        _open(TERM, who, collateral, principal);
    }

    /// @dev Where something shuts the facility, it must; then that is mostly lifted.
    function _open(uint256 f, uint256 who, uint256 collateral, uint256 principal) private {
        (uint256 i, uint256 id) = _freeId(f, who);
        if (id == 0) return;
        collateral = _in(collateral, BTC / 10, 200 * BTC);
        uint256 least = _terms(f).pricing.minDebt;
        if (_isShut(f)) {
            _check(!_opens(f, id, collateral, least, 0), "SHUT", "opened though shut");
            if (who % SELDOM != 0) _lift(f);
        }
        uint256 most = _room(f, 0, collateral);
        if (most < least) return;
        // As much as there is, now and then: lenders will have to wait for theirs.
        principal = principal % 3 == 0 ? most : _in(principal, least + (most - least) / 8, least + (most - least) / 2);
        if (!_opens(f, id, collateral, principal, who >> 16)) return;
        (_kind, _touched) = (Kind.OwnersChoice, i);
        _newRisk(f, id, "open");
        _did(f, f == TERM ? "openTerm" : "open");
    }

    function draw(uint256 f, uint256 seed, uint256 assets) external action(_notTerm(f), "draw") {
        f = _at(_notTerm(f));
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        uint256 most = _room(f, _debt(f, id), _loan(f, id).collateral);
        uint256 least = _debt(f, id) == 0 ? _terms(f).pricing.minDebt : 1;
        if (most < least) return;
        address owner = MANAGER.ownerOf(id);
        vm.prank(owner);
        MANAGER.draw(id, _in(assets, least, most), owner);
        (_kind, _touched) = (Kind.OwnersChoice, i);
        _newRisk(f, id, "draw");
        _did(f, "draw");
    }

    /// @dev All that a loan owes becomes new terms; no cash moves and no collateral.
    function rollOver(uint256 seed, uint256 sheet) external action(TERM_SEED, "rollOver") {
        uint256 i = _findLoan(TERM, seed, true);
        if (i == NONE) return;
        uint256 id = _loanAt(TERM, i);
        uint256 debt = _debt(TERM, id);
        uint256 held = CASH.balanceOf(address(_places[TERM].pool));
        address owner = TERM_MANAGER.ownerOf(id);
        vm.prank(owner);
        try TERM_MANAGER.rollOver(id, uint8(sheet % SHEETS), 5e18, block.timestamp, 0) returns (uint256 principal) {
            (_kind, _touched) = (Kind.OwnersChoice, i);
            _check(CASH.balanceOf(address(_places[TERM].pool)) == held, "DEBT-2", "a roll-over moved cash");
            _check(principal >= debt && _debt(TERM, id) == principal, "DEBT-2", "a roll-over lost debt");
            bool shut = _isStopped(TERM) || _refusesAll(TERM) || _borrowPrice() == 0;
            _check(!shut, "SHUT", "rolled over though shut");
            _checkLtv(TERM, id, "rollOver");
            _checkSchedule(id, "rollOver");
            _did(TERM, "rollOver");
        } catch (bytes memory reason) {
            _because(reason);
        }
    }

    function transfer(uint256 f, uint256 seed, uint256 to) external action(f, "transfer") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        vm.prank(_places[f].loans.ownerOf(id));
        _places[f].loans.transferLoan(id, _actor(to));
        _touched = i;
        bool shut = _refusesAll(f) || _isStopped(f);
        vm.prank(_actor(to));
        try _places[f].loans.acceptLoan(id, type(uint256).max, 0) {
            _check(!shut, "SHUT", "took a loan over though shut");
            _did(f, "transfer");
        } catch (bytes memory reason) {
            _because(reason);
            _check(shut, "SHUT", "could not take a loan over though nothing was shut");
        }
    }

    // ---- paying: by anybody, whatever is shut (DEBT-3, GATE-1) ----

    function repayPart(uint256 f, uint256 seed, uint256 payer, uint256 assets) external action(f, "repayPart") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, true);
        if (i == NONE) return;
        uint256 debt = _debt(f, _loanAt(f, i));
        // What would leave dust of a revolving loan is cut, and refused where nothing is left of it.
        uint256 most = f == TERM ? debt + debt / 10 : _less(debt, _terms(f).pricing.minDebt);
        if (most == 0) return;
        if (assets % SELDOM == 0) most = _min(1000, most);
        else if (assets % SELDOM != 1) most = most / 16 + 1;
        assets = _in(assets >> 8, 1, most);
        _pay(f, i, payer, assets, "repayPart");
    }

    function repayAll(uint256 f, uint256 seed, uint256 payer) external action(f, "repayAll") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, true);
        if (i == NONE || (seed >> 8) % SELDOM != 0) return;
        address owner = _places[f].loans.ownerOf(_loanAt(f, i));
        bool blocks = _actor(payer) != owner && (payer >> 8) % SELDOM == 0;
        if (blocks) _block(owner, true);
        _pay(f, i, payer, type(uint256).max, "repayAll");
        if (blocks) _block(owner, false);
        _check(_debt(f, _loanAt(f, i)) == 0, "DEBT-3", "debt left after paying all");
    }

    /// @dev What is due, or that and the next instalment.
    function payDue(uint256 seed, uint256 payer, uint256 ahead) external action(TERM_SEED, "payDue") {
        uint256 i = _findLoan(TERM, seed, true);
        if (i == NONE) return;
        uint256 id = _loanAt(TERM, i);
        uint256 assets = LENS.dueNow(id);
        bool wasDue = assets != 0;
        if (!wasDue || ahead % 2 == 0) {
            (, uint256 next) = LENS.nextDue(id);
            assets += next;
        }
        if (assets == 0) return;
        _pay(TERM, i, payer, assets, "payDue");
        _check(LENS.dueNow(id) == 0, "TERM-1", "what is due was paid, and something is due");
    }

    function topUp(uint256 f, uint256 seed, uint256 payer, uint256 collateral) external action(f, "topUp") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        _touched = i;
        vm.prank(_actor(payer));
        try _places[f].loans.topUp(_loanAt(f, i), _in(collateral, 1, BTC), "") {
            _did(f, "topUp");
        } catch (bytes memory reason) {
            _refused("GATE-1", "topUp", reason);
        }
    }

    function withdraw(uint256 f, uint256 seed, uint256 collateral) external action(f, "withdraw") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        uint256 free = _free(f, id);
        if (free == 0) return;
        bool owes = _loan(f, id).debtShares != 0;
        (_kind, _touched) = (Kind.OwnersChoice, i);
        address owner = _places[f].loans.ownerOf(id);
        vm.prank(owner);
        try _places[f].loans.withdraw(id, _in(collateral, 1, free), owner) {
            if (owes) _checkLtv(f, id, "withdraw");
            _did(f, "withdraw");
        } catch (bytes memory reason) {
            _because(reason);
            // A term loan in default, or paid ahead, holds on to more.
            _check(f == TERM && owes, "GATE-1", "withdraw");
        }
    }

    function close(uint256 f, uint256 seed) external action(f, "close") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        Loan memory loan = _loan(f, id);
        if (loan.debtShares != 0 && (seed >> 8) % SELDOM != 0) return;
        uint256 most = loan.debtShares == 0 ? 0 : _debt(f, id) + _feeUp(f, loan);
        (_kind, _touched) = (Kind.OwnersChoice, i);
        address owner = _places[f].loans.ownerOf(id);
        vm.prank(owner);
        try _places[f].loans.close(id, owner, "") returns (uint256 paid, uint256 collateral) {
            _check(_places[f].loans.ownerOf(id) == address(0), "DEBT-1", "close left something");
            _check(collateral == loan.collateral, "CUSTODY-2", "close kept something");
            _check(paid <= most, "DEBT-3", "close took too much");
            _did(f, most == 0 ? "close" : "pay and close");
        } catch (bytes memory reason) {
            _refused("GATE-1", "close", reason);
        }
    }

    /// @dev Uses its limits to the unit, then finds itself refused.
    function operate(uint256 f, uint256 seed, uint256 collateral) external action(f, "operate") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        uint256 free = _free(f, id);
        if (free < 2) return;
        free = _in(collateral, 1, free - 1);
        vm.prank(_places[f].loans.ownerOf(id));
        _places[f].loans.setAuthorisation(
            _places[f].id,
            OPERATOR,
            Authorisation(Actions.WITHDRAW, uint40(block.timestamp), 0, uint104(free))
        );
        (_kind, _touched) = (Kind.OwnersChoice, i);
        vm.startPrank(OPERATOR);
        try _places[f].loans.withdraw(id, free, OPERATOR) {
            try _places[f].loans.withdraw(id, 1, OPERATOR) {
                _break("AUTH-1", "operator beyond its limit");
            } catch {}
            try _places[f].loans.close(id, OPERATOR, "") {
                _break("AUTH-1", "operator beyond its actions");
            } catch {}
            _did(f, "operate");
        } catch (bytes memory reason) {
            _because(reason);
            _check(f == TERM, "AUTH-1", "operator within its limit");
        }
        vm.stopPrank();
    }

    // ---- inside ----

    function _lift(uint256 f) internal virtual;

    /// @dev A payment and what it must leave.
    function _pay(uint256 f, uint256 i, uint256 payer, uint256 assets, string memory name) internal {
        uint256 id = _loanAt(f, i);
        uint256 debt = _debt(f, id);
        uint256 fee = _feeUp(f, _loan(f, id));
        uint256 held = CASH.balanceOf(address(_places[f].pool));
        _touched = i;
        vm.prank(_actor(payer));
        try _places[f].loans.repay(id, assets, "") returns (uint256 paid) {
            uint256 left = _debt(f, id);
            _check(paid != 0 && paid <= assets, "DEBT-3", "repay took too much");
            _check(CASH.balanceOf(address(_places[f].pool)) == held + paid, "DEBT-2", "paid is not what came");
            _check(left + paid >= debt, "DEBT-2", "a payment took more off the debt than was paid");
            // Money ahead of an instalment may be more than is owed by now: its interest and the fee for prepayment are to come.
            bool ahead = f == TERM && left == 0 && assets != type(uint256).max;
            _check(ahead || left + paid <= debt + fee, "DEBT-2", "a payment took less off the debt than was paid");
            if (f == TERM && left != 0) _checkSchedule(id, name);
            _did(f, name);
        } catch (bytes memory reason) {
            _because(reason);
            // Too little to prepay a unit, or nothing owed as money paid ahead is enough: that is all a payer may be told.
            bool nothingToPay = bytes4(reason) == ITermLoanBook.NoDebt.selector && debt == 0;
            bool tooLittle = bytes4(reason) == ITermLoanBook.PaymentTooSmall.selector && assets < debt;
            if (f != TERM || !(nothingToPay || tooLittle)) _refused("DEBT-3", name, reason);
        }
    }

    /// @dev For prepayment at most, and what roundings add.
    function _feeUp(uint256 f, Loan memory loan) private view returns (uint256) {
        return _dust(f) + (f == TERM ? (loan.debtShares * FEE_BPS) / 10_000 : 0);
    }

    /// @dev At the limits as they are now; a term loan may be refused for the rate alone.
    function _opens(
        uint256 f,
        uint256 id,
        uint256 collateral,
        uint256 principal,
        uint256 sheet
    ) private returns (bool opened) {
        address owner = address(uint160(id >> 96));
        vm.prank(owner);
        if (f != TERM) {
            try MANAGER.open(_places[f].id, uint64(id), collateral, principal, owner, "") {
                return true;
            } catch (bytes memory reason) {
                _because(reason);
                _check(_isShut(f), "SHUT", "refused though nothing was shut");
                return false;
            }
        }
        ITermLoanManager.Opening memory o = ITermLoanManager.Opening({
            facility: _places[f].id,
            salt: uint64(id),
            sheet: uint8(sheet % SHEETS),
            collateral: collateral,
            principal: principal,
            maxAnnualRate: 5e18,
            deadline: block.timestamp,
            receiver: owner,
            agreement: 0
        });
        try TERM_MANAGER.open(o, "") {
            return true;
        } catch (bytes memory reason) {
            _because(reason);
            bool dear = bytes4(reason) == ITermLendingPool.RateTooHigh.selector;
            _check(dear || _isShut(f), "SHUT", "a term loan refused though nothing was shut");
        }
    }

    /// @dev What must be true after every new debt.
    function _newRisk(uint256 f, uint256 id, string memory name) private {
        _check(!_isShut(f), "SHUT", name);
        _checkLtv(f, id, name);
        Facility memory terms = _terms(f);
        uint256 debt = _debt(f, id);
        uint256 total = _places[f].pool.totalDebt();
        _check(debt >= terms.pricing.minDebt && debt <= terms.access.loanCap, "SHUT", name);
        _check(total <= terms.custody.cap, "SHUT", name);
        if (f == PLAIN) return;
        (, uint256[3] memory exit) = _worth(f);
        _check(exit[JUNIOR] >= CAPITAL.requiredJuniorUp(address(_places[f].pool), total), "CAPITAL", name);
        if (f == TERM) _checkSchedule(id, name);
    }

    function _checkLtv(uint256 f, uint256 id, string memory name) private {
        uint256 value = (uint256(_loan(f, id).collateral) * _borrowPrice()) / 1e36;
        _check(_debt(f, id) * 10_000 <= value * _terms(f).ltv.maxLtvBps, "SHUT", name);
    }

    /// @dev TERM-1: what is to come and what is overdue are the principal, and the last instalment leaves nothing.
    function _checkSchedule(uint256 id, string memory name) private {
        ITermLens.TermLoanOverview memory o = LENS.termLoanOverview(id);
        ITermLens.Instalment[] memory plan = LENS.schedule(id);
        uint256 sum = o.balance.arrears;
        for (uint256 k; k < plan.length; ++k) sum += plan[k].principal;
        _check(sum == o.balance.principal, "TERM-1", name);
        _check(plan.length == 0 || plan[plan.length - 1].left == 0, "TERM-1", name);
    }

    /// @dev By how much a debt may grow; 0 where it may not.
    function _room(uint256 f, uint256 debt, uint256 collateral) private view returns (uint256 most) {
        if (_isShut(f)) return 0;
        Facility memory terms = _terms(f);
        uint256 total = _places[f].pool.totalDebt();
        // Each limit less the unit or two by which debts are rounded up.
        most = _less((((collateral * _borrowPrice()) / 1e36) * terms.ltv.maxLtvBps) / 10_000, debt + 2);
        most = _min(most, _less(terms.access.loanCap, debt + 2));
        most = _min(most, _less(terms.custody.cap, total + 2));
        most = _min(most, _places[f].pool.cash());
        if (f != PLAIN) most = _min(most, _less(_mostDebt(f), total + 2));
    }

    /// @dev As far as junior capital goes.
    function _mostDebt(uint256 f) private view returns (uint256) {
        (uint256 weightBps, uint256 ratioBps) = CAPITAL.termsOf(address(_places[f].pool));
        if (weightBps == 0) return type(uint256).max;
        return (_places[f].pool.navOf(TrancheClass.Junior) * 1e8) / (weightBps * ratioBps);
    }

    /// @dev Collateral that may leave now.
    function _free(uint256 f, uint256 id) private view returns (uint256) {
        Loan memory loan = _loan(f, id);
        if (loan.debtShares == 0) return loan.collateral;
        uint256 maxLtv = _terms(f).ltv.maxLtvBps;
        uint256 price = _borrowPrice();
        if (maxLtv == 0 || price == 0) return 0;
        uint256 needed = ((((_debt(f, id) + 1) * 10_000) / maxLtv + 1) * 1e36) / price + 1;
        return _less(loan.collateral, needed);
    }
}
