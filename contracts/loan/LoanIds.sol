// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Number of the first term facility; revolving ones count from 1. So a loan's id says which manager it belongs to.
uint32 constant FIRST_TERM_FACILITY = 1_000_001;

/// @title A loan's id: opener (160 bits) ‖ facility (32) ‖ the opener's salt (64). It never changes.
library LoanIds {
    function encode(address opener, uint32 facility, uint64 salt) internal pure returns (uint256) {
        return (uint256(uint160(opener)) << 96) | (uint256(facility) << 64) | salt;
    }

    function openerOf(uint256 id) internal pure returns (address) {
        return address(uint160(id >> 96));
    }

    function facilityOf(uint256 id) internal pure returns (uint32) {
        return uint32(id >> 64);
    }
}
