// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IOracleErrors} from "../../../contracts/interfaces/IOracleErrors.sol";
import {GuardedCall} from "../../../contracts/oracle/GuardedCall.sol";
import {argsOf} from "../helpers/ErrorArgs.sol";

contract GuardedCaller {
    function latest(address feed) external view returns (bool ok) {
        (ok, , , , ) = GuardedCall.tryLatest(feed);
    }

    function price(address source) external view returns (bool ok) {
        (ok, ) = GuardedCall.tryPrice(source);
    }
}

/// @notice Where a feed or source fails, a caller with a unit of gas less than promised is refused, and told what is missing.
contract GuardedCallTest is Test {
    GuardedCaller private _caller = new GuardedCaller();
    /// @dev Answers nothing at all.
    address private _silent = makeAddr("silent");

    /// @return had what the refusal says was left; 0 where there was none
    function _leftIfRefused(bytes memory call, uint256 gas, uint256 needed) private view returns (uint256 had) {
        (bool ok, bytes memory answer) = address(_caller).staticcall{gas: gas}(call);
        if (ok) {
            assertFalse(abi.decode(answer, (bool)), "a silent feed has no answer");
            return 0;
        }
        assertEq(bytes4(answer), IOracleErrors.NotEnoughGas.selector);
        address callee;
        uint256 asked;
        (callee, had, asked) = abi.decode(argsOf(answer), (address, uint256, uint256));
        assertEq(callee, _silent);
        assertEq(asked, needed);
    }

    function _assertNeeds(bytes memory call, uint256 needed) private view {
        (uint256 low, uint256 high) = (needed, needed + 20_000);
        assertGt(_leftIfRefused(call, low, needed), 0);
        assertEq(_leftIfRefused(call, high, needed), 0);
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            if (_leftIfRefused(call, middle, needed) == 0) high = middle;
            else low = middle;
        }
        assertEq(_leftIfRefused(call, low, needed), needed - 1, "a unit less is refused");
    }

    /// @dev 64/63 of 200,000 rounded down, and 5,000.
    function test_a_feed_is_promised_200_000() public view {
        _assertNeeds(abi.encodeCall(_caller.latest, (_silent)), 203_174 + 5_000);
    }

    /// @dev 64/63 of 300,000 rounded down, and 5,000.
    function test_a_second_source_is_promised_300_000() public view {
        _assertNeeds(abi.encodeCall(_caller.price, (_silent)), 304_761 + 5_000);
    }
}
