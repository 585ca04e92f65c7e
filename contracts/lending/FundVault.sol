// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {GateCheck} from "../compliance/GateCheck.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {IFundVault} from "../interfaces/IFundVault.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {ITranche} from "../interfaces/ITranche.sol";
import {DirectedMath} from "../math/DirectedMath.sol";
import {SharesMath} from "../math/SharesMath.sol";
import {AssetShares} from "./AssetShares.sol";
import {ExactTransfer} from "../token/ExactTransfer.sol";

/// @title FundVault
/// @dev Counts what belongs to it itself and never asks a token for its own balance, except around cash that comes in.
contract FundVault is AssetShares, IFundVault, AccessManaged, ReentrancyGuardTransient {
    using DirectedMath for uint256;
    using ExactTransfer for IERC20;
    using SafeERC20 for IERC20;
    using SharesMath for uint256;

    /// @dev Every share's price asks each of them.
    uint256 private constant MOST_TRANCHES = 16;
    /// @dev Shares that cost a thousand units at first: worth nothing, they say nothing about a loss and are no loss to forget.
    uint256 private constant DUST_SHARES = 1000 * SharesMath.VIRTUAL_SHARES;

    address private immutable GATE;

    /// @inheritdoc IFundVault
    mapping(address manager => bool) public isManager;
    ITranche[] private _tranches;
    mapping(ITranche tranche => uint256) private _caps;
    mapping(ITranche tranche => uint256 shares) private _held;
    uint256 private _idle;

    /// @dev Whoever is called during an action must not read what it has written only a part of.
    modifier whole() {
        require(!_reentrancyGuardEntered(), HalfDone());
        _;
    }

    /// @param managers whose facilities' tranches the fund may hold; fixed
    /// @param gate_ who may enter; 0 lets everybody in
    constructor(
        IERC20Metadata asset_,
        address[] memory managers,
        address gate_,
        address authority,
        string memory name_,
        string memory symbol_
    ) AssetShares(asset_, name_, symbol_) AccessManaged(authority) {
        for (uint256 i; i < managers.length; ++i) isManager[managers[i]] = true;
        GATE = gate_;
    }

    // ---- settings ----

    /// @inheritdoc IFundVault
    function setCap(ITranche tranche, uint256 cap) external restricted {
        if (!_isMember(tranche)) {
            _requireGenuine(tranche);
            require(_tranches.length < MOST_TRANCHES, TooManyTranches(MOST_TRANCHES));
            _tranches.push(tranche);
        }
        _caps[tranche] = cap;
        emit CapSet(address(tranche), cap);
    }

    /// @inheritdoc IFundVault
    function lowerCap(ITranche tranche, uint256 cap) external restricted {
        uint256 current = _caps[tranche];
        require(cap < current, CapNotLower(current, cap));
        _caps[tranche] = cap;
        emit CapSet(address(tranche), cap);
    }

    // ---- entering and leaving ----

    /// @inheritdoc IERC4626
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        shares = assets.toSharesDown(_requireOpenTo(receiver), totalSupply());
        _enter(receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        assets = shares.toAssetsUp(_requireOpenTo(receiver), totalSupply());
        _enter(receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    function withdraw(uint256 assets, address receiver, address owner) external nonReentrant returns (uint256 shares) {
        shares = assets.toSharesUp(_nav(), totalSupply());
        _leave(receiver, owner, assets, shares);
    }

    /// @inheritdoc IERC4626
    function redeem(uint256 shares, address receiver, address owner) external nonReentrant returns (uint256 assets) {
        assets = shares.toAssetsDown(_nav(), totalSupply());
        _leave(receiver, owner, assets, shares);
    }

    /// @inheritdoc IFundVault
    function redeemInKind(
        uint256 shares,
        address receiver,
        address owner
    ) external nonReentrant returns (uint256 assets) {
        require(shares != 0, NothingReceived(0, 0));
        uint256 supply = totalSupply() + SharesMath.VIRTUAL_SHARES;
        _spend(owner, shares);
        assets = _idle.mulDivDown(shares, supply);
        _idle -= assets;
        emit RedeemedInKind(msg.sender, receiver, owner, shares, assets);
        if (assets != 0) ASSET.safeTransfer(receiver, assets);
        for (uint256 i; i < _tranches.length; ++i) {
            ITranche tranche = _tranches[i];
            uint256 part = _held[tranche].mulDivDown(shares, supply);
            if (part == 0) continue;
            _held[tranche] -= part;
            IERC20(tranche).safeTransfer(receiver, part);
        }
    }

    // ---- for anyone ----

    /// @inheritdoc IFundVault
    function allocate() external nonReentrant returns (uint256 allocated) {
        for (uint256 i; i < _tranches.length && _idle != 0; ++i) {
            ITranche tranche = _tranches[i];
            // Whoever holds its shares already would have the fund bear part of what they expect to lose.
            if (_expectsLoss(tranche)) continue;
            uint256 room = _caps[tranche].zeroFloorSub(tranche.convertToAssets(_held[tranche]));
            uint256 assets = Math.min(Math.min(room, _idle), tranche.maxDeposit(address(this)));
            if (tranche.previewDeposit(assets) == 0) continue;
            _idle -= assets;
            allocated += assets;
            ASSET.forceApprove(address(tranche), assets);
            // slither-disable-next-line reentrancy-no-eth: actions are nonReentrant, and views refuse meanwhile
            uint256 shares = tranche.deposit(assets, address(this));
            _held[tranche] += shares;
            emit Allocated(address(tranche), assets, shares);
        }
    }

    /// @inheritdoc IFundVault
    function recall(ITranche tranche) external nonReentrant returns (uint256 recalled) {
        require(_isMember(tranche), NotHeld(address(tranche)));
        uint256 cap = _caps[tranche];
        uint256 excess = tranche.convertToAssets(_held[tranche]).zeroFloorSub(cap);
        recalled = _recall(tranche, excess);
        // Less than one unit cannot be brought back. More shares than dust are worth nothing only after a loss, of which the
        // tranche's pool may earn something again.
        uint256 left = _held[tranche];
        if (cap == 0 && left <= DUST_SHARES && tranche.convertToAssets(left) == 0) _forget(tranche);
    }

    // ---- views ----

    /// @inheritdoc IFundVault
    function gate() external view returns (address) {
        return GATE;
    }

    /// @inheritdoc IFundVault
    function idle() external view whole returns (uint256) {
        return _idle;
    }

    /// @inheritdoc IFundVault
    function tranches() external view returns (ITranche[] memory) {
        return _tranches;
    }

    /// @inheritdoc IFundVault
    function capOf(ITranche tranche) external view returns (uint256) {
        return _caps[tranche];
    }

    /// @inheritdoc IFundVault
    function heldOf(ITranche tranche) external view whole returns (uint256) {
        return _held[tranche];
    }

    /// @inheritdoc IERC4626
    function totalAssets() public view override(AssetShares, IERC4626) whole returns (uint256) {
        return _nav();
    }

    /// @inheritdoc IFundVault
    function available() public view whole returns (uint256 cash) {
        cash = _idle;
        for (uint256 i; i < _tranches.length; ++i) cash += _payable(_tranches[i]);
    }

    /// @inheritdoc IERC4626
    /// @dev 0 where the gate refuses, the fund is wiped out, or an action, here or in a facility, is half done.
    function maxDeposit(address receiver) public view returns (uint256) {
        if (GateCheck.reasonOf(GATE, receiver, NewRisk.Lend) != 0) return 0;
        try this.totalAssets() returns (uint256 nav) {
            if (_isWipedOut(nav) || nav > type(uint112).max) return 0;
            return Math.min(type(uint112).max - nav, _roomInAssets(_entryAssets()));
        } catch {
            return 0;
        }
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) external view returns (uint256) {
        uint256 assets = maxDeposit(receiver);
        return assets == 0 ? 0 : previewDeposit(assets);
    }

    /// @inheritdoc IERC4626
    /// @dev 0 while an action, here or in a facility, is half done.
    function maxWithdraw(address owner) external view returns (uint256) {
        try this.available() returns (uint256 cash) {
            return Math.min(convertToAssets(balanceOf(owner)), cash);
        } catch {
            return 0;
        }
    }

    /// @inheritdoc IERC4626
    /// @dev 0 while an action is half done, and where the shares bring less than one unit, which redeem refuses.
    function maxRedeem(address owner) external view returns (uint256) {
        try this.available() returns (uint256 cash) {
            uint256 shares = Math.min(balanceOf(owner), convertToShares(cash));
            return convertToAssets(shares) == 0 ? 0 : shares;
        } catch {
            return 0;
        }
    }

    // ---- inside ----

    function _nav() private view returns (uint256 nav) {
        nav = _idle;
        for (uint256 i; i < _tranches.length; ++i) {
            ITranche tranche = _tranches[i];
            uint256 shares = _held[tranche];
            if (shares != 0) nav += tranche.convertToAssets(shares);
        }
    }

    function _entryAssets() internal view override whole returns (uint256) {
        return _entryNav();
    }

    /// @dev What the same holdings would cost: entry ignores expected losses, or a mark that is taken back would be a gift, paid
    /// by the fund's holders, to whoever entered the moment before.
    function _entryNav() private view returns (uint256 nav) {
        nav = _idle;
        for (uint256 i; i < _tranches.length; ++i) {
            ITranche tranche = _tranches[i];
            uint256 shares = _held[tranche];
            if (shares != 0) nav += tranche.previewMint(shares);
        }
    }

    function _expectsLoss(ITranche tranche) private view returns (bool) {
        IPoolLedger pool = IPoolLedger(tranche.pool());
        return pool.navOf(TrancheClass.Senior) != pool.entryNavOf(TrancheClass.Senior);
    }

    /// @dev A few shares are worth nothing because a tranche's price rounds down: with one unit anyone could shut an empty fund.
    function _isWipedOut(uint256 nav) private view returns (bool) {
        return nav == 0 && totalSupply() > DUST_SHARES;
    }

    /// @dev What a tranche would pay the fund now, of the shares the fund counts as its own.
    function _payable(ITranche tranche) private view returns (uint256) {
        uint256 shares = _held[tranche];
        if (shares == 0) return 0;
        return Math.min(tranche.convertToAssets(shares), tranche.maxWithdraw(address(this)));
    }

    function _requireOpenTo(address receiver) private view returns (uint256 nav) {
        GateCheck.requireAllowed(GATE, receiver, NewRisk.Lend);
        require(!_isWipedOut(_nav()), WipedOut(totalSupply()));
        return _entryNav();
    }

    function _enter(address receiver, uint256 assets, uint256 shares) private {
        require(assets != 0 && shares != 0, NothingReceived(assets, shares));
        uint256 room = _room();
        require(shares <= room, TooManyShares(shares, room));
        _mint(receiver, shares);
        _idle += assets;
        emit Deposit(msg.sender, receiver, assets, shares);
        ASSET.pullExact(msg.sender, address(this), assets);
    }

    function _leave(address receiver, address owner, uint256 assets, uint256 shares) private {
        require(assets != 0 && shares != 0, NothingReceived(assets, shares));
        _spend(owner, shares);
        for (uint256 i = _tranches.length; i != 0 && _idle < assets; --i) _recall(_tranches[i - 1], assets - _idle);
        require(_idle >= assets, NotEnoughCash(assets, _idle));
        _idle -= assets;
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        ASSET.safeTransfer(receiver, assets);
    }

    function _spend(address owner, uint256 shares) private {
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        _burn(owner, shares);
    }

    function _recall(ITranche tranche, uint256 most) private returns (uint256 assets) {
        assets = Math.min(most, _payable(tranche));
        if (assets == 0) return 0;
        uint256 before = ASSET.balanceOf(address(this));
        // slither-disable-next-line reentrancy-no-eth: actions are nonReentrant, and views refuse meanwhile
        uint256 shares = tranche.withdraw(assets, address(this), address(this));
        _held[tranche] -= shares;
        _idle += assets;
        ASSET.requireReceived(address(this), before, assets);
        emit Recalled(address(tranche), assets, shares);
    }

    /// @dev The tranche of a facility that exists, and not something that says it is: a curator cannot lead cash elsewhere. Only one
    /// of a facility, so that its pool's cash is counted once.
    function _requireGenuine(ITranche tranche) private view {
        IPoolLedger pool = IPoolLedger(tranche.pool());
        address manager = pool.manager();
        uint32 facility = pool.facility();
        bool genuine =
            isManager[manager] &&
                facility != 0 &&
                IFacilities(manager).facilityOf(facility).ltv.pool == address(pool) &&
                pool.tranche(tranche.class()) == address(tranche);
        require(genuine, NotATranche(address(tranche)));
        require(tranche.class() == TrancheClass.Senior, NotSenior(address(tranche), tranche.class()));
        address found = tranche.asset();
        require(found == address(ASSET), OtherAsset(address(tranche), address(ASSET), found));
    }

    function _isMember(ITranche tranche) private view returns (bool) {
        for (uint256 i; i < _tranches.length; ++i) if (address(_tranches[i]) == address(tranche)) return true;
        return false;
    }

    /// @dev Keeps the order of the others.
    function _forget(ITranche tranche) private {
        uint256 last = _tranches.length - 1;
        bool found = false;
        for (uint256 i; i < last; ++i) {
            found = found || address(_tranches[i]) == address(tranche);
            if (found) _tranches[i] = _tranches[i + 1];
        }
        _tranches.pop();
        delete _held[tranche];
    }
}
