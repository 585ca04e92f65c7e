// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

contract LiquidateTest is Market {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    // ---- who ----

    /// @dev LIQ-1: 20,000 owed at lltv 80 % stand until the collateral is worth less than 25,000.
    function test_LIQ_1_a_healthy_loan_cannot_be_liquidated_and_one_unit_decides() public {
        _setPrice(25_000);
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, 20_000 * USD, 20_000 * USD)
        );
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
        vm.expectRevert(
            abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, 20_000 * USD, 20_000 * USD)
        );
        manager.quoteLiquidation(_loan, type(uint256).max);
        oracle.setPrice(_price(25_000) - 1);
        assertGt(manager.quoteLiquidation(_loan, type(uint256).max).repaid, 0);
    }

    function test_LIQ_1_a_loan_that_owes_nothing_is_quoted_no_liquidation_whatever_the_price() public {
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        oracle.setPrice(1);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, 0, 0));
        manager.quoteLiquidation(_loan, type(uint256).max);
    }

    function test_interest_alone_makes_a_loan_liquidatable() public {
        _setPrice(25_000);
        vm.warp(block.timestamp + 1);
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
    }

    function test_a_loan_that_owes_nothing_or_does_not_exist_cannot_be_liquidated() public {
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        _setPrice(1);
        vm.startPrank(liquidator);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, 0, (8 * USD) / 10));
        manager.liquidate(_loan, type(uint256).max, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.liquidate(_loan + 1, type(uint256).max, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.quoteLiquidation(_loan + 1, type(uint256).max);
        vm.stopPrank();
    }

    // ---- how much, at what price ----

    function test_a_liquidation_brings_the_loan_back_to_target_and_books_all_of_it() public {
        _setPrice(24_000);
        ILiquidationEngine.Quote memory q = manager.quoteLiquidation(_loan, type(uint256).max);
        assertEq(q.value, 24_000 * USD);
        assertEq(q.health, 0.96e18);
        // 2 % + 6 % × (4 % / 5 %) = 6.8 %
        assertEq(q.incentive, 0.068e18);
        // (20,000 − 0.65 × 24,000) / (1 − 0.65 × 1.068) = 14,388.489…
        assertEq(q.allowance, _mulDivUp(4400 * USD, 1e18, 1e18 - 0.6942e18));
        assertEq(q.repaid, q.allowance);
        assertEq(q.debtClosed, q.repaid);
        uint256 cash = pool.cash();
        uint256 nav = senior.totalAssets();
        uint256 held = btc.balanceOf(liquidator);
        uint256 had = usd.balanceOf(liquidator);
        vm.expectEmit(address(manager));
        emit ILoans.Liquidated(_loan, liquidator, q.repaid, q.seized, q.repaid, q.repaid * 1e6);
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(_loan, type(uint256).max, 0, "");
        assertEq(repaid, q.repaid);
        assertEq(seized, q.seized);
        assertEq(btc.balanceOf(liquidator), held + seized);
        assertEq(usd.balanceOf(liquidator), had - repaid);
        assertEq(pool.cash(), cash + repaid);
        assertEq(senior.totalAssets(), nav, "no loss");
        Loan memory left = manager.loanOf(_loan);
        assertEq(left.collateral, BTC - seized);
        assertEq(manager.debtOf(_loan), 20_000 * USD - repaid);
        uint256 value = (uint256(left.collateral) * 24_000 * USD) / BTC;
        assertApproxEqRel(manager.debtOf(_loan), (value * 6500) / 10_000, 1e12, "65 % of what is left");
        vm.expectRevert();
        manager.quoteLiquidation(_loan, type(uint256).max);
    }

    function test_a_sale_after_interest_takes_off_no_share_too_many() public {
        vm.warp(block.timestamp + 97 days);
        pool.accrue();
        _setPrice(24_000);
        ILiquidationEngine.Quote memory q = manager.quoteLiquidation(_loan, type(uint256).max);
        (uint256 assets, uint256 shares) = pool.debtTotals();
        uint256 exact = q.debtClosed * (shares + 1e6);
        assertGt(exact % (assets + 1), 0, "a fraction is left");
        vm.expectEmit(address(manager));
        emit ILoans.Liquidated(_loan, liquidator, q.repaid, q.seized, q.debtClosed, exact / (assets + 1));
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
    }

    function test_a_smaller_request_takes_less_at_the_same_incentive() public {
        _setPrice(24_000);
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(_loan, 1000 * USD, 0, "");
        assertEq(repaid, 1000 * USD);
        assertEq(seized, (1068 * BTC) / 24_000);
        assertEq(manager.debtOf(_loan), 19_000 * USD);
    }

    function test_the_liquidator_names_the_least_collateral_a_unit_repaid() public {
        _setPrice(24_000);
        ILiquidationEngine.Quote memory q = manager.quoteLiquidation(_loan, type(uint256).max);
        uint256 perUnit = (q.seized * 1e36) / q.repaid;
        vm.startPrank(liquidator);
        vm.expectRevert(abi.encodeWithSelector(ILoans.PriceTooLow.selector, perUnit, perUnit + 1));
        manager.liquidate(_loan, type(uint256).max, perUnit + 1, "");
        manager.liquidate(_loan, type(uint256).max, perUnit, "");
        vm.stopPrank();
    }

    function test_asking_for_nothing_is_below_the_minimum() public {
        _setPrice(24_000);
        uint256 allowance = manager.quoteLiquidation(_loan, type(uint256).max).allowance;
        vm.prank(liquidator);
        vm.expectRevert(abi.encodeWithSelector(ILiquidationEngine.BelowMinimum.selector, 0, allowance, minDebt));
        manager.liquidate(_loan, 0, 0, "");
    }

    function test_a_liquidator_without_approval_changes_nothing() public {
        _setPrice(24_000);
        uint256 repaid = manager.quoteLiquidation(_loan, type(uint256).max).repaid;
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(pool), 0, repaid)
        );
        manager.liquidate(_loan, type(uint256).max, 0, "");
        assertEq(manager.loanOf(_loan).collateral, BTC);
        assertEq(btc.balanceOf(stranger), 0);
    }

    // ---- the loss ----

    function test_what_no_collateral_covers_is_a_loss_of_the_lenders_at_once() public {
        _setPrice(10_000);
        uint256 nav = senior.totalAssets();
        uint256 repaid = _mulDivUp(10_000 * USD, 100, 102);
        uint256 loss = 20_000 * USD - repaid;
        vm.expectEmit(address(pool));
        emit IPoolLedger.LossRealised(0, 0, loss, 0);
        vm.expectEmit(address(manager));
        emit ILoans.Liquidated(_loan, liquidator, repaid, BTC, 20_000 * USD, 20_000 * USD * 1e6);
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
        assertEq(senior.totalAssets(), nav - loss);
        assertEq(manager.ownerOf(_loan), address(0));
        (uint256 assets, uint256 shares) = pool.debtTotals();
        assertEq(assets + shares, 0);
        assertEq(pool.cash(), senior.totalAssets() + pool.reserve());
    }

    function test_a_partial_sale_below_water_realises_its_share_of_the_loss() public {
        _setPrice(10_000);
        uint256 nav = senior.totalAssets();
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(_loan, 1000 * USD, 0, "");
        assertEq(repaid, 1000 * USD);
        assertEq(seized, (1020 * BTC) / 10_000);
        uint256 closed = _mulDivUp(20_000 * USD, seized, BTC);
        assertEq(manager.debtOf(_loan), 20_000 * USD - closed);
        assertEq(senior.totalAssets(), nav - (closed - repaid));
    }

    function test_interest_of_the_time_before_bears_the_loss_with_the_rest() public {
        uint256 id = _openAs(borrower, 9, 1000 * BTC, 9_000_000 * USD);
        vm.warp(block.timestamp + YEAR);
        uint256 reserve = pool.reserve();
        _setPrice(5000);
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
        assertEq(pool.reserve(), reserve, "the reserve's part was its own before the loss");
        (, , IPoolLedger.Claims memory claims) = pool.stored();
        assertEq(claims.reserve, reserve);
    }

    /// @dev LOSS-1 with only senior and reserve: the reserve bears what nobody else has anything left for.
    function test_LOSS_1_a_loss_beyond_all_lenders_reaches_the_reserve_and_stops_there() public {
        (uint256 id, uint256 nav, uint256 reserve) = _allLentOutForAYear();
        oracle.setPrice(1);
        uint256 debt = manager.debtOf(id);
        assertEq(nav + reserve, debt, "nothing but this loan");
        vm.expectEmit(address(pool));
        emit IPoolLedger.LossRealised(0, 0, nav, reserve - 1);
        vm.prank(liquidator);
        (uint256 repaid, ) = manager.liquidate(id, type(uint256).max, 0, "");
        assertEq(repaid, 1);
        assertEq(pool.cash(), 1);
        assertEq(pool.reserve(), 1);
        assertEq(senior.totalAssets(), 0);
    }

    function test_a_wiped_out_tranche_takes_no_new_money_and_says_so() public {
        (uint256 id, , ) = _allLentOutForAYear();
        oracle.setPrice(1);
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
        assertGt(senior.totalSupply(), 0);
        assertEq(senior.maxDeposit(lender), 0);
        assertEq(senior.maxMint(lender), 0);
        assertEq(senior.maxWithdraw(address(0xdead)), 0);
        assertEq(senior.maxRedeem(address(0xdead)), 0);
        bytes memory wiped = abi.encodeWithSelector(ITranche.WipedOut.selector, senior.totalSupply());
        vm.startPrank(lender);
        vm.expectRevert(wiped);
        senior.deposit(USD, lender);
        vm.expectRevert(wiped);
        senior.mint(1e6, lender);
        vm.stopPrank();
    }

    // ---- nothing but a live price is needed ----

    function test_a_liquidation_needs_a_price() public {
        _setPrice(10_000);
        oracle.setRefusing(true);
        vm.prank(liquidator);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.liquidate(_loan, type(uint256).max, 0, "");
    }

    function test_a_disagreement_holds_a_liquidation_back_for_its_cap_and_no_longer() public {
        _setPrice(10_000);
        oracle.setSecondPrice(_price(20_000));
        uint256 start = block.timestamp;
        for (uint256 i; i < 4; ++i) {
            oracle.noteDisagreement();
            vm.expectRevert();
            vm.prank(liquidator);
            manager.liquidate(_loan, type(uint256).max, 0, "");
            vm.warp(start + (i + 1) * 30 minutes);
        }
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
    }

    function test_neither_gate_nor_guardian_holds_a_liquidation_back() public {
        _setPrice(10_000);
        manager.setGate(facility, address(0xbad));
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        manager.lowerCaps(facility, 0, 0);
        manager.lowerMaxLtv(facility, 0);
        vm.stopPrank();
        vm.prank(liquidator);
        manager.liquidate(_loan, type(uint256).max, 0, "");
    }

    // ---- quote and execution are one ----

    function testFuzz_the_quote_is_what_happens(uint256 usdPerBtc, uint256 request, uint256 wait) public {
        vm.warp(block.timestamp + bound(wait, 0, YEAR));
        oracle.setPrice(bound(usdPerBtc, _price(1), _price(25_000) - 1));
        request = bound(request, 1, 30_000 * USD);
        uint256 debt = manager.debtOf(_loan);
        ILiquidationEngine.Quote memory q;
        try manager.quoteLiquidation(_loan, request) returns (ILiquidationEngine.Quote memory found) {
            q = found;
        } catch {
            vm.prank(liquidator);
            vm.expectRevert();
            manager.liquidate(_loan, request, 0, "");
            return;
        }
        vm.prank(liquidator);
        (uint256 repaid, uint256 seized) = manager.liquidate(_loan, request, 0, "");
        assertEq(repaid, q.repaid);
        assertEq(seized, q.seized);
        // Shares are burned rounded down: at most one unit more stays owed.
        assertApproxEqAbs(manager.debtOf(_loan), debt - q.debtClosed, 1);
        assertEq(manager.loanOf(_loan).collateral, BTC - seized);
    }

    // ---- default marks, which nothing sets yet, judged by the engine alone ----

    function test_the_engine_judges_a_defaulted_loan_by_its_ramp_and_the_sequencers_grace() public {
        ILiquidationEngine.Position memory p = ILiquidationEngine.Position({
            collateral: BTC,
            debt: 20_000 * USD,
            defaultMarkedAt: block.timestamp,
            oracle: address(oracle),
            minDebt: minDebt,
            lltvBps: 8000,
            targetLtvBps: 6500,
            incentiveMinBps: 200,
            incentiveMaxBps: 800,
            healthForMaxBps: 9500,
            rampSeconds: 1000
        });
        assertEq(engine.judge(p, type(uint256).max).incentive, 0.02e18, "healthy but marked");
        assertEq(engine.judge(p, type(uint256).max).allowance, 20_000 * USD);
        vm.warp(block.timestamp + 500);
        assertEq(engine.judge(p, type(uint256).max).incentive, 0.05e18);
        oracle.setGraceEndsAt(block.timestamp - 250);
        assertEq(engine.judge(p, type(uint256).max).incentive, 0.035e18, "the grace is not on the ramp");
        oracle.setGraceEndsAt(block.timestamp + 1);
        assertEq(engine.judge(p, type(uint256).max).incentive, 0.02e18);
        p.debt = 0;
        vm.expectRevert(abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, 0, 40_000 * USD));
        engine.judge(p, type(uint256).max);
    }

    /// @dev Everybody but the seed has left, the seed is lent to one borrower, and a year has passed.
    function _allLentOutForAYear() private returns (uint256 id, uint256 nav, uint256 reserve) {
        vm.prank(borrower);
        manager.close(_loan, borrower, "");
        vm.startPrank(lender);
        senior.redeem(senior.balanceOf(lender), lender, lender);
        vm.stopPrank();
        id = _open(BTC, pool.cash());
        vm.warp(block.timestamp + YEAR);
        (nav, reserve) = (senior.totalAssets(), pool.reserve());
        assertGt(reserve, 0);
    }
}

contract Liquidate18Test is LiquidateTest, Decimals18x18 {}
