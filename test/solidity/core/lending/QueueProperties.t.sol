// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC7540Properties} from "../../helpers/ERC7540Properties.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";

/// @notice The queue as an ERC-7540 vault: with cash, without, with others ahead, after a loss, under a mark.
abstract contract QueuePropertiesTest is TieredMarket, ERC7540Properties {
    uint256 private _loan;

    function _asyncVault() internal view override returns (IRedemptionQueue) {
        return queue;
    }

    function _arrangeRequests(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 6;
        if (state == 0) return lender;
        uint256 cash = pool.cash();
        _loan = _lendOut(0, state == 1 ? cash / 3 : cash);
        vm.warp(block.timestamp + ((seed >> 64) % YEAR));
        if (state == 3) {
            uint256 ahead = senior.balanceOf(lender) / 3;
            vm.prank(lender);
            queue.requestRedeem(ahead, stranger, lender);
        }
        if (state < 4) return lender;
        _setPrice(15_000);
        manager.mark(_loan);
        if (state == 5) _sell(_loan);
        return lender;
    }

    function _fulfil(uint256 seed) internal override {
        uint256 state = (seed >> 32) % 4;
        if (state != 0 && _loan != 0 && manager.debtOf(_loan) != 0) {
            uint256 assets =
                state == 1
                    ? 500_000 * USD
                    : state == 2
                        ? 7_000_000 * USD
                        : 100_000_000 * USD;
            vm.prank(borrower);
            manager.repay(_loan, assets, "");
        }
        uint256 most = (seed >> 40) % 2 == 0 ? type(uint256).max : queue.waiting() / 3;
        try queue.serve(most) {} catch {}
    }
}

contract QueueProperties6Test is QueuePropertiesTest {}

contract QueueProperties18Test is QueuePropertiesTest, Decimals18x18 {}
