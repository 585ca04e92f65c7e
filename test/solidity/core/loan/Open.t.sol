// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {Market} from "../../helpers/Market.sol";

contract OpenTest is Market {
    /// @dev At a price of which a satoshi is no whole number, and a part of a unit more would allow a unit more.
    function test_what_collateral_is_worth_is_rounded_down() public {
        if (USD % BTC == 0) return; // each unit is a whole number there
        _setPrice(49_999);
        uint256 collateral = BTC + 1;
        while (((collateral * 49_999 * USD) / BTC) % 10 < 3 || (collateral * 49_999 * USD) % BTC == 0) ++collateral;
        uint256 most = (((collateral * 49_999 * USD) / BTC) * 7) / 10;
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LtvTooHigh.selector, most + 1, most, collateral, _price(49_999)));
        manager.open(facility, 9, collateral, most + 1, borrower, "");
        manager.open(facility, 9, collateral, most, borrower, "");
        vm.stopPrank();
    }

    function test_open_books_the_debt_pays_the_receiver_and_takes_the_collateral() public {
        uint256 principal = 20_000 * USD;
        uint256 cash = pool.cash();
        uint256 held = btc.balanceOf(borrower);
        uint256 id = _id(borrower, facility, 7);
        vm.expectEmit(address(manager));
        emit ILoanManager.Opened(id, borrower, facility, stranger, BTC, principal, principal * 1e6);
        vm.prank(borrower);
        assertEq(manager.open(facility, 7, BTC, principal, stranger, ""), id);

        Loan memory loan = manager.loanOf(id);
        assertEq(loan.debtShares, principal * 1e6);
        assertEq(loan.collateral, BTC);
        assertEq(loan.flags, 1);
        assertEq(uint256(loan.duesPassed) + loan.settledAfter, 0, "it has no dates");
        assertEq(manager.ownerOf(id), borrower);
        assertEq(manager.debtOf(id), principal);
        assertEq(usd.balanceOf(stranger), principal);
        assertEq(btc.balanceOf(borrower), held - BTC);
        assertEq(btc.balanceOf(address(vault)), BTC);
        assertEq(pool.cash(), cash - principal);
        assertEq(usd.balanceOf(address(pool)), cash - principal);
        (uint256 assets, uint256 shares) = pool.debtTotals();
        assertEq(assets, principal);
        assertEq(shares, principal * 1e6);
        assertEq(btc.balanceOf(address(manager)) + usd.balanceOf(address(manager)), 0, "the manager holds nothing");
    }

    function test_open_as_much_as_maxLtv_allows_and_not_a_unit_more() public {
        uint256 most = 35_000 * USD;
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LtvTooHigh.selector, most + 1, most, BTC, _price(50_000)));
        manager.open(facility, 0, BTC, most + 1, borrower, "");
        assertEq(manager.debtOf(_open(BTC, most)), most);
    }

    function test_open_takes_the_lower_of_two_prices() public {
        oracle.setSecondPrice(_price(40_000));
        vm.prank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(ILoans.LtvTooHigh.selector, 28_000 * USD + 1, 28_000 * USD, BTC, _price(40_000))
        );
        manager.open(facility, 0, BTC, 28_000 * USD + 1, borrower, "");
        _open(BTC, 28_000 * USD);
    }

    function test_open_borrows_at_least_minDebt() public {
        for (uint256 i; i < 2; ++i) {
            uint256 little = i == 0 ? 0 : minDebt - 1;
            vm.prank(borrower);
            vm.expectRevert(abi.encodeWithSelector(ILoans.BelowMinDebt.selector, little, minDebt));
            manager.open(facility, 0, BTC, little, borrower, "");
        }
        assertEq(manager.debtOf(_open(BTC, minDebt)), minDebt);
    }

    function test_open_needs_collateral() public {
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LtvTooHigh.selector, minDebt, 0, 0, _price(50_000)));
        manager.open(facility, 0, 0, minDebt, borrower, "");
    }

    function test_open_a_salt_once_and_again_when_its_loan_is_gone() public {
        uint256 id = _open(BTC, minDebt);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanExists.selector, id));
        manager.open(facility, 0, BTC, minDebt, borrower, "");
        assertEq(_openAs(liquidator, 0, BTC, minDebt), _id(liquidator, facility, 0), "another's salt is another's");
        vm.prank(borrower);
        manager.close(id, borrower, "");
        assertEq(_open(BTC, minDebt), id);
    }

    function test_open_asks_for_a_facility_that_exists() public {
        for (uint32 i; i < 2; ++i) {
            uint32 unknown = i == 0 ? 0 : facility + 1;
            vm.prank(borrower);
            vm.expectRevert(abi.encodeWithSelector(IFacilities.UnknownFacility.selector, unknown));
            manager.open(unknown, 0, BTC, minDebt, borrower, "");
        }
    }

    function test_open_is_stopped_by_the_guardian() public {
        vm.prank(guardian);
        manager.stopNewLoans(facility);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.NewLoansAreStopped.selector, facility));
        manager.open(facility, 0, BTC, minDebt, borrower, "");
        manager.resumeNewLoans(facility);
        _open(BTC, minDebt);
    }

    function test_open_needs_a_price() public {
        oracle.setRefusing(true);
        vm.prank(borrower);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.open(facility, 0, BTC, minDebt, borrower, "");
    }

    function test_open_within_the_caps_to_the_unit() public {
        manager.setCaps(facility, uint96(50_000 * USD), uint96(30_000 * USD));
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanCapExceeded.selector, 30_000 * USD + 1, 30_000 * USD));
        manager.open(facility, 0, BTC, 30_000 * USD + 1, borrower, "");
        manager.open(facility, 0, BTC, 30_000 * USD, borrower, "");
        vm.expectRevert(abi.encodeWithSelector(ILoans.CapExceeded.selector, 50_000 * USD + 1, 50_000 * USD));
        manager.open(facility, 1, BTC, 20_000 * USD + 1, borrower, "");
        manager.open(facility, 1, BTC, 20_000 * USD, borrower, "");
        vm.stopPrank();
    }

    function test_open_all_the_cash_and_not_a_unit_more() public {
        uint256 cash = pool.cash();
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InsufficientCash.selector, cash + 1, cash));
        manager.open(facility, 0, 1000 * BTC, cash + 1, borrower, "");
        _open(1000 * BTC, cash);
        assertEq(pool.cash(), 0);
        assertEq(pool.utilisation(), 1e18);
    }

    function test_open_pays_neither_nobody_nor_the_pool() public {
        for (uint256 i; i < 2; ++i) {
            address receiver = i == 0 ? address(0) : address(pool);
            vm.prank(borrower);
            vm.expectRevert(abi.encodeWithSelector(IPoolLedger.InvalidReceiver.selector, receiver));
            manager.open(facility, 0, BTC, minDebt, receiver, "");
        }
    }

    function test_open_without_approval_or_balance_of_the_collateral_is_refused() public {
        btc.mint(stranger, BTC - 1);
        vm.startPrank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(vault), 0, BTC)
        );
        manager.open(facility, 0, BTC, minDebt, stranger, "");
        btc.approve(address(vault), BTC);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, stranger, BTC - 1, BTC));
        manager.open(facility, 0, BTC, minDebt, stranger, "");
        vm.stopPrank();
        assertEq(manager.ownerOf(_id(stranger, facility, 0)), address(0));
    }

    /// @dev C14.
    function test_fault_C14_collateral_and_shares_beyond_their_fields_are_refused_not_truncated() public {
        uint256 tooMuch = uint256(type(uint96).max) + 1;
        btc.mint(borrower, tooMuch);
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, uint8(96), tooMuch));
        manager.open(facility, 0, tooMuch, minDebt, borrower, "");

        manager.setCaps(facility, type(uint96).max, type(uint96).max);
        // 2^92 units are 2^112 shares and more.
        uint256 principal = 2 ** 93;
        usd.mint(lender, principal);
        vm.prank(lender);
        senior.deposit(principal, lender);
        oracle.setPrice(1e36 * 2 ** 60);
        vm.prank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, uint8(112), principal * 1e6)
        );
        manager.open(facility, 0, 2 ** 60, principal, borrower, "");
    }

    function testFuzz_open_any_amount_within_the_limits(uint256 collateral, uint256 principal, uint64 salt) public {
        collateral = bound(collateral, BTC / 100, 500 * BTC);
        uint256 most = (((collateral * 50_000 * USD) / BTC) * 7000) / 10_000;
        uint256 limit = most < pool.cash() ? most : pool.cash();
        principal = bound(principal, minDebt, limit);
        uint256 id = _openAs(borrower, salt, collateral, principal);
        assertEq(manager.debtOf(id), principal);
        assertEq(manager.loanOf(id).collateral, collateral);
    }
}

contract Open18Test is OpenTest, Decimals18x18 {}
