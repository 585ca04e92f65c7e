// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralSale} from "./ICollateralSale.sol";

/// @title Pays a loan's debt by selling part of its collateral, in one transaction and without other money.
/// @notice For a loan's owner, who authorises this contract as operator in the loan's facility: with CLOSE for `close` (best
/// without a collateral limit: one of just the loan's collateral is exceeded when a stranger tops the loan up by a unit), with
/// WITHDRAW for `repay` (what is sold). A standing authorisation is harmless: this contract acts for nobody but the owner who
/// calls it, and keeps nothing between calls.
///
/// The debt's money comes first, out of the Uniswap v3 pool that is paid last; so no loan-to-value limit stands in the way of
/// a `close`, and after a `repay` what remains must satisfy the facility's maxLtv as with any withdrawal.
interface IRepayWithCollateral is ICollateralSale {
    /// @notice How the collateral is sold.
    struct Sale {
        bytes path; // Uniswap v3, exact output: from the loan asset back to the collateral
        uint256 maxSold; // most collateral units that may go; the bound on slippage
        uint256 deadline; // last second at which to execute
    }

    event RepaidWithCollateral(uint256 indexed id, address indexed owner, uint256 paid, uint256 sold);

    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// @notice Pays all the debt from the collateral and sends the rest of it to `receiver`; the loan is gone.
    /// @return paid loan units.
    /// @return sold collateral units.
    /// @return returned collateral units.
    function close(
        uint256 id,
        Sale calldata sale,
        address receiver
    ) external returns (uint256 paid, uint256 sold, uint256 returned);

    /// @notice Pays `assets` of the debt, at most all of it, from the collateral; the rest of it stays in the loan.
    /// @return paid loan units.
    /// @return sold collateral units.
    function repay(uint256 id, uint256 assets, Sale calldata sale) external returns (uint256 paid, uint256 sold);
}
