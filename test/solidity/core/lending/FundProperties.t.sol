// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC4626Properties} from "../../helpers/ERC4626Properties.sol";
import {FundMarket} from "../../helpers/FundMarket.sol";

/// @notice The fund as an ERC-4626 vault: idle, allocated, with interest, with a tranche lent out, after a loss in one.
abstract contract FundPropertiesTest is FundMarket, ERC4626Properties {
    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        return (fund, usd);
    }

    function _holdsTheAssets() internal view override returns (address) {
        return address(fund);
    }

    function _arrange(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 5;
        vm.prank(lender);
        fund.deposit((1 + ((seed >> 8) % 12)) * 1_000_000 * USD, lender);
        if (state == 0) return lender;
        fund.allocate();
        if (state == 1) return lender;
        uint256 cash = first.pool.cash();
        uint256 id = _borrowFrom(first, state == 2 ? cash / 3 : cash);
        vm.warp(block.timestamp + ((seed >> 64) % YEAR));
        if (state == 4) _drown(first, id, 10_000);
        return lender;
    }

    function setUp() public virtual override {
        super.setUp();
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
    }
}

contract FundProperties6Test is FundPropertiesTest {}

contract FundProperties18Test is FundPropertiesTest, Decimals18x18 {}
