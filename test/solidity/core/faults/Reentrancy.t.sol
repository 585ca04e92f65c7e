// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {IERC7540Redeem, IERC7575, IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Agent} from "../../helpers/Agent.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {FundMarket} from "../../helpers/FundMarket.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";

/// @notice In the hook of every action that moves a token with hooks, tries every action of the same contract.
abstract contract Reentering {
    /// @return tried how many of `inside` were tried in hooks of `outside`.
    /// @return refused how many of them by the guard.
    function _reenter(
        Agent agent,
        address target,
        bytes[] memory outside,
        bytes[] memory inside
    ) internal returns (uint256 tried, uint256 refused) {
        Agent.Call[] memory calls = new Agent.Call[](inside.length);
        for (uint256 i; i < inside.length; ++i) calls[i] = Agent.Call(target, inside[i]);
        for (uint256 i; i < outside.length; ++i) {
            agent.script(calls, false);
            agent.armHooks(0);
            agent.act(target, outside[i]);
            Agent.Outcome[] memory seen = agent.outcomes();
            for (uint256 k; k < seen.length; ++k) {
                ++tried;
                if (bytes4(seen[k].answer) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector) ++refused;
            }
        }
    }
}

contract QueueReentrancyTest is TieredMarket, Reentering {
    function _options() internal override returns (Options memory o) {
        o = super._options();
        o.loan = MockToken(address(new FaultToken("Dollar", "USD", loanDecimals)));
    }

    function test_fault_C11_a_token_that_calls_back_finds_the_queue_shut() public {
        Agent agent = new Agent();
        address who = address(agent);
        usd.mint(who, 1_000_000 * USD);
        agent.approve(IERC20(usd), address(senior));
        agent.approve(IERC20(usd), address(queue));
        uint256 least = queue.leastShares();
        agent.act(address(senior), abi.encodeCall(senior.deposit, (100_000 * USD, who)));
        bytes memory ask = abi.encodeCall(IERC7540Redeem.requestRedeem, (10 * least, who, who));
        for (uint256 i; i < 4; ++i) agent.act(address(queue), ask);
        FaultToken(address(usd)).setHabit(FaultToken.Habit.Hooks);

        bytes[] memory outside = new bytes[](5);
        outside[0] = abi.encodeCall(IERC7575.redeem, (5 * least, who, who));
        outside[1] = abi.encodeCall(IERC7575.withdraw, (USD, who, who));
        outside[2] = abi.encodeCall(IRedemptionQueue.claim, (2, who));
        outside[3] = abi.encodeCall(IERC7575.deposit, (USD, who));
        outside[4] = abi.encodeCall(IERC7575.mint, (least, who));
        bytes[] memory inside = new bytes[](7);
        inside[0] = ask;
        inside[1] = abi.encodeCall(IRedemptionQueue.serve, (least));
        inside[2] = abi.encodeCall(IERC7575.redeem, (1, who, who));
        inside[3] = abi.encodeCall(IERC7575.withdraw, (1, who, who));
        inside[4] = abi.encodeCall(IRedemptionQueue.claim, (3, who));
        inside[5] = abi.encodeCall(IERC7575.deposit, (USD, who));
        inside[6] = abi.encodeCall(IERC7575.mint, (least, who));
        (uint256 tried, uint256 refused) = _reenter(agent, address(queue), outside, inside);
        assertEq(tried, outside.length * inside.length, "the hooks were there");
        assertEq(refused, tried);
        (, uint256 untouched) = queue.claimable(3);
        assertEq(untouched, 10 * USD);
    }
}

contract FundReentrancyTest is FundMarket, Reentering {
    function _options() internal override returns (Options memory o) {
        o = super._options();
        if (address(usd) == address(0)) o.loan = MockToken(address(new FaultToken("Dollar", "USD", loanDecimals)));
    }

    function test_fault_C11_a_token_that_calls_back_finds_every_action_of_the_fund_shut() public {
        Agent agent = new Agent();
        address who = address(agent);
        usd.mint(who, 1_000_000 * USD);
        agent.approve(IERC20(usd), address(fund));
        agent.act(address(fund), abi.encodeCall(fund.deposit, (100_000 * USD, who)));
        FaultToken(address(usd)).setHabit(FaultToken.Habit.Hooks);

        uint256 share = fund.convertToShares(USD);
        bytes[] memory outside = new bytes[](4);
        outside[0] = abi.encodeCall(fund.deposit, (USD, who));
        outside[1] = abi.encodeCall(fund.mint, (share, who));
        outside[2] = abi.encodeCall(fund.withdraw, (USD, who, who));
        outside[3] = abi.encodeCall(fund.redeem, (share, who, who));
        bytes[] memory inside = new bytes[](7);
        for (uint256 i; i < outside.length; ++i) inside[i] = outside[i];
        inside[4] = abi.encodeCall(IFundVault.redeemInKind, (share, who, who));
        inside[5] = abi.encodeCall(IFundVault.allocate, ());
        inside[6] = abi.encodeCall(IFundVault.recall, (first.senior));
        (uint256 tried, uint256 refused) = _reenter(agent, address(fund), outside, inside);
        assertEq(tried, outside.length * inside.length, "the hooks were there");
        assertEq(refused, tried);
    }
}
