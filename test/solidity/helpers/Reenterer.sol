// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITokenHooks} from "./FaultToken.sol";

/// @notice An account with code that, when a token calls it in the middle of a transfer, makes one call of its own.
contract Reenterer is ITokenHooks {
    address private _target;
    bytes private _data;
    bool private _called;
    bool private _succeeded;

    /// @notice What to do in the next transfer.
    function will(address target, bytes calldata data) external {
        (_target, _data, _called, _succeeded) = (target, data, false, false);
    }

    /// @notice Does nothing more.
    /// @return called whether a token called.
    /// @return succeeded whether what it was told to do was done then.
    function forget() external returns (bool called, bool succeeded) {
        (called, succeeded) = (_called, _succeeded);
        (_target, _called, _succeeded) = (address(0), false, false);
    }

    function onTokenMoved() external {
        address target = _target;
        if (target == address(0)) return;
        (_target, _called) = (address(0), true);
        (_succeeded, ) = target.call(_data);
    }
}
