// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Agent} from "../../helpers/Agent.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice C9 and C17: borrower, lender and liquidator are one, and the price moves under its own hands.
/// @dev Wealth is everything the attacker could end up with, at the new price: tokens, what its shares are worth, and what its
/// loan holds beyond its debt (nothing where it owes more: it would walk away).
contract SelfLiquidationTest is Market {
    address private _attacker = makeAddr("attacker");

    function setUp() public override {
        super.setUp();
        _fund(_attacker);
    }

    /// @dev maxLtv 70 % and the least incentive of 2 %: as long as 35,000 × 1.02 <= value, which is a fall of 28.6 % in one
    /// step, nothing is to be had.
    function testFuzz_fault_C9_opening_at_the_old_price_and_being_sold_at_the_new_never_profits(
        uint256 newPrice,
        uint256 lent,
        uint256[4] memory requests
    ) public {
        newPrice = bound(newPrice, _price(35_700), _price(50_000));
        _sandwich(newPrice, lent, requests, false);
    }

    function testFuzz_fault_C17_self_liquidation_with_an_own_donation_never_profits(
        uint256 newPrice,
        uint256 lent,
        uint256[4] memory requests
    ) public {
        newPrice = bound(newPrice, _price(35_700), _price(43_749));
        _sandwich(newPrice, lent, requests, true);
    }

    /// @dev Below that the lenders lose what the collateral no longer covers, and nobody gains more than they lose.
    function testFuzz_fault_C17_below_cover_nobody_gains_more_than_the_loss(
        uint256 newPrice,
        uint256 lent,
        uint256[4] memory requests
    ) public {
        newPrice = bound(newPrice, _price(1), _price(35_700));
        uint256 nav = senior.totalAssets() - senior.previewRedeem(senior.balanceOf(_attacker));
        uint256 gained = _round(newPrice, lent, requests, true);
        uint256 navAfter = senior.totalAssets() - senior.previewRedeem(senior.balanceOf(_attacker));
        assertLe(gained, (nav - navAfter) + 5);
    }

    /// @dev All of it in one transaction, with money it does not have.
    function test_fault_C17_self_liquidation_in_one_transaction_with_a_flash_like_callback() public {
        Agent agent = new Agent();
        agent.approve(IERC20(btc), address(vault));
        agent.approve(IERC20(usd), address(pool));
        // The lowest price at which the debt and the least incentive are covered, and one well above it.
        uint256[3] memory prices = [uint256(35_700), 36_500, 43_000];
        for (uint256 i; i < prices.length; ++i) {
            _setPrice(50_000);
            btc.mint(address(agent), BTC);
            agent.act(
                address(manager),
                abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 35_000 * USD, address(agent), ""))
            );
            uint256 id = _id(address(agent), facility, 0);
            _setPrice(prices[i]);
            // Borrowed inside the callback: what it repays with; it is given back after.
            agent.scriptOne(address(usd), abi.encodeCall(MockToken.mint, (address(agent), 35_000 * USD)), true);
            agent.act(address(manager), abi.encodeCall(ILoans.liquidate, (id, type(uint256).max, 0, "x")));
            uint256 debt = manager.debtOf(id);
            if (debt != 0) {
                agent.act(address(manager), abi.encodeCall(ILoans.close, (id, address(agent), "")));
            } else if (manager.ownerOf(id) != address(0)) {
                agent.act(address(manager), abi.encodeCall(ILoans.withdraw, (id, type(uint256).max, address(agent))));
            }
            assertLe(usd.balanceOf(address(agent)), 35_000 * USD, "what it borrowed, and no more");
            assertLe(btc.balanceOf(address(agent)), BTC, "what it brought, and no more");
            agent.act(address(usd), abi.encodeCall(IERC20.transfer, (stranger, usd.balanceOf(address(agent)))));
            agent.act(address(btc), abi.encodeCall(IERC20.transfer, (stranger, btc.balanceOf(address(agent)))));
        }
    }

    function _sandwich(uint256 newPrice, uint256 lent, uint256[4] memory requests, bool donate) private {
        uint256 nav = senior.totalAssets() - senior.previewRedeem(senior.balanceOf(_attacker));
        assertEq(_round(newPrice, lent, requests, donate), 0, "no profit");
        uint256 navAfter = senior.totalAssets() - senior.previewRedeem(senior.balanceOf(_attacker));
        assertGe(navAfter + 1, nav, "and no loss to the others");
    }

    /// @return gained by the attacker at the new price, beyond a few units of rounding.
    function _round(
        uint256 newPrice,
        uint256 lent,
        uint256[4] memory requests,
        bool donate
    ) private returns (uint256 gained) {
        lent = bound(lent, 0, 500_000_000 * USD);
        vm.startPrank(_attacker);
        if (lent != 0) senior.deposit(lent, _attacker);
        uint256 id = manager.open(facility, 0, BTC, 35_000 * USD, _attacker, "");
        vm.stopPrank();
        uint256 before = _wealth(id, newPrice);
        oracle.setPrice(newPrice);
        vm.startPrank(_attacker);
        if (donate) {
            usd.transfer(address(pool), 1);
            btc.transfer(address(vault), 1);
            manager.topUp(id, 1, "");
            manager.repay(id, 1 + (requests[0] % USD), "");
        }
        for (uint256 i; i < requests.length; ++i) {
            uint256 request = i == 3 ? type(uint256).max : bound(requests[i], 1, 35_000 * USD);
            try manager.liquidate(id, request, 0, "") {} catch {}
        }
        vm.stopPrank();
        uint256 afterwards = _wealth(id, newPrice);
        // Four sales, each of which may round the debt that is left by a unit, and one share price.
        return afterwards > before + 5 ? afterwards - before : 0;
    }

    function _wealth(uint256 id, uint256 price) private view returns (uint256 wealth) {
        wealth = usd.balanceOf(_attacker) + senior.previewRedeem(senior.balanceOf(_attacker));
        uint256 held = (uint256(manager.loanOf(id).collateral) * price) / 1e36;
        uint256 debt = manager.debtOf(id);
        wealth += (btc.balanceOf(_attacker) * price) / 1e36;
        // Counted in full, even where it is negative, by leaving the debt out of the tokens first.
        wealth = wealth + held > debt ? wealth + held - debt : 0;
    }
}

contract SelfLiquidation18Test is SelfLiquidationTest, Decimals18x18 {}
