// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBothManagers} from "./IBothManagers.sol";

/// @title What contracts that pay a loan's debt by selling part of its collateral have in common.
/// @notice The debt's money comes first, out of the Uniswap v3 pool that is paid last, so that maxLtv stands in the way only of
/// what is left when the debt was paid. They act for a loan's owner, who authorises them as operator in the loan's facility,
/// and they keep nothing between calls.
interface ICollateralSale is IBothManagers {
    error NotLoanOwner(uint256 id, address account, address owner);
    /// @notice The payment costs more collateral than the owner allowed, or than the loan has.
    error TooMuchSold(uint256 needed, uint256 maxSold);
    /// @notice The pools on the path cannot deliver that much of the loan asset.
    error InsufficientLiquidity(uint256 delivered, uint256 wanted);
    error NoSuchPool(address tokenA, address tokenB, uint24 fee);
    /// @notice Called back by another than the pool this contract is buying from (0 for none).
    error UnexpectedCallback(address caller, address expected);
    /// @notice The loan manager takes `paid` of `offered`, because the rest would leave less than minDebt: repay that, or all.
    error WouldLeaveDust(uint256 offered, uint256 paid);

    /// @notice Uniswap v3's.
    function factory() external view returns (address);
}
