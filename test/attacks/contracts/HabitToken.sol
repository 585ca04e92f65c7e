// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FaultToken} from "../../solidity/helpers/FaultToken.sol";

/// @notice A token that behaves until its issuer switches on a fee or hooks, as the issuers of live ones can.
contract HabitToken is FaultToken {
    constructor(string memory name_, string memory symbol_, uint8 decimals_) FaultToken(name_, symbol_, decimals_) {}
}
