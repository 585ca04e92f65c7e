// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {ExactTransfer} from "../token/ExactTransfer.sol";

/// @title CollateralVault
/// @dev Who owns how much is in the LoanManager's loans; CUSTODY-1: this balance is at least their sum.
contract CollateralVault is ICollateralVault {
    using ExactTransfer for IERC20;
    using SafeERC20 for IERC20;

    IERC20 private immutable TOKEN;
    address private immutable MANAGER;

    constructor(IERC20 token, address manager_) {
        TOKEN = token;
        MANAGER = manager_;
    }

    modifier onlyManager() {
        require(msg.sender == MANAGER, OnlyManager(msg.sender, MANAGER));
        _;
    }

    /// @inheritdoc ICollateralVault
    function asset() external view returns (address) {
        return address(TOKEN);
    }

    /// @inheritdoc ICollateralVault
    function manager() external view returns (address) {
        return MANAGER;
    }

    /// @inheritdoc ICollateralVault
    function deposit(address from, uint256 amount) external onlyManager {
        TOKEN.pullExact(from, address(this), amount);
    }

    /// @inheritdoc ICollateralVault
    function withdraw(address to, uint256 amount) external onlyManager {
        require(to != address(this) && to != address(0), InvalidReceiver(to));
        TOKEN.safeTransfer(to, amount);
    }
}
