// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Facility, FacilityKind} from "./LoanTypes.sol";

/// @title The facilities of one loan manager: created once, mostly fixed for ever, and the few settings that roles may change.
interface IFacilities {
    /// @notice What creates a facility. Everything but cap, loanCap, gate, maxLtvBps and oracle is fixed for ever.
    struct FacilityParams {
        address pool;
        address vault;
        address oracle;
        address gate; // 0 lets everybody in
        FacilityKind kind;
        uint16 maxLtvBps;
        uint16 lltvBps;
        uint16 targetLtvBps;
        uint16 incentiveMinBps;
        uint16 incentiveMaxBps;
        uint16 healthForMaxBps;
        uint32 rampSeconds;
        uint80 minDebt;
        uint96 cap;
        uint96 loanCap;
    }

    event FacilityCreated(uint32 indexed facility, FacilityParams params);
    event NewLoansStopped(uint32 indexed facility, bool stopped);
    event CapsSet(uint32 indexed facility, uint96 cap, uint96 loanCap);
    event MaxLtvSet(uint32 indexed facility, uint16 maxLtvBps);
    event GateSet(uint32 indexed facility, address gate);
    event OracleSet(uint32 indexed facility, address oracle);

    error UnknownFacility(uint32 facility);
    error FacilityLocked(uint32 facility);
    error NewLoansAreStopped(uint32 facility);
    error ZeroAmount();
    error InvalidFacility(string field, uint256 value, uint256 least, uint256 most);
    error AssetMismatch(string field, address expected, address actual);
    /// @notice The guardian lowers; it was asked to raise.
    error GuardianCannotRaise(uint256 current, uint256 requested);
    /// @notice The new oracle's price is too far from the live old one's.
    error OraclePriceTooFar(uint256 oldPriceE36, uint256 newPriceE36, uint256 limitBps);
    /// @notice The old oracle refuses but has not been stale for long enough to be replaced without comparison.
    error OracleNotStaleEnough(uint256 staleFor, uint256 required);
    error OracleCapsDiffer();
    /// @notice The oracle was replaced at `setAt`; small steps taken together would make a large one.
    error OracleSetTooSoon(uint256 setAt, uint256 interval);

    // ---- what the pool and tranches ask ----

    /// @notice Reverts with FacilityLocked while an action of the facility is half done.
    function requireUnlocked(uint32 facility) external view;

    /// @notice Reverts while locked, and unless the facility's gate lets `account` lend.
    function requireMayLend(uint32 facility, address account) external view;

    // ---- views ----

    function facilityCount() external view returns (uint32);
    function facilityOf(uint32 facility) external view returns (Facility memory);

    // ---- governance (AccessManager roles; see contracts/governance) ----

    /// @notice Creates a facility and seeds each of its tranches with `seedAssets` from the caller, who has approved them.
    function createFacility(FacilityParams calldata params, uint256 seedAssets) external returns (uint32 facility);

    /// @notice Guardian, at once: no new loans, draws or transfers until resumed.
    function stopNewLoans(uint32 facility) external;
    /// @notice Guardian, at once: neither may be higher than now.
    function lowerCaps(uint32 facility, uint96 cap, uint96 loanCap) external;
    /// @notice Guardian, at once: maxLtv for new risk; 0 stops borrowing and withdrawing against debt.
    function lowerMaxLtv(uint32 facility, uint16 maxLtvBps) external;
    /// @notice Risk manager, delayed.
    function resumeNewLoans(uint32 facility) external;
    function setCaps(uint32 facility, uint96 cap, uint96 loanCap) external;
    function setMaxLtv(uint32 facility, uint16 maxLtvBps) external;
    function setGate(uint32 facility, address gate) external;
    /// @notice Only an oracle for the same pair with the same caps, whose price is within 2 % of the live old one; or any such
    /// oracle once the old one's feeds have been stale for 7 days. At most once in 7 days.
    function setOracle(uint32 facility, address oracle) external;
}
