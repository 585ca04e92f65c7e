// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Amortisation} from "../../contracts/math/Amortisation.sol";
import {DirectedMath} from "../../contracts/math/DirectedMath.sol";
import {SharesMath} from "../../contracts/math/SharesMath.sol";

/// @notice What Halmos proves of the compiled code itself, for all inputs. Each `check_` must hold; the `check_twin_` that follows
/// it says something false in its place, and must be refuted.
contract Checks {
    /// @custom:claim mulDivUp is mulDivDown or one more, wherever it has a result
    function check_up_is_down_or_one_more(uint256 x, uint256 y, uint256 d) external pure {
        uint256 down = DirectedMath.mulDivDown(x, y, d);
        uint256 up = DirectedMath.mulDivUp(x, y, d);
        assert(up == down || up == down + 1);
    }

    function check_twin_up_is_down_or_one_more(uint256 x, uint256 y, uint256 d) external pure {
        assert(DirectedMath.mulDivUp(x, y, d) == DirectedMath.mulDivDown(x, y, d) + 1);
    }

    /// @custom:claim they differ exactly where a remainder is left
    function check_up_is_down_where_nothing_remains(uint256 x, uint256 y, uint256 d) external pure {
        bool same = DirectedMath.mulDivUp(x, y, d) == DirectedMath.mulDivDown(x, y, d);
        assert(same == (mulmod(x, y, d) == 0));
    }

    function check_twin_up_is_down_where_nothing_remains(uint256 x, uint256 y, uint256 d) external pure {
        bool same = DirectedMath.mulDivUp(x, y, d) == DirectedMath.mulDivDown(x, y, d);
        assert(same == (mulmod(x, y, d) != 0));
    }

    /// @custom:claim zeroFloorSub is the difference, or 0
    function check_zero_floor_sub(uint256 x, uint256 y) external pure {
        uint256 difference = DirectedMath.zeroFloorSub(x, y);
        assert(x >= y ? difference + y == x : difference == 0);
    }

    function check_twin_zero_floor_sub(uint256 x, uint256 y) external pure {
        assert(DirectedMath.zeroFloorSub(x, y) + y == x);
    }

    /// @custom:claim shares and assets convert by mulDiv with the virtual amounts, each way rounded as its name says
    function check_conversions(uint256 amount, uint256 assets, uint256 shares) external pure {
        uint256 a = assets + 1;
        uint256 s = shares + 1e6;
        assert(SharesMath.toSharesDown(amount, assets, shares) == DirectedMath.mulDivDown(amount, s, a));
        assert(SharesMath.toSharesUp(amount, assets, shares) == DirectedMath.mulDivUp(amount, s, a));
        assert(SharesMath.toAssetsDown(amount, assets, shares) == DirectedMath.mulDivDown(amount, a, s));
        assert(SharesMath.toAssetsUp(amount, assets, shares) == DirectedMath.mulDivUp(amount, a, s));
    }

    function check_twin_conversions(uint8 amount) external pure {
        assert(SharesMath.toSharesUp(amount, 2, 0) == SharesMath.toSharesDown(amount, 2, 0));
    }

    /// @custom:claim a scheduled principal part is at most what remains, and what the interest leaves of the instalment (TERM-1)
    function check_principal_part(uint256 remaining, uint256 instalment, uint256 interest) external pure {
        uint256 part = Amortisation.principalPart(remaining, instalment, interest);
        assert(part <= remaining && part <= instalment);
        assert(part == remaining || part == DirectedMath.zeroFloorSub(instalment, interest));
    }

    function check_twin_principal_part(uint256 remaining, uint256 instalment, uint256 interest) external pure {
        assert(
            Amortisation.principalPart(remaining, instalment, interest) ==
                DirectedMath.zeroFloorSub(instalment, interest)
        );
    }
}
