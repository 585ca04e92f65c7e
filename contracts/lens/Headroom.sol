// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DirectedMath, PRICE_SCALE, WAD} from "../math/DirectedMath.sol";
import {SharesMath} from "../math/SharesMath.sol";

/// @title How far a loan is from its limits, to the unit: the inverses of the LoanManager's checks. Pure.
/// @dev Amounts in smallest units, loan-to-value ratios in WAD, prices scaled 1e36.
library Headroom {
    using DirectedMath for uint256;
    using SharesMath for uint256;

    /// @notice A loan and its pool's totals, as of one second.
    struct Position {
        uint256 debt;
        uint256 shares;
        uint256 totalDebt;
        uint256 totalShares;
    }

    struct Limits {
        uint256 debt; // most the loan may owe
        uint256 minDebt; // least it may owe
        uint256 assets; // most that may be drawn, for other reasons
    }

    function valueDown(uint256 collateral, uint256 priceE36) internal pure returns (uint256) {
        return collateral.mulDivDown(priceE36, PRICE_SCALE);
    }

    function maxDebtDown(uint256 collateral, uint256 priceE36, uint256 ltv) internal pure returns (uint256) {
        return valueDown(collateral, priceE36).wadMulDown(ltv);
    }

    /// @notice debt / value; type(uint256).max for a debt that nothing covers.
    function ltvUp(uint256 value, uint256 debt) internal pure returns (uint256) {
        if (debt == 0) return 0;
        return value == 0 ? type(uint256).max : debt.mulDivUp(WAD, value);
    }

    /// @notice Lowest price at which `collateral` supports `debt`; 0 where nothing is owed or there is no collateral.
    function safePriceUp(uint256 collateral, uint256 debt, uint256 ltv) internal pure returns (uint256) {
        return debt == 0 || collateral == 0 ? 0 : debt.mulDivUp(WAD, ltv).mulDivUp(PRICE_SCALE, collateral);
    }

    /// @notice Least collateral that supports `debt`.
    function collateralUp(uint256 debt, uint256 priceE36, uint256 ltv) internal pure returns (uint256) {
        return debt.mulDivUp(WAD, ltv).mulDivUp(PRICE_SCALE, priceE36);
    }

    /// @notice Most that can be drawn within the limits; 0 where nothing can.
    /// @dev A draw's shares are rounded up, so a debt can grow by one unit more than what was drawn, never by two.
    function drawable(Position memory p, Limits memory limits) internal pure returns (uint256 assets) {
        assets = limits.debt.zeroFloorSub(p.debt);
        if (assets != 0 && debtAfterUp(p, assets) > limits.debt) --assets;
        if (assets > limits.assets) assets = limits.assets;
        if (assets != 0 && debtAfterUp(p, assets) < limits.minDebt) assets = 0;
    }

    /// @notice What the loan would owe after drawing `assets`, by the pool's own conversions.
    function debtAfterUp(Position memory p, uint256 assets) internal pure returns (uint256) {
        uint256 shares = assets.toSharesUp(p.totalDebt, p.totalShares);
        return (p.shares + shares).toAssetsUp(p.totalDebt + assets, p.totalShares + shares);
    }
}
