import { COVERAGE } from "../mutants/solidity/switch.js";

/** Where the marks' source stands for the compiler. */
export const MARKS_SOURCE = "project/branches/Marks.sol";

/** Name of the function that is put around conditions. */
export const DECIDED = "_decided";

/**
 * Marks the side that a condition takes, `side` where it is false and the next where it is true, and answers what it was asked.
 * It is pure to whoever calls it, since there are conditions in pure functions too.
 */
export const MARKS_TEXT = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

function ${DECIDED}(uint256 side, bool value) pure returns (bool) {
    function(uint256, bool) view returns (bool) marking = _mark;
    function(uint256, bool) pure returns (bool) marked;
    assembly ("memory-safe") { marked := marking }
    return marked(side, value);
}

function _mark(uint256 side, bool value) view returns (bool) {
    assembly ("memory-safe") {
        mstore(0, add(side, iszero(iszero(value))))
        pop(staticcall(gas(), ${COVERAGE}, 0, 32, 0, 0))
    }
    return value;
}
`;
