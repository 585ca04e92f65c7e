// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ProtectionMath} from "../../../contracts/periphery/ProtectionMath.sol";

/// @notice The highest price, from `low` to below `high`, at which a sale down to the target repays `repaid`; not every amount has one.
function salePriceE36(
    ProtectionMath.Position memory p,
    uint256 targetLtvBps,
    ProtectionMath.Cost memory cost,
    uint256 repaid,
    uint256 low,
    uint256 high
) pure returns (uint256) {
    while (high - low > 1) {
        p.priceE36 = (low + high) / 2;
        if (ProtectionMath.repaidBySaleUp(p, targetLtvBps, cost) < repaid) high = p.priceE36;
        else low = p.priceE36;
    }
    p.priceE36 = low;
    require(ProtectionMath.repaidBySaleUp(p, targetLtvBps, cost) == repaid, "no price is found");
    return low;
}
