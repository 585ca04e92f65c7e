// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICollateralSale} from "../../../contracts/interfaces/ICollateralSale.sol";
import {IProtectionOrders, Order, OrderKind} from "../../../contracts/interfaces/IProtectionOrders.sol";
import {Actions, Authorisation} from "../../../contracts/interfaces/LoanTypes.sol";
import {ProtectionMath} from "../../../contracts/periphery/ProtectionMath.sol";
import {SwapPath} from "../../../contracts/periphery/SwapPath.sol";
import {argsOf} from "../helpers/ErrorArgs.sol";
import {Market} from "../helpers/Market.sol";
import {salePriceE36} from "../helpers/SalePrice.sol";
import {SwapVenue, SwapVenues} from "../helpers/SwapVenue.sol";
import {vmMore} from "../helpers/VmMore.sol";

/// @notice Standing orders on a revolving loan of 30,000 dollars on one bitcoin: which are refused, and what each kind does.
contract ProtectionOrdersTest is Market {
    uint24 private constant FEE = 500;
    uint128 private constant UNLIMITED = type(uint128).max;

    IProtectionOrders private _orders;
    SwapVenues private _venues;
    uint256 private _loan;
    address private _keeper = makeAddr("keeper");

    function setUp() public override {
        super.setUp();
        _venues = new SwapVenues();
        _orders = IProtectionOrders(
            deployCode(
                "contracts/periphery/ProtectionOrders.sol:ProtectionOrders",
                abi.encode(manager, address(0), _venues)
            )
        );
        SwapVenue venue = _venues.make(address(usd), address(btc), FEE);
        usd.mint(address(venue), 100_000_000 * USD);
        // 0.002 satoshi for a millionth of a dollar: 50,000 for one bitcoin.
        venue.setPrice(IERC20(usd), 1e18 / uint256(500));
        _loan = _open(BTC, 30_000 * USD);
        vm.startPrank(borrower);
        manager.setAuthorisation(
            facility,
            address(_orders),
            Authorisation(Actions.WITHDRAW, type(uint40).max, 0, type(uint104).max)
        );
        usd.approve(address(_orders), type(uint256).max);
        btc.approve(address(_orders), type(uint256).max);
        vm.stopPrank();
    }

    // ---- arranging ----

    /// @dev One that is accepted. At 60 %, what asks for 55 % is triggered.
    function _order(OrderKind kind) private view returns (Order memory o) {
        o.expiresAt = uint40(block.timestamp + 1 days);
        (o.feeBps, o.maxFee) = (50, UNLIMITED);
        if (kind == OrderKind.TakeProfit) (o.assets, o.triggerPriceE36) = (uint128(10_000 * USD), _price(50_000));
        else (o.triggerLtvBps, o.targetLtvBps) = (5_500, 5_000);
        if (kind == OrderKind.Deleverage || kind == OrderKind.TakeProfit) {
            o.maxSlippageBps = 100;
            o.path = abi.encodePacked(address(usd), FEE, address(btc));
        } else {
            (o.maxPerExecution, o.limit) = (UNLIMITED, UNLIMITED);
        }
    }

    function _place(OrderKind kind, Order memory order) private {
        vm.prank(borrower);
        _orders.place(_loan, kind, order);
    }

    function _execute(OrderKind kind) private returns (IProtectionOrders.Quote memory done) {
        vm.prank(_keeper);
        (done, ) = _orders.execute(_loan, kind, _keeper, 0);
    }

    function _expectRefusal(OrderKind kind, bytes4 because) private {
        (bool isExecutable, , bytes memory refusal) = _orders.executable(_loan, kind);
        assertFalse(isExecutable);
        assertEq(bytes4(refusal), because);
        vmMore.expectPartialRevert(because);
        _execute(kind);
    }

    function _expectExactly(OrderKind kind, bytes memory reason) private {
        (, , bytes memory refusal) = _orders.executable(_loan, kind);
        assertEq(refusal, reason);
    }

    function _leaveBorrower(IERC20 token, uint256 amount) private {
        uint256 rest = token.balanceOf(borrower) - amount;
        vm.prank(borrower);
        token.transfer(stranger, rest);
    }

    // ---- which are refused ----

    function _assertInvalid(OrderKind kind, Order memory order, string memory field) private {
        vm.prank(borrower);
        try _orders.place(_loan, kind, order) {
            revert(field);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IProtectionOrders.InvalidOrder.selector, field);
            (string memory named, , , ) = abi.decode(argsOf(reason), (string, uint256, uint256, uint256));
            assertEq(named, field);
        }
    }

    function test_an_order_out_of_bounds_is_refused_by_the_name_of_its_field() public {
        Order memory o = _order(OrderKind.AutoRepay);
        o.expiresAt = uint40(block.timestamp - 1);
        _assertInvalid(OrderKind.AutoRepay, o, "expiresAt");
        o = _order(OrderKind.AutoRepay);
        o.feeBps = 1_001;
        _assertInvalid(OrderKind.AutoRepay, o, "feeBps");
        o = _order(OrderKind.AutoRepay);
        o.maxSlippageBps = 1;
        _assertInvalid(OrderKind.AutoRepay, o, "maxSlippageBps");
        o = _order(OrderKind.AutoRepay);
        o.path = abi.encodePacked(address(usd), FEE, address(btc));
        _assertInvalid(OrderKind.AutoRepay, o, "path");
        o.path = hex"00";
        _assertInvalid(OrderKind.AutoRepay, o, "path");
        o = _order(OrderKind.AutoRepay);
        o.maxPerExecution = 0;
        _assertInvalid(OrderKind.AutoRepay, o, "maxPerExecution");
        o = _order(OrderKind.Deleverage);
        o.maxPerExecution = 1;
        _assertInvalid(OrderKind.Deleverage, o, "maxPerExecution");
        o = _order(OrderKind.AutoTopUp);
        o.limit = 0;
        _assertInvalid(OrderKind.AutoTopUp, o, "limit");
        o = _order(OrderKind.TakeProfit);
        o.triggerLtvBps = 5_500;
        _assertInvalid(OrderKind.TakeProfit, o, "triggerLtvBps");
        o.triggerLtvBps = 1;
        _assertInvalid(OrderKind.TakeProfit, o, "triggerLtvBps");
        o = _order(OrderKind.TakeProfit);
        o.targetLtvBps = 1;
        _assertInvalid(OrderKind.TakeProfit, o, "targetLtvBps");
        o = _order(OrderKind.TakeProfit);
        o.triggerPriceE36 = 0;
        _assertInvalid(OrderKind.TakeProfit, o, "triggerPriceE36");
        o = _order(OrderKind.Deleverage);
        o.assets = 1;
        _assertInvalid(OrderKind.Deleverage, o, "assets");
        o = _order(OrderKind.Deleverage);
        (o.triggerLtvBps, o.targetLtvBps) = (7_500, 7_001);
        _assertInvalid(OrderKind.Deleverage, o, "targetLtvBps");
        o = _order(OrderKind.AutoRepay);
        o.triggerLtvBps = 1;
        _assertInvalid(OrderKind.AutoRepay, o, "triggerLtvBps");
        o.triggerLtvBps = 8_000;
        _assertInvalid(OrderKind.AutoRepay, o, "triggerLtvBps");
        o = _order(OrderKind.TakeProfit);
        o.targetLtvBps = 5_000;
        _assertInvalid(OrderKind.TakeProfit, o, "targetLtvBps");
        o = _order(OrderKind.AutoRepay);
        o.targetLtvBps = o.triggerLtvBps;
        _assertInvalid(OrderKind.AutoRepay, o, "targetLtvBps");
        o = _order(OrderKind.AutoRepay);
        o.targetLtvBps = 0;
        _assertInvalid(OrderKind.AutoRepay, o, "targetLtvBps");
    }

    function test_an_order_just_within_bounds_is_placed_and_said() public {
        Order memory o = _order(OrderKind.AutoRepay);
        (o.expiresAt, o.feeBps, o.triggerLtvBps, o.targetLtvBps) = (uint40(block.timestamp), 1_000, 2, 1);
        (o.maxPerExecution, o.limit) = (1, 1);
        vm.expectEmit(address(_orders));
        emit IProtectionOrders.OrderPlaced(_loan, borrower, OrderKind.AutoRepay, o);
        _place(OrderKind.AutoRepay, o);
        assertEq(abi.encode(_orders.orderOf(_loan, borrower, OrderKind.AutoRepay)), abi.encode(o));
    }

    /// @dev A ten-thousandth of what the collateral is worth is the least debt and a unit: a repayment that leaves the least debt.
    function test_an_auto_repay_may_leave_exactly_the_least_debt() public {
        _loan = _openAs(borrower, 1, 20 * BTC + 20, 30_000 * USD);
        Order memory o = _order(OrderKind.AutoRepay);
        (o.triggerLtvBps, o.targetLtvBps) = (250, 1);
        _place(OrderKind.AutoRepay, o);
        assertEq(_orders.quote(_loan, OrderKind.AutoRepay).repaid, 29_900 * USD);
        assertEq(_execute(OrderKind.AutoRepay).repaid, 29_900 * USD);
        assertEq(manager.debtOf(_loan), 100 * USD);
    }

    function test_EVENT_1_what_an_order_did_and_its_end() public {
        Order memory o = _order(OrderKind.AutoRepay);
        _place(OrderKind.AutoRepay, o);
        IProtectionOrders.Quote memory q = _orders.quote(_loan, OrderKind.AutoRepay);
        vm.expectEmit(address(_orders));
        emit IProtectionOrders.OrderExecuted(
            _loan,
            borrower,
            OrderKind.AutoRepay,
            _keeper,
            q.repaid,
            0,
            0,
            q.fee,
            q.priceE36
        );
        _execute(OrderKind.AutoRepay);
        vm.expectEmit(address(_orders));
        emit IProtectionOrders.OrderCancelled(_loan, borrower, OrderKind.AutoRepay);
        vm.prank(borrower);
        _orders.cancel(_loan, OrderKind.AutoRepay);
    }

    function test_a_trigger_is_met_at_itself() public {
        Order memory o = _order(OrderKind.AutoRepay);
        o.triggerLtvBps = 6_000;
        _place(OrderKind.AutoRepay, o);
        assertGt(_orders.quote(_loan, OrderKind.AutoRepay).repaid, 0);
    }

    function test_a_limit_is_used_up_by_payment_and_fee() public {
        Order memory o = _order(OrderKind.AutoRepay);
        o.limit = uint128(20_000 * USD);
        _place(OrderKind.AutoRepay, o);
        IProtectionOrders.Quote memory done = _execute(OrderKind.AutoRepay);
        assertGt(done.fee, 0);
        uint256 left = _orders.orderOf(_loan, borrower, OrderKind.AutoRepay).limit;
        assertEq(left, 20_000 * USD - done.repaid - done.fee);
    }

    /// @dev At most 1 % more than what payment and fee are worth.
    function test_no_more_is_sold_than_the_slippage_allows() public {
        _place(OrderKind.Deleverage, _order(OrderKind.Deleverage));
        IProtectionOrders.Quote memory q = _orders.quote(_loan, OrderKind.Deleverage);
        assertEq(q.maxSold, ((q.repaid + q.fee) * 1e36 * 10_000) / (_price(50_000) * 9_900));
    }

    function test_profit_for_all_the_debt_pays_all_of_it() public {
        Order memory o = _order(OrderKind.TakeProfit);
        o.assets = uint128(30_000 * USD);
        _place(OrderKind.TakeProfit, o);
        assertEq(_orders.quote(_loan, OrderKind.TakeProfit).repaid, 30_000 * USD);
    }

    /// @dev Nothing is cut where the limit is just what is needed, and one unit is where it is a unit less.
    function test_what_is_needed_to_the_unit_is_enough() public {
        Order memory o = _order(OrderKind.AutoRepay);
        _place(OrderKind.AutoRepay, o);
        IProtectionOrders.Quote memory needed = _orders.quote(_loan, OrderKind.AutoRepay);
        o.limit = uint128(needed.repaid + needed.fee);
        _place(OrderKind.AutoRepay, o);
        assertEq(_orders.quote(_loan, OrderKind.AutoRepay).repaid, needed.repaid);
        --o.limit;
        _place(OrderKind.AutoRepay, o);
        assertEq(_orders.quote(_loan, OrderKind.AutoRepay).repaid, needed.repaid - 1);
    }

    function test_a_path_that_is_not_whole_or_leads_elsewhere_is_refused() public {
        Order memory o = _order(OrderKind.Deleverage);
        bytes[5] memory paths = [
            abi.encodePacked(address(usd), FEE, uint8(0), address(btc)),
            abi.encodePacked(address(usd)),
            abi.encodePacked(address(usd), FEE, address(btc), uint8(0)),
            abi.encodePacked(address(btc), FEE, address(btc)),
            abi.encodePacked(address(usd), FEE, address(usd))
        ];
        for (uint256 i; i < paths.length; ++i) {
            o.path = paths[i];
            vm.prank(borrower);
            vm.expectRevert(
                abi.encodeWithSelector(SwapPath.InvalidPath.selector, paths[i], address(usd), address(btc))
            );
            _orders.place(_loan, OrderKind.Deleverage, o);
        }
    }

    function test_only_the_owner_places_an_order_and_takes_it_back() public {
        Order memory o = _order(OrderKind.Deleverage);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.NotLoanOwner.selector, _loan, stranger, borrower));
        _orders.place(_loan, OrderKind.Deleverage, o);
        _place(OrderKind.Deleverage, o);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IProtectionOrders.NoOrder.selector, _loan, stranger, OrderKind.Deleverage)
        );
        _orders.cancel(_loan, OrderKind.Deleverage);
        (bool isExecutable, , ) = _orders.executable(_loan, OrderKind.Deleverage);
        assertTrue(isExecutable);
        vm.prank(borrower);
        _orders.cancel(_loan, OrderKind.Deleverage);
        _expectRefusal(OrderKind.Deleverage, IProtectionOrders.NoOrder.selector);
    }

    function test_an_order_is_executed_until_its_last_second_and_not_after() public {
        _place(OrderKind.AutoRepay, _order(OrderKind.AutoRepay));
        vm.warp(block.timestamp + 1 days + 1);
        _expectRefusal(OrderKind.AutoRepay, IProtectionOrders.OrderExpired.selector);
        vm.warp(block.timestamp - 1);
        assertGt(_execute(OrderKind.AutoRepay).repaid, 0);
    }

    function test_an_order_waits_for_its_trigger_and_for_a_debt() public {
        _setPrice(60_000);
        _place(OrderKind.Deleverage, _order(OrderKind.Deleverage));
        _expectRefusal(OrderKind.Deleverage, IProtectionOrders.LtvBelowTrigger.selector);
        _setPrice(49_999);
        _place(OrderKind.TakeProfit, _order(OrderKind.TakeProfit));
        _expectRefusal(OrderKind.TakeProfit, IProtectionOrders.PriceBelowTrigger.selector);
        _expectExactly(
            OrderKind.TakeProfit,
            abi.encodeWithSelector(IProtectionOrders.PriceBelowTrigger.selector, _price(49_999), _price(50_000))
        );
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        _expectRefusal(OrderKind.Deleverage, IProtectionOrders.NothingOwed.selector);
    }

    function test_a_keeper_is_paid_what_it_asks_for_or_does_nothing() public {
        _place(OrderKind.AutoRepay, _order(OrderKind.AutoRepay));
        uint256 fee = _orders.quote(_loan, OrderKind.AutoRepay).fee;
        vm.expectRevert(abi.encodeWithSelector(IProtectionOrders.FeeTooLow.selector, fee, fee + 1));
        _orders.execute(_loan, OrderKind.AutoRepay, _keeper, fee + 1);
        _orders.execute(_loan, OrderKind.AutoRepay, _keeper, fee);
        assertEq(usd.balanceOf(_keeper), fee);
    }

    function test_an_order_without_a_fee_is_executed_and_pays_none() public {
        Order memory o = _order(OrderKind.AutoTopUp);
        o.feeBps = 0;
        _place(OrderKind.AutoTopUp, o);
        // Nothing is sent, not even nothing: no token takes that for nobody.
        vm.prank(_keeper);
        (IProtectionOrders.Quote memory done, ) = _orders.execute(_loan, OrderKind.AutoTopUp, address(0), 0);
        assertEq(done.fee, 0);
        assertEq(btc.balanceOf(_keeper), 0);
        assertEq(manager.loanOf(_loan).collateral, BTC + done.toppedUp);
    }

    function test_a_fee_of_a_unit_is_paid() public {
        Order memory o = _order(OrderKind.AutoTopUp);
        o.maxFee = 1;
        _place(OrderKind.AutoTopUp, o);
        _execute(OrderKind.AutoTopUp);
        assertEq(btc.balanceOf(_keeper), 1);
    }

    // ---- what each kind does ----

    function test_a_top_up_brings_the_loan_to_its_target_and_pays_the_keeper_in_collateral() public {
        _place(OrderKind.AutoTopUp, _order(OrderKind.AutoTopUp));
        IProtectionOrders.Quote memory done = _execute(OrderKind.AutoTopUp);
        assertEq(done.toppedUp, BTC / 5, "30,000 are 50 % of 1.2 bitcoin");
        assertEq(done.fee, BTC / 1000);
        assertEq(btc.balanceOf(_keeper), done.fee);
        assertEq(btc.balanceOf(address(_orders)), 0);
        uint128 left = _orders.orderOf(_loan, borrower, OrderKind.AutoTopUp).limit;
        assertEq(left, UNLIMITED - done.toppedUp - done.fee);
    }

    function test_EVENT_1_a_top_up() public {
        _place(OrderKind.AutoTopUp, _order(OrderKind.AutoTopUp));
        vm.expectEmit(address(_orders));
        emit IProtectionOrders.OrderExecuted(
            _loan,
            borrower,
            OrderKind.AutoTopUp,
            _keeper,
            0,
            BTC / 5,
            0,
            BTC / 1000,
            _price(50_000)
        );
        _execute(OrderKind.AutoTopUp);
    }

    /// @dev At a price at which the fee is no whole number, so that budget and fee would give a unit less.
    function test_a_wallet_with_just_what_a_top_up_takes_tops_up_all_of_it() public {
        oracle.setPrice(_price(49_999));
        _place(OrderKind.AutoTopUp, _order(OrderKind.AutoTopUp));
        IProtectionOrders.Quote memory asked = _orders.quote(_loan, OrderKind.AutoTopUp);
        uint256 needed = asked.toppedUp + asked.fee;
        assertLt((needed * 10_000) / 10_050, asked.toppedUp);
        _leaveBorrower(IERC20(btc), needed);
        assertEq(_orders.quote(_loan, OrderKind.AutoTopUp).toppedUp, asked.toppedUp);
        _leaveBorrower(IERC20(btc), needed - 1);
        assertLt(_orders.quote(_loan, OrderKind.AutoTopUp).toppedUp, asked.toppedUp);
        _leaveBorrower(IERC20(btc), BTC / 100);
        bytes memory reason = abi.encodeWithSelector(IProtectionOrders.InsufficientFunds.selector, BTC / 100, needed);
        _expectExactly(OrderKind.AutoTopUp, reason);
    }

    function test_a_repayment_with_too_little_is_told_what_there_is_and_what_it_takes() public {
        Order memory o = _order(OrderKind.AutoRepay);
        _place(OrderKind.AutoRepay, o);
        IProtectionOrders.Quote memory asked = _orders.quote(_loan, OrderKind.AutoRepay);
        o.maxPerExecution = uint128(100 * USD);
        _place(OrderKind.AutoRepay, o);
        bytes memory reason = abi.encodeWithSelector(
            IProtectionOrders.InsufficientFunds.selector,
            100 * USD,
            asked.repaid + asked.fee
        );
        _expectExactly(OrderKind.AutoRepay, reason);
    }

    function test_no_more_is_sold_than_the_order_s_slippage_allows() public {
        _place(OrderKind.Deleverage, _order(OrderKind.Deleverage));
        SwapVenue venue = SwapVenue(_venues.getPool(address(usd), address(btc), FEE));
        venue.setPrice(IERC20(usd), (uint256(1e18) * 102) / (500 * 100));
        IProtectionOrders.Quote memory asked = _orders.quote(_loan, OrderKind.Deleverage);
        uint256 owed = ((asked.repaid + asked.fee) * 102) / (500 * 100);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.TooMuchSold.selector, owed, asked.maxSold));
        _execute(OrderKind.Deleverage);
    }

    /// @dev Sold for at this price is all but the least debt, to the unit.
    function test_a_sale_may_leave_exactly_the_least_debt() public {
        Order memory o = _order(OrderKind.Deleverage);
        (o.triggerLtvBps, o.targetLtvBps) = (20, 10);
        _place(OrderKind.Deleverage, o);
        ProtectionMath.Position memory p = ProtectionMath.Position(30_000 * USD, BTC, 0);
        ProtectionMath.Cost memory cost = ProtectionMath.Cost(100, 50, UNLIMITED);
        uint256 most = 30_000 * USD - minDebt;
        oracle.setPrice(salePriceE36(p, 10, cost, most, _price(31_000), _price(1_000_000)));
        assertEq(_orders.quote(_loan, OrderKind.Deleverage).repaid, most);
    }

    function test_a_top_up_takes_what_the_wallet_has_where_that_leaves_the_trigger_and_nothing_where_it_does_not()
        public
    {
        _place(OrderKind.AutoTopUp, _order(OrderKind.AutoTopUp));
        // 55 % needs a bit more than nine hundredths of a bitcoin.
        _leaveBorrower(IERC20(btc), BTC / 10);
        uint256 before = vmMore.snapshotState();
        IProtectionOrders.Quote memory done = _execute(OrderKind.AutoTopUp);
        assertApproxEqAbs(done.toppedUp + done.fee, BTC / 10, 1);
        vmMore.revertToState(before);
        _leaveBorrower(IERC20(btc), (BTC * 9) / 100);
        _expectRefusal(OrderKind.AutoTopUp, IProtectionOrders.InsufficientFunds.selector);
    }

    /// @dev 27,500 are 55 %; the debt is counted one unit higher than what should be left of it.
    function test_what_a_repayment_leaves_is_below_the_trigger_by_a_unit() public {
        Order memory o = _order(OrderKind.AutoRepay);
        (o.feeBps, o.maxFee) = (0, 0);
        o.maxPerExecution = uint128(2_500 * USD + 1);
        _place(OrderKind.AutoRepay, o);
        _expectRefusal(OrderKind.AutoRepay, IProtectionOrders.InsufficientFunds.selector);
        ++o.maxPerExecution;
        _place(OrderKind.AutoRepay, o);
        assertEq(_execute(OrderKind.AutoRepay).repaid, 2_500 * USD + 2);
    }

    function test_a_repayment_takes_what_the_order_allows_at_once_where_that_leaves_the_trigger() public {
        Order memory o = _order(OrderKind.AutoRepay);
        o.maxPerExecution = uint128(3_000 * USD);
        _place(OrderKind.AutoRepay, o);
        IProtectionOrders.Quote memory done = _execute(OrderKind.AutoRepay);
        assertApproxEqAbs(done.repaid + done.fee, 3_000 * USD, 1, "5,000 would reach the target");
        o.maxPerExecution = uint128(400 * USD);
        o.triggerLtvBps = 5_300;
        _place(OrderKind.AutoRepay, o);
        _expectRefusal(OrderKind.AutoRepay, IProtectionOrders.InsufficientFunds.selector);
    }

    function test_a_repayment_that_would_leave_dust_pays_the_loan_off() public {
        Order memory o = _order(OrderKind.AutoRepay);
        o.targetLtvBps = 1;
        _place(OrderKind.AutoRepay, o);
        IProtectionOrders.Quote memory done = _execute(OrderKind.AutoRepay);
        assertEq(done.repaid, 30_000 * USD, "5 dollars are less than the least debt");
        assertEq(manager.debtOf(_loan), 0);
        assertEq(manager.loanOf(_loan).collateral, BTC);
    }

    function test_a_repayment_of_a_loan_whose_collateral_is_worth_nothing_pays_all() public {
        _place(OrderKind.AutoRepay, _order(OrderKind.AutoRepay));
        oracle.setPrice(1);
        assertEq(_execute(OrderKind.AutoRepay).repaid, 30_000 * USD);
        assertEq(manager.debtOf(_loan), 0);
    }

    function test_a_sale_that_would_leave_dust_pays_the_loan_off() public {
        Order memory o = _order(OrderKind.Deleverage);
        o.targetLtvBps = 1;
        _place(OrderKind.Deleverage, o);
        IProtectionOrders.Quote memory done = _execute(OrderKind.Deleverage);
        assertEq(done.repaid, 30_000 * USD);
        assertEq(manager.debtOf(_loan), 0);
        assertGt(manager.loanOf(_loan).collateral, BTC / 3, "the surplus stays");
    }

    function test_profit_is_taken_once_for_all_the_debt_or_down_to_the_least() public {
        Order memory o = _order(OrderKind.TakeProfit);
        o.assets = uint128(29_950 * USD);
        _place(OrderKind.TakeProfit, o);
        assertEq(_execute(OrderKind.TakeProfit).repaid, 29_900 * USD, "100 dollars are the least debt");
        _expectRefusal(OrderKind.TakeProfit, IProtectionOrders.NoOrder.selector);
        o.assets = uint128(50 * USD);
        _place(OrderKind.TakeProfit, o);
        _expectRefusal(OrderKind.TakeProfit, IProtectionOrders.NothingToRepay.selector);
        vm.mockCall(address(manager), abi.encodeCall(manager.debtOf, (_loan)), abi.encode(99 * USD));
        _expectExactly(
            OrderKind.TakeProfit,
            abi.encodeWithSelector(IProtectionOrders.NothingToRepay.selector, 99 * USD, 100 * USD)
        );
        vm.clearMockedCalls();
        o.assets = UNLIMITED;
        _place(OrderKind.TakeProfit, o);
        assertEq(_execute(OrderKind.TakeProfit).repaid, 100 * USD);
        assertEq(manager.debtOf(_loan), 0);
    }

    function test_a_fee_stops_at_its_cap() public {
        Order memory o = _order(OrderKind.AutoRepay);
        o.maxFee = uint128(7 * USD);
        _place(OrderKind.AutoRepay, o);
        assertEq(_execute(OrderKind.AutoRepay).fee, 7 * USD);
        assertEq(usd.balanceOf(_keeper), 7 * USD);
    }
}
