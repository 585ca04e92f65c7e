// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralSale} from "./ICollateralSale.sol";

/// @notice What an order does when its condition holds.
enum OrderKind {
    Deleverage, // sells collateral when the LTV is at or above the trigger
    TakeProfit, // sells collateral when the price is at or above the trigger
    AutoRepay, // repays out of the owner's wallet when the LTV is at or above the trigger
    AutoTopUp // tops up out of the owner's wallet when the LTV is at or above the trigger
}

/// @notice An owner's terms. What its kind does not use must be 0, so that nobody relies on a bound that does not bind.
struct Order {
    uint40 expiresAt; // last second at which to execute
    uint16 triggerLtvBps; // all but TakeProfit: below the facility's lltv
    uint16 targetLtvBps; // all but TakeProfit: below the trigger; for Deleverage at most maxLtv
    uint16 maxSlippageBps; // Deleverage, TakeProfit: how far below the oracle's price the sale may be, in all
    uint16 feeBps; // the keeper's fee, of what is repaid or topped up
    uint128 maxFee; // most of it in one execution; loan units, for AutoTopUp collateral units
    uint128 assets; // TakeProfit: what to repay, loan units; type(uint128).max is all the debt
    uint128 maxPerExecution; // AutoRepay (loan units), AutoTopUp (collateral units): most taken at once, fee included
    uint128 limit; // the same two: most still to be taken in all; each execution lowers it
    uint256 triggerPriceE36; // TakeProfit: loan units for one collateral unit, scaled 1e36
    bytes path; // Deleverage, TakeProfit: Uniswap v3, exact output: from the loan asset back to the collateral
}

/// @title A borrower's standing orders: what any keeper may do to a loan, when, and for how much.
/// @notice A loan's owner places at most one order of each kind for it. Deleverage and TakeProfit need this contract authorised
/// as operator with WITHDRAW in the loan's facility; AutoRepay and AutoTopUp need an ERC-20 allowance of the loan asset or the
/// wrapped BTC to this contract. A standing authorisation or allowance is harmless without an order: nothing here moves anything
/// but by an order of the loan's present owner, and nothing is kept between calls.
///
/// Which price: every condition, and the slippage bound, is measured by the oracle's liquidationPrice, the one by which the loan
/// would be liquidated: the primary price, which no market can push, refused during a sequencer's grace and while the second
/// source holds liquidation back. (The lower of both sources, at which one borrows, could be pushed down by a trade, and with it
/// the bound.) A refusal means no execution. A partial sale must also leave maxLtv satisfied at the price at which one borrows,
/// as any withdrawal must.
///
/// Which amounts: an order with a target moves at once what the target takes, so the condition no longer holds and there is no
/// second fee. Deleverage repays what would be needed at the worst price the order allows, so the LTV ends at or just
/// below target, and whatever a better price saves of the collateral stays in the loan. All the debt is repaid where less than
/// minDebt would remain. AutoRepay and AutoTopUp are content with less than the target takes (a wallet or limit that is too
/// small) if that is enough to leave the LTV below the trigger. TakeProfit repays what it names, cut to leave minDebt, and is
/// gone. Where the conditions of several orders hold, the keeper chooses which comes first.
///
/// Of a term loan a payment first pays what is due, then is credit up to the next instalment, then prepays for a fee, which the
/// amounts include. Credit frees no collateral, so Deleverage measures its target without it; it pays at least what cures a loan
/// in default, and all where prepayment cannot reach the target.
///
/// Warning: a keeper may take the whole slippage bound by trading around the sale. With Deleverage the owner loses at most
/// (1 + fee) / (1 − slippage) − 1 of what is repaid; keep that below the facility's least liquidation incentive.
/// Warning: an order belongs to loan and owner. It stands until it expires or is cancelled, also when the owner closes the loan
/// and opens another under the same salt, or gives the loan away and takes it back.
interface IProtectionOrders is ICollateralSale {
    /// @notice What an execution now would move. What the kind does not move is 0.
    struct Quote {
        address owner;
        uint256 priceE36;
        uint256 debt; // before
        uint256 collateral; // before
        uint256 repaid; // loan units
        uint256 toppedUp; // collateral units
        uint256 maxSold; // most collateral units that go for `repaid` and `fee`
        uint256 fee; // the keeper's; loan units, for AutoTopUp collateral units
    }

    event OrderPlaced(uint256 indexed id, address indexed owner, OrderKind indexed kind, Order order);
    event OrderCancelled(uint256 indexed id, address indexed owner, OrderKind indexed kind);
    /// @notice An order was executed. A TakeProfit is gone with it; the `limit` of an AutoRepay is less by `repaid + fee`, that of
    /// an AutoTopUp by `toppedUp + fee`.
    /// @param sold collateral units.
    event OrderExecuted(
        uint256 indexed id,
        address indexed owner,
        OrderKind indexed kind,
        address keeper,
        uint256 repaid,
        uint256 toppedUp,
        uint256 sold,
        uint256 fee,
        uint256 priceE36
    );

    /// @notice A field of an order is out of its bounds.
    error InvalidOrder(string field, uint256 value, uint256 least, uint256 most);
    /// @notice The loan's owner (0 where there is no loan) has no such order.
    error NoOrder(uint256 id, address owner, OrderKind kind);
    error OrderExpired(uint256 expiresAt, uint256 timestamp);
    error NothingOwed(uint256 id);
    error LtvBelowTrigger(uint256 ltvBps, uint256 triggerLtvBps);
    error PriceBelowTrigger(uint256 priceE36, uint256 triggerPriceE36);
    /// @notice Nothing can be repaid of `debt` without leaving less than `minDebt`.
    error NothingToRepay(uint256 debt, uint256 minDebt);
    /// @notice The order's limits and the owner's balance and allowance leave `available`, which does not bring the LTV below the
    /// trigger; the target takes `needed`, fee included. Units of what is taken.
    error InsufficientFunds(uint256 available, uint256 needed);
    error FeeTooLow(uint256 fee, uint256 minFee);
    /// @notice The execution would leave the order's condition as it was.
    error StillTriggered(uint256 ltvBps, uint256 triggerLtvBps);

    /// @notice Places or replaces the caller's order of that kind for a loan of theirs.
    function place(uint256 id, OrderKind kind, Order calldata order) external;

    /// @notice Cancels the caller's order of that kind, also where the loan is no longer theirs.
    function cancel(uint256 id, OrderKind kind) external;

    /// @notice Executes the order of the loan's owner; anyone may.
    /// @param feeReceiver is sent the fee.
    /// @param minFee least fee for which the caller executes; the owner may have replaced the order meanwhile.
    /// @return done what was moved.
    /// @return sold collateral units.
    function execute(
        uint256 id,
        OrderKind kind,
        address feeReceiver,
        uint256 minFee
    ) external returns (Quote memory done, uint256 sold);

    /// @notice What execute would move now. Reverts with the reason where the order, the oracle or the owner's wallet is in the
    /// way; execute begins with the same function. The market and the owner's authorisation are not asked: simulate `execute`.
    function quote(uint256 id, OrderKind kind) external view returns (Quote memory);

    /// @notice The same without reverting.
    /// @return isExecutable whether quote answers.
    /// @return amounts its answer.
    /// @return refusal else its revert data: an error of this interface, or the oracle's.
    function executable(
        uint256 id,
        OrderKind kind
    ) external view returns (bool isExecutable, Quote memory amounts, bytes memory refusal);

    /// @notice All 0 where there is none.
    function orderOf(uint256 id, address owner, OrderKind kind) external view returns (Order memory);
}
