// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ICollateralSale} from "../interfaces/ICollateralSale.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {IPoolLedger} from "../interfaces/IPoolLedger.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {Facility} from "../interfaces/LoanTypes.sol";
import {BothManagers} from "../loan/BothManagers.sol";
import {LoanIds} from "../loan/LoanIds.sol";
import {SwapPath} from "./SwapPath.sol";
import {IUniswapV3Factory, IUniswapV3Pool, IUniswapV3SwapCallback} from "./UniswapV3.sol";

/// @title Paying a debt out of its collateral over Uniswap v3, money first.
/// @dev The path is walked backwards: each pool pays first and asks in its callback, the first of them this contract, every
/// further one the pool before it. In the last callback the money to repay with is here and only collateral is owed.
abstract contract CollateralSale is ICollateralSale, BothManagers, IUniswapV3SwapCallback {
    using LoanIds for uint256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using SwapPath for bytes;

    /// @dev Passed from pool to pool.
    struct Job {
        uint256 id;
        address owner;
        uint256 payment; // loan units
        uint256 extra; // loan units bought beyond the payment; they stay here for the caller of _sell to send on
        uint256 maxSold; // collateral units
        bool closing;
        address lendingPool;
        address loanAsset;
        address collateralAsset;
    }

    /// @dev Length of an encoded Job; what is left of the path follows it.
    uint256 private constant JOB = 9 * 32;

    /// @dev Uniswap's own bounds of a price, exclusive.
    uint160 private constant MIN_SQRT_PRICE = 4295128739;
    uint160 private constant MAX_SQRT_PRICE = 1461446703485210103287273052203988822378723970342;

    IUniswapV3Factory internal immutable FACTORY;

    /// @dev The pool whose callback is due next, and what it was asked for.
    address private transient _payingPool;
    uint256 private transient _asked;
    /// @dev Collateral paid in the last callback.
    uint256 private transient _sold;

    constructor(
        ILoans loanManager_,
        ILoans termLoanManager_,
        IUniswapV3Factory factory_
    ) BothManagers(loanManager_, termLoanManager_) {
        FACTORY = factory_;
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        require(msg.sender == _payingPool, UnexpectedCallback(msg.sender, _payingPool));
        _payingPool = address(0);
        (uint256 owed, uint256 delivered) = amount0Delta > 0
            ? (uint256(amount0Delta), uint256(-amount1Delta))
            : (uint256(amount1Delta), uint256(-amount0Delta));
        require(delivered == _asked, InsufficientLiquidity(delivered, _asked));
        Job memory job = abi.decode(data[:JOB], (Job));
        bytes memory path = data[JOB:];
        if (path.hasHop()) _buy(job, path, owed, msg.sender);
        else _settle(job, owed, msg.sender);
    }

    /// @inheritdoc ICollateralSale
    function factory() external view returns (address) {
        return address(FACTORY);
    }

    // ---- inside ----

    /// @dev A job of `owner` without payment yet, which may sell all of the loan's collateral.
    function _jobOf(uint256 id, address owner) internal view returns (Job memory job) {
        ILoans manager = _managerOf(id);
        Facility memory facility = manager.facilityOf(id.facilityOf());
        (job.id, job.owner) = (id, owner);
        job.lendingPool = facility.ltv.pool;
        job.loanAsset = IPoolLedger(facility.ltv.pool).asset();
        job.collateralAsset = ICollateralVault(facility.custody.vault).asset();
        job.maxSold = manager.loanOf(id).collateral;
    }

    /// @param path Uniswap v3, exact output: from the loan asset back to the collateral.
    /// @return sold collateral units; the rest of what was taken out of a loan that was closed is here.
    function _sell(Job memory job, bytes memory path) internal returns (uint256 sold) {
        _buy(job, path, job.payment + job.extra, address(this));
        sold = _sold;
    }

    function _requireOwner(uint256 id, address account) internal view {
        address owner = _managerOf(id).ownerOf(id);
        require(account == owner, NotLoanOwner(id, account, owner));
    }

    /// @dev What a loan takes of a payment: of one ahead of its dates, whole units of principal only.
    function _takenOf(uint256 id, uint256 assets) internal view returns (uint256) {
        uint32 number = id.facilityOf();
        if (!_isTerm(number)) return assets;
        ILoans manager = _managerOf(id);
        ITermLendingPool pool = ITermLendingPool(manager.facilityOf(number).ltv.pool);
        return ITermLoanBook(pool.book()).repay(pool.positionOf(id, manager.loanOf(id)), assets).paid;
    }

    /// @dev Buys `amount` of the path's first token for `recipient`; the pool's callback goes on with the rest of the path.
    function _buy(Job memory job, bytes memory path, uint256 amount, address recipient) private {
        (address bought, address sold, uint24 fee) = (path.firstToken(), path.secondToken(), path.firstFee());
        address pool = FACTORY.getPool(bought, sold, fee);
        require(pool != address(0), NoSuchPool(bought, sold, fee));
        (_payingPool, _asked) = (pool, amount);
        bool zeroForOne = sold < bought;
        // slither-disable-next-line unused-return: the callback checks what is delivered and owed
        IUniswapV3Pool(pool).swap(
            recipient,
            zeroForOne,
            -amount.toInt256(),
            zeroForOne ? MIN_SQRT_PRICE + 1 : MAX_SQRT_PRICE - 1,
            bytes.concat(abi.encode(job), path.afterFirstHop())
        );
    }

    /// @dev Repays with what the first pool paid, and pays the last one, to which `owed` of collateral is due.
    function _settle(Job memory job, uint256 owed, address lastPool) private {
        // A token on the path may have let the owner sell the loan meanwhile, to someone who authorised this contract as well.
        _requireOwner(job.id, job.owner);
        require(owed <= job.maxSold, TooMuchSold(owed, job.maxSold));
        _sold = owed;
        ILoans manager = _managerOf(job.id);
        IERC20(job.loanAsset).forceApprove(job.lendingPool, job.payment);
        if (job.closing) {
            // slither-disable-next-line unused-return: it pays the payment approved, or reverts
            manager.close(job.id, address(this), "");
            IERC20(job.collateralAsset).safeTransfer(lastPool, owed);
        } else {
            uint256 paid = manager.repay(job.id, job.payment, "");
            require(paid == job.payment, WouldLeaveDust(job.payment, paid));
            // slither-disable-next-line unused-return: it withdraws `owed`, or reverts
            manager.withdraw(job.id, owed, lastPool);
        }
    }
}
