// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Token transfers that bring exactly what they say: the one place where a balance is looked at.
library ExactTransfer {
    using SafeERC20 for IERC20;

    /// @notice The token moved another amount: it takes a fee, or lies.
    error TransferMismatch(address token, uint256 expected, uint256 received);

    /// @notice Moves `amount` from one who has approved this contract.
    function pullExact(IERC20 token, address from, address to, uint256 amount) internal {
        uint256 before = token.balanceOf(to);
        // slither-disable-next-line arbitrary-send-erc20: callers name who called them, or called their manager
        token.safeTransferFrom(from, to, amount);
        requireReceived(token, to, before, amount);
    }

    /// @notice Reverts unless `to` holds `amount` more than `before`.
    function requireReceived(IERC20 token, address to, uint256 before, uint256 amount) internal view {
        uint256 received = token.balanceOf(to) - before;
        // slither-disable-next-line incorrect-equality: any other amount is the error
        require(received == amount, TransferMismatch(address(token), amount, received));
    }
}
