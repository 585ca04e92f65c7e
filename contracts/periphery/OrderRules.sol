// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {Facility} from "../interfaces/LoanTypes.sol";
import {IProtectionOrders, Order, OrderKind} from "../interfaces/IProtectionOrders.sol";
import {ProtectionMath} from "./ProtectionMath.sol";
import {SwapPath} from "./SwapPath.sol";

/// @title What an order must satisfy to be placed.
library OrderRules {
    using SwapPath for bytes;

    /// @dev Far above what either need be: beyond it is a typing error.
    uint256 private constant MAX_COST_BPS = 1_000;

    /// @notice Reverts with IProtectionOrders.InvalidOrder, naming the field, or with SwapPath.InvalidPath.
    function requireConsistent(OrderKind kind, Order calldata order, Facility memory facility) internal view {
        bool sells = kind == OrderKind.Deleverage || kind == OrderKind.TakeProfit;
        _bounds("expiresAt", order.expiresAt, block.timestamp, type(uint40).max);
        _bounds("feeBps", order.feeBps, 0, MAX_COST_BPS);
        _bounds("maxSlippageBps", order.maxSlippageBps, 0, sells ? MAX_COST_BPS : 0);

        if (kind == OrderKind.TakeProfit) {
            _bounds("triggerLtvBps", order.triggerLtvBps, 0, 0);
            _bounds("targetLtvBps", order.targetLtvBps, 0, 0);
        } else {
            _bounds("triggerLtvBps", order.triggerLtvBps, 2, facility.ltv.lltvBps - 1);
            _bounds("targetLtvBps", order.targetLtvBps, 1, order.triggerLtvBps - 1);
        }
        if (kind == OrderKind.Deleverage) {
            _bounds("targetLtvBps", order.targetLtvBps, 1, facility.ltv.maxLtvBps);
            ProtectionMath.Cost memory cost = ProtectionMath.Cost(order.maxSlippageBps, order.feeBps, order.maxFee);
            _bounds("targetLtvBps", order.targetLtvBps, 1, ProtectionMath.maxTargetLtvBpsDown(cost));
        }
        _used("assets", order.assets, kind == OrderKind.TakeProfit);
        _used("triggerPriceE36", order.triggerPriceE36, kind == OrderKind.TakeProfit);
        _used("maxPerExecution", order.maxPerExecution, !sells);
        _used("limit", order.limit, !sells);
        if (!sells) return _bounds("path", order.path.length, 0, 0);
        order.path.requireEnds(
            IPoolLedger(facility.ltv.pool).asset(),
            ICollateralVault(facility.custody.vault).asset()
        );
    }

    /// @dev Something where the kind uses the field, nothing where it does not.
    function _used(string memory field, uint256 value, bool isUsed) private pure {
        _bounds(field, value, isUsed ? 1 : 0, isUsed ? type(uint256).max : 0);
    }

    function _bounds(string memory field, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, IProtectionOrders.InvalidOrder(field, value, least, most));
    }
}
