// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SharesMath} from "../math/SharesMath.sol";

/// @title Shares in assets that are counted elsewhere: what an ERC-4626 vault converts and previews, by `totalAssets`.
/// @dev Decimals are the asset's plus 6, as SharesMath's virtual shares want it. Every preview is what the action then does.
abstract contract AssetShares is ERC20, IERC4626 {
    using SharesMath for uint256;

    /// @dev So many fit into what counts shares elsewhere: exit requests, the redemption queue. Only a pot that lost nearly all it
    /// had comes near, and then takes no new money: what it would mint might never get out.
    uint256 private constant MOST_SHARES = type(uint120).max;

    IERC20 internal immutable ASSET;
    uint8 private immutable DECIMALS;

    constructor(IERC20Metadata asset_, string memory name_, string memory symbol_) ERC20(name_, symbol_) {
        ASSET = asset_;
        DECIMALS = asset_.decimals() + 6;
    }

    /// @inheritdoc IERC4626
    function totalAssets() public view virtual returns (uint256);

    /// @dev What those who enter pay for: at least what those who leave are paid from.
    function _entryAssets() internal view virtual returns (uint256);

    /// @dev Shares that may still be minted.
    function _room() internal view returns (uint256) {
        return MOST_SHARES - totalSupply();
    }

    /// @dev Assets that buy no more shares than may still be minted.
    function _roomInAssets(uint256 nav) internal view returns (uint256) {
        return _room().toAssetsDown(nav, totalSupply());
    }

    /// @inheritdoc IERC4626
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public view override(ERC20, IERC20Metadata) returns (uint8) {
        return DECIMALS;
    }

    /// @inheritdoc IERC4626
    function convertToShares(uint256 assets) public view returns (uint256) {
        return assets.toSharesDown(totalAssets(), totalSupply());
    }

    /// @inheritdoc IERC4626
    function convertToAssets(uint256 shares) public view returns (uint256) {
        return shares.toAssetsDown(totalAssets(), totalSupply());
    }

    /// @inheritdoc IERC4626
    function previewDeposit(uint256 assets) public view returns (uint256) {
        return assets.toSharesDown(_entryAssets(), totalSupply());
    }

    /// @inheritdoc IERC4626
    function previewMint(uint256 shares) public view returns (uint256) {
        return shares.toAssetsUp(_entryAssets(), totalSupply());
    }

    /// @inheritdoc IERC4626
    function previewWithdraw(uint256 assets) external view returns (uint256) {
        return assets.toSharesUp(totalAssets(), totalSupply());
    }

    /// @inheritdoc IERC4626
    function previewRedeem(uint256 shares) external view returns (uint256) {
        return convertToAssets(shares);
    }
}
