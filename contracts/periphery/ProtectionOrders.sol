// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {Facility} from "../interfaces/LoanTypes.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IProtectionOrders, Order, OrderKind} from "../interfaces/IProtectionOrders.sol";
import {LoanIds} from "../loan/LoanIds.sol";
import {DirectedMath} from "../math/DirectedMath.sol";
import {CollateralSale} from "./CollateralSale.sol";
import {OrderRules} from "./OrderRules.sol";
import {ProtectionMath} from "./ProtectionMath.sol";
import {TermPayments} from "./TermPayments.sol";
import {IUniswapV3Factory} from "./UniswapV3.sol";

/// @title ProtectionOrders
/// @dev Execution: quote, write the order, move, and look at the loan again. Only the order of the loan's present owner is ever
/// looked up, so an order of a former owner cannot be executed.
contract ProtectionOrders is IProtectionOrders, CollateralSale, ReentrancyGuardTransient {
    using DirectedMath for uint256;
    using LoanIds for uint256;
    using ProtectionMath for ProtectionMath.Position;
    using ProtectionMath for uint256;
    using SafeERC20 for IERC20;
    using TermPayments for TermPayments.Steps;

    /// @dev A loan that an order pays off in part, and how.
    struct Situation {
        ProtectionMath.Position position;
        TermPayments.Steps steps;
        uint256 payOff;
        uint256 minDebt;
    }

    mapping(uint256 id => mapping(address owner => mapping(OrderKind kind => Order))) private _orders;

    constructor(
        ILoans loanManager_,
        ILoans termLoanManager_,
        IUniswapV3Factory factory_
    ) CollateralSale(loanManager_, termLoanManager_, factory_) {}

    // ---- the owner ----

    /// @inheritdoc IProtectionOrders
    function place(uint256 id, OrderKind kind, Order calldata order) external {
        _requireOwner(id, msg.sender);
        Facility memory facility = _managerOf(id).facilityOf(id.facilityOf());
        OrderRules.requireConsistent(kind, order, facility);
        _orders[id][msg.sender][kind] = order;
        emit OrderPlaced(id, msg.sender, kind, order);
    }

    /// @inheritdoc IProtectionOrders
    function cancel(uint256 id, OrderKind kind) external {
        require(_orders[id][msg.sender][kind].expiresAt != 0, NoOrder(id, msg.sender, kind));
        delete _orders[id][msg.sender][kind];
        emit OrderCancelled(id, msg.sender, kind);
    }

    // ---- keepers ----

    /// @inheritdoc IProtectionOrders
    function execute(
        uint256 id,
        OrderKind kind,
        address feeReceiver,
        uint256 minFee
    ) external nonReentrant returns (Quote memory done, uint256 sold) {
        done = quote(id, kind);
        require(done.fee >= minFee, FeeTooLow(done.fee, minFee));
        Order memory order = _orders[id][done.owner][kind];
        Job memory job = _jobOf(id, done.owner);
        job.payment = done.repaid;
        if (kind == OrderKind.AutoRepay) {
            _orders[id][done.owner][kind].limit -= uint128(done.repaid + done.fee); // quote stays within the limit
            _repay(job, done.fee);
        } else if (kind == OrderKind.AutoTopUp) {
            _orders[id][done.owner][kind].limit -= uint128(done.toppedUp + done.fee); // quote stays within the limit
            _topUp(job, done.toppedUp, done.fee);
        } else {
            if (kind == OrderKind.TakeProfit) delete _orders[id][done.owner][kind];
            job.extra = done.fee;
            job.maxSold = done.maxSold;
            sold = _sell(job, order.path);
        }
        if (kind != OrderKind.TakeProfit) _requireCalm(id, done.priceE36, order.triggerLtvBps);
        emit OrderExecuted({
            id: id,
            owner: done.owner,
            kind: kind,
            keeper: msg.sender,
            repaid: done.repaid,
            toppedUp: done.toppedUp,
            sold: sold,
            fee: done.fee,
            priceE36: done.priceE36
        });
        if (done.fee == 0) return (done, sold);
        IERC20(kind == OrderKind.AutoTopUp ? job.collateralAsset : job.loanAsset).safeTransfer(feeReceiver, done.fee);
    }

    /// @inheritdoc IProtectionOrders
    function quote(uint256 id, OrderKind kind) public view returns (Quote memory q) {
        ILoans manager = _managerOf(id);
        q.owner = manager.ownerOf(id);
        Order memory order = _orders[id][q.owner][kind];
        require(order.expiresAt != 0, NoOrder(id, q.owner, kind));
        require(block.timestamp <= order.expiresAt, OrderExpired(order.expiresAt, block.timestamp));
        q.debt = manager.debtOf(id);
        require(q.debt != 0, NothingOwed(id));
        q.collateral = manager.loanOf(id).collateral;
        Facility memory facility = manager.facilityOf(id.facilityOf());
        q.priceE36 = IOracle(facility.pricing.oracle).liquidationPrice();

        // slither-disable-next-line uninitialized-local: zeros, filled in below
        Situation memory at;
        at.position = ProtectionMath.Position(q.debt, q.collateral, q.priceE36);
        if (kind == OrderKind.TakeProfit)
            require(q.priceE36 >= order.triggerPriceE36, PriceBelowTrigger(q.priceE36, order.triggerPriceE36));
        else
            require(
                at.position.isAtOrAbove(order.triggerLtvBps),
                LtvBelowTrigger(at.position.ltvBpsDown(), order.triggerLtvBps)
            );
        if (kind == OrderKind.AutoTopUp) {
            _quoteTopUp(q, order, at.position, facility);
            return q;
        }
        at.payOff = manager.payOffOf(id);
        at.minDebt = facility.pricing.minDebt;
        at.steps =
            _isTerm(id.facilityOf())
                ? TermPayments.stepsOf(ITermLendingPool(facility.ltv.pool), id, manager.loanOf(id))
                : TermPayments.withoutDates();
        uint256 wanted;
        if (kind == OrderKind.Deleverage) wanted = _toDeleverage(order, at);
        else if (kind == OrderKind.TakeProfit) wanted = _toTakeProfit(order, at);
        else wanted = _toRepay(q.owner, order, at, facility);
        q.repaid = _takenOf(id, wanted);
        q.fee = q.repaid.feeDown(_costOf(order));
        if (kind != OrderKind.AutoRepay)
            q.maxSold = Math.min(q.collateral, (q.repaid + q.fee).soldDown(q.priceE36, order.maxSlippageBps));
    }

    /// @inheritdoc IProtectionOrders
    function executable(
        uint256 id,
        OrderKind kind
    ) external view returns (bool isExecutable, Quote memory amounts, bytes memory refusal) {
        try this.quote(id, kind) returns (Quote memory q) {
            return (true, q, "");
        } catch (bytes memory reason) {
            refusal = reason;
        }
    }

    /// @inheritdoc IProtectionOrders
    function orderOf(uint256 id, address owner, OrderKind kind) external view returns (Order memory) {
        return _orders[id][owner][kind];
    }

    // ---- inside: how much ----

    /// @dev The target is measured as a withdrawal of collateral measures: money paid ahead does not count.
    function _toDeleverage(Order memory order, Situation memory at) private pure returns (uint256 repaid) {
        TermPayments.Steps memory steps = at.steps;
        ProtectionMath.Cost memory cost = _costOf(order);
        uint256 debt = at.position.debt;
        at.position.debt += steps.uncounted;
        repaid = at.position.repaidBySaleUp(order.targetLtvBps, cost);
        if (repaid > steps.due) {
            uint256 before = steps.due + steps.credit;
            at.position.debt = at.position.debt - steps.due + steps.rest;
            repaid = at.position.furtherBySaleUp(before, steps.keptWad, order.targetLtvBps, cost);
            if (repaid < at.payOff) repaid += before;
        } else if (steps.inDefault) {
            repaid = steps.due;
        }
        // As a liquidation does: a remainder too small for a payment to leave it goes as well.
        if (repaid >= at.payOff || debt.zeroFloorSub(steps.effectDown(repaid)) < at.minDebt) return at.payOff;
    }

    function _toTakeProfit(Order memory order, Situation memory at) private pure returns (uint256 repaid) {
        uint256 debt = at.position.debt;
        repaid = order.assets < debt ? _cut(debt, order.assets, at.minDebt) : at.payOff;
        require(repaid != 0, NothingToRepay(debt, at.minDebt));
    }

    function _toRepay(
        address owner,
        Order memory order,
        Situation memory at,
        Facility memory facility
    ) private view returns (uint256 repaid) {
        uint256 available = _available(owner, order, IPoolLedger(facility.ltv.pool).asset());
        ProtectionMath.Cost memory cost = _costOf(order);
        uint256 debt = at.position.debt;
        repaid = at.steps.paymentUp(at.position.repaidUp(order.targetLtvBps));
        if (repaid >= at.payOff || debt.zeroFloorSub(at.steps.effectDown(repaid)) < at.minDebt) repaid = at.payOff;
        uint256 needed = repaid + repaid.feeDown(cost);
        if (needed <= available) return repaid;
        repaid = _cut(debt, available.payableDown(cost), at.minDebt);
        at.position.debt = debt - at.steps.effectDown(repaid) + at.steps.rest + 1;
        require(!at.position.isAtOrAbove(order.triggerLtvBps), InsufficientFunds(available, needed));
    }

    function _quoteTopUp(
        Quote memory q,
        Order memory order,
        ProtectionMath.Position memory position,
        Facility memory facility
    ) private view {
        uint256 available = _available(q.owner, order, ICollateralVault(facility.custody.vault).asset());
        ProtectionMath.Cost memory cost = _costOf(order);
        q.toppedUp = position.toppedUpUp(order.targetLtvBps);
        q.fee = q.toppedUp.feeDown(cost);
        uint256 needed = q.toppedUp + q.fee;
        if (needed <= available) return;
        q.toppedUp = available.payableDown(cost);
        q.fee = q.toppedUp.feeDown(cost);
        position.collateral += q.toppedUp;
        require(!position.isAtOrAbove(order.triggerLtvBps), InsufficientFunds(available, needed));
    }

    /// @dev What may be taken out of the owner's wallet now.
    function _available(address owner, Order memory order, address token) private view returns (uint256) {
        uint256 allowed = Math.min(order.maxPerExecution, order.limit);
        uint256 held = Math.min(IERC20(token).balanceOf(owner), IERC20(token).allowance(owner, address(this)));
        return Math.min(allowed, held);
    }

    /// @dev A payment of less than the debt, cut to leave minDebt.
    function _cut(uint256 debt, uint256 assets, uint256 minDebt) private pure returns (uint256) {
        return Math.min(assets, debt.zeroFloorSub(minDebt));
    }

    function _costOf(Order memory order) private pure returns (ProtectionMath.Cost memory) {
        return ProtectionMath.Cost({slippageBps: order.maxSlippageBps, feeBps: order.feeBps, maxFee: order.maxFee});
    }

    // ---- inside: moving it ----

    function _repay(Job memory job, uint256 fee) private {
        // slither-disable-next-line arbitrary-send-erc20: its owner gave order and allowance for this
        IERC20(job.loanAsset).safeTransferFrom(job.owner, address(this), job.payment + fee);
        IERC20(job.loanAsset).forceApprove(job.lendingPool, job.payment);
        // A token that called its owner may have let them sell the loan: whoever has it now is not paid for.
        _requireOwner(job.id, job.owner);
        uint256 paid = _managerOf(job.id).repay(job.id, job.payment, "");
        require(paid == job.payment, WouldLeaveDust(job.payment, paid));
    }

    function _topUp(Job memory job, uint256 collateral, uint256 fee) private {
        ILoans manager = _managerOf(job.id);
        address vault = manager.facilityOf(job.id.facilityOf()).custody.vault;
        // slither-disable-next-line arbitrary-send-erc20: its owner gave order and allowance for this
        IERC20(job.collateralAsset).safeTransferFrom(job.owner, address(this), collateral + fee);
        IERC20(job.collateralAsset).forceApprove(vault, collateral);
        _requireOwner(job.id, job.owner);
        manager.topUp(job.id, collateral, "");
    }

    /// @dev Else anybody could execute again at once, for another fee.
    function _requireCalm(uint256 id, uint256 priceE36, uint256 triggerLtvBps) private view {
        ILoans manager = _managerOf(id);
        ProtectionMath.Position memory position = ProtectionMath.Position(
            manager.debtOf(id),
            manager.loanOf(id).collateral,
            priceE36
        );
        require(
            position.debt == 0 || !position.isAtOrAbove(triggerLtvBps),
            StillTriggered(position.ltvBpsDown(), triggerLtvBps)
        );
    }
}
