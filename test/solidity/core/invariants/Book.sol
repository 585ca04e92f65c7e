// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {Facility, FacilityFlags, Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {ILoanManagerFull} from "../../helpers/ILoanManagerFull.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice What the handlers know: two facilities, their actors and every loan these may have; what was donated; what was seen
/// to break; and a picture of everything before and after each action.
/// @dev A break is written down under the id of its invariant and makes that invariant fail, instead of reverting the action.
abstract contract Book is CommonBase, StdUtils {
    uint256 internal constant ACTORS = 4;
    uint64 internal constant SALTS = 2;
    uint256 internal constant LOANS = ACTORS * SALTS;

    enum Kind {
        Other, // touches no loan but to its good
        OwnersChoice, // its owner, or an operator, took from it or added debt
        Sale // liquidated
    }

    struct Picture {
        uint256 timestamp;
        uint256 nav;
        uint256 supply;
        uint256 reserve;
        uint256 vault;
        uint256[LOANS] collateral;
        uint256[LOANS] shares;
        address[LOANS] owner;
        bytes32 otherFacility;
    }

    ILoanManagerFull internal immutable MANAGER;
    address internal immutable RISK;
    address internal immutable GUARDIAN;
    address internal immutable COLLECTOR;
    address internal constant OPERATOR = address(0x0123);
    Market.Parts[2] internal _parts;
    FaultGate[2] internal _gates;
    address[ACTORS] internal _actors;

    /// @notice Tokens sent by mistake, so that balances can be checked to the unit.
    mapping(uint256 f => uint256) public donatedBtc;
    mapping(uint256 f => uint256) public donatedUsd;
    /// @notice How often an invariant was seen to break, and where first.
    mapping(string id => string) public broken;
    mapping(string name => uint256) public tried;
    mapping(string name => uint256) public succeeded;
    string[] internal _names;

    // Set by an action for the comparison after it.
    Kind internal _kind;
    uint256 internal _touched;
    uint256 internal _lossRealised;

    constructor(ILoanManagerFull manager, Market.Parts[2] memory parts, address[ACTORS] memory actors) {
        MANAGER = manager;
        (RISK, GUARDIAN, COLLECTOR) = (address(0xa1), address(0xa2), address(0xa3));
        _actors = actors;
        for (uint256 f; f < 2; ++f) {
            _parts[f] = parts[f];
            _gates[f] = new FaultGate();
        }
    }

    /// @dev Runs one action between two pictures of its facility.
    modifier action(uint256 facilitySeed, string memory name) {
        if (tried[name] == 0) _names.push(name);
        ++tried[name];
        uint256 f = facilitySeed % 2;
        Picture memory before = _picture(f);
        (_kind, _touched, _lossRealised) = (Kind.Other, type(uint256).max, 0);
        _;
        _compare(before, _picture(f), name);
    }

    // ---- what the invariants ask ----

    function gateOf(uint256 f) external view returns (FaultGate) {
        return _gates[f];
    }

    function names() external view returns (string[] memory) {
        return _names;
    }

    function loanCount() external pure returns (uint256) {
        return LOANS;
    }

    function loanAt(uint256 f, uint256 i) public view returns (uint256 id) {
        return (uint256(uint160(_actors[i / SALTS])) << 96) | (uint256(_parts[f].id) << 64) | (i % SALTS);
    }

    // ---- for the actions ----

    function _done(string memory name) internal {
        ++succeeded[name];
    }

    function _break(string memory id, string memory where) internal {
        if (bytes(broken[id]).length == 0) broken[id] = where;
    }

    function _check(bool ok, string memory id, string memory where) internal {
        if (!ok) _break(id, where);
    }

    function _actor(uint256 seed) internal view returns (address) {
        return _actors[seed % ACTORS];
    }

    function _debt(uint256 id) internal view returns (uint256) {
        return MANAGER.debtOf(id);
    }

    /// @dev The first loan from `seed` on that is open, and owes something where asked to; max where there is none.
    function _findLoan(uint256 f, uint256 seed, bool withDebt) internal view returns (uint256) {
        for (uint256 k; k < LOANS; ++k) {
            uint256 i = ((seed % LOANS) + k) % LOANS;
            Loan memory loan = MANAGER.loanOf(loanAt(f, i));
            if (loan.flags & LoanFlags.OPEN != 0 && (!withDebt || loan.debtShares != 0)) return i;
        }
        return type(uint256).max;
    }

    function _value(uint256 f, uint256 collateral) internal view returns (uint256) {
        // The mock's own price, which it tells even while it refuses.
        return (collateral * _storedPrice(f)) / 1e36;
    }

    /// @dev Slot 0 of the mock, because its views revert while it refuses.
    function _storedPrice(uint256 f) internal view returns (uint256) {
        return uint256(vm.load(address(_parts[f].oracle), 0));
    }

    function _terms(uint256 f) internal view returns (Facility memory) {
        return MANAGER.facilityOf(_parts[f].id);
    }

    function _isUnhealthy(uint256 f, uint256 id) internal view returns (bool) {
        uint256 value = _value(f, MANAGER.loanOf(id).collateral);
        return _debt(id) > (value * _terms(f).ltv.lltvBps) / 10_000;
    }

    /// @dev Whether new risk should be refused for a reason that is not the loan's own.
    function _isShut(uint256 f) internal view returns (bool) {
        return
            _terms(f).pricing.flags & FacilityFlags.NEW_LOANS_STOPPED != 0 ||
            _parts[f].oracle.refusing() ||
            _refusesAll(f);
    }

    function _refusesAll(uint256 f) internal view returns (bool) {
        return
            _terms(f).access.gate != address(0) &&
            (_gates[f].manner() != FaultGate.Manner.Answers || _gates[f].reason() != 0);
    }

    /// @dev Lifts whatever shuts a facility, and brings the price back to where one can borrow.
    function _recover(uint256 f) internal {
        uint32 id = _parts[f].id;
        _parts[f].oracle.setRefusing(false);
        _parts[f].oracle.setPrice((50_000 * 1e36 * _dollar(f)) / _unit(f));
        _gates[f].set(FaultGate.Manner.Answers, 0);
        vm.startPrank(RISK);
        MANAGER.resumeNewLoans(id);
        MANAGER.setCaps(id, uint96(100_000_000 * _dollar(f)), uint96(20_000_000 * _dollar(f)));
        MANAGER.setMaxLtv(id, 7000);
        vm.stopPrank();
    }

    function _unit(uint256 f) internal view returns (uint256) {
        return 10 ** _parts[f].btc.decimals();
    }

    function _dollar(uint256 f) internal view returns (uint256) {
        return 10 ** _parts[f].usd.decimals();
    }

    // ---- pictures ----

    function _picture(uint256 f) private view returns (Picture memory p) {
        Market.Parts storage parts = _parts[f];
        p.timestamp = block.timestamp;
        p.nav = parts.senior.totalAssets();
        p.supply = parts.senior.totalSupply();
        p.reserve = parts.pool.reserve();
        p.vault = parts.btc.balanceOf(address(parts.vault));
        for (uint256 i; i < LOANS; ++i) {
            Loan memory loan = MANAGER.loanOf(loanAt(f, i));
            (p.collateral[i], p.shares[i]) = (loan.collateral, loan.debtShares);
            p.owner[i] = MANAGER.ownerOf(loanAt(f, i));
        }
        p.otherFacility = _fingerprint(1 - f);
    }

    /// @dev Everything stored of a facility, without interest since its last accrual.
    function _fingerprint(uint256 f) private view returns (bytes32 hash) {
        Market.Parts storage parts = _parts[f];
        (ILendingPool.DebtTotals memory a, IPoolLedger.CashState memory b, IPoolLedger.Claims memory c) = parts
            .pool
            .stored();
        hash = keccak256(abi.encode(a, b, c, parts.senior.totalSupply(), parts.btc.balanceOf(address(parts.vault))));
        for (uint256 i; i < LOANS; ++i) hash = keccak256(abi.encode(hash, MANAGER.loanOf(loanAt(f, i))));
    }

    function _compare(Picture memory a, Picture memory b, string memory name) private {
        _check(a.otherFacility == b.otherFacility, "ISLAND", name);
        _comparePrice(a, b, name);
        for (uint256 i; i < LOANS; ++i) {
            bool worse = b.collateral[i] < a.collateral[i] || b.shares[i] > a.shares[i];
            if (i == _touched) {
                _check(!worse || _kind != Kind.Other, "AUTH-1", name);
            } else {
                bool same =
                    b.collateral[i] == a.collateral[i] && b.shares[i] == a.shares[i] && b.owner[i] == a.owner[i];
                _check(same, _kind == Kind.Sale ? "LIQ-2" : "AUTH-1", name);
            }
        }
        if (b.vault < a.vault) {
            bool taken = _touched < LOANS && a.vault - b.vault == a.collateral[_touched] - b.collateral[_touched];
            _check(taken && _kind != Kind.Other, "CUSTODY-2", name);
        }
    }

    /// @dev POOL-2 and LOSS-1: a share's price falls only with a realised loss, and then by no more than it.
    function _comparePrice(Picture memory a, Picture memory b, string memory name) private {
        bool fell = (b.nav + 1) * (a.supply + 1e6) < (a.nav + 1) * (b.supply + 1e6);
        _check(!fell || _lossRealised != 0, "POOL-2", name);
        if (_lossRealised == 0) return;
        uint256 before = a.nav + a.reserve;
        uint256 expected = before > _lossRealised ? before - _lossRealised : 0;
        _check(b.nav + b.reserve + 2 >= expected && b.nav + b.reserve <= expected + 2, "LOSS-1", name);
        // The reserve bears only what the lenders cannot.
        if (b.nav != 0) _check(b.reserve + 1 >= a.reserve, "LOSS-1", name);
    }
}
