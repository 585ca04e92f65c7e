// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DirectedMath, PRICE_SCALE, WAD} from "../math/DirectedMath.sol";

/// @title How much a protection order moves. Pure; amounts in smallest units, fractions in basis points.
/// @dev LTV is debt / ⌊collateral × price / 1e36⌋, as the LoanManager computes it. Wherever part of a debt is repaid one unit is
/// reckoned to be left beyond the difference: a pool keeps debts in shares and rounds them up.
library ProtectionMath {
    using DirectedMath for uint256;

    uint256 internal constant BPS = 10_000;

    struct Position {
        uint256 debt; // loan units
        uint256 collateral; // collateral units
        uint256 priceE36;
    }

    /// @notice What an order may cost its owner.
    struct Cost {
        uint256 slippageBps; // below the oracle's price
        uint256 feeBps; // of what is repaid or topped up
        uint256 maxFee; // most of it, in the same units
    }

    /// @notice Whether the LTV is at or above `ltvBps`.
    function isAtOrAbove(Position memory p, uint256 ltvBps) internal pure returns (bool) {
        return p.debt * BPS >= ltvBps * valueDown(p);
    }

    /// @notice The LTV; type(uint256).max for a debt that nothing covers.
    function ltvBpsDown(Position memory p) internal pure returns (uint256) {
        uint256 value = valueDown(p);
        return value == 0 ? (p.debt == 0 ? 0 : type(uint256).max) : (p.debt * BPS) / value;
    }

    function valueDown(Position memory p) internal pure returns (uint256) {
        return p.collateral.mulDivDown(p.priceE36, PRICE_SCALE);
    }

    /// @notice The keeper's fee for moving `amount`.
    function feeDown(uint256 amount, Cost memory cost) internal pure returns (uint256 fee) {
        fee = (amount * cost.feeBps) / BPS;
        if (fee > cost.maxFee) fee = cost.maxFee;
    }

    /// @notice Most that can be moved so that it and its fee are within `budget`, or one unit less.
    function payableDown(uint256 budget, Cost memory cost) internal pure returns (uint256 amount) {
        amount = (budget * BPS) / (BPS + cost.feeBps);
        uint256 atMaxFee = budget.zeroFloorSub(cost.maxFee);
        if (atMaxFee > amount) amount = atMaxFee;
    }

    /// @notice Most collateral that may be given for `bought` loan units.
    function soldDown(uint256 bought, uint256 priceE36, uint256 slippageBps) internal pure returns (uint256) {
        return (bought * BPS).mulDivDown(PRICE_SCALE, priceE36 * (BPS - slippageBps));
    }

    /// @notice Highest target that a sale at such a cost can reach: from there on a sale takes as much value as it repays.
    function maxTargetLtvBpsDown(Cost memory cost) internal pure returns (uint256) {
        return (BPS * (BPS - cost.slippageBps) - 1) / (BPS + cost.feeBps);
    }

    /// @notice What a sale must repay, so that with it and its fee paid for at the worst price the cost allows the LTV is at or
    /// below target. More than the debt where only paying all of it would do.
    /// @dev See furtherBySaleUp. Above the least repayment that would do by at most (5 + value of one collateral unit) /
    /// (1 − t (1 + f) / (1 − s)) + 1 units. Assumes t <= maxTargetLtvBpsDown.
    function repaidBySaleUp(
        Position memory p,
        uint256 targetLtvBps,
        Cost memory cost
    ) internal pure returns (uint256 repaid) {
        return furtherBySaleUp(p, 0, WAD, targetLtvBps, cost);
    }

    /// @notice The same of a sale that has to pay `before` first, which leaves `p.debt`, and of whose further payment only
    /// `keptWad` a unit lessens the debt.
    /// @return further payment; type(uint256).max where none would do.
    /// @dev With r further repaid, b before, k kept, fee f, slippage s, target t, value v:
    /// debt + 1 − k r <= t (v − 1 − (b + r + fee) / (1 − s)), where the fee is the smaller of f (b + r) and its cap; hence the
    /// smaller of the two solutions. The unit taken off v is what rounding it down again may lose.
    function furtherBySaleUp(
        Position memory p,
        uint256 before,
        uint256 keptWad,
        uint256 targetLtvBps,
        Cost memory cost
    ) internal pure returns (uint256 further) {
        uint256 kept = BPS - cost.slippageBps;
        uint256 owed = ((p.debt + 1) * BPS + targetLtvBps) * kept;
        uint256 borne = targetLtvBps * valueDown(p) * kept;
        uint256 over = (owed + targetLtvBps * before * (BPS + cost.feeBps)).zeroFloorSub(borne);
        further = _dividedUp(over, BPS * kept, keptWad, targetLtvBps * (BPS + cost.feeBps));
        over = (owed + targetLtvBps * (before + cost.maxFee) * BPS).zeroFloorSub(borne);
        uint256 atMaxFee = _dividedUp(over, BPS * kept, keptWad, targetLtvBps * BPS);
        if (atMaxFee < further) further = atMaxFee;
    }

    /// @dev over / (full × kept − lost).
    function _dividedUp(uint256 over, uint256 full, uint256 keptWad, uint256 lost) private pure returns (uint256) {
        uint256 gained = (full * keptWad).zeroFloorSub(lost * WAD);
        return gained == 0 ? type(uint256).max : over.mulDivUp(WAD, gained);
    }

    /// @notice What must be repaid from elsewhere so that the LTV is at or below target; one unit more than needed.
    function repaidUp(Position memory p, uint256 targetLtvBps) internal pure returns (uint256) {
        return (p.debt + 1).zeroFloorSub((targetLtvBps * valueDown(p)) / BPS);
    }

    /// @notice Least collateral that must be added so that the LTV is at or below target.
    function toppedUpUp(Position memory p, uint256 targetLtvBps) internal pure returns (uint256) {
        uint256 value = p.debt.mulDivUp(BPS, targetLtvBps);
        return value.mulDivUp(PRICE_SCALE, p.priceE36).zeroFloorSub(p.collateral);
    }
}
