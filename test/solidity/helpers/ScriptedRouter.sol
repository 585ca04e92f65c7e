// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IUniswapV3Router} from "../../../contracts/periphery/UniswapV3.sol";
import {Agent} from "./Agent.sol";

/// @notice A router that pays what a test says, or does what a hostile token on the path could make it do.
contract ScriptedRouter {
    /// @dev Fees that are orders: use up all gas; fail with a megabyte; call the agent, then pay; pay nothing.
    uint24 public constant BURN = 1;
    uint24 public constant BOMB = 2;
    uint24 public constant CALL = 3;
    uint24 public constant STEAL = 4;

    uint256 public priceE36;
    Agent public agent;
    /// @notice What was sold under each fee, and how often somebody sold.
    mapping(uint24 fee => uint256) public sold;
    mapping(uint24 fee => uint256) public sales;

    function setPrice(uint256 priceE36_) external {
        priceE36 = priceE36_;
    }

    function setAgent(Agent agent_) external {
        agent = agent_;
    }

    function exactInput(IUniswapV3Router.ExactInputParams calldata params) external returns (uint256 received) {
        uint24 fee = uint24(bytes3(params.path[20:23]));
        if (fee == BURN) {
            uint256 i = 0;
            while (true) ++i;
        }
        if (fee == BOMB) {
            assembly ("memory-safe") {
                revert(0, 100000)
            }
        }
        if (fee == CALL) agent.onTokenMoved();
        IERC20(address(bytes20(params.path[:20]))).transferFrom(msg.sender, address(this), params.amountIn);
        sold[fee] += params.amountIn;
        ++sales[fee];
        received = fee == STEAL ? 0 : (params.amountIn * priceE36) / 1e36;
        require(received >= params.amountOutMinimum, "Too little received");
        IERC20 bought = IERC20(address(bytes20(params.path[params.path.length - 20:])));
        bought.transfer(params.recipient, received);
    }
}
