// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBothManagers} from "../interfaces/IBothManagers.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {FIRST_TERM_FACILITY, LoanIds} from "./LoanIds.sol";

/// @title For what works with loans of either kind: finds the manager of each.
abstract contract BothManagers is IBothManagers {
    using LoanIds for uint256;

    ILoans private immutable LOANS;
    ILoans private immutable TERM_LOANS;

    constructor(ILoans loanManager_, ILoans termLoanManager_) {
        (LOANS, TERM_LOANS) = (loanManager_, termLoanManager_);
    }

    /// @inheritdoc IBothManagers
    function loanManager() external view returns (address) {
        return address(LOANS);
    }

    /// @inheritdoc IBothManagers
    function termLoanManager() external view returns (address) {
        return address(TERM_LOANS);
    }

    function _managerOf(uint256 id) internal view returns (ILoans) {
        return _managerOfFacility(id.facilityOf());
    }

    function _managerOfFacility(uint32 facility) internal view returns (ILoans) {
        return _isTerm(facility) ? TERM_LOANS : LOANS;
    }

    function _isTerm(uint32 facility) internal pure returns (bool) {
        return facility >= FIRST_TERM_FACILITY;
    }
}
