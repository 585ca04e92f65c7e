// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {IERC7540Operator, IERC7540Redeem, IERC7575, IRedemptionQueue} from "../interfaces/IRedemptionQueue.sol";
import {ITranche} from "../interfaces/ITranche.sol";
import {DirectedMath} from "../math/DirectedMath.sol";
import {ExactTransfer} from "../token/ExactTransfer.sol";

/// @title RedemptionQueue
/// @dev All shares that ever waited stand on one line, each request for a stretch of it. Serving moves one mark along the line and
/// notes what the stretch it passed has brought in total; what part of that a request gets is looked up when it is claimed. Sums
/// are rounded down at every point of the line, so that all claims together are at most what came in.
///
/// The line is at most 2^128 shares long. Shares served without waiting are not on it, so that nobody can use it up.
contract RedemptionQueue is IRedemptionQueue, ReentrancyGuardTransient {
    using DirectedMath for uint256;
    using SafeCast for uint256;
    using ExactTransfer for IERC20;
    using SafeERC20 for IERC20;

    struct List {
        uint48 first;
        uint48 last;
    }

    ITranche private immutable TRANCHE;
    IPoolLedger private immutable POOL;
    IERC20 private immutable ASSET;
    uint256 private immutable LEAST_SHARES;

    uint48 private _requests;
    /// @dev End of the line.
    uint128 private _queuedTo;
    /// @dev Where serving stopped each time; the last is how far the line is served.
    Total[] private _totals;
    mapping(uint256 requestId => Request) private _request;
    mapping(address controller => List) private _requestsOf;
    /// @inheritdoc IERC7540Operator
    mapping(address controller => mapping(address operator => bool)) public isOperator;

    /// @param pool_ may be an address at which the pool is still to be deployed: the two name each other.
    constructor(ITranche tranche, address pool_) {
        TRANCHE = tranche;
        POOL = IPoolLedger(pool_);
        ASSET = IERC20(tranche.asset());
        LEAST_SHARES = 10 ** tranche.decimals();
        _totals.push(Total(0, 0));
    }

    // ---- asking ----

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IERC7540Redeem
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        require(shares != 0, ZeroAmount());
        require(controller != address(0), NotController(msg.sender, controller));
        TRANCHE.moveToQueue(isOperator[owner][msg.sender] ? owner : msg.sender, owner, shares);
        requestId = ++_requests;
        emit RedeemRequest(controller, owner, requestId, msg.sender, shares);

        // slither-disable-next-line incorrect-equality: the line's own count, which nobody can send to
        bool empty = waiting() == 0;
        if (empty && TRANCHE.maxRedeem(address(this)) >= shares) {
            uint128 asked = shares.toUint128();
            _append(requestId, Request(controller, 0, 0, 0, asked, asked, _redeem(shares).toUint128()));
            return requestId;
        }
        require(shares >= LEAST_SHARES, RequestTooSmall(shares, LEAST_SHARES));
        uint128 start = _queuedTo;
        uint128 end = (start + shares).toUint128();
        _queuedTo = end;
        _append(requestId, Request(controller, 0, 0, start, start, end, 0));
        if (!empty) return requestId;
        POOL.setRedemptionsQueued(true);
        _serve(shares);
    }

    // ---- serving ----

    /// @inheritdoc IRedemptionQueue
    function serve(uint256 maxShares) external nonReentrant returns (uint256 shares, uint256 assets) {
        (shares, assets) = _serve(maxShares);
        require(shares != 0, NothingToServe(waiting(), POOL.cash()));
    }

    // ---- claiming ----

    /// @inheritdoc IERC7575
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 assets) {
        (uint256 requestId, Request memory r) = _oldest(controller);
        uint256 most = r.settledTo - r.claimedTo;
        require(shares != 0, ZeroAmount());
        require(shares <= most, MoreThanClaimable(shares, most));
        assets = uint256(r.assets).mulDivDown(shares, most);
        _pay(requestId, r, receiver, shares, assets);
    }

    /// @inheritdoc IERC7575
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external nonReentrant returns (uint256 shares) {
        (uint256 requestId, Request memory r) = _oldest(controller);
        require(assets != 0, ZeroAmount());
        require(assets <= r.assets, MoreThanClaimable(assets, r.assets));
        shares = assets.mulDivUp(r.settledTo - r.claimedTo, r.assets);
        _pay(requestId, r, receiver, shares, assets);
    }

    /// @inheritdoc IRedemptionQueue
    function claim(uint256 requestId, address receiver) external nonReentrant returns (uint256 shares, uint256 assets) {
        Request memory r = _settled(requestId);
        _requireController(r.controller);
        (shares, assets) = (r.settledTo - r.claimedTo, r.assets);
        require(shares != 0, MoreThanClaimable(1, 0));
        _pay(requestId, r, receiver, shares, assets);
    }

    // ---- lending, as the tranche does it ----

    /// @inheritdoc IERC7575
    function deposit(uint256 assets, address receiver) external nonReentrant returns (uint256 shares) {
        _pull(assets);
        shares = TRANCHE.deposit(assets, receiver);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    /// @inheritdoc IERC7575
    function mint(uint256 shares, address receiver) external nonReentrant returns (uint256 assets) {
        assets = TRANCHE.previewMint(shares);
        _pull(assets);
        // slither-disable-next-line unused-return: what previewMint said in the same call
        TRANCHE.mint(shares, receiver);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    // ---- views ----

    /// @inheritdoc IRedemptionQueue
    function waiting() public view returns (uint256) {
        return _queuedTo - _servedTo();
    }

    /// @inheritdoc IRedemptionQueue
    function leastShares() external view returns (uint256) {
        return LEAST_SHARES;
    }

    /// @inheritdoc IRedemptionQueue
    function requestOf(uint256 requestId) external view returns (Request memory) {
        return _request[requestId];
    }

    /// @inheritdoc IRedemptionQueue
    function claimable(uint256 requestId) public view returns (uint256 shares, uint256 assets) {
        Request memory r = _settled(requestId);
        return (r.settledTo - r.claimedTo, r.assets);
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256) {
        Request memory r = _settled(requestId);
        return r.controller == controller ? r.end - r.settledTo : 0;
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares) {
        if (_request[requestId].controller == controller) (shares, ) = claimable(requestId);
    }

    /// @inheritdoc IERC7575
    /// @dev Of the controller's oldest request. The younger ones are claimable only when all of it is.
    function maxRedeem(address controller) external view returns (uint256 shares) {
        (shares, ) = claimable(_requestsOf[controller].first);
    }

    /// @inheritdoc IERC7575
    function maxWithdraw(address controller) external view returns (uint256 assets) {
        (, assets) = claimable(_requestsOf[controller].first);
    }

    /// @inheritdoc IERC7575
    function previewRedeem(uint256) external pure returns (uint256) {
        revert NoPreview();
    }

    /// @inheritdoc IERC7575
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert NoPreview();
    }

    /// @inheritdoc IRedemptionQueue
    function pool() external view returns (address) {
        return address(POOL);
    }

    /// @inheritdoc IERC7575
    function asset() external view returns (address) {
        return address(ASSET);
    }

    /// @inheritdoc IERC7575
    function share() external view returns (address) {
        return address(TRANCHE);
    }

    /// @inheritdoc IERC7575
    function totalAssets() external view returns (uint256) {
        return TRANCHE.totalAssets();
    }

    /// @inheritdoc IERC7575
    function convertToShares(uint256 assets) external view returns (uint256) {
        return TRANCHE.convertToShares(assets);
    }

    /// @inheritdoc IERC7575
    function convertToAssets(uint256 shares) external view returns (uint256) {
        return TRANCHE.convertToAssets(shares);
    }

    /// @inheritdoc IERC7575
    function maxDeposit(address receiver) external view returns (uint256) {
        return TRANCHE.maxDeposit(receiver);
    }

    /// @inheritdoc IERC7575
    function maxMint(address receiver) external view returns (uint256) {
        return TRANCHE.maxMint(receiver);
    }

    /// @inheritdoc IERC7575
    function previewDeposit(uint256 assets) external view returns (uint256) {
        return TRANCHE.previewDeposit(assets);
    }

    /// @inheritdoc IERC7575
    function previewMint(uint256 shares) external view returns (uint256) {
        return TRANCHE.previewMint(shares);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return
            id == type(IERC165).interfaceId ||
            id == type(IERC7540Operator).interfaceId ||
            id == type(IERC7540Redeem).interfaceId ||
            id == type(IERC7575).interfaceId;
    }

    // ---- inside ----

    function _servedTo() private view returns (uint128) {
        return _totals[_totals.length - 1].shares;
    }

    /// @dev Neither serves less than the least, nor leaves less: nobody can make the queue worth no one's while, or leave a rest that
    /// is worth nothing and can never be served.
    function _serve(uint256 maxShares) private returns (uint256 shares, uint256 assets) {
        uint256 left = waiting();
        shares = Math.min(Math.min(maxShares, left), TRANCHE.maxRedeem(address(this)));
        if (shares < left) shares = Math.min(shares, left.zeroFloorSub(LEAST_SHARES));
        // slither-disable-next-line incorrect-equality: exactly what redeem would refuse
        if (shares < LEAST_SHARES || TRANCHE.convertToAssets(shares) == 0) return (0, 0);
        assets = _redeem(shares);
        Total memory last = _totals[_totals.length - 1];
        _totals.push(Total((last.shares + shares).toUint128(), (last.assets + assets).toUint128()));
        emit Served(shares, assets, left - shares);
        // slither-disable-next-line incorrect-equality: shares is at most left
        if (shares == left) POOL.setRedemptionsQueued(false);
    }

    /// @dev What came in, not what was sent: a token that takes a fee must not make one lender pay another.
    function _redeem(uint256 shares) private returns (uint256) {
        uint256 before = ASSET.balanceOf(address(this));
        // slither-disable-next-line unused-return,reentrancy-no-eth: what came in counts; every action is nonReentrant
        TRANCHE.redeem(shares, address(this), address(this));
        return ASSET.balanceOf(address(this)) - before;
    }

    /// @dev The request with what was served of it since it was last looked at.
    function _settled(uint256 requestId) private view returns (Request memory r) {
        r = _request[requestId];
        uint128 reached = uint128(Math.min(r.end, _servedTo()));
        if (reached <= r.settledTo) return r;
        r.assets += (_assetsUpTo(reached) - _assetsUpTo(r.settledTo)).toUint128();
        r.settledTo = reached;
    }

    /// @dev What the first `shares` of the line brought, rounded down.
    function _assetsUpTo(uint256 shares) private view returns (uint256) {
        (uint256 low, uint256 high) = (0, _totals.length - 1);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_totals[middle].shares < shares) low = middle + 1;
            else high = middle;
        }
        Total memory upper = _totals[low];
        // slither-disable-next-line incorrect-equality: a stop that is exactly there needs no part of the next
        if (upper.shares == shares) return upper.assets;
        Total memory lower = _totals[low - 1];
        uint256 part = uint256(upper.assets - lower.assets).mulDivDown(
            shares - lower.shares,
            upper.shares - lower.shares
        );
        return lower.assets + part;
    }

    function _oldest(address controller) private view returns (uint256 requestId, Request memory) {
        _requireController(controller);
        requestId = _requestsOf[controller].first;
        return (requestId, _settled(requestId));
    }

    function _requireController(address controller) private view {
        require(msg.sender == controller || isOperator[controller][msg.sender], NotController(msg.sender, controller));
    }

    function _pay(uint256 requestId, Request memory r, address receiver, uint256 shares, uint256 assets) private {
        r.claimedTo += uint128(shares); // at most up to settledTo
        r.assets -= uint128(assets); // at most the field
        // slither-disable-next-line incorrect-equality: claimedTo is at most end
        if (r.claimedTo == r.end) _remove(requestId, r);
        else _request[requestId] = r;
        emit Claimed(requestId, shares, assets);
        emit Withdraw(msg.sender, receiver, r.controller, assets, shares);
        if (assets != 0) ASSET.safeTransfer(receiver, assets);
    }

    function _append(uint256 requestId, Request memory r) private {
        List storage list = _requestsOf[r.controller];
        uint48 id = uint48(requestId);
        r.previous = list.last;
        // slither-disable-next-line incorrect-equality: 0 is no request's id
        if (r.previous == 0) list.first = id;
        else _request[r.previous].next = id;
        list.last = id;
        _request[requestId] = r;
    }

    function _remove(uint256 requestId, Request memory r) private {
        List storage list = _requestsOf[r.controller];
        // slither-disable-next-line incorrect-equality: 0 is no request's id
        if (r.previous == 0) list.first = r.next;
        else _request[r.previous].next = r.next;
        // slither-disable-next-line incorrect-equality: 0 is no request's id
        if (r.next == 0) list.last = r.previous;
        else _request[r.next].previous = r.previous;
        delete _request[requestId];
    }

    function _pull(uint256 assets) private {
        ASSET.pullExact(msg.sender, address(this), assets);
        ASSET.forceApprove(address(TRANCHE), assets);
    }
}
