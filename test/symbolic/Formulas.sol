// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../contracts/interfaces/ILiquidationEngine.sol";
import {TermBalance, TermTerms} from "../../contracts/interfaces/TermLoanTypes.sol";
import {LiquidationMath} from "../../contracts/liquidation/LiquidationMath.sol";
import {TermLoanMath} from "../../contracts/loan/TermLoanMath.sol";
import {Amortisation} from "../../contracts/math/Amortisation.sol";
import {DirectedMath} from "../../contracts/math/DirectedMath.sol";
import {SharesMath} from "../../contracts/math/SharesMath.sol";

/// @notice The libraries that formulas.py follows, each by the name it has there, to be computed side by side.
contract Formulas {
    using TermLoanMath for TermBalance;

    function mul_div_down(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return DirectedMath.mulDivDown(x, y, d);
    }

    function mul_div_up(uint256 x, uint256 y, uint256 d) external pure returns (uint256) {
        return DirectedMath.mulDivUp(x, y, d);
    }

    function to_shares_down(uint256 assets, uint256 potAssets, uint256 potShares) external pure returns (uint256) {
        return SharesMath.toSharesDown(assets, potAssets, potShares);
    }

    function to_shares_up(uint256 assets, uint256 potAssets, uint256 potShares) external pure returns (uint256) {
        return SharesMath.toSharesUp(assets, potAssets, potShares);
    }

    function to_assets_down(uint256 shares, uint256 potAssets, uint256 potShares) external pure returns (uint256) {
        return SharesMath.toAssetsDown(shares, potAssets, potShares);
    }

    function to_assets_up(uint256 shares, uint256 potAssets, uint256 potShares) external pure returns (uint256) {
        return SharesMath.toAssetsUp(shares, potAssets, potShares);
    }

    function quote(
        uint256 collateral,
        uint256 price,
        uint256 debt,
        uint256 request,
        LiquidationMath.Terms memory terms
    ) external pure returns (ILiquidationEngine.Quote memory) {
        return LiquidationMath.quote(collateral, price, debt, request, terms);
    }

    function instalment_up(
        uint256 principal,
        uint256 annualRate,
        uint256 interval,
        uint256 count,
        uint256 balloon
    ) external pure returns (uint256) {
        return Amortisation.instalmentUp(principal, annualRate, interval, count, balloon);
    }

    function period_interest_up(
        uint256 remaining,
        uint256 annualRate,
        uint256 interval
    ) external pure returns (uint256) {
        return Amortisation.periodInterestUp(remaining, annualRate, interval);
    }

    function part(
        uint256 remaining,
        bool isLast,
        uint256 instalment,
        uint256 annualRate,
        uint256 interval
    ) external pure returns (uint256 principal) {
        TermBalance memory b;
        TermTerms memory t;
        b.instalment = instalment;
        (t.annualRateWad, t.intervalSeconds, t.count) = (annualRate, interval, 2);
        (, principal) = b.instalmentParts(t, remaining, isLast ? 2 : 1);
    }

    /// @dev Nothing is due and no principal is scheduled next: what is not credit for the interest so far is prepaid.
    function prepay(
        uint256 money,
        uint256 fee,
        uint256 interestNumerator,
        uint256 principal
    ) external pure returns (uint256) {
        TermBalance memory b;
        TermTerms memory t;
        (b.principal, b.interestNumerator) = (principal, interestNumerator);
        (b.settledAt, t.intervalSeconds, t.count, t.prepaymentFeeWad) = (1, 1, 2, fee);
        uint256 credit = b.nextPayment(t);
        return b.pay(t, credit + money) - credit;
    }
}
