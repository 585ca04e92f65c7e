// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {TermSheet} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {TermLoanSlots} from "../../../../contracts/loan/TermLoanSlots.sol";

/// @notice Each field of a term sheet at its bounds, and a unit beyond.
contract TermSheetRulesTest is Test {
    ITermLoanBook private _book;

    function setUp() public {
        _book = ITermLoanBook(deployCode("contracts/loan/TermLoanBook.sol:TermLoanBook"));
    }

    function _sheet() private pure returns (TermSheet memory sheet) {
        (sheet.intervalSeconds, sheet.count, sheet.graceSeconds) = (30 days, 12, 10 days);
    }

    function _refused(TermSheet memory sheet, string memory field, uint256 value, uint256 least, uint256 most) private {
        vm.expectRevert(abi.encodeWithSelector(ITermLoanBook.InvalidTermSheet.selector, field, value, least, most));
        _book.requireValidSheet(sheet);
    }

    function test_dates() public {
        TermSheet memory sheet = _sheet();
        (sheet.intervalSeconds, sheet.count) = (1 days, 1);
        _book.requireValidSheet(sheet);
        --sheet.intervalSeconds;
        _refused(sheet, "intervalSeconds", 1 days - 1, 1 days, 3650 days);
        (sheet.intervalSeconds, sheet.count) = (3650 days, 1);
        _book.requireValidSheet(sheet);
        ++sheet.intervalSeconds;
        _refused(sheet, "intervalSeconds", 3650 days + 1, 1 days, 3650 days);
        (sheet.intervalSeconds, sheet.count) = (30 days, 0);
        _refused(sheet, "count", 0, 1, 240);
        sheet.count = 241;
        _refused(sheet, "count", 241, 1, 240);
        (sheet.intervalSeconds, sheet.count) = (15 days, 240);
        _book.requireValidSheet(sheet);
        (sheet.intervalSeconds, sheet.count) = (31 days, 118);
        _refused(sheet, "length", 31 days * 118, 1 days, 3650 days);
        sheet = _sheet();
        sheet.graceSeconds = 1 hours;
        _book.requireValidSheet(sheet);
        --sheet.graceSeconds;
        _refused(sheet, "graceSeconds", 1 hours - 1, 1 hours, 90 days);
        sheet.graceSeconds = 90 days;
        _book.requireValidSheet(sheet);
        ++sheet.graceSeconds;
        _refused(sheet, "graceSeconds", 90 days + 1, 1 hours, 90 days);
    }

    function test_prices() public {
        TermSheet memory sheet = _sheet();
        _book.requireValidSheet(sheet); // nothing of anything
        sheet.latePremiumBps = 10_000;
        sheet.prepaymentFeeBps = 1_000;
        sheet.balloonBps = 10_000;
        sheet.spreadBps = 10_000;
        sheet.lateFee = type(uint88).max;
        _book.requireValidSheet(sheet);
        ++sheet.lateFee;
        _refused(sheet, "lateFee", uint256(type(uint88).max) + 1, 0, type(uint88).max);
        ++sheet.spreadBps;
        _refused(sheet, "spreadBps", 10_001, 0, 10_000);
        ++sheet.balloonBps;
        _refused(sheet, "balloonBps", 10_001, 0, 10_000);
        ++sheet.prepaymentFeeBps;
        _refused(sheet, "prepaymentFeeBps", 1_001, 0, 1_000);
        ++sheet.latePremiumBps;
        _refused(sheet, "latePremiumBps", 10_001, 0, 10_000);
    }

    function test_a_balloon_is_its_part_of_the_principal_rounded_down() public pure {
        TermSheet memory sheet = _sheet();
        sheet.balloonBps = 5_000;
        assertEq(TermLoanSlots.balloonOf(sheet, 1_000_001), 500_000);
        sheet.balloonBps = 10_000;
        assertEq(TermLoanSlots.balloonOf(sheet, 1_000_001), 1_000_001);
    }

    function test_a_sheet_is_not_added_as_retired() public {
        TermSheet memory sheet = _sheet();
        sheet.retired = true;
        _refused(sheet, "retired", 1, 0, 0);
    }
}
