// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILoanCallbacks} from "../../../contracts/interfaces/ILoanCallbacks.sol";

/// @notice A contract account that does what a test wrote down for it: when told to, when called back by the LoanManager, and
/// when a token with hooks moves in or out.
contract Agent is ILoanCallbacks {
    struct Call {
        address target;
        bytes data;
    }

    struct Outcome {
        bool success;
        bytes answer;
    }

    /// @notice What was last said in a callback.
    bytes4 public calledBack;
    uint256 public seenId;
    uint256 public seenFirst;
    uint256 public seenSecond;
    bytes public seenData;
    address public seenCaller;

    Call[] private _script;
    Outcome[] private _outcomes;
    /// @dev Whether a failing step of the script reverts the whole action.
    bool private _strict;
    bool private _running;
    /// @dev How many token hooks to let pass before the script runs; max = hooks do nothing.
    uint256 private _hooksToPass = type(uint256).max;

    // ---- what a test tells it ----

    function approve(IERC20 token, address spender) external {
        token.approve(spender, type(uint256).max);
    }

    /// @notice Steps taken at the next callback; with `strict` a failing one bubbles up, else it is recorded and passed over.
    function script(Call[] memory calls, bool strict) public {
        delete _script;
        delete _outcomes;
        for (uint256 i; i < calls.length; ++i) _script.push(calls[i]);
        _strict = strict;
    }

    function scriptOne(address target, bytes memory data, bool strict) external {
        Call[] memory calls = new Call[](1);
        calls[0] = Call(target, data);
        script(calls, strict);
    }

    /// @notice Runs the script in the token hook after `pass` others.
    function armHooks(uint256 pass) external {
        _hooksToPass = pass;
    }

    function act(address target, bytes memory data) external returns (bytes memory) {
        (bool success, bytes memory answer) = target.call(data);
        if (!success) _bubble(answer);
        return answer;
    }

    function outcomes() external view returns (Outcome[] memory) {
        return _outcomes;
    }

    // ---- being called ----

    function onOpen(uint256 id, uint256 collateral, bytes calldata data) external {
        _onCallback(this.onOpen.selector, id, collateral, 0, data);
    }

    function onRepay(uint256 id, uint256 assets, bytes calldata data) external {
        _onCallback(this.onRepay.selector, id, assets, 0, data);
    }

    function onTopUp(uint256 id, uint256 collateral, bytes calldata data) external {
        _onCallback(this.onTopUp.selector, id, collateral, 0, data);
    }

    function onClose(uint256 id, uint256 assets, uint256 collateral, bytes calldata data) external {
        _onCallback(this.onClose.selector, id, assets, collateral, data);
    }

    function onLiquidate(uint256 id, uint256 repaid, uint256 seized, bytes calldata data) external {
        _onCallback(this.onLiquidate.selector, id, repaid, seized, data);
    }

    /// @notice HookToken calls this on both sides of a transfer.
    function onTokenMoved() external {
        if (_running || _hooksToPass == type(uint256).max) return;
        if (_hooksToPass != 0) {
            --_hooksToPass;
            return;
        }
        _hooksToPass = type(uint256).max;
        _run();
    }

    function _onCallback(bytes4 which, uint256 id, uint256 first, uint256 second, bytes calldata data) private {
        (calledBack, seenId, seenFirst, seenSecond, seenData) = (which, id, first, second, data);
        seenCaller = msg.sender;
        _run();
    }

    function _run() private {
        _running = true;
        for (uint256 i; i < _script.length; ++i) {
            (bool success, bytes memory answer) = _script[i].target.call(_script[i].data);
            if (!success && _strict) _bubble(answer);
            _outcomes.push(Outcome(success, answer));
        }
        _running = false;
    }

    function _bubble(bytes memory answer) private pure {
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
