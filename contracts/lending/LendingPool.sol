// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {DirectedMath} from "../math/DirectedMath.sol";
import {SharesMath} from "../math/SharesMath.sol";
import {PoolLedger} from "./PoolLedger.sol";
import {CompoundGrowth} from "./rates/CompoundGrowth.sol";

/// @title LendingPool: the borrowers' side of a revolving facility.
/// @dev Assumptions. Liveness: accruing never reverts below 2^112 units of cash and 2^128 of debt. Roundings: debt up, shares
/// burned down, the reserve's part of interest down.
contract LendingPool is PoolLedger, ILendingPool {
    using DirectedMath for uint256;
    using SharesMath for uint256;
    using SafeCast for uint256;

    DebtTotals private _debt;

    constructor(PoolConfig memory config) PoolLedger(config) {}

    // ---- the loan manager ----

    /// @inheritdoc ILendingPool
    function draw(
        uint256 loanShares,
        uint256 assets
    ) external onlyManager returns (uint256 shares, uint256 loanDebt, uint256 totalDebt) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        require(assets <= state.cash, InsufficientCash(assets, state.cash));
        shares = assets.toSharesUp(debt.assets, debt.shares);
        debt.assets += assets.toUint128();
        debt.shares += shares.toUint128();
        unchecked {
            state.cash -= uint112(assets); // assets <= cash
        }
        _debt = debt;
        _saveState(state);
        totalDebt = debt.assets;
        _requireMayGrow(state);
        loanDebt = (loanShares + shares).toAssetsUp(debt.assets, debt.shares);
    }

    /// @inheritdoc ILendingPool
    function repay(
        uint256 loanShares,
        uint256 maxAssets,
        uint256 minDebt
    ) external onlyManager returns (uint256 paid, uint256 shares) {
        require(loanShares != 0, NoDebt());
        (DebtTotals memory debt, CashState memory state) = _accrued();
        uint256 owed = loanShares.toAssetsUp(debt.assets, debt.shares);
        paid = maxAssets < owed ? maxAssets : owed;
        if (paid < owed && owed - paid < minDebt) {
            paid = owed.zeroFloorSub(minDebt);
            require(paid != 0, PaymentLeavesDust(maxAssets, owed, minDebt));
        }
        // slither-disable-next-line incorrect-equality: paid is at most owed
        shares = paid == owed ? loanShares : paid.toSharesDown(debt.assets, debt.shares);
        _book(debt, state, paid, paid, shares);
    }

    /// @inheritdoc ILendingPool
    function accruedDebt(uint256 loanShares) external onlyManager returns (uint256) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        _debt = debt;
        _saveState(state);
        return loanShares.toAssetsUp(debt.assets, debt.shares);
    }

    /// @inheritdoc ILendingPool
    function settleSale(
        uint256 loanShares,
        uint256 owed,
        uint256 debtClosed,
        uint256 repaid
    ) external onlyManager returns (uint256 shares) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        shares = debtClosed == owed ? loanShares : debtClosed.toSharesDown(debt.assets, debt.shares);
        if (debtClosed != repaid) _bearLoss(_ledger(debt.assets, state), debtClosed - repaid);
        _book(debt, state, debtClosed, repaid, shares);
    }

    // ---- anyone ----

    /// @inheritdoc ILendingPool
    function debtTotals() public view whenUnlocked returns (uint256 assets, uint256 shares) {
        (DebtTotals memory debt, , , ) = _accruedView();
        return (debt.assets, debt.shares);
    }

    /// @inheritdoc ILendingPool
    function debtOf(uint256 loanShares) external view returns (uint256) {
        (uint256 assets, uint256 shares) = debtTotals();
        return loanShares.toAssetsUp(assets, shares);
    }

    /// @inheritdoc ILendingPool
    function stored() external view whenUnlocked returns (DebtTotals memory, CashState memory, Claims memory) {
        return (_debt, _cash, _claims);
    }

    // ---- inside ----

    function _accrueDebt() internal override returns (uint256, CashState memory) {
        (DebtTotals memory debt, CashState memory state) = _accrued();
        _debt = debt;
        return (debt.assets, state);
    }

    function _debtAndStateNow() internal view override returns (uint256, CashState memory) {
        (DebtTotals memory debt, CashState memory state, , ) = _accruedView();
        return (debt.assets, state);
    }

    /// @dev Totals as of this second, not yet stored; emits what was added.
    function _accrued() private returns (DebtTotals memory debt, CashState memory state) {
        uint256 interest;
        uint256 elapsed;
        (debt, state, interest, elapsed) = _accruedView();
        if (elapsed != 0) emit Accrued(interest, state.rateAtTarget);
    }

    function _accruedView()
        private
        view
        returns (DebtTotals memory debt, CashState memory state, uint256 interest, uint256 elapsed)
    {
        debt = _debt;
        state = _cash;
        elapsed = block.timestamp - state.accruedAt;
        // slither-disable-next-line incorrect-equality: nothing accrues within one second
        if (elapsed == 0) return (debt, state, 0, 0); // TIME-1
        uint256 rateE36 = _moveRate(state, debt.assets, elapsed);
        interest = uint256(debt.assets).wadMulDown(CompoundGrowth.growthDown(rateE36, elapsed));
        debt.assets += interest.toUint128();
    }

    /// @dev A debt rounded up may exceed the total by a unit: the total stops at zero and the unit becomes interest.
    function _book(
        DebtTotals memory debt,
        CashState memory state,
        uint256 debtClosed,
        uint256 received,
        uint256 shares
    ) private {
        debt.assets = uint128(uint256(debt.assets).zeroFloorSub(debtClosed));
        debt.shares -= uint128(shares); // at most the loan's own, 112 bits
        state.cash += received.toUint112();
        _debt = debt;
        _saveState(state);
    }
}
