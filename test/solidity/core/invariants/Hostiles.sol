// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {Reenterer} from "../../helpers/Reenterer.sol";
import {World} from "./World.sol";

/// @notice Tokens that misbehave while something is done with them (fault C13): they charge, lie, fail, are paused, or call the
/// one they move from or to, who then does something else. It fails or it does not; balances and ledger must agree all the same.
abstract contract Hostiles is World {
    enum Deed {
        TopUp,
        Repay,
        Deposit,
        Withdraw,
        Redeem,
        Accrue
    }

    uint256 private constant DEEDS = 6;
    uint256 private constant HABITS = 8;

    /// @param habit of the token that the deed moves.
    /// @param what is done by a loan's owner, and within its transfer where the token calls.
    function misbehave(
        uint256 f,
        uint256 habit,
        uint256 seed,
        uint256 what,
        uint256 amount
    ) external action(f, "misbehave") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        (_kind, _touched) = (Kind.OwnersChoice, i);
        Deed deed = Deed(what % (DEEDS - 1)); // one that moves something
        address who = _places[f].loans.ownerOf(_loanAt(f, i));
        _arm(f, i, what >> 8, amount >> 128);
        _perform(f, i, deed, _habit(habit, deed == Deed.Withdraw || deed == Deed.Redeem), amount);
        (bool called, bool succeeded) = Reenterer(who).forget();
        if (called) _did(f, succeeded ? "deed within a transfer" : "deed refused within a transfer");
    }

    /// @dev What a loan's owner does when a token calls.
    function _arm(uint256 f, uint256 i, uint256 what, uint256 amount) private {
        (address target, bytes memory data, address who) = _call(f, i, Deed(what % DEEDS), amount);
        Reenterer(who).will(target, data);
    }

    function _perform(uint256 f, uint256 i, Deed deed, FaultToken.Habit habit, uint256 amount) private {
        FaultToken token = FaultToken(address(deed == Deed.TopUp || deed == Deed.Withdraw ? WBTC : CASH));
        (address target, bytes memory data, address who) = _call(f, i, deed, amount);
        token.setHabit(habit);
        vm.prank(who);
        (bool success, bytes memory reason) = target.call(data);
        token.setHabit(FaultToken.Habit.None);
        if (success) _did(f, "misbehave");
        else _because(reason);
    }

    /// @dev What a token takes from its sender beyond what it sends, or does not send though it says so, it takes from the vault or
    /// the pool at its will: such a one is refused when it comes in.
    function _habit(uint256 seed, bool goesOut) private pure returns (FaultToken.Habit habit) {
        habit = FaultToken.Habit(1 + (seed % HABITS));
        bool robs = habit == FaultToken.Habit.FeeFromSender || habit == FaultToken.Habit.LiesTrue;
        if (goesOut && robs) return FaultToken.Habit.Paused;
    }

    function _call(
        uint256 f,
        uint256 i,
        Deed deed,
        uint256 amount
    ) private view returns (address target, bytes memory data, address who) {
        uint256 id = _loanAt(f, i);
        target = address(_places[f].loans);
        who = _places[f].loans.ownerOf(id);
        if (deed == Deed.TopUp) {
            data = abi.encodeCall(ILoans.topUp, (id, _in(amount, 1, BTC), ""));
        } else if (deed == Deed.Repay) {
            data = abi.encodeCall(ILoans.repay, (id, _in(amount, 1, 1000 * USD), ""));
        } else if (deed == Deed.Withdraw) {
            data = abi.encodeCall(ILoans.withdraw, (id, _in(amount, 1, BTC), who));
        } else if (deed == Deed.Accrue) {
            (target, data) = (address(_places[f].pool), abi.encodeCall(IPoolLedger.accrue, ()));
        } else {
            target = address(_places[f].tranches[SENIOR]);
            if (deed == Deed.Deposit) data = abi.encodeCall(IERC4626.deposit, (_in(amount, 1, 1000 * USD), who));
            else data = abi.encodeCall(IERC4626.redeem, (_in(amount, 1, IERC4626(target).balanceOf(who)), who, who));
        }
    }
}
