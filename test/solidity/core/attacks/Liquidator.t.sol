// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {ILiquidator} from "../../../../contracts/interfaces/ILiquidator.sol";
import {ILoanCallbacks} from "../../../../contracts/interfaces/ILoanCallbacks.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {SwapPath} from "../../../../contracts/periphery/SwapPath.sol";
import {IUniswapV3Router} from "../../../../contracts/periphery/UniswapV3.sol";
import {Agent} from "../../helpers/Agent.sol";
import {ScriptedRouter} from "../../helpers/ScriptedRouter.sol";
import {argsOf} from "../../helpers/ErrorArgs.sol";
import {vmMore} from "../../helpers/VmMore.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice A router that takes what it is given, and only says that it paid.
contract LyingRouter {
    function exactInput(IUniswapV3Router.ExactInputParams calldata params) external returns (uint256) {
        IERC20(address(bytes20(params.path[:20]))).transferFrom(msg.sender, address(this), params.amountIn);
        return params.amountOutMinimum;
    }
}

/// @notice What a stolen operator key, a hostile token on a path, and a keeper whose turn is over can do to a Liquidator.
contract LiquidatorAttacksTest is TermMarket {
    uint256 private constant ITEM_GAS = 900_000;
    uint24 private constant FEE = 500;

    ScriptedRouter private _router;
    ILiquidator private _liquidator;
    address private _owner = makeAddr("owner");

    function setUp() public override {
        super.setUp();
        _router = new ScriptedRouter();
        _sellThrough(address(_router));
        usd.mint(address(_router), 100_000_000 * USD);
        _fund(operator);
    }

    // ---- arranging ----

    /// @dev A Liquidator of its own for the router, with the operator let in.
    function _sellThrough(address router) private {
        _liquidator = ILiquidator(
            deployCode(
                "contracts/periphery/Liquidator.sol:Liquidator",
                abi.encode(manager, termManager, router, _owner)
            )
        );
        vm.prank(_owner);
        _liquidator.setOperator(operator, true);
    }

    /// @dev So many loans of 30,000 on one bitcoin each, then a fall to 36,000 in oracle and market.
    function _fallen(uint64 count) private returns (uint256[] memory ids) {
        ids = new uint256[](count);
        for (uint64 i; i < count; ++i) ids[i] = _openAs(borrower, i, BTC, 30_000 * USD);
        _setPrice(36_000);
        _router.setPrice(_price(36_000));
    }

    function _path(uint24 fee) private view returns (bytes memory) {
        return abi.encodePacked(btc, fee, usd);
    }

    function _sale(uint256 id, uint24 fee) private view returns (ILiquidator.Item memory item) {
        (item.id, item.maxRepaid) = (id, type(uint256).max);
        item.legs = new ILiquidator.Leg[](1);
        item.legs[0] = ILiquidator.Leg(1, _path(fee));
    }

    function _purchase(uint256 id, uint256 maxRepaid) private pure returns (ILiquidator.Item memory item) {
        (item.id, item.maxRepaid) = (id, maxRepaid);
    }

    function _alone(ILiquidator.Item memory item) private pure returns (ILiquidator.Item[] memory items) {
        items = new ILiquidator.Item[](1);
        items[0] = item;
    }

    function _run(ILiquidator.Item[] memory items) private returns (ILiquidator.Outcome[] memory) {
        vm.prank(operator);
        return _liquidator.liquidateMany(items, ITEM_GAS, block.timestamp);
    }

    /// @dev With no more gas than gasFor asks, and what the call itself takes before it asks.
    function _runWithin(ILiquidator.Item[] memory items) private returns (ILiquidator.Outcome[] memory) {
        uint256 gas = _liquidator.gasFor(items.length, ITEM_GAS) + 15_000 + 1_000 * items.length;
        vm.prank(operator);
        return _liquidator.liquidateMany{gas: gas}(items, ITEM_GAS, block.timestamp);
    }

    function _allow(uint128 allowance, uint16 premiumBps) private {
        vm.prank(_owner);
        _liquidator.setInventory(facility, allowance, premiumBps);
    }

    function _allowance(uint32 facility_) private view returns (uint128 allowance) {
        (allowance, ) = _liquidator.inventoryOf(facility_);
    }

    function _held() private view returns (uint256) {
        return usd.balanceOf(address(_liquidator));
    }

    function _kept() private view returns (uint256) {
        return btc.balanceOf(address(_liquidator));
    }

    function _nothing(bytes memory reason) private pure returns (bytes memory) {
        bytes[] memory reasons = new bytes[](1);
        reasons[0] = reason;
        return abi.encodeWithSelector(ILiquidator.NothingDone.selector, reasons);
    }

    /// @dev Why nothing is done of all this.
    function _reasonsFor(ILiquidator.Item[] memory items) private returns (bytes[] memory) {
        vm.prank(operator);
        try _liquidator.liquidateMany(items, ITEM_GAS, block.timestamp) {
            revert("something was done");
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), ILiquidator.NothingDone.selector);
            return abi.decode(argsOf(reason), (bytes[]));
        }
    }

    function _expectNothing(ILiquidator.Item memory item, bytes4 because) private {
        assertEq(bytes4(_reasonsFor(_alone(item))[0]), because);
    }

    // ---- one item and the others ----

    function test_an_item_that_burns_all_its_gas_leaves_the_others_theirs() public {
        uint256[] memory ids = _fallen(4);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](4);
        for (uint256 i; i < 4; ++i) items[i] = _sale(ids[i], i < 2 ? _router.BURN() : FEE);
        ILiquidator.Outcome[] memory outcomes = _runWithin(items);
        for (uint256 i; i < 4; ++i) {
            assertEq(outcomes[i].done, i >= 2);
            assertEq(outcomes[i].reason.length, 0);
            if (i < 2) assertApproxEqRel(outcomes[i].gasUsed, ITEM_GAS, 0.05e18);
        }
        assertGt(_held(), 0);
    }

    function test_an_item_that_fails_with_a_megabyte_costs_the_others_nothing() public {
        uint256[] memory ids = _fallen(4);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](4);
        for (uint256 i; i < 4; ++i) items[i] = _sale(ids[i], i < 3 ? _router.BOMB() : FEE);
        ILiquidator.Outcome[] memory outcomes = _runWithin(items);
        for (uint256 i; i < 3; ++i) assertEq(outcomes[i].reason.length, 260);
        assertTrue(outcomes[3].done);
    }

    /// @dev The longest items and the longest reasons: what is promised beside an item's own gas is enough.
    function test_the_promised_gas_suffices_for_items_of_any_shape() public {
        uint256[] memory ids = _fallen(8);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](8);
        for (uint256 i; i < 8; ++i) {
            bool last = i == 7;
            items[i] = _sale(ids[i], FEE);
            if (last) continue;
            items[i].legs = new ILiquidator.Leg[](6);
            for (uint256 l; l < 6; ++l) {
                bytes memory long = abi.encodePacked(btc, _router.BOMB(), usd, FEE, btc, FEE, usd);
                items[i].legs[l] = ILiquidator.Leg(1, long);
            }
        }
        uint256 before = gasleft();
        ILiquidator.Outcome[] memory outcomes = _runWithin(items);
        uint256 spent = before - gasleft();
        assertTrue(outcomes[7].done);
        uint256 own;
        for (uint256 i; i < 8; ++i) own += outcomes[i].gasUsed;
        // Far less than promised: the constant has room for a compiler that does worse.
        assertLt((spent - own) / 8, 30_000);
    }

    function test_without_the_promised_gas_nothing_begins() public {
        uint256[] memory ids = _fallen(2);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](2);
        for (uint256 i; i < 2; ++i) items[i] = _sale(ids[i], FEE);
        uint256 needed = _liquidator.gasFor(2, ITEM_GAS);
        vm.prank(operator);
        // The items alone would do with a third of it: what is missing is the promise.
        try _liquidator.liquidateMany{gas: needed}(items, ITEM_GAS, block.timestamp) {
            fail();
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), ILiquidator.TooLittleGas.selector);
            (uint256 had, uint256 asked) = abi.decode(argsOf(reason), (uint256, uint256));
            assertLt(had, needed);
            assertEq(asked, needed);
        }
        assertEq(_held(), 0);
    }

    function test_when_no_item_succeeds_the_whole_reverts_with_every_reason() public {
        uint256[] memory ids = _fallen(1);
        _setPrice(50_000);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](2);
        (items[0], items[1]) = (_sale(ids[0], FEE), _sale(ids[0] + 1, FEE));
        bytes[] memory reasons = _reasonsFor(items);
        assertEq(bytes4(reasons[0]), ILiquidationEngine.NotLiquidatable.selector);
        assertEq(bytes4(reasons[1]), ILoans.NoSuchLoan.selector);
    }

    /// @dev What a keeper loses when the price recovers between its simulation and its block.
    function test_fault_K25_a_loan_that_recovered_fails_cheaply_and_alone() public {
        uint256[] memory ids = _fallen(2);
        vm.prank(borrower);
        manager.repay(ids[0], 15_000 * USD, "");
        ILiquidator.Item[] memory items = new ILiquidator.Item[](2);
        (items[0], items[1]) = (_sale(ids[0], FEE), _sale(ids[1], FEE));
        vm.expectEmit(true, false, false, false, address(_liquidator));
        emit ILiquidator.ItemFailed(ids[0], "");
        ILiquidator.Outcome[] memory outcomes = _run(items);
        assertEq(bytes4(outcomes[0].reason), ILiquidationEngine.NotLiquidatable.selector);
        assertTrue(outcomes[1].done);
        assertLt(outcomes[0].gasUsed, outcomes[1].gasUsed / 2);
    }

    function test_fault_K33_nothing_lands_after_the_deadline() public {
        uint256[] memory ids = _fallen(1);
        uint256 deadline = block.timestamp + 15;
        vm.warp(deadline + 1);
        bytes memory late = abi.encodeWithSelector(ILiquidator.DeadlinePassed.selector, deadline, deadline + 1);
        vm.startPrank(operator);
        vm.expectRevert(late);
        _liquidator.liquidateMany(_alone(_sale(ids[0], FEE)), ITEM_GAS, deadline);
        vm.expectRevert(late);
        _liquidator.liquidate(ids[0], type(uint256).max, 0, _path(FEE), 0, deadline);
        vm.warp(deadline);
        _liquidator.liquidateMany(_alone(_sale(ids[0], FEE)), ITEM_GAS, deadline);
        vm.stopPrank();
        assertGt(_held(), 0);
    }

    // ---- split sales ----

    function test_what_is_seized_is_sold_in_the_shares_given_to_the_last_unit() public {
        uint256[] memory ids = _fallen(1);
        ILiquidator.Item memory item = _sale(ids[0], 100);
        item.legs = new ILiquidator.Leg[](3);
        item.legs[0] = ILiquidator.Leg(2, _path(100));
        item.legs[1] = ILiquidator.Leg(1, _path(500));
        item.legs[2] = ILiquidator.Leg(10, _path(3000));
        ILiquidator.Outcome memory outcome = _run(_alone(item))[0];
        assertGt((outcome.seized * 2) % 13, 0, "nothing is divided evenly");
        assertEq(_router.sold(100), (outcome.seized * 2) / 13);
        assertEq(_router.sold(500), outcome.seized / 13);
        assertEq(_router.sold(100) + _router.sold(500) + _router.sold(3000), outcome.seized);
        assertEq(_held(), outcome.profit);
        assertEq(_kept(), 0);
    }

    function test_the_legs_together_must_pay_whichever_of_them_pays_nothing() public {
        uint256[] memory ids = _fallen(1);
        usd.mint(address(_liquidator), 1_000_000 * USD);
        _allow(type(uint128).max, 0);
        for (uint256 thief; thief < 2; ++thief) {
            ILiquidator.Item memory item = _sale(ids[0], FEE);
            item.legs = new ILiquidator.Leg[](2);
            for (uint256 l; l < 2; ++l) item.legs[l] = ILiquidator.Leg(1, _path(l == thief ? _router.STEAL() : FEE));
            vm.expectRevert(_nothing(abi.encodeWithSignature("Error(string)", "Too little received")));
            _run(_alone(item));
        }
        assertEq(_held(), 1_000_000 * USD);
    }

    function test_legs_of_no_weight_and_a_last_one_for_which_nothing_is_left_sell_nothing() public {
        uint256[] memory ids = _fallen(1);
        ILiquidator.Item memory item = _sale(ids[0], 100);
        item.legs = new ILiquidator.Leg[](3);
        item.legs[0] = ILiquidator.Leg(0, _path(100));
        item.legs[1] = ILiquidator.Leg(1, _path(500));
        item.legs[2] = ILiquidator.Leg(0, _path(3000));
        ILiquidator.Outcome memory outcome = _run(_alone(item))[0];
        assertTrue(outcome.done);
        assertEq(_router.sold(500), outcome.seized);
        assertEq(_router.sold(100) + _router.sold(3000), 0);
        assertEq(_router.sales(100), 0, "not even tried");
        assertEq(_router.sales(3000), 1, "what all legs together must bring is asked of the last");
    }

    /// @dev Less than what a liquidation earns.
    function test_a_small_leg_that_pays_nothing_is_made_up_for_by_the_last() public {
        uint256[] memory ids = _fallen(1);
        ILiquidator.Item memory item = _sale(ids[0], FEE);
        item.legs = new ILiquidator.Leg[](2);
        item.legs[0] = ILiquidator.Leg(1, _path(_router.STEAL()));
        item.legs[1] = ILiquidator.Leg(99, _path(FEE));
        assertTrue(_run(_alone(item))[0].done);
    }

    function test_a_path_that_leads_elsewhere_sells_nothing() public {
        ILiquidator.Item memory item = _sale(_fallen(1)[0], FEE);
        bytes memory back = abi.encodePacked(usd, FEE, btc);
        item.legs[0].path = back;
        assertEq(
            _reasonsFor(_alone(item))[0],
            abi.encodeWithSelector(SwapPath.InvalidPath.selector, back, address(btc), address(usd))
        );
    }

    /// @dev Two numbers of one kind beside each other.
    function test_a_single_liquidation_says_what_it_wants_of_collateral_and_of_profit() public {
        uint256 id = _fallen(1)[0];
        vm.startPrank(operator);
        vm.expectRevert("Too little received");
        _liquidator.liquidate(id, type(uint256).max, 0, _path(FEE), 50_000 * USD, block.timestamp);
        vmMore.expectPartialRevert(ILoans.PriceTooLow.selector);
        _liquidator.liquidate(id, type(uint256).max, 1e36, _path(FEE), 0, block.timestamp);
        vm.stopPrank();
    }

    /// @dev The router's word is not enough: what is held is looked at.
    function test_a_router_that_says_it_paid_and_did_not_costs_nothing_that_is_held() public {
        uint256[] memory ids = _fallen(1);
        _sellThrough(address(new LyingRouter()));
        usd.mint(address(_liquidator), 100_000 * USD);
        _expectNothing(_sale(ids[0], FEE), ILiquidator.ProfitTooLow.selector);
        assertEq(_held(), 100_000 * USD);
    }

    function test_a_sale_must_bring_the_profit_asked_for_and_may_bring_no_more() public {
        uint256[] memory ids = _fallen(1);
        ILiquidator.Item memory item = _sale(ids[0], FEE);
        uint256 before = vmMore.snapshotState();
        item.minProfit = _run(_alone(item))[0].profit;
        vmMore.revertToState(before);
        assertTrue(_run(_alone(item))[0].done);
        vmMore.revertToState(before);
        item.minProfit += 1;
        assertEq(_reasonsFor(_alone(item))[0], abi.encodeWithSignature("Error(string)", "Too little received"));
    }

    function test_what_the_router_says_counts_for_no_profit() public {
        uint256[] memory ids = _fallen(1);
        _sellThrough(address(new LyingRouter()));
        usd.mint(address(_liquidator), 100_000 * USD);
        ILiquidator.Item memory item = _sale(ids[0], FEE);
        item.minProfit = 90_000 * USD; // more than is repaid
        assertEq(
            _reasonsFor(_alone(item))[0],
            abi.encodeWithSelector(ILiquidator.ProfitTooLow.selector, 0, 90_000 * USD)
        );
    }

    // ---- who may call ----

    function test_the_owner_liquidates_as_an_operator_does() public {
        uint256[] memory ids = _fallen(1);
        vm.prank(_owner);
        (, , uint256 profit) = _liquidator.liquidate(ids[0], type(uint256).max, 0, _path(FEE), 0, block.timestamp);
        assertGt(profit, 0);
        assertEq(_held(), profit);
    }

    function test_no_callback_is_answered_but_the_managers_own_of_the_loan_under_way() public {
        uint256[] memory ids = _fallen(1);
        address[2] memory callers = [stranger, address(manager)];
        for (uint256 i; i < 2; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ILiquidator.UnexpectedCallback.selector, callers[i], ids[0], 0));
            ILoanCallbacks(address(_liquidator)).onLiquidate(ids[0], 1, 1, "");
        }
    }

    function test_what_it_never_does_it_is_not_called_back_for() public {
        ILoanCallbacks it = ILoanCallbacks(address(_liquidator));
        bytes[4] memory calls = [
            abi.encodeCall(it.onOpen, (1, 1, "")),
            abi.encodeCall(it.onRepay, (1, 1, "")),
            abi.encodeCall(it.onTopUp, (1, 1, "")),
            abi.encodeCall(it.onClose, (1, 1, 1, ""))
        ];
        for (uint256 i; i < 4; ++i) {
            vm.prank(address(manager));
            (bool done, bytes memory reason) = address(it).call(calls[i]);
            assertFalse(done);
            assertEq(reason, abi.encodeWithSelector(ILiquidator.NotSupported.selector));
        }
        assertEq(_liquidator.router(), address(_router));
    }

    function test_no_one_but_the_contract_runs_an_item_by_itself() public {
        uint256[] memory ids = _fallen(1);
        address[3] memory callers = [operator, _owner, stranger];
        for (uint256 i; i < 3; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotSelf.selector, callers[i]));
            _liquidator.runItem(_sale(ids[0], FEE));
        }
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotOperator.selector, stranger));
        _liquidator.liquidateMany(_alone(_sale(ids[0], FEE)), ITEM_GAS, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(ILiquidator.NotOperator.selector, stranger));
        _liquidator.liquidate(ids[0], type(uint256).max, 0, _path(FEE), 0, block.timestamp);
        bytes memory notTheOwner = abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", stranger);
        vm.expectRevert(notTheOwner);
        _liquidator.setInventory(facility, 1, 0);
        vm.expectRevert(notTheOwner);
        _liquidator.setOperator(stranger, true);
        vm.expectRevert(notTheOwner);
        _liquidator.withdraw(address(usd), stranger, 0);
        vm.stopPrank();
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", operator));
        _liquidator.setInventory(facility, 1, 0);
    }

    /// @dev A token on the path calls the operator, a contract, which tries to begin another liquidation inside this one.
    function test_an_operator_called_in_the_middle_of_its_sale_begins_nothing_else() public {
        uint256[] memory ids = _fallen(2);
        Agent agent = new Agent();
        vm.prank(_owner);
        _liquidator.setOperator(address(agent), true);
        usd.mint(address(_liquidator), 1_000_000 * USD);
        _allow(type(uint128).max, 0);
        _router.setAgent(agent);
        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(
            address(_liquidator),
            abi.encodeCall(
                ILiquidator.liquidateMany,
                (_alone(_purchase(ids[1], type(uint256).max)), ITEM_GAS, block.timestamp)
            )
        );
        calls[1] = Agent.Call(
            address(_liquidator),
            abi.encodeCall(ILiquidator.liquidate, (ids[1], 1, 0, _path(FEE), 0, block.timestamp))
        );
        agent.script(calls, false);
        agent.armHooks(0);
        ILiquidator.Item memory outer = _sale(ids[0], _router.CALL());
        vm.prank(operator);
        _liquidator.liquidateMany(_alone(outer), 5_000_000, block.timestamp);
        Agent.Outcome[] memory outcomes = agent.outcomes();
        assertEq(outcomes.length, 2);
        for (uint256 i; i < 2; ++i) {
            assertFalse(outcomes[i].success);
            assertEq(bytes4(outcomes[i].answer), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        }
    }

    // ---- inventory ----

    function test_inventory_pays_the_pool_and_keeps_the_collateral() public {
        uint256[] memory ids = _fallen(1);
        usd.mint(address(_liquidator), 50_000 * USD);
        _allow(uint128(50_000 * USD), 100);
        ILiquidator.Outcome memory outcome = _run(_alone(_purchase(ids[0], type(uint256).max)))[0];
        assertEq(_held(), 50_000 * USD - outcome.repaid);
        assertEq(_allowance(facility), 50_000 * USD - outcome.repaid);
        assertEq(_kept(), outcome.seized);
        assertEq(outcome.profit, (outcome.seized * 36_000 * USD) / BTC - outcome.repaid);
        assertGt(outcome.profit, 0);
        assertEq(usd.allowance(address(_liquidator), address(pool)), 0);
        vm.prank(_owner);
        _liquidator.withdraw(address(btc), _owner, outcome.seized);
        assertEq(btc.balanceOf(_owner), outcome.seized);
    }

    function test_without_allowance_or_funds_nothing_is_bought() public {
        uint256[] memory ids = _fallen(1);
        bytes memory none = _nothing(abi.encodeWithSelector(ILiquidator.NoInventory.selector, facility));
        usd.mint(address(_liquidator), 50_000 * USD);
        vm.expectRevert(none);
        _run(_alone(_purchase(ids[0], type(uint256).max)));
        // An allowance for another facility is none for this one.
        vm.startPrank(_owner);
        _liquidator.setInventory(termFacility, type(uint128).max, 0);
        _liquidator.withdraw(address(usd), _owner, 50_000 * USD);
        vm.stopPrank();
        vm.expectRevert(none);
        _run(_alone(_purchase(ids[0], type(uint256).max)));
        _allow(type(uint128).max, 0);
        vm.expectRevert(none);
        _run(_alone(_purchase(ids[0], type(uint256).max)));
    }

    function test_the_allowance_bounds_what_many_calls_and_items_spend_together() public {
        uint256[] memory ids = _fallen(6);
        usd.mint(address(_liquidator), 1_000_000 * USD);
        _allow(uint128(25_000 * USD), 0);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](3);
        for (uint256 call_; call_ < 2; ++call_) {
            for (uint256 i; i < 3; ++i) items[i] = _purchase(ids[3 * call_ + i], type(uint256).max);
            vm.prank(operator);
            try _liquidator.liquidateMany(items, ITEM_GAS, block.timestamp) {} catch {}
        }
        assertEq(_held(), 1_000_000 * USD - 25_000 * USD);
        assertEq(_allowance(facility), 0);
    }

    function test_the_collateral_must_be_worth_the_payment_the_premium_and_the_profit_asked_for() public {
        uint256[] memory ids = _fallen(1);
        usd.mint(address(_liquidator), 50_000 * USD);
        // The engine gives at most 8 % here.
        _allow(type(uint128).max, 900);
        _setPrice(35_999); // of which a satoshi is no whole number
        uint256 repaid = manager.quoteLiquidation(ids[0], type(uint256).max).repaid;
        uint256 seized = manager.quoteLiquidation(ids[0], type(uint256).max).seized;
        uint256 worth = (seized * 35_999 * USD) / BTC;
        assertLt(worth * BTC, seized * 35_999 * USD);
        bytes memory reason = _reasonsFor(_alone(_purchase(ids[0], type(uint256).max)))[0];
        uint256 least = repaid + (repaid * 900 + 9_999) / 10_000;
        assertEq(reason, abi.encodeWithSelector(ILiquidator.WorthTooLittle.selector, worth, least));
        _allow(type(uint128).max, 0);
        ILiquidator.Item memory greedy = _purchase(ids[0], 1_000 * USD);
        greedy.minProfit = 90 * USD;
        _expectNothing(greedy, ILiquidator.WorthTooLittle.selector);
        assertEq(_held(), 50_000 * USD);
        repaid = manager.quoteLiquidation(ids[0], 1_000 * USD).repaid;
        seized = manager.quoteLiquidation(ids[0], 1_000 * USD).seized;
        worth = (seized * 35_999 * USD) / BTC;
        vm.expectEmit(address(_liquidator));
        emit ILiquidator.ItemDone(ids[0], repaid, seized, worth - repaid, true);
        greedy.minProfit = worth - repaid;
        _run(_alone(greedy));
        assertLt(_held(), 50_000 * USD);
    }

    function test_EVENT_1_who_may_act_and_what_may_be_spent() public {
        vm.startPrank(_owner);
        vm.expectEmit(address(_liquidator));
        emit ILiquidator.OperatorSet(stranger, true);
        _liquidator.setOperator(stranger, true);
        vm.expectEmit(address(_liquidator));
        emit ILiquidator.InventorySet(facility, 7, 9);
        _liquidator.setInventory(facility, 7, 9);
        vm.stopPrank();
    }

    function test_the_gas_for_items_is_theirs_and_what_a_call_keeps_back() public view {
        assertEq(_liquidator.gasFor(1, 0), 40_000);
        assertEq(_liquidator.gasFor(1, 630_000), 630_000 + 40_000 + 10_000);
        assertEq(_liquidator.gasFor(3, 630_000) - _liquidator.gasFor(2, 630_000), 630_000 + _liquidator.gasFor(1, 0));
    }

    /// @dev Whatever a stolen key sends: what is held, at the oracle's price, never becomes less, and no more of the loan asset
    /// than allowed becomes collateral.
    function testFuzz_a_stolen_key_cannot_drain_what_is_held(
        uint256 price,
        uint256 maxRepaid,
        uint128 allowance,
        uint16 premiumBps,
        uint256 shape
    ) public {
        price = bound(price, 12_000, 37_000);
        allowance = uint128(bound(allowance, 1 * USD, 60_000 * USD));
        uint256[] memory ids = new uint256[](3);
        for (uint64 i; i < 3; ++i) ids[i] = _openAs(operator, i, BTC, 30_000 * USD);
        _setPrice(price);
        _router.setPrice(_price(price / 2)); // the thief's own market pays half
        usd.mint(address(_liquidator), 100_000 * USD);
        btc.mint(address(_liquidator), 3 * BTC);
        _allow(allowance, uint16(bound(premiumBps, 0, 500)));
        ILiquidator.Item[] memory items = new ILiquidator.Item[](3);
        for (uint256 i; i < 3; ++i) {
            uint256 kind = (shape >> (2 * i)) % 4;
            if (kind == 0) items[i] = _sale(ids[i], FEE);
            else if (kind == 1) items[i] = _sale(ids[i], _router.STEAL());
            else items[i] = _purchase(ids[i], bound(maxRepaid, 1 * USD, 100_000 * USD));
        }
        (uint256 held, uint256 kept) = (_held(), _kept());
        vm.prank(operator);
        try _liquidator.liquidateMany(items, ITEM_GAS, block.timestamp) {} catch {}
        uint256 worthBefore = held + (kept * price * USD) / BTC;
        uint256 worthAfter = _held() + (_kept() * price * USD) / BTC;
        assertGe(worthAfter, worthBefore);
        assertGe(_kept(), kept);
        assertLe(held - _held(), allowance);
        assertEq(allowance - _allowance(facility), held - _held());
    }

    // ---- default marks ----

    function _late() private returns (uint256 id) {
        ITermLoanManager.Opening memory opening;
        (opening.facility, opening.sheet, opening.receiver) = (termFacility, MONTHLY, borrower);
        (opening.collateral, opening.principal) = (BTC, 30_000 * USD);
        (opening.maxAnnualRate, opening.deadline) = (1e18, block.timestamp);
        vm.prank(borrower);
        id = termManager.open(opening, "");
        vm.warp(block.timestamp + 40 days + 1);
        termOracle.setPrice(_price(50_000));
        _router.setPrice(_price(50_000));
    }

    function _markedSale(uint256 id) private view returns (ILiquidator.Item memory item) {
        item = _sale(id, FEE);
        item.markFirst = true;
    }

    function test_a_default_is_marked_and_sold_in_one_transaction() public {
        uint256 id = _late();
        vm.expectEmit(true, true, false, false, address(termManager));
        emit ITermLoanManager.DefaultMarked(id, address(_liquidator), 0);
        ILiquidator.Outcome memory outcome = _run(_alone(_markedSale(id)))[0];
        assertGt(outcome.profit, 500 * USD);
        assertEq(termManager.debtOf(id), 0);
    }

    function test_a_sale_by_itself_marks_nothing() public {
        uint256 id = _late();
        vm.prank(operator);
        try _liquidator.liquidate(id, type(uint256).max, 0, _path(FEE), 0, block.timestamp) {
            fail();
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), ILiquidationEngine.NotLiquidatable.selector);
        }
    }

    function test_a_default_that_somebody_else_marked_is_sold_all_the_same() public {
        uint256 id = _late();
        termManager.markDefault(id);
        assertTrue(_run(_alone(_markedSale(id)))[0].done);
    }

    function test_a_mark_without_its_sale_does_not_stay() public {
        uint256 id = _late();
        ILiquidator.Item memory item = _markedSale(id);
        item.minProfit = 10_000 * USD;
        uint256[] memory others = _fallen(1);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](2);
        (items[0], items[1]) = (item, _sale(others[0], FEE));
        _router.setPrice(_price(40_000));
        assertFalse(_run(items)[0].done);
        vm.prank(liquidator);
        try termManager.liquidate(id, type(uint256).max, 0, "") {
            fail();
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), ILiquidationEngine.NotLiquidatable.selector);
        }
    }

    function test_a_mark_asked_for_a_loan_in_good_standing_or_of_the_other_kind_changes_nothing() public {
        uint256[] memory ids = _fallen(1);
        ILiquidator.Item[] memory items = new ILiquidator.Item[](1);
        items[0] = _markedSale(ids[0]);
        assertTrue(_run(items)[0].done);
    }
}
