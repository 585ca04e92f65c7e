// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {ILoanManagerFull} from "../../helpers/ILoanManagerFull.sol";
import {Market} from "../../helpers/Market.sol";
import {Book} from "./Book.sol";
import {BorrowerActions} from "./BorrowerActions.sol";
import {LenderActions} from "./LenderActions.sol";

/// @notice All there is to do, with what happens by itself: time, prices, mistakes, refusals, guardian and risk manager.
contract CoreHandler is BorrowerActions, LenderActions {
    constructor(
        ILoanManagerFull manager,
        Market.Parts[2] memory parts,
        address[ACTORS] memory actors
    ) Book(manager, parts, actors) {}

    function movePrice(uint256 f, uint256 usdPerBtc) external action(f, "movePrice") {
        f %= 2;
        usdPerBtc = bound(usdPerBtc, 25_000, 90_000);
        _parts[f].oracle.setPrice((usdPerBtc * 1e36 * _dollar(f)) / _unit(f));
        _done("movePrice");
    }

    function passTime(uint256 f, uint256 seconds_) external action(f, "passTime") {
        vm.warp(block.timestamp + bound(seconds_, 0, 1 days));
        _done("passTime");
    }

    function passMonths(uint256 f, uint256 seconds_) external action(f, "passMonths") {
        vm.warp(block.timestamp + bound(seconds_, 1 days, 120 days));
        _done("passMonths");
    }

    /// @dev TIME-1: what accrued once this second does not accrue again.
    function accrue(uint256 f) external action(f, "accrue") {
        f %= 2;
        ILendingPool pool = _parts[f].pool;
        pool.accrue();
        (ILendingPool.DebtTotals memory a, IPoolLedger.CashState memory b, IPoolLedger.Claims memory c) = pool.stored();
        bytes32 once = keccak256(abi.encode(a, b, c));
        uint256 nav = _parts[f].senior.totalAssets();
        pool.accrue();
        (a, b, c) = pool.stored();
        _check(once == keccak256(abi.encode(a, b, c)), "TIME-1", "accrue twice");
        _check(nav == _parts[f].senior.totalAssets(), "TIME-1", "the view after accrue");
        _done("accrue");
    }

    /// @dev Tokens sent by mistake to everyone who holds or could hold some.
    function donate(uint256 f, uint256 amount) external action(f, "donate") {
        f %= 2;
        Market.Parts memory p = _parts[f];
        amount = bound(amount, 1, _unit(f));
        p.btc.mint(address(p.vault), amount);
        p.usd.mint(address(p.pool), amount);
        p.usd.mint(address(p.senior), amount);
        p.usd.mint(address(MANAGER), amount);
        donatedBtc[f] += amount;
        donatedUsd[f] += amount;
        _done("donate");
    }

    /// @dev One of the ways in which new risk is shut, or all of them lifted.
    function shut(uint256 f, uint256 how) external action(f, "shut") {
        f %= 2;
        uint32 id = _parts[f].id;
        how %= 8;
        if (how == 0) _parts[f].oracle.setRefusing(true);
        else if (how == 1) _gate(f, FaultGate.Manner.Answers, 7);
        else if (how == 2) _gate(f, FaultGate.Manner.Reverts, 0);
        else if (how == 3) _gate(f, FaultGate.Manner.BurnsGas, 0);
        else if (how == 4) _guardian(abi.encodeCall(MANAGER.stopNewLoans, (id)));
        else if (how == 5) _guardian(abi.encodeCall(MANAGER.lowerCaps, (id, 0, 0)));
        else if (how == 6) _guardian(abi.encodeCall(MANAGER.lowerMaxLtv, (id, 0)));
        else _gate(f, FaultGate.Manner.AnswersLong, 0);
        _done("shut");
    }

    function reopen(uint256 f) external action(f, "reopen") {
        f %= 2;
        _recover(f);
        _done("reopen");
    }

    function setReserveFee(uint256 f, uint256 bps) external action(f, "setReserveFee") {
        f %= 2;
        vm.prank(RISK);
        _parts[f].pool.setReserveFee(bound(bps, 0, 2500));
        _done("setReserveFee");
    }

    /// @dev The reserve is the collector's own; taking it must leave the lenders' part alone, which the pictures see.
    function collectReserve(uint256 f, uint256 assets) external action(f, "collectReserve") {
        f %= 2;
        ILendingPool pool = _parts[f].pool;
        uint256 most = pool.reserve() < pool.cash() ? pool.reserve() : pool.cash();
        if (most == 0) return;
        vm.prank(COLLECTOR);
        pool.collectReserve(COLLECTOR, bound(assets, 1, most));
        _done("collectReserve");
    }

    function _gate(uint256 f, FaultGate.Manner manner, uint256 reason) private {
        vm.prank(RISK);
        MANAGER.setGate(_parts[f].id, address(_gates[f]));
        _gates[f].set(manner, reason);
    }

    function _guardian(bytes memory data) private {
        vm.prank(GUARDIAN);
        (bool success, ) = address(MANAGER).call(data);
        _check(success, "SHUT", "the guardian could not lower");
    }
}
