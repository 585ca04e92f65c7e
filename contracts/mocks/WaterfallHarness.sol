// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrancheClass} from "../interfaces/IPoolLedger.sol";
import {Waterfall} from "../lending/Waterfall.sol";

/// @notice Makes the division of interest and losses callable, so that the TypeScript model can be held against it.
contract WaterfallHarness {
    using Waterfall for Waterfall.Ledger;

    struct Navs {
        uint256 senior;
        uint256 junior;
        uint256 cover;
    }

    /// @return ledger afterwards
    function divide(
        Waterfall.Ledger memory ledger
    ) external pure returns (Waterfall.Ledger memory, Waterfall.Division memory division) {
        division = ledger.divide();
        return (ledger, division);
    }

    /// @return gross what each class owns
    /// @return net the same after the expected loss
    function navs(
        Waterfall.Ledger memory ledger,
        uint256 expectedLoss
    ) external pure returns (Navs memory gross, Navs memory net) {
        gross.senior = ledger.grossNav(TrancheClass.Senior);
        gross.junior = ledger.grossNav(TrancheClass.Junior);
        gross.cover = ledger.grossNav(TrancheClass.Cover);
        net.senior = ledger.exitNav(TrancheClass.Senior, expectedLoss);
        net.junior = ledger.exitNav(TrancheClass.Junior, expectedLoss);
        net.cover = ledger.exitNav(TrancheClass.Cover, expectedLoss);
    }

    /// @return ledger afterwards
    function bear(
        Waterfall.Ledger memory ledger,
        uint256 loss
    ) external pure returns (Waterfall.Ledger memory, Waterfall.Loss memory by) {
        by = ledger.bear(loss);
        return (ledger, by);
    }

    /// @return ledger afterwards
    function bearWithoutCover(
        Waterfall.Ledger memory ledger,
        uint256 loss
    ) external pure returns (Waterfall.Ledger memory, Waterfall.Loss memory by) {
        by = ledger.bearWithoutCover(loss);
        return (ledger, by);
    }
}
