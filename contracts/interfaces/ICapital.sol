// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title How much first-loss capital a pool's debt requires.
interface ICapital {
    /// @notice Least net asset value of the junior class, in loan units, that new debt must leave standing against `debt` of
    /// all the pool's loans: minimum ratio × risk weight × debt, rounded up.
    function requiredJuniorUp(address pool, uint256 debt) external view returns (uint256);
}
