// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICapitalReport} from "../../../../contracts/interfaces/ICapitalReport.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {World} from "./World.sol";

/// @notice What happens by itself or by those in office: time, prices, outages, mistakes, refusals, guardian and risk manager.
abstract contract Nature is World {
    uint256 private constant END = 2_750_000_000;
    /// @dev Dollars.
    uint256 private constant MOST_DEBT = 1e9;
    int256 private constant UP = 0;
    int256 private constant DOWN = 1;
    /// @dev Between which bitcoin stays, dollars with 8 decimals.
    uint256 private constant LEAST = 100e8;
    uint256 private constant MOST = 1_000_000e8;

    bool private _down;
    /// @dev The sequencer is only said to be down: feeds go on.
    bool private _falsely;
    /// @dev The second source's price in percent of the feeds'.
    uint256 private _opinionPercent = 100;

    // ---- time ----

    /// @dev From no time at all to a month, and feeds that mostly keep up.
    function pass(uint256 f, uint256 seconds_, uint256 feeds) external action(f, "pass") {
        uint256[4] memory most = [uint256(2), 1 hours, 1 days, 35 days];
        _pass(_in(seconds_ >> 8, 0, most[seconds_ % 4]), feeds);
        _did(_at(f), "pass");
    }

    /// @dev Decades in all, and not centuries.
    function passMonths(uint256 f, uint256 seconds_, uint256 feeds) external action(f, "passMonths") {
        if ((seconds_ >> 128) % SELDOM != 0 || block.timestamp > END) return;
        _pass(_in(seconds_, 1 days, 400 days), feeds);
        _did(_at(f), "passMonths");
    }

    /// @dev To the second at which something of a term loan falls due, or its grace ends; or one before or after.
    function passToDate(uint256 seed, uint256 which, uint256 feeds) external action(TERM_SEED, "passToDate") {
        uint256 i = _findLoan(TERM, seed, true);
        if (i == NONE) return;
        uint256 id = _loanAt(TERM, i);
        (uint256 date, ) = LENS.nextDue(id);
        if (which % 2 == 0) date = LENS.termLoanOverview(id).defaultsAfter;
        // Nothing is due any more, or nothing overdue.
        if (date == 0 || date > block.timestamp + 400 days) return;
        date = date - 1 + ((which >> 8) % 3);
        if (date < block.timestamp) return;
        _pass(date - block.timestamp, feeds);
        _did(TERM, "passToDate");
    }

    /// @dev TIME-1: what accrued once this second does not accrue again, and no view notices.
    function accrue(uint256 f) external action(f, "accrue") {
        f = _at(f);
        IPoolLedger pool = _places[f].pool;
        bytes32 seen = _all(pool);
        pool.accrue();
        bytes32 once = _all(pool);
        pool.accrue();
        _check(seen == once && once == _all(pool), "TIME-1", "accrue");
        _did(f, "accrue");
    }

    // ---- prices and outages ----

    /// @dev A step, a crash, a recovery; C7: the wrapper loses its peg while bitcoin stands; another opinion.
    function price(uint256 f, uint256 how, uint256 percent) external action(f, "price") {
        how %= 8;
        string memory what = "step";
        if (how == 0) {
            what = "crash";
            _publishPrice((_dollarsE8 * _in(percent, 30, 70)) / 100);
        } else if (how == 1) {
            what = "depeg";
            if (!_isSilent()) _wrapperE8 = _in(percent, 70, 102) * 1e6;
            _publishPrice(_dollarsE8);
        } else if (how == 2) {
            what = "disagree";
            _opinionPercent = _in(percent, 90, 110);
            SOURCE.set((_priceE36() * _opinionPercent) / 100);
        } else if (how < 5) {
            what = "recovery";
            if (!_isSilent()) (_wrapperE8, _opinionPercent) = (1e8, 100);
            _publishPrice(_in(percent, 40_000, 70_000) * 1e8);
        } else {
            _publishPrice((_dollarsE8 * _in(percent, 88, 115)) / 100);
        }
        _did(_at(f), "price");
        _did(_at(f), what);
    }

    /// @dev The sequencer stops, or is only said to; or comes back, and its grace begins.
    function sequencer(uint256 f, uint256 how) external action(f, "sequencer") {
        if (_down) {
            _down = false;
            SEQUENCER.publish(UP, uint64(block.timestamp));
            _refresh();
            _check(_salePrice() == 0, "LIQ-1", "a sale in the second of the sequencer's return");
            _did(_at(f), "comes back");
        } else {
            if (how % SELDOM != 0) return;
            (_down, _falsely) = (true, how % (2 * SELDOM) == 0);
            SEQUENCER.publish(DOWN, uint64(block.timestamp));
            _check(_salePrice() == 0 && _borrowPrice() == 0, "LIQ-1", "a price while the sequencer is down");
            _did(_at(f), "goes down");
        }
        _did(_at(f), "sequencer");
    }

    // ---- mistakes ----

    /// @dev Tokens sent to everyone who holds or could hold some.
    function donate(uint256 f, uint256 amount) external action(f, "donate") {
        f = _at(f);
        amount = _in(amount, 1, BTC);
        address vault = _places[f].vault;
        WBTC.mint(vault, amount);
        donatedBtc[vault] += amount;
        address[6] memory holders = [
            address(_places[f].pool),
            address(_places[f].tranches[SENIOR]),
            address(_places[f].queue),
            address(_places[f].loans),
            address(FUND),
            vault
        ];
        for (uint256 k; k < holders.length; ++k) {
            if (holders[k] == address(0)) continue;
            CASH.mint(holders[k], amount);
            donatedUsd[holders[k]] += amount;
        }
        _did(f, "donate");
    }

    // ---- those in office ----

    /// @dev One of the ways in which new risk is shut.
    function shut(uint256 f, uint256 how) external action(f, "shut") {
        if (how % SELDOM != 0) return;
        f = _at(f);
        uint32 id = _places[f].id;
        how = (how >> 8) % 7;
        if (how == 0) _gate(f, FaultGate.Manner.Answers, 7);
        else if (how == 1) _gate(f, FaultGate.Manner.Reverts, 0);
        else if (how == 2) _gate(f, FaultGate.Manner.AnswersShort, 0);
        else if (how == 3) _gate(f, FaultGate.Manner.AnswersLong, 0);
        else if (how == 4) _lower(f, abi.encodeCall(MANAGER.stopNewLoans, (id)));
        else if (how == 5) _lower(f, abi.encodeCall(MANAGER.lowerCaps, (id, 0, 0)));
        else _lower(f, abi.encodeCall(MANAGER.lowerMaxLtv, (id, 0)));
        _did(f, "shut");
    }

    /// @dev Lifts whatever shuts a facility, once the sequencer's grace is over, and brings the price back.
    function reopen(uint256 f) external action(f, "reopen") {
        _lift(_at(f));
        if (!_lendersWait(_at(f))) _check(!_isShut(_at(f)), "SHUT", "shut though everything was lifted");
        _did(_at(f), "reopen");
    }

    function _lift(uint256 f) internal virtual {
        if (_down) {
            SEQUENCER.publish(UP, uint64(block.timestamp));
            _down = false;
        }
        if (_salePrice() == 0) vm.warp(block.timestamp + 1 days + 1);
        (_wrapperE8, _opinionPercent) = (1e8, 100);
        _publishPrice(50_000e8);
        _gates[f].set(FaultGate.Manner.Answers, 0);
        uint32 id = _places[f].id;
        vm.startPrank(RISK);
        _places[f].loans.resumeNewLoans(id);
        _places[f].loans.setCaps(id, uint96(100_000_000 * USD), uint96(20_000_000 * USD));
        _places[f].loans.setMaxLtv(id, 7000);
        vm.stopPrank();
    }

    /// @dev The reserve fee; what the reserve holds, to its collector; the facility's risk class (a corporate's, a sovereign's, or
    /// twice the former) and its least ratio, from 8 % to 12 %; what the fund may hold of it.
    function govern(uint256 f, uint256 how, uint256 value) external action(f, "govern") {
        f = _at(f);
        how %= 4;
        if (how == 0) {
            vm.prank(RISK);
            _places[f].pool.setReserveFee(_in(value, 0, 2500));
            _did(f, "setReserveFee");
        } else if (how == 1) {
            _collectReserve(f, value);
        } else if (how == 2 && f != PLAIN) {
            vm.prank(RISK);
            CAPITAL.assign(address(_places[f].pool), (value >> 16) % 3, _in(value, 800, 1200));
            _did(f, "assign");
        } else {
            vm.prank(RISK);
            FUND.setCap(_places[f].tranches[SENIOR], value % SELDOM == 0 ? 0 : _in(value, 1, 4_000_000 * USD));
            _did(f, "setCap");
        }
        _did(f, "govern");
    }

    /// @dev The reserve is the collector's own; taking it must leave the lenders' part alone, which the pictures see.
    function _collectReserve(uint256 f, uint256 assets) private {
        IPoolLedger pool = _places[f].pool;
        uint256 most = _min(pool.reserve(), pool.cash());
        if (most == 0) return;
        vm.prank(COLLECTOR);
        try pool.collectReserve(COLLECTOR, _in(assets, 1, most)) {
            _check(!_lendersWait(f), "QUEUE", "the reserve was taken before those who wait");
            _did(f, "collectReserve");
        } catch (bytes memory reason) {
            _because(reason);
            _check(_lendersWait(f), "GATE-1", "collectReserve");
        }
    }

    // ---- inside ----

    /// @dev No feed says anything while the sequencer is down.
    function _publishPrice(uint256 dollarsE8) internal virtual {
        if (_isSilent()) return;
        _dollarsE8 = dollarsE8 < LEAST ? LEAST : _min(dollarsE8, MOST);
        _refresh();
    }

    function _isSilent() private view returns (bool) {
        return _down && !_falsely;
    }

    /// @dev At the highest rate there is, a debt that nobody collects grows a hundredfold in a year: no leap from where it would
    /// outgrow the ledger's fields.
    function _pass(uint256 seconds_, uint256 feeds) private {
        for (uint256 f; f < PLACES; ++f) {
            if (seconds_ > 1 days && _places[f].pool.totalDebt() > MOST_DEBT * USD) seconds_ = 1 days;
        }
        vm.warp(block.timestamp + seconds_);
        if (feeds % 8 != 0 && !_isSilent()) _refresh();
    }

    /// @dev A round of every feed at this second, and what the second source makes of it.
    function _refresh() private {
        BTC_FEED.publish(int256(_dollarsE8), uint64(block.timestamp));
        WRAPPER_FEED.publish(int256(_wrapperE8), uint64(block.timestamp));
        LOAN_FEED.publish(1e8, uint64(block.timestamp));
        SOURCE.set((_priceE36() * _opinionPercent) / 100);
    }

    function _gate(uint256 f, FaultGate.Manner manner, uint256 reason) private {
        vm.prank(RISK);
        _places[f].loans.setGate(_places[f].id, address(_gates[f]));
        _gates[f].set(manner, reason);
    }

    function _lower(uint256 f, bytes memory data) private {
        vm.prank(GUARDIAN);
        (bool success, ) = address(_places[f].loans).call(data);
        _check(success, "SHUT", "the guardian could not lower");
    }

    function _all(IPoolLedger pool) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    pool.cash(),
                    pool.totalDebt(),
                    pool.reserve(),
                    pool.entryNavOf(TrancheClass.Senior),
                    pool.entryNavOf(TrancheClass.Junior),
                    pool.entryNavOf(TrancheClass.Cover),
                    pool.borrowRate()
                )
            );
    }
}
