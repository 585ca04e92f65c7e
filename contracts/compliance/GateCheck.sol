// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICompliance, NewRisk} from "../interfaces/ICompliance.sol";

/// @title Asks a gate and takes nothing but a clear yes for one.
library GateCheck {
    /// @notice `gate` did not allow `account` to do `action`; `reason` is its code, type(uint256).max where it gave none.
    error NotAllowed(address gate, address account, NewRisk action, uint256 reason);

    /// @dev What a gate may spend. A caller who supplies less only refuses itself.
    uint256 internal constant GAS_LIMIT = 200_000;

    /// @return reason 0 where the gate allows or there is none; type(uint256).max where it failed to answer.
    function reasonOf(address gate, address account, NewRisk action) internal view returns (uint256 reason) {
        if (gate == address(0)) return 0;
        bytes memory question = abi.encodeCall(ICompliance.check, (account, action));
        bool answered;
        // Assembly so that a gate cannot make us copy more than one word of its answer.
        assembly ("memory-safe") {
            answered := staticcall(GAS_LIMIT, gate, add(question, 0x20), mload(question), 0x00, 0x20)
            answered := and(answered, eq(returndatasize(), 0x20))
            reason := mload(0x00)
        }
        if (!answered) reason = type(uint256).max;
    }

    function requireAllowed(address gate, address account, NewRisk action) internal view {
        uint256 reason = reasonOf(gate, account, action);
        require(reason == 0, NotAllowed(gate, account, action, reason));
    }
}
