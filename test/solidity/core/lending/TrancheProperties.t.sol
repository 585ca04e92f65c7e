// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC4626Properties} from "../../helpers/ERC4626Properties.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice The senior tranche as an ERC-4626 vault: fresh, with interest running, fully lent out, after a loss, after a loss
/// that took nearly everything.
abstract contract TranchePropertiesTest is Market, ERC4626Properties {
    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        return (senior, usd);
    }

    function _holdsTheAssets() internal view override returns (address) {
        return address(pool);
    }

    function _arrange(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 5;
        if (state == 0) return lender;
        uint256 cash = pool.cash();
        uint256 principal = state == 2 ? cash : cash / 2 + ((seed >> 8) % (cash / 2 - cash / 100));
        uint256 id = _open(_mulDivUp(principal, 2 * BTC, 50_000 * USD), principal);
        vm.warp(block.timestamp + ((seed >> 64) % (2 * YEAR)));
        if (state == 3) _setPrice(20_000);
        if (state == 4) _setPrice(5);
        if (state < 3) return lender;
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
        return lender;
    }

    function setUp() public virtual override {
        super.setUp();
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
    }
}

contract TrancheProperties6Test is TranchePropertiesTest {}

contract TrancheProperties18Test is TranchePropertiesTest, Decimals18x18 {}
