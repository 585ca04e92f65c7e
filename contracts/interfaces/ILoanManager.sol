// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "./ILoans.sol";

/// @title The one contract that opens, changes and closes revolving loans, in every revolving facility.
interface ILoanManager is ILoans {
    // ---- events: with those of ILoans and of the pool, all state can be rebuilt from them ----

    event Opened(
        uint256 indexed id,
        address indexed owner,
        uint32 indexed facility,
        address receiver,
        uint256 collateral,
        uint256 principal,
        uint256 shares
    );
    event Drawn(uint256 indexed id, address indexed caller, address receiver, uint256 assets, uint256 shares);

    /// @notice Puts collateral in and borrows, in one call. The caller is the owner.
    /// @param salt any number under which the caller has no open loan in this facility, and had none that changed hands.
    /// @param collateral pulled from the caller, who has approved the vault.
    /// @param principal sent to `receiver`; at least minDebt.
    /// @param data passed to ILoanCallbacks.onOpen on the caller when not empty.
    /// @return id of the loan.
    function open(
        uint32 facility,
        uint64 salt,
        uint256 collateral,
        uint256 principal,
        address receiver,
        bytes calldata data
    ) external returns (uint256 id);

    /// @notice Borrows more. Owner, or operator with DRAW and cash limit.
    function draw(uint256 id, uint256 assets, address receiver) external;
}
