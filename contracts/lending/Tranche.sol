// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {ITranche} from "../interfaces/ITranche.sol";
import {SharesMath} from "../math/SharesMath.sol";
import {AssetShares} from "./AssetShares.sol";
import {ExactTransfer} from "../token/ExactTransfer.sol";

/// @title Tranche
/// @dev Shares only: what they are worth is in the pool's ledger, in the pool's cash and debt. Every entry and exit first
/// brings the ledger to this second, then converts at what it says, then writes, then moves tokens.
///
/// First-loss shares leave within a window after a cooldown. A request covers at most the least number of shares its owner has
/// held since, so that shares which change hands wait anew, however many requests stand open elsewhere.
contract Tranche is AssetShares, ITranche {
    using SharesMath for uint256;
    using SafeCast for uint256;
    using ExactTransfer for IERC20;

    /// @dev Where the seed's shares stay.
    address private constant NOBODY = address(0xdead);

    IPoolLedger private immutable POOL;
    IFacilities private immutable MANAGER;
    TrancheClass private immutable CLASS;
    /// @dev Seconds; 0 where shares leave at once.
    uint256 private immutable COOLDOWN;
    uint256 private immutable WINDOW;

    mapping(address owner => ExitRequest) private _exitRequests;

    /// @param pool_ may be an address at which the pool is still to be deployed: the two name each other.
    /// @param cooldown seconds between a request and the window in which shares leave; 0 for senior, and for senior only
    constructor(
        IERC20Metadata asset_,
        address pool_,
        address manager_,
        TrancheClass class_,
        string memory name_,
        string memory symbol_,
        uint32 cooldown,
        uint32 window
    ) AssetShares(asset_, name_, symbol_) {
        bool waits = class_ != TrancheClass.Senior;
        require(waits == (cooldown != 0) && waits == (window != 0), InvalidExitTerms(class_, cooldown, window));
        (COOLDOWN, WINDOW) = (cooldown, window);
        POOL = IPoolLedger(pool_);
        MANAGER = IFacilities(manager_);
        CLASS = class_;
    }

    // ---- entering ----

    /// @inheritdoc IERC4626
    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        uint256 nav = _enter(receiver, assets);
        shares = assets.toSharesDown(nav, totalSupply());
        _mintAgainst(msg.sender, receiver, assets, shares);
    }

    /// @inheritdoc IERC4626
    function mint(uint256 shares, address receiver) external returns (uint256 assets) {
        assets = previewMint(shares);
        _enter(receiver, assets);
        _mintAgainst(msg.sender, receiver, assets, shares);
    }

    /// @inheritdoc ITranche
    function seed(address payer, uint256 assets) external {
        require(msg.sender == address(MANAGER), OnlyManager(msg.sender, address(MANAGER)));
        require(totalSupply() == 0, AlreadySeeded());
        // slither-disable-next-line unused-return: the first shares have a price of their own
        POOL.enter(NOBODY, assets);
        _mintAgainst(payer, NOBODY, assets, assets.toSharesDown(0, 0));
    }

    // ---- leaving ----

    /// @inheritdoc ITranche
    function requestExit(uint256 shares) external {
        require(COOLDOWN != 0, LeavesAtOnce());
        uint256 owned = balanceOf(msg.sender);
        require(shares <= owned, ERC20InsufficientBalance(msg.sender, owned, shares));
        uint256 opensAt = block.timestamp + COOLDOWN;
        uint256 closesAt = opensAt + WINDOW;
        _exitRequests[msg.sender] = ExitRequest(shares.toUint176(), uint40(opensAt), uint40(closesAt));
        emit ExitRequested(msg.sender, shares, opensAt, closesAt);
    }

    /// @inheritdoc ITranche
    function moveToQueue(address spender, address owner, uint256 shares) external {
        address queue = POOL.queue();
        require(CLASS == TrancheClass.Senior && msg.sender == queue, OnlyQueue(msg.sender, queue));
        if (spender != owner) _spendAllowance(owner, spender, shares);
        _transfer(owner, queue, shares);
    }

    /// @inheritdoc IERC4626
    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares) {
        shares = assets.toSharesUp(POOL.checkpoint(owner), totalSupply());
        _leave(receiver, owner, assets, shares);
    }

    /// @inheritdoc IERC4626
    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) {
        assets = shares.toAssetsDown(POOL.checkpoint(owner), totalSupply());
        _leave(receiver, owner, assets, shares);
    }

    // ---- views ----

    /// @inheritdoc ITranche
    function pool() external view returns (address) {
        return address(POOL);
    }

    /// @inheritdoc ITranche
    function class() external view returns (TrancheClass) {
        return CLASS;
    }

    /// @inheritdoc ITranche
    function exitTerms() external view returns (uint256 cooldown, uint256 window) {
        return (COOLDOWN, WINDOW);
    }

    /// @inheritdoc ITranche
    function exitRequestOf(address owner) external view returns (ExitRequest memory) {
        return _exitRequests[owner];
    }

    /// @inheritdoc IERC4626
    function totalAssets() public view override(AssetShares, IERC4626) returns (uint256) {
        return POOL.navOf(CLASS);
    }

    /// @dev Entry ignores expected losses: a mark that is taken back would be a gift to whoever entered under it.
    function _entryAssets() internal view override returns (uint256) {
        return POOL.entryNavOf(CLASS);
    }

    /// @inheritdoc IERC4626
    /// @dev 0 where the gate refuses the receiver, the class is wiped out, or an action is half done; little where it nearly is.
    function maxDeposit(address receiver) public view returns (uint256) {
        try MANAGER.requireMayLend(POOL.facility(), receiver) {} catch {
            return 0;
        }
        uint256 nav = _entryAssets();
        if (totalSupply() == 0 || nav == 0) return 0;
        uint256 held = POOL.cash();
        uint256 filled = nav > held ? nav : held;
        if (filled > type(uint112).max) return 0;
        // Leaves room for interest; far above any token's supply.
        return Math.min((type(uint112).max - filled) / 2, _roomInAssets(nav));
    }

    /// @inheritdoc IERC4626
    function maxMint(address receiver) external view returns (uint256) {
        uint256 assets = maxDeposit(receiver);
        return assets == 0 ? 0 : previewDeposit(assets);
    }

    /// @inheritdoc IERC4626
    /// @dev 0 where the pool pays nobody now, and outside the window.
    function maxWithdraw(address owner) external view returns (uint256) {
        uint256 available = _availableTo(owner);
        return available == 0 ? 0 : Math.min(convertToAssets(_leavingSharesOf(owner)), available);
    }

    /// @inheritdoc IERC4626
    /// @dev The same, and 0 where the shares bring less than one unit, which redeem refuses.
    function maxRedeem(address owner) external view returns (uint256) {
        uint256 available = _availableTo(owner);
        if (available == 0) return 0;
        uint256 shares = Math.min(_leavingSharesOf(owner), convertToShares(available));
        // slither-disable-next-line incorrect-equality: exactly what redeem refuses
        return convertToAssets(shares) == 0 ? 0 : shares;
    }

    // ---- inside ----

    /// @dev Most that the pool would pay `owner`, whatever they own: 0 while an action is half done or others wait in the queue.
    function _availableTo(address owner) private view returns (uint256) {
        if (!_isUnlocked()) return 0;
        if (CLASS == TrancheClass.Cover) return POOL.availableTo(CLASS);
        if (POOL.redemptionsQueued() && owner != POOL.queue()) return 0;
        uint256 held = POOL.availableTo(CLASS);
        return CLASS == TrancheClass.Senior ? held : Math.min(held, POOL.juniorBeyondRequired());
    }

    /// @dev Shares of `owner` that neither cooldown nor window holds back.
    function _leavingSharesOf(address owner) private view returns (uint256) {
        if (COOLDOWN == 0) return balanceOf(owner);
        ExitRequest memory request = _exitRequests[owner];
        return block.timestamp < request.opensAt || block.timestamp > request.closesAt ? 0 : request.shares;
    }

    /// @dev Shares that have gone elsewhere are under request no more.
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (COOLDOWN == 0 || from == address(0)) return;
        uint256 left = balanceOf(from);
        if (_exitRequests[from].shares > left) _exitRequests[from].shares = uint176(left);
    }

    /// @dev Uses up as much of the owner's request.
    function _useRequest(address owner, uint256 shares) private {
        ExitRequest memory request = _exitRequests[owner];
        require(
            block.timestamp >= request.opensAt && block.timestamp <= request.closesAt,
            OutsideExitWindow(request.opensAt, request.closesAt)
        );
        require(shares <= request.shares, MoreThanRequested(shares, request.shares));
        _exitRequests[owner].shares = request.shares - uint176(shares);
    }

    function _isUnlocked() private view returns (bool) {
        try MANAGER.requireUnlocked(POOL.facility()) {
            return true;
        } catch {
            return false;
        }
    }

    function _enter(address receiver, uint256 assets) private returns (uint256 nav) {
        nav = POOL.enter(receiver, assets);
        require(nav != 0, WipedOut(totalSupply()));
    }

    /// @dev The pull comes last. A token that calls back meanwhile finds ledger and shares complete, and unbacked only within
    /// a transaction that the balance check reverts.
    function _mintAgainst(address payer, address receiver, uint256 assets, uint256 shares) private {
        require(assets != 0 && shares != 0, NothingReceived(assets, shares));
        uint256 room = _room();
        require(shares <= room, TooManyShares(shares, room));
        _mint(receiver, shares);
        emit Deposit(payer, receiver, assets, shares);
        ASSET.pullExact(payer, address(POOL), assets);
    }

    function _leave(address receiver, address owner, uint256 assets, uint256 shares) private {
        require(assets != 0 && shares != 0, NothingReceived(assets, shares));
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        if (COOLDOWN != 0) _useRequest(owner, shares);
        _burn(owner, shares);
        emit Withdraw(msg.sender, receiver, owner, assets, shares);
        POOL.payOut(receiver, assets);
    }
}
