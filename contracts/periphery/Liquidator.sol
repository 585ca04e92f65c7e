// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {ILiquidator} from "../interfaces/ILiquidator.sol";
import {ILoanCallbacks} from "../interfaces/ILoanCallbacks.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {Facility} from "../interfaces/LoanTypes.sol";
import {BothManagers} from "../loan/BothManagers.sol";
import {LoanIds} from "../loan/LoanIds.sol";
import {SwapPath} from "./SwapPath.sol";
import {IUniswapV3Router} from "./UniswapV3.sol";

/// @title Liquidator
/// @dev Multicall lets a keeper simulate several liquidations in the order in which it will send them.
contract Liquidator is ILiquidator, BothManagers, Ownable2Step, Multicall {
    using SafeERC20 for IERC20;
    using LoanIds for uint256;
    using SwapPath for bytes;

    /// @dev What the callback needs; encoded as the liquidation's data.
    struct Sale {
        address pool;
        address loanAsset;
        address collateralAsset;
        bytes path;
        uint256 minProfit;
    }

    IUniswapV3Router private immutable ROUTER;

    /// @inheritdoc ILiquidator
    mapping(address account => bool) public isOperator;

    /// @dev The loan being liquidated; 0 is no loan's id.
    uint256 private transient _underWay;

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
    ) external returns (uint256 repaid, uint256 seized, uint256 profit) {
        require(isOperator[msg.sender] || msg.sender == owner(), NotOperator(msg.sender));
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        ILoans manager = _managerOf(id);
        Facility memory facility = manager.facilityOf(id.facilityOf());
        Sale memory sale = Sale({
            pool: facility.ltv.pool,
            loanAsset: IPoolLedger(facility.ltv.pool).asset(),
            collateralAsset: ICollateralVault(facility.custody.vault).asset(),
            path: path,
            minProfit: minProfit
        });
        path.requireEnds(sale.collateralAsset, sale.loanAsset);

        uint256 before = IERC20(sale.loanAsset).balanceOf(address(this));
        _underWay = id;
        (repaid, seized) = manager.liquidate(id, maxRepaid, minCollateralPerUnitE36, abi.encode(sale));
        _underWay = 0;
        uint256 held = IERC20(sale.loanAsset).balanceOf(address(this));
        profit = held > before ? held - before : 0;
        require(held >= before + minProfit, ProfitTooLow(profit, minProfit));
    }

    /// @inheritdoc ILoanCallbacks
    function onLiquidate(uint256 id, uint256 repaid, uint256 seized, bytes calldata data) external {
        // The manager calls back nobody but its caller; the mark makes sure of it here as well.
        require(
            msg.sender == address(_managerOf(id)) && id == _underWay,
            UnexpectedCallback(msg.sender, id, _underWay)
        );
        _underWay = 0;
        Sale memory sale = abi.decode(data, (Sale));
        IERC20(sale.collateralAsset).forceApprove(address(ROUTER), seized);
        ROUTER.exactInput(
            IUniswapV3Router.ExactInputParams({
                path: sale.path,
                recipient: address(this),
                deadline: block.timestamp,
                amountIn: seized,
                amountOutMinimum: repaid + sale.minProfit
            })
        );
        IERC20(sale.loanAsset).forceApprove(sale.pool, repaid);
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
}
