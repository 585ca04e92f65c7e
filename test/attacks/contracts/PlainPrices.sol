// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What a plain market takes for the price of one unit of collateral in units of the loan asset, scaled 1e36.
interface IPlainPrice {
    function price() external view returns (uint256 priceE36);
}

interface ISlot0 {
    function token0() external view returns (address);

    function slot0() external view returns (uint160, int24, uint16, uint16, uint16, uint8, bool);
}

/// @notice One venue, this instant.
contract SpotPrice is IPlainPrice {
    ISlot0 private immutable POOL;
    address private immutable COLLATERAL;

    constructor(ISlot0 pool, address collateral) {
        (POOL, COLLATERAL) = (pool, collateral);
    }

    function price() external view returns (uint256) {
        (uint256 root, , , , , , ) = POOL.slot0();
        uint256 ratioE36 = Math.mulDiv(Math.mulDiv(root, root, 1 << 64), 1e36, 1 << 128);
        return POOL.token0() == COLLATERAL ? ratioE36 : Math.mulDiv(1e36, 1e36, ratioE36);
    }
}

/// @notice One feed's last answer, however old it is and whatever it stands for.
contract FeedPrice is IPlainPrice {
    AggregatorV3Interface private immutable FEED;
    uint256 private immutable SCALE;

    /// @param scale what the answer is multiplied by
    constructor(AggregatorV3Interface feed, uint256 scale) {
        (FEED, SCALE) = (feed, scale);
    }

    function price() external view returns (uint256) {
        (, int256 answer, , , ) = FEED.latestRoundData();
        return uint256(answer) * SCALE;
    }
}

/// @notice The lower of two, for every purpose: also to sell by.
contract LowerPrice is IPlainPrice {
    IPlainPrice private immutable FIRST;
    IPlainPrice private immutable SECOND;

    constructor(IPlainPrice first, IPlainPrice second) {
        (FIRST, SECOND) = (first, second);
    }

    function price() external view returns (uint256) {
        return Math.min(FIRST.price(), SECOND.price());
    }
}

/// @notice Of a vault's share in its asset, asked at any moment.
contract SharePrice is IPlainPrice {
    IERC4626 private immutable VAULT;

    constructor(IERC4626 vault) {
        VAULT = vault;
    }

    function price() external view returns (uint256) {
        return VAULT.convertToAssets(1e18) * 1e18;
    }
}

/// @notice What somebody wrote there.
contract WrittenPrice is IPlainPrice {
    uint256 public price;

    constructor(uint256 priceE36) {
        price = priceE36;
    }
}
