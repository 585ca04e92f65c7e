// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Cheatcodes the vendored forge-std does not know yet.
interface VmMore {
    function expectPartialRevert(bytes4 selector) external;

    function snapshotState() external returns (uint256 id);

    function revertToState(uint256 id) external returns (bool success);
}

VmMore constant vmMore = VmMore(address(uint160(uint256(keccak256("hevm cheat code")))));
