// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {BothKindsMarket} from "../../helpers/BothKindsMarket.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC4626Properties} from "../../helpers/ERC4626Properties.sol";
import {FundMarket} from "../../helpers/FundMarket.sol";

/// @notice A fund as an ERC-4626 vault.
abstract contract FundPropertiesBase is ERC4626Properties {
    function _fundUnderTest() internal view virtual returns (IFundVault fund, MockToken asset);

    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        return _fundUnderTest();
    }

    function _holdsTheAssets() internal view override returns (address) {
        (IFundVault fund, ) = _fundUnderTest();
        return address(fund);
    }

    function _entryAssets() internal view override returns (uint256 assets) {
        (IFundVault fund, ) = _fundUnderTest();
        assets = fund.idle();
        ITranche[] memory tranches = fund.tranches();
        for (uint256 i; i < tranches.length; ++i) {
            uint256 held = fund.heldOf(tranches[i]);
            if (held != 0) assets += tranches[i].previewMint(held);
        }
    }
}

/// @notice Idle, allocated, with interest, with a tranche lent out, after a loss in one, with a loss expected in one.
abstract contract FundPropertiesTest is FundMarket, FundPropertiesBase {
    function _fundUnderTest() internal view override returns (IFundVault, MockToken) {
        return (fund, usd);
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

/// @notice Over a revolving and a term facility: allocated, with interest of both, with both nearly lent out, with others waiting for
/// the cash of one, with a loss expected in one, after a loss in one.
abstract contract FundOfBothKindsPropertiesTest is BothKindsMarket, FundPropertiesBase {
    function _fundUnderTest() internal view override returns (IFundVault, MockToken) {
        return (fund, usd);
    }

    function setUp() public virtual override {
        super.setUp();
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
        termManager.setCaps(termFacility, type(uint96).max, type(uint96).max);
        _cap(senior, 4_000_000);
        _cap(termSenior, 3_000_000);
    }

    function _arrange(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 6;
        vm.prank(lender);
        fund.deposit((1 + ((seed >> 8) % 12)) * 1_000_000 * USD, lender);
        fund.allocate();
        if (state == 0) return lender;
        uint256 left =
            state == 1
                ? termPool.cash() / 2
                : state == 2
                    ? 20_000 * USD
                    : 0;
        _open(1000 * BTC, pool.cash() - left);
        uint256 principal = termPool.cash() - left;
        uint256 id = _openTerm(0, MONTHLY, _mulDivUp(principal, 100 * BTC, 60 * 50_000 * USD), principal);
        vm.warp(block.timestamp + ((seed >> 64) % 30 days));
        if (state == 3) {
            uint256 shares = termSenior.balanceOf(lender) / 3;
            vm.prank(lender);
            termQueue.requestRedeem(shares, stranger, lender);
        }
        if (state < 4) return lender;
        _setTermPrice(15_000);
        termManager.mark(id);
        if (state == 4) return lender;
        vm.prank(liquidator);
        termManager.liquidate(id, type(uint256).max, 0, "");
        return lender;
    }
}

contract FundOfBothKindsProperties6Test is FundOfBothKindsPropertiesTest {}

contract FundOfBothKindsProperties18Test is FundOfBothKindsPropertiesTest, Decimals18x18 {}
