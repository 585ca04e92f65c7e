// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC4626Properties} from "../../helpers/ERC4626Properties.sol";
import {FundMarket} from "../../helpers/FundMarket.sol";

/// @notice The fund as an ERC-4626 vault: idle, allocated, with interest, with a tranche lent out, after a loss in one, with a
/// loss expected in one.
abstract contract FundPropertiesTest is FundMarket, ERC4626Properties {
    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        return (fund, usd);
    }

    function _holdsTheAssets() internal view override returns (address) {
        return address(fund);
    }

    function _entryAssets() internal view override returns (uint256 assets) {
        assets = fund.idle();
        ITranche[] memory tranches = fund.tranches();
        for (uint256 i; i < tranches.length; ++i) {
            uint256 held = fund.heldOf(tranches[i]);
            if (held != 0) assets += tranches[i].previewMint(held);
        }
    }

    function _arrange(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 6;
        vm.prank(lender);
        fund.deposit((1 + ((seed >> 8) % 12)) * 1_000_000 * USD, lender);
        if (state == 0) return lender;
        fund.allocate();
        if (state == 1) return lender;
        uint256 cash = first.pool.cash();
        uint256 id = _borrowFrom(first, state == 2 ? cash / 3 : cash);
        vm.warp(block.timestamp + ((seed >> 64) % YEAR));
        if (state == 4) _drown(first, id, 10_000);
        if (state == 5) {
            first.oracle.setPrice(_price(10_000));
            manager.mark(id);
        }
        return lender;
    }

    function setUp() public virtual override {
        super.setUp();
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
    }
}

contract FundProperties6Test is FundPropertiesTest {}

contract FundProperties18Test is FundPropertiesTest, Decimals18x18 {}
