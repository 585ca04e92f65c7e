// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What an error says behind its selector, for abi.decode.
function argsOf(bytes memory reason) pure returns (bytes memory args) {
    args = new bytes(reason.length - 4);
    for (uint256 i; i < args.length; ++i) args[i] = reason[i + 4];
}
