// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {ILiquidationEngine} from "../../../../contracts/interfaces/ILiquidationEngine.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {FacilityFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice What governance may set after creation: the guardian at once and only downwards, the risk manager both ways (C34).
contract SettingsTest is Market {
    uint96 private _cap;
    uint96 private _loanCap;

    function setUp() public override {
        super.setUp();
        _cap = manager.facilityOf(facility).custody.cap;
        _loanCap = manager.facilityOf(facility).access.loanCap;
    }

    // ---- guardian ----

    function test_the_guardian_stops_new_loans_and_cannot_resume_them() public {
        vm.expectEmit(address(manager));
        emit IFacilities.NewLoansStopped(facility, true);
        vm.startPrank(guardian);
        manager.stopNewLoans(facility);
        assertEq(manager.facilityOf(facility).pricing.flags & FacilityFlags.NEW_LOANS_STOPPED, 1);
        _unauthorised(guardian);
        manager.resumeNewLoans(facility);
        vm.stopPrank();
        vm.expectEmit(address(manager));
        emit IFacilities.NewLoansStopped(facility, false);
        vm.prank(risk);
        manager.resumeNewLoans(facility);
        _open(BTC, minDebt);
    }

    function test_fault_C34_the_guardian_lowers_caps_and_raises_neither() public {
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.GuardianCannotRaise.selector, _cap, _cap + 1));
        manager.lowerCaps(facility, _cap + 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.GuardianCannotRaise.selector, _loanCap, _loanCap + 1));
        manager.lowerCaps(facility, 0, _loanCap + 1);
        vm.expectEmit(address(manager));
        emit IFacilities.CapsSet(facility, _cap - 1, _loanCap);
        manager.lowerCaps(facility, _cap - 1, _loanCap);
        manager.lowerCaps(facility, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.GuardianCannotRaise.selector, 0, 1));
        manager.lowerCaps(facility, 1, 0);
        _unauthorised(guardian);
        manager.setCaps(facility, 1, 1);
        vm.stopPrank();
        assertEq(manager.facilityOf(facility).custody.cap, 0);
        assertEq(manager.facilityOf(facility).access.loanCap, 0);
    }

    function test_fault_C34_the_guardian_lowers_maxLtv_and_does_not_raise_it() public {
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.GuardianCannotRaise.selector, 7000, 7001));
        manager.lowerMaxLtv(facility, 7001);
        vm.expectEmit(address(manager));
        emit IFacilities.MaxLtvSet(facility, 6000);
        manager.lowerMaxLtv(facility, 6000);
        manager.lowerMaxLtv(facility, 6000); // no raise
        vm.expectRevert(abi.encodeWithSelector(IFacilities.GuardianCannotRaise.selector, 6000, 6001));
        manager.lowerMaxLtv(facility, 6001);
        _unauthorised(guardian);
        manager.setMaxLtv(facility, 7000);
        vm.stopPrank();
        assertEq(manager.facilityOf(facility).ltv.maxLtvBps, 6000);
    }

    function test_a_lower_maxLtv_makes_nobody_liquidatable() public {
        uint256 id = _open(BTC, 35_000 * USD);
        vm.prank(guardian);
        manager.lowerMaxLtv(facility, 0);
        vm.expectRevert();
        manager.quoteLiquidation(id, type(uint256).max);
        assertEq(manager.facilityOf(facility).ltv.lltvBps, 8000);
    }

    function test_a_loan_that_owes_nothing_is_quoted_as_such_by_the_engine_of_its_manager() public {
        uint256 id = _open(BTC, 20_000 * USD);
        vm.startPrank(borrower);
        manager.repay(id, type(uint256).max, "");
        vm.stopPrank();
        uint256 limit = (50_000 * USD * 8000) / 10_000;
        vm.expectRevert(abi.encodeWithSelector(ILiquidationEngine.NotLiquidatable.selector, 0, limit));
        manager.quoteLiquidation(id, type(uint256).max);
        assertEq(manager.engine(), address(engine));
    }

    // ---- risk manager ----

    function test_the_risk_manager_sets_caps_both_ways() public {
        vm.startPrank(risk);
        vm.expectEmit(address(manager));
        emit IFacilities.CapsSet(facility, _cap + 1, type(uint96).max);
        manager.setCaps(facility, _cap + 1, type(uint96).max);
        manager.setCaps(facility, 0, 0);
        vm.stopPrank();
        assertEq(manager.facilityOf(facility).custody.cap, 0);
    }

    function test_a_loan_cap_counts_again_after_it_was_lifted() public {
        manager.setCaps(facility, _cap, type(uint96).max);
        assertEq(manager.facilityOf(facility).pricing.flags & FacilityFlags.ACCESS_LIMITED, 0);
        _openAs(borrower, 0, 1000 * BTC, minDebt + 1);
        vm.prank(guardian);
        manager.lowerCaps(facility, _cap, uint96(minDebt));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ILoans.LoanCapExceeded.selector, minDebt + 1, minDebt));
        manager.open(facility, 1, BTC, minDebt + 1, borrower, "");
    }

    function test_the_risk_manager_sets_maxLtv_below_lltv() public {
        vm.startPrank(risk);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.InvalidFacility.selector, "maxLtvBps", 8000, 0, 7999));
        manager.setMaxLtv(facility, 8000);
        vm.expectEmit(address(manager));
        emit IFacilities.MaxLtvSet(facility, 7999);
        manager.setMaxLtv(facility, 7999);
        vm.stopPrank();
        assertEq(manager.debtOf(_open(BTC, 39_995 * USD)), 39_995 * USD);
    }

    function test_the_risk_manager_sets_the_gate() public {
        vm.expectEmit(address(manager));
        emit IFacilities.GateSet(facility, address(7));
        vm.prank(risk);
        manager.setGate(facility, address(7));
        assertEq(manager.facilityOf(facility).access.gate, address(7));
        assertEq(manager.facilityOf(facility).access.loanCap, _loanCap);
    }

    // ---- the oracle ----

    function test_an_oracle_is_replaced_by_one_for_the_same_pair_and_caps_within_2_per_cent() public {
        MockOracle next = _oracle(51_000);
        vm.expectEmit(address(manager));
        emit IFacilities.OracleSet(facility, address(next));
        vm.prank(risk);
        manager.setOracle(facility, address(next));
        assertEq(manager.facilityOf(facility).pricing.oracle, address(next));
        vm.warp(block.timestamp + 7 days);
        manager.setOracle(facility, address(_oracle(51_000)));
    }

    function test_an_oracle_too_far_from_the_live_one_is_refused_both_ways() public {
        uint256 now_ = _price(50_000);
        for (uint256 i; i < 2; ++i) {
            MockOracle next = _oracle(50_000);
            uint256 far = i == 0 ? now_ + now_ / 50 + 1 : now_ - now_ / 50 - 1;
            next.setPrice(far);
            vm.expectRevert(abi.encodeWithSelector(IFacilities.OraclePriceTooFar.selector, now_, far, 200));
            manager.setOracle(facility, address(next));
            next.setPrice(i == 0 ? far - 1 : far + 1);
            manager.setOracle(facility, address(next));
            assertEq(manager.facilityOf(facility).pricing.oracle, address(next));
            next.setPrice(now_);
            vm.warp(block.timestamp + 7 days);
            manager.setOracle(facility, address(_oracle(50_000)));
            vm.warp(block.timestamp + 7 days);
        }
    }

    function test_an_oracle_for_another_pair_or_with_other_caps_is_refused() public {
        MockOracle next = new MockOracle(address(usd), address(usd), _price(50_000), 1 days, 2 hours);
        vm.expectRevert(
            abi.encodeWithSelector(
                IFacilities.AssetMismatch.selector,
                "oracle.collateralAsset",
                address(btc),
                address(usd)
            )
        );
        manager.setOracle(facility, address(next));
        next = new MockOracle(address(btc), address(btc), _price(50_000), 1 days, 2 hours);
        vm.expectRevert(
            abi.encodeWithSelector(IFacilities.AssetMismatch.selector, "oracle.loanAsset", address(usd), address(btc))
        );
        manager.setOracle(facility, address(next));
        next = new MockOracle(address(btc), address(usd), _price(50_000), 1 days + 1, 2 hours);
        vm.expectRevert(IFacilities.OracleCapsDiffer.selector);
        manager.setOracle(facility, address(next));
        next = new MockOracle(address(btc), address(usd), _price(50_000), 1 days, 2 hours + 1);
        vm.expectRevert(IFacilities.OracleCapsDiffer.selector);
        manager.setOracle(facility, address(next));
    }

    function test_an_oracle_that_refuses_is_replaced_only_after_seven_days_without_feeds() public {
        oracle.setRefusing(true);
        MockOracle next = _oracle(10_000);
        oracle.setStaleFor(7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IFacilities.OracleNotStaleEnough.selector, 7 days - 1, 7 days));
        manager.setOracle(facility, address(next));
        oracle.setStaleFor(7 days);
        manager.setOracle(facility, address(next));
        assertEq(manager.facilityOf(facility).pricing.oracle, address(next));
    }

    function test_a_new_oracle_must_have_a_price_itself() public {
        MockOracle next = _oracle(50_000);
        next.setRefusing(true);
        vm.expectRevert(MockOracle.PriceRefused.selector);
        manager.setOracle(facility, address(next));
    }

    // ---- C34: each privileged function by everyone who may not ----

    function test_fault_C34_no_privileged_function_answers_to_the_wrong_role() public {
        address[5] memory outsiders = [stranger, borrower, lender, collector, guardian];
        for (uint256 i; i < outsiders.length; ++i) {
            vm.startPrank(outsiders[i]);
            _unauthorised(outsiders[i]);
            manager.resumeNewLoans(facility);
            _unauthorised(outsiders[i]);
            manager.setCaps(facility, 0, 0);
            _unauthorised(outsiders[i]);
            manager.setMaxLtv(facility, 0);
            _unauthorised(outsiders[i]);
            manager.setGate(facility, address(0));
            _unauthorised(outsiders[i]);
            manager.setOracle(facility, address(oracle));
            _unauthorised(outsiders[i]);
            pool.setReserveFee(0);
            vm.stopPrank();
        }
        outsiders[4] = risk;
        for (uint256 i; i < outsiders.length; ++i) {
            vm.startPrank(outsiders[i]);
            _unauthorised(outsiders[i]);
            manager.stopNewLoans(facility);
            _unauthorised(outsiders[i]);
            manager.lowerCaps(facility, 0, 0);
            _unauthorised(outsiders[i]);
            manager.lowerMaxLtv(facility, 0);
            vm.stopPrank();
        }
        outsiders[3] = guardian;
        for (uint256 i; i < outsiders.length; ++i) {
            vm.startPrank(outsiders[i]);
            _unauthorised(outsiders[i]);
            pool.collectReserve(outsiders[i], 0);
            vm.stopPrank();
        }
    }

    function test_fault_C34_a_privileged_call_hidden_in_a_multicall_is_judged_by_its_caller() public {
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IFacilities.setMaxLtv, (facility, 7999));
        vm.prank(stranger);
        _unauthorised(stranger);
        manager.multicall(calls);
        vm.prank(risk);
        manager.multicall(calls);
        assertEq(manager.facilityOf(facility).ltv.maxLtvBps, 7999);
    }

    function test_settings_of_a_facility_that_does_not_exist_are_refused() public {
        bytes memory unknown = abi.encodeWithSelector(IFacilities.UnknownFacility.selector, 9);
        vm.startPrank(guardian);
        vm.expectRevert(unknown);
        manager.stopNewLoans(9);
        vm.expectRevert(unknown);
        manager.lowerCaps(9, 0, 0);
        vm.expectRevert(unknown);
        manager.lowerMaxLtv(9, 0);
        vm.stopPrank();
        vm.startPrank(risk);
        vm.expectRevert(unknown);
        manager.resumeNewLoans(9);
        vm.expectRevert(unknown);
        manager.setCaps(9, 0, 0);
        vm.expectRevert(unknown);
        manager.setMaxLtv(9, 0);
        vm.expectRevert(unknown);
        manager.setGate(9, address(0));
        vm.expectRevert(unknown);
        manager.setOracle(9, address(oracle));
        vm.stopPrank();
        vm.expectRevert(unknown);
        manager.facilityOf(9);
    }

    function _oracle(uint256 usdPerBtc) private returns (MockOracle) {
        return new MockOracle(address(btc), address(usd), _price(usdPerBtc), 1 days, 2 hours);
    }

    function _unauthorised(address who) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, who));
    }
}
