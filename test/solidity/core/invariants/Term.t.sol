// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {Loan} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Amortisation} from "../../../../contracts/math/Amortisation.sol";
import {Decimals18x18, Decimals8x6} from "../../helpers/Decimals.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {TermHandler} from "./TermHandler.sol";

/// @notice The invariants of DESIGN.md §6 over a term facility with all three classes of lenders, six loans on four sheets, the
/// adaptive curve, and leaps of months.
/// @dev Runs and depth come from the configuration; INVARIANT_RUNS, INVARIANT_DEPTH and FUZZ_SEED make a campaign of it.
contract TermInvariants is TermMarket {
    /// @dev An action tried so often that never succeeded proves nothing.
    uint256 private constant PATIENCE = 40;

    TermHandler private _handler;
    address[3] private _actors;

    function _baseRatePerSecond() internal pure override returns (uint256) {
        return 0;
    }

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i; i < 3; ++i) {
            _actors[i] = makeAddr(string.concat("actor ", vm.toString(i)));
            btc.mint(_actors[i], 1e9 * BTC);
            usd.mint(_actors[i], 1e15 * USD);
            _approveTerm(_actors[i]);
        }
        for (uint256 c; c < 3; ++c) {
            ITranche tranche = [termSenior, termJunior, termCover][c];
            vm.prank(_actors[c]);
            tranche.deposit(1_000_000 * USD, _actors[c]);
        }
        _handler = new TermHandler(
            TermHandler.Parts({
                manager: termManager,
                pool: termPool,
                book: book,
                oracle: termOracle,
                btc: btc,
                usd: usd,
                tranches: [termSenior, termJunior, termCover],
                queue: termQueue,
                facility: termFacility,
                sheets: 4
            }),
            _actors
        );
        targetContract(address(_handler));
    }

    function invariant_CUSTODY_1_the_vault_holds_what_the_loans_own() public view {
        uint256 sum;
        for (uint256 i; i < _handler.loanCount(); ++i) sum += termManager.loanOf(_handler.loanAt(i)).collateral;
        assertEq(btc.balanceOf(address(termVault)), sum);
    }

    function invariant_POOL_1_all_there_is_belongs_to_somebody() public view {
        _assertLedger();
    }

    function invariant_POOL_1_the_sum_is_the_sum_of_the_loans_to_the_last_fraction() public view {
        uint256 counted;
        uint256 slope;
        for (uint256 i; i < _handler.loanCount(); ++i) {
            uint256 id = _handler.loanAt(i);
            Loan memory loan = termManager.loanOf(id);
            if (loan.debtShares == 0) continue;
            ITermLoanBook.Outcome memory o = book.payOff(termPool.positionOf(id, loan));
            counted += o.countedBefore;
            slope += o.slopeBefore;
        }
        (uint256 numerator, uint256 perSecond) = termPool.receivables();
        assertEq(numerator, counted);
        assertEq(perSecond, slope);
    }

    function invariant_POOL_1_no_loan_counts_for_more_than_it_owes() public view {
        for (uint256 i; i < _handler.loanCount(); ++i) {
            uint256 id = _handler.loanAt(i);
            Loan memory loan = termManager.loanOf(id);
            if (loan.debtShares == 0) continue;
            assertLe(book.countedDebtOf(address(termPool), id, loan), book.debtOf(address(termPool), id, loan));
        }
    }

    /// @dev What a pool would have to give back was its income before.
    function invariant_DEBT_2_no_loan_is_paid_ahead_by_more_than_ends_it() public view {
        for (uint256 i; i < _handler.loanCount(); ++i) {
            uint256 id = _handler.loanAt(i);
            Loan memory loan = termManager.loanOf(id);
            if (loan.debtShares == 0) continue;
            (TermBalance memory b, TermTerms memory t) = _balance(id);
            uint256 fee = Math.mulDiv(b.principal - b.arrears, t.prepaymentFeeWad, 1e18, Math.Rounding.Ceil);
            uint256 interest = b.interestDue + Math.ceilDiv(b.interestNumerator, Amortisation.RATE_SECONDS);
            uint256 late = b.lateFees + Math.ceilDiv(b.lateNumerator, Amortisation.RATE_SECONDS);
            assertLe(b.credit, b.principal + fee + interest + late);
        }
    }

    function invariant_DEBT_1_no_collateral_no_debt() public view {
        for (uint256 i; i < _handler.loanCount(); ++i) {
            uint256 id = _handler.loanAt(i);
            Loan memory loan = termManager.loanOf(id);
            // Principal, and not the debt of this second, which money paid ahead may have brought to nothing.
            if (loan.collateral == 0) assertEq(loan.debtShares, 0);
        }
    }

    function invariant_LOSS_1_marks_add_up() public view {
        uint256 sum;
        for (uint256 i; i < _handler.loanCount(); ++i) sum += termManager.markOf(_handler.loanAt(i));
        (, IPoolLedger.Expected memory expected) = termPool.storedFirstLoss();
        assertEq(expected.loss, sum);
    }

    function invariant_LOSS_1_no_one_leaves_for_more_than_they_own_and_never_below_the_next_in_order() public view {
        for (uint8 c; c < 3; ++c) {
            TrancheClass class = TrancheClass(c);
            assertLe(termPool.navOf(class), termPool.entryNavOf(class));
        }
        bool seniorMarked = termPool.navOf(TrancheClass.Senior) < termPool.entryNavOf(TrancheClass.Senior);
        if (seniorMarked) assertEq(termPool.navOf(TrancheClass.Junior), 0);
        bool juniorMarked = termPool.navOf(TrancheClass.Junior) < termPool.entryNavOf(TrancheClass.Junior);
        if (juniorMarked) assertEq(termPool.navOf(TrancheClass.Cover), 0);
    }

    function invariant_POOL_1_the_queue_holds_what_waits_and_owes_no_more_than_came_in() public view {
        assertEq(termSenior.balanceOf(address(termQueue)), termQueue.waiting());
        assertEq(termPool.redemptionsQueued(), termQueue.waiting() != 0);
        assertGe(usd.balanceOf(address(termQueue)), _handler.queueOwes());
    }

    /// @dev POOL-2, POOL-3, DEBT-2, DEBT-3, TERM-1, LIQ-1 to LIQ-4, CUSTODY-2, GATE-1, step by step.
    function invariant_no_step_broke_a_rule() public view {
        assertEq(_handler.broken(), "");
    }

    function invariant_every_action_happens() public view {
        for (uint256 i; i < _handler.actionCount(); ++i) {
            string memory action = _handler.actions(i);
            if (_handler.tried(action) >= PATIENCE) assertGt(_handler.done(action), 0, action);
        }
    }
}

contract TermInvariants18 is Decimals18x18, TermInvariants {}
