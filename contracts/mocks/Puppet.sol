// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";

/// @title An account that makes the calls it is told to, also in the middle of an action that calls it back.
/// @notice A callback's data is an encoded array of calls. Anyone may tell it anything: for tests only.
contract Puppet is ILoanCallbacks {
    struct Call {
        address target;
        bytes data;
        bool mayFail; // a refusal is then only noted
    }

    /// @notice A call that was allowed to fail did.
    event Refused(address indexed target, bytes reason);

    function run(Call[] calldata calls) external {
        _run(calls);
    }

    /// @inheritdoc ILoanCallbacks
    function onOpen(uint256, uint256, bytes calldata data) external {
        _run(abi.decode(data, (Call[])));
    }

    /// @inheritdoc ILoanCallbacks
    function onRepay(uint256, uint256, bytes calldata data) external {
        _run(abi.decode(data, (Call[])));
    }

    /// @inheritdoc ILoanCallbacks
    function onTopUp(uint256, uint256, bytes calldata data) external {
        _run(abi.decode(data, (Call[])));
    }

    /// @inheritdoc ILoanCallbacks
    function onClose(uint256, uint256, uint256, bytes calldata data) external {
        _run(abi.decode(data, (Call[])));
    }

    /// @inheritdoc ILoanCallbacks
    function onLiquidate(uint256, uint256, uint256, bytes calldata data) external {
        _run(abi.decode(data, (Call[])));
    }

    function _run(Call[] memory calls) internal {
        for (uint256 i = 0; i < calls.length; i++) {
            (bool done, bytes memory answer) = calls[i].target.call(calls[i].data);
            if (done) continue;
            if (calls[i].mayFail) {
                emit Refused(calls[i].target, answer);
            } else {
                assembly ("memory-safe") {
                    revert(add(answer, 0x20), mload(answer))
                }
            }
        }
    }
}
