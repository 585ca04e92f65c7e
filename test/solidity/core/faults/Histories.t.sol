// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {Decimals18x18, Decimals18x6, Decimals8x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice C12: parts against totals over long random histories, from accruals of one second to thirty years.
contract HistoriesTest is Market {
    uint256 private constant STEPS = 100;
    uint256 private constant LOANS = 8;

    uint256[] private _ids;
    uint256 private _state;

    /// forge-config: default.fuzz.runs = 8
    function testFuzz_fault_C12_the_parts_meet_the_totals_over_long_histories(uint256 seed) public {
        _state = seed;
        for (uint64 i; i < LOANS; ++i) _ids.push(_id(borrower, facility, i));
        uint256 done;
        for (uint256 i; i < STEPS; ++i) {
            if (_step()) ++done;
            _assertSums();
        }
        assertGt(done, STEPS / 8, "the history is not empty");
    }

    function test_fault_C12_thirty_years_of_single_seconds_and_single_years_agree_in_their_sums() public {
        for (uint64 i; i < LOANS; ++i) _ids.push(_openAs(borrower, i, (i + 1) * BTC, (i + 1) * 7_777 * USD + i));
        for (uint256 i; i < 500; ++i) {
            vm.warp(block.timestamp + 1);
            pool.accrue();
        }
        _assertSums();
        for (uint256 i; i < 30; ++i) {
            vm.warp(block.timestamp + YEAR);
            pool.accrue();
            _assertSums();
        }
        for (uint256 i; i < LOANS; ++i) {
            usd.mint(borrower, manager.debtOf(_ids[i]));
            vm.prank(borrower);
            manager.close(_ids[i], borrower, "");
            _assertSums();
        }
        (uint256 assets, uint256 shares) = pool.debtTotals();
        assertEq(shares, 0);
        // What virtual shares earned: a few units that nobody owes.
        assertLe(assets, 100);
    }

    function _step() private returns (bool) {
        uint256 id = _ids[_random(LOANS)];
        uint256 action = _random(10);
        vm.warp(block.timestamp + [0, 1, 12, 1 days, 60 days][_random(5)]);
        if (_random(4) == 0) oracle.setPrice(_price(30_000) + _random(_price(40_000)));
        vm.startPrank(borrower);
        bool success = _act(id, action);
        vm.stopPrank();
        return success;
    }

    function _act(uint256 id, uint256 action) private returns (bool) {
        uint256 amount = 1 + _random(action % 2 == 0 ? 100 : 200_000 * USD);
        if (action == 0 || action == 1) {
            try manager.open(facility, uint64(id), 1 + _random(30 * BTC), minDebt + amount, borrower, "") {
                return true;
            } catch {}
        } else if (action == 2 || action == 3) {
            try manager.repay(id, amount, "") {
                return true;
            } catch {}
        } else if (action == 4 || action == 5) {
            try manager.draw(id, amount, borrower) {
                return true;
            } catch {}
        } else if (action == 6) {
            try manager.close(id, borrower, "") {
                return true;
            } catch {}
        } else if (action == 7) {
            return _liquidate(id, _random(3) == 0 ? type(uint256).max : amount);
        } else if (action == 8) {
            return _lend(amount);
        } else {
            return _unlend(amount);
        }
        return false;
    }

    function _liquidate(uint256 id, uint256 request) private returns (bool) {
        vm.stopPrank();
        vm.startPrank(liquidator);
        try manager.liquidate(id, request, 0, "") {
            return true;
        } catch {
            return false;
        }
    }

    function _lend(uint256 amount) private returns (bool) {
        vm.stopPrank();
        vm.startPrank(lender);
        try senior.deposit(amount, lender) {
            return true;
        } catch {
            return false;
        }
    }

    function _unlend(uint256 amount) private returns (bool) {
        vm.stopPrank();
        vm.startPrank(lender);
        try senior.withdraw(amount, lender, lender) {
            return true;
        } catch {
            return false;
        }
    }

    function _assertSums() private view {
        uint256 shares;
        uint256 debts;
        uint256 collateral;
        uint256 open;
        for (uint256 i; i < LOANS; ++i) {
            uint256 debt = manager.debtOf(_ids[i]);
            shares += manager.loanOf(_ids[i]).debtShares;
            collateral += manager.loanOf(_ids[i]).collateral;
            debts += debt;
            if (debt != 0) ++open;
        }
        (ILendingPool.DebtTotals memory stored, , ) = pool.stored();
        assertEq(shares, stored.shares, "DEBT-2");
        assertEq(collateral, btc.balanceOf(address(vault)), "CUSTODY-1");
        (uint256 owed, ) = pool.debtTotals();
        assertLe(debts, owed + open, "each debt is rounded up by less than a unit");
        // What virtual shares hold: their million of the whole, one unit of a fresh pool.
        uint256 virtualPart = stored.shares == 0 ? owed : (owed * 1e6) / (uint256(stored.shares) + 1e6) + 2;
        assertGe(debts + virtualPart, owed, "and nothing else is missing");
        assertEq(pool.cash() + owed, senior.totalAssets() + pool.reserve(), "POOL-1");
        assertEq(pool.cash(), usd.balanceOf(address(pool)));
    }

    function _random(uint256 below) private returns (uint256) {
        _state = uint256(keccak256(abi.encode(_state)));
        return _state % below;
    }
}

contract Histories18Test is HistoriesTest, Decimals18x18 {}

contract Histories18x6Test is HistoriesTest, Decimals18x6 {}

contract Histories8x18Test is HistoriesTest, Decimals8x18 {}
