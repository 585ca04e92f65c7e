// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {PoolDeployer} from "./PoolDeployer.sol";
import {TermLendingPool} from "./TermLendingPool.sol";

/// @title Creates the lenders' side of a term facility.
contract TermLendingPoolDeployer is PoolDeployer {
    constructor(Setup memory s, ITermLoanBook book) PoolDeployer(s) {
        _requireExpected(new TermLendingPool(_configOf(s), book));
    }
}
