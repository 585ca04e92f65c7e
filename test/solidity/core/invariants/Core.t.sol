// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Market} from "../../helpers/Market.sol";
import {CoreHandler} from "./CoreHandler.sol";

/// @notice The invariants of DESIGN.md §6 that exist without term loans and other classes, over two facilities (8/6 and 18/18
/// decimals), four actors, eight loans each, guardian, gates, refusing oracles, donations, and leaps of months.
/// @dev Runs and depth come from the configuration; INVARIANT_RUNS, INVARIANT_DEPTH and FUZZ_SEED make a campaign of it.
contract CoreInvariants is Market {
    uint256 private constant ACTORS = 4;
    /// @dev An action tried so often that never succeeded proves nothing.
    uint256 private constant PATIENCE = 15;

    CoreHandler private _handler;
    Parts[2] private _parts2;
    address[ACTORS] private _actors;

    function setUp() public override {
        vm.warp(START);
        _deploySystem();
        access.grantRole(RISK, address(0xa1), 0);
        access.grantRole(GUARDIAN, address(0xa2), 0);
        access.grantRole(FEES, address(0xa3), 0);
        for (uint256 i; i < ACTORS; ++i) _actors[i] = makeAddr(string.concat("actor ", vm.toString(i)));
        for (uint256 f; f < 2; ++f) {
            _parts2[f] = _createFacility(f == 0 ? _standard(8, 6) : _standard(18, 18));
            _use(_parts2[f]);
            for (uint256 i; i < ACTORS; ++i) {
                btc.mint(_actors[i], 1e9 * BTC);
                usd.mint(_actors[i], 1e15 * USD);
                _approve(_actors[i]);
            }
            vm.prank(_actors[0]);
            senior.deposit(3_000_000 * USD, _actors[0]);
            for (uint256 i; i < ACTORS; ++i) _openAs(_actors[i], 0, (2 + i) * BTC, (40_000 + 10_000 * i) * USD);
        }
        _handler = new CoreHandler(manager, _parts2, _actors);
        targetContract(address(_handler));
    }

    // ---- custody ----

    function invariant_CUSTODY_1_the_vault_holds_what_the_loans_own() public view {
        for (uint256 f; f < 2; ++f) {
            uint256 sum;
            for (uint256 i; i < _handler.loanCount(); ++i) sum += manager.loanOf(_handler.loanAt(f, i)).collateral;
            uint256 held = _parts2[f].btc.balanceOf(address(_parts2[f].vault));
            assertEq(held, sum + _handler.donatedBtc(f));
        }
    }

    function invariant_CUSTODY_2_collateral_leaves_by_owner_operator_or_liquidation_only() public view {
        _unbroken("CUSTODY-2");
    }

    // ---- the pool ----

    function invariant_POOL_1_the_ledger_balances_and_the_cash_is_there() public view {
        for (uint256 f; f < 2; ++f) {
            Parts memory p = _parts2[f];
            (uint256 debt, ) = p.pool.debtTotals();
            assertEq(p.pool.cash() + debt, p.senior.totalAssets() + p.pool.reserve());
            assertEq(p.usd.balanceOf(address(p.pool)), p.pool.cash() + _handler.donatedUsd(f));
            (, , IPoolLedger.Claims memory claims) = p.pool.stored();
            assertLe(uint256(claims.senior) + claims.reserve, p.pool.cash() + debt);
        }
    }

    function invariant_POOL_2_a_share_falls_only_with_a_realised_loss() public view {
        _unbroken("POOL-2");
    }

    function invariant_POOL_3_a_round_trip_never_pays() public view {
        _unbroken("POOL-3");
    }

    // ---- debts ----

    function invariant_DEBT_1_no_collateral_no_debt() public view {
        for (uint256 f; f < 2; ++f) {
            for (uint256 i; i < _handler.loanCount(); ++i) {
                Loan memory loan = manager.loanOf(_handler.loanAt(f, i));
                assertTrue(loan.collateral != 0 || loan.debtShares == 0);
                assertTrue(loan.collateral != 0 || loan.flags & LoanFlags.OPEN == 0, "an empty loan is gone");
            }
        }
        _unbroken("DEBT-1");
    }

    function invariant_DEBT_2_the_shares_sum_to_the_total() public view {
        for (uint256 f; f < 2; ++f) {
            uint256 shares;
            uint256 debts;
            uint256 owing;
            for (uint256 i; i < _handler.loanCount(); ++i) {
                uint256 id = _handler.loanAt(f, i);
                shares += manager.loanOf(id).debtShares;
                debts += manager.debtOf(id);
                if (manager.debtOf(id) != 0) ++owing;
            }
            (uint256 total, uint256 totalShares) = _parts2[f].pool.debtTotals();
            assertEq(shares, totalShares);
            assertLe(debts, total + owing, "each debt is rounded up by less than a unit");
            uint256 virtualPart = (total * 1e6) / (totalShares + 1e6) + 2;
            assertGe(debts + virtualPart, total, "and nothing but the virtual shares' part is missing");
        }
    }

    function invariant_DEBT_3_anyone_can_repay_anyones_debt() public view {
        _unbroken("DEBT-3");
        _unbroken("GATE-1");
    }

    // ---- liquidation ----

    function invariant_LIQ_1_a_healthy_loan_is_not_sold() public view {
        _unbroken("LIQ-1");
    }

    function invariant_LIQ_2_a_sale_lowers_no_health_and_touches_no_other_loan() public view {
        _unbroken("LIQ-2");
    }

    function invariant_LIQ_3_a_sale_leaves_minDebt_or_nothing() public view {
        _unbroken("LIQ-3");
    }

    function invariant_LIQ_4_what_is_seized_is_worth_at_most_what_was_repaid_and_the_incentive() public view {
        _unbroken("LIQ-4");
    }

    function invariant_LIQ_5_seized_and_remaining_make_what_was_there() public view {
        _unbroken("LIQ-5");
    }

    function invariant_LOSS_1_a_loss_reaches_the_lenders_then_the_reserve_and_no_one_else() public view {
        _unbroken("LOSS-1");
    }

    // ---- the rest ----

    function invariant_TIME_1_zero_seconds_change_nothing() public view {
        _unbroken("TIME-1");
    }

    function invariant_AUTH_1_nobody_else_lessens_an_owners_position() public view {
        _unbroken("AUTH-1");
    }

    function invariant_GATE_1_nothing_stops_an_exit_and_anything_stops_new_risk() public view {
        _unbroken("GATE-1");
        _unbroken("SHUT");
    }

    function invariant_a_facility_is_an_island() public view {
        _unbroken("ISLAND");
    }

    /// @dev Without this a handler whose every call is skipped would pass.
    function afterInvariant() public view {
        string[] memory names = _handler.names();
        for (uint256 i; i < names.length; ++i) {
            if (_handler.tried(names[i]) >= PATIENCE) assertGt(_handler.succeeded(names[i]), 0, names[i]);
        }
    }

    function _unbroken(string memory id) private view {
        string memory where = _handler.broken(id);
        assertEq(bytes(where).length, 0, string.concat(id, " broke in ", where));
    }
}
