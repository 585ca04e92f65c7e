/** Where the switch's source stands for the compiler. */
export const SWITCH_SOURCE = "project/mutants/Switch.sol";

/** `block.coinbase` while hits are recorded; no mutant has so high a number. */
export const RECORDING = 0xffffffffn;

/** EDR's inspector takes calls to this address for marks of coverage. */
export const COVERAGE = "0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE";

/**
 * Says whether a mutant is on: while its number is the coinbase, which no contract of ours reads and the test runner sets. The
 * function is pure to whoever calls it, since mutants are in pure functions too.
 */
export const SWITCH_TEXT = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

function _active(uint256 mutant) pure returns (bool) {
    function(uint256) view returns (bool) reading = _isCoinbase;
    function(uint256) pure returns (bool) switched;
    assembly ("memory-safe") { switched := reading }
    return switched(mutant);
}

function _isCoinbase(uint256 mutant) view returns (bool yes) {
    assembly ("memory-safe") {
        yes := eq(coinbase(), mutant)
        if eq(coinbase(), ${RECORDING}) {
            mstore(0, mutant)
            pop(staticcall(gas(), ${COVERAGE}, 0, 32, 0, 0))
        }
    }
}
`;
