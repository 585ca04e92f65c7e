// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC4626Properties} from "../../helpers/ERC4626Properties.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Market} from "../../helpers/Market.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";

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

/// @notice The senior tranche above two others and beside a queue: with interest running, while others wait, under a mark, after a
/// loss.
abstract contract SeniorOfThreePropertiesTest is TieredMarket, ERC4626Properties {
    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        return (senior, usd);
    }

    function _holdsTheAssets() internal view override returns (address) {
        return address(pool);
    }

    function _entryAssets() internal view override returns (uint256) {
        return pool.entryNavOf(TrancheClass.Senior);
    }

    function _arrange(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 4;
        uint256 cash = pool.cash();
        uint256 id = _lendOut(0, state == 1 ? cash : cash / 2 + ((seed >> 8) % (cash / 3)));
        vm.warp(block.timestamp + ((seed >> 64) % YEAR));
        if (state == 1) {
            uint256 shares = senior.balanceOf(lender) / 3;
            vm.prank(lender);
            queue.requestRedeem(shares, stranger, lender);
        }
        if (state < 2) return lender;
        _setPrice(20_000);
        manager.mark(id);
        if (state == 3) _sell(id);
        return lender;
    }

    function setUp() public virtual override {
        super.setUp();
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
    }
}

contract SeniorOfThreeProperties6Test is SeniorOfThreePropertiesTest {}

contract SeniorOfThreeProperties18Test is SeniorOfThreePropertiesTest, Decimals18x18 {}

/// @notice The first-loss tranches as ERC-4626 vaults: fresh, with interest running, with no window open, fully lent out, under a
/// mark, after a loss.
abstract contract FirstLossPropertiesTest is TieredMarket, ERC4626Properties {
    function _underTest() internal view virtual returns (ITranche);

    function _holder() internal view virtual returns (address);

    /// @dev A price of the collateral at which a loan of all the cash costs part of the class.
    function _hurts() internal pure virtual returns (uint256 usdPerBtc);

    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        return (_underTest(), usd);
    }

    function _holdsTheAssets() internal view override returns (address) {
        return address(pool);
    }

    function _entryAssets() internal view override returns (uint256) {
        return pool.entryNavOf(_underTest().class());
    }

    /// @dev Its holder's window is open but for one state; before and after it nothing can be redeemed.
    function _arrange(uint256 seed) internal override returns (address holder) {
        uint256 state = seed % 6;
        holder = _holder();
        if (state != 2) _openWindow(_underTest(), holder);
        if (state == 0) return holder;
        uint256 cash = pool.cash();
        uint256 id = _lendOut(0, state == 3 ? cash : cash / 2 + ((seed >> 8) % (cash / 3)));
        vm.warp(block.timestamp + ((seed >> 64) % WINDOW));
        if (state < 4) return holder;
        _setPrice(_hurts());
        manager.mark(id);
        if (state == 5) _sell(id);
    }

    function setUp() public virtual override {
        super.setUp();
        manager.setCaps(facility, type(uint96).max, type(uint96).max);
    }
}

contract JuniorProperties6Test is FirstLossPropertiesTest {
    function _underTest() internal view override returns (ITranche) {
        return junior;
    }

    function _holder() internal view override returns (address) {
        return subordinate;
    }

    function _hurts() internal pure override returns (uint256) {
        return 28_000;
    }
}

contract JuniorProperties18Test is JuniorProperties6Test, Decimals18x18 {}

contract CoverProperties6Test is FirstLossPropertiesTest {
    function _underTest() internal view override returns (ITranche) {
        return cover;
    }

    function _holder() internal view override returns (address) {
        return underwriter;
    }

    function _hurts() internal pure override returns (uint256) {
        return 30_200;
    }
}

contract CoverProperties18Test is CoverProperties6Test, Decimals18x18 {}
