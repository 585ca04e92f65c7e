// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IUniswapV3Observations} from "../../../contracts/interfaces/IUniswapV3Observations.sol";
import {TickPrice} from "../../../contracts/oracle/TickPrice.sol";
import {UniswapV3TwapSource} from "../../../contracts/oracle/UniswapV3TwapSource.sol";

/// @notice A pool whose counter of tick × seconds stood and stands where a test says.
contract CountingPool is IUniswapV3Observations {
    address public immutable token0;
    address public immutable token1;
    uint32 private immutable WINDOW;
    int56 private _then;
    int56 private _now;

    constructor(address token0_, address token1_, uint32 window) {
        (token0, token1, WINDOW) = (token0_, token1_, window);
    }

    function set(int56 then_, int56 now_) external {
        (_then, _now) = (then_, now_);
    }

    function observe(
        uint32[] calldata secondsAgos
    ) external view returns (int56[] memory counts, uint160[] memory liquidity) {
        require(secondsAgos.length == 2 && secondsAgos[0] == WINDOW && secondsAgos[1] == 0, "other seconds");
        (counts, liquidity) = (new int56[](2), new uint160[](2));
        (counts[0], counts[1]) = (_then, _now);
    }
}

/// @notice The source of a pool's mean price; with genuine pools it is tested in test/ts/contracts/oracle-twap.ts.
contract TwapSourceTest is Test {
    uint32 private constant WINDOW = 60;
    address private _btc = makeAddr("bitcoin");
    address private _usd = makeAddr("dollar");

    function _source(
        address token0,
        address token1,
        int56 then_,
        int56 now_
    ) private returns (UniswapV3TwapSource source) {
        CountingPool pool = new CountingPool(token0, token1, WINDOW);
        pool.set(then_, now_);
        source = new UniswapV3TwapSource(pool, _btc, _usd, WINDOW);
    }

    function test_the_mean_is_rounded_to_the_lower_price_of_the_collateral_in_either_order_of_the_tokens() public {
        assertEq(_source(_btc, _usd, 0, 119).meanTickDown(), 1);
        assertEq(_source(_btc, _usd, 0, 120).meanTickDown(), 2);
        assertEq(_source(_btc, _usd, 0, -119).meanTickDown(), -2);
        assertEq(_source(_btc, _usd, 0, -120).meanTickDown(), -2);
        assertEq(_source(_usd, _btc, 0, 119).meanTickDown(), -2);
        assertEq(_source(_usd, _btc, 0, -119).meanTickDown(), 1);
    }

    function test_the_price_is_that_of_the_mean_tick_also_where_the_counter_wrapped_around() public {
        UniswapV3TwapSource source = _source(_btc, _usd, type(int56).max - 9, type(int56).min + 110);
        assertEq(source.meanTickDown(), 2);
        assertEq(source.price(), TickPrice.priceE36AtTick(2));
    }

    function test_a_pool_of_other_tokens_is_refused() public {
        address other = makeAddr("another token");
        address[2][6] memory pairs = [
            [_btc, other],
            [other, _usd],
            [_usd, other],
            [other, _btc],
            [_btc, _btc],
            [_usd, _usd]
        ];
        for (uint256 i; i < pairs.length; ++i) {
            CountingPool pool = new CountingPool(pairs[i][0], pairs[i][1], WINDOW);
            vm.expectRevert(
                abi.encodeWithSelector(UniswapV3TwapSource.TokensNotInPool.selector, address(pool), _btc, _usd)
            );
            new UniswapV3TwapSource(pool, _btc, _usd, WINDOW);
        }
    }

    function test_no_time_at_all_is_no_window() public {
        CountingPool pool = new CountingPool(_btc, _usd, WINDOW);
        vm.expectRevert(UniswapV3TwapSource.WindowZero.selector);
        new UniswapV3TwapSource(pool, _btc, _usd, 0);
    }
}
