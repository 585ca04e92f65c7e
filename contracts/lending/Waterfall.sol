// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {DirectedMath} from "../math/DirectedMath.sol";

/// @title Who gets a pool's interest, and who bears its losses. Pure: the pool loads and stores the ledger.
library Waterfall {
    using DirectedMath for uint256;
    using SafeCast for uint256;

    uint256 private constant BPS = 10_000;

    /// @notice All of a pool, as of one second.
    struct Ledger {
        uint256 debt;
        IPoolLedger.CashState state;
        IPoolLedger.Claims claims;
        IPoolLedger.FirstLoss firstLoss;
        uint256 premium; // earned by cover and not paid yet
        uint256 juniorSpreadBps;
        uint256 coverPremiumBps;
    }

    struct Division {
        uint256 toSenior;
        uint256 toJunior;
        uint256 toReserve;
        uint256 toCover;
        uint256 premiumPaid;
    }

    struct Loss {
        uint256 cover;
        uint256 junior;
        uint256 senior;
        uint256 reserve;
    }

    /// @notice Divides the interest that came in since the last division: what there is, less what is owed to someone already.
    /// Reserve fee, premium while there is stake, then senior and junior by size as the last division left them, less the spread.
    /// Premium is paid into the stake as far as there is cash.
    function divide(Ledger memory l) internal pure returns (Division memory d) {
        uint256 senior = l.claims.senior;
        uint256 junior = l.firstLoss.junior;
        uint256 income = uint256(l.state.cash) + l.debt - senior - junior - l.claims.reserve - l.premium;
        d.toReserve = (income * l.claims.reserveFeeBps) / BPS;
        d.toSenior = income - d.toReserve;
        if (l.firstLoss.stake != 0) {
            d.toCover = (income * l.coverPremiumBps) / BPS;
            d.toSenior -= d.toCover;
            l.premium += d.toCover;
        }
        if (junior != 0) {
            uint256 both = d.toSenior;
            d.toSenior = both.mulDivDown(senior * (BPS - l.juniorSpreadBps), (senior + junior) * BPS);
            d.toJunior = both - d.toSenior;
            l.firstLoss.junior += d.toJunior.toUint112();
        }
        l.claims.senior += d.toSenior.toUint112();
        l.claims.reserve += d.toReserve.toUint112();
        if (l.premium != 0) {
            d.premiumPaid = Math.min(l.premium, l.state.cash);
            l.premium -= d.premiumPaid;
            l.state.cash -= uint112(d.premiumPaid); // at most the cash
            l.firstLoss.stake += d.premiumPaid.toUint112();
        }
    }

    /// @notice What a class owns of a divided ledger.
    function grossNav(Ledger memory l, TrancheClass class) internal pure returns (uint256) {
        if (class == TrancheClass.Senior) return l.claims.senior;
        if (class == TrancheClass.Junior) return l.firstLoss.junior;
        return uint256(l.firstLoss.stake) + l.premium;
    }

    /// @notice The same after an expected loss, each unit of which is counted once: in cover, then junior, then senior.
    function exitNav(Ledger memory l, TrancheClass class, uint256 expectedLoss) internal pure returns (uint256) {
        uint256 cover = grossNav(l, TrancheClass.Cover);
        if (class == TrancheClass.Cover) return cover.zeroFloorSub(expectedLoss);
        expectedLoss = expectedLoss.zeroFloorSub(cover);
        uint256 junior = l.firstLoss.junior;
        if (class == TrancheClass.Junior) return junior.zeroFloorSub(expectedLoss);
        return uint256(l.claims.senior).zeroFloorSub(expectedLoss.zeroFloorSub(junior));
    }

    /// @notice Takes a loss of debt off a divided ledger: cover, junior, senior, reserve. The stake pays in cash, the premium it
    /// has not been paid yet is given up.
    function bear(Ledger memory l, uint256 loss) internal pure returns (Loss memory by) {
        // A debt rounded up may exceed the total by a unit that nobody ever owned.
        loss = Math.min(loss, l.debt);
        uint256 fromStake = Math.min(loss, l.firstLoss.stake);
        l.firstLoss.stake -= uint112(fromStake); // as all casts here, of what is at most the field
        l.state.cash += uint112(fromStake);
        uint256 fromPremium = Math.min(loss - fromStake, l.premium);
        l.premium -= fromPremium;
        by = bearWithoutCover(l, loss - fromStake - fromPremium);
        by.cover = fromStake + fromPremium;
    }

    /// @notice The same without cover.
    function bearWithoutCover(Ledger memory l, uint256 loss) internal pure returns (Loss memory by) {
        by.junior = Math.min(loss, l.firstLoss.junior);
        l.firstLoss.junior -= uint112(by.junior);
        by.senior = Math.min(loss - by.junior, l.claims.senior);
        l.claims.senior -= uint112(by.senior);
        by.reserve = Math.min(loss - by.junior - by.senior, l.claims.reserve);
        l.claims.reserve -= uint112(by.reserve);
        // What else there is of a divided ledger: of all interest, the premium alone may be left.
        l.premium -= loss - by.junior - by.senior - by.reserve;
    }
}
