// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {FaultSource} from "../../../contracts/mocks/FaultSource.sol";
import {MockToken} from "../../../contracts/mocks/MockToken.sol";
import {
    LegConfig,
    OracleConfig,
    SanityWindow,
    SecondSourceConfig,
    SequencerConfig
} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";

/// @notice A wrapped BTC of 8 decimals against a dollar token of 6, with BTC at 60,000, wrapper and dollar at 1, a sequencer
/// that has been up for a year, and no second source unless a test asks for one.
abstract contract OracleFixture is Test {
    uint256 internal constant START = 1_750_000_000;
    uint32 internal constant SEQUENCER_CAP = 1 hours;
    uint32 internal constant DISAGREEMENT_CAP = 2 hours;
    uint64 internal constant LIMIT_WAD = 0.02e18;
    uint32 internal constant HEARTBEAT = 20 minutes;
    uint32 internal constant BUFFER = 5 minutes;
    /// 60,000 dollars: 1e8 satoshi are 60_000e6 units, so one is 600.
    uint256 internal constant PRICE = 600e36;

    MockToken internal collateral;
    MockToken internal loan;
    FaultFeed internal btcUsd;
    FaultFeed internal wrapperBtc;
    FaultFeed internal loanUsd;
    FaultFeed internal sequencer;
    FaultSource internal source;

    function setUp() public virtual {
        vm.warp(START);
        collateral = new MockToken("Wrapped BTC", "WBTC", 8);
        loan = new MockToken("Dollar", "USD", 6);
        btcUsd = new FaultFeed(8);
        wrapperBtc = new FaultFeed(8);
        loanUsd = new FaultFeed(8);
        sequencer = new FaultFeed(0);
        source = new FaultSource();
        sequencer.publish(0, uint64(START - 365 days));
        source.set(PRICE);
        refresh();
    }

    /// @dev The compiler takes block.timestamp for a constant of the transaction and may read it later than written; a test
    /// that keeps a second across a warp asks the cheat code.
    function timestamp() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    /// @dev A round of every price feed at this second, at the fixture's prices.
    function refresh() internal {
        btcUsd.publish(60_000e8, uint64(timestamp()));
        wrapperBtc.publish(1e8, uint64(timestamp()));
        loanUsd.publish(1e8, uint64(timestamp()));
    }

    function baseConfig() internal view returns (OracleConfig memory c) {
        c.legs.collateralAsset = address(collateral);
        c.legs.loanAsset = address(loan);
        c.legs.btcUsd = LegConfig(address(btcUsd), HEARTBEAT, BUFFER, 1_000e8, 10_000_000e8);
        c.legs.wrapperBtc = LegConfig(address(wrapperBtc), 1 days, BUFFER, 0.5e8, 1.1e8);
        c.legs.loanUsd = LegConfig(address(loanUsd), 1 days, BUFFER, 0.5e8, 2e8);
        c.sequencer = SequencerConfig(address(sequencer), SEQUENCER_CAP);
        c.sanity = SanityWindow(50_000e18, 70_000e18);
    }

    function withSecondSource() internal view returns (OracleConfig memory c) {
        c = baseConfig();
        c.secondSource = SecondSourceConfig(address(source), LIMIT_WAD, DISAGREEMENT_CAP);
    }

    /// @dev Both questions about money are refused with exactly this reason.
    function assertRefused(PriceOracle oracle, bytes memory reason) internal {
        vm.expectRevert(reason);
        oracle.borrowPrice();
        vm.expectRevert(reason);
        oracle.liquidationPrice();
    }

    /// @dev As above where the values in the reason are not the point.
    function assertRefusedWith(PriceOracle oracle, bytes4 selector) internal view {
        try oracle.borrowPrice() {
            revert("borrowPrice was not refused");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), selector);
        }
        try oracle.liquidationPrice() {
            revert("liquidationPrice was not refused");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), selector);
        }
    }

    function assertPrices(PriceOracle oracle, uint256 expected) internal view {
        assertEq(oracle.price(), expected, "price");
        assertEq(oracle.borrowPrice(), expected, "borrowPrice");
        assertEq(oracle.liquidationPrice(), expected, "liquidationPrice");
    }
}
