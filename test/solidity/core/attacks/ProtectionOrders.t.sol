// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICollateralSale} from "../../../../contracts/interfaces/ICollateralSale.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IProtectionOrders, Order, OrderKind} from "../../../../contracts/interfaces/IProtectionOrders.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Agent} from "../../helpers/Agent.sol";
import {argsOf} from "../../helpers/ErrorArgs.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {Market} from "../../helpers/Market.sol";
import {SwapVenue, SwapVenues} from "../../helpers/SwapVenue.sol";
import {EvilToken, LoanDesk} from "./StandingAuthorisation.t.sol";

/// @notice What can be tried in the middle of an execution by whoever a token calls: keeper, owner, and a loan's next owner.
contract ProtectionOrdersAttacksTest is Market {
    uint24 private constant FEE = 500;
    uint256 private constant WAD = 1e18;

    IProtectionOrders private _orders;
    SwapVenues private _venues;
    Agent private _owner;
    Agent private _keeper;
    LoanDesk private _desk;
    uint256 private _loan;
    Authorisation private _unlimited = Authorisation(Actions.WITHDRAW, type(uint40).max, 0, type(uint104).max);

    /// @dev Both assets call both sides of a transfer once they are told to.
    function _options() internal override returns (Options memory o) {
        o = _standard(8, 6);
        o.collateral = MockToken(address(new FaultToken("Wrapped BTC", "WBTC", 8)));
        o.loan = MockToken(address(new FaultToken("Dollar", "USD", 6)));
    }

    function setUp() public override {
        super.setUp();
        _venues = new SwapVenues();
        _orders = IProtectionOrders(
            deployCode(
                "contracts/periphery/ProtectionOrders.sol:ProtectionOrders",
                abi.encode(manager, address(0), _venues)
            )
        );
        (_owner, _keeper) = (new Agent(), new Agent());
        _owner.approve(IERC20(btc), address(vault));
        _owner.approve(IERC20(usd), address(_orders));
        btc.mint(address(_owner), BTC);
        _loan = _id(address(_owner), facility, 0);
        _asOwner(abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 30_000 * USD, address(_owner), "")));
        _asOwner(abi.encodeCall(IAuthorisations.setAuthorisation, (facility, address(_orders), _unlimited)));
        _desk = new LoanDesk(manager, IERC20(usd));
        usd.mint(address(_desk), 30_000 * USD);
        _desk.authorise(facility, address(_orders), _unlimited);
    }

    function _asOwner(bytes memory data) private {
        _owner.act(address(manager), data);
    }

    function _place(OrderKind kind, Order memory order) private {
        order.expiresAt = uint40(block.timestamp + 1 days);
        (order.feeBps, order.maxFee) = (50, type(uint128).max);
        _owner.act(address(_orders), abi.encodeCall(IProtectionOrders.place, (_loan, kind, order)));
    }

    /// @dev The loan stands at 60 %; the order sells from 55 % down to 50 %, over a token that calls `maker`.
    function _placeDeleverage(Agent maker) private {
        EvilToken evil = new EvilToken(maker);
        SwapVenue first = _venues.make(address(usd), address(evil), FEE);
        SwapVenue second = _venues.make(address(evil), address(btc), FEE);
        first.setPrice(IERC20(usd), WAD);
        second.setPrice(IERC20(evil), WAD / 500); // 0.002 satoshi for a millionth of a dollar: 50,000 for one bitcoin
        usd.mint(address(first), 1_000_000 * USD);
        evil.mint(address(second), 1_000_000 * USD);
        Order memory order;
        (order.triggerLtvBps, order.targetLtvBps, order.maxSlippageBps) = (5_500, 5_000, 100);
        order.path = abi.encodePacked(usd, FEE, evil, FEE, btc);
        _place(OrderKind.Deleverage, order);
    }

    function _placeAutoRepay() private {
        Order memory order;
        (order.triggerLtvBps, order.targetLtvBps) = (5_500, 5_000);
        (order.maxPerExecution, order.limit) = (type(uint128).max, type(uint128).max);
        _place(OrderKind.AutoRepay, order);
    }

    function _execute(OrderKind kind) private {
        _orders.execute(_loan, kind, address(_keeper), 0);
    }

    /// @dev The owner sells the loan to the desk the next time a token calls them.
    function _armSaleToDesk() private {
        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(address(manager), abi.encodeCall(ILoans.transferLoan, (_loan, address(_desk))));
        calls[1] = Agent.Call(address(_desk), abi.encodeCall(LoanDesk.buy, (_loan, 30_000 * USD, BTC, 20_000 * USD)));
        _owner.script(calls, true);
        _owner.armHooks(0);
    }

    function _expectNotOwner() private {
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralSale.NotLoanOwner.selector, _loan, address(_owner), address(_desk))
        );
    }

    function _assertRefusedReentry() private view {
        Agent.Outcome[] memory outcomes = _keeper.outcomes();
        assertEq(outcomes.length, 2);
        for (uint256 i; i < 2; ++i) {
            assertFalse(outcomes[i].success);
            assertEq(bytes4(outcomes[i].answer), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        }
    }

    /// @dev The keeper executes both orders again the next time a token calls it.
    function _armReentry() private {
        Agent.Call[] memory calls = new Agent.Call[](2);
        for (uint256 i; i < 2; ++i) {
            OrderKind kind = i == 0 ? OrderKind.Deleverage : OrderKind.AutoRepay;
            calls[i] = Agent.Call(
                address(_orders),
                abi.encodeCall(IProtectionOrders.execute, (_loan, kind, address(_keeper), 0))
            );
        }
        _keeper.script(calls, false);
        _keeper.armHooks(0);
    }

    function test_a_keeper_called_in_the_middle_of_a_sale_executes_nothing_else_meanwhile() public {
        _placeDeleverage(_keeper);
        _placeAutoRepay();
        IProtectionOrders.Quote memory foreseen = _orders.quote(_loan, OrderKind.Deleverage);
        _armReentry();
        _execute(OrderKind.Deleverage);
        _assertRefusedReentry();
        assertEq(usd.balanceOf(address(_keeper)), foreseen.fee);
        assertEq(usd.balanceOf(address(_owner)), 30_000 * USD);
    }

    function test_a_keeper_called_when_it_is_paid_its_fee_executes_nothing_again() public {
        _placeDeleverage(_keeper);
        _placeAutoRepay();
        IProtectionOrders.Quote memory foreseen = _orders.quote(_loan, OrderKind.AutoRepay);
        FaultToken(address(usd)).setHabit(FaultToken.Habit.Hooks);
        _armReentry();
        _execute(OrderKind.AutoRepay);
        _assertRefusedReentry();
        assertEq(usd.balanceOf(address(_keeper)), foreseen.fee);
        assertEq(usd.balanceOf(address(_orders)), 0);
    }

    function test_an_owner_who_sells_the_loan_in_the_middle_of_a_sale_takes_nothing_from_the_buyer() public {
        _placeDeleverage(_owner);
        _armSaleToDesk();
        _expectNotOwner();
        _execute(OrderKind.Deleverage);
        assertEq(manager.ownerOf(_loan), address(_owner));
    }

    function test_an_owner_who_sells_the_loan_while_its_repayment_is_pulled_does_not_pay_the_buyers_debt() public {
        _placeAutoRepay();
        FaultToken(address(usd)).setHabit(FaultToken.Habit.Hooks);
        _armSaleToDesk();
        _expectNotOwner();
        _execute(OrderKind.AutoRepay);
        assertEq(usd.balanceOf(address(_owner)), 30_000 * USD);
    }

    function test_an_owner_who_sells_the_loan_while_a_top_up_is_pulled_tops_the_buyers_up_with_nothing() public {
        Order memory order;
        (order.triggerLtvBps, order.targetLtvBps) = (5_500, 5_000);
        (order.maxPerExecution, order.limit) = (type(uint128).max, type(uint128).max);
        _place(OrderKind.AutoTopUp, order);
        _owner.approve(IERC20(btc), address(_orders));
        btc.mint(address(_owner), BTC);
        FaultToken(address(btc)).setHabit(FaultToken.Habit.Hooks);
        _armSaleToDesk();
        _expectNotOwner();
        _execute(OrderKind.AutoTopUp);
        assertEq(btc.balanceOf(address(_owner)), BTC);
    }

    function executeDeleverage() external {
        _execute(OrderKind.Deleverage);
    }

    /// @dev Else the same keeper could have the order executed as often as its accomplice undoes it.
    function test_an_execution_that_leaves_its_trigger_met_is_undone() public {
        _placeDeleverage(_owner);
        _owner.scriptOne(
            address(manager),
            abi.encodeCall(ILoanManager.draw, (_loan, 4_000 * USD, address(_owner))),
            true
        );
        _owner.armHooks(0);
        uint256 debt = manager.debtOf(_loan);
        try this.executeDeleverage() {
            revert("it was not undone");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IProtectionOrders.StillTriggered.selector);
            (uint256 ltvBps, uint256 triggerBps) = abi.decode(argsOf(reason), (uint256, uint256));
            assertEq(triggerBps, 5_500);
            assertGt(ltvBps, triggerBps);
        }
        assertEq(manager.debtOf(_loan), debt);
        _owner.armHooks(type(uint256).max);
        _execute(OrderKind.Deleverage);
        assertLe(manager.debtOf(_loan), debt - 9_000 * USD);
    }

    function test_an_owner_who_repays_while_its_repayment_is_pulled_pays_no_fee_for_what_the_loan_does_not_take()
        public
    {
        _placeAutoRepay();
        _owner.approve(IERC20(usd), address(pool));
        usd.mint(address(_owner), 30_000 * USD);
        FaultToken(address(usd)).setHabit(FaultToken.Habit.Hooks);
        _owner.scriptOne(address(manager), abi.encodeCall(ILoans.repay, (_loan, 27_000 * USD, "")), true);
        _owner.armHooks(0);
        uint256 payment = _orders.quote(_loan, OrderKind.AutoRepay).repaid;
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.WouldLeaveDust.selector, payment, 3_000 * USD));
        _execute(OrderKind.AutoRepay);
        assertEq(usd.balanceOf(address(_keeper)), 0);
    }

    /// @dev A loan that moved to a new owner and ended there: its id is spent, and with it every order on it.
    function test_a_loan_that_changed_hands_and_ended_leaves_its_orders_without_object() public {
        _placeAutoRepay();
        _asOwner(abi.encodeCall(ILoans.transferLoan, (_loan, address(this))));
        manager.acceptLoan(_loan, type(uint256).max, 0);
        usd.mint(address(this), 40_000 * USD);
        usd.approve(address(pool), type(uint256).max);
        manager.close(_loan, address(this), "");
        vm.expectRevert(
            abi.encodeWithSelector(IProtectionOrders.NoOrder.selector, _loan, address(0), OrderKind.AutoRepay)
        );
        _execute(OrderKind.AutoRepay);
        btc.mint(address(_owner), BTC);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanExists.selector, _loan));
        _asOwner(abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 30_000 * USD, address(_owner), "")));
    }
}
