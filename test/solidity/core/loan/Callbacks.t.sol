// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILoanCallbacks} from "../../../../contracts/interfaces/ILoanCallbacks.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Agent} from "../../helpers/Agent.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice Callbacks come after all is written and paid out, before anything is pulled, with the facility locked (C8).
contract CallbacksTest is Market {
    Agent private _agent;
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _agent = new Agent();
        _agent.approve(IERC20(btc), address(vault));
        _agent.approve(IERC20(usd), address(pool));
        _agent.approve(IERC20(usd), address(senior));
        btc.mint(address(_agent), BTC);
        _agent.act(address(manager), abi.encodeCall(ILoanManager.open, (facility, 1, BTC, 20_000 * USD, lender, "")));
        _loan = _id(address(_agent), facility, 1);
        access.grantRole(FEES, address(_agent), 0);
        access.grantRole(RISK, address(_agent), 0);
    }

    // ---- what each callback may rely on ----

    function test_onOpen_runs_with_the_principal_in_hand_and_the_collateral_still_to_give() public {
        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(address(usd), abi.encodeCall(IERC20.transfer, (stranger, 5000 * USD)));
        calls[1] = Agent.Call(address(btc), abi.encodeCall(MockToken.mint, (address(_agent), BTC)));
        _agent.script(calls, true);
        _agent.act(
            address(manager),
            abi.encodeCall(ILoanManager.open, (facility, 2, BTC, 5000 * USD, address(_agent), "hello"))
        );
        _assertSeen(ILoanCallbacks.onOpen.selector, _id(address(_agent), facility, 2), BTC, 0, "hello");
        assertEq(usd.balanceOf(stranger), 5000 * USD);
        assertEq(btc.balanceOf(address(_agent)), 0);
    }

    function test_onRepay_runs_before_the_payment_is_pulled() public {
        _agent.scriptOne(address(usd), abi.encodeCall(MockToken.mint, (address(_agent), 7 * USD)), true);
        _agent.act(address(manager), abi.encodeCall(ILoans.repay, (_loan, 7 * USD, "x")));
        _assertSeen(ILoanCallbacks.onRepay.selector, _loan, 7 * USD, 0, "x");
        assertEq(usd.balanceOf(address(_agent)), 0);
    }

    function test_onTopUp_runs_before_the_collateral_is_pulled() public {
        _agent.scriptOne(address(btc), abi.encodeCall(MockToken.mint, (address(_agent), 3)), true);
        _agent.act(address(manager), abi.encodeCall(ILoans.topUp, (_loan, 3, "x")));
        _assertSeen(ILoanCallbacks.onTopUp.selector, _loan, 3, 0, "x");
        assertEq(manager.loanOf(_loan).collateral, BTC + 3);
    }

    function test_onClose_runs_with_the_collateral_in_hand_and_the_debt_still_to_pay() public {
        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(address(btc), abi.encodeCall(IERC20.transfer, (stranger, BTC)));
        calls[1] = Agent.Call(address(usd), abi.encodeCall(MockToken.mint, (address(_agent), 20_000 * USD)));
        _agent.script(calls, true);
        _agent.act(address(manager), abi.encodeCall(ILoans.close, (_loan, address(_agent), "x")));
        _assertSeen(ILoanCallbacks.onClose.selector, _loan, 20_000 * USD, BTC, "x");
        assertEq(btc.balanceOf(stranger), BTC);
    }

    function test_onLiquidate_runs_with_the_collateral_in_hand_and_needs_no_capital() public {
        uint256 id = _open(BTC, 20_000 * USD);
        _setPrice(24_000);
        uint256 repaid = manager.quoteLiquidation(id, type(uint256).max).repaid;
        uint256 seized = manager.quoteLiquidation(id, type(uint256).max).seized;
        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(address(btc), abi.encodeCall(IERC20.transfer, (stranger, seized)));
        calls[1] = Agent.Call(address(usd), abi.encodeCall(MockToken.mint, (address(_agent), repaid)));
        _agent.script(calls, true);
        _agent.act(address(manager), abi.encodeCall(ILoans.liquidate, (id, type(uint256).max, 0, "x")));
        _assertSeen(ILoanCallbacks.onLiquidate.selector, id, repaid, seized, "x");
        assertEq(btc.balanceOf(stranger), seized);
        assertEq(usd.balanceOf(address(_agent)), 0);
    }

    function test_without_data_nobody_is_called_back() public {
        _agent.scriptOne(address(usd), abi.encodeCall(MockToken.mint, (address(_agent), 1)), true);
        usd.mint(address(_agent), 7);
        _agent.act(address(manager), abi.encodeCall(ILoans.repay, (_loan, 7, "")));
        assertEq(_agent.calledBack(), bytes4(0));
    }

    function test_what_was_not_brought_back_undoes_all() public {
        _agent.scriptOne(address(usd), abi.encodeCall(MockToken.mint, (address(_agent), 6)), true);
        vm.expectRevert();
        _agent.act(address(manager), abi.encodeCall(ILoans.repay, (_loan, 7, "x")));
        assertEq(manager.debtOf(_loan), 20_000 * USD);
    }

    function test_a_callback_that_reverts_undoes_all_with_its_own_reason() public {
        _agent.scriptOne(address(manager), abi.encodeCall(ILoanManager.draw, (_loan, 0, lender)), true);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        _agent.act(address(manager), abi.encodeCall(ILoans.topUp, (_loan, 1, "x")));
    }

    function test_data_from_an_account_without_code_is_refused() public {
        vm.prank(borrower);
        vm.expectRevert();
        manager.open(facility, 0, BTC, minDebt, borrower, "x");
    }

    // ---- C8: nothing of the facility can be done or read meanwhile ----

    function test_fault_C8_the_facility_is_shut_during_onOpen() public {
        btc.mint(address(_agent), BTC);
        _everythingIsLocked(abi.encodeCall(ILoanManager.open, (facility, 2, BTC, 5000 * USD, lender, "x")));
    }

    function test_fault_C8_the_facility_is_shut_during_onRepay() public {
        usd.mint(address(_agent), 7);
        _everythingIsLocked(abi.encodeCall(ILoans.repay, (_loan, 7, "x")));
    }

    function test_fault_C8_the_facility_is_shut_during_onTopUp() public {
        btc.mint(address(_agent), 7);
        _everythingIsLocked(abi.encodeCall(ILoans.topUp, (_loan, 7, "x")));
    }

    function test_fault_C8_the_facility_is_shut_during_onClose() public {
        uint256 other = _transferredToTheAgent();
        usd.mint(address(_agent), 20_000 * USD);
        _everythingIsLocked(abi.encodeCall(ILoans.close, (other, address(_agent), "x")));
    }

    function test_fault_C8_the_facility_is_shut_during_onLiquidate() public {
        uint256 id = _open(BTC, 20_000 * USD);
        usd.mint(address(_agent), 20_000 * USD);
        _setPrice(24_000);
        _everythingIsLocked(abi.encodeCall(ILoans.liquidate, (id, type(uint256).max, 0, "x")));
    }

    function test_fault_C8_limits_of_the_tranche_are_zero_meanwhile_and_do_not_revert() public {
        vm.prank(lender);
        senior.transfer(address(_agent), 1e12);
        btc.mint(address(_agent), 7);
        Agent.Call[] memory calls = new Agent.Call[](4);
        calls[0] = Agent.Call(address(senior), abi.encodeCall(IERC4626.maxDeposit, (address(_agent))));
        calls[1] = Agent.Call(address(senior), abi.encodeCall(IERC4626.maxMint, (address(_agent))));
        calls[2] = Agent.Call(address(senior), abi.encodeCall(IERC4626.maxWithdraw, (address(_agent))));
        calls[3] = Agent.Call(address(senior), abi.encodeCall(IERC4626.maxRedeem, (address(_agent))));
        _agent.script(calls, true);
        _agent.act(address(manager), abi.encodeCall(ILoans.topUp, (_loan, 7, "x")));
        Agent.Outcome[] memory seen = _agent.outcomes();
        assertEq(seen.length, 4);
        for (uint256 i; i < 4; ++i) assertEq(abi.decode(seen[i].answer, (uint256)), 0);
        assertGt(senior.maxDeposit(address(_agent)), 0);
        assertGt(senior.maxRedeem(address(_agent)), 0);
    }

    function test_the_lock_opens_again_after_success_and_after_failure() public {
        usd.mint(address(_agent), 7);
        _agent.scriptOne(address(manager), abi.encodeCall(ILoans.debtOf, (_loan)), false);
        _agent.act(address(manager), abi.encodeCall(ILoans.repay, (_loan, 7, "x")));
        manager.requireUnlocked(facility);
        (bool success, ) = address(_agent).call(
            abi.encodeCall(Agent.act, (address(manager), abi.encodeCall(ILoans.repay, (_loan, 7, "x"))))
        );
        assertFalse(success);
        manager.requireUnlocked(facility);
    }

    function test_another_facility_goes_on_meanwhile_so_a_loan_can_be_refinanced_without_capital() public {
        Options memory o = _options();
        (o.collateral, o.loan) = (btc, usd);
        Parts memory second = _createFacility(o);
        usd.mint(lender, 100_000 * USD);
        vm.startPrank(lender);
        usd.approve(address(second.senior), type(uint256).max);
        second.senior.deposit(100_000 * USD, lender);
        vm.stopPrank();
        _agent.approve(IERC20(btc), address(second.vault));
        // Closing the loan here brings the collateral, a loan there brings the cash.
        bytes memory openThere = abi.encodeCall(
            ILoanManager.open,
            (second.id, 1, BTC, 20_000 * USD, address(_agent), "")
        );
        _agent.scriptOne(address(manager), openThere, true);
        _agent.act(address(manager), abi.encodeCall(ILoans.close, (_loan, address(_agent), "x")));
        assertEq(manager.debtOf(_id(address(_agent), second.id, 1)), 20_000 * USD);
        assertEq(manager.ownerOf(_loan), address(0));
    }

    // ---- inside ----

    function _everythingIsLocked(bytes memory action) private {
        Agent.Call[] memory calls = _all();
        _agent.script(calls, false);
        _agent.act(address(manager), action);
        Agent.Outcome[] memory seen = _agent.outcomes();
        assertEq(seen.length, calls.length, "every call was tried");
        bytes memory locked = abi.encodeWithSelector(IFacilities.FacilityLocked.selector, facility);
        for (uint256 i; i < seen.length; ++i) {
            assertFalse(seen[i].success, vm.toString(i));
            assertEq(seen[i].answer, locked, vm.toString(i));
        }
    }

    function _all() private view returns (Agent.Call[] memory calls) {
        bytes[] memory ofManager = _managerCalls();
        bytes[] memory ofPool = _poolCalls();
        bytes[] memory ofTranche = _trancheCalls();
        calls = new Agent.Call[](ofManager.length + ofPool.length + ofTranche.length);
        uint256 n;
        for (uint256 i; i < ofManager.length; ++i) calls[n++] = Agent.Call(address(manager), ofManager[i]);
        for (uint256 i; i < ofPool.length; ++i) calls[n++] = Agent.Call(address(pool), ofPool[i]);
        for (uint256 i; i < ofTranche.length; ++i) calls[n++] = Agent.Call(address(senior), ofTranche[i]);
    }

    function _managerCalls() private view returns (bytes[] memory c) {
        c = new bytes[](19);
        c[0] = abi.encodeCall(ILoanManager.open, (facility, 9, BTC, minDebt, lender, ""));
        c[1] = abi.encodeCall(ILoanManager.draw, (_loan, 1, lender));
        c[2] = abi.encodeCall(ILoans.repay, (_loan, 1, ""));
        c[3] = abi.encodeCall(ILoans.topUp, (_loan, 1, ""));
        c[4] = abi.encodeCall(ILoans.withdraw, (_loan, 1, lender));
        c[5] = abi.encodeCall(ILoans.close, (_loan, lender, ""));
        c[6] = abi.encodeCall(ILoans.transferLoan, (_loan, lender));
        c[7] = abi.encodeCall(ILoans.acceptLoan, (_loan, 0, 0));
        c[8] = abi.encodeCall(ILoans.liquidate, (_loan, 1, 0, ""));
        c[9] = abi.encodeCall(ILoans.quoteLiquidation, (_loan, 1));
        c[10] = abi.encodeCall(ILoans.loanOf, (_loan));
        c[11] = abi.encodeCall(ILoans.ownerOf, (_loan));
        c[12] = abi.encodeCall(ILoans.offeredTo, (_loan));
        c[13] = abi.encodeCall(ILoans.debtOf, (_loan));
        c[14] = abi.encodeCall(IFacilities.requireUnlocked, (facility));
        c[15] = abi.encodeCall(IFacilities.requireMayLend, (facility, lender));
        c[16] = abi.encodeCall(ILoans.payOffOf, (_loan));
        c[17] = abi.encodeCall(ILoans.payOffOf, (_loan + 100)); // owes nothing, or not any more
        c[18] = abi.encodeCall(ILoans.debtOf, (_loan + 100));
    }

    function _poolCalls() private view returns (bytes[] memory c) {
        c = new bytes[](14);
        c[0] = abi.encodeCall(IPoolLedger.accrue, ());
        c[1] = abi.encodeCall(ILendingPool.debtTotals, ());
        c[2] = abi.encodeCall(ILendingPool.debtOf, (1e6));
        c[3] = abi.encodeCall(IPoolLedger.navOf, (TrancheClass.Senior));
        c[4] = abi.encodeCall(IPoolLedger.cash, ());
        c[5] = abi.encodeCall(IPoolLedger.reserve, ());
        c[6] = abi.encodeCall(IPoolLedger.utilisation, ());
        c[7] = abi.encodeCall(IPoolLedger.borrowRate, ());
        c[8] = abi.encodeCall(IPoolLedger.borrowRateAfter, (1));
        c[9] = abi.encodeCall(ILendingPool.stored, ());
        c[10] = abi.encodeCall(IPoolLedger.setReserveFee, (0));
        c[11] = abi.encodeCall(IPoolLedger.collectReserve, (lender, 0));
        c[12] = abi.encodeCall(IPoolLedger.storedFirstLoss, ());
        c[13] = abi.encodeCall(IPoolLedger.setRedemptionsQueued, (true)); // whoever asks
    }

    function _trancheCalls() private view returns (bytes[] memory c) {
        address agent = address(_agent);
        c = new bytes[](11);
        c[0] = abi.encodeCall(IERC4626.totalAssets, ());
        c[1] = abi.encodeCall(IERC4626.convertToShares, (1e6));
        c[2] = abi.encodeCall(IERC4626.convertToAssets, (1e6));
        c[3] = abi.encodeCall(IERC4626.previewDeposit, (1e6));
        c[4] = abi.encodeCall(IERC4626.previewMint, (1e6));
        c[5] = abi.encodeCall(IERC4626.previewWithdraw, (1e6));
        c[6] = abi.encodeCall(IERC4626.previewRedeem, (1e6));
        c[7] = abi.encodeCall(IERC4626.deposit, (1e6, agent));
        c[8] = abi.encodeCall(IERC4626.mint, (1e6, agent));
        c[9] = abi.encodeCall(IERC4626.withdraw, (1, agent, agent));
        c[10] = abi.encodeCall(IERC4626.redeem, (1e6, agent, agent));
    }

    /// @dev A second loan of the agent's, so that closing it leaves the first for the calls to name.
    function _transferredToTheAgent() private returns (uint256 id) {
        id = _open(BTC, 20_000 * USD);
        vm.prank(borrower);
        manager.transferLoan(id, address(_agent));
        _agent.act(address(manager), abi.encodeCall(ILoans.acceptLoan, (id, type(uint256).max, 0)));
    }

    function _assertSeen(bytes4 which, uint256 id, uint256 first, uint256 second, bytes memory data) private view {
        assertEq(_agent.calledBack(), which);
        assertEq(_agent.seenId(), id);
        assertEq(_agent.seenFirst(), first);
        assertEq(_agent.seenSecond(), second);
        assertEq(_agent.seenData(), data);
        assertEq(_agent.seenCaller(), address(manager));
    }
}
