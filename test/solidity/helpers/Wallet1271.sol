// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Agent} from "./Agent.sol";

/// @notice A contract wallet that takes one hash for signed, until told otherwise.
contract Wallet1271 is Agent, IERC1271 {
    bytes32 public approvedHash;

    function approveHash(bytes32 hash) external {
        approvedHash = hash;
    }

    function isValidSignature(bytes32 hash, bytes memory) external view returns (bytes4) {
        return hash == approvedHash ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
