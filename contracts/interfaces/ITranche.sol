// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {TrancheClass} from "./IPoolLedger.sol";

/// @title Shares of one class of a facility's lenders (ERC-4626; its decimals are the asset's plus 6).
/// @notice Lenders approve the tranche; the assets go straight to the pool.
///
/// Senior leaves at once while the pool has cash. Junior and cover ask first: a request opens a window after a cooldown, in which
/// at most as many shares leave as it names. Its shares stay with their owner, earn, and bear losses throughout. They may be
/// transferred, but a request never covers more than its owner has held ever since: transferred shares wait anew.
interface ITranche is IERC4626 {
    /// @notice One owner's announcement of leaving; one slot.
    struct ExitRequest {
        uint176 shares; // most that may still leave under it
        uint40 opensAt; // first and
        uint40 closesAt; // last second of the window
    }

    /// @notice `owner` may take out that many shares from the second `opensAt` to the second `closesAt`; it replaces any request
    /// before it. Transfers may lessen it.
    event ExitRequested(address indexed owner, uint256 shares, uint256 opensAt, uint256 closesAt);

    /// @notice Senior needs no cooldown and no window, the other classes need both.
    error InvalidExitTerms(TrancheClass class, uint256 cooldown, uint256 window);
    /// @notice Shares of this class need no request.
    error LeavesAtOnce();
    /// @notice Shares leave only from `opensAt` to `closesAt`; both 0 where no exit was requested.
    error OutsideExitWindow(uint256 opensAt, uint256 closesAt);
    error MoreThanRequested(uint256 shares, uint256 requested);
    error OnlyQueue(address caller, address queue);
    /// @notice The class has lost everything and shares of it are still out: new money would pay the old loss.
    error WipedOut(uint256 sharesOutstanding);
    /// @notice More than may still be minted: the class has lost so much that its shares are worth next to nothing, and takes no new
    /// money.
    error TooManyShares(uint256 shares, uint256 most);
    error OnlyManager(address caller, address manager);
    error AlreadySeeded();
    error NothingReceived(uint256 assets, uint256 shares);

    function pool() external view returns (address);
    function class() external view returns (TrancheClass);
    /// @notice Seconds from a request to its window, and the window's length; both 0 where shares leave at once.
    function exitTerms() external view returns (uint256 cooldown, uint256 window);
    /// @notice The last request; its window may be over.
    function exitRequestOf(address owner) external view returns (ExitRequest memory);

    /// @notice Starts the cooldown for `shares` of the caller, instead of any request before; 0 takes it back.
    function requestExit(uint256 shares) external;

    /// @notice Moves shares into the queue of the senior tranche, which alone may ask, for `spender`: their owner, or one with
    /// an allowance, which is used.
    function moveToQueue(address spender, address owner, uint256 shares) external;

    /// @notice First deposit, made when the facility is created and never withdrawn: nobody can inflate the price of an
    /// empty tranche. LoanManager only, once.
    function seed(address payer, uint256 assets) external;
}
