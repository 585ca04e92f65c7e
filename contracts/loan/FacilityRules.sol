// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {FacilityKind} from "../interfaces/LoanTypes.sol";
import {IRedemptionQueue} from "../interfaces/IRedemptionQueue.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {ITranche} from "../interfaces/ITranche.sol";

/// @title What a facility must satisfy to be created, and an oracle to replace another. Pure judgement, no state.
contract FacilityRules {
    uint256 private constant BPS = 10_000;
    /// @dev How far a new oracle's price may be from the live old one's, and how stale an old one is replaced without that.
    uint256 private constant ORACLE_SWITCH_LIMIT_BPS = 200;
    uint256 private constant ORACLE_SWITCH_STALE = 7 days;
    /// @dev Coarser, and one unit lost to rounding a second is worth more than the gas of asking for it; finer, and real amounts
    /// do not fit the loan's fields.
    uint256 private constant MIN_DECIMALS = 6;
    uint256 private constant MAX_DECIMALS = 18;

    /// @notice Reverts with IFacilities.InvalidFacility or AssetMismatch, naming the field: what is wrong at creation could
    /// never be mended later.
    function requireConsistent(
        IFacilities.FacilityParams calldata p,
        address manager,
        FacilityKind kind
    ) external view {
        _bounds("kind", uint256(p.kind), uint256(kind), uint256(kind));
        _bounds("targetLtvBps", p.targetLtvBps, 1, BPS);
        _bounds("maxLtvBps", p.maxLtvBps, uint256(p.targetLtvBps) + 1, BPS);
        _bounds("lltvBps", p.lltvBps, uint256(p.maxLtvBps) + 1, BPS);
        // A larger incentive would let a liquidation at lltv make the loss it is paid to prevent.
        _bounds("incentiveMaxBps", p.incentiveMaxBps, p.incentiveMinBps, (BPS * BPS) / p.lltvBps - BPS);
        _bounds("healthForMaxBps", p.healthForMaxBps, 0, BPS - 1);
        _bounds("rampSeconds", p.rampSeconds, 1, type(uint32).max);
        _bounds("minDebt", p.minDebt, 1, type(uint80).max);
        _bounds("loanCap", p.loanCap, p.minDebt, type(uint96).max);

        _same("pool.manager", manager, IPoolLedger(p.pool).manager());
        _same("vault.manager", manager, ICollateralVault(p.vault).manager());
        address loanAsset = IPoolLedger(p.pool).asset();
        address collateralAsset = ICollateralVault(p.vault).asset();
        for (uint8 class = 0; class <= uint8(type(TrancheClass).max); ++class) {
            ITranche tranche = ITranche(IPoolLedger(p.pool).tranche(TrancheClass(class)));
            if (class != 0 && address(tranche) == address(0)) continue;
            _same("tranche.pool", p.pool, tranche.pool());
            _same("tranche.asset", loanAsset, tranche.asset());
            _bounds("tranche.class", uint256(tranche.class()), class, class);
        }
        address queue = IPoolLedger(p.pool).queue();
        if (queue != address(0)) _same("queue.pool", p.pool, IRedemptionQueue(queue).pool());
        _bounds("loan.decimals", IERC20Metadata(loanAsset).decimals(), MIN_DECIMALS, MAX_DECIMALS);
        _bounds("collateral.decimals", IERC20Metadata(collateralAsset).decimals(), MIN_DECIMALS, MAX_DECIMALS);
        require(
            loanAsset != collateralAsset,
            IFacilities.AssetMismatch("collateral other than the loan asset", loanAsset, collateralAsset)
        );
        _samePair(IOracle(p.oracle), loanAsset, collateralAsset);
        _bounds("oracle.price", IOracle(p.oracle).price(), 1, type(uint256).max);
    }

    /// @notice Reverts unless `next` is for the same pair with the same caps, and its price is near the live one of `old`, or
    /// the feeds of `old` have been stale for long.
    function requireReplaceable(IOracle old, IOracle next) external view {
        _samePair(next, old.loanAsset(), old.collateralAsset());
        (uint256 sequencerCap, uint256 disagreementCap) = next.caps();
        (uint256 oldSequencerCap, uint256 oldDisagreementCap) = old.caps();
        require(
            sequencerCap == oldSequencerCap && disagreementCap == oldDisagreementCap,
            IFacilities.OracleCapsDiffer()
        );
        uint256 nextPrice = next.price();
        uint256 staleFor = old.staleFor();
        if (staleFor >= ORACLE_SWITCH_STALE) return;
        try old.price() returns (uint256 oldPrice) {
            uint256 distance = nextPrice > oldPrice ? nextPrice - oldPrice : oldPrice - nextPrice;
            require(
                distance * BPS <= oldPrice * ORACLE_SWITCH_LIMIT_BPS,
                IFacilities.OraclePriceTooFar(oldPrice, nextPrice, ORACLE_SWITCH_LIMIT_BPS)
            );
        } catch {
            revert IFacilities.OracleNotStaleEnough(staleFor, ORACLE_SWITCH_STALE);
        }
    }

    function _samePair(IOracle oracle, address loanAsset, address collateralAsset) private view {
        _same("oracle.loanAsset", loanAsset, oracle.loanAsset());
        _same("oracle.collateralAsset", collateralAsset, oracle.collateralAsset());
    }

    function _same(string memory what, address expected, address actual) private pure {
        require(expected == actual, IFacilities.AssetMismatch(what, expected, actual));
    }

    function _bounds(string memory field, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, IFacilities.InvalidFacility(field, value, least, most));
    }
}
