// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockToken} from "../../../contracts/mocks/MockToken.sol";

interface ITokenHooks {
    function onTokenMoved() external;
}

/// @notice A token with every bad habit there is, each switched on by the test, at creation or later.
contract FaultToken is MockToken {
    enum Habit {
        None,
        FeeFromReceiver, // the receiver gets less than was sent
        FeeFromSender, // the sender loses more than it sent
        ReturnsNothing,
        ReturnsFalse, // and moves nothing
        LiesTrue, // moves nothing and says it did
        RevertsOnZero,
        Hooks, // calls both sides, as ERC-777 does
        Paused
    }

    uint256 private constant FEE_BPS = 100;
    uint256 private constant BPS = 10_000;
    address private constant TAX_OFFICE = address(0x7a4);

    error TokenPaused();
    error ZeroTransfer();
    error Blocked(address account);

    Habit public habit;
    mapping(address account => bool) public blocked;

    constructor(string memory name_, string memory symbol_, uint8 decimals_) MockToken(name_, symbol_, decimals_) {}

    function setHabit(Habit habit_) external {
        habit = habit_;
    }

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (habit == Habit.ReturnsFalse) return false;
        if (habit == Habit.LiesTrue) return true;
        _move(msg.sender, to, value);
        _answer();
        return true;
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (habit == Habit.ReturnsFalse) return false;
        if (habit == Habit.LiesTrue) return true;
        _spendAllowance(from, msg.sender, value);
        _move(from, to, value);
        _answer();
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        require(habit != Habit.Paused, TokenPaused());
        require(habit != Habit.RevertsOnZero || value != 0, ZeroTransfer());
        require(!blocked[from], Blocked(from));
        require(!blocked[to], Blocked(to));
        uint256 fee = (value * FEE_BPS) / BPS;
        if (habit == Habit.Hooks) _hook(from);
        if (habit == Habit.FeeFromReceiver) {
            _transfer(from, to, value - fee);
            _transfer(from, TAX_OFFICE, fee);
        } else {
            _transfer(from, to, value);
            if (habit == Habit.FeeFromSender) _transfer(from, TAX_OFFICE, fee);
        }
        if (habit == Habit.Hooks) _hook(to);
    }

    /// @dev Accounts that know no hooks (the pool, the vault) are passed over, as ERC-777's registry would.
    function _hook(address account) private {
        if (account.code.length == 0) return;
        (bool success, bytes memory answer) = account.call(abi.encodeCall(ITokenHooks.onTokenMoved, ()));
        if (!success && answer.length != 0) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    function _answer() private view {
        if (habit == Habit.ReturnsNothing) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
    }
}
