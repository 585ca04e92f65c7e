// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IUniswapV3Factory, IUniswapV3Pool, IUniswapV3SwapCallback} from "../../../contracts/periphery/UniswapV3.sol";

/// @notice A pool that behaves as Uniswap v3's does towards whoever buys an exact amount (wants a limit within the range of prices,
/// pays first, calls back, then looks whether it was paid) and sells at a rate that the test names.
contract SwapVenue is IUniswapV3Pool {
    uint256 private constant WAD = 1e18;
    /// @dev Uniswap's: the square roots, with 96 bits after the point, of the prices at either end and of one.
    uint160 private constant LEAST = 4295128739;
    uint160 private constant EVEN = 1 << 96;
    uint160 private constant MOST = 1461446703485210103287273052203988822378723970342;

    IERC20 private immutable TOKEN0;
    IERC20 private immutable TOKEN1;
    /// @dev What one unit of token0 and of token1 costs in units of the other, WAD.
    uint256 private _price0;
    uint256 private _price1;
    bool private _busy;

    constructor(IERC20 token0, IERC20 token1) {
        (TOKEN0, TOKEN1) = (token0, token1);
    }

    /// @notice Whoever buys `token` here pays `costWad` of the other for each unit.
    function setPrice(IERC20 token, uint256 costWad) external {
        if (address(token) == address(TOKEN0)) _price0 = costWad;
        else _price1 = costWad;
    }

    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 limit,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1) {
        require(amountSpecified != 0, "AS");
        require(!_busy, "LOK");
        require(zeroForOne ? limit > LEAST && limit < EVEN : limit > EVEN && limit < MOST, "SPL");
        _busy = true;
        uint256 bought = uint256(-amountSpecified);
        uint256 owed = (bought * (zeroForOne ? _price1 : _price0)) / WAD;
        (amount0, amount1) = zeroForOne ? (int256(owed), -int256(bought)) : (-int256(bought), int256(owed));
        (IERC20 paidIn, IERC20 paidOut) = zeroForOne ? (TOKEN0, TOKEN1) : (TOKEN1, TOKEN0);
        paidOut.transfer(recipient, bought);
        uint256 before = paidIn.balanceOf(address(this));
        IUniswapV3SwapCallback(msg.sender).uniswapV3SwapCallback(amount0, amount1, data);
        require(paidIn.balanceOf(address(this)) >= before + owed, "IIA");
        _busy = false;
    }
}

/// @notice Where anybody makes pools, as with Uniswap's own.
contract SwapVenues is IUniswapV3Factory {
    mapping(bytes32 key => address) private _pools;

    function make(address a, address b, uint24 fee) external returns (SwapVenue pool) {
        (address token0, address token1) = a < b ? (a, b) : (b, a);
        pool = new SwapVenue(IERC20(token0), IERC20(token1));
        _pools[keccak256(abi.encode(token0, token1, fee))] = address(pool);
    }

    function getPool(address a, address b, uint24 fee) external view returns (address) {
        (address token0, address token1) = a < b ? (a, b) : (b, a);
        return _pools[keccak256(abi.encode(token0, token1, fee))];
    }
}
