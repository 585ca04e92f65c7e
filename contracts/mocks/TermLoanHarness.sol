// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TermBalance, TermTerms} from "../interfaces/TermLoanTypes.sol";
import {TermLoanMath} from "../loan/TermLoanMath.sol";

/// @notice Makes the arithmetic of term loans callable, so that the TypeScript model can be held against it.
contract TermLoanHarness {
    using TermLoanMath for TermBalance;

    enum Action {
        None,
        Pay,
        Close
    }

    struct Quantities {
        uint256 lateCharges;
        uint256 dueNow;
        uint256 nextPayment;
        uint256 debt;
        uint256 owed;
        uint256 defaultsAfter;
    }

    function open(
        uint256 principal,
        uint256 balloon,
        TermTerms memory terms
    ) external pure returns (TermBalance memory) {
        return TermLoanMath.open(principal, balloon, terms);
    }

    /// @notice Settles to a second and then acts.
    /// @return balance afterwards
    /// @return taken of the amount
    /// @return quantities of the balance afterwards
    function step(
        TermBalance memory balance,
        TermTerms memory terms,
        uint256 timestamp,
        Action action,
        uint256 amount
    ) external pure returns (TermBalance memory, uint256 taken, Quantities memory quantities) {
        balance.settle(terms, timestamp);
        if (action == Action.Pay) taken = balance.pay(terms, amount);
        if (action == Action.Close) {
            balance.close(terms, amount);
            taken = amount;
        }
        quantities.lateCharges = balance.lateCharges();
        quantities.dueNow = balance.dueNow(terms);
        quantities.nextPayment = balance.nextPayment(terms);
        quantities.debt = balance.debt();
        quantities.owed = balance.payOff(terms);
        quantities.defaultsAfter = balance.defaultsAfter(terms);
        return (balance, taken, quantities);
    }
}
