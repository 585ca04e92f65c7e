// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A helper that users let spend their tokens, and that makes any call it is asked for. For attacks only.
contract PlainRouter {
    error CallFailed(bytes answer);

    function execute(address target, bytes calldata data) external {
        (bool success, bytes memory answer) = target.call(data);
        require(success, CallFailed(answer));
    }
}
