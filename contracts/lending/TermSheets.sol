// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {TermSheet} from "../interfaces/TermLoanTypes.sol";

/// @title The terms a pool lends at: an append-only list.
abstract contract TermSheets is ITermLendingPool, AccessManaged {
    ITermLoanBook internal immutable BOOK;
    mapping(uint8 number => TermSheet) internal _sheets;
    /// @inheritdoc ITermLendingPool
    uint256 public sheetCount;

    constructor(ITermLoanBook book_) {
        BOOK = book_;
    }

    /// @inheritdoc ITermLendingPool
    function addTermSheet(TermSheet calldata terms) external restricted returns (uint8 sheet) {
        BOOK.requireValidSheet(terms);
        require(sheetCount <= type(uint8).max, TooManyTermSheets());
        sheet = uint8(sheetCount++);
        _sheets[sheet] = terms;
        emit TermSheetAdded(sheet, terms);
    }

    /// @inheritdoc ITermLendingPool
    function retireTermSheet(uint8 sheet) external restricted {
        _offered(sheet);
        _sheets[sheet].retired = true;
        emit TermSheetRetired(sheet);
    }

    /// @inheritdoc ITermLendingPool
    function sheetOf(uint8 sheet) external view returns (TermSheet memory terms) {
        terms = _sheets[sheet];
        require(terms.count != 0, NoSuchTermSheet(sheet));
    }

    function _offered(uint8 sheet) internal view returns (TermSheet memory terms) {
        terms = _sheets[sheet];
        require(terms.count != 0 && !terms.retired, NoSuchTermSheet(sheet));
    }
}
