// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoanManager} from "../interfaces/ILoanManager.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {BPS_TO_WAD, DirectedMath, PRICE_SCALE} from "../math/DirectedMath.sol";
import {LiquidationMath} from "./LiquidationMath.sol";

/// @title LiquidationEngine
/// @dev Holds nothing and remembers nothing. Quote and execution share _judge.
contract LiquidationEngine is ILiquidationEngine {
    using DirectedMath for uint256;

    ILoanManager private immutable MANAGER;

    constructor(ILoanManager manager_) {
        MANAGER = manager_;
    }

    /// @inheritdoc ILiquidationEngine
    function manager() external view returns (address) {
        return address(MANAGER);
    }

    /// @inheritdoc ILiquidationEngine
    function liquidate(
        uint256 id,
        uint256 maxRepaid,
        uint256 minCollateralPerUnitE36,
        bytes calldata data
    ) external returns (uint256 repaid, uint256 seized) {
        Quote memory q = _judge(id, MANAGER.beginLiquidation(id), maxRepaid);
        (repaid, seized) = (q.repaid, q.seized);
        uint256 perUnit = seized.mulDivDown(PRICE_SCALE, repaid);
        require(perUnit >= minCollateralPerUnitE36, PriceTooLow(perUnit, minCollateralPerUnitE36));
        MANAGER.endLiquidation(id, msg.sender, q.debt, q.debtClosed, repaid, seized, data);
    }

    /// @inheritdoc ILiquidationEngine
    function quote(uint256 id, uint256 maxRepaid) external view returns (Quote memory) {
        return _judge(id, MANAGER.liquidationStateOf(id), maxRepaid);
    }

    /// @dev A loan is liquidatable when its debt is more than its collateral supports at lltv, or when marked as defaulted.
    function _judge(
        uint256 id,
        ILoanManager.LiquidationState memory state,
        uint256 maxRepaid
    ) private view returns (Quote memory q) {
        LiquidationMath.Terms memory terms = LiquidationMath.Terms({
            lltv: state.lltvBps * BPS_TO_WAD,
            targetLtv: state.targetLtvBps * BPS_TO_WAD,
            incentiveMin: state.incentiveMinBps * BPS_TO_WAD,
            incentiveMax: state.incentiveMaxBps * BPS_TO_WAD,
            healthForMax: state.healthForMaxBps * BPS_TO_WAD,
            minDebt: state.minDebt,
            defaultMarked: state.defaultMarkedAt != 0,
            secondsOnRamp: 0,
            rampSeconds: state.rampSeconds
        });
        uint256 price = IOracle(state.oracle).liquidationPrice();
        if (terms.defaultMarked) terms.secondsOnRamp = _secondsOnRamp(state);
        uint256 maxDebt = LiquidationMath.maxDebtDown(LiquidationMath.valueDown(state.collateral, price), terms.lltv);
        require(
            state.debt > maxDebt || (terms.defaultMarked && state.debt != 0),
            NotLiquidatable(id, state.debt, maxDebt)
        );
        q = LiquidationMath.quote(state.collateral, price, state.debt, maxRepaid, terms);
        require(q.repaid != 0, BelowMinimum(maxRepaid, q.allowance, state.minDebt));
    }

    /// @dev The ramp starts at the later of the mark and the end of the sequencer's grace.
    function _secondsOnRamp(ILoanManager.LiquidationState memory state) private view returns (uint256) {
        uint256 graceEnd = IOracle(state.oracle).graceEndsAt();
        uint256 from = graceEnd > state.defaultMarkedAt ? graceEnd : state.defaultMarkedAt;
        return block.timestamp.zeroFloorSub(from);
    }
}
