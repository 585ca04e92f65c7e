// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAuthorisations} from "../interfaces/IAuthorisations.sol";
import {Actions, Authorisation} from "../interfaces/LoanTypes.sol";

/// @title Who may act for an owner, on what, how much and until when.
/// @notice An operator can never authorise another: only the owner's own call or signature reaches this storage.
abstract contract Authorisations is IAuthorisations, EIP712, Nonces {
    /// @dev EIP-712. The salt-free domain binds chain and contract, the nonce makes each signature worth one use.
    bytes32 private constant AUTHORISATION_TYPEHASH = keccak256(
        "SetAuthorisation(address owner,uint32 facility,address operator,uint8 actions,uint40 expiresAt,uint104 cashLimit,uint104 collateralLimit,uint256 nonce,uint256 deadline)"
    );

    mapping(address owner => mapping(uint32 facility => mapping(address operator => Authorisation)))
        private _authorisations;

    /// @param name of the contract, as a signer reads it
    constructor(string memory name) EIP712(name, "1") {}

    /// @inheritdoc IAuthorisations
    function setAuthorisation(uint32 facility, address operator, Authorisation calldata authorisation) external {
        _setAuthorisation(msg.sender, facility, operator, authorisation);
    }

    /// @inheritdoc IAuthorisations
    function setAuthorisationWithSig(
        address owner,
        uint32 facility,
        address operator,
        Authorisation calldata authorisation,
        uint256 deadline,
        bytes calldata signature
    ) external {
        require(block.timestamp <= deadline, SignatureExpired(deadline));
        uint256 nonce = _useNonce(owner);
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    AUTHORISATION_TYPEHASH,
                    owner,
                    facility,
                    operator,
                    authorisation.actions,
                    authorisation.expiresAt,
                    authorisation.cashLimit,
                    authorisation.collateralLimit,
                    nonce,
                    deadline
                )
            )
        );
        require(SignatureChecker.isValidSignatureNow(owner, digest, signature), InvalidSignature(owner));
        emit NonceUsed(owner, nonce);
        _setAuthorisation(owner, facility, operator, authorisation);
    }

    /// @inheritdoc IAuthorisations
    function useNonce() external {
        emit NonceUsed(msg.sender, _useNonce(msg.sender));
    }

    /// @inheritdoc IAuthorisations
    function authorisationOf(
        address owner,
        uint32 facility,
        address operator
    ) external view returns (Authorisation memory) {
        return _authorisations[owner][facility][operator];
    }

    /// @dev Passes the owner; takes the amounts off an operator's limits; refuses everyone else.
    function _useAuthorisation(
        address owner,
        uint32 facility,
        uint8 action,
        uint256 cash,
        uint256 collateral
    ) internal {
        if (msg.sender == owner) return;
        Authorisation memory authorisation = _requireAuthorised(owner, facility, msg.sender, action);
        require(cash <= authorisation.cashLimit, CashLimitExceeded(cash, authorisation.cashLimit));
        require(
            collateral <= authorisation.collateralLimit,
            CollateralLimitExceeded(collateral, authorisation.collateralLimit)
        );
        Authorisation storage given = _authorisations[owner][facility][msg.sender];
        // The casts are safe: both were just found to be within 104 bits.
        if (cash != 0 && authorisation.cashLimit != type(uint104).max) given.cashLimit -= uint104(cash);
        if (collateral != 0 && authorisation.collateralLimit != type(uint104).max)
            given.collateralLimit -= uint104(collateral);
    }

    function _requireAuthorised(
        address owner,
        uint32 facility,
        address operator,
        uint8 action
    ) internal view returns (Authorisation memory authorisation) {
        authorisation = _authorisations[owner][facility][operator];
        require(
            authorisation.actions & action != 0 && block.timestamp <= authorisation.expiresAt,
            NotAuthorised(operator, owner, action)
        );
    }

    function _setAuthorisation(
        address owner,
        uint32 facility,
        address operator,
        Authorisation calldata authorisation
    ) private {
        require(
            authorisation.actions <= Actions.ALL && operator != owner && operator != address(0),
            InvalidAuthorisation(authorisation.actions, operator)
        );
        _authorisations[owner][facility][operator] = authorisation;
        emit AuthorisationSet(
            owner,
            facility,
            operator,
            authorisation.actions,
            authorisation.expiresAt,
            authorisation.cashLimit,
            authorisation.collateralLimit
        );
    }
}
