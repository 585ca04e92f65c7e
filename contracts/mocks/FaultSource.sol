// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISecondSource} from "../interfaces/ISecondSource.sol";

/// @title A second source that says what it is told to, or fails in the way it is told to.
contract FaultSource is ISecondSource {
    enum Fault {
        None,
        Reverts,
        RevertsWithMuchData,
        AnswersNothing,
        BurnsGas,
        Dear
    }

    error ToldTo(Fault fault);

    /// @notice What a healthy but expensive answer costs.
    uint256 private constant DEAR = 270_000;

    uint256 private _priceE36;
    Fault private _fault;

    function set(uint256 priceE36) external {
        _priceE36 = priceE36;
    }

    function setFault(Fault fault) external {
        _fault = fault;
    }

    function price() external view returns (uint256) {
        Fault fault = _fault;
        require(fault != Fault.Reverts, ToldTo(fault));
        if (fault == Fault.Dear) _work(DEAR);
        assembly ("memory-safe") {
            switch fault
            case 2 {
                revert(0, 100000)
            }
            case 3 {
                return(0, 0)
            }
            case 4 {
                for {} 1 {} {}
            }
        }
        return _priceE36;
    }

    function _work(uint256 gas) private view {
        uint256 first = gasleft();
        while (first - gasleft() < gas) {}
    }
}
