// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Reading a Uniswap v3 path: `token (20 bytes) ‖ fee (3) ‖ token (20) ‖ …`.
library SwapPath {
    uint256 private constant TOKEN = 20;
    uint256 private constant HOP = 23;

    /// @notice The path is not a token followed by one or more hops, or does not lead from and to the tokens it must.
    error InvalidPath(bytes path, address expectedFirst, address expectedLast);

    /// @dev Reverts unless the path is whole and leads from `first` to `last`.
    function requireEnds(bytes calldata path, address first, address last) internal pure {
        require(
            path.length >= TOKEN + HOP &&
                (path.length - TOKEN) % HOP == 0 &&
                firstToken(path) == first &&
                address(bytes20(path[path.length - TOKEN:])) == last,
            InvalidPath(path, first, last)
        );
    }

    function firstToken(bytes calldata path) internal pure returns (address) {
        return address(bytes20(path[:TOKEN]));
    }

    function secondToken(bytes calldata path) internal pure returns (address) {
        return address(bytes20(path[HOP:HOP + TOKEN]));
    }

    function firstFee(bytes calldata path) internal pure returns (uint24) {
        return uint24(bytes3(path[TOKEN:HOP]));
    }

    /// @dev The path without its first hop; of a single token when that was the last.
    function afterFirstHop(bytes calldata path) internal pure returns (bytes calldata) {
        return path[HOP:];
    }

    function hasHop(bytes calldata path) internal pure returns (bool) {
        return path.length >= TOKEN + HOP;
    }
}
