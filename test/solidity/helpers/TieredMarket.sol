// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidationEngine} from "../../../contracts/interfaces/ILiquidationEngine.sol";
import {TrancheClass} from "../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../contracts/interfaces/ITranche.sol";
import {Market} from "./Market.sol";

/// @notice A facility with all three classes: 10,001,000 dollars of senior money, 1,001,000 of junior, 501,000 of cover.
abstract contract TieredMarket is Market {
    uint256 internal constant SPREAD_BPS = 2000;
    uint256 internal constant PREMIUM_BPS = 500;
    uint256 internal constant FEE_BPS = 1000;

    address internal subordinate = makeAddr("junior lender");
    address internal underwriter = makeAddr("underwriter");

    struct Worth {
        uint256 cover;
        uint256 junior;
        uint256 senior;
        uint256 reserve;
    }

    function setUp() public virtual override {
        super.setUp();
        _fund(subordinate);
        _fund(underwriter);
        vm.prank(subordinate);
        junior.deposit(1_000_000 * USD, subordinate);
        vm.prank(underwriter);
        cover.deposit(500_000 * USD, underwriter);
    }

    function _options() internal virtual override returns (Options memory o) {
        o = _standard(collateralDecimals, loanDecimals);
        o.firstLoss = true;
        o.juniorSpreadBps = SPREAD_BPS;
        o.coverPremiumBps = PREMIUM_BPS;
    }

    // ---- what the classes own ----

    /// @dev Expected losses not counted.
    function _worth() internal view returns (Worth memory w) {
        w.cover = pool.entryNavOf(TrancheClass.Cover);
        w.junior = pool.entryNavOf(TrancheClass.Junior);
        w.senior = pool.entryNavOf(TrancheClass.Senior);
        w.reserve = pool.reserve();
    }

    function _trancheOf(TrancheClass class) internal view returns (ITranche) {
        if (class == TrancheClass.Senior) return senior;
        return class == TrancheClass.Junior ? junior : cover;
    }

    /// @dev POOL-1, by the views at this second; and the token agrees with the ledger (nothing was donated).
    function _assertBalanced() internal view {
        Worth memory w = _worth();
        uint256 stake = pool.availableTo(TrancheClass.Cover);
        uint256 cash = pool.cash();
        assertEq(cash + pool.totalDebt(), w.senior + w.junior + w.reserve + (w.cover - stake), "POOL-1");
        assertEq(usd.balanceOf(address(pool)), cash + stake, "tokens held");
    }

    // ---- losses ----

    /// @dev A loan of `principal` at 60 % of its collateral.
    function _lendOut(uint64 salt, uint256 principal) internal returns (uint256 id) {
        return _openAs(borrower, salt, _mulDivUp(principal, 100 * BTC, 60 * 50_000 * USD), principal);
    }

    /// @dev What selling all of it now would cost the lenders.
    function _lossOf(uint256 id) internal view returns (uint256) {
        ILiquidationEngine.Quote memory q = manager.quoteLiquidation(id, type(uint256).max);
        return q.debtClosed - q.repaid;
    }

    function _sell(uint256 id) internal {
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
    }

    // ---- leaving ----

    /// @dev Announces the exit of everything `owner` has in the class and waits until its window opens.
    function _openWindow(ITranche tranche, address owner) internal {
        uint256 shares = tranche.balanceOf(owner);
        vm.prank(owner);
        tranche.requestExit(shares);
        vm.warp(block.timestamp + COOLDOWN);
    }
}
