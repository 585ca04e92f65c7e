// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {ERC4626Properties} from "../../helpers/ERC4626Properties.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";

/// @notice The tranches of a term facility as ERC-4626 vaults: fresh; with interest running; while exits are shut (no window open,
/// or others wait in the queue); fully lent out; with a loan in default, whose interest was taken back; under a mark; after a
/// loss; after a cure, whose late charges and interest came at once.
abstract contract TermTranchePropertiesTest is TermMarket, ERC4626Properties {
    /// @dev The tranche, one who has shares of it, and a price at which a loan of half the cash and more costs part of it.
    function _underTest() internal view virtual returns (ITranche tranche, address holder, uint256 usdPerBtc);

    function _vaultUnderTest() internal view override returns (IERC4626, MockToken) {
        (ITranche tranche, , ) = _underTest();
        return (tranche, usd);
    }

    function _holdsTheAssets() internal view override returns (address) {
        return address(termPool);
    }

    function _entryAssets() internal view override returns (uint256) {
        (ITranche tranche, , ) = _underTest();
        return termPool.entryNavOf(tranche.class());
    }

    function setUp() public virtual override {
        super.setUp();
        termManager.setCaps(termFacility, type(uint96).max, type(uint96).max);
    }

    function _arrange(uint256 seed) internal override returns (address holder) {
        ITranche tranche;
        uint256 price;
        (tranche, holder, price) = _underTest();
        uint256 state = seed % 8;
        uint256 id;
        if (state != 0) {
            uint256 cash = termPool.cash();
            uint256 principal = state == 3 ? cash : cash / 2 + ((seed >> 8) % (cash / 3));
            id = _openTerm(0, MONTHLY, _mulDivUp(principal, 100 * BTC, 60 * 50_000 * USD), principal);
        }
        // In default from the 41st day on.
        vm.warp(block.timestamp + (state == 4 || state == 7 ? 42 days : (seed >> 64) % 30 days));
        if (state == 4 || state == 7) termManager.markDefault(id);
        if (state == 2) _shut(tranche);
        else _openWindow(tranche, holder);
        if (state == 5 || state == 6) {
            _setTermPrice(price);
            termManager.mark(id);
        }
        if (state == 6) {
            vm.prank(liquidator);
            termManager.liquidate(id, type(uint256).max, 0, "");
        }
        if (state == 7) _pay(id, termPool.positionOf(id, termManager.loanOf(id)).slot.instalment * 2);
    }

    /// @dev Nobody announced an exit from first loss; senior lenders are behind others who wait.
    function _shut(ITranche tranche) private {
        if (address(tranche) != address(termSenior)) return;
        _openTerm(1, MONTHLY, 1000 * BTC, termPool.cash());
        uint256 shares = termSenior.balanceOf(lender) / 3;
        vm.prank(lender);
        termQueue.requestRedeem(shares, stranger, lender);
    }

    function _openWindow(ITranche tranche, address holder) private {
        if (address(tranche) == address(termSenior)) return;
        uint256 shares = tranche.balanceOf(holder);
        vm.prank(holder);
        tranche.requestExit(shares);
        vm.warp(block.timestamp + COOLDOWN);
    }
}

contract TermSeniorProperties6Test is TermTranchePropertiesTest {
    function _underTest() internal view override returns (ITranche, address, uint256) {
        return (termSenior, lender, 15_000);
    }
}

contract TermSeniorProperties18Test is TermSeniorProperties6Test, Decimals18x18 {}

contract TermJuniorProperties6Test is TermTranchePropertiesTest {
    function _underTest() internal view override returns (ITranche, address, uint256) {
        return (termJunior, juniorLender, 28_000);
    }
}

contract TermJuniorProperties18Test is TermJuniorProperties6Test, Decimals18x18 {}

contract TermCoverProperties6Test is TermTranchePropertiesTest {
    function _underTest() internal view override returns (ITranche, address, uint256) {
        return (termCover, underwriter, 30_200);
    }
}

contract TermCoverProperties18Test is TermCoverProperties6Test, Decimals18x18 {}
