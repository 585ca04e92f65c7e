// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {IFacilities} from "../interfaces/IFacilities.sol";
import {IRepayWithCollateral} from "../interfaces/IRepayWithCollateral.sol";
import {CollateralSale} from "./CollateralSale.sol";
import {SwapPath} from "./SwapPath.sol";
import {IUniswapV3Factory} from "./UniswapV3.sol";

/// @title RepayWithCollateral
contract RepayWithCollateral is IRepayWithCollateral, CollateralSale {
    using SafeERC20 for IERC20;
    using SwapPath for bytes;

    constructor(
        ILoans loanManager_,
        ILoans termLoanManager_,
        IUniswapV3Factory factory_
    ) CollateralSale(loanManager_, termLoanManager_, factory_) {}

    /// @inheritdoc IRepayWithCollateral
    function close(
        uint256 id,
        Sale calldata sale,
        address receiver
    ) external returns (uint256 paid, uint256 sold, uint256 returned) {
        Job memory job = _prepare(id, sale);
        job.closing = true;
        ILoans manager = _managerOf(id);
        paid = job.payment = manager.payOffOf(id);
        uint256 collateral = manager.loanOf(id).collateral;
        // slither-disable-next-line unused-return: nothing is owed, and the collateral is known
        if (paid == 0) manager.close(id, address(this), "");
        else sold = _sell(job, sale.path);
        returned = collateral - sold;
        emit RepaidWithCollateral(id, msg.sender, paid, sold);
        IERC20(job.collateralAsset).safeTransfer(receiver, returned);
    }

    /// @inheritdoc IRepayWithCollateral
    function repay(uint256 id, uint256 assets, Sale calldata sale) external returns (uint256 paid, uint256 sold) {
        Job memory job = _prepare(id, sale);
        uint256 payOff = _managerOf(id).payOffOf(id);
        require(assets != 0 && payOff != 0, IFacilities.ZeroAmount());
        paid = job.payment = _takenOf(id, assets < payOff ? assets : payOff);
        sold = _sell(job, sale.path);
        emit RepaidWithCollateral(id, msg.sender, paid, sold);
    }

    function _prepare(uint256 id, Sale calldata sale) private view returns (Job memory job) {
        _requireOwner(id, msg.sender);
        require(block.timestamp <= sale.deadline, DeadlinePassed(sale.deadline, block.timestamp));
        job = _jobOf(id, msg.sender);
        if (sale.maxSold < job.maxSold) job.maxSold = sale.maxSold;
        sale.path.requireEnds(job.loanAsset, job.collateralAsset);
    }
}
