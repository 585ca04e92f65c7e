// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LendingPool} from "./LendingPool.sol";
import {PoolDeployer} from "./PoolDeployer.sol";

/// @title Creates the lenders' side of a revolving facility.
contract LendingPoolDeployer is PoolDeployer {
    constructor(Setup memory s) PoolDeployer(s) {
        _requireExpected(new LendingPool(_configOf(s)));
    }
}
