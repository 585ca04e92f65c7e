// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../../helpers/Market.sol";

/// @notice C10: an empty pool donated to, the first depositor robbed.
contract InflationTest is Market {
    /// @dev The smallest seed there is, so that nothing but the design protects the next depositor.
    function _options() internal override returns (Options memory o) {
        o = super._options();
        o.seed = 1;
    }

    function setUp() public override {
        super.setUp();
        // Leave the seed alone in the pool.
        vm.startPrank(lender);
        senior.redeem(senior.balanceOf(lender), lender, lender);
        vm.stopPrank();
        assertEq(senior.totalSupply(), 1e6);
    }

    function testFuzz_fault_C10_a_donation_before_the_first_deposit_takes_nothing_from_it(
        uint256 donation,
        uint256 victim,
        uint256 attackersOwn
    ) public {
        donation = bound(donation, 1, 100_000_000 * USD);
        victim = bound(victim, 1, 100_000_000 * USD);
        attackersOwn = bound(attackersOwn, 0, 100_000_000 * USD);
        address attacker = makeAddr("attacker");
        usd.mint(attacker, donation + attackersOwn);
        _approve(attacker);
        vm.startPrank(attacker);
        if (attackersOwn != 0) senior.deposit(attackersOwn, attacker);
        usd.transfer(address(pool), donation / 2);
        usd.transfer(address(senior), donation - donation / 2);
        vm.stopPrank();

        vm.startPrank(lender);
        uint256 shares = senior.deposit(victim, lender);
        assertGe(senior.previewRedeem(shares) + 1, victim, "at most one unit of rounding");
        vm.stopPrank();

        vm.startPrank(attacker);
        uint256 own = senior.balanceOf(attacker);
        if (own != 0 && senior.previewRedeem(own) != 0) senior.redeem(own, attacker, attacker);
        vm.stopPrank();
        assertLe(usd.balanceOf(attacker), attackersOwn, "the donation is gone for good");
    }

    /// @dev Interest is the only thing that can lift the price of a share. A tiny pool lent out at the highest rate for years
    /// is the worst there is.
    function test_fault_C10_a_seed_grown_by_interest_does_not_round_the_next_depositor_away() public {
        vm.prank(lender);
        senior.deposit(minDebt, lender);
        uint256 id = _open(BTC, pool.cash() - 1);
        vm.warp(block.timestamp + 3 * YEAR);
        uint256 debt = manager.debtOf(id);
        usd.mint(borrower, debt);
        vm.prank(borrower);
        manager.close(id, borrower, "");
        vm.startPrank(lender);
        senior.redeem(senior.balanceOf(lender), lender, lender);
        uint256 shares = senior.deposit(1000 * USD, lender);
        assertGe(senior.previewRedeem(shares) + 1, 1000 * USD);
        vm.stopPrank();
    }

    /// @dev The same against borrowers: their shares' price cannot be lifted by anything but interest either.
    function testFuzz_fault_C10_a_donation_does_not_touch_the_borrowers(uint256 donation) public {
        vm.prank(lender);
        senior.deposit(1_000_000 * USD, lender);
        uint256 id = _open(BTC, 20_000 * USD);
        donation = bound(donation, 1, 1e30);
        usd.mint(address(pool), donation);
        btc.mint(address(vault), donation);
        assertEq(manager.debtOf(id), 20_000 * USD);
        assertEq(manager.loanOf(id).collateral, BTC);
        assertEq(_openAs(liquidator, 0, BTC, 20_000 * USD), _id(liquidator, facility, 0));
        assertEq(manager.debtOf(_id(liquidator, facility, 0)), 20_000 * USD);
    }
}
