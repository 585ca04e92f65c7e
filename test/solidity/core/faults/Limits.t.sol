// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice C14: share conversion and amounts at the limits of their fields, and clocks beyond 32 bits.
contract LimitsTest is Market {
    function test_fault_C14_time_goes_on_past_2106() public {
        uint256 id = _open(BTC, 20_000 * USD);
        vm.warp(uint256(type(uint32).max) - 1);
        pool.accrue();
        uint256 before = manager.debtOf(id);
        vm.warp(uint256(type(uint32).max) + 100);
        assertGt(manager.debtOf(id), before);
        pool.accrue();
        (, IPoolLedger.CashState memory state, ) = pool.stored();
        assertEq(state.accruedAt, uint256(type(uint32).max) + 100);
        vm.prank(borrower);
        manager.setAuthorisation(
            facility,
            operator,
            Authorisation(Actions.WITHDRAW, uint40(type(uint32).max) + 100, 0, type(uint104).max)
        );
        usd.mint(borrower, manager.debtOf(id));
        vm.prank(borrower);
        manager.repay(id, type(uint256).max, "");
        vm.prank(operator);
        manager.withdraw(id, BTC / 2, operator);
        vm.warp(uint256(type(uint32).max) + 101);
        vm.prank(operator);
        vm.expectRevert();
        manager.withdraw(id, BTC / 2, operator);
        vm.prank(borrower);
        manager.close(id, borrower, "");
    }

    /// @dev A billion at the highest rate there is, untouched for two years: nothing overflows, every exit works.
    function test_fault_C14_a_billion_at_the_highest_rate_for_two_years_stays_within_its_fields() public {
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
        usd.mint(lender, 1_000_000_000 * USD);
        vm.prank(lender);
        senior.deposit(1_000_000_000 * USD, lender);
        btc.mint(borrower, 50_000 * BTC);
        uint256 id = _open(50_000 * BTC, pool.cash());
        // The rate at target has climbed to its bound of 200 %; at full utilisation borrowers pay 800 %.
        vm.warp(block.timestamp + 90 days);
        pool.accrue();
        vm.warp(block.timestamp + 2 * YEAR);
        uint256 debt = manager.debtOf(id);
        pool.accrue();
        assertApproxEqAbs(manager.debtOf(id), debt, 1);
        usd.mint(liquidator, debt);
        vm.prank(liquidator);
        manager.repay(id, debt / 2, "");
        vm.prank(lender);
        senior.withdraw(USD, lender, lender);
        _setPrice(50_000);
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
        (uint256 owed, ) = pool.debtTotals();
        assertEq(pool.cash() + owed, senior.totalAssets() + pool.reserve());
    }

    function test_fault_C14_thirty_years_in_one_step_do_not_stop_an_exit() public {
        uint256 id = _open(BTC, 20_000 * USD);
        vm.warp(block.timestamp + 30 * YEAR);
        uint256 debt = manager.debtOf(id);
        usd.mint(borrower, debt);
        vm.startPrank(borrower);
        manager.close(id, borrower, "");
        vm.stopPrank();
        vm.startPrank(lender);
        senior.redeem(senior.balanceOf(lender), lender, lender);
        vm.stopPrank();
    }

    function test_fault_C14_a_deposit_beyond_the_ledgers_field_is_refused_not_truncated() public {
        uint256 tooMuch = uint256(type(uint112).max) + 1;
        usd.mint(lender, tooMuch);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, uint8(112), tooMuch));
        senior.deposit(tooMuch, lender);
        // And one that fits by itself, but not on top of what is there.
        vm.prank(lender);
        vm.expectRevert(stdErrorArithmetic());
        senior.deposit(type(uint112).max, lender);
    }

    function test_fault_C14_amounts_of_256_bits_are_refused_or_mean_all() public {
        uint256 id = _open(BTC, 20_000 * USD);
        vm.startPrank(borrower);
        vm.expectRevert();
        manager.draw(id, type(uint256).max, borrower);
        vm.expectRevert();
        manager.topUp(id, type(uint256).max, "");
        vm.expectRevert();
        manager.open(facility, 5, type(uint256).max, minDebt, borrower, "");
        vm.expectRevert();
        manager.open(facility, 5, BTC, type(uint256).max, borrower, "");
        assertEq(manager.repay(id, type(uint256).max, ""), 20_000 * USD);
        assertEq(manager.withdraw(id, type(uint256).max, borrower), BTC);
        vm.stopPrank();
        vm.startPrank(lender);
        vm.expectRevert();
        senior.deposit(type(uint256).max, lender);
        vm.expectRevert();
        senior.mint(type(uint256).max, lender);
        vm.expectRevert();
        senior.withdraw(type(uint256).max, lender, lender);
        vm.expectRevert();
        senior.redeem(type(uint256).max, lender, lender);
        vm.stopPrank();
    }

    /// @dev The largest loan there can be is sold without overflow.
    function test_fault_C14_the_largest_collateral_at_a_high_price_is_sold() public {
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
        uint256 collateral = type(uint96).max;
        uint256 principal = 2 ** 91;
        usd.mint(lender, principal);
        vm.prank(lender);
        senior.deposit(principal, lender);
        btc.mint(borrower, collateral);
        // One unit of collateral worth 1/16 of a unit of debt: the loan fills both fields.
        oracle.setPrice(1e36 / 16);
        uint256 id = _open(collateral, principal);
        oracle.setPrice(uint256(1e36) / 27);
        usd.mint(liquidator, principal);
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(id, type(uint256).max, 0, "");
        assertGt(repaid, 0);
        assertLt(seized, collateral);
    }

    function stdErrorArithmetic() private pure returns (bytes memory) {
        return abi.encodeWithSignature("Panic(uint256)", 0x11);
    }
}

contract Limits18Test is LimitsTest, Decimals18x18 {}
