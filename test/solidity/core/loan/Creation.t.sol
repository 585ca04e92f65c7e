// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Facility, FacilityKind} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice A facility is created whole or not at all, and nothing wrong that could never be mended later gets in.
contract CreationTest is Market {
    Options private _o;
    Parts private _p;
    IFacilities.FacilityParams private _good;

    function setUp() public override {
        super.setUp();
        _o = _standard(8, 6);
        _p = _parts(_o);
        _good = _params(_p, _o);
        _o.loan.mint(address(this), _o.seed);
        _o.loan.approve(address(_p.senior), _o.seed);
    }

    function test_creation_stores_every_term_binds_the_pool_and_seeds_it_in_the_same_call() public {
        vm.expectEmit(address(manager));
        emit IFacilities.FacilityCreated(2, _good);
        vm.expectEmit(address(_p.pool));
        emit IPoolLedger.Initialised(2);
        vm.expectEmit(address(_p.pool));
        emit IPoolLedger.Entered(TrancheClass.Senior, _o.seed);
        uint32 id = manager.createFacility(_good, _o.seed);

        assertEq(id, 2);
        assertEq(manager.facilityCount(), 2);
        assertEq(_p.pool.facility(), 2);
        Facility memory f = manager.facilityOf(2);
        assertEq(f.ltv.pool, _good.pool);
        assertEq(f.ltv.maxLtvBps, _good.maxLtvBps);
        assertEq(f.ltv.lltvBps, _good.lltvBps);
        assertEq(f.ltv.targetLtvBps, _good.targetLtvBps);
        assertEq(f.ltv.incentiveMinBps, _good.incentiveMinBps);
        assertEq(f.ltv.incentiveMaxBps, _good.incentiveMaxBps);
        assertEq(f.ltv.healthForMaxBps, _good.healthForMaxBps);
        assertEq(f.pricing.oracle, _good.oracle);
        assertEq(f.pricing.minDebt, _good.minDebt);
        assertEq(uint8(f.pricing.kind), uint8(FacilityKind.Revolving));
        assertEq(f.custody.vault, _good.vault);
        assertEq(f.custody.cap, _good.cap);
        assertEq(f.access.gate, _good.gate);
        assertEq(f.access.loanCap, _good.loanCap);
        assertEq(f.rampSeconds, _good.rampSeconds);
        assertEq(_p.pool.cash(), _o.seed);
        assertEq(_p.usd.balanceOf(address(_p.pool)), _o.seed);
        assertEq(_p.senior.balanceOf(address(0xdead)), _o.seed * 1e6, "the seed belongs to nobody");
        assertEq(_p.senior.totalAssets(), _o.seed);
    }

    /// @dev Nothing was lent meanwhile, and there was nothing to lend.
    function test_a_facility_may_be_created_long_after_its_pool() public {
        vm.warp(block.timestamp + 30 days);
        manager.createFacility(_good, _o.seed);
        assertEq(_p.senior.totalAssets(), _o.seed);
    }

    function test_creation_is_for_the_risk_role() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        manager.createFacility(_good, _o.seed);
    }

    function test_a_facility_needs_a_seed() public {
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        manager.createFacility(_good, 0);
    }

    function test_a_failed_seed_leaves_no_facility_behind() public {
        _o.loan.approve(address(_p.senior), 0);
        vm.expectRevert();
        manager.createFacility(_good, _o.seed);
        assertEq(manager.facilityCount(), 1);
        assertEq(_p.pool.facility(), 0);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.UnknownFacility.selector, 2));
        manager.facilityOf(2);
    }

    function test_nothing_enters_a_pool_before_its_facility_is_created_and_seeded() public {
        usd = _o.loan;
        usd.mint(stranger, 100);
        vm.startPrank(stranger);
        usd.approve(address(_p.senior), 100);
        vm.expectRevert(IPoolLedger.NotInitialised.selector);
        _p.senior.deposit(100, stranger);
        vm.expectRevert(IPoolLedger.NotInitialised.selector);
        _p.senior.mint(100e6, stranger);
        vm.expectRevert(abi.encodeWithSelector(ITranche.OnlyManager.selector, stranger, address(manager)));
        _p.senior.seed(stranger, 100);
        vm.stopPrank();
        assertEq(_p.senior.maxDeposit(stranger), 0);
        assertEq(_p.senior.maxMint(stranger), 0);
        assertEq(_p.senior.maxWithdraw(stranger), 0);
        assertEq(_p.senior.maxRedeem(stranger), 0);
    }

    function test_a_gate_that_lets_nobody_in_yet_does_not_keep_the_seed_out() public {
        FaultGate gate = new FaultGate();
        gate.set(FaultGate.Manner.Answers, 5);
        _good.gate = address(gate);
        uint32 id = manager.createFacility(_good, _o.seed);
        assertEq(manager.facilityOf(id).access.gate, address(gate));
        assertEq(_p.pool.cash(), _o.seed);
        assertEq(_p.senior.maxDeposit(stranger), 0, "the gate stands from the first moment");
    }

    // ---- C39: mistakes at creation ----

    function test_fault_C39_limits_out_of_order_are_refused_and_name_the_field() public {
        _good.targetLtvBps = 0;
        _refused("targetLtvBps", 0, 1, 10_000);
        _good.targetLtvBps = 10_001;
        _refused("targetLtvBps", 10_001, 1, 10_000);
        _good.targetLtvBps = 7000;
        _refused("maxLtvBps", 7000, 7001, 10_000);
        _good.targetLtvBps = 6500;
        _good.maxLtvBps = 8000;
        _refused("lltvBps", 8000, 8001, 10_000);
        _good.maxLtvBps = 7000;
        _good.lltvBps = 10_001;
        _refused("lltvBps", 10_001, 7001, 10_000);
    }

    /// @dev C18: at lltv 80 % an incentive of 25 % would be all that the collateral has.
    function test_fault_C18_an_incentive_that_makes_its_own_loss_is_refused() public {
        _good.incentiveMaxBps = 2501;
        _refused("incentiveMaxBps", 2501, 200, 2500);
        _good.incentiveMaxBps = 199;
        _refused("incentiveMaxBps", 199, 200, 2500);
        _good.lltvBps = 10_000;
        _good.incentiveMinBps = 0;
        _good.incentiveMaxBps = 1;
        _refused("incentiveMaxBps", 1, 0, 0);
    }

    function test_fault_C39_other_numbers_out_of_range_are_refused() public {
        _good.healthForMaxBps = 10_000;
        _refused("healthForMaxBps", 10_000, 0, 9999);
        _good.healthForMaxBps = 9500;
        _good.rampSeconds = 0;
        _refused("rampSeconds", 0, 1, type(uint32).max);
        _good.rampSeconds = 1;
        _good.minDebt = 0;
        _refused("minDebt", 0, 1, type(uint80).max);
        _good.minDebt = 100e6;
        _good.loanCap = 100e6 - 1;
        _refused("loanCap", 100e6 - 1, 100e6, type(uint96).max);
    }

    function test_fault_C39_parts_of_another_system_are_refused() public {
        _good.vault = deployCode(
            "contracts/collateral/CollateralVault.sol:CollateralVault",
            abi.encode(_o.collateral, stranger)
        );
        _mismatch("vault.manager", address(manager), stranger);
        _good.vault = address(_p.vault);
        IPoolLedger.PoolConfig memory config = _poolConfig(_o, _p.senior);
        config.manager = stranger;
        _good.pool = deployCode("contracts/lending/LendingPool.sol:LendingPool", abi.encode(config));
        _mismatch("pool.manager", address(manager), stranger);
        // A pool that names another pool's tranche, and one whose tranche is of another token.
        config.manager = address(manager);
        _good.pool = deployCode("contracts/lending/LendingPool.sol:LendingPool", abi.encode(config));
        _mismatch("tranche.pool", _good.pool, address(_p.pool));
        Options memory other = _o;
        other.loan = _token("Other dollar", "USX", 6);
        (, ITranche foreign) = _poolAndTranche(other, TrancheClass.Senior);
        vm.mockCall(address(_p.pool), abi.encodeCall(IPoolLedger.tranche, (TrancheClass.Senior)), abi.encode(foreign));
        vm.mockCall(address(foreign), abi.encodeCall(ITranche.pool, ()), abi.encode(_p.pool));
        _good.pool = address(_p.pool);
        _mismatch("tranche.asset", address(_o.loan), address(other.loan));
    }

    function test_fault_C39_an_oracle_for_another_pair_or_without_a_price_is_refused() public {
        _good.oracle = address(new MockOracle(address(_o.loan), address(_o.loan), 1e36, 1 days, 2 hours));
        _mismatch("oracle.collateralAsset", address(_o.collateral), address(_o.loan));
        _good.oracle = address(new MockOracle(address(_o.collateral), address(_o.collateral), 1e36, 1 days, 2 hours));
        _mismatch("oracle.loanAsset", address(_o.loan), address(_o.collateral));
        _good.oracle = address(new MockOracle(address(_o.collateral), address(_o.loan), 0, 1 days, 2 hours));
        _refused("oracle.price", 0, 1, type(uint256).max);
        _good.oracle = address(_p.oracle);
        _p.oracle.setRefusing(true);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.createFacility(_good, _o.seed);
    }

    function test_fault_C39_the_same_token_on_both_sides_is_refused() public {
        _good.vault = deployCode(
            "contracts/collateral/CollateralVault.sol:CollateralVault",
            abi.encode(_o.loan, manager)
        );
        _mismatch("collateral other than the loan asset", address(_o.loan), address(_o.loan));
    }

    function test_fault_C39_a_pool_serves_one_facility_only() public {
        manager.createFacility(_good, _o.seed);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.AlreadyInitialised.selector, 2));
        manager.createFacility(_good, _o.seed);
        assertEq(manager.facilityCount(), 2);
    }

    function test_fault_C39_zero_addresses_are_refused() public {
        IFacilities.FacilityParams memory good = _good;
        for (uint256 i; i < 3; ++i) {
            _good = good;
            if (i == 0) _good.pool = address(0);
            if (i == 1) _good.vault = address(0);
            if (i == 2) _good.oracle = address(0);
            vm.expectRevert();
            manager.createFacility(_good, _o.seed);
        }
    }

    function test_fault_C39_a_tranche_of_another_class_is_refused_as_senior() public {
        (ILendingPool pool_, ) = _poolAndTranche(_o, TrancheClass.Junior);
        _good.pool = address(pool_);
        _refused("tranche.class", uint256(TrancheClass.Junior), 0, uint256(TrancheClass.Senior));
    }

    function test_fault_C39_term_facilities_are_refused_while_nothing_serves_term_loans() public {
        _good.kind = FacilityKind.Term;
        _refused("kind", uint256(FacilityKind.Term), 0, uint256(FacilityKind.Revolving));
    }

    // ---- C13: decimals ----

    function test_fault_C13_tokens_too_coarse_or_too_fine_to_account_in_are_refused() public {
        uint8[4] memory bad = [0, 2, 19, 30];
        for (uint256 i; i < bad.length; ++i) {
            _withDecimals(bad[i], 6);
            _refused("collateral.decimals", bad[i], 6, 18);
            _withDecimals(8, bad[i]);
            _refused("loan.decimals", bad[i], 6, 18);
        }
        _withDecimals(6, 18);
        assertEq(manager.createFacility(_good, _o.seed), 2);
        _withDecimals(18, 6);
        assertEq(manager.createFacility(_good, _o.seed), 3);
    }

    /// @dev Whole tokens of 30 decimals fill the smaller fields, so amounts here are in smallest units.
    function _withDecimals(uint8 collateralDecimals, uint8 loanDecimals) private {
        _o.collateral = _token("Wrapped BTC", "WBTC", collateralDecimals);
        _o.loan = _token("Dollar", "USD", loanDecimals);
        (_o.minDebt, _o.seed) = (1e6, 1e9);
        _p = _parts(_o);
        IFacilities.FacilityParams memory p = _good;
        (p.pool, p.vault, p.oracle) = (address(_p.pool), address(_p.vault), address(_p.oracle));
        (p.minDebt, p.loanCap) = (1e6, 1e12);
        _good = p;
        _o.loan.mint(address(this), _o.seed);
        _o.loan.approve(address(_p.senior), _o.seed);
    }

    /// @dev Each of the three is looked at, and one that is missing hides none.
    function test_fault_C39_first_loss_classes_of_another_pool_are_refused() public {
        for (uint8 class = 1; class < 3; ++class) {
            vm.mockCall(
                address(_p.pool),
                abi.encodeCall(IPoolLedger.tranche, (TrancheClass(class))),
                abi.encode(address(senior))
            );
            _mismatch("tranche.pool", _good.pool, address(pool));
            vm.clearMockedCalls();
        }
    }

    function test_fault_C39_a_queue_for_another_pool_is_refused() public {
        address foreign = makeAddr("queue");
        vm.mockCall(_good.pool, abi.encodeCall(IPoolLedger.queue, ()), abi.encode(foreign));
        vm.mockCall(foreign, abi.encodeCall(IRedemptionQueue.pool, ()), abi.encode(pool));
        _mismatch("queue.pool", _good.pool, address(pool));
    }

    function _refused(string memory field, uint256 value, uint256 least, uint256 most) private {
        vm.expectRevert(abi.encodeWithSelector(IFacilities.InvalidFacility.selector, field, value, least, most));
        manager.createFacility(_good, _o.seed);
    }

    function _mismatch(string memory field, address expected, address actual) private {
        vm.expectRevert(abi.encodeWithSelector(IFacilities.AssetMismatch.selector, field, expected, actual));
        manager.createFacility(_good, _o.seed);
    }
}
