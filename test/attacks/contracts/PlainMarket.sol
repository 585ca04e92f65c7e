// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPlainPrice} from "./PlainPrices.sol";

interface IPaid {
    function onPaid() external;
}

/// @notice A lender against collateral as many were written, with the faults that were exploited in them: what an attack brings
/// in here is what it could bring in. For attacks only.
/// @dev The faults, each on its line: no virtual shares, no zero check, assets read from balances, rounding for whoever leaves,
/// losses realised when somebody writes them off, a receiver called between burning and paying, collateral booked as named,
/// paid before booked, given away without a look at health, any price, from any source its owner names at once, any part of a
/// loan sold at one fixed bonus.
contract PlainMarket is ERC20 {
    uint256 private constant BPS = 10_000;

    error CollateralLeft(uint256 collateral);
    error NotOwner(address caller);
    error Unhealthy(uint256 debt, uint256 maxDebt);
    error Healthy(uint256 debt, uint256 maxDebt);

    struct Position {
        uint256 collateral;
        uint256 debt;
    }

    IERC20 private immutable COLLATERAL;
    IERC20 private immutable LOAN;
    address private immutable OWNER;
    uint256 private immutable LLTV_BPS;
    uint256 private immutable BONUS_BPS;

    IPlainPrice private _source;
    uint256 private _debts;
    mapping(address owner => Position) public positionOf;

    constructor(
        IERC20 collateral,
        IERC20 loan,
        IPlainPrice source,
        uint256 lltvBps,
        uint256 bonusBps
    ) ERC20("Plain", "P") {
        (COLLATERAL, LOAN, OWNER, _source) = (collateral, loan, msg.sender, source);
        (LLTV_BPS, BONUS_BPS) = (lltvBps, bonusBps);
    }

    // ---- lenders ----

    function totalAssets() public view returns (uint256) {
        return LOAN.balanceOf(address(this)) + _debts;
    }

    function convertToAssets(uint256 shares) public view returns (uint256) {
        return totalSupply() == 0 ? shares : (shares * totalAssets()) / totalSupply();
    }

    function deposit(uint256 assets) external {
        _mint(msg.sender, totalSupply() == 0 ? assets : (assets * totalSupply()) / totalAssets());
        LOAN.transferFrom(msg.sender, address(this), assets);
    }

    function redeem(uint256 shares) external {
        uint256 assets = convertToAssets(shares);
        _burn(msg.sender, shares);
        if (msg.sender.code.length != 0) IPaid(msg.sender).onPaid();
        LOAN.transfer(msg.sender, assets);
    }

    function withdraw(uint256 assets) external {
        _burn(msg.sender, (assets * totalSupply()) / totalAssets());
        LOAN.transfer(msg.sender, assets);
    }

    // ---- borrowers ----

    function supply(uint256 collateral) external {
        positionOf[msg.sender].collateral += collateral;
        COLLATERAL.transferFrom(msg.sender, address(this), collateral);
    }

    function take(uint256 collateral) external {
        uint256 left = positionOf[msg.sender].collateral - collateral;
        COLLATERAL.transfer(msg.sender, collateral);
        positionOf[msg.sender].collateral = left;
        _requireHealthy();
    }

    function borrow(uint256 assets) external {
        positionOf[msg.sender].debt += assets;
        _debts += assets;
        _requireHealthy();
        LOAN.transfer(msg.sender, assets);
    }

    function giveAway(uint256 collateral) external {
        positionOf[msg.sender].collateral -= collateral;
    }

    function liquidate(address owner, uint256 repaid) external returns (uint256 seized) {
        Position storage position = positionOf[owner];
        uint256 maxDebt = _maxDebt(position.collateral);
        require(position.debt > maxDebt, Healthy(position.debt, maxDebt));
        seized = (repaid * (BPS + BONUS_BPS) * 1e36) / BPS / _source.price();
        if (seized > position.collateral) seized = position.collateral;
        position.collateral -= seized;
        position.debt -= repaid;
        _debts -= repaid;
        COLLATERAL.transfer(msg.sender, seized);
        LOAN.transferFrom(msg.sender, address(this), repaid);
    }

    function writeOff(address owner) external {
        require(positionOf[owner].collateral == 0, CollateralLeft(positionOf[owner].collateral));
        _debts -= positionOf[owner].debt;
        positionOf[owner].debt = 0;
    }

    function setSource(IPlainPrice source) external {
        require(msg.sender == OWNER, NotOwner(msg.sender));
        _source = source;
    }

    function _maxDebt(uint256 collateral) private view returns (uint256) {
        return (((collateral * _source.price()) / 1e36) * LLTV_BPS) / BPS;
    }

    function _requireHealthy() private view {
        Position memory position = positionOf[msg.sender];
        if (position.debt == 0) return;
        uint256 maxDebt = _maxDebt(position.collateral);
        require(position.debt <= maxDebt, Unhealthy(position.debt, maxDebt));
    }
}
