// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IProtectionOrders, Order, OrderKind} from "../../../contracts/interfaces/IProtectionOrders.sol";
import {Facility} from "../../../contracts/interfaces/LoanTypes.sol";
import {OrderRules} from "../../../contracts/periphery/OrderRules.sol";

contract OrderJudge {
    function requireConsistent(OrderKind kind, Order calldata order, Facility memory facility) external view {
        OrderRules.requireConsistent(kind, order, facility);
    }
}

/// @notice What no facility of the other tests allows: loans so high that a dear sale cannot bring them down a little.
contract OrderRulesTest is Test {
    OrderJudge private _judge = new OrderJudge();

    /// @dev (1 − 10 %) / (1 + 0) is below 90 %; with slippage and fee the other way round it would be 90.9 %.
    function test_a_target_that_a_sale_at_such_a_cost_cannot_reach_is_refused() public {
        Facility memory f;
        (f.ltv.maxLtvBps, f.ltv.lltvBps) = (9_500, 9_600);
        Order memory o;
        o.expiresAt = uint40(block.timestamp);
        (o.triggerLtvBps, o.targetLtvBps, o.maxSlippageBps) = (9_400, 9_050, 1_000);
        vm.expectRevert(
            abi.encodeWithSelector(IProtectionOrders.InvalidOrder.selector, "targetLtvBps", 9_050, 1, 8_999)
        );
        _judge.requireConsistent(OrderKind.Deleverage, o, f);
    }
}
