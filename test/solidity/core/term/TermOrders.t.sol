// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IProtectionOrders, Order, OrderKind} from "../../../../contracts/interfaces/IProtectionOrders.sol";
import {IRepayWithCollateral} from "../../../../contracts/interfaces/IRepayWithCollateral.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermLoanMath} from "../../../../contracts/loan/TermLoanMath.sol";
import {ProtectionMath} from "../../../../contracts/periphery/ProtectionMath.sol";
import {salePriceE36} from "../../helpers/SalePrice.sol";
import {SwapVenue, SwapVenues} from "../../helpers/SwapVenue.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice Standing orders and sales of collateral for a term loan, of whose payments the part up to the next instalment is credit,
/// frees no collateral, and the part beyond it costs a fee.
contract TermOrdersTest is TermMarket {
    using TermLoanMath for TermBalance;

    uint24 private constant FEE = 500;
    uint256 private constant BPS = 10_000;

    SwapVenues private _venues;
    SwapVenue private _venue;
    IProtectionOrders private _orders;
    address private _keeper = makeAddr("keeper");

    function setUp() public override {
        super.setUp();
        _venues = new SwapVenues();
        _orders = IProtectionOrders(_periphery("ProtectionOrders"));
        _venue = _venues.make(address(usd), address(btc), FEE);
        usd.mint(address(_venue), 100_000_000 * USD);
        _setPrices(50_000);
        vm.prank(borrower);
        usd.approve(address(_orders), type(uint256).max);
    }

    function _periphery(string memory name) private returns (address) {
        string memory file = string.concat("contracts/periphery/", name, ".sol:", name);
        return deployCode(file, abi.encode(manager, termManager, _venues));
    }

    /// @dev The oracle's price; the market's is 0.5 % lower.
    function _setPrices(uint256 dollars) private {
        _setTermPrice(dollars);
        // Satoshi for a millionth of a dollar.
        _venue.setPrice(usd, (uint256(1e20) * 1000) / (dollars * 995));
    }

    function _authorise(address operator) private {
        vm.prank(borrower);
        termManager.setAuthorisation(
            termFacility,
            operator,
            Authorisation(Actions.WITHDRAW, type(uint40).max, 0, type(uint104).max)
        );
    }

    function _path() private view returns (bytes memory) {
        return abi.encodePacked(address(usd), FEE, address(btc));
    }

    function _place(uint256 id, OrderKind kind, uint16 trigger, uint16 target) private {
        Order memory order;
        (order.expiresAt, order.triggerLtvBps, order.targetLtvBps) = (type(uint40).max, trigger, target);
        (order.feeBps, order.maxFee) = (50, type(uint128).max);
        if (kind == OrderKind.AutoRepay) (order.maxPerExecution, order.limit) = (type(uint128).max, type(uint128).max);
        else (order.maxSlippageBps, order.path) = (100, _path());
        vm.prank(borrower);
        _orders.place(id, kind, order);
        if (kind != OrderKind.AutoRepay) _authorise(address(_orders));
    }

    function _execute(uint256 id, OrderKind kind) private returns (IProtectionOrders.Quote memory done) {
        IProtectionOrders.Quote memory foreseen = _orders.quote(id, kind);
        vm.prank(_keeper);
        (done, ) = _orders.execute(id, kind, _keeper, 0);
        assertEq(keccak256(abi.encode(done)), keccak256(abi.encode(foreseen)), "what was quoted is done");
        assertEq(usd.balanceOf(_keeper), done.fee, "the keeper has its fee");
        assertEq(usd.balanceOf(address(_orders)), 0, "nothing stays behind");
        assertEq(btc.balanceOf(address(_orders)), 0, "nothing stays behind");
        _assertLedger();
    }

    /// @dev As a withdrawal measures it: money paid ahead does not count.
    function _ltvBpsUp(uint256 id) private view returns (uint256) {
        (TermBalance memory b, ) = _balance(id);
        b.credit = 0;
        uint256 value = (uint256(termManager.loanOf(id).collateral) * termOracle.price()) / 1e36;
        return (b.debt() * BPS + value - 1) / value;
    }

    // ---- deleverage ----

    /// @dev 70 % is the most that may be borrowed, and the target; what is repaid up to the next instalment does not count for that.
    function test_a_deleverage_to_the_most_that_may_be_borrowed_succeeds() public {
        uint256 id = _openMillion();
        vm.warp(START + 10 days);
        _place(id, OrderKind.Deleverage, 7800, 7000);
        _setPrices(12_700);
        IProtectionOrders.Quote memory done = _execute(id, OrderKind.Deleverage);
        assertLe(_ltvBpsUp(id), 7000);
        assertGt(done.repaid, 0);
        assertGt(_balanceOf(id).credit, 0, "an instalment is paid ahead");
    }

    function testFuzz_a_deleverage_reaches_its_target_at_the_worst_price_it_allows(
        uint256 afterSeconds,
        uint256 paidAhead,
        uint256 target
    ) public {
        uint256 id = _openMillion();
        target = bound(target, 5000, 7000);
        _place(id, OrderKind.Deleverage, 7700, uint16(target));
        vm.warp(START + bound(afterSeconds, 0, 30 days - 1));
        paidAhead = bound(paidAhead, 0, 80_000 * USD);
        if (paidAhead != 0) _pay(id, paidAhead);
        uint256 dollars = (termManager.debtOf(id) * BPS) / (100 * USD * 7790);
        _setTermPrice(dollars);
        // As low as the order allows, rounded in its favour.
        _venue.setPrice(usd, (uint256(1e20) * 100) / (dollars * 99));
        _execute(id, OrderKind.Deleverage);
        assertLe(_ltvBpsUp(id), target, "at or below target");
        assertGe(_ltvBpsUp(id) + 2, target, "and not far below");
    }

    function test_a_deleverage_of_a_loan_in_arrears_pays_what_is_due_first() public {
        uint256 id = _openMillion();
        _place(id, OrderKind.Deleverage, 7500, 7000);
        vm.warp(START + 35 days);
        _setTermPrice(13_400);
        _venue.setPrice(usd, (uint256(1e20) * 100) / (13_400 * 99)); // the worst that the order allows
        (TermBalance memory before, TermTerms memory t) = _balance(id);
        uint256 due = before.dueNow(t);
        IProtectionOrders.Quote memory done = _execute(id, OrderKind.Deleverage);
        assertGt(done.repaid, due);
        (TermBalance memory b, ) = _balance(id);
        assertEq(b.dueNow(t), 0);
        assertLe(_ltvBpsUp(id), 7000);
        assertGe(_ltvBpsUp(id) + 2, 7000, "and not far below");
    }

    /// @dev What is due is all that the target takes, to the unit: nothing of what comes next is sold for.
    function test_a_deleverage_that_takes_just_what_is_due_pays_no_more() public {
        uint256 id = _openMillion();
        _place(id, OrderKind.Deleverage, 7050, 7000);
        vm.warp(START + 35 days);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        ProtectionMath.Position memory p = ProtectionMath.Position(termManager.debtOf(id), 100 * BTC, 0);
        ProtectionMath.Cost memory cost = ProtectionMath.Cost(100, 50, type(uint128).max);
        termOracle.setPrice(salePriceE36(p, 7000, cost, b.dueNow(t), _price(10_000), _price(20_000)));
        assertEq(_orders.quote(id, OrderKind.Deleverage).repaid, b.dueNow(t));
    }

    /// @dev No collateral leaves a loan in default: less than what cures it would sell nothing.
    function test_a_deleverage_of_a_loan_in_default_cures_it() public {
        uint256 id = _openMillion();
        _place(id, OrderKind.Deleverage, 7050, 7000);
        vm.warp(START + 41 days);
        termManager.markDefault(id);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        uint256 due = b.dueNow(t);
        _setPrices((termManager.debtOf(id) * BPS) / (100 * USD * 7060));
        IProtectionOrders.Quote memory done = _execute(id, OrderKind.Deleverage);
        assertEq(done.repaid, due, "the target would take less");
        assertEq(termPool.defaultMarkedAt(id), 0);
        assertLt(_ltvBpsUp(id), 7000);
    }

    /// @dev The last second of the grace: collateral may still leave, and no more is sold than the target takes.
    function test_a_deleverage_just_before_a_default_sells_for_its_target_only() public {
        uint256 id = _openMillion();
        _place(id, OrderKind.Deleverage, 7050, 7000);
        vm.warp(START + 40 days);
        (TermBalance memory b, TermTerms memory t) = _balance(id);
        _setPrices((termManager.debtOf(id) * BPS) / (100 * USD * 7060));
        assertLt(_execute(id, OrderKind.Deleverage).repaid, b.dueNow(t));
    }

    /// @dev Prepayment stops at the next instalment, or at what was paid ahead: from there on only the end of the loan helps.
    function test_a_deleverage_that_would_have_to_prepay_all_there_is_pays_the_loan_off() public {
        uint256 id = _openTerm(0, BULLET, 100 * BTC, 1_000_000 * USD);
        _place(id, OrderKind.Deleverage, 7800, 7000);
        vm.warp(START + 100 days);
        _setPrices(13_000);
        uint256 payOff = termManager.payOffOf(id);
        IProtectionOrders.Quote memory done = _execute(id, OrderKind.Deleverage);
        assertEq(done.repaid, payOff, "the only instalment of a bullet is all of it");
        assertEq(termManager.debtOf(id), 0);
        assertGt(termManager.loanOf(id).collateral, 0, "the surplus stays");
    }

    // ---- take profit, repay from the wallet, repay with collateral ----

    function testFuzz_a_take_profit_sells_for_what_the_loan_takes(uint256 assets, uint256 afterSeconds) public {
        uint256 id = _openMillion();
        Order memory order;
        (order.expiresAt, order.feeBps, order.maxFee) = (type(uint40).max, 50, type(uint128).max);
        (order.maxSlippageBps, order.path, order.triggerPriceE36) = (100, _path(), _price(60_000));
        order.assets = uint128(bound(assets, USD, 990_000 * USD));
        vm.prank(borrower);
        _orders.place(id, OrderKind.TakeProfit, order);
        _authorise(address(_orders));
        vm.warp(START + bound(afterSeconds, 0, 39 days));
        _setPrices(60_000);
        IProtectionOrders.Quote memory done = _execute(id, OrderKind.TakeProfit);
        assertLe(done.repaid, order.assets);
        assertGe(done.repaid + 4, order.assets);
    }

    function testFuzz_an_auto_repay_brings_the_debt_to_its_target(uint256 afterSeconds, uint256 target) public {
        uint256 id = _openMillion();
        target = bound(target, 2000, 7000);
        _place(id, OrderKind.AutoRepay, 7700, uint16(target));
        vm.warp(START + bound(afterSeconds, 0, 30 days - 1));
        uint256 dollars = (termManager.debtOf(id) * BPS) / (100 * USD * 7790);
        _setTermPrice(dollars);
        _execute(id, OrderKind.AutoRepay);
        uint256 value = (uint256(termManager.loanOf(id).collateral) * termOracle.price()) / 1e36;
        assertLe(termManager.debtOf(id) * BPS, target * value, "at or below target, the fee for prepayment paid");
        assertGe((termManager.debtOf(id) + 20) * BPS, target * value, "and not far below");
    }

    /// @dev The wallet holds enough to leave the trigger, were there no fee for prepayment.
    function test_an_auto_repay_with_too_little_says_so_before_anything_is_sent() public {
        uint256 id = _openMillion();
        _place(id, OrderKind.AutoRepay, 5000, 4900);
        _setTermPrice(13_000);
        uint256 needed = termManager.debtOf(id) - (100 * 13_000 * USD * 4999) / BPS;
        uint256 held = usd.balanceOf(borrower);
        vm.prank(borrower);
        usd.transfer(_keeper, held - (needed * 1006) / 1000);
        (bool isExecutable, , bytes memory refusal) = _orders.executable(id, OrderKind.AutoRepay);
        assertFalse(isExecutable);
        assertEq(bytes4(refusal), IProtectionOrders.InsufficientFunds.selector);
    }

    /// @dev What the roundings of a payment may keep of it counts as debt left.
    function test_an_auto_repay_leaves_the_trigger_by_more_than_roundings_keep() public {
        uint256 id = _openMillion();
        vm.warp(START + 10 days);
        Order memory order;
        (order.expiresAt, order.triggerLtvBps, order.targetLtvBps) = (type(uint40).max, 7500, 5000);
        (order.maxPerExecution, order.limit) = (uint128(50_000 * USD), type(uint128).max);
        uint256 left = termManager.debtOf(id) - order.maxPerExecution;
        vm.startPrank(borrower);
        _orders.place(id, OrderKind.AutoRepay, order);
        termOracle.setPrice((((left + 1) * BPS) / 7500 + 1) * 1e26);
        (bool isExecutable, , bytes memory refusal) = _orders.executable(id, OrderKind.AutoRepay);
        assertFalse(isExecutable);
        assertEq(bytes4(refusal), IProtectionOrders.InsufficientFunds.selector, "a unit below is too near");
        order.maxPerExecution += 12;
        _orders.place(id, OrderKind.AutoRepay, order);
        (isExecutable, , ) = _orders.executable(id, OrderKind.AutoRepay);
        assertTrue(isExecutable, "a dozen units are enough");
    }

    function testFuzz_any_part_of_a_term_loan_is_repaid_with_collateral(uint256 assets, uint256 afterSeconds) public {
        uint256 id = _openMillion();
        IRepayWithCollateral sale = IRepayWithCollateral(_periphery("RepayWithCollateral"));
        _authorise(address(sale));
        vm.warp(START + bound(afterSeconds, 0, 39 days));
        assets = bound(assets, USD, 990_000 * USD);
        vm.prank(borrower);
        (uint256 paid, ) = sale.repay(id, assets, IRepayWithCollateral.Sale(_path(), 100 * BTC, block.timestamp));
        assertLe(paid, assets);
        assertGe(paid + 4, assets, "but for what would not pay a whole unit");
        assertEq(usd.balanceOf(address(sale)), 0);
        _assertLedger();
    }

    function _balanceOf(uint256 id) private view returns (TermBalance memory b) {
        (b, ) = _balance(id);
    }

    /// @dev All is due then, and nothing is left to pay ahead or to prepay.
    function test_a_deleverage_after_the_last_date_stops_at_its_target_all_the_same() public {
        uint256 id = _openTerm(0, BULLET, 100 * BTC, 1_000_000 * USD);
        _place(id, OrderKind.Deleverage, 7800, 7000);
        vm.warp(START + 366 days);
        _setPrices(14_000);
        uint256 owed = termManager.debtOf(id);
        assertLt(_execute(id, OrderKind.Deleverage).repaid, owed);
        assertLe(_ltvBpsUp(id), 7000);
        assertGe(_ltvBpsUp(id) + 20, 7000, "and not far below");
    }
}
