// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICapital} from "../interfaces/ICapital.sol";
import {ICapitalReport} from "../interfaces/ICapitalReport.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {DirectedMath, PRICE_SCALE, WAD} from "../math/DirectedMath.sol";

/// @title Capital
/// @dev Assumptions. Roundings: exposures and requirements up, ratios down. Liveness: requiredJuniorUp cannot revert for a debt
/// below 2^128, so that a pool can always say what it requires. Roles: the risk manager can stop new loans and junior exits by
/// weights and ratios, and allow more of them down to a minimum of 8 % of the weight it chooses; it can take nothing.
contract Capital is ICapitalReport, AccessManaged {
    using DirectedMath for uint256;
    using SafeCast for uint256;

    uint256 private constant BPS = 10_000;
    uint256 private constant MAX_WEIGHT_BPS = 125_000;
    /// @dev 8 % with the 2.5 % conservation buffer.
    uint256 private constant DEFAULT_MIN_RATIO_BPS = 1_050;
    uint256 private constant LEAST_MIN_RATIO_BPS = 800;
    uint256 private constant MAX_CLASSES = 64;

    struct Table {
        uint40 effectiveAt;
        RiskClass[] classes;
    }

    /// @dev One slot.
    struct Assignment {
        uint8 riskClass;
        uint16 minRatioBps; // 0 = not assigned
    }

    /// @dev By version - 1.
    Table[] private _tables;
    /// @dev Version in force before the last one took effect.
    uint32 private _before;
    mapping(address pool => Assignment) private _assignments;
    /// @inheritdoc ICapitalReport
    uint256 public haircutBps;

    constructor(address authority, RiskClass[] memory classes, uint256 haircutBps_) AccessManaged(authority) {
        _append(classes, block.timestamp);
        _setHaircut(haircutBps_);
    }

    // ---- risk manager ----

    /// @inheritdoc ICapitalReport
    function setRiskWeights(RiskClass[] calldata classes, uint256 effectiveAt) external restricted {
        require(effectiveAt >= block.timestamp, EffectiveInThePast(effectiveAt, block.timestamp));
        _before = uint32(_version());
        RiskClass[] storage known = _tables[_tables.length - 1].classes;
        require(classes.length >= known.length, TooFewClasses(classes.length, known.length));
        for (uint256 i; i < known.length; ++i) {
            require(classes[i].name == known[i].name, ClassChanged(i, known[i].name, classes[i].name));
        }
        _append(classes, effectiveAt);
    }

    /// @inheritdoc ICapitalReport
    function assign(address pool, uint256 riskClass, uint256 minRatioBps) external restricted {
        uint256 classes = _tables[_version() - 1].classes.length;
        require(riskClass < classes, UnknownRiskClass(riskClass, classes));
        if (minRatioBps == 0) minRatioBps = DEFAULT_MIN_RATIO_BPS;
        require(
            minRatioBps >= LEAST_MIN_RATIO_BPS && minRatioBps <= BPS,
            RatioOutOfBounds(minRatioBps, LEAST_MIN_RATIO_BPS, BPS)
        );
        _assignments[pool] = Assignment(riskClass.toUint8(), uint16(minRatioBps));
        emit PoolAssigned(pool, riskClass, minRatioBps);
    }

    /// @inheritdoc ICapitalReport
    function setHaircut(uint256 haircutBps_) external restricted {
        _setHaircut(haircutBps_);
    }

    // ---- what a pool asks ----

    /// @inheritdoc ICapital
    function requiredJuniorUp(address pool, uint256 debt) external view returns (uint256) {
        (uint256 weightBps, uint256 minRatioBps) = termsOf(pool);
        return _weightedUp(debt, weightBps).mulDivUp(minRatioBps, BPS);
    }

    // ---- views ----

    /// @inheritdoc ICapitalReport
    function riskWeights() external view returns (uint256 version, uint256 effectiveAt, RiskClass[] memory classes) {
        version = _version();
        (effectiveAt, classes) = riskWeightsOf(version);
    }

    /// @inheritdoc ICapitalReport
    function riskWeightsOf(uint256 version) public view returns (uint256 effectiveAt, RiskClass[] memory classes) {
        Table storage table = _tables[version - 1];
        return (table.effectiveAt, table.classes);
    }

    /// @inheritdoc ICapitalReport
    function lastVersion() external view returns (uint256) {
        return _tables.length;
    }

    /// @inheritdoc ICapitalReport
    function termsOf(address pool) public view returns (uint256 weightBps, uint256 minRatioBps) {
        Assignment memory a = _assignments[pool];
        if (a.minRatioBps == 0) return (MAX_WEIGHT_BPS, DEFAULT_MIN_RATIO_BPS);
        return (_tables[_version() - 1].classes[a.riskClass].weightBps, a.minRatioBps);
    }

    /// @inheritdoc ICapitalReport
    function ratioOf(address pool) external view returns (Ratio memory r) {
        _add(r, pool, IPoolLedger(pool).totalDebt());
        return _withRatio(r);
    }

    /// @inheritdoc ICapitalReport
    function ratioOfBook(address[] calldata pools) external view returns (Ratio memory r) {
        for (uint256 i; i < pools.length; ++i) {
            (address first, address other) = (IPoolLedger(pools[0]).asset(), IPoolLedger(pools[i]).asset());
            require(first == other, DifferentAssets(first, other));
            _add(r, pools[i], IPoolLedger(pools[i]).totalDebt());
        }
        return _withRatio(r);
    }

    /// @inheritdoc ICapitalReport
    function economicRatioOf(address pool, uint256[] calldata ids) external view returns (Ratio memory r) {
        ILoans manager = ILoans(IPoolLedger(pool).manager());
        uint32 facility = IPoolLedger(pool).facility();
        uint256 price = IOracle(manager.facilityOf(facility).pricing.oracle).price();
        // A debt is rounded up loan by loan, the total is not: their difference stops at zero.
        uint256 unnamed = IPoolLedger(pool).totalDebt();
        uint256 uncovered = 0;
        uint256 previous = 0;
        for (uint256 i; i < ids.length; ++i) {
            require(uint32(ids[i] >> 64) == facility && ids[i] > previous, UnexpectedLoan(ids[i], previous));
            previous = ids[i];
            uint256 debt = manager.debtOf(ids[i]);
            uint256 value = uint256(manager.loanOf(ids[i]).collateral).mulDivDown(price, PRICE_SCALE);
            uncovered += debt.zeroFloorSub(value.mulDivDown(BPS - haircutBps, BPS));
            unnamed = unnamed.zeroFloorSub(debt);
        }
        _add(r, pool, uncovered + unnamed);
        return _withRatio(r);
    }

    // ---- inside ----

    function _version() private view returns (uint256) {
        uint256 last = _tables.length;
        return block.timestamp >= _tables[last - 1].effectiveAt ? last : _before;
    }

    function _append(RiskClass[] memory classes, uint256 effectiveAt) private {
        require(classes.length != 0, TooFewClasses(0, 1));
        require(classes.length <= MAX_CLASSES, TooManyClasses(classes.length, MAX_CLASSES));
        Table storage table = _tables.push();
        table.effectiveAt = effectiveAt.toUint40();
        for (uint256 i; i < classes.length; ++i) {
            uint256 weightBps = classes[i].weightBps;
            require(weightBps <= MAX_WEIGHT_BPS, WeightTooHigh(i, weightBps, MAX_WEIGHT_BPS));
            table.classes.push(classes[i]);
        }
        emit RiskWeightsSet(_tables.length, effectiveAt, classes);
    }

    function _setHaircut(uint256 haircutBps_) private {
        require(haircutBps_ <= BPS, HaircutTooHigh(haircutBps_, BPS));
        haircutBps = haircutBps_;
        emit HaircutSet(haircutBps_);
    }

    function _add(Ratio memory r, address pool, uint256 exposure) private view {
        (uint256 weightBps, ) = termsOf(pool);
        r.junior += IPoolLedger(pool).navOf(TrancheClass.Junior);
        r.exposure += exposure;
        r.riskWeightedAssets += _weightedUp(exposure, weightBps);
    }

    function _withRatio(Ratio memory r) private pure returns (Ratio memory) {
        r.ratioWad = r.riskWeightedAssets == 0 ? type(uint256).max : r.junior.mulDivDown(WAD, r.riskWeightedAssets);
        return r;
    }

    function _weightedUp(uint256 exposure, uint256 weightBps) private pure returns (uint256) {
        return exposure.mulDivUp(weightBps, BPS);
    }
}
