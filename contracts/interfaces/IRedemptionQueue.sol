// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Operators of ERC-7540 (interface id 0xe3bc4e65).
interface IERC7540Operator {
    /// @notice `operator` may, or may no longer, act for `controller`.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    function setOperator(address operator, bool approved) external returns (bool success);
    function isOperator(address controller, address operator) external view returns (bool status);
}

/// @title Asynchronous redemption of ERC-7540 (interface id 0x620ee8e4).
interface IERC7540Redeem {
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
}

/// @title A vault whose shares are a token of their own: ERC-7575 (interface id 0x2f0a18c5), ERC-4626 without its ERC-20.
interface IERC7575 {
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );

    function asset() external view returns (address);
    function share() external view returns (address);
    function convertToShares(uint256 assets) external view returns (uint256 shares);
    function convertToAssets(uint256 shares) external view returns (uint256 assets);
    function totalAssets() external view returns (uint256 assets);
    function maxDeposit(address receiver) external view returns (uint256 assets);
    function previewDeposit(uint256 assets) external view returns (uint256 shares);
    function deposit(uint256 assets, address receiver) external returns (uint256 shares);
    function maxMint(address receiver) external view returns (uint256 shares);
    function previewMint(uint256 shares) external view returns (uint256 assets);
    function mint(uint256 shares, address receiver) external returns (uint256 assets);
    function maxWithdraw(address controller) external view returns (uint256 assets);
    function previewWithdraw(uint256 assets) external view returns (uint256 shares);
    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares);
    function maxRedeem(address controller) external view returns (uint256 shares);
    function previewRedeem(uint256 shares) external view returns (uint256 assets);
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets);
}

/// @title The queue in which senior lenders wait when their pool has lent all its cash out (ERC-7540).
/// @notice Shares of the senior tranche go in, and are turned into cash in the order in which they came, by anyone, as far as the
/// pool has any; until then they earn and bear losses like all others, and afterwards not. While any wait, the pool lends nothing
/// new and pays no other senior or junior lender. A request that finds the queue empty and cash in the pool is served at once.
///
/// Requests are numbered in their order. They cannot be cancelled, changed or moved: whoever has second thoughts lends again what
/// comes out. A request may be served in parts, at different prices. What was served is claimed by its controller: `redeem` and
/// `withdraw` claim from the oldest request with anything left, `claim` from any. Nothing here goes through lenders one by one.
///
/// Shares are put in without approval by their owner, the owner's operator here, or whoever has an allowance for them. Depositing
/// through the queue is depositing into the tranche.
interface IRedemptionQueue is IERC7540Operator, IERC7540Redeem, IERC7575, IERC165 {
    /// @notice Shares that waited and were served so far, and what they brought; between two of these the price is one. One slot.
    struct Total {
        uint128 shares;
        uint128 assets;
    }

    /// @notice One place in the queue; three slots. Shares of all requests that ever waited are numbered through: it stands for
    /// those up to `end`.
    struct Request {
        address controller;
        uint48 previous; // requests of the same controller, oldest first; 0 = none
        uint48 next;
        uint128 claimedTo; // shares claimed,
        uint128 settledTo; // shares whose assets are in `assets` or claimed
        uint128 end;
        uint128 assets; // to be claimed for the shares from claimedTo to settledTo
    }

    /// @notice `shares` that waited were turned into `assets`; `waiting` shares are left.
    event Served(uint256 shares, uint256 assets, uint256 waiting);
    /// @notice What a Withdraw event beside it was claimed of; two requests of one controller may bring the same.
    event Claimed(uint256 indexed requestId, uint256 shares, uint256 assets);

    /// @notice Less than one whole share (10^decimals of the tranche) cannot be queued: it is not worth serving.
    error RequestTooSmall(uint256 shares, uint256 least);
    /// @notice Nothing waits, or the pool has not cash for the least there is to serve.
    error NothingToServe(uint256 waiting, uint256 cash);
    error NotController(address caller, address controller);
    /// @notice More than the request has to be claimed.
    error MoreThanClaimable(uint256 requested, uint256 claimable);
    error ZeroAmount();
    /// @notice What a claim brings was fixed when it was served, see claimable; ERC-7540 forbids to say it here.
    error NoPreview();

    /// @notice The pool whose senior lenders wait here.
    function pool() external view returns (address);
    /// @notice Shares that wait.
    function waiting() external view returns (uint256 shares);
    /// @notice Least shares that can wait, and least that are served at a time: one whole share.
    function leastShares() external view returns (uint256);
    /// @notice A request as stored; all 0 once everything of it was claimed.
    function requestOf(uint256 requestId) external view returns (Request memory);
    /// @notice What could be claimed of a request now.
    function claimable(uint256 requestId) external view returns (uint256 shares, uint256 assets);

    /// @notice Turns at most `maxShares` of those that wait into cash, in their order, as far as the pool has any. Anyone may.
    function serve(uint256 maxShares) external returns (uint256 shares, uint256 assets);

    /// @notice Claims all that was served of one request. Its controller, or an operator of theirs.
    function claim(uint256 requestId, address receiver) external returns (uint256 shares, uint256 assets);
}
