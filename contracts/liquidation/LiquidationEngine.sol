// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {BPS_TO_WAD, DirectedMath} from "../math/DirectedMath.sol";
import {LiquidationMath} from "./LiquidationMath.sol";

/// @title LiquidationEngine
contract LiquidationEngine is ILiquidationEngine {
    using DirectedMath for uint256;

    /// @inheritdoc ILiquidationEngine
    /// @dev A loan is liquidatable when its debt is more than its collateral supports at lltv, or when marked as defaulted.
    function judge(Position calldata position, uint256 maxRepaid) external view returns (Quote memory q) {
        LiquidationMath.Terms memory terms = LiquidationMath.Terms({
            lltv: position.lltvBps * BPS_TO_WAD,
            targetLtv: position.targetLtvBps * BPS_TO_WAD,
            incentiveMin: position.incentiveMinBps * BPS_TO_WAD,
            incentiveMax: position.incentiveMaxBps * BPS_TO_WAD,
            healthForMax: position.healthForMaxBps * BPS_TO_WAD,
            minDebt: position.minDebt,
            defaultMarked: position.defaultMarkedAt != 0,
            secondsOnRamp: 0,
            rampSeconds: position.rampSeconds
        });
        uint256 price = IOracle(position.oracle).liquidationPrice();
        if (terms.defaultMarked) terms.secondsOnRamp = _secondsOnRamp(position);
        uint256 value = LiquidationMath.valueDown(position.collateral, price);
        uint256 maxDebt = LiquidationMath.maxDebtDown(value, terms.lltv);
        require(
            position.debt > maxDebt || (terms.defaultMarked && position.debt != 0),
            NotLiquidatable(position.debt, maxDebt)
        );
        q = LiquidationMath.quote(position.collateral, price, position.debt, maxRepaid, terms);
        require(q.repaid != 0, BelowMinimum(maxRepaid, q.allowance, position.minDebt));
    }

    /// @dev The ramp starts at the later of the mark and the end of the sequencer's grace.
    function _secondsOnRamp(Position calldata position) private view returns (uint256) {
        uint256 graceEnd = IOracle(position.oracle).graceEndsAt();
        uint256 from = graceEnd > position.defaultMarkedAt ? graceEnd : position.defaultMarkedAt;
        return block.timestamp.zeroFloorSub(from);
    }
}
