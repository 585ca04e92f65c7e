// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBothManagers} from "./IBothManagers.sol";
import {ILiquidationEngine} from "./ILiquidationEngine.sol";
import {Facility} from "./LoanTypes.sol";

/// @title Everything a screen or a keeper wants to know of a facility or a loan, in one call. Read-only; holds no state.
/// @notice Figures are as of the block's second, interest included. An oracle that refuses does not make a view revert: its
/// refusal is data (Price.refusal, the revert data as the oracle gave it, to be decoded against IOracle's errors), and what
/// depends on the price is then 0. Views of a facility in the middle of an action revert with FacilityLocked.
/// Warning: for people and for planning. A contract that acts on these figures should ask manager, pool and oracle itself.
interface ILens is IBothManagers {
    /// @notice A price, or why there is none.
    struct Price {
        uint256 priceE36; // loan units for one collateral unit, scaled 1e36; 0 where it is refused
        bytes refusal; // the oracle's revert data; empty where there is a price
    }

    /// @notice One facility. Amounts in units of the loan asset.
    struct FacilityOverview {
        uint32 facility;
        Facility config;
        address tranche; // senior
        address junior; // 0 where there is none, as the next two
        address cover;
        address queue;
        address collateralAsset;
        address loanAsset;
        uint256 cash; // in the pool, not lent
        uint256 totalDebt; // of all loans, with interest
        uint256 seniorNav; // what the senior lenders own, losses that were marked counted; as the next two
        uint256 juniorNav;
        uint256 coverNav;
        bool redemptionsQueued; // senior lenders wait for cash: no new loans
        uint256 reserve;
        uint256 utilisation; // WAD
        uint256 borrowRate; // WAD per second; of a term facility the rate that a term sheet's spread is added to
        uint256 borrowable; // most that one more loan could take: cash, caps, capital ratio (to some units); 0 while new loans are stopped or lenders wait
        Price price; // what the feeds say, for display
        Price borrowPrice; // at which new risk is taken
        Price liquidationPrice; // at which collateral is sold
        uint256 staleFor; // seconds since the oldest feed's round; type(uint256).max where it cannot be read
    }

    /// @notice One loan; all 0 but the id where there is none. Amounts of debt and value in loan units, of collateral in
    /// collateral units. Value, LTV and health are at Price `price`.
    struct LoanOverview {
        uint256 id;
        uint32 facility;
        address owner;
        address offeredTo;
        uint256 collateral;
        uint256 debt; // rounded up
        Price price;
        uint256 value; // rounded down
        uint256 ltv; // WAD, rounded up; type(uint256).max for a debt that nothing covers
        uint256 health; // WAD, rounded down; type(uint256).max for a loan that owes nothing
        uint256 liquidationPriceE36; // lowest price at which the loan is still safe, rounded up; 0 where none is needed or none would do
        uint256 drawable; // most that draw accepts from the owner now; a term loan is not drawn on
        uint256 withdrawable; // most that withdraw accepts from the owner now
    }

    /// @notice Reverts with UnknownFacility where there is none.
    function facilityOverview(uint32 facility) external view returns (FacilityOverview memory);

    /// @notice All facilities in the order of their numbers, the revolving ones first.
    function allFacilities() external view returns (FacilityOverview[] memory);

    function loanOverview(uint256 id) external view returns (LoanOverview memory);

    /// @notice One overview for each id, in the order asked for. A few hundred fit a node's usual limit on gas.
    function loanOverviews(uint256[] calldata ids) external view returns (LoanOverview[] memory);

    /// @notice Most that `owner` can borrow in a new loan against `collateral` (collateral units), in loan units; 0 where
    /// the gate refuses the owner, the oracle refuses a price, new loans are stopped, or minDebt is out of reach.
    function mostBorrowable(uint32 facility, address owner, uint256 collateral) external view returns (uint256);

    /// @notice The rate borrowers would pay if `drawn` (loan units) more were lent now, WAD per second.
    function borrowRateAfter(uint32 facility, uint256 drawn) external view returns (uint256 ratePerSecond);

    /// @notice The liquidation that the loan's manager would carry out now for a liquidator who repays at most `maxRepaid`, or the
    /// reason why not: the revert data, from the errors of ILiquidationEngine, ILoans or the oracle. One is empty.
    function liquidationQuote(
        uint256 id,
        uint256 maxRepaid
    ) external view returns (ILiquidationEngine.Quote memory quote, bytes memory reason);

    /// @notice The same for many loans, without limit on what is repaid.
    function liquidationQuotes(
        uint256[] calldata ids
    ) external view returns (ILiquidationEngine.Quote[] memory quotes, bytes[] memory reasons);
}
