// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../../../contracts/interfaces/ICollateralVault.sol";
import {IFacilities} from "../../../contracts/interfaces/IFacilities.sol";
import {IPoolLedger, TrancheClass} from "../../../contracts/interfaces/IPoolLedger.sol";
import {IRedemptionQueue} from "../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITermLendingPool} from "../../../contracts/interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../../../contracts/interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../../../contracts/interfaces/ITermLoanManager.sol";
import {ITranche} from "../../../contracts/interfaces/ITranche.sol";
import {FacilityKind} from "../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance, TermSheet, TermTerms} from "../../../contracts/interfaces/TermLoanTypes.sol";
import {MockOracle} from "../../../contracts/mocks/MockOracle.sol";
import {Market} from "./Market.sol";

/// @notice A market with a term facility beside the revolving one: all three classes of lenders, four sheets, a fixed base rate of
/// 8 % a year unless a test chooses the curve.
/// @dev What a test reads is the term facility's; the revolving one stands behind super.setUp.
abstract contract TermMarket is Market {
    uint256 internal constant DAY = 1 days;
    /// @dev Number of each sheet.
    uint8 internal constant MONTHLY = 0;
    uint8 internal constant BULLET = 1;
    uint8 internal constant BALLOON = 2;
    uint8 internal constant DAILY = 3;

    ITermLoanManager internal termManager;
    ITermLoanBook internal book;
    ITermLendingPool internal termPool;
    ICollateralVault internal termVault;
    MockOracle internal termOracle;
    ITranche internal termSenior;
    ITranche internal termJunior;
    ITranche internal termCover;
    IRedemptionQueue internal termQueue;
    uint32 internal termFacility;

    address internal juniorLender = makeAddr("junior lender");
    address internal underwriter = makeAddr("underwriter");

    function setUp() public virtual override {
        super.setUp();
        termManager = ITermLoanManager(
            deployCode("contracts/loan/TermLoanManager.sol:TermLoanManager", abi.encode(access, engine))
        );
        book = ITermLoanBook(deployCode("contracts/loan/TermLoanBook.sol:TermLoanBook"));
        _grantManager(address(termManager));
        _deployTermParts();
        _addSheets();
        uint256 seed = 1000 * USD;
        usd.mint(address(this), 3 * seed);
        usd.approve(address(termSenior), seed);
        usd.approve(address(termJunior), seed);
        usd.approve(address(termCover), seed);
        termFacility = termManager.createFacility(_termParams(), seed);
        _fund(juniorLender);
        _fund(underwriter);
        address[5] memory everyone = [lender, juniorLender, underwriter, borrower, liquidator];
        for (uint256 i; i < everyone.length; ++i) _approveTerm(everyone[i]);
        vm.prank(lender);
        termSenior.deposit(10_000_000 * USD, lender);
        vm.prank(juniorLender);
        termJunior.deposit(2_000_000 * USD, juniorLender);
        vm.prank(underwriter);
        termCover.deposit(500_000 * USD, underwriter);
    }

    // ---- what a concrete test chooses ----

    function _baseRatePerSecond() internal view virtual returns (uint256) {
        return uint256(0.08e18) / YEAR;
    }

    function _termConfig() internal view virtual returns (IPoolLedger.PoolConfig memory c) {
        c.asset = address(usd);
        c.manager = address(termManager);
        c.senior = address(termSenior);
        c.junior = address(termJunior);
        c.cover = address(termCover);
        c.queue = address(termQueue);
        c.authority = address(access);
        c.fixedRatePerSecond = _baseRatePerSecond();
        c.reserveFeeBps = 1000;
        c.juniorSpreadBps = 2000;
        c.coverPremiumBps = 500;
    }

    // ---- building ----

    function _deployTermParts() private {
        termOracle = MockOracle(
            deployCode(
                "contracts/mocks/MockOracle.sol:MockOracle",
                abi.encode(btc, usd, _price(50_000), uint256(1 days), uint256(2 hours))
            )
        );
        termVault = ICollateralVault(
            deployCode("contracts/collateral/CollateralVault.sol:CollateralVault", abi.encode(btc, termManager))
        );
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 4);
        termSenior = _tranche(predicted, TrancheClass.Senior);
        termJunior = _tranche(predicted, TrancheClass.Junior);
        termCover = _tranche(predicted, TrancheClass.Cover);
        termQueue = IRedemptionQueue(
            deployCode("contracts/lending/RedemptionQueue.sol:RedemptionQueue", abi.encode(termSenior, predicted))
        );
        termPool = ITermLendingPool(
            deployCode("contracts/lending/TermLendingPool.sol:TermLendingPool", abi.encode(_termConfig(), book))
        );
        assertEq(address(termPool), predicted, "pool is not where the tranches look for it");
        _grantPool(address(termPool));
        access.setTargetFunctionRole(address(termPool), roles.sheetSelectors(RISK), RISK);
        access.setTargetFunctionRole(address(termPool), roles.sheetSelectors(GUARDIAN), GUARDIAN);
    }

    function _tranche(address pool_, TrancheClass class) internal virtual returns (ITranche) {
        uint256 waits = class == TrancheClass.Senior ? 0 : 1;
        return
            ITranche(
                deployCode(
                    "contracts/lending/Tranche.sol:Tranche",
                    abi.encode(usd, pool_, termManager, class, "T", "T", waits * 7 days, waits * 2 days)
                )
            );
    }

    function _addSheets() internal virtual {
        termPool.addTermSheet(_sheet(30 days, 12, 0));
        termPool.addTermSheet(_sheet(365 days, 1, 0));
        termPool.addTermSheet(_sheet(30 days, 12, 5000));
        termPool.addTermSheet(_sheet(1 days, 120, 0));
    }

    /// @dev Base rate plus 4 %; 10 days of grace; 6 % late premium, 25 dollars a late instalment; 1 % for prepayment.
    function _sheet(uint32 interval, uint8 count, uint16 balloonBps) internal view returns (TermSheet memory) {
        return
            TermSheet({
                intervalSeconds: interval,
                count: count,
                graceSeconds: 10 days,
                latePremiumBps: 600,
                prepaymentFeeBps: 100,
                balloonBps: balloonBps,
                spreadBps: 400,
                lateFee: uint96(25 * USD),
                retired: false
            });
    }

    function _termParams() internal view virtual returns (IFacilities.FacilityParams memory) {
        return
            IFacilities.FacilityParams({
                pool: address(termPool),
                vault: address(termVault),
                oracle: address(termOracle),
                gate: address(0),
                kind: FacilityKind.Term,
                maxLtvBps: 7000,
                lltvBps: 8000,
                targetLtvBps: 6500,
                incentiveMinBps: 200,
                incentiveMaxBps: 800,
                healthForMaxBps: 9500,
                rampSeconds: 1 days,
                minDebt: uint80(100 * USD),
                cap: uint96(100_000_000 * USD),
                loanCap: uint96(20_000_000 * USD)
            });
    }

    function _approveTerm(address who) internal {
        vm.startPrank(who);
        btc.approve(address(termVault), type(uint256).max);
        usd.approve(address(termPool), type(uint256).max);
        usd.approve(address(termSenior), type(uint256).max);
        usd.approve(address(termJunior), type(uint256).max);
        usd.approve(address(termCover), type(uint256).max);
        vm.stopPrank();
    }

    // ---- helpers ----

    function _opening(
        uint64 salt,
        uint8 sheet,
        uint256 collateral,
        uint256 principal
    ) internal view returns (ITermLoanManager.Opening memory) {
        return
            ITermLoanManager.Opening({
                facility: termFacility,
                salt: salt,
                sheet: sheet,
                collateral: collateral,
                principal: principal,
                maxAnnualRate: 1e18,
                deadline: block.timestamp,
                receiver: borrower,
                agreement: keccak256("paper")
            });
    }

    function _openTerm(uint64 salt, uint8 sheet, uint256 collateral, uint256 principal) internal returns (uint256) {
        vm.prank(borrower);
        return termManager.open(_opening(salt, sheet, collateral, principal), "");
    }

    /// @dev A hundred bitcoin and a million dollars, monthly.
    function _openMillion() internal returns (uint256) {
        return _openTerm(0, MONTHLY, 100 * BTC, 1_000_000 * USD);
    }

    function _pay(uint256 id, uint256 assets) internal returns (uint256) {
        vm.prank(borrower);
        return termManager.repay(id, assets, "");
    }

    function _balance(uint256 id) internal view returns (TermBalance memory b, TermTerms memory t) {
        return book.balanceOf(address(termPool), id, termManager.loanOf(id));
    }

    function _setTermPrice(uint256 usdPerBtc) internal {
        termOracle.setPrice(_price(usdPerBtc));
    }

    /// @dev POOL-1: all there is belongs to somebody.
    function _assertLedger() internal view {
        uint256 claims =
            termPool.entryNavOf(TrancheClass.Senior) +
                termPool.entryNavOf(TrancheClass.Junior) +
                termPool.entryNavOf(TrancheClass.Cover) +
                termPool.reserve();
        uint256 stake = termPool.availableTo(TrancheClass.Cover);
        assertEq(termPool.cash() + termPool.totalDebt() + stake, claims, "POOL-1");
        assertEq(usd.balanceOf(address(termPool)), termPool.cash() + stake, "cash is there");
    }
}
