// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @notice OpenZeppelin's own, under a name whose artifact Solidity tests can find.
contract TestAccessManager is AccessManager {
    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
