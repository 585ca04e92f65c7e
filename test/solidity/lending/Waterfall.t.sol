// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IPoolLedger} from "../../../contracts/interfaces/IPoolLedger.sol";
import {Waterfall} from "../../../contracts/lending/Waterfall.sol";

/// @notice Interest taken back from a pool that has little else: a default is marked whatever is left to bear it.
contract WaterfallTest is Test {
    using Waterfall for Waterfall.Ledger;

    /// @dev Of 101 a tenth is the reserve's, 10; senior gets 80 % of its part by size, 200 of 300, of 91: 48.5; junior the rest.
    function test_income_is_divided_down_and_junior_has_what_is_left() public pure {
        Waterfall.Ledger memory l;
        l.debt = 401;
        l.claims = IPoolLedger.Claims({senior: 200, reserve: 0, reserveFeeBps: 1000});
        l.firstLoss = IPoolLedger.FirstLoss({junior: 100, stake: 0});
        l.juniorSpreadBps = 2000;
        Waterfall.Division memory d = l.divide();
        assertEq(d.toReserve, 10);
        assertEq(d.toSenior, 48);
        assertEq(d.toJunior, 43);
        assertEq(d.toCover, 0);
    }

    function test_a_unit_of_premium_is_paid_as_soon_as_there_is_cash() public pure {
        Waterfall.Ledger memory l;
        l.claims.senior = 9;
        l.premium = 1;
        l.state.cash = 10;
        Waterfall.Division memory d = l.divide();
        assertEq(d.premiumPaid, 1);
        assertEq(l.premium, 0);
        assertEq(l.firstLoss.stake, 1);
        assertEq(l.state.cash, 9);
    }

    function test_LOSS_1_cover_pays_out_of_its_stake_then_gives_its_premium_up() public pure {
        Waterfall.Ledger memory l;
        l.debt = 1000;
        l.firstLoss = IPoolLedger.FirstLoss({junior: 300, stake: 100});
        l.premium = 50;
        Waterfall.Loss memory by = l.bear(120);
        assertEq(by.cover, 120);
        assertEq(by.junior, 0);
        assertEq(l.state.cash, 100, "the stake is cash");
        assertEq(l.firstLoss.stake, 0);
        assertEq(l.premium, 30);
        by = l.bear(40);
        assertEq(by.cover, 30);
        assertEq(by.junior, 10);
        assertEq(l.firstLoss.junior, 290);
    }

    /// @dev The unit by which a debt was rounded up is nobody's loss.
    function test_LOSS_1_no_more_is_lost_than_all_debt() public pure {
        Waterfall.Ledger memory l;
        l.debt = 10;
        l.claims.senior = 15;
        l.state.cash = 5;
        Waterfall.Loss memory by = l.bear(11);
        assertEq(by.senior, 10);
        assertEq(l.claims.senior, 5, "the cash");
    }

    function testFuzz_LOSS_1_interest_is_taken_back_down_to_the_premium_that_was_not_paid(
        uint256 interest
    ) public pure {
        Waterfall.Ledger memory l;
        l.debt = 1000;
        l.claims = IPoolLedger.Claims({senior: 150, reserve: 50, reserveFeeBps: 1000});
        l.firstLoss = IPoolLedger.FirstLoss({junior: 300, stake: 77});
        l.premium = 500;
        interest = bound(interest, 0, 1000);
        l.bearWithoutCover(interest);
        uint256 left = uint256(l.claims.senior) + l.claims.reserve + l.firstLoss.junior + l.premium;
        assertEq(left, 1000 - interest, "all there is still belongs to somebody");
        assertEq(l.firstLoss.stake, 77, "the stake answers for debt only");
        if (l.premium != 500) assertEq(l.claims.reserve, 0);
        if (l.claims.reserve != 50) assertEq(l.claims.senior, 0);
        if (l.claims.senior != 150) assertEq(l.firstLoss.junior, 0);
    }
}
