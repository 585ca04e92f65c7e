// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Borrowers} from "./Borrowers.sol";
import {Holders} from "./Holders.sol";
import {Hostiles} from "./Hostiles.sol";
import {Keepers} from "./Keepers.sol";
import {Lenders} from "./Lenders.sol";
import {Nature} from "./Nature.sol";
import {Thieves} from "./Thieves.sol";
import {Setting, World} from "./World.sol";

/// @notice All there is to do, in one place.
contract Campaign is Borrowers, Thieves, Lenders, Holders, Hostiles, Nature {
    constructor(Setting memory s) World(s) {}

    /// @dev What whoever goes round may do to a loan between coming and going; called under their prank.
    function _meddle(uint256 f, uint256 how) internal override(Lenders, Holders) {
        uint256 i = _findLoan(f, how >> 16, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        _touched = i;
        how = (how >> 8) % 6;
        if (how == 0) try _places[f].loans.mark(id) {} catch {}
        else if (how == 1 && f == TERM) try TERM_MANAGER.markDefault(id) {} catch {}
        else if (how == 2) try _places[f].loans.topUp(id, BTC, "") {} catch {}
        else if (how == 3) try _places[f].loans.repay(id, 1000 * USD, "") {} catch {}
        else if (how == 4) try _places[f].loans.repay(id, type(uint256).max, "") {} catch {}
        else _places[f].pool.accrue();
    }

    function _publishPrice(uint256 dollarsE8) internal override(Keepers, Nature) {
        Nature._publishPrice(dollarsE8);
    }

    function _lift(uint256 f) internal override(Borrowers, Nature) {
        Nature._lift(f);
    }
}
