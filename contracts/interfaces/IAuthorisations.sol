// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Authorisation} from "./LoanTypes.sol";

/// @title Who may act for an owner, on what, how much and until when.
interface IAuthorisations {
    event AuthorisationSet(
        address indexed owner,
        uint32 indexed facility,
        address indexed operator,
        uint8 actions,
        uint40 expiresAt,
        uint104 cashLimit,
        uint104 collateralLimit
    );
    event NonceUsed(address indexed owner, uint256 nonce);

    /// @notice Neither the owner nor an operator with that action authorised and not expired.
    error NotAuthorised(address caller, address owner, uint8 action);
    error CashLimitExceeded(uint256 requested, uint256 limit);
    error CollateralLimitExceeded(uint256 requested, uint256 limit);
    error InvalidAuthorisation(uint8 actions, address operator);
    error SignatureExpired(uint256 deadline);
    error InvalidSignature(address owner);

    /// @notice Lets `operator` act on all the caller's loans in one facility; actions 0 revokes. Replaces what was set before.
    function setAuthorisation(uint32 facility, address operator, Authorisation calldata authorisation) external;

    /// @notice The same by the owner's EIP-712 signature (ERC-1271 for contracts), which anybody may bring before `deadline`.
    function setAuthorisationWithSig(
        address owner,
        uint32 facility,
        address operator,
        Authorisation calldata authorisation,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Makes the caller's next unused signature worthless.
    function useNonce() external;

    function authorisationOf(
        address owner,
        uint32 facility,
        address operator
    ) external view returns (Authorisation memory);
}
