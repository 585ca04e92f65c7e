// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @notice A fund that holds a tranche's shares and lets people in at the price at which it lets them out, expected losses
/// counted. For attacks only.
contract MarkedFund is ERC20 {
    IERC4626 private immutable HELD;

    constructor(IERC4626 held) ERC20("Marked", "M") {
        HELD = held;
        IERC20(held.asset()).approve(address(held), type(uint256).max);
    }

    function deposit(uint256 assets) external {
        uint256 worth = HELD.convertToAssets(HELD.balanceOf(address(this)));
        _mint(msg.sender, totalSupply() == 0 ? assets : (assets * totalSupply()) / worth);
        IERC20(HELD.asset()).transferFrom(msg.sender, address(this), assets);
        HELD.deposit(assets, address(this));
    }

    function redeem(uint256 shares) external {
        uint256 part = (HELD.balanceOf(address(this)) * shares) / totalSupply();
        _burn(msg.sender, shares);
        HELD.redeem(part, msg.sender, address(this));
    }
}
