// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {TrancheClass} from "../interfaces/ILendingPool.sol";
import {LendingPool} from "./LendingPool.sol";
import {Tranche} from "./Tranche.sol";

/// @title Creates a pool and its senior tranche, which name each other, in one transaction.
/// @notice All its work is done in its constructor; afterwards it says which two contracts it made and can do nothing else.
/// @dev A factory holding both creation codes in its own code would not fit the limit on a contract's size; creation code may be
/// twice as long (EIP-3860).
contract PoolDeployer {
    /// @notice The pool is not where the tranche was told it would be.
    error UnexpectedAddress(address expected, address actual);

    LendingPool public immutable POOL;
    Tranche public immutable SENIOR;

    /// @param asset of the loans
    /// @param manager the LoanManager
    /// @param fixedRatePerSecond WAD; 0 for the adaptive curve
    /// @param reserveFeeBps share of interest that goes to the reserve
    /// @param authority the AccessManager
    /// @param name and @param symbol of the senior tranche's shares
    constructor(
        IERC20Metadata asset,
        address manager,
        uint256 fixedRatePerSecond,
        uint256 reserveFeeBps,
        address authority,
        string memory name,
        string memory symbol
    ) {
        address predicted = _secondContract();
        SENIOR = new Tranche(asset, predicted, manager, TrancheClass.Senior, name, symbol);
        POOL = new LendingPool(asset, manager, address(SENIOR), fixedRatePerSecond, reserveFeeBps, authority);
        require(address(POOL) == predicted, UnexpectedAddress(predicted, address(POOL)));
    }

    /// @dev A contract's own creations are numbered from 1; the address is the hash of RLP([creator, number]).
    function _secondContract() private view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), bytes1(0x02))))));
    }
}
