// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FaultFeed} from "../../../contracts/mocks/FaultFeed.sol";
import {LegConfig, OracleConfig, SanityWindow} from "../../../contracts/oracle/OracleConfig.sol";
import {PriceOracle} from "../../../contracts/oracle/PriceOracle.sol";

contract DecimalsOnly {
    uint8 public immutable decimals;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }
}

/// @notice C4: for all decimals of tokens and feeds from 0 to 18 the price is the exact rational rounded down once.
contract PriceScaleTest is Test {
    struct Case {
        uint256 collateralDecimals;
        uint256 loanDecimals;
        uint256 bitcoinDecimals;
        uint256 wrapperDecimals;
        uint256 loanFeedDecimals;
        uint256 bitcoin;
        uint256 wrapper;
        uint256 loan;
    }

    DecimalsOnly[19] private collaterals;
    DecimalsOnly[19] private loans;
    FaultFeed[19] private bitcoinFeeds;
    FaultFeed[19] private wrapperFeeds;
    FaultFeed[19] private loanFeeds;

    function setUp() public {
        vm.warp(1_750_000_000);
        for (uint8 d = 0; d < 19; ++d) {
            collaterals[d] = new DecimalsOnly(d);
            loans[d] = new DecimalsOnly(d);
            bitcoinFeeds[d] = new FaultFeed(d);
            wrapperFeeds[d] = new FaultFeed(d);
            loanFeeds[d] = new FaultFeed(d);
        }
    }

    function testFuzz_fault_C4_every_combination_of_decimals(Case memory c) public {
        c.collateralDecimals = bound(c.collateralDecimals, 0, 18);
        c.loanDecimals = bound(c.loanDecimals, 0, 18);
        c.bitcoinDecimals = bound(c.bitcoinDecimals, 0, 18);
        c.wrapperDecimals = bound(c.wrapperDecimals, 0, 18);
        c.loanFeedDecimals = bound(c.loanFeedDecimals, 0, 18);
        // 1,000 to 10,000,000 dollars; 0.5 to 1.5; 0.1 to 10 dollars, as far as the feed can say it
        c.bitcoin = bound(c.bitcoin, 10 ** (c.bitcoinDecimals + 3), 10 ** (c.bitcoinDecimals + 7));
        c.wrapper = bound(c.wrapper, (10 ** c.wrapperDecimals + 1) / 2, (10 ** c.wrapperDecimals * 3 + 1) / 2);
        c.loan = bound(c.loan, (10 ** c.loanFeedDecimals + 9) / 10, 10 ** (c.loanFeedDecimals + 1));
        _assertExact(c);
    }

    function test_fault_C4_all_361_pairs_of_token_decimals() public {
        for (uint256 i = 0; i < 19; ++i) {
            for (uint256 j = 0; j < 19; ++j) {
                Case memory c;
                (c.collateralDecimals, c.loanDecimals) = (i, j);
                c.bitcoinDecimals = (5 * i + 7 * j) % 19;
                c.wrapperDecimals = (3 * i + 2 * j + 1) % 19;
                c.loanFeedDecimals = (11 * i + 3 * j + 8) % 19;
                c.bitcoin = (61_234 * 10 ** c.bitcoinDecimals * 1_000_003) / 1_000_000;
                c.wrapper = c.wrapperDecimals == 0 ? 1 : (10 ** c.wrapperDecimals * 9) / 10;
                c.loan = c.loanFeedDecimals == 0 ? 3 : (10 ** c.loanFeedDecimals * 7) / 5;
                _assertExact(c);
            }
        }
    }

    /// @dev price is ⌊N / D⌋ exactly if price × D <= N < (price + 1) × D; compared in 512 bits, without a division.
    /// N = bitcoin × wrapper × 10^(36 + loan's + loan feed's decimals), D = loan × 10^(collateral's + the other feeds').
    function _assertExact(Case memory c) private {
        uint256 priceE36 = _deploy(c).price();
        uint256 up = 10 ** (36 + c.loanDecimals + c.loanFeedDecimals);
        uint256 down = c.loan * 10 ** (c.collateralDecimals + c.bitcoinDecimals + c.wrapperDecimals);
        (uint256 nHigh, uint256 nLow) = Math.mul512(c.bitcoin * c.wrapper, up);
        (uint256 high, uint256 low) = Math.mul512(priceE36, down);
        assertTrue(high < nHigh || (high == nHigh && low <= nLow), "rounded up");
        (high, low) = Math.mul512(priceE36 + 1, down);
        assertTrue(high > nHigh || (high == nHigh && low > nLow), "rounded down too far");

        // In people's units, to a millionth: one whole collateral in whole loan assets.
        uint256 dollars = (c.bitcoin * 1e18) / 10 ** c.bitcoinDecimals;
        uint256 expected = (((dollars * c.wrapper) / 10 ** c.wrapperDecimals) * 10 ** c.loanFeedDecimals) / c.loan;
        uint256 whole = Math.mulDiv(priceE36, 10 ** c.collateralDecimals, 10 ** (18 + c.loanDecimals));
        assertApproxEqRel(whole, expected, 1e12);
    }

    function _deploy(Case memory c) private returns (PriceOracle) {
        FaultFeed bitcoinFeed = bitcoinFeeds[c.bitcoinDecimals];
        FaultFeed wrapperFeed = wrapperFeeds[c.wrapperDecimals];
        FaultFeed loanFeed = loanFeeds[c.loanFeedDecimals];
        bitcoinFeed.publish(int256(c.bitcoin), uint64(block.timestamp));
        wrapperFeed.publish(int256(c.wrapper), uint64(block.timestamp));
        loanFeed.publish(int256(c.loan), uint64(block.timestamp));
        OracleConfig memory o;
        o.legs.collateralAsset = address(collaterals[c.collateralDecimals]);
        o.legs.loanAsset = address(loans[c.loanDecimals]);
        o.legs.btcUsd = _leg(bitcoinFeed, 10 ** (c.bitcoinDecimals + 8));
        o.legs.wrapperBtc = _leg(wrapperFeed, 10 ** (c.wrapperDecimals + 1));
        o.legs.loanUsd = _leg(loanFeed, 10 ** (c.loanFeedDecimals + 2));
        // Bounds as an operator would choose them; with floors of 0 the price's range is too wide to exist.
        o.legs.btcUsd.minAnswer = uint128(10 ** c.bitcoinDecimals);
        o.legs.wrapperBtc.minAnswer = uint128(10 ** c.wrapperDecimals / 4);
        o.legs.loanUsd.minAnswer = uint128(10 ** c.loanFeedDecimals / 100);
        o.sanity = SanityWindow(0, type(uint256).max);
        return new PriceOracle(o);
    }

    function _leg(FaultFeed feed, uint256 maxAnswer) private pure returns (LegConfig memory) {
        return LegConfig(address(feed), 1 hours, 0, 0, uint128(maxAnswer));
    }
}
