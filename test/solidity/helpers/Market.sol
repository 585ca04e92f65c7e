// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {RoleTable} from "../../../contracts/governance/RoleTable.sol";
import {ICollateralVault} from "../../../contracts/interfaces/ICollateralVault.sol";
import {ILendingPool} from "../../../contracts/interfaces/ILendingPool.sol";
import {IFacilities} from "../../../contracts/interfaces/IFacilities.sol";
import {IPoolLedger, TrancheClass} from "../../../contracts/interfaces/IPoolLedger.sol";
import {ILiquidationEngine} from "../../../contracts/interfaces/ILiquidationEngine.sol";
import {IRedemptionQueue} from "../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITranche} from "../../../contracts/interfaces/ITranche.sol";
import {FacilityKind} from "../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../contracts/mocks/MockOracle.sol";
import {MockToken} from "../../../contracts/mocks/MockToken.sol";
import {Creator} from "./Creator.sol";
import {Decimals8x6} from "./Decimals.sol";
import {ILoanManagerFull} from "./ILoanManagerFull.sol";

/// @notice A working system on tokens of any decimals: one manager and engine, and as many facilities as a test creates.
/// @dev Contracts are known by their interfaces and taken from their artifacts (vm.getCode), so that no test compiles the
/// system again. Tokens may be of another make than MockToken, as long as they can be minted like one.
abstract contract Market is Test, Creator, Decimals8x6 {
    uint64 internal constant RISK = 1;
    uint64 internal constant GUARDIAN = 2;
    uint64 internal constant FEES = 3;

    uint256 internal constant START = 1_750_000_000;
    uint256 internal constant YEAR = 365 days;
    uint32 internal constant COOLDOWN = 7 days;
    uint32 internal constant WINDOW = 2 days;

    /// @notice What a test may choose about a facility.
    struct Options {
        MockToken collateral;
        MockToken loan;
        uint256 fixedRatePerSecond; // 0 = adaptive curve
        uint256 reserveFeeBps;
        address gate;
        uint256 minDebt;
        uint256 seed;
        uint256 usdPerBtc; // price at creation, whole dollars
        bool firstLoss; // with junior and cover tranches, and a queue
        uint256 juniorSpreadBps;
        uint256 coverPremiumBps;
        address capital; // 0 = no capital ratio
    }

    /// @notice One facility with all that belongs to it.
    struct Parts {
        uint32 id;
        MockToken btc;
        MockToken usd;
        MockOracle oracle;
        ICollateralVault vault;
        ILendingPool pool;
        ITranche senior;
        ITranche junior; // this and the next two only with firstLoss
        ITranche cover;
        IRedemptionQueue queue;
    }

    IAccessManager internal access;
    ILoanManagerFull internal manager;
    ILiquidationEngine internal engine;
    RoleTable internal roles;

    address internal risk = makeAddr("risk manager");
    address internal guardian = makeAddr("guardian");
    address internal collector = makeAddr("fee collector");
    address internal lender = makeAddr("lender");
    address internal borrower = makeAddr("borrower");
    address internal liquidator = makeAddr("liquidator");
    address internal operator = makeAddr("operator");
    address internal stranger = makeAddr("stranger");

    // The facility most tests are about, taken apart for short names.
    uint32 internal facility;
    MockToken internal btc;
    MockToken internal usd;
    MockOracle internal oracle;
    ICollateralVault internal vault;
    ILendingPool internal pool;
    ITranche internal senior;
    ITranche internal junior;
    ITranche internal cover;
    IRedemptionQueue internal queue;
    /// @dev One whole bitcoin and one whole dollar in smallest units.
    uint256 internal BTC;
    uint256 internal USD;
    uint256 internal minDebt;

    function setUp() public virtual {
        vm.warp(START);
        _deploySystem();
        _use(_createFacility(_options()));
        _fund(lender);
        _fund(borrower);
        _fund(liquidator);
        vm.prank(lender);
        senior.deposit(10_000_000 * USD, lender);
    }

    // ---- what a concrete test chooses ----

    function _options() internal virtual returns (Options memory) {
        return _standard(collateralDecimals, loanDecimals);
    }

    // ---- building ----

    function _deploySystem() internal {
        access = IAccessManager(
            deployCode("test/solidity/helpers/TestAccessManager.sol:TestAccessManager", abi.encode(address(this)))
        );
        engine = ILiquidationEngine(deployCode("contracts/liquidation/LiquidationEngine.sol:LiquidationEngine"));
        manager = ILoanManagerFull(
            deployCode("contracts/loan/LoanManager.sol:LoanManager", abi.encode(access, engine))
        );
        access.grantRole(RISK, risk, 0);
        access.grantRole(RISK, address(this), 0);
        access.grantRole(GUARDIAN, guardian, 0);
        access.grantRole(FEES, collector, 0);
        roles = RoleTable(deployCode("contracts/governance/RoleTable.sol:RoleTable"));
        _grantManager(address(manager));
    }

    /// @dev What a deployment grants on a loan manager.
    function _grantManager(address target) internal {
        access.setTargetFunctionRole(target, roles.managerSelectors(RISK), RISK);
        access.setTargetFunctionRole(target, roles.managerSelectors(GUARDIAN), GUARDIAN);
    }

    /// @dev And on a pool.
    function _grantPool(address target) internal {
        access.setTargetFunctionRole(target, roles.poolSelectors(RISK), RISK);
        access.setTargetFunctionRole(target, roles.poolSelectors(FEES), FEES);
    }

    function _standard(uint8 decimalsOfCollateral, uint8 decimalsOfLoan) internal returns (Options memory o) {
        o.collateral = _token("Wrapped BTC", "WBTC", decimalsOfCollateral);
        o.loan = _token("Dollar", "USD", decimalsOfLoan);
        o.reserveFeeBps = 1000;
        o.minDebt = 100 * 10 ** decimalsOfLoan;
        o.seed = 1000 * 10 ** decimalsOfLoan;
        o.usdPerBtc = 50_000;
    }

    function _createFacility(Options memory o) internal returns (Parts memory p) {
        p = _parts(o);
        o.loan.mint(address(this), o.firstLoss ? 3 * o.seed : o.seed);
        o.loan.approve(address(p.senior), o.seed);
        if (o.firstLoss) {
            o.loan.approve(address(p.junior), o.seed);
            o.loan.approve(address(p.cover), o.seed);
        }
        p.id = manager.createFacility(_params(p, o), o.seed);
    }

    /// @dev Everything a facility needs, deployed but not yet created.
    function _parts(Options memory o) internal returns (Parts memory p) {
        (p.btc, p.usd) = (o.collateral, o.loan);
        uint256 price = _priceE36(o.usdPerBtc, p.btc, p.usd);
        p.oracle = MockOracle(
            deployCode(
                "contracts/mocks/MockOracle.sol:MockOracle",
                abi.encode(p.btc, p.usd, price, uint256(1 days), uint256(2 hours))
            )
        );
        p.vault = ICollateralVault(
            deployCode("contracts/collateral/CollateralVault.sol:CollateralVault", abi.encode(p.btc, manager))
        );
        if (o.firstLoss) _poolAndTranches(p, o);
        else (p.pool, p.senior) = _poolAndTranche(o, TrancheClass.Senior);
        _grantPool(address(p.pool));
    }

    /// @dev The two name each other, so the pool's address is computed before it exists.
    function _poolAndTranche(
        Options memory o,
        TrancheClass class
    ) internal returns (ILendingPool pool_, ITranche senior_) {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        senior_ = _tranche(o, predicted, class);
        pool_ = _pool(_poolConfig(o, senior_), predicted);
    }

    function _poolAndTranches(Parts memory p, Options memory o) private {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 4);
        p.senior = _tranche(o, predicted, TrancheClass.Senior);
        p.junior = _tranche(o, predicted, TrancheClass.Junior);
        p.cover = _tranche(o, predicted, TrancheClass.Cover);
        p.queue = IRedemptionQueue(
            deployCode("contracts/lending/RedemptionQueue.sol:RedemptionQueue", abi.encode(p.senior, predicted))
        );
        IPoolLedger.PoolConfig memory c = _poolConfig(o, p.senior);
        c.queue = address(p.queue);
        (c.junior, c.cover, c.capital) = (address(p.junior), address(p.cover), o.capital);
        (c.juniorSpreadBps, c.coverPremiumBps) = (o.juniorSpreadBps, o.coverPremiumBps);
        p.pool = _pool(c, predicted);
    }

    function _tranche(Options memory o, address pool_, TrancheClass class) private returns (ITranche) {
        bool waits = class != TrancheClass.Senior;
        bytes memory args = abi.encode(
            o.loan,
            pool_,
            manager,
            class,
            "Ballast Tranche",
            "bTR",
            waits ? COOLDOWN : 0,
            waits ? WINDOW : 0
        );
        return ITranche(deployCode("contracts/lending/Tranche.sol:Tranche", args));
    }

    function _pool(IPoolLedger.PoolConfig memory c, address predicted) private returns (ILendingPool pool_) {
        pool_ = ILendingPool(deployCode("contracts/lending/LendingPool.sol:LendingPool", abi.encode(c)));
        assertEq(address(pool_), predicted, "pool is not where the tranches look for it");
    }

    /// @dev Senior lenders only.
    function _poolConfig(
        Options memory o,
        ITranche senior_
    ) internal view virtual returns (IPoolLedger.PoolConfig memory c) {
        c.asset = address(o.loan);
        c.manager = address(manager);
        c.senior = address(senior_);
        c.authority = address(access);
        c.fixedRatePerSecond = o.fixedRatePerSecond;
        c.reserveFeeBps = o.reserveFeeBps;
    }

    function _params(
        Parts memory p,
        Options memory o
    ) internal view virtual returns (IFacilities.FacilityParams memory) {
        uint256 unit = 10 ** o.loan.decimals();
        return
            IFacilities.FacilityParams({
                pool: address(p.pool),
                vault: address(p.vault),
                oracle: address(p.oracle),
                gate: o.gate,
                kind: FacilityKind.Revolving,
                maxLtvBps: 7000,
                lltvBps: 8000,
                targetLtvBps: 6500,
                incentiveMinBps: 200,
                incentiveMaxBps: 800,
                healthForMaxBps: 9500,
                rampSeconds: 1 days,
                minDebt: uint80(o.minDebt),
                cap: uint96(100_000_000 * unit),
                loanCap: uint96(20_000_000 * unit)
            });
    }

    function _token(string memory name, string memory symbol, uint8 decimals) internal returns (MockToken) {
        return MockToken(deployCode("contracts/mocks/MockToken.sol:MockToken", abi.encode(name, symbol, decimals)));
    }

    function _use(Parts memory p) internal {
        (facility, btc, usd, oracle, vault, pool, senior) = (p.id, p.btc, p.usd, p.oracle, p.vault, p.pool, p.senior);
        (junior, cover, queue) = (p.junior, p.cover, p.queue);
        BTC = 10 ** btc.decimals();
        USD = 10 ** usd.decimals();
        minDebt = manager.facilityOf(facility).pricing.minDebt;
    }

    // ---- helpers ----

    function _priceE36(uint256 usdPerBtc, MockToken btc_, MockToken usd_) internal view returns (uint256) {
        return (usdPerBtc * 1e36 * 10 ** usd_.decimals()) / 10 ** btc_.decimals();
    }

    /// @dev Of the facility in use; asks no contract, so that it does not eat a prank.
    function _price(uint256 usdPerBtc) internal view returns (uint256) {
        return (usdPerBtc * 1e36 * USD) / BTC;
    }

    function _setPrice(uint256 usdPerBtc) internal {
        oracle.setPrice(_price(usdPerBtc));
    }

    /// @dev Plenty of both tokens, and every approval an actor of the facility in use may need.
    function _fund(address who) internal {
        btc.mint(who, 100_000 * BTC);
        usd.mint(who, 1_000_000_000 * USD);
        _approve(who);
    }

    function _approve(address who) internal {
        vm.startPrank(who);
        btc.approve(address(vault), type(uint256).max);
        usd.approve(address(pool), type(uint256).max);
        usd.approve(address(senior), type(uint256).max);
        if (address(junior) != address(0)) usd.approve(address(junior), type(uint256).max);
        if (address(cover) != address(0)) usd.approve(address(cover), type(uint256).max);
        vm.stopPrank();
    }

    function _open(uint256 collateral, uint256 principal) internal returns (uint256 id) {
        return _openAs(borrower, 0, collateral, principal);
    }

    function _openAs(address who, uint64 salt, uint256 collateral, uint256 principal) internal returns (uint256 id) {
        vm.prank(who);
        return manager.open(facility, salt, collateral, principal, who, "");
    }

    function _id(address opener, uint32 facility_, uint64 salt) internal pure returns (uint256) {
        return (uint256(uint160(opener)) << 96) | (uint256(facility_) << 64) | salt;
    }

    function _mulDivUp(uint256 x, uint256 y, uint256 d) internal pure returns (uint256) {
        return (x * y + d - 1) / d;
    }
}
