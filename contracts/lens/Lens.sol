// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GateCheck} from "../compliance/GateCheck.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {TrancheClass} from "../interfaces/IPoolLedger.sol";
import {ILens} from "../interfaces/ILens.sol";
import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoanManager} from "../interfaces/ILoanManager.sol";
import {Facility, FacilityFlags, Loan, LoanFlags} from "../interfaces/LoanTypes.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {BPS_TO_WAD, DirectedMath} from "../math/DirectedMath.sol";
import {Headroom} from "./Headroom.sol";

/// @title Lens
/// @dev Asks each contract for what it keeps and never computes again what one of them computes.
contract Lens is ILens {
    using DirectedMath for uint256;

    ILoanManager private immutable MANAGER;

    constructor(ILoanManager manager_) {
        MANAGER = manager_;
    }

    /// @inheritdoc ILens
    function manager() external view returns (address) {
        return address(MANAGER);
    }

    // ---- facilities ----

    /// @inheritdoc ILens
    function facilityOverview(uint32 facility) public view returns (FacilityOverview memory o) {
        Facility memory f = MANAGER.facilityOf(facility);
        ILendingPool pool = ILendingPool(f.ltv.pool);
        o.facility = facility;
        o.config = f;
        o.tranche = pool.tranche(TrancheClass.Senior);
        o.collateralAsset = ICollateralVault(f.custody.vault).asset();
        o.loanAsset = pool.asset();
        o.cash = pool.cash();
        (o.totalDebt, ) = pool.debtTotals();
        o.seniorNav = pool.navOf(TrancheClass.Senior);
        o.reserve = pool.reserve();
        o.utilisation = pool.utilisation();
        o.borrowRate = pool.borrowRate();
        if (f.pricing.flags & FacilityFlags.NEW_LOANS_STOPPED == 0) {
            o.borrowable = _least(o.cash, uint256(f.custody.cap).zeroFloorSub(o.totalDebt), f.access.loanCap);
        }
        o.price = _ask(f.pricing.oracle, IOracle.price.selector);
        o.borrowPrice = _ask(f.pricing.oracle, IOracle.borrowPrice.selector);
        o.liquidationPrice = _ask(f.pricing.oracle, IOracle.liquidationPrice.selector);
        Price memory age = _ask(f.pricing.oracle, IOracle.staleFor.selector);
        o.staleFor = age.refusal.length == 0 ? age.priceE36 : type(uint256).max;
    }

    /// @inheritdoc ILens
    function allFacilities() external view returns (FacilityOverview[] memory all) {
        all = new FacilityOverview[](MANAGER.facilityCount());
        for (uint32 i = 0; i < all.length; ++i) all[i] = facilityOverview(i + 1);
    }

    /// @inheritdoc ILens
    function borrowRateAfter(uint32 facility, uint256 drawn) external view returns (uint256 ratePerSecond) {
        return ILendingPool(MANAGER.facilityOf(facility).ltv.pool).borrowRateAfter(drawn);
    }

    /// @inheritdoc ILens
    function mostBorrowable(uint32 facility, address owner, uint256 collateral) external view returns (uint256) {
        return _drawable(MANAGER.facilityOf(facility), owner, NewRisk.Open, collateral, 0, 0);
    }

    // ---- loans ----

    /// @inheritdoc ILens
    function loanOverview(uint256 id) public view returns (LoanOverview memory o) {
        Loan memory loan = MANAGER.loanOf(id);
        o.id = id;
        if (loan.flags & LoanFlags.OPEN == 0) return o;
        o.facility = uint32(id >> 64);
        Facility memory f = MANAGER.facilityOf(o.facility);
        o.owner = MANAGER.ownerOf(id);
        o.offeredTo = MANAGER.offeredTo(id);
        o.collateral = loan.collateral;
        o.debt = MANAGER.debtOf(id);
        o.price = _ask(f.pricing.oracle, IOracle.price.selector);

        uint256 lltv = f.ltv.lltvBps * BPS_TO_WAD;
        o.liquidationPriceE36 = Headroom.safePriceUp(o.collateral, o.debt, lltv);
        if (o.debt == 0) o.health = type(uint256).max;
        if (o.price.priceE36 != 0) {
            o.value = Headroom.valueDown(o.collateral, o.price.priceE36);
            o.ltv = Headroom.ltvUp(o.value, o.debt);
            if (o.debt != 0) o.health = o.value.mulDivDown(lltv, o.debt);
        }
        o.drawable = _drawable(f, o.owner, NewRisk.Draw, o.collateral, o.debt, loan.debtShares);
        o.withdrawable = _withdrawable(f, o.collateral, o.debt);
    }

    /// @inheritdoc ILens
    function loanOverviews(uint256[] calldata ids) external view returns (LoanOverview[] memory all) {
        all = new LoanOverview[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) all[i] = loanOverview(ids[i]);
    }

    // ---- liquidations ----

    /// @inheritdoc ILens
    function liquidationQuote(
        uint256 id,
        uint256 maxRepaid
    ) public view returns (ILiquidationEngine.Quote memory quote, bytes memory reason) {
        try MANAGER.quoteLiquidation(id, maxRepaid) returns (ILiquidationEngine.Quote memory q) {
            quote = q;
        } catch (bytes memory why) {
            reason = why;
        }
    }

    /// @inheritdoc ILens
    function liquidationQuotes(
        uint256[] calldata ids
    ) external view returns (ILiquidationEngine.Quote[] memory quotes, bytes[] memory reasons) {
        quotes = new ILiquidationEngine.Quote[](ids.length);
        reasons = new bytes[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            (quotes[i], reasons[i]) = liquidationQuote(ids[i], type(uint256).max);
        }
    }

    // ---- inside ----

    /// @dev What LoanManager's own checks of new debt leave, at this second.
    function _drawable(
        Facility memory f,
        address owner,
        NewRisk action,
        uint256 collateral,
        uint256 debt,
        uint256 shares
    ) private view returns (uint256 assets) {
        if (
            f.pricing.flags & FacilityFlags.NEW_LOANS_STOPPED != 0 ||
            GateCheck.reasonOf(f.access.gate, owner, action) != 0
        ) return 0;
        uint256 price = _ask(f.pricing.oracle, IOracle.borrowPrice.selector).priceE36;
        uint256 maxDebt = Headroom.maxDebtDown(collateral, price, f.ltv.maxLtvBps * BPS_TO_WAD);
        ILendingPool pool = ILendingPool(f.ltv.pool);
        (uint256 totalDebt, uint256 totalShares) = pool.debtTotals();
        assets = Headroom.drawable(
            Headroom.Position({debt: debt, shares: shares, totalDebt: totalDebt, totalShares: totalShares}),
            Headroom.Limits({
                debt: maxDebt < f.access.loanCap ? maxDebt : f.access.loanCap,
                minDebt: f.pricing.minDebt,
                assets: _least(pool.cash(), uint256(f.custody.cap).zeroFloorSub(totalDebt), type(uint256).max)
            })
        );
    }

    /// @dev What withdraw's own check leaves, at this second.
    function _withdrawable(Facility memory f, uint256 collateral, uint256 debt) private view returns (uint256) {
        if (debt == 0) return collateral;
        uint256 price = _ask(f.pricing.oracle, IOracle.borrowPrice.selector).priceE36;
        if (price == 0 || f.ltv.maxLtvBps == 0) return 0;
        return collateral.zeroFloorSub(Headroom.collateralUp(debt, price, f.ltv.maxLtvBps * BPS_TO_WAD));
    }

    /// @dev A low-level call, so that an oracle that answers garbage is a refusal like any other.
    function _ask(address oracle, bytes4 question) private view returns (Price memory answer) {
        (bool answered, bytes memory data) = oracle.staticcall(abi.encodePacked(question));
        if (answered && data.length == 32) answer.priceE36 = abi.decode(data, (uint256));
        else answer.refusal = data.length == 0 ? bytes("no answer") : data;
    }

    function _least(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        uint256 least = a < b ? a : b;
        return least < c ? least : c;
    }
}
