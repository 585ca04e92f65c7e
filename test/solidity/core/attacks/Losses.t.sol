// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Market} from "../../helpers/Market.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice Whoever decides how and when a loss lands must not be able to make it larger, or to make others bear more of it.
contract LossesTest is Market {
    /// @dev A loan of 30,000 dollars against one bitcoin that fell, and what selling all of it at once would cost the lenders.
    function _drowned(uint256 usdPerBtc) private returns (uint256 id, uint256 navBefore, uint256 lossAtOnce) {
        id = _open(BTC, 30_000 * USD);
        _setPrice(usdPerBtc);
        uint256 snapshot = vmMore.snapshotState();
        navBefore = pool.navOf(TrancheClass.Senior);
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
        lossAtOnce = navBefore - pool.navOf(TrancheClass.Senior);
        vmMore.revertToState(snapshot);
    }

    /// @dev Each piece may round its share of the debt up by a unit, and what it repays.
    function testFuzz_selling_a_drowned_loan_in_pieces_costs_the_lenders_no_more_than_at_once(
        uint256 usdPerBtc,
        uint256[6] memory requests
    ) public {
        usdPerBtc = bound(usdPerBtc, 1000, 30_500);
        (uint256 id, uint256 navBefore, uint256 atOnce) = _drowned(usdPerBtc);

        vm.startPrank(liquidator);
        for (uint256 i; i < requests.length; ++i) {
            uint256 request = bound(requests[i], 1, (usdPerBtc * USD) / 2);
            try manager.liquidate(id, request, 0, "") {} catch {}
        }
        if (manager.ownerOf(id) != address(0)) manager.liquidate(id, type(uint256).max, 0, "");
        vm.stopPrank();
        assertEq(manager.ownerOf(id), address(0));
        assertLe(navBefore - pool.navOf(TrancheClass.Senior), atOnce + 2 * requests.length);
    }

    /// @dev The owner of a loan just below cover may pay, top up or split before selling itself; the lenders lose no more.
    function testFuzz_the_owner_of_a_drowning_loan_cannot_enlarge_the_loss_by_preparing_it(
        uint256 usdPerBtc,
        uint256 paid,
        uint256 added
    ) public {
        usdPerBtc = bound(usdPerBtc, 20_000, 30_500);
        (uint256 id, uint256 navBefore, uint256 loss) = _drowned(usdPerBtc);

        vm.startPrank(borrower);
        manager.repay(id, bound(paid, 1, 15_000 * USD), "");
        manager.topUp(id, bound(added, 1, BTC / 4), "");
        try manager.liquidate(id, type(uint256).max, 0, "") {} catch {}
        vm.stopPrank();
        assertLe(navBefore - pool.navOf(TrancheClass.Senior), loss + 2);
    }

    /// @dev After a loss of almost everything a share is worth next to nothing, and a newcomer holds nearly all of them. It must
    /// get what it pays for, and not at the old holders' expense.
    function test_who_enters_a_tranche_that_lost_almost_all_neither_loses_nor_gains() public {
        Options memory o = _standard(collateralDecimals, loanDecimals);
        o.reserveFeeBps = 0;
        o.seed = 20_000 * 10 ** loanDecimals;
        _use(_createFacility(o));
        _fund(borrower);
        _fund(liquidator);
        _fund(lender);
        // Two loans take all the cash, and both drown.
        uint256 small = _openAs(borrower, 0, BTC, 5000 * USD);
        uint256 large = _openAs(borrower, 1, BTC, 15_000 * USD);
        _setPrice(100);
        vm.startPrank(liquidator);
        manager.liquidate(large, type(uint256).max, 0, "");
        manager.liquidate(small, type(uint256).max, 0, "");
        vm.stopPrank();
        _setPrice(50_000);
        // What is left of the seed is what the liquidator paid.
        uint256 left = pool.navOf(TrancheClass.Senior);
        assertLt(left, 200 * USD);
        uint256 oldShares = senior.totalSupply();

        vm.startPrank(lender);
        uint256 shares = senior.deposit(1_000_000 * USD, lender);
        assertApproxEqAbs(senior.convertToAssets(oldShares), left, 1, "the old holders keep what they had");
        uint256 back = senior.redeem(shares, lender, lender);
        vm.stopPrank();
        assertLe(back, 1_000_000 * USD);
        assertGe(back, 1_000_000 * USD - 2);
        assertGe(pool.navOf(TrancheClass.Senior), left);
    }
}
