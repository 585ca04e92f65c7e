// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A second opinion on the price an oracle takes from its feeds, from a place that fails independently of them.
interface ISecondSource {
    /// @notice Smallest units of the loan asset for one smallest unit of collateral, scaled 1e36.
    /// Reverts where it has no price; zero counts as no price.
    function price() external view returns (uint256 priceE36);
}
