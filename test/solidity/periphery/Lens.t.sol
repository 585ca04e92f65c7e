// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingPool} from "../../../contracts/interfaces/ILendingPool.sol";
import {ILens} from "../../../contracts/interfaces/ILens.sol";
import {ILiquidationEngine} from "../../../contracts/interfaces/ILiquidationEngine.sol";
import {ILoans} from "../../../contracts/interfaces/ILoans.sol";
import {IOracle} from "../../../contracts/interfaces/IOracle.sol";
import {IPoolLedger, TrancheClass} from "../../../contracts/interfaces/IPoolLedger.sol";
import {Headroom} from "../../../contracts/lens/Headroom.sol";
import {SharesMath} from "../../../contracts/math/SharesMath.sol";
import {MockOracle} from "../../../contracts/mocks/MockOracle.sol";
import {FaultGate} from "../helpers/FaultGate.sol";
import {Market} from "../helpers/Market.sol";
import {vmMore} from "../helpers/VmMore.sol";

/// @notice What the lens says of a revolving facility and its loans is what the contracts then do, whatever is wrong with them.
contract LensTest is Market {
    ILens private _lens;

    function setUp() public override {
        super.setUp();
        _lens = ILens(deployCode("contracts/lens/Lens.sol:Lens", abi.encode(manager, address(0))));
    }

    /// @dev The loan can be drawn on by so much and not by a unit more.
    function _assertDrawable(uint256 id, uint256 expected, bytes4 beyond) private {
        uint256 most = _lens.loanOverview(id).drawable;
        assertEq(most, expected);
        vm.prank(borrower);
        vmMore.expectPartialRevert(beyond);
        manager.draw(id, most + 1, borrower);
        if (most == 0) return;
        vm.prank(borrower);
        manager.draw(id, most, borrower);
    }

    // ---- what bounds new debt ----

    function test_while_new_loans_are_stopped_nothing_can_be_borrowed() public {
        uint256 id = _open(BTC, 10_000 * USD);
        assertGt(_lens.facilityOverview(facility).borrowable, 0);
        vm.prank(guardian);
        manager.stopNewLoans(facility);
        assertEq(_lens.facilityOverview(facility).borrowable, 0);
        assertEq(_lens.mostBorrowable(facility, borrower, BTC), 0);
        assertEq(_lens.loanOverview(id).drawable, 0);
    }

    function test_whom_the_gate_refuses_can_borrow_nothing() public {
        FaultGate gate = new FaultGate();
        vm.prank(risk);
        manager.setGate(facility, address(gate));
        assertEq(_lens.mostBorrowable(facility, borrower, BTC), 35_000 * USD);
        gate.set(FaultGate.Manner.Answers, 3);
        assertEq(_lens.mostBorrowable(facility, borrower, BTC), 0);
    }

    function test_the_cap_of_a_loan_bounds_what_it_can_be_drawn_by() public {
        uint256 id = _open(BTC, 10_000 * USD);
        vm.prank(risk);
        manager.setCaps(facility, uint96(100_000_000 * USD), uint96(12_000 * USD));
        assertEq(_lens.facilityOverview(facility).borrowable, 12_000 * USD);
        _assertDrawable(id, 2_000 * USD, ILoans.LoanCapExceeded.selector);
    }

    function test_the_cap_of_the_facility_bounds_what_a_loan_can_be_drawn_by() public {
        uint256 id = _open(BTC, 10_000 * USD);
        vm.prank(risk);
        manager.setCaps(facility, uint96(13_000 * USD), uint96(12_500_000 * USD));
        assertEq(_lens.facilityOverview(facility).borrowable, 3_000 * USD);
        _assertDrawable(id, 3_000 * USD, ILoans.CapExceeded.selector);
    }

    function test_cash_bounds_what_a_loan_can_be_drawn_by() public {
        uint256 id = _open(1000 * BTC, 10_000_000 * USD);
        _assertDrawable(id, 1_000 * USD, IPoolLedger.InsufficientCash.selector);
    }

    function test_collateral_bounds_what_a_loan_can_be_drawn_by_after_interest_too() public {
        uint256 id = _open(BTC, 20_000 * USD);
        vm.warp(block.timestamp + 97 days);
        uint256 debt = manager.debtOf(id);
        uint256 most = _lens.loanOverview(id).drawable;
        assertApproxEqAbs(most, 35_000 * USD - debt, 1);
        vm.prank(borrower);
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        manager.draw(id, most + 1, borrower);
        vm.prank(borrower);
        manager.draw(id, most, borrower);
        assertEq(_lens.loanOverview(id).drawable, 0);
    }

    /// @dev With totals by which a share is worth two units: by those alone a draw of a unit costs another.
    function test_what_a_draw_makes_of_a_debt_is_by_the_pools_own_totals() public {
        uint256 id = _open(BTC, 20_000 * USD);
        assertEq(_lens.loanOverview(id).drawable, 15_000 * USD);
        vm.mockCall(address(pool), abi.encodeCall(ILendingPool.debtTotals, ()), abi.encode(2e6 - 1, 0));
        assertEq(_lens.loanOverview(id).drawable, 15_000 * USD - 1);
    }

    function test_a_facility_is_told_as_its_contracts_have_it() public {
        _open(BTC, 20_000 * USD);
        vm.warp(block.timestamp + YEAR);
        ILens.FacilityOverview memory o = _lens.facilityOverview(facility);
        assertEq(o.facility, facility);
        assertEq(abi.encode(o.config), abi.encode(manager.facilityOf(facility)));
        assertEq(o.tranche, address(senior));
        assertEq(o.queue, address(queue));
        assertEq(o.loanAsset, address(usd));
        assertEq(o.collateralAsset, address(btc));
        assertEq(o.cash, pool.cash());
        assertEq(o.totalDebt, pool.totalDebt());
        assertGt(o.reserve, 0);
        assertEq(o.reserve, pool.reserve());
        assertEq(o.staleFor, oracle.staleFor());
        assertEq(_lens.borrowRateAfter(facility, 7 * USD), pool.borrowRateAfter(7 * USD));
        assertEq(o.seniorNav, pool.navOf(TrancheClass.Senior));
        assertEq(o.borrowRate, pool.borrowRate());
        assertFalse(o.redemptionsQueued);
        assertEq(o.price.priceE36, oracle.price());
        assertEq(o.borrowPrice.priceE36, oracle.borrowPrice());
        assertEq(o.liquidationPrice.priceE36, oracle.liquidationPrice());
        assertEq(o.liquidationPrice.refusal.length, 0);
    }

    /// @dev A unit of debt keeps a satoshi, of 500.
    function test_the_least_of_debts_keeps_the_least_of_collateral() public {
        uint256 id = _open(BTC, 7_000 * USD);
        vm.mockCall(address(manager), abi.encodeCall(ILoans.debtOf, (id)), abi.encode(uint256(1)));
        assertEq(_lens.loanOverview(id).withdrawable, BTC - 1);
    }

    function test_a_health_is_rounded_down_and_the_utilisation_is_the_pools() public {
        uint256 id = _open(BTC, 30_000 * USD);
        assertEq(_lens.loanOverview(id).health, 1_333_333_333_333_333_333);
        assertEq(_lens.facilityOverview(facility).utilisation, pool.utilisation());
        assertGt(pool.utilisation(), 0);
    }

    function test_collateral_for_less_than_the_least_debt_is_for_none() public view {
        assertEq(_lens.mostBorrowable(facility, borrower, BTC / 349), 100_286_200);
        assertEq(_lens.mostBorrowable(facility, borrower, BTC / 350), 0, "99.9999 dollars");
    }

    function test_while_lenders_wait_nothing_can_be_borrowed() public {
        assertGt(_lens.facilityOverview(facility).borrowable, 0);
        vm.mockCall(address(pool), abi.encodeCall(IPoolLedger.redemptionsQueued, ()), abi.encode(true));
        assertTrue(_lens.facilityOverview(facility).redemptionsQueued);
        assertEq(_lens.facilityOverview(facility).borrowable, 0);
        assertEq(_lens.mostBorrowable(facility, borrower, BTC), 0);
    }

    // ---- what an oracle does not say ----

    function test_a_refused_price_is_told_with_its_reason_and_lets_nothing_out() public {
        uint256 id = _open(BTC, 10_000 * USD);
        oracle.setRefusing(true);
        ILens.FacilityOverview memory f = _lens.facilityOverview(facility);
        assertEq(f.price.priceE36, 0);
        assertEq(bytes4(f.price.refusal), MockOracle.PriceRefused.selector);
        ILens.LoanOverview memory loan = _lens.loanOverview(id);
        assertEq(loan.value, 0);
        assertEq(loan.health, 0);
        assertEq(loan.withdrawable, 0);
        assertEq(loan.drawable, 0);
        assertGt(loan.liquidationPriceE36, 0, "it depends on no price");
    }

    function test_an_oracle_that_answers_nothing_or_too_much_refuses() public {
        vm.mockCall(address(oracle), abi.encodeCall(IOracle.price, ()), "");
        vm.mockCall(address(oracle), abi.encodeCall(IOracle.staleFor, ()), abi.encode(1, 2));
        ILens.FacilityOverview memory f = _lens.facilityOverview(facility);
        assertEq(string(f.price.refusal), "no answer");
        assertEq(f.staleFor, type(uint256).max);
        assertEq(f.borrowPrice.priceE36, _price(50_000));
    }

    // ---- what can be taken out ----

    function test_what_can_be_withdrawn_is_withdrawn_and_not_a_unit_more() public {
        uint256 id = _open(BTC, 7_000 * USD);
        uint256 free = _lens.loanOverview(id).withdrawable;
        assertEq(free, (BTC * 8) / 10);
        vm.startPrank(borrower);
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        manager.withdraw(id, free + 1, borrower);
        manager.withdraw(id, free, borrower);
        vm.stopPrank();
    }

    function test_where_no_debt_is_allowed_no_collateral_behind_one_is_free() public {
        uint256 id = _open(BTC, 7_000 * USD);
        vm.prank(guardian);
        manager.lowerMaxLtv(facility, 0);
        assertEq(_lens.loanOverview(id).withdrawable, 0);
    }

    function test_a_loan_that_owes_nothing_is_healthy_and_all_of_it_can_be_taken_out() public {
        uint256 id = _open(BTC, 7_000 * USD);
        vm.prank(borrower);
        manager.repay(id, type(uint256).max, "");
        ILens.LoanOverview memory loan = _lens.loanOverview(id);
        assertEq(loan.health, type(uint256).max);
        assertEq(loan.ltv, 0);
        assertEq(loan.liquidationPriceE36, 0);
        assertEq(loan.withdrawable, BTC);
        oracle.setRefusing(true);
        assertEq(_lens.loanOverview(id).withdrawable, BTC, "at no price either");
    }

    function test_a_loan_is_told_with_whom_it_was_offered_to_and_the_price_at_which_it_can_be_sold() public {
        uint256 id = _open(BTC, 20_000 * USD);
        assertEq(_lens.loanOverview(id).offeredTo, address(0));
        vm.prank(borrower);
        manager.transferLoan(id, stranger);
        assertEq(_lens.loanOverview(id).offeredTo, stranger);
        uint256 safe = _lens.loanOverview(id).liquidationPriceE36;
        uint256 lltvBps = manager.facilityOf(facility).ltv.lltvBps;
        assertEq(safe, Headroom.safePriceUp(BTC, 20_000 * USD, lltvBps * 1e14));
        oracle.setPrice(safe);
        vmMore.expectPartialRevert(ILiquidationEngine.NotLiquidatable.selector);
        manager.quoteLiquidation(id, type(uint256).max);
        oracle.setPrice(safe - 1e30);
        assertGt(manager.quoteLiquidation(id, type(uint256).max).repaid, 0);
    }

    function test_a_debt_on_collateral_that_is_worth_nothing_has_no_ratio() public {
        uint256 id = _open(BTC, 7_000 * USD);
        oracle.setPrice(1);
        ILens.LoanOverview memory loan = _lens.loanOverview(id);
        assertEq(loan.value, 0);
        assertEq(loan.ltv, type(uint256).max);
        assertEq(loan.health, 0);
    }

    function test_a_debt_without_collateral_is_safe_at_no_price() public pure {
        assertEq(Headroom.safePriceUp(0, 1, 1e18), 0);
        assertEq(Headroom.safePriceUp(1, 0, 1e18), 0);
        assertEq(Headroom.safePriceUp(1, 3, 0.5e18), 6e36);
    }

    /// @dev Shares are rounded up, so that a debt may grow by one unit more than what is drawn.
    function testFuzz_all_that_can_be_drawn_stays_within_the_limit_and_a_unit_more_does_not(
        uint256 totalDebt,
        uint256 perShare,
        uint256 part,
        uint256 room
    ) public pure {
        Headroom.Position memory p;
        p.totalDebt = bound(totalDebt, 1e6, 1e15);
        // A unit of debt had a million shares at first, and interest leaves it fewer.
        p.totalShares = (p.totalDebt * 1e6) / bound(perShare, 1, 20);
        p.shares = bound(part, p.totalShares / 1e6, p.totalShares);
        p.debt = SharesMath.toAssetsUp(p.shares, p.totalDebt, p.totalShares);
        uint256 limit = p.debt + bound(room, 2, 1e12);
        uint256 most = Headroom.drawable(p, Headroom.Limits(limit, 0, type(uint256).max));
        assertLe(Headroom.debtAfterUp(p, most), limit);
        assertGt(Headroom.debtAfterUp(p, most + 1), limit);
        assertEq(Headroom.drawable(p, Headroom.Limits(limit, 0, 1)), 1);
        assertEq(Headroom.drawable(p, Headroom.Limits(limit, limit + 1, most)), 0, "less than the least debt");
    }

    /// @dev At three units for two million shares: the loan owes 3, and would owe 5 after drawing 1.
    function test_where_rounding_would_pass_the_limit_a_unit_less_can_be_drawn() public pure {
        Headroom.Position memory p = Headroom.Position(3, 2e6, 3e6 - 1, 2e12 - 1e6);
        assertEq(Headroom.debtAfterUp(p, 1), 5);
        assertEq(Headroom.drawable(p, Headroom.Limits(4, 0, type(uint256).max)), 0);
        assertEq(Headroom.drawable(p, Headroom.Limits(5, 0, type(uint256).max)), 1);
    }

    function test_of_a_loan_that_does_not_exist_there_is_nothing_to_tell() public {
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (_id(borrower, facility, 7), _open(BTC, 7_000 * USD));
        ILens.LoanOverview[] memory loans = _lens.loanOverviews(ids);
        ILens.LoanOverview memory nothing;
        nothing.id = ids[0];
        assertEq(abi.encode(loans[0]), abi.encode(nothing));
        assertEq(loans[1].owner, borrower);
    }

    // ---- liquidations ----

    function test_a_liquidation_is_quoted_or_refused_with_its_reason() public {
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (_open(BTC, 30_000 * USD), _openAs(borrower, 1, BTC, 10_000 * USD));
        _setPrice(36_000);
        (ILiquidationEngine.Quote[] memory quotes, bytes[] memory reasons) = _lens.liquidationQuotes(ids);
        assertEq(reasons[0].length, 0);
        assertEq(bytes4(reasons[1]), ILiquidationEngine.NotLiquidatable.selector);
        assertEq(quotes[1].repaid, 0);
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(ids[0], type(uint256).max, 0, "");
        assertEq(repaid, quotes[0].repaid);
        assertEq(seized, quotes[0].seized);
    }
}
