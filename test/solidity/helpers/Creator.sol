// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Creates a contract from outside, so that its constructor's revert can be expected.
abstract contract Creator {
    function create(bytes memory code) external returns (address created) {
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }
}
