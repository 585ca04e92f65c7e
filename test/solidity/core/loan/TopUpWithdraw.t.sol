// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICollateralVault} from "../../../../contracts/interfaces/ICollateralVault.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {Actions} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

contract TopUpWithdrawTest is Market {
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _loan = _open(BTC, 20_000 * USD);
    }

    // ---- topUp ----

    function test_topUp_by_anyone_adds_collateral_paid_by_the_caller() public {
        uint256 held = btc.balanceOf(liquidator);
        vm.expectEmit(address(manager));
        emit ILoans.ToppedUp(_loan, liquidator, BTC / 2);
        vm.prank(liquidator);
        manager.topUp(_loan, BTC / 2, "");
        assertEq(manager.loanOf(_loan).collateral, BTC + BTC / 2);
        assertEq(btc.balanceOf(liquidator), held - BTC / 2);
        assertEq(btc.balanceOf(address(vault)), BTC + BTC / 2);
        assertEq(manager.ownerOf(_loan), borrower);
    }

    function test_topUp_nothing_or_no_loan_is_refused() public {
        vm.startPrank(borrower);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        manager.topUp(_loan, 0, "");
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.topUp(_loan + 1, 1, "");
        vm.stopPrank();
    }

    function test_topUp_without_approval_is_refused_whole() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 0, 1));
        manager.topUp(_loan, 1, "");
        assertEq(manager.loanOf(_loan).collateral, BTC);
    }

    function test_fault_C14_topUp_beyond_the_collaterals_field_is_refused() public {
        uint256 room = type(uint96).max - BTC;
        btc.mint(borrower, room + 1);
        vm.startPrank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(
                SafeCast.SafeCastOverflowedUintDowncast.selector,
                uint8(96),
                uint256(type(uint96).max) + 1
            )
        );
        manager.topUp(_loan, room + 1, "");
        manager.topUp(_loan, room, "");
        vm.stopPrank();
        assertEq(manager.loanOf(_loan).collateral, type(uint96).max);
    }

    // ---- withdraw ----

    function test_withdraw_as_much_as_maxLtv_leaves_and_not_a_unit_more() public {
        // 20,000 at 70 % need 28,571.43 of collateral: 0.57142858 BTC, rounded up.
        uint256 needed = _mulDivUp(20_000 * 10_000, BTC, 7000 * 50_000);
        uint256 free = BTC - needed;
        vm.startPrank(borrower);
        vm.expectRevert();
        manager.withdraw(_loan, free + 1, borrower);
        vm.expectEmit(address(manager));
        emit ILoans.Withdrawn(_loan, borrower, stranger, free);
        assertEq(manager.withdraw(_loan, free, stranger), free);
        vm.stopPrank();
        assertEq(btc.balanceOf(stranger), free);
        assertEq(manager.loanOf(_loan).collateral, needed);
    }

    function test_withdraw_too_much_names_debt_limit_collateral_and_price() public {
        vm.prank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(ILoans.LtvTooHigh.selector, 20_000 * USD, 17_500 * USD, BTC / 2, _price(50_000))
        );
        manager.withdraw(_loan, BTC / 2, borrower);
    }

    /// @dev DEBT-1.
    function test_DEBT_1_all_the_collateral_never_leaves_while_anything_is_owed() public {
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LtvTooHigh.selector, 20_000 * USD, 0, 0, _price(50_000)));
        manager.withdraw(_loan, type(uint256).max, borrower);
    }

    function test_withdraw_against_debt_needs_a_price_and_the_guardians_leave() public {
        oracle.setRefusing(true);
        vm.prank(borrower);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.withdraw(_loan, 1, borrower);
        oracle.setRefusing(false);
        vm.prank(guardian);
        manager.lowerMaxLtv(facility, 0);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LtvTooHigh.selector, 20_000 * USD, 0, BTC - 1, _price(50_000)));
        manager.withdraw(_loan, 1, borrower);
    }

    function test_withdraw_from_a_debt_free_loan_asks_nobody_and_removes_it_when_empty() public {
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        oracle.setRefusing(true);
        manager.setGate(facility, address(0xbad));
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        manager.lowerMaxLtv(facility, 0);
        vm.stopPrank();
        vm.startPrank(borrower);
        manager.withdraw(_loan, BTC / 4, borrower);
        assertEq(manager.loanOf(_loan).collateral, BTC - BTC / 4);
        assertEq(manager.withdraw(_loan, type(uint256).max, borrower), BTC - BTC / 4);
        vm.stopPrank();
        assertEq(manager.ownerOf(_loan), address(0));
        assertEq(btc.balanceOf(address(vault)), 0);
    }

    function test_withdraw_more_than_there_is_or_nothing_is_refused() public {
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.InsufficientCollateral.selector, BTC + 1, BTC));
        manager.withdraw(_loan, BTC + 1, borrower);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        manager.withdraw(_loan, 0, borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.NoSuchLoan.selector, _loan + 1));
        manager.withdraw(_loan + 1, 1, borrower);
        vm.stopPrank();
    }

    function test_withdraw_is_for_the_owner() public {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorisations.NotAuthorised.selector, stranger, borrower, Actions.WITHDRAW)
        );
        manager.withdraw(_loan, 1, stranger);
    }

    function test_withdraw_goes_neither_to_nobody_nor_back_into_the_vault() public {
        for (uint256 i; i < 2; ++i) {
            address receiver = i == 0 ? address(0) : address(vault);
            vm.prank(borrower);
            vm.expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidReceiver.selector, receiver));
            manager.withdraw(_loan, 1, receiver);
        }
    }

    /// @dev CUSTODY-2: the vault obeys the manager and nobody else.
    function test_CUSTODY_2_nobody_but_the_manager_moves_what_the_vault_holds() public {
        address[4] memory others = [borrower, risk, guardian, address(this)];
        for (uint256 i; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ICollateralVault.OnlyManager.selector, others[i], address(manager)));
            vault.withdraw(others[i], 1);
            vm.expectRevert(abi.encodeWithSelector(ICollateralVault.OnlyManager.selector, others[i], address(manager)));
            vault.deposit(borrower, 1);
            vm.stopPrank();
        }
        assertEq(vault.asset(), address(btc));
        assertEq(vault.manager(), address(manager));
    }
}

contract TopUpWithdraw18Test is TopUpWithdrawTest, Decimals18x18 {}
