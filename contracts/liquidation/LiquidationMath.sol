// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {DirectedMath, PRICE_SCALE, WAD} from "../math/DirectedMath.sol";

/// @title How much of a loan may be liquidated, and at what price. Pure; docs and the sdk's model follow the same order.
library LiquidationMath {
    using DirectedMath for uint256;

    /// @dev Scale of a price once one WAD is taken out of it: seized = repaid × (1 + incentive) × this / price.
    uint256 private constant PRICE_SCALE_PER_WAD = PRICE_SCALE / WAD;

    struct Terms {
        uint256 lltv; // WAD, as all fractions here
        uint256 targetLtv;
        uint256 incentiveMin;
        uint256 incentiveMax;
        uint256 healthForMax;
        uint256 minDebt;
        bool defaultMarked;
        uint256 secondsOnRamp; // since the later of mark and end of the sequencer's grace
        uint256 rampSeconds;
    }

    /// @notice ⌊collateral × price / 1e36⌋.
    function valueDown(uint256 collateral, uint256 priceE36) internal pure returns (uint256) {
        return collateral.mulDivDown(priceE36, PRICE_SCALE);
    }

    /// @notice Most debt that collateral of that value supports at that loan-to-value (WAD).
    function maxDebtDown(uint256 value, uint256 ltv) internal pure returns (uint256) {
        return value.wadMulDown(ltv);
    }

    /// @notice The liquidation of a loan that owes `debt`, for a liquidator who repays at most `request`.
    /// @dev Assumes debt > 0 and that the caller has found the loan liquidatable.
    function quote(
        uint256 collateral,
        uint256 priceE36,
        uint256 debt,
        uint256 request,
        Terms memory terms
    ) internal pure returns (ILiquidationEngine.Quote memory q) {
        q.value = valueDown(collateral, priceE36);
        q.health = q.value.mulDivDown(terms.lltv, debt);
        q.incentive = incentiveOf(q.value, debt, q.health, terms);
        // debt below 2^128 and fractions below 2^61 keep these products below 2^256.
        if (q.value * WAD >= debt * (WAD + terms.incentiveMin)) _covered(q, collateral, priceE36, debt, request, terms);
        else _uncovered(q, collateral, priceE36, debt, request, terms);
    }

    /// @notice What a liquidator receives beyond what it repays, WAD. It grows with the shortfall (for a default also with time
    /// on the ramp) and never takes more than the collateral covers, down to the minimum.
    function incentiveOf(
        uint256 value,
        uint256 debt,
        uint256 health,
        Terms memory terms
    ) internal pure returns (uint256 incentive) {
        uint256 span = terms.incentiveMax - terms.incentiveMin;
        uint256 shortfall = WAD.zeroFloorSub(health);
        uint256 shortfallForMax = WAD - terms.healthForMax;
        incentive =
            shortfall >= shortfallForMax
                ? terms.incentiveMax
                : terms.incentiveMin + span.mulDivDown(shortfall, shortfallForMax);
        if (terms.defaultMarked) {
            uint256 ramp =
                terms.secondsOnRamp >= terms.rampSeconds
                    ? terms.incentiveMax
                    : terms.incentiveMin + span.mulDivDown(terms.secondsOnRamp, terms.rampSeconds);
            if (ramp > incentive) incentive = ramp;
        }
        uint256 room = value.mulDivDown(WAD, debt).zeroFloorSub(WAD);
        if (room < terms.incentiveMin) room = terms.incentiveMin;
        if (incentive > room) incentive = room;
    }

    /// @dev The collateral covers debt and minimum incentive: sell what brings the loan back to target, no loss.
    function _covered(
        ILiquidationEngine.Quote memory q,
        uint256 collateral,
        uint256 priceE36,
        uint256 debt,
        uint256 request,
        Terms memory terms
    ) private pure {
        q.allowance = debt;
        if (!terms.defaultMarked) {
            uint256 over = (debt * WAD).zeroFloorSub(terms.targetLtv * q.value);
            uint256 perUnit = WAD * WAD - terms.targetLtv * (WAD + q.incentive);
            uint256 toTarget = over.mulDivUp(WAD, perUnit);
            if (toTarget < debt && debt - toTarget >= terms.minDebt) q.allowance = toTarget;
        }
        uint256 repaid = request < q.allowance ? request : q.allowance;
        if (repaid < debt && debt - repaid < terms.minDebt) repaid = debt.zeroFloorSub(terms.minDebt);
        q.repaid = repaid;
        q.seized = _seizedDown(repaid, q.incentive, priceE36, collateral);
        q.debtClosed = repaid;
    }

    /// @dev It does not: every unit of collateral carries its share of the debt, so that selling part of it neither lowers the
    /// health of what remains nor postpones the loss.
    function _uncovered(
        ILiquidationEngine.Quote memory q,
        uint256 collateral,
        uint256 priceE36,
        uint256 debt,
        uint256 request,
        Terms memory terms
    ) private pure {
        q.allowance = _costUp(collateral, q.incentive, priceE36);
        if (q.allowance > debt) q.allowance = debt;
        if (request >= q.allowance) {
            q.repaid = q.allowance;
            q.seized = collateral;
            q.debtClosed = debt;
            return;
        }
        uint256 mostClosed = debt.zeroFloorSub(terms.minDebt);
        uint256 repaid = request < mostClosed ? request : mostClosed;
        uint256 seized = _seizedDown(repaid, q.incentive, priceE36, collateral);
        uint256 mostSeized = collateral.mulDivDown(mostClosed, debt);
        if (seized > mostSeized) {
            seized = mostSeized;
            repaid = _costUp(mostSeized, q.incentive, priceE36);
        }
        uint256 closed = debt.mulDivUp(seized, collateral);
        q.repaid = repaid;
        q.seized = seized;
        q.debtClosed = closed > repaid ? closed : repaid;
    }

    function _seizedDown(
        uint256 repaid,
        uint256 incentive,
        uint256 priceE36,
        uint256 collateral
    ) private pure returns (uint256 seized) {
        seized = (repaid * (WAD + incentive)).mulDivDown(PRICE_SCALE_PER_WAD, priceE36);
        if (seized > collateral) seized = collateral;
    }

    function _costUp(uint256 collateral, uint256 incentive, uint256 priceE36) private pure returns (uint256) {
        return collateral.mulDivUp(priceE36, PRICE_SCALE_PER_WAD * (WAD + incentive));
    }
}
