// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {IOracleErrors, Leg} from "../../../contracts/interfaces/IOracleErrors.sol";
import {OracleConfig, ReservesConfig} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";
import {OracleFixture} from "./OracleFixture.sol";

/// @notice Reserves below supply, or reported late, stop new risk and leave every standing loan alone.
contract ReservesTest is OracleFixture {
    FaultFeed private reserves;
    FaultFeed private supply;
    PriceOracle private oracle;

    function setUp() public override {
        super.setUp();
        reserves = new FaultFeed(8);
        supply = new FaultFeed(18);
        _report(120_000e8, 119_999e18);
        OracleConfig memory c = baseConfig();
        c.reserves = ReservesConfig(address(reserves), address(supply), 2 days, 1 days);
        oracle = new PriceOracle(c);
    }

    function test_reserves_that_cover_the_supply_change_nothing() public {
        assertPrices(oracle, PRICE);
        _report(120_000e8, 120_000e18);
        assertPrices(oracle, PRICE);
    }

    function test_reserves_below_supply_stop_new_risk_only() public {
        _report(120_000e8, 120_000e18 + 1);
        _assertStopped(abi.encodeWithSelector(IOracleErrors.ReservesBelowSupply.selector, 120_000e18, 120_000e18 + 1));
        _report(120_000e8 - 1, 120_000e18);
        _assertStopped(
            abi.encodeWithSelector(IOracleErrors.ReservesBelowSupply.selector, 120_000e18 - 1e10, 120_000e18)
        );
    }

    function test_a_supply_told_in_fewer_decimals_is_compared_as_well() public {
        supply = new FaultFeed(6);
        OracleConfig memory c = baseConfig();
        c.reserves = ReservesConfig(address(reserves), address(supply), 2 days, 1 days);
        oracle = new PriceOracle(c);
        _report(120_000e8, 120_000e6);
        assertPrices(oracle, PRICE);
        _report(120_000e8, 120_000e6 + 1);
        _assertStopped(
            abi.encodeWithSelector(IOracleErrors.ReservesBelowSupply.selector, 120_000e18, 120_000e18 + 1e12)
        );
    }

    function test_fault_C1_a_late_report_stops_new_risk_only() public {
        vm.warp(START + 2 days);
        refresh();
        supply.publish(119_999e18, uint64(timestamp()));
        assertPrices(oracle, PRICE);
        vm.warp(START + 2 days + 1);
        refresh();
        _assertStopped(
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.Reserves, START, 2 days + 1, 2 days)
        );
        _report(120_000e8, 119_999e18);
        uint256 reported = timestamp();
        vm.warp(reported + 1 days + 1);
        refresh();
        _assertStopped(
            abi.encodeWithSelector(IOracleErrors.AnswerStale.selector, Leg.Supply, reported, 1 days + 1, 1 days)
        );
    }

    function test_fault_C3_reports_that_cannot_be_used_stop_new_risk_only() public {
        reserves.setFault(FaultFeed.Fault.BurnsGas);
        _assertStopped(abi.encodeWithSelector(IOracleErrors.FeedUnreadable.selector, Leg.Reserves, address(reserves)));
        reserves.setFault(FaultFeed.Fault.None);
        int256[4] memory answers = [int256(0), -1, int256(uint256(type(uint128).max)), type(int256).max];
        for (uint256 i = 0; i < answers.length; ++i) {
            supply.publish(answers[i], uint64(START));
            _assertStopped(
                abi.encodeWithSelector(
                    IOracleErrors.AnswerOutOfBounds.selector,
                    Leg.Supply,
                    answers[i],
                    0,
                    type(uint128).max
                )
            );
        }
        supply.publish(1, uint64(START + 1));
        _assertStopped(abi.encodeWithSelector(IOracleErrors.AnswerFromFuture.selector, Leg.Supply, START + 1, START));
    }

    function _report(int256 held, int256 issued) private {
        reserves.publish(held, uint64(timestamp()));
        supply.publish(issued, uint64(timestamp()));
    }

    function _assertStopped(bytes memory reason) private {
        vm.expectRevert(reason);
        oracle.borrowPrice();
        assertEq(oracle.liquidationPrice(), PRICE);
        assertEq(oracle.price(), PRICE);
    }
}
