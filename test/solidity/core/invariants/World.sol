// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";
import {Vm} from "forge-std/Vm.sol";
import {ICapitalReport} from "../../../../contracts/interfaces/ICapitalReport.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IOracle} from "../../../../contracts/interfaces/IOracle.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITermLens} from "../../../../contracts/interfaces/ITermLens.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Facility, FacilityFlags, Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {FaultFeed} from "../../../../contracts/mocks/FaultFeed.sol";
import {FaultSource} from "../../../../contracts/mocks/FaultSource.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {ILoanManagerFull} from "../../helpers/ILoanManagerFull.sol";

/// @notice One facility with what belongs to it.
struct Place {
    ILoans loans; // its manager
    IPoolLedger pool;
    ITranche[3] tranches; // by class; 0 where it has none
    IRedemptionQueue queue; // 0 where it has none
    address vault;
    uint32 id;
}

/// @notice All there is.
struct Setting {
    ILoanManagerFull revolving;
    ITermLoanManager term;
    ITermLens lens;
    ICapitalReport capital;
    IFundVault fund;
    IOracle oracle;
    FaultFeed btcUsd;
    FaultFeed wrapperBtc;
    FaultFeed loanUsd;
    FaultFeed sequencer;
    FaultSource source;
    MockToken btc;
    MockToken usd;
    Place[3] places;
    address[4] actors;
    address risk;
    address guardian;
    address collector;
}

/// @notice What the actions know and share: three facilities, the actors and every loan these may have, the fund; what was
/// donated; what was seen to break; and a picture of a facility before and after each action.
/// @dev A break is written down under the id of its invariant and makes that invariant fail, instead of reverting the action.
abstract contract World is CommonBase {
    /// @dev With all classes, a queue and a capital ratio; the same for term loans; with senior lenders only, and the first
    /// one's vault.
    uint256 internal constant REVOLVING = 0;
    uint256 internal constant TERM = 1;
    uint256 internal constant PLAIN = 2;
    uint256 internal constant PLACES = 3;
    uint256 internal constant ACTORS = 4;
    uint256 internal constant SALTS = 2;
    uint256 internal constant LOANS = ACTORS * SALTS;
    uint256 internal constant NONE = type(uint256).max;
    /// @dev One call in so many of an action that, done each time, would leave nothing to do for others.
    uint256 internal constant SELDOM = 4;
    /// @dev One call in so many looks whether another facility was touched.
    uint256 private constant ISLAND_EVERY = 4;

    uint256 internal constant SENIOR = 0;
    uint256 internal constant JUNIOR = 1;
    uint256 internal constant COVER = 2;

    enum Kind {
        Other, // touches no loan but to its good
        OwnersChoice, // its owner, or an operator, took from it or added debt
        Sale // liquidated
    }

    struct Picture {
        uint256 timestamp;
        uint256[3] gross; // by class, expected losses not counted
        uint256[3] exit; // counted: cover, junior, senior, each unit once
        uint256[3] supply;
        uint256 reserve;
        uint256 vault;
        uint256[LOANS] collateral;
        uint256[LOANS] debt; // shares, or principal
        address[LOANS] owner;
        bytes32 elsewhere;
    }

    ILoanManagerFull internal immutable MANAGER;
    ITermLoanManager internal immutable TERM_MANAGER;
    ITermLens internal immutable LENS;
    ICapitalReport internal immutable CAPITAL;
    IFundVault internal immutable FUND;
    IOracle internal immutable ORACLE;
    FaultFeed internal immutable BTC_FEED;
    FaultFeed internal immutable WRAPPER_FEED;
    FaultFeed internal immutable LOAN_FEED;
    FaultFeed internal immutable SEQUENCER;
    FaultSource internal immutable SOURCE;
    MockToken internal immutable WBTC;
    MockToken internal immutable CASH;
    /// @dev One whole bitcoin and one whole dollar in smallest units.
    uint256 internal immutable BTC;
    uint256 internal immutable USD;
    address internal immutable RISK;
    address internal immutable GUARDIAN;
    address internal immutable COLLECTOR;
    address internal constant OPERATOR = address(0x0123);

    Place[PLACES] internal _places;
    FaultGate[PLACES] internal _gates;
    address[ACTORS] internal _actors;
    uint256[LOANS][PLACES] private _ids;

    /// @notice Tokens sent by mistake, so that balances can be checked to the unit.
    mapping(address holder => uint256) public donatedBtc;
    mapping(address holder => uint256) public donatedUsd;
    /// @notice How an invariant was first seen to break.
    mapping(string id => string) public broken;
    /// @notice Whether any was.
    string public firstBroken;
    mapping(string name => uint256[PLACES]) private _tried;
    mapping(string name => uint256[PLACES]) private _done;
    uint256 public calls;
    mapping(string name => bool) private _isKnown;
    string[] private _names;
    /// @dev Of the action under way.
    string private _action;
    mapping(string name => mapping(bytes4 reason => uint256)) private _refusals;
    mapping(string name => bytes4[]) private _reasons;

    /// @dev Dollars of one bitcoin and bitcoin of one wrapper, 8 decimals, as last published.
    uint256 internal _dollarsE8 = 50_000e8;
    uint256 internal _wrapperE8 = 1e8;

    // Set by an action for the comparison after it.
    Kind internal _kind;
    uint256 internal _touched;
    /// @dev What a sale must have cost the lenders; NONE at most where nothing was sold.
    uint256 internal _lossAtMost;
    uint256 internal _lossAtLeast;
    /// @dev More than one facility was acted upon.
    bool internal _everywhere;

    constructor(Setting memory s) {
        (MANAGER, TERM_MANAGER, LENS) = (s.revolving, s.term, s.lens);
        (CAPITAL, FUND, ORACLE) = (s.capital, s.fund, s.oracle);
        (BTC_FEED, WRAPPER_FEED, LOAN_FEED) = (s.btcUsd, s.wrapperBtc, s.loanUsd);
        (SEQUENCER, SOURCE) = (s.sequencer, s.source);
        (WBTC, CASH) = (s.btc, s.usd);
        (BTC, USD) = (10 ** s.btc.decimals(), 10 ** s.usd.decimals());
        (RISK, GUARDIAN, COLLECTOR) = (s.risk, s.guardian, s.collector);
        _actors = s.actors;
        for (uint256 f; f < PLACES; ++f) {
            _places[f] = s.places[f];
            _gates[f] = new FaultGate();
            for (uint256 i; i < LOANS; ++i) {
                _ids[f][i] =
                    (uint256(uint160(_actors[i / SALTS])) << 96) |
                    (uint256(s.places[f].id) << 64) |
                    (i % SALTS);
            }
        }
    }

    /// @dev Runs one action between two pictures of its facility. The body begins with `f = _at(f)`.
    modifier action(uint256 f, string memory name) {
        _try(_at(f), name);
        _action = name;
        Picture memory before = _picture(_at(f));
        (_kind, _touched, _everywhere) = (Kind.Other, NONE, false);
        (_lossAtMost, _lossAtLeast) = (NONE, 0);
        vm.recordLogs();
        _;
        _compare(before, _at(f), name);
    }

    // ---- what the test asks ----

    function names() external view returns (string[] memory) {
        return _names;
    }

    function tried(string memory name) public view returns (uint256[PLACES] memory) {
        return _tried[name];
    }

    function done(string memory name) public view returns (uint256[PLACES] memory) {
        return _done[name];
    }

    /// @notice Why an action was refused, by the selector of the error, and how often; 0 for no error's.
    function refusals(string memory name) external view returns (bytes4[] memory reasons, uint256[] memory times) {
        reasons = _reasons[name];
        times = new uint256[](reasons.length);
        for (uint256 n; n < reasons.length; ++n) times[n] = _refusals[name][reasons[n]];
    }

    function isBroken() external view returns (bool) {
        return bytes(firstBroken).length != 0;
    }

    /// @notice The loans in all slots now.
    function loansAt(uint256 f) external view returns (uint256[] memory ids) {
        ids = new uint256[](LOANS);
        for (uint256 i; i < LOANS; ++i) ids[i] = _ids[f][i];
    }

    // ---- for the actions ----

    /// @dev The facility with senior lenders only half as often as the others.
    function _at(uint256 f) internal pure returns (uint256) {
        f %= 5;
        return
            f < 2
                ? REVOLVING
                : f < 4
                    ? TERM
                    : PLAIN;
    }

    /// @dev A seed that means the term facility, and one that does not.
    uint256 internal constant TERM_SEED = 2;

    function _notTerm(uint256 f) internal pure returns (uint256) {
        return _at(f) == TERM ? 0 : f;
    }

    function _try(uint256 f, string memory name) private {
        _name(name);
        ++calls;
        ++_tried[name][f];
    }

    /// @dev Under the action's own name, or one that says more of what it did.
    function _did(uint256 f, string memory name) internal {
        _name(name);
        ++_done[name][f];
    }

    /// @dev Refused, for a reason that is looked at in the end.
    function _because(bytes memory reason) internal {
        bytes4 selector = reason.length < 4 ? bytes4(0) : bytes4(reason);
        if (_refusals[_action][selector]++ == 0) _reasons[_action].push(selector);
    }

    /// @dev Whether both tokens have someone on their block list (fault C13), while others deal with what is theirs.
    function _block(address who, bool isBlocked) internal {
        FaultToken(address(WBTC)).setBlocked(who, isBlocked);
        FaultToken(address(CASH)).setBlocked(who, isBlocked);
    }

    function _name(string memory name) private {
        if (_isKnown[name]) return;
        _isKnown[name] = true;
        _names.push(name);
    }

    function _break(string memory id, string memory where) internal {
        if (bytes(firstBroken).length == 0) firstBroken = string.concat(id, ": ", where);
        if (bytes(broken[id]).length == 0) broken[id] = where;
    }

    /// @dev Refused, and should not have been.
    function _refused(string memory id, string memory where, bytes memory reason) internal {
        _break(id, string.concat(where, " refused: ", vm.toString(reason)));
    }

    function _check(bool ok, string memory id, string memory where) internal {
        if (!ok) _break(id, where);
    }

    function _actor(uint256 seed) internal view returns (address) {
        return _actors[seed % ACTORS];
    }

    /// @dev Any number between the two.
    function _in(uint256 seed, uint256 least, uint256 most) internal pure returns (uint256) {
        if (most <= least) return least;
        unchecked {
            uint256 span = most - least + 1;
            return span == 0 ? seed : least + (seed % span);
        }
    }

    function _min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function _less(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    // ---- loans ----

    /// @dev The loan in that slot now: ids of loans that changed hands and ended are never used again.
    function _loanAt(uint256 f, uint256 i) internal view returns (uint256 id) {
        return _ids[f][i];
    }

    function _debt(uint256 f, uint256 id) internal view returns (uint256) {
        return _places[f].loans.debtOf(id);
    }

    /// @dev What roundings may add to a debt: three numerators make a term debt, each rounded up; a revolving one is a number of
    /// shares, of which one may come to be worth more than a unit.
    function _dust(uint256 f) internal view returns (uint256) {
        if (f == TERM) return 3;
        (uint256 assets, uint256 shares) = ILendingPool(address(_places[f].pool)).debtTotals();
        return 1 + (assets + 1) / (shares + 1e6);
    }

    function _loan(uint256 f, uint256 id) internal view returns (Loan memory) {
        return _places[f].loans.loanOf(id);
    }

    /// @dev The first loan from `seed` on that is open, and owes something where asked to; NONE where there is none.
    function _findLoan(uint256 f, uint256 seed, bool withDebt) internal view returns (uint256) {
        for (uint256 k; k < LOANS; ++k) {
            uint256 i = ((seed % LOANS) + k) % LOANS;
            Loan memory loan = _loan(f, _ids[f][i]);
            if (loan.flags & LoanFlags.OPEN != 0 && (!withDebt || loan.debtShares != 0)) return i;
        }
        return NONE;
    }

    /// @dev The first slot from `seed` on in which no loan is open, and its id; 0 where there is none.
    function _freeId(uint256 f, uint256 seed) internal returns (uint256 i, uint256 id) {
        for (uint256 k; k < LOANS; ++k) {
            i = ((seed % LOANS) + k) % LOANS;
            id = _ids[f][i];
            uint8 flags = _loan(f, id).flags;
            if (flags == LoanFlags.SPENT) {
                id += SALTS;
                _ids[f][i] = id;
                return (i, id);
            }
            if (flags == 0) return (i, id);
        }
        return (NONE, 0);
    }

    function _value(uint256 collateral) internal view returns (uint256) {
        return (collateral * _priceE36()) / 1e36;
    }

    /// @dev By what was published, whether the oracle stands behind it or not.
    function _priceE36() internal view returns (uint256) {
        return (_dollarsE8 * _wrapperE8 * 1e20 * USD) / BTC;
    }

    function _terms(uint256 f) internal view returns (Facility memory) {
        return _places[f].loans.facilityOf(_places[f].id);
    }

    function _isUnhealthy(uint256 f, uint256 id) internal view returns (bool) {
        return _debt(f, id) > (_value(_loan(f, id).collateral) * _terms(f).ltv.lltvBps) / 10_000;
    }

    // ---- what shuts new risk ----

    /// @return priceE36 at which one may borrow; 0 where the oracle refuses.
    function _borrowPrice() internal view returns (uint256 priceE36) {
        try ORACLE.borrowPrice() returns (uint256 found) {
            return found;
        } catch {
            return 0;
        }
    }

    /// @return priceE36 at which collateral may be sold; 0 where the oracle refuses.
    function _salePrice() internal view returns (uint256 priceE36) {
        try ORACLE.liquidationPrice() returns (uint256 found) {
            return found;
        } catch {
            return 0;
        }
    }

    /// @dev Whether new risk should be refused for a reason that is not the loan's own.
    function _isShut(uint256 f) internal view returns (bool) {
        return _isStopped(f) || _refusesAll(f) || _borrowPrice() == 0 || _lendersWait(f);
    }

    function _isStopped(uint256 f) internal view returns (bool) {
        return _terms(f).pricing.flags & FacilityFlags.NEW_LOANS_STOPPED != 0;
    }

    function _refusesAll(uint256 f) internal view returns (bool) {
        return
            _terms(f).access.gate != address(0) &&
            (_gates[f].manner() != FaultGate.Manner.Answers || _gates[f].reason() != 0);
    }

    function _lendersWait(uint256 f) internal view returns (bool) {
        IRedemptionQueue queue = _places[f].queue;
        return address(queue) != address(0) && queue.waiting() != 0;
    }

    // ---- pictures ----

    function _picture(uint256 f) internal view returns (Picture memory p) {
        Place storage place = _places[f];
        p.timestamp = block.timestamp;
        (p.gross, p.exit) = _worth(f);
        p.reserve = place.pool.reserve();
        for (uint256 c; c < 3; ++c) {
            if (address(place.tranches[c]) != address(0)) p.supply[c] = place.tranches[c].totalSupply();
        }
        p.vault = WBTC.balanceOf(place.vault);
        for (uint256 i; i < LOANS; ++i) {
            uint256 id = _ids[f][i];
            Loan memory loan = place.loans.loanOf(id);
            if (loan.flags & LoanFlags.OPEN == 0) continue;
            (p.collateral[i], p.debt[i]) = (loan.collateral, loan.debtShares);
            p.owner[i] = loan.flags & LoanFlags.TRANSFERRED == 0 ? address(uint160(id >> 96)) : place.loans.ownerOf(id);
        }
        if (calls % ISLAND_EVERY == 0) p.elsewhere = _fingerprint((f + 1 + (block.timestamp % 2)) % PLACES);
    }

    /// @dev What each class owns, and what its lenders would leave with: LOSS-1 as the rule states it.
    function _worth(uint256 f) internal view returns (uint256[3] memory gross, uint256[3] memory exit) {
        Place storage place = _places[f];
        (, IPoolLedger.Expected memory expected) = place.pool.storedFirstLoss();
        uint256 loss = expected.loss;
        for (uint256 k; k < 3; ++k) {
            uint256 c = 2 - k;
            if (address(place.tranches[c]) == address(0)) continue;
            gross[c] = place.pool.entryNavOf(TrancheClass(c));
            uint256 borne = _min(loss, gross[c]);
            exit[c] = gross[c] - borne;
            loss -= borne;
        }
    }

    /// @dev What another facility has; only time may change it.
    function _fingerprint(uint256 f) private view returns (bytes32 hash) {
        Place storage place = _places[f];
        hash = keccak256(
            abi.encode(
                CASH.balanceOf(address(place.pool)),
                place.pool.entryNavOf(TrancheClass.Senior),
                place.pool.totalDebt(),
                place.tranches[0].totalSupply()
            )
        );
        for (uint256 i; i < LOANS; ++i) hash = keccak256(abi.encode(hash, place.loans.loanOf(_ids[f][i])));
    }

    function _compare(Picture memory a, uint256 f, string memory name) private {
        Picture memory b = _picture(f);
        Told memory told = _told();
        bool sameSecond = a.timestamp == b.timestamp;
        _check(!sameSecond || _everywhere || a.elsewhere == b.elsewhere, "ISLAND", name);
        for (uint256 c; c < 3; ++c) {
            // Of what is worth nothing there is no price.
            if (a.exit[c] == 0) continue;
            // Reserve fee and premium are rounded down one by one: as interest grows by a unit, what is left may lose one.
            bool fell = (b.exit[c] + 1 + 1) * (a.supply[c] + 1e6) < (a.exit[c] + 1) * (b.supply[c] + 1e6);
            _check(!fell || told.lowers, "POOL-2", name);
        }
        if (told.losses != 0 || _lossAtMost != NONE) _compareLoss(a, b, told, name);
        _compareLoans(a, b, name);
        if (b.vault < a.vault) {
            bool taken = _touched < LOANS && a.vault - b.vault == a.collateral[_touched] - b.collateral[_touched];
            _check(taken && _kind != Kind.Other, "CUSTODY-2", name);
        }
    }

    function _compareLoans(Picture memory a, Picture memory b, string memory name) private {
        for (uint256 i; i < LOANS; ++i) {
            bool worse = b.collateral[i] < a.collateral[i] || b.debt[i] > a.debt[i];
            if (i == _touched) {
                _check(!worse || _kind != Kind.Other, "AUTH-1", name);
            } else {
                bool same = b.collateral[i] == a.collateral[i] && b.debt[i] == a.debt[i] && b.owner[i] == a.owner[i];
                _check(same, _kind == Kind.Sale ? "LIQ-2" : "AUTH-1", name);
            }
        }
    }

    /// @dev LOSS-1: to the unit what was said, each class only when the one before it has nothing left, and nothing but a sale.
    function _compareLoss(Picture memory a, Picture memory b, Told memory told, string memory name) private {
        _check(told.losses <= 1 && (told.losses == 0 || _kind == Kind.Sale), "LOSS-1", name);
        uint256 sum;
        for (uint256 c; c < 3; ++c) {
            sum += told.by[c];
            if (told.losses != 0) _check(b.gross[c] + told.by[c] == a.gross[c], "LOSS-1", name);
            if (c != 0) _check(told.by[c - 1] == 0 || b.gross[c] == 0, "LOSS-1", name);
        }
        if (told.losses != 0) _check(b.reserve + told.by[3] == a.reserve, "LOSS-1", name);
        _check(told.by[3] == 0 || b.gross[SENIOR] == 0, "LOSS-1", name);
        sum += told.by[3];
        if (_lossAtMost != NONE) _check(sum <= _lossAtMost && sum >= _lossAtLeast, "LOSS-1", name);
    }

    // ---- events ----

    struct Told {
        bool lowers; // something that may lower a share's price
        uint256 losses; // realised
        uint256[4] by; // senior, junior, cover, reserve
    }

    function _told() private returns (Told memory told) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IPoolLedger.LossRealised.selector) {
                told.lowers = true;
                ++told.losses;
                (told.by[COVER], told.by[JUNIOR], told.by[SENIOR], told.by[3]) = abi.decode(
                    logs[i].data,
                    (uint256, uint256, uint256, uint256)
                );
            } else if (topic == ILoans.Marked.selector || topic == ITermLoanManager.DefaultMarked.selector) {
                told.lowers = true;
            }
        }
    }
}
