// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBothManagers} from "./IBothManagers.sol";
import {ILoanCallbacks} from "./ILoanCallbacks.sol";

/// @title A keeper's own liquidator: it needs no capital, because it pays for the collateral with what the collateral fetches.
/// @notice One call buys collateral from the LoanManager, sells all of it on Uniswap v3 for the loan asset, pays the pool
/// out of that and keeps the rest, which its owner withdraws. It never sells for less than it owes plus the profit asked for.
///
/// Operators are keepers' hot keys. Manager and router are fixed, pool and assets come from the facility, so that a
/// stolen operator key can give away the profit of liquidations it makes itself, and nothing that is held here already.
interface ILiquidator is IBothManagers, ILoanCallbacks {
    event OperatorSet(address indexed operator, bool allowed);

    /// @notice Neither the owner nor an operator.
    error NotOperator(address caller);
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @notice Called back by another than the LoanManager, or about another loan than the one being liquidated (0 for none).
    error UnexpectedCallback(address caller, uint256 id, uint256 expectedId);
    /// @notice What is left after the sale and the payment is less than what was asked for; loan units.
    error ProfitTooLow(uint256 profit, uint256 minProfit);
    /// @notice A callback for an action this contract never takes.
    error NotSupported();

    /// @notice Liquidates a loan and sells the collateral. Owner or operator.
    /// @param maxRepaid most that is repaid, loan units; less is taken where less is allowed.
    /// @param minCollateralPerUnitE36 least collateral units a loan unit repaid, scaled 1e36; 0 leaves it to `minProfit`.
    /// @param path of the sale, from the collateral to the loan asset; all that is seized is sold.
    /// @param minProfit least loan units that must be left of the proceeds when the pool was paid.
    /// @param deadline last second at which to execute.
    /// @return repaid to the pool, loan units.
    /// @return seized and sold, collateral units.
    /// @return profit kept here, loan units.
    function liquidate(
        uint256 id,
        uint256 maxRepaid,
        uint256 minCollateralPerUnitE36,
        bytes calldata path,
        uint256 minProfit,
        uint256 deadline
    ) external returns (uint256 repaid, uint256 seized, uint256 profit);

    /// @notice Sends a token held here. Owner only.
    function withdraw(address token, address to, uint256 amount) external;

    /// @notice Owner only.
    function setOperator(address operator, bool allowed) external;

    function isOperator(address account) external view returns (bool);
    function router() external view returns (address);
}
