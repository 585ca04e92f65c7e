// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @title Reading a Uniswap v3 path: `token (20 bytes) ‖ fee (3) ‖ token (20) ‖ …`.
library SwapPath {
    using Bytes for bytes;

    uint256 private constant TOKEN = 20;
    uint256 private constant HOP = 23;

    /// @notice The path is not a token followed by one or more hops, or does not lead from and to the tokens it must.
    error InvalidPath(bytes path, address expectedFirst, address expectedLast);

    /// @dev Reverts unless the path is whole and leads from `first` to `last`.
    function requireEnds(bytes memory path, address first, address last) internal pure {
        require(
            path.length >= TOKEN + HOP &&
                (path.length - TOKEN) % HOP == 0 &&
                firstToken(path) == first &&
                address(bytes20(path.slice(path.length - TOKEN))) == last,
            InvalidPath(path, first, last)
        );
    }

    function firstToken(bytes memory path) internal pure returns (address) {
        return address(bytes20(path));
    }

    function secondToken(bytes memory path) internal pure returns (address) {
        return address(bytes20(path.slice(HOP, HOP + TOKEN)));
    }

    function firstFee(bytes memory path) internal pure returns (uint24) {
        return uint24(bytes3(path.slice(TOKEN, HOP)));
    }

    /// @dev The path without its first hop; of a single token when that was the last.
    function afterFirstHop(bytes memory path) internal pure returns (bytes memory) {
        return path.slice(HOP);
    }

    function hasHop(bytes memory path) internal pure returns (bool) {
        return path.length >= TOKEN + HOP;
    }
}
