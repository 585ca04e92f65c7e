// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {TrancheClass} from "./IPoolLedger.sol";

/// @title Shares of one class of a facility's lenders (ERC-4626; its decimals are the asset's plus 6).
/// @notice Lenders approve the tranche; the assets go straight to the pool.
interface ITranche is IERC4626 {
    /// @notice The class has lost everything and shares of it are still out: new money would pay the old loss.
    error WipedOut(uint256 sharesOutstanding);
    error OnlyManager(address caller, address manager);
    error AlreadySeeded();
    error NothingReceived(uint256 assets, uint256 shares);
    error TransferMismatch(address token, uint256 expected, uint256 received);

    function pool() external view returns (address);
    function class() external view returns (TrancheClass);

    /// @notice First deposit, made when the facility is created and never withdrawn: nobody can inflate the price of an
    /// empty tranche. LoanManager only, once.
    function seed(address payer, uint256 assets) external;
}
