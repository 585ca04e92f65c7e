// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GateCheck} from "../compliance/GateCheck.sol";
import {ICapital} from "../interfaces/ICapital.sol";
import {ICollateralVault} from "../interfaces/ICollateralVault.sol";
import {NewRisk} from "../interfaces/ICompliance.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {IPoolLedger, TrancheClass} from "../interfaces/IPoolLedger.sol";
import {ILens} from "../interfaces/ILens.sol";
import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {ILoans} from "../interfaces/ILoans.sol";
import {ITermLendingPool} from "../interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../interfaces/ITermLoanBook.sol";
import {Facility, FacilityFlags, FacilityKind, Loan, LoanFlags} from "../interfaces/LoanTypes.sol";
import {IOracle} from "../interfaces/IOracle.sol";
import {BPS_TO_WAD, DirectedMath} from "../math/DirectedMath.sol";
import {BothManagers} from "../loan/BothManagers.sol";
import {FIRST_TERM_FACILITY, LoanIds} from "../loan/LoanIds.sol";
import {Headroom} from "./Headroom.sol";

/// @title Lens
/// @dev Asks each contract for what it keeps and never computes again what one of them computes.
contract Lens is ILens, BothManagers {
    using DirectedMath for uint256;
    using LoanIds for uint256;

    /// @dev Enough digits for any weight times any ratio.
    uint256 private constant SAMPLE = 1e30;

    constructor(ILoans loanManager_, ILoans termLoanManager_) BothManagers(loanManager_, termLoanManager_) {}

    // ---- facilities ----

    /// @inheritdoc ILens
    function facilityOverview(uint32 facility) public view returns (FacilityOverview memory o) {
        Facility memory f = _managerOfFacility(facility).facilityOf(facility);
        IPoolLedger pool = IPoolLedger(f.ltv.pool);
        o.facility = facility;
        o.config = f;
        (o.tranche, o.seniorNav) = _class(pool, TrancheClass.Senior);
        (o.junior, o.juniorNav) = _class(pool, TrancheClass.Junior);
        (o.cover, o.coverNav) = _class(pool, TrancheClass.Cover);
        o.queue = pool.queue();
        o.redemptionsQueued = pool.redemptionsQueued();
        o.collateralAsset = ICollateralVault(f.custody.vault).asset();
        o.loanAsset = pool.asset();
        o.cash = pool.cash();
        o.totalDebt = pool.totalDebt();
        o.reserve = pool.reserve();
        o.utilisation = pool.utilisation();
        o.borrowRate = pool.borrowRate();
        if (f.pricing.flags & FacilityFlags.NEW_LOANS_STOPPED == 0) {
            uint256 lendable = _lendable(f);
            o.borrowable = lendable < f.access.loanCap ? lendable : f.access.loanCap;
        }
        o.price = _ask(f.pricing.oracle, IOracle.price.selector);
        o.borrowPrice = _ask(f.pricing.oracle, IOracle.borrowPrice.selector);
        o.liquidationPrice = _ask(f.pricing.oracle, IOracle.liquidationPrice.selector);
        Price memory age = _ask(f.pricing.oracle, IOracle.staleFor.selector);
        o.staleFor = age.refusal.length == 0 ? age.priceE36 : type(uint256).max;
    }

    /// @inheritdoc ILens
    function allFacilities() external view returns (FacilityOverview[] memory all) {
        uint32 revolving = _managerOfFacility(0).facilityCount();
        all = new FacilityOverview[](revolving + _managerOfFacility(FIRST_TERM_FACILITY).facilityCount());
        for (uint32 i = 0; i < all.length; ++i) {
            all[i] = facilityOverview(i < revolving ? i + 1 : FIRST_TERM_FACILITY + (i - revolving));
        }
    }

    /// @inheritdoc ILens
    function borrowRateAfter(uint32 facility, uint256 drawn) external view returns (uint256 ratePerSecond) {
        return IPoolLedger(_managerOfFacility(facility).facilityOf(facility).ltv.pool).borrowRateAfter(drawn);
    }

    /// @inheritdoc ILens
    function mostBorrowable(uint32 facility, address owner, uint256 collateral) external view returns (uint256) {
        Facility memory f = _managerOfFacility(facility).facilityOf(facility);
        return _drawable(f, owner, NewRisk.Open, collateral, 0, 0);
    }

    // ---- loans ----

    /// @inheritdoc ILens
    function loanOverview(uint256 id) public view returns (LoanOverview memory o) {
        ILoans manager = _managerOf(id);
        Loan memory loan = manager.loanOf(id);
        o.id = id;
        if (loan.flags & LoanFlags.OPEN == 0) return o;
        o.facility = id.facilityOf();
        Facility memory f = manager.facilityOf(o.facility);
        o.owner = manager.ownerOf(id);
        o.offeredTo = manager.offeredTo(id);
        o.collateral = loan.collateral;
        o.debt = manager.debtOf(id);
        o.price = _ask(f.pricing.oracle, IOracle.price.selector);

        uint256 lltv = f.ltv.lltvBps * BPS_TO_WAD;
        o.liquidationPriceE36 = Headroom.safePriceUp(o.collateral, o.debt, lltv);
        if (o.debt == 0) o.health = type(uint256).max;
        if (o.price.priceE36 != 0) {
            o.value = Headroom.valueDown(o.collateral, o.price.priceE36);
            o.ltv = Headroom.ltvUp(o.value, o.debt);
            if (o.debt != 0) o.health = o.value.mulDivDown(lltv, o.debt);
        }
        if (f.pricing.kind == FacilityKind.Revolving) {
            o.drawable = _drawable(f, o.owner, NewRisk.Draw, o.collateral, o.debt, loan.debtShares);
            o.withdrawable = _withdrawable(f, o.collateral, o.debt);
        } else {
            o.withdrawable = _withdrawableOfTermLoan(f, id, loan);
        }
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
        try _managerOf(id).quoteLiquidation(id, maxRepaid) returns (ILiquidationEngine.Quote memory q) {
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
        Headroom.Position memory position = Headroom.Position(debt, shares, 0, 0);
        if (f.pricing.kind == FacilityKind.Revolving) {
            (position.totalDebt, position.totalShares) = ILendingPool(f.ltv.pool).debtTotals();
        }
        return
            Headroom.drawable(
                position,
                Headroom.Limits({
                    debt: maxDebt < f.access.loanCap ? maxDebt : f.access.loanCap,
                    minDebt: f.pricing.minDebt,
                    assets: _lendable(f)
                })
            );
    }

    /// @dev What cash, queue, cap and capital ratio leave for new debt of all loans together.
    function _lendable(Facility memory f) private view returns (uint256) {
        IPoolLedger pool = IPoolLedger(f.ltv.pool);
        if (pool.redemptionsQueued()) return 0;
        uint256 debt = pool.totalDebt();
        return
            _least(pool.cash(), uint256(f.custody.cap).zeroFloorSub(debt), _mostByCapitalDown(pool).zeroFloorSub(debt));
    }

    /// @dev The debt that the junior class supports: the requirement is a share of the debt, rounded up by less than a unit.
    function _mostByCapitalDown(IPoolLedger pool) private view returns (uint256) {
        address capital = pool.capital();
        if (capital == address(0)) return type(uint256).max;
        uint256 required = ICapital(capital).requiredJuniorUp(address(pool), SAMPLE);
        if (required == 0) return type(uint256).max;
        return pool.navOf(TrancheClass.Junior).zeroFloorSub(1).mulDivDown(SAMPLE, required);
    }

    /// @dev A term loan keeps its collateral until what is overdue is paid, and money paid ahead does not free it.
    function _withdrawableOfTermLoan(Facility memory f, uint256 id, Loan memory loan) private view returns (uint256) {
        if (loan.debtShares == 0) return loan.collateral;
        address pool = f.ltv.pool;
        try ITermLoanBook(ITermLendingPool(pool).book()).debtInGoodStanding(pool, id, loan) returns (uint256 debt) {
            return _withdrawable(f, loan.collateral, debt);
        } catch {
            return 0;
        }
    }

    /// @dev What withdraw's own check leaves, at this second.
    function _withdrawable(Facility memory f, uint256 collateral, uint256 debt) private view returns (uint256) {
        if (debt == 0) return collateral;
        uint256 price = _ask(f.pricing.oracle, IOracle.borrowPrice.selector).priceE36;
        if (price == 0 || f.ltv.maxLtvBps == 0) return 0;
        return collateral.zeroFloorSub(Headroom.collateralUp(debt, price, f.ltv.maxLtvBps * BPS_TO_WAD));
    }

    function _class(IPoolLedger pool, TrancheClass class) private view returns (address tranche, uint256 nav) {
        tranche = pool.tranche(class);
        if (tranche != address(0)) nav = pool.navOf(class);
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
