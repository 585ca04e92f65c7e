// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBothManagers} from "./IBothManagers.sol";
import {ILoanCallbacks} from "./ILoanCallbacks.sol";

/// @title A keeper's own liquidator: it needs no capital, because it pays for the collateral with what the collateral fetches.
/// @notice One call buys collateral from the LoanManager, sells all of it on Uniswap v3 for the loan asset, pays the pool
/// out of that and keeps the rest, which its owner withdraws. It never sells for less than it owes plus the profit asked for.
/// Where no market pays and the owner allows it, the pool is paid out of the loan asset held here, and the collateral is kept.
///
/// Several liquidations fit in one transaction. Each has its own share of gas and fails for itself; when none succeeds, the
/// whole reverts, so that neither a simulation nor a receipt's status calls nothing a success. Every entry has a deadline: a
/// keeper whose turn is over is refused by the chain, whatever it sends on waking.
///
/// Operators are keepers' hot keys. Manager and router are fixed, pool and assets come from the facility, so that a
/// stolen operator key can give away the profit of sales it makes itself, and nothing that is held here already; and it can
/// turn the loan asset into collateral only as far as the owner's allowance for that facility goes, and only for collateral that
/// the facility's oracle finds worth the payment and the owner's premium.
interface ILiquidator is IBothManagers, ILoanCallbacks {
    /// @notice A part of what is seized, and where it is sold.
    struct Leg {
        uint256 weight; // of all legs' weights together; the last leg takes what rounding leaves
        bytes path; // Uniswap v3, from the collateral to the loan asset
    }

    /// @notice One liquidation.
    struct Item {
        uint256 id;
        uint256 maxRepaid; // most that is repaid, loan units; less is taken where less is allowed
        uint256 minCollateralPerUnitE36; // least collateral units a loan unit repaid, scaled 1e36
        uint256 minProfit; // loan units that must be left; of inventory: that the collateral must be worth beyond the payment
        bool markFirst; // a term loan's default is marked before, unless it is already
        Leg[] legs; // none: the payment is made out of what is held here
    }

    /// @notice What became of an item.
    struct Outcome {
        bool done;
        uint256 repaid; // loan units
        uint256 seized; // collateral units
        uint256 profit; // loan units kept; of inventory: what the collateral is worth beyond the payment, by the oracle
        uint256 gasUsed;
        bytes reason; // of a failure, its first bytes
    }

    /// @notice What operators may do with the loan asset held here; one slot.
    struct Inventory {
        uint128 allowance; // loan units that may still be paid
        uint16 minPremiumBps; // what the collateral must be worth beyond the payment, of the payment
    }

    event OperatorSet(address indexed operator, bool allowed);
    event InventorySet(uint32 indexed facility, uint128 allowance, uint16 minPremiumBps);
    /// @param profit as in Outcome.
    /// @param fromInventory whether the collateral is kept.
    event ItemDone(uint256 indexed id, uint256 repaid, uint256 seized, uint256 profit, bool fromInventory);
    /// @param reason what it reverted with, its first bytes; empty where it ran out of gas.
    event ItemFailed(uint256 indexed id, bytes reason);

    /// @notice Neither the owner nor an operator.
    error NotOperator(address caller);
    /// @notice Only this contract may run an item by itself.
    error NotSelf(address caller);
    error DeadlinePassed(uint256 deadline, uint256 timestamp);
    /// @notice Called back by another than the LoanManager, or about another loan than the one being liquidated (0 for none).
    error UnexpectedCallback(address caller, uint256 id, uint256 expectedId);
    /// @notice What is left after the sale and the payment is less than what was asked for; loan units.
    error ProfitTooLow(uint256 profit, uint256 minProfit);
    /// @notice The transaction has less gas than its items were promised; see gasFor.
    error TooLittleGas(uint256 gas, uint256 needed);
    /// @notice No item succeeded; why, one by one.
    error NothingDone(bytes[] reasons);
    /// @notice Nothing is held here that operators may pay with in that facility.
    error NoInventory(uint32 facility);
    /// @notice The collateral is worth less, by the facility's oracle, than payment, premium and profit asked for; loan units.
    error WorthTooLittle(uint256 worth, uint256 least);
    /// @notice A callback for an action this contract never takes.
    error NotSupported();

    /// @notice Liquidates one loan and sells the collateral on one path. Owner or operator.
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

    /// @notice Liquidates several loans one after another. An item that reverts, or uses up its gas, changes nothing and stops
    /// nothing; NothingDone when none is left. Owner or operator.
    /// @param gasPerItem most gas an item may use. The transaction must bring it for every item, or it does not begin.
    /// @param deadline last second at which to execute.
    function liquidateMany(
        Item[] calldata items,
        uint256 gasPerItem,
        uint256 deadline
    ) external returns (Outcome[] memory outcomes);

    /// @notice An item of liquidateMany, for this contract alone.
    function runItem(Item calldata item) external returns (uint256 repaid, uint256 seized, uint256 profit);

    /// @notice Lets operators pay with the loan asset held here for collateral of a facility, until `allowance` is used up. Takes
    /// the place of what was allowed before. Owner only.
    /// Warning: the oracle's price is taken for the collateral's worth. Who knows of a better one sooner (a stolen key, say) can
    /// make the contract buy at it; `allowance` is the most it can cost, less the premium.
    function setInventory(uint32 facility, uint128 allowance, uint16 minPremiumBps) external;

    /// @notice Sends a token held here. Owner only.
    function withdraw(address token, address to, uint256 amount) external;

    /// @notice Owner only.
    function setOperator(address operator, bool allowed) external;

    /// @notice Gas that liquidateMany must be entered with, without what a transaction costs by itself.
    function gasFor(uint256 items, uint256 gasPerItem) external pure returns (uint256);
    function inventoryOf(uint32 facility) external view returns (uint128 allowance, uint16 minPremiumBps);
    function isOperator(address account) external view returns (bool);
    function router() external view returns (address);
}
