// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {ILiquidator} from "../interfaces/ILiquidator.sol";
import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {ITermLoanManager} from "../interfaces/ITermLoanManager.sol";
import {Facility} from "../interfaces/LoanTypes.sol";
import {BothManagers} from "../loan/BothManagers.sol";
import {LoanIds} from "../loan/LoanIds.sol";
import {DirectedMath, PRICE_SCALE} from "../math/DirectedMath.sol";
import {SwapPath} from "./SwapPath.sol";
import {IUniswapV3Router} from "./UniswapV3.sol";

/// @title Liquidator
/// @dev A path may lead through tokens that call anybody; nothing but the guard keeps an operator that is a contract from
/// entering again in the middle of its own sale.
contract Liquidator is ILiquidator, BothManagers, Ownable2Step, ReentrancyGuardTransient {
    using DirectedMath for uint256;
    using LoanIds for uint256;
    using SafeERC20 for IERC20;
    using SwapPath for bytes;

    /// @dev What the callback needs; encoded as the liquidation's data.
    struct Job {
        address pool;
        address loanAsset;
        address collateralAsset;
        uint256 minProfit;
        Leg[] legs;
    }

    /// @dev Gas of an item beside its own call: its encoding, its event, its place in the answer. One with six legs over three
    /// pools each that fails with the longest reason kept needs less than 30,000.
    uint256 private constant ITEM_OVERHEAD = 40_000;
    /// @dev Most bytes kept of what an item reverts with: an error with eight words. A token could return megabytes, which the
    /// other items' gas would pay for.
    uint256 private constant MAX_REASON = 4 + 8 * 32;
    uint256 private constant BPS = 10_000;

    IUniswapV3Router private immutable ROUTER;

    /// @inheritdoc ILiquidator
    mapping(address account => bool) public isOperator;
    /// @inheritdoc ILiquidator
    mapping(uint32 facility => Inventory) public inventoryOf;

    /// @dev The loan being liquidated; 0 is no loan's id.
    uint256 private transient _underWay;

    modifier onlyOperator() {
        require(isOperator[msg.sender] || msg.sender == owner(), NotOperator(msg.sender));
        _;
    }

    modifier before(uint256 deadline) {
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        _;
    }

    constructor(
        ILoans loanManager_,
        ILoans termLoanManager_,
        IUniswapV3Router router_,
        address owner_
    ) BothManagers(loanManager_, termLoanManager_) Ownable(owner_) {
        ROUTER = router_;
    }

    /// @inheritdoc ILiquidator
    function liquidate(
        uint256 id,
        uint256 maxRepaid,
        uint256 minCollateralPerUnitE36,
        bytes calldata path,
        uint256 minProfit,
        uint256 deadline
    ) external onlyOperator before(deadline) nonReentrant returns (uint256 repaid, uint256 seized, uint256 profit) {
        Leg[] memory legs = new Leg[](1);
        legs[0] = Leg({weight: 1, path: path});
        return
            _run(
                Item({
                    id: id,
                    maxRepaid: maxRepaid,
                    minCollateralPerUnitE36: minCollateralPerUnitE36,
                    minProfit: minProfit,
                    markFirst: false,
                    legs: legs
                })
            );
    }

    /// @inheritdoc ILiquidator
    function liquidateMany(
        Item[] calldata items,
        uint256 gasPerItem,
        uint256 deadline
    ) external onlyOperator before(deadline) nonReentrant returns (Outcome[] memory outcomes) {
        uint256 needed = gasFor(items.length, gasPerItem);
        require(gasleft() >= needed, TooLittleGas(gasleft(), needed));
        outcomes = new Outcome[](items.length);
        bool anyDone = false;
        for (uint256 i = 0; i < items.length; i++) {
            outcomes[i] = _attempt(items[i], gasPerItem);
            if (outcomes[i].done) anyDone = true;
            else emit ItemFailed(items[i].id, outcomes[i].reason);
        }
        if (!anyDone) revert NothingDone(_reasonsOf(outcomes));
    }

    /// @inheritdoc ILiquidator
    function runItem(Item calldata item) external returns (uint256 repaid, uint256 seized, uint256 profit) {
        require(msg.sender == address(this), NotSelf(msg.sender));
        return _run(item);
    }

    /// @inheritdoc ILoanCallbacks
    function onLiquidate(uint256 id, uint256 repaid, uint256 seized, bytes calldata data) external {
        // The manager calls back nobody but its caller; the mark makes sure of it here as well.
        require(
            msg.sender == address(_managerOf(id)) && id == _underWay,
            UnexpectedCallback(msg.sender, id, _underWay)
        );
        _underWay = 0;
        Job memory job = abi.decode(data, (Job));
        if (job.legs.length != 0) _sell(job, seized, repaid + job.minProfit);
        IERC20(job.loanAsset).forceApprove(job.pool, repaid);
    }

    /// @inheritdoc ILiquidator
    function setInventory(uint32 facility, uint128 allowance, uint16 minPremiumBps) external onlyOwner {
        inventoryOf[facility] = Inventory({allowance: allowance, minPremiumBps: minPremiumBps});
        emit InventorySet(facility, allowance, minPremiumBps);
    }

    /// @inheritdoc ILiquidator
    function withdraw(address token, address to, uint256 amount) external onlyOwner {
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc ILiquidator
    function setOperator(address operator, bool allowed) external onlyOwner {
        isOperator[operator] = allowed;
        emit OperatorSet(operator, allowed);
    }

    /// @inheritdoc ILiquidator
    function router() external view returns (address) {
        return address(ROUTER);
    }

    /// @inheritdoc ILiquidator
    /// @dev A call passes on at most 63 of 64 parts of the gas that is left: the last item's call needs a 63rd more than its own.
    function gasFor(uint256 items, uint256 gasPerItem) public pure returns (uint256) {
        return items * (gasPerItem + ITEM_OVERHEAD) + gasPerItem / 63;
    }

    // ---- actions this contract never takes ----

    /// @inheritdoc ILoanCallbacks
    function onOpen(uint256, uint256, bytes calldata) external pure {
        revert NotSupported();
    }

    /// @inheritdoc ILoanCallbacks
    function onRepay(uint256, uint256, bytes calldata) external pure {
        revert NotSupported();
    }

    /// @inheritdoc ILoanCallbacks
    function onTopUp(uint256, uint256, bytes calldata) external pure {
        revert NotSupported();
    }

    /// @inheritdoc ILoanCallbacks
    function onClose(uint256, uint256, uint256, bytes calldata) external pure {
        revert NotSupported();
    }

    // ---- inside ----

    function _attempt(Item calldata item, uint256 gasLimit) private returns (Outcome memory outcome) {
        bytes memory request = abi.encodeCall(this.runItem, (item));
        uint256 gasBefore = gasleft();
        bool done;
        bytes memory answer;
        assembly ("memory-safe") {
            done := call(gasLimit, address(), 0, add(request, 0x20), mload(request), 0, 0)
            let size := returndatasize()
            if gt(size, MAX_REASON) {
                size := MAX_REASON
            }
            answer := mload(0x40)
            mstore(answer, size)
            returndatacopy(add(answer, 0x20), 0, size)
            mstore(0x40, and(add(add(answer, size), 0x3f), not(0x1f)))
        }
        outcome.gasUsed = gasBefore - gasleft();
        outcome.done = done;
        if (done) (outcome.repaid, outcome.seized, outcome.profit) = abi.decode(answer, (uint256, uint256, uint256));
        else outcome.reason = answer;
    }

    function _run(Item memory item) private returns (uint256 repaid, uint256 seized, uint256 profit) {
        ILoans manager = _managerOf(item.id);
        if (item.markFirst) {
            // Somebody may have marked it by now. Where it is not in default, the liquidation itself says so.
            try ITermLoanManager(address(manager)).markDefault(item.id) {} catch {}
        }
        Facility memory facility = manager.facilityOf(item.id.facilityOf());
        Job memory job = Job({
            pool: facility.ltv.pool,
            loanAsset: IPoolLedger(facility.ltv.pool).asset(),
            collateralAsset: ICollateralVault(facility.custody.vault).asset(),
            minProfit: item.minProfit,
            legs: item.legs
        });
        uint256 held = IERC20(job.loanAsset).balanceOf(address(this));
        bool fromInventory = item.legs.length == 0;
        uint256 maxRepaid = item.maxRepaid;
        if (fromInventory) {
            uint256 limit = Math.min(held, inventoryOf[item.id.facilityOf()].allowance);
            require(limit != 0, NoInventory(item.id.facilityOf()));
            maxRepaid = Math.min(maxRepaid, limit);
        }

        _underWay = item.id;
        // slither-disable-next-line reentrancy-balance,reentrancy-no-eth: both entries are nonReentrant
        (repaid, seized) = manager.liquidate(item.id, maxRepaid, item.minCollateralPerUnitE36, abi.encode(job));
        _underWay = 0;

        if (fromInventory) {
            profit = _spend(item.id.facilityOf(), facility.pricing.oracle, repaid, seized, item.minProfit);
        } else {
            uint256 holds = IERC20(job.loanAsset).balanceOf(address(this));
            profit = holds.zeroFloorSub(held);
            require(holds >= held + item.minProfit, ProfitTooLow(profit, item.minProfit));
        }
        emit ItemDone(item.id, repaid, seized, profit, fromInventory);
    }

    /// @dev Sells `amount` of the collateral, leg by leg; together they bring at least `least`, or it reverts.
    function _sell(Job memory job, uint256 amount, uint256 least) private {
        IERC20(job.collateralAsset).forceApprove(address(ROUTER), amount);
        uint256 weights = 0;
        for (uint256 i = 0; i < job.legs.length; i++) weights += job.legs[i].weight;
        uint256 left = amount;
        for (uint256 i = 0; i < job.legs.length; i++) {
            Leg memory leg = job.legs[i];
            leg.path.requireEnds(job.collateralAsset, job.loanAsset);
            bool isLast = i + 1 == job.legs.length;
            uint256 part = isLast ? left : amount.mulDivDown(leg.weight, weights);
            left -= part;
            if (part == 0 && !isLast) continue;
            uint256 received = ROUTER.exactInput(
                IUniswapV3Router.ExactInputParams({
                    path: leg.path,
                    recipient: address(this),
                    deadline: block.timestamp,
                    amountIn: part,
                    amountOutMinimum: isLast ? least : 0 // the last one must bring what the others left wanting
                })
            );
            least = least.zeroFloorSub(received);
        }
    }

    /// @dev Books a payment out of inventory, after the engine said what it bought.
    /// @return profit what the collateral is worth beyond the payment, loan units.
    function _spend(
        uint32 facility,
        address oracle,
        uint256 repaid,
        uint256 seized,
        uint256 minProfit
    ) private returns (uint256 profit) {
        Inventory storage inventory = inventoryOf[facility];
        uint256 premium = repaid.mulDivUp(inventory.minPremiumBps, BPS);
        uint256 least = repaid + Math.max(premium, minProfit);
        uint256 worth = seized.mulDivDown(IOracle(oracle).liquidationPrice(), PRICE_SCALE);
        require(worth >= least, WorthTooLittle(worth, least));
        // maxRepaid was no more than the allowance, and the manager never takes more than that.
        inventory.allowance -= uint128(repaid);
        return worth - repaid;
    }

    function _reasonsOf(Outcome[] memory outcomes) private pure returns (bytes[] memory reasons) {
        reasons = new bytes[](outcomes.length);
        for (uint256 i = 0; i < outcomes.length; i++) reasons[i] = outcomes[i].reason;
    }
}
