// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICapital} from "./ICapital.sol";

/// @title Risk weights, capital ratios, and the limit that they set to new loans.
/// @notice Two views of the same book. The regulatory one weighs all debt and gives no relief for BTC as collateral; it alone decides
/// what may be lent. The economic one weighs what a haircut on the collateral leaves uncovered; it is shown beside the other.
///
/// Ratio = net asset value of the junior class, expected losses counted / risk-weighted assets. Only new debt and junior's leaving
/// must respect it; no borrower's exit asks for it. Weights and minima apply to loans that run as well as to new ones.
interface ICapitalReport is ICapital {
    /// @notice What one kind of debtor weighs.
    struct RiskClass {
        bytes32 name; // ASCII, left-aligned
        uint32 weightBps; // 10,000 = 100 %; at most 125,000
    }

    /// @notice Of one pool, or of several with one loan asset. Amounts in loan units.
    struct Ratio {
        uint256 junior; // net asset value, expected losses counted
        uint256 exposure; // all debt; in the economic view what is not covered
        uint256 riskWeightedAssets; // rounded up, pool by pool
        uint256 ratioWad; // rounded down; type(uint256).max where nothing is weighted
    }

    event RiskWeightsSet(uint256 indexed version, uint256 effectiveAt, RiskClass[] classes);
    event PoolAssigned(address indexed pool, uint256 riskClass, uint256 minRatioBps);
    event HaircutSet(uint256 haircutBps);

    error WeightTooHigh(uint256 riskClass, uint256 weightBps, uint256 maxWeightBps);
    /// @notice A table must keep the classes that are there, in their order and by their names: pools are assigned to them.
    error ClassChanged(uint256 riskClass, bytes32 was, bytes32 is_);
    error TooFewClasses(uint256 classes, uint256 least);
    error TooManyClasses(uint256 classes, uint256 most);
    error EffectiveInThePast(uint256 effectiveAt, uint256 now_);
    error UnknownRiskClass(uint256 riskClass, uint256 classes);
    error RatioOutOfBounds(uint256 minRatioBps, uint256 least, uint256 most);
    error HaircutTooHigh(uint256 haircutBps, uint256 maxHaircutBps);
    /// @notice Ratios of books in different currencies cannot be added up.
    error DifferentAssets(address first, address other);
    /// @notice Loans must be of the pool's facility and in ascending order, so that none counts twice.
    error UnexpectedLoan(uint256 id, uint256 previous);

    /// @notice The table in force: its version, since when, and its classes.
    function riskWeights() external view returns (uint256 version, uint256 effectiveAt, RiskClass[] memory classes);
    /// @notice The table of that version, in force, past or to come.
    function riskWeightsOf(uint256 version) external view returns (uint256 effectiveAt, RiskClass[] memory classes);
    /// @notice Number of the last table set, which may not be in force yet.
    function lastVersion() external view returns (uint256);
    /// @notice What applies to a pool now. One that nobody assigned weighs the most there is.
    function termsOf(address pool) external view returns (uint256 weightBps, uint256 minRatioBps);
    /// @notice Part of the collateral's value that the economic view does not count.
    function haircutBps() external view returns (uint256);

    /// @notice Of one pool, by all its debt.
    function ratioOf(address pool) external view returns (Ratio memory);
    /// @notice Of several pools with one loan asset together. The caller names them; there is no list to go through on chain.
    function ratioOfBook(address[] calldata pools) external view returns (Ratio memory);
    /// @notice Of one pool, by what the haircut value of their collateral leaves uncovered of the loans named. Debt of loans not
    /// named counts in full, so that leaving one out makes the ratio look worse (but for interest of loans in default, which they
    /// owe and the pool does not count: it hides as much of a loan that was left out). Reverts where the oracle refuses.
    function economicRatioOf(address pool, uint256[] calldata ids) external view returns (Ratio memory);

    // ---- risk manager, delayed ----

    /// @notice Replaces all weights, from `effectiveAt` on; a table that was set and is not in force yet never will be.
    function setRiskWeights(RiskClass[] calldata classes, uint256 effectiveAt) external;
    /// @notice Names a pool's class and its minimum ratio, 0 for the default of 10.5 %; at least 8 %.
    function assign(address pool, uint256 riskClass, uint256 minRatioBps) external;
    function setHaircut(uint256 haircutBps_) external;
}
