// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Market} from "../../helpers/Market.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice What a captured role can do. The tests that end badly say what the delay is for: docs/RISKS.md R7.
contract GovernanceTest is Market {
    function test_no_setting_but_the_oracle_makes_a_healthy_loan_liquidatable() public {
        uint256 id = _open(BTC, 35_000 * USD); // at maxLtv
        vm.startPrank(risk);
        manager.setMaxLtv(facility, 1);
        manager.setMaxLtv(facility, 7999);
        manager.setCaps(facility, 0, 0);
        manager.setGate(facility, address(0xbad));
        pool.setReserveFee(2500);
        vm.stopPrank();
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        manager.lowerCaps(facility, 0, 0);
        manager.lowerMaxLtv(facility, 0);
        vm.stopPrank();
        vmMore.expectPartialRevert(ILiquidationEngine.NotLiquidatable.selector);
        manager.quoteLiquidation(id, type(uint256).max);
        // And every exit is open.
        vm.startPrank(borrower);
        manager.topUp(id, 1, "");
        manager.repay(id, 1000 * USD, "");
        manager.close(id, borrower, "");
        vm.stopPrank();
        vm.startPrank(lender);
        senior.redeem(senior.balanceOf(lender), lender, lender);
    }

    /// @dev The limit of 2 % is one a call, and calls that were scheduled apart can be executed together.
    function test_R7_steps_of_2_per_cent_do_not_add_up_faster_than_one_in_seven_days() public {
        MockOracle step = _oracle(49_000);
        MockOracle next = _oracle(48_020);
        vm.startPrank(risk);
        manager.setOracle(facility, address(step));
        uint256 setAt = block.timestamp;
        vm.warp(setAt + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.OracleSetTooSoon.selector, setAt, 7 days));
        manager.setOracle(facility, address(next));
        vm.warp(setAt + 7 days);
        manager.setOracle(facility, address(next));
    }

    /// @dev The comparison sees what an oracle says when it is asked, not what it will say.
    function test_R7_an_oracle_that_lies_later_takes_the_collateral_of_the_healthy() public {
        uint256 id = _open(BTC, 35_000 * USD);
        MockOracle next = _oracle(50_000);
        vm.prank(risk);
        manager.setOracle(facility, address(next));
        next.setPrice(_price(1000));
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(id, type(uint256).max, 0, "");
        assertEq(seized, BTC);
        assertLt(repaid, 1000 * USD);
    }

    function _oracle(uint256 usdPerBtc) private returns (MockOracle) {
        (uint256 sequencerCap, uint256 disagreementCap) = oracle.caps();
        return new MockOracle(address(btc), address(usd), _price(usdPerBtc), sequencerCap, disagreementCap);
    }

    function test_a_role_that_a_table_does_not_name_is_given_no_function_by_it() public view {
        uint64[4] memory others = [uint64(0), FEES, 11, type(uint64).max];
        for (uint256 i; i < others.length; ++i) {
            assertEq(roles.managerSelectors(others[i]).length, 0);
            assertEq(roles.sheetSelectors(others[i]).length, 0);
            assertEq(roles.capitalSelectors(others[i]).length, 0);
            if (others[i] != FEES) assertEq(roles.poolSelectors(others[i]).length, 0);
        }
        assertEq(roles.poolSelectors(GUARDIAN).length, 0);
        assertEq(roles.capitalSelectors(GUARDIAN).length, 0);
    }
}
