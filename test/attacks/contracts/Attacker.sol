// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Puppet} from "../../../contracts/mocks/Puppet.sol";

/// @notice What an attacker deploys: a list of calls made in one transaction, also while a flash loan of a Uniswap v3 pool is
/// open, while a loan manager calls back, while a plain market pays, and while a token with hooks moves.
contract Attacker is Puppet {
    bytes private _armed;
    /// @dev Hooks and payments to let pass before the armed calls are made; they are made once.
    uint256 private _pass;

    /// @notice Calls to make at the next hook or payment but `pass`.
    function arm(uint256 pass, Call[] calldata calls) external {
        (_armed, _pass) = (abi.encode(calls), pass);
    }

    /// @notice The same list so many times, in one transaction.
    function grind(uint256 rounds, Call[] calldata calls) external {
        for (uint256 i = 0; i < rounds; i++) _run(calls);
    }

    function uniswapV3FlashCallback(uint256, uint256, bytes calldata data) external {
        _run(abi.decode(data, (Call[])));
    }

    function onTokenMoved() external {
        _fire();
    }

    function onPaid() external {
        _fire();
    }

    function _fire() private {
        if (_armed.length == 0) return;
        if (_pass != 0) {
            --_pass;
            return;
        }
        Call[] memory calls = abi.decode(_armed, (Call[]));
        delete _armed;
        _run(calls);
    }
}
