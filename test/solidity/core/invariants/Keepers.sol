// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {ITermLendingPool} from "../../../../contracts/interfaces/ITermLendingPool.sol";
import {Facility, Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {World} from "./World.sol";

/// @notice What keepers do for anybody: marks of losses and of defaults, sales; and notes of sources that disagree.
abstract contract Keepers is World {
    uint256 private constant INCENTIVE_MIN = 0.02e18;
    uint256 private constant INCENTIVE_MAX = 0.08e18;
    uint256 private constant RAMP = 1 days;

    /// @dev What a sale found.
    struct Sale {
        ILiquidationEngine.Quote quote;
        uint256 debt;
        uint256 collateral;
        uint256 defaultMarkedAt;
        bool unhealthy;
    }

    /// @dev A loan that is unhealthy, in default, or made unhealthy by a fall of the price.
    function liquidate(uint256 f, uint256 seed, uint256 health, uint256 request) external action(f, "liquidate") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, true);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        if (!_mayBeSold(f, id)) {
            // Mostly by a little: a loss in every sale would soon be the end of a pool.
            _priceForHealth(f, id, health % 8 == 0 ? _in(health, 0.5e18, 0.9e18) : _in(health, 0.9e18, 0.999e18));
            if (!_mayBeSold(f, id)) return;
        }
        request = request % 2 == 0 ? type(uint256).max : _in(request, 1, _debt(f, id));
        (_kind, _touched) = (Kind.Sale, i);
        address owner = _places[f].loans.ownerOf(id);
        bool blocks = _actor(request >> 8) != owner && health % SELDOM == 0;
        if (blocks) _block(owner, true);
        _sell(f, id, request);
        if (blocks) _block(owner, false);
        if (blocks && _lossAtMost != NONE) _did(f, "sale though the owner is blocked");
    }

    function mark(uint256 f, uint256 seed) external action(f, "mark") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        uint256 debt = _debt(f, id);
        try _places[f].loans.mark(id) returns (uint256 loss) {
            uint256 covered = (_value(_loan(f, id).collateral) * 100) / 102;
            _check(loss <= _less(debt, covered) + 1, "LOSS-1", "more marked than is not covered");
            // A term loan's late charges and uncounted interest are nobody's yet.
            _check(f == TERM || loss + 1 >= _less(debt, covered), "LOSS-1", "less marked than is not covered");
            _check(_debt(f, id) == debt, "LOSS-1", "a mark changed a debt");
            _did(f, loss == 0 ? "mark" : "mark of a loss");
        } catch (bytes memory reason) {
            _because(reason);
            try ORACLE.price() {
                _break("LOSS-1", "mark");
            } catch {}
        }
    }

    function markDefault(uint256 seed) external action(TERM_SEED, "markDefault") {
        uint256 i = _findLoan(TERM, seed, true);
        if (i == NONE) return;
        uint256 id = _loanAt(TERM, i);
        uint256 debt = _debt(TERM, id);
        bool due = block.timestamp > LENS.termLoanOverview(id).defaultsAfter;
        bool marked = _loan(TERM, id).flags & LoanFlags.IN_DEFAULT != 0;
        _touched = i; // money paid ahead pays what fell due
        try TERM_MANAGER.markDefault(id) {
            _check(due && !marked, "TERM-1", "marked though not in default");
            _check(_debt(TERM, id) == debt, "DEBT-2", "a mark changed a debt");
            _did(TERM, "markDefault");
        } catch (bytes memory reason) {
            _because(reason);
            _check(!due || marked, "TERM-1", "a default that cannot be marked");
        }
    }

    function noteDisagreement(uint256 f) external action(f, "noteDisagreement") {
        try ORACLE.noteDisagreement() {
            _did(_at(f), "noteDisagreement");
        } catch (bytes memory reason) {
            _because(reason);
        }
    }

    // ---- inside ----

    function _mayBeSold(uint256 f, uint256 id) internal view returns (bool) {
        return _loan(f, id).flags & LoanFlags.IN_DEFAULT != 0 || _isUnhealthy(f, id);
    }

    function _sell(uint256 f, uint256 id, uint256 request) private {
        Sale memory s = _findSale(f, id);
        address liquidator = _actor(request >> 8);
        try _places[f].loans.quoteLiquidation(id, request) returns (ILiquidationEngine.Quote memory found) {
            s.quote = found;
        } catch (bytes memory reason) {
            _because(reason);
            // A price refused, or a request too small for anything: then there is no sale either.
            vm.prank(liquidator);
            try _places[f].loans.liquidate(id, request, 0, "") {
                _break("LIQ-1", "sold what could not be quoted");
            } catch {}
            bool whole = request == type(uint256).max && _salePrice() != 0 && s.debt != 0;
            _check(!whole, "LIQ-3", "a loan that cannot be sold whole");
            return;
        }
        uint256 held = CASH.balanceOf(address(_places[f].pool));
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = _places[f].loans.liquidate(id, request, 0, "");
        _check(CASH.balanceOf(address(_places[f].pool)) == held + repaid, "DEBT-2", "repaid is not what came");
        _judge(f, id, s, repaid, seized);
        _lossAtMost = s.quote.debtClosed - s.quote.repaid;
        if (f != TERM) _lossAtLeast = _less(_lossAtMost, 1);
        if (_lossAtMost != 0) _did(f, "sale at a loss");
        _did(f, s.defaultMarkedAt == 0 || s.unhealthy ? "liquidate" : "sale of a default");
    }

    function _findSale(uint256 f, uint256 id) private view returns (Sale memory s) {
        s.debt = _debt(f, id);
        s.collateral = _loan(f, id).collateral;
        s.unhealthy = _isUnhealthy(f, id);
        if (f == TERM && _loan(f, id).flags & LoanFlags.IN_DEFAULT != 0)
            s.defaultMarkedAt = ITermLendingPool(address(_places[f].pool)).defaultMarkedAt(id);
    }

    function _judge(uint256 f, uint256 id, Sale memory s, uint256 repaid, uint256 seized) private {
        ILiquidationEngine.Quote memory q = s.quote;
        uint256 left = _debt(f, id);
        uint256 heldLeft = _loan(f, id).collateral;
        // Units by which a debt is rounded up are not the sale's doing.
        uint256 dust = _dust(f);
        _check(repaid == q.repaid && seized == q.seized, "LIQ-5", "not as quoted");
        _check(seized + heldLeft == s.collateral, "LIQ-5", "collateral appeared or vanished");
        _check(left == 0 || left + dust >= _terms(f).pricing.minDebt, "LIQ-3", "dust left");
        _check(left == 0 || heldLeft * s.debt >= s.collateral * _less(left, dust), "LIQ-2", "less healthy than before");
        _check(_value(seized) * 1e18 <= repaid * (1e18 + q.incentive), "LIQ-4", "seized too much");
        _check(q.incentive <= INCENTIVE_MAX, "LIQ-4", "incentive above the most there is");
        _check(left + q.debtClosed + dust >= s.debt && left + q.debtClosed <= s.debt + dust, "DEBT-2", "debt closed");
        if (s.unhealthy || s.defaultMarkedAt == 0) return;
        // C22: of a healthy loan in default, by the ramp alone, which does not run while a sale is not possible.
        uint256 from = ORACLE.graceEndsAt();
        if (from < s.defaultMarkedAt) from = s.defaultMarkedAt;
        uint256 onRamp = _min(_less(block.timestamp, from), RAMP);
        uint256 most = INCENTIVE_MIN + ((INCENTIVE_MAX - INCENTIVE_MIN) * onRamp) / RAMP;
        _check(q.incentive <= most, "LIQ-4", "incentive of a default ahead of its ramp");
    }

    function _priceForHealth(uint256 f, uint256 id, uint256 health) private {
        Facility memory terms = _terms(f);
        Loan memory loan = _loan(f, id);
        uint256 value = (((_debt(f, id) * 10_000) / terms.ltv.lltvBps) * health) / 1e18;
        if (loan.collateral == 0) return;
        _publishPrice((value * BTC * 1e16) / (uint256(loan.collateral) * _wrapperE8 * USD));
    }

    function _publishPrice(uint256 dollarsE8) internal virtual;
}
