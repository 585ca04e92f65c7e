// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @notice Moves an owner's tokens for whoever brings a signature that names no chain, no contract, no number and no end. For
/// attacks only.
contract PlainMandate {
    error NotSigned(address owner);

    IERC20 private immutable TOKEN;

    constructor(IERC20 token) {
        TOKEN = token;
    }

    function take(address owner, address to, uint256 amount, bytes calldata signature) external {
        bytes32 digest = MessageHashUtils.toEthSignedMessageHash(keccak256(abi.encode(owner, to, amount)));
        require(ECDSA.recover(digest, signature) == owner, NotSigned(owner));
        TOKEN.transferFrom(owner, to, amount);
    }
}
