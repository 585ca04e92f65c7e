// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DirectedMath} from "./DirectedMath.sol";

/// @title Conversion between assets and shares of a pot, with virtual shares and assets.
/// @notice The virtual amounts keep the price defined for an empty pot and make inflating it by donation cost more than it can
/// bring. Assets are smallest units; one unit of a fresh pot is worth 1e6 shares.
library SharesMath {
    using DirectedMath for uint256;

    uint256 internal constant VIRTUAL_SHARES = 1e6;
    uint256 internal constant VIRTUAL_ASSETS = 1;

    function toSharesDown(uint256 assets, uint256 potAssets, uint256 potShares) internal pure returns (uint256) {
        return assets.mulDivDown(potShares + VIRTUAL_SHARES, potAssets + VIRTUAL_ASSETS);
    }

    function toSharesUp(uint256 assets, uint256 potAssets, uint256 potShares) internal pure returns (uint256) {
        return assets.mulDivUp(potShares + VIRTUAL_SHARES, potAssets + VIRTUAL_ASSETS);
    }

    function toAssetsDown(uint256 shares, uint256 potAssets, uint256 potShares) internal pure returns (uint256) {
        return shares.mulDivDown(potAssets + VIRTUAL_ASSETS, potShares + VIRTUAL_SHARES);
    }

    function toAssetsUp(uint256 shares, uint256 potAssets, uint256 potShares) internal pure returns (uint256) {
        return shares.mulDivUp(potAssets + VIRTUAL_ASSETS, potShares + VIRTUAL_SHARES);
    }
}
