// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../../helpers/Market.sol";

/// @notice C24: a fall of 30 % in an hour with hundreds of loans.
contract CascadeTest is Market {
    uint256 private constant LOANS = 300;

    uint256[] private _ids;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < LOANS; ++i) {
            // LTVs of 40 to 70 %, sizes of 5,000 to 35,000.
            uint256 principal = (5000 + 100 * i) * USD;
            uint256 ltv = 40 + (i % 31);
            uint256 collateral = _mulDivUp(principal * 100, BTC, ltv * 50_000 * USD);
            _ids.push(_openAs(borrower, uint64(i), collateral, principal));
        }
        vm.prank(lender);
        senior.withdraw(4_000_000 * USD, lender, lender);
    }

    function test_fault_C24_hundreds_of_loans_in_an_hour_leave_nothing_skipped() public {
        uint256 sold;
        uint256 nav = senior.totalAssets();
        // 50,000 to 35,000 in twelve steps of five minutes.
        for (uint256 step = 1; step <= 12; ++step) {
            vm.warp(block.timestamp + 5 minutes);
            _setPrice(50_000 - 1250 * step);
            for (uint256 i; i < LOANS; ++i) {
                if (_sellIfUnhealthy(_ids[i]) != 0) ++sold;
            }
        }
        assertGt(sold, 100, "a cascade");
        assertEq(_unhealthy(), 0, "none skipped");
        _assertLedger();
        assertGe(senior.totalAssets(), nav, "a fall that is followed step by step costs lenders nothing");
    }

    function test_fault_C24_a_gap_is_borne_by_the_lenders_and_by_nobody_else() public {
        vm.warp(block.timestamp + 1 hours);
        _setPrice(24_000);
        uint256 nav = senior.totalAssets();
        uint256 reserve = pool.reserve();
        uint256 loss;
        for (uint256 i; i < LOANS; ++i) {
            uint256 debt = manager.debtOf(_ids[i]);
            uint256 cash = pool.cash();
            if (_sellIfUnhealthy(_ids[i]) == 0) continue;
            loss += debt - manager.debtOf(_ids[i]) - (pool.cash() - cash);
        }
        assertGt(loss, 0);
        assertEq(_unhealthy(), 0);
        assertApproxEqAbs(senior.totalAssets(), nav - loss, LOANS);
        assertApproxEqAbs(pool.reserve(), reserve, 1);
        _assertLedger();
    }

    /// @dev All sales alike and in one transaction, so that only their number can make a difference.
    function test_fault_C24_the_last_of_hundreds_of_sales_costs_no_more_than_the_first() public {
        _setPrice(20_000);
        uint256[] memory gas = new uint256[](LOANS);
        for (uint256 i; i < LOANS; ++i) gas[i] = _sellIfUnhealthy(_ids[i]);
        uint256 early;
        uint256 late;
        // The very first pays for what is cold.
        for (uint256 i = 1; i <= 50; ++i) (early, late) = (early + gas[i], late + gas[LOANS - i]);
        assertGt(early / 50, 30_000, "sales took place");
        assertApproxEqAbs(late / 50, early / 50, 1000);
    }

    function _sellIfUnhealthy(uint256 id) private returns (uint256 gas) {
        if (!_isUnhealthy(id)) return 0;
        vm.prank(liquidator);
        gas = gasleft();
        manager.liquidate(id, type(uint256).max, 0, "");
        gas -= gasleft();
    }

    function _unhealthy() private view returns (uint256 n) {
        for (uint256 i; i < LOANS; ++i) if (_isUnhealthy(_ids[i])) ++n;
    }

    function _isUnhealthy(uint256 id) private view returns (bool) {
        uint256 value = (uint256(manager.loanOf(id).collateral) * oracle.price()) / 1e36;
        return manager.debtOf(id) > (value * 8000) / 10_000;
    }

    function _assertLedger() private view {
        (uint256 owed, ) = pool.debtTotals();
        assertEq(pool.cash() + owed, senior.totalAssets() + pool.reserve(), "POOL-1");
        assertEq(pool.cash(), usd.balanceOf(address(pool)));
        uint256 debts;
        uint256 collateral;
        for (uint256 i; i < LOANS; ++i) {
            debts += manager.debtOf(_ids[i]);
            collateral += manager.loanOf(_ids[i]).collateral;
        }
        assertGe(debts + 1, owed);
        assertLe(debts, owed + LOANS);
        assertEq(collateral, btc.balanceOf(address(vault)), "CUSTODY-1");
    }
}
