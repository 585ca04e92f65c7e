// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ILoanManager} from "../../../contracts/interfaces/ILoanManager.sol";

/// @notice The LoanManager with what it inherits from OpenZeppelin, so that tests need not import (and compile) the contract.
interface ILoanManagerFull is ILoanManager, IAccessManaged, IERC5267 {
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);

    function nonces(address owner) external view returns (uint256);
}
