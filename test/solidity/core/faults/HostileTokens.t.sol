// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ICollateralVault} from "../../../../contracts/interfaces/ICollateralVault.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {ExactTransfer} from "../../../../contracts/token/ExactTransfer.sol";
import {Agent} from "../../helpers/Agent.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {Market} from "../../helpers/Market.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice C13: tokens with bad habits, present from the beginning or acquired later. Supported, or refused with a clear error;
/// never a wrong balance.
contract HostileTokensTest is Market {
    uint256 private constant ALL = type(uint256).max;

    FaultToken private _btc;
    FaultToken private _usd;
    uint256 private _loan;

    function _options() internal override returns (Options memory o) {
        o = super._options();
        o.collateral = _btc = new FaultToken("Wrapped BTC", "WBTC", collateralDecimals);
        o.loan = _usd = new FaultToken("Dollar", "USD", loanDecimals);
    }

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    // ---- fee on transfer ----

    function test_fault_C13_collateral_that_takes_a_fee_is_refused_on_the_way_in_and_goes_out() public {
        _btc.setHabit(FaultToken.Habit.FeeFromReceiver);
        bytes memory short = abi.encodeWithSelector(
            ExactTransfer.TransferMismatch.selector,
            address(btc),
            BTC,
            BTC - BTC / 100
        );
        vm.startPrank(borrower);
        vm.expectRevert(short);
        manager.open(facility, 1, BTC, minDebt, borrower, "");
        vm.expectRevert(short);
        manager.topUp(_loan, BTC, "");
        // Switched on later: what is inside can still leave, the fee is the receiver's.
        manager.close(_loan, stranger, "");
        vm.stopPrank();
        assertEq(btc.balanceOf(stranger), BTC - BTC / 100);
        assertEq(btc.balanceOf(address(vault)), 0);
    }

    function test_fault_C13_a_loan_asset_that_takes_a_fee_is_refused_on_the_way_in() public {
        _usd.setHabit(FaultToken.Habit.FeeFromReceiver);
        bytes memory fromPool = abi.encodeWithSelector(
            ExactTransfer.TransferMismatch.selector,
            address(usd),
            1000 * USD,
            990 * USD
        );
        vm.prank(borrower);
        vm.expectRevert(fromPool);
        manager.repay(_loan, 1000 * USD, "");
        vm.startPrank(lender);
        vm.expectRevert(
            abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, address(usd), 1000 * USD, 990 * USD)
        );
        senior.deposit(1000 * USD, lender);
        senior.withdraw(1000 * USD, stranger, lender);
        vm.stopPrank();
        assertEq(usd.balanceOf(stranger), 990 * USD);
        _assertBacked();
    }

    // ---- answers ----

    function test_fault_C13_tokens_that_answer_nothing_work_throughout() public {
        _btc.setHabit(FaultToken.Habit.ReturnsNothing);
        _usd.setHabit(FaultToken.Habit.ReturnsNothing);
        _wholeLife();
    }

    function test_fault_C13_tokens_that_answer_false_are_refused_everywhere() public {
        _btc.setHabit(FaultToken.Habit.ReturnsFalse);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(btc));
        _refusedByCollateral(failed);
        _btc.setHabit(FaultToken.Habit.None);
        _usd.setHabit(FaultToken.Habit.ReturnsFalse);
        _refusedByLoanAsset(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(usd)));
    }

    function test_fault_C13_tokens_that_lie_are_found_out_on_the_way_in() public {
        _btc.setHabit(FaultToken.Habit.LiesTrue);
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, address(btc), BTC, 0));
        manager.topUp(_loan, BTC, "");
        _btc.setHabit(FaultToken.Habit.None);
        _usd.setHabit(FaultToken.Habit.LiesTrue);
        vm.expectRevert(abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, address(usd), USD, 0));
        manager.repay(_loan, USD, "");
        vm.stopPrank();
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, address(usd), USD, 0));
        senior.deposit(USD, lender);
    }

    function test_fault_C13_tokens_that_revert_on_zero_are_never_asked_to_move_zero() public {
        _btc.setHabit(FaultToken.Habit.RevertsOnZero);
        _usd.setHabit(FaultToken.Habit.RevertsOnZero);
        _wholeLife();
        // A close that owes nothing, and a sale so small that it seizes nothing.
        vm.startPrank(borrower);
        uint256 id = manager.open(facility, 40, BTC, 35_000 * USD, borrower, "");
        vm.stopPrank();
        _setPrice(42_000);
        vm.prank(liquidator);
        (, uint256 seized) = manager.liquidate(id, 1, 0, "");
        assertEq(seized, 0);
        vm.startPrank(borrower);
        manager.repay(id, ALL, "");
        manager.close(id, borrower, "");
        vm.stopPrank();
    }

    // ---- pause and block-list ----

    function test_fault_C13_a_paused_token_delays_and_loses_nothing() public {
        _usd.setHabit(FaultToken.Habit.Paused);
        _refusedByLoanAsset(abi.encodeWithSelector(FaultToken.TokenPaused.selector));
        _usd.setHabit(FaultToken.Habit.None);
        _btc.setHabit(FaultToken.Habit.Paused);
        _refusedByCollateral(abi.encodeWithSelector(FaultToken.TokenPaused.selector));
        // With the collateral's token standing still the debt can be paid.
        vm.startPrank(borrower);
        manager.repay(_loan, ALL, "");
        _btc.setHabit(FaultToken.Habit.None);
        manager.withdraw(_loan, ALL, borrower);
        vm.stopPrank();
        _assertBacked();
    }

    function test_fault_C13_a_blocked_receiver_is_refused_and_another_is_named() public {
        _usd.setBlocked(borrower, true);
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(FaultToken.Blocked.selector, borrower));
        manager.draw(_loan, USD, borrower);
        manager.draw(_loan, USD, stranger);
        vm.stopPrank();
        assertEq(usd.balanceOf(stranger), USD);
        _usd.setBlocked(lender, true);
        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(FaultToken.Blocked.selector, lender));
        senior.withdraw(USD, lender, lender);
        senior.withdraw(USD, stranger, lender);
        vm.stopPrank();
    }

    // ---- hooks on both sides of every transfer ----

    function test_fault_C13_hooks_of_the_loan_asset_find_the_facility_shut_or_are_undone() public {
        _usd.setHabit(FaultToken.Habit.Hooks);
        _reenterEverywhere();
    }

    function test_fault_C13_hooks_of_the_collateral_find_the_facility_shut_or_are_undone() public {
        _btc.setHabit(FaultToken.Habit.Hooks);
        _reenterEverywhere();
    }

    /// @dev A deposit is not under the lock: what its hook takes out again must not count as come in.
    function test_fault_C13_a_hook_inside_a_deposit_cannot_spend_what_has_not_come_in() public {
        _usd.setHabit(FaultToken.Habit.Hooks);
        Agent agent = _agent();
        bytes[] memory inside = new bytes[](4);
        inside[0] = abi.encodeCall(IERC4626.deposit, (1000 * USD, address(agent)));
        inside[1] = abi.encodeCall(IERC4626.withdraw, (500 * USD, address(agent), address(agent)));
        inside[2] = abi.encodeCall(ILoanManager.open, (facility, 2, BTC, 1000 * USD, address(agent), ""));
        inside[3] = abi.encodeCall(ILoans.repay, (_loan, 1000 * USD, ""));
        for (uint256 i; i < inside.length; ++i) {
            agent.scriptOne(i < 2 ? address(senior) : address(manager), inside[i], true);
            agent.armHooks(0);
            uint256 had = usd.balanceOf(address(agent));
            vmMore.expectPartialRevert(ExactTransfer.TransferMismatch.selector);
            agent.act(address(senior), abi.encodeCall(IERC4626.deposit, (2000 * USD, address(agent))));
            assertEq(usd.balanceOf(address(agent)), had);
            _assertBacked();
        }
    }

    /// @dev One vault serves two facilities: a hook in one may act in the other, and the books of both must still be met.
    function test_fault_C13_a_hook_between_two_facilities_of_one_vault_is_undone() public {
        Options memory o = _standard(collateralDecimals, loanDecimals);
        o.collateral = _btc;
        Parts memory second = _parts(o);
        second.vault = vault;
        o.loan.mint(address(this), o.seed);
        o.loan.approve(address(second.senior), o.seed);
        uint32 other = manager.createFacility(_params(second, o), o.seed);
        Agent agent = _agent();
        agent.act(address(manager), abi.encodeCall(ILoanManager.open, (other, 0, BTC, minDebt, address(agent), "")));
        uint256 there = _id(address(agent), other, 0);
        _btc.setHabit(FaultToken.Habit.Hooks);
        bytes[2] memory inside = [
            abi.encodeCall(ILoans.topUp, (there, BTC, "")),
            abi.encodeCall(ILoans.withdraw, (there, BTC / 10, address(agent)))
        ];
        for (uint256 i; i < 2; ++i) {
            agent.scriptOne(address(manager), inside[i], true);
            agent.armHooks(0);
            vmMore.expectPartialRevert(ExactTransfer.TransferMismatch.selector);
            agent.act(address(manager), abi.encodeCall(ILoans.topUp, (_loan, BTC, "")));
        }
        assertEq(btc.balanceOf(address(vault)), 2 * BTC);
    }

    // ---- inside ----

    /// @dev Opens, draws, repays, tops up, withdraws, closes, lends, leaves, liquidates.
    function _wholeLife() private {
        vm.startPrank(borrower);
        uint256 id = manager.open(facility, 30, BTC, 20_000 * USD, borrower, "");
        manager.draw(id, 1000 * USD, borrower);
        manager.repay(id, 500 * USD, "");
        manager.topUp(id, BTC / 2, "");
        manager.withdraw(id, BTC / 4, borrower);
        manager.close(id, borrower, "");
        vm.stopPrank();
        vm.startPrank(lender);
        senior.deposit(USD, lender);
        senior.mint(1e6, lender);
        senior.withdraw(USD, lender, lender);
        senior.redeem(1e6, lender, lender);
        vm.stopPrank();
        _setPrice(24_000);
        vm.prank(liquidator);
        manager.liquidate(_loan, ALL, 0, "");
        vm.prank(borrower);
        manager.close(_loan, borrower, "");
        _setPrice(50_000);
        _assertBacked();
    }

    function _refusedByCollateral(bytes memory reason) private {
        vm.startPrank(borrower);
        vm.expectRevert(reason);
        manager.open(facility, 1, BTC, minDebt, borrower, "");
        vm.expectRevert(reason);
        manager.topUp(_loan, 1, "");
        vm.expectRevert(reason);
        manager.withdraw(_loan, 1, borrower);
        vm.expectRevert(reason);
        manager.close(_loan, borrower, "");
        vm.stopPrank();
        _setPrice(24_000);
        vm.prank(liquidator);
        vm.expectRevert(reason);
        manager.liquidate(_loan, ALL, 0, "");
        _setPrice(50_000);
        assertEq(manager.loanOf(_loan).collateral, BTC);
        _assertBacked();
    }

    function _refusedByLoanAsset(bytes memory reason) private {
        vm.startPrank(borrower);
        vm.expectRevert(reason);
        manager.open(facility, 1, BTC, minDebt, borrower, "");
        vm.expectRevert(reason);
        manager.draw(_loan, 1, borrower);
        vm.expectRevert(reason);
        manager.repay(_loan, 1, "");
        vm.expectRevert(reason);
        manager.close(_loan, borrower, "");
        vm.stopPrank();
        vm.startPrank(lender);
        vm.expectRevert(reason);
        senior.deposit(USD, lender);
        vm.expectRevert(reason);
        senior.withdraw(USD, lender, lender);
        vm.stopPrank();
        _setPrice(24_000);
        vm.prank(liquidator);
        vm.expectRevert(reason);
        manager.liquidate(_loan, ALL, 0, "");
        _setPrice(50_000);
        assertEq(manager.debtOf(_loan), 20_000 * USD);
        _assertBacked();
    }

    /// @dev In the hooks of every action that moves the token with hooks, tries to act and to read; all must fail while the action stands.
    function _reenterEverywhere() private {
        Agent agent = _agent();
        // Two loans: one to act on, one for the hooks to name, which no action removes.
        uint256 own = _id(address(agent), facility, 0);
        uint256 kept = _id(address(agent), facility, 1);
        for (uint64 i; i < 2; ++i) {
            agent.act(
                address(manager),
                abi.encodeCall(ILoanManager.open, (facility, i, BTC, 20_000 * USD, address(agent), ""))
            );
        }
        bytes[] memory outside = new bytes[](6);
        outside[0] = abi.encodeCall(ILoanManager.open, (facility, 2, BTC, minDebt, address(agent), ""));
        outside[1] = abi.encodeCall(ILoanManager.draw, (own, 1000 * USD, address(agent)));
        outside[2] = abi.encodeCall(ILoans.repay, (own, 500 * USD, ""));
        outside[3] = abi.encodeCall(ILoans.topUp, (own, BTC, ""));
        outside[4] = abi.encodeCall(ILoans.withdraw, (own, BTC / 2, address(agent)));
        outside[5] = abi.encodeCall(ILoans.close, (own, address(agent), ""));
        Agent.Call[] memory inside = new Agent.Call[](15);
        inside[0] = Agent.Call(address(manager), abi.encodeCall(ILoanManager.draw, (kept, 1, address(agent))));
        inside[1] = Agent.Call(address(manager), abi.encodeCall(ILoans.withdraw, (kept, 1, address(agent))));
        inside[2] = Agent.Call(address(manager), abi.encodeCall(ILoans.repay, (_loan, USD, "")));
        inside[3] = Agent.Call(address(manager), abi.encodeCall(ILoans.debtOf, (kept)));
        inside[4] = Agent.Call(address(senior), abi.encodeCall(IERC4626.deposit, (USD, address(agent))));
        inside[5] = Agent.Call(address(senior), abi.encodeCall(IERC4626.totalAssets, ()));
        inside[6] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.accrue, ()));
        inside[7] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.availableTo, (TrancheClass.Senior)));
        inside[8] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.cash, ()));
        inside[9] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.entryNavOf, (TrancheClass.Senior)));
        inside[10] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.navOf, (TrancheClass.Senior)));
        inside[11] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.reserve, ()));
        inside[12] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.totalDebt, ()));
        inside[13] = Agent.Call(address(pool), abi.encodeCall(IPoolLedger.juniorBeyondRequired, ()));
        inside[14] = Agent.Call(address(manager), abi.encodeCall(ILoans.ownerOf, (kept)));
        bytes memory locked = abi.encodeWithSelector(IFacilities.FacilityLocked.selector, facility);
        uint256 tried;
        for (uint256 i; i < outside.length; ++i) {
            agent.script(inside, false);
            agent.armHooks(0);
            agent.act(address(manager), outside[i]);
            Agent.Outcome[] memory seen = agent.outcomes();
            for (uint256 k; k < seen.length; ++k) {
                assertFalse(seen[k].success, vm.toString(i * 100 + k));
                assertEq(seen[k].answer, locked);
            }
            tried += seen.length;
            agent.armHooks(type(uint256).max);
        }
        assertGe(tried, 4 * inside.length, "the hooks were there");
        _assertBacked();
    }

    function _agent() private returns (Agent agent) {
        agent = new Agent();
        agent.approve(IERC20(btc), address(vault));
        agent.approve(IERC20(usd), address(pool));
        agent.approve(IERC20(usd), address(senior));
        btc.mint(address(agent), 1000 * BTC);
        usd.mint(address(agent), 1_000_000 * USD);
        vm.prank(lender);
        senior.transfer(address(agent), 1e6 * 10_000 * USD);
    }

    function _assertBacked() private view {
        assertEq(usd.balanceOf(address(pool)), pool.cash());
        assertGe(btc.balanceOf(address(vault)), manager.loanOf(_loan).collateral);
        (uint256 owed, ) = pool.debtTotals();
        assertEq(pool.cash() + owed, senior.totalAssets() + pool.reserve());
    }
}
