// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC7540Properties} from "../../helpers/ERC7540Properties.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice The queue of a term facility as an ERC-7540 vault: with cash, without, with others ahead, with a loan in default, under a
/// mark, after a loss.
abstract contract TermQueuePropertiesTest is TermMarket, ERC7540Properties {
    uint256 private _loan;

    function _asyncVault() internal view override returns (IRedemptionQueue) {
        return termQueue;
    }

    function _arrangeRequests(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 7;
        if (state == 0) return lender;
        uint256 cash = termPool.cash();
        uint256 principal = state == 1 ? cash / 3 : cash;
        _loan = _openTerm(0, MONTHLY, _mulDivUp(principal, 100 * BTC, 60 * 50_000 * USD), principal);
        vm.warp(block.timestamp + (state == 4 ? 42 days : (seed >> 64) % YEAR));
        if (state == 3) {
            uint256 ahead = termSenior.balanceOf(lender) / 3;
            vm.prank(lender);
            termQueue.requestRedeem(ahead, stranger, lender);
        }
        if (state == 4) termManager.markDefault(_loan);
        if (state < 5) return lender;
        _setTermPrice(15_000);
        termManager.mark(_loan);
        if (state == 6) {
            vm.prank(liquidator);
            termManager.liquidate(_loan, type(uint256).max, 0, "");
        }
        return lender;
    }

    /// @dev By one instalment, by several, or by all that is owed.
    function _fulfil(uint256 seed) internal override {
        uint256 state = (seed >> 32) % 4;
        if (state != 0 && _loan != 0 && termManager.debtOf(_loan) != 0) {
            uint256 instalment = termPool.positionOf(_loan, termManager.loanOf(_loan)).slot.instalment;
            _pay(
                _loan,
                state == 1
                    ? instalment
                    : state == 2
                        ? 5 * instalment
                        : type(uint256).max
            );
        }
        uint256 most = (seed >> 40) % 2 == 0 ? type(uint256).max : termQueue.waiting() / 3;
        try termQueue.serve(most) {} catch {}
    }
}

contract TermQueueProperties6Test is TermQueuePropertiesTest {}

contract TermQueueProperties18Test is TermQueuePropertiesTest, Decimals18x18 {}
