// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {GateCheck} from "../compliance/GateCheck.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {AccessTerms, Facility, FacilityFlags, FacilityKind} from "../interfaces/LoanTypes.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {ITranche} from "../interfaces/ITranche.sol";
import {FacilityLock} from "./FacilityLock.sol";
import {FacilityRules} from "./FacilityRules.sol";

/// @title The facilities: created once, mostly fixed for ever, and the few settings that roles may change.
abstract contract Facilities is IFacilities, AccessManaged, FacilityLock {
    /// @dev A contract of its own so that this one stays below the size limit; it has no state and is never replaced.
    FacilityRules internal immutable RULES = new FacilityRules();

    FacilityKind private immutable KIND;
    uint32 private immutable FIRST_NUMBER;
    uint256 private constant ORACLE_SWITCH_INTERVAL = 7 days;

    mapping(uint32 facility => Facility) internal _facilities;
    mapping(uint32 facility => uint256) private _oracleSetAt;
    /// @inheritdoc IFacilities
    uint32 public facilityCount;

    /// @param kind of all facilities of this contract
    /// @param firstNumber of them; far from another manager's, so that a loan's id says whose it is
    constructor(FacilityKind kind, uint32 firstNumber) {
        KIND = kind;
        FIRST_NUMBER = firstNumber;
    }

    // ---- creation ----

    /// @inheritdoc IFacilities
    function createFacility(
        FacilityParams calldata p,
        uint256 seedAssets
    ) external restricted returns (uint32 facility) {
        RULES.requireConsistent(p, address(this), KIND);
        require(seedAssets != 0, ZeroAmount());
        facility = FIRST_NUMBER + facilityCount++;
        Facility storage f = _facilities[facility];
        f.ltv.pool = p.pool;
        f.ltv.maxLtvBps = p.maxLtvBps;
        f.ltv.lltvBps = p.lltvBps;
        f.ltv.targetLtvBps = p.targetLtvBps;
        f.ltv.incentiveMinBps = p.incentiveMinBps;
        f.ltv.incentiveMaxBps = p.incentiveMaxBps;
        f.ltv.healthForMaxBps = p.healthForMaxBps;
        f.pricing.oracle = p.oracle;
        f.pricing.minDebt = p.minDebt;
        f.pricing.kind = p.kind;
        f.custody.vault = p.vault;
        f.custody.cap = p.cap;
        f.rampSeconds = p.rampSeconds;
        emit FacilityCreated(facility, p);
        IPoolLedger(p.pool).initialise(facility);
        for (uint8 class = 0; class <= uint8(type(TrancheClass).max); ++class) {
            address tranche = IPoolLedger(p.pool).tranche(TrancheClass(class));
            if (tranche != address(0)) ITranche(tranche).seed(msg.sender, seedAssets);
        }
        // Last: the seed belongs to nobody, so there is nobody for the gate to judge.
        _setAccess(f, p.gate, p.loanCap);
    }

    // ---- guardian: at once, downwards ----

    /// @inheritdoc IFacilities
    function stopNewLoans(uint32 facility) external restricted {
        _existing(facility).pricing.flags |= FacilityFlags.NEW_LOANS_STOPPED;
        emit NewLoansStopped(facility, true);
    }

    /// @inheritdoc IFacilities
    function lowerCaps(uint32 facility, uint96 cap, uint96 loanCap) external restricted {
        Facility storage f = _existing(facility);
        require(cap <= f.custody.cap, GuardianCannotRaise(f.custody.cap, cap));
        require(loanCap <= f.access.loanCap, GuardianCannotRaise(f.access.loanCap, loanCap));
        _setCaps(facility, f, cap, loanCap);
    }

    /// @inheritdoc IFacilities
    function lowerMaxLtv(uint32 facility, uint16 maxLtvBps) external restricted {
        Facility storage f = _existing(facility);
        require(maxLtvBps <= f.ltv.maxLtvBps, GuardianCannotRaise(f.ltv.maxLtvBps, maxLtvBps));
        f.ltv.maxLtvBps = maxLtvBps;
        emit MaxLtvSet(facility, maxLtvBps);
    }

    // ---- risk manager: delayed ----

    /// @inheritdoc IFacilities
    function resumeNewLoans(uint32 facility) external restricted {
        _existing(facility).pricing.flags &= ~FacilityFlags.NEW_LOANS_STOPPED;
        emit NewLoansStopped(facility, false);
    }

    /// @inheritdoc IFacilities
    function setCaps(uint32 facility, uint96 cap, uint96 loanCap) external restricted {
        _setCaps(facility, _existing(facility), cap, loanCap);
    }

    /// @inheritdoc IFacilities
    function setMaxLtv(uint32 facility, uint16 maxLtvBps) external restricted {
        Facility storage f = _existing(facility);
        require(maxLtvBps < f.ltv.lltvBps, InvalidFacility("maxLtvBps", maxLtvBps, 0, f.ltv.lltvBps - 1));
        f.ltv.maxLtvBps = maxLtvBps;
        emit MaxLtvSet(facility, maxLtvBps);
    }

    /// @inheritdoc IFacilities
    function setGate(uint32 facility, address gate) external restricted {
        Facility storage f = _existing(facility);
        _setAccess(f, gate, f.access.loanCap);
        emit GateSet(facility, gate);
    }

    /// @inheritdoc IFacilities
    function setOracle(uint32 facility, address oracle) external restricted {
        Facility storage f = _existing(facility);
        uint256 setAt = _oracleSetAt[facility];
        require(block.timestamp >= setAt + ORACLE_SWITCH_INTERVAL, OracleSetTooSoon(setAt, ORACLE_SWITCH_INTERVAL));
        RULES.requireReplaceable(IOracle(f.pricing.oracle), IOracle(oracle));
        _oracleSetAt[facility] = block.timestamp;
        f.pricing.oracle = oracle;
        emit OracleSet(facility, oracle);
    }

    // ---- what pool and tranches ask ----

    /// @inheritdoc IFacilities
    function requireUnlocked(uint32 facility) external view {
        _requireUnlocked(facility);
    }

    /// @inheritdoc IFacilities
    function requireMayLend(uint32 facility, address account) external view {
        _requireUnlocked(facility);
        GateCheck.requireAllowed(_facilities[facility].access.gate, account, NewRisk.Lend);
    }

    /// @inheritdoc IFacilities
    function facilityOf(uint32 facility) external view returns (Facility memory) {
        return _existing(facility);
    }

    // ---- inside ----

    function _existing(uint32 facility) internal view returns (Facility storage f) {
        f = _facilities[facility];
        require(f.ltv.pool != address(0), UnknownFacility(facility));
    }

    function _setCaps(uint32 facility, Facility storage f, uint96 cap, uint96 loanCap) private {
        f.custody.cap = cap;
        _setAccess(f, f.access.gate, loanCap);
        emit CapsSet(facility, cap, loanCap);
    }

    function _setAccess(Facility storage f, address gate, uint96 loanCap) private {
        f.access = AccessTerms({gate: gate, loanCap: loanCap});
        if (gate != address(0) || loanCap != type(uint96).max) f.pricing.flags |= FacilityFlags.ACCESS_LIMITED;
        else f.pricing.flags &= ~FacilityFlags.ACCESS_LIMITED;
    }

    function _requireNewLoans(uint32 facility, uint8 flags) internal pure {
        require(flags & FacilityFlags.NEW_LOANS_STOPPED == 0, NewLoansAreStopped(facility));
    }
}
