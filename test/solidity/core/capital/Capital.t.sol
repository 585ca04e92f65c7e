// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ICapitalReport} from "../../../../contracts/interfaces/ICapitalReport.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {TieredMarket} from "../../helpers/TieredMarket.sol";

/// @notice Risk weights, ratios, and the limit at which new loans and junior exits stop and nothing else does.
contract CapitalTest is TieredMarket {
    uint256 private constant SOVEREIGN = 0;
    uint256 private constant CORPORATE = 1;
    uint256 private constant CRYPTO = 2;

    ICapitalReport private capital;

    function setUp() public override {
        super.setUp();
        capital.assign(address(pool), CORPORATE, 0);
    }

    function _options() internal override returns (Options memory o) {
        o = super._options();
        if (address(capital) == address(0)) {
            capital = ICapitalReport(
                deployCode("contracts/capital/Capital.sol:Capital", abi.encode(access, _weights(10_000), 3000))
            );
            bytes4[] memory selectors = new bytes4[](3);
            selectors[0] = ICapitalReport.setRiskWeights.selector;
            selectors[1] = ICapitalReport.assign.selector;
            selectors[2] = ICapitalReport.setHaircut.selector;
            access.setTargetFunctionRole(address(capital), selectors, RISK);
        }
        o.capital = address(capital);
    }

    function _weights(uint32 corporate) private pure returns (ICapitalReport.RiskClass[] memory classes) {
        classes = new ICapitalReport.RiskClass[](3);
        classes[SOVEREIGN] = ICapitalReport.RiskClass("sovereign-like", 0);
        classes[CORPORATE] = ICapitalReport.RiskClass("unrated corporate", corporate);
        classes[CRYPTO] = ICapitalReport.RiskClass("group-2 crypto", 125_000);
    }

    function _junior() private view returns (uint256) {
        return pool.navOf(TrancheClass.Junior);
    }

    /// @dev Most debt that junior capital of 1,001,000 allows at 10.5 % of a weight of 100 %.
    function _mostDebt() private view returns (uint256) {
        return (_junior() * 10_000) / 1050;
    }

    // ---- C30: exactly at the limit ----

    function test_fault_C30_a_loan_to_the_very_limit_is_granted_and_one_unit_more_is_not() public {
        uint256 most = _mostDebt();
        assertLt(most, pool.cash());
        uint256 required = capital.requiredJuniorUp(address(pool), most + 1);
        assertEq(required, _junior() + 1);
        uint256 collateral = _mulDivUp(most, 100 * BTC, 60 * 50_000 * USD);
        vm.startPrank(borrower);
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.JuniorCapitalTooLow.selector, _junior(), required));
        manager.open(facility, 0, collateral, most + 1, borrower, "");
        manager.open(facility, 0, collateral, most, borrower, "");
        vm.expectRevert(abi.encodeWithSelector(IPoolLedger.JuniorCapitalTooLow.selector, _junior(), required));
        manager.draw(_id(borrower, facility, 0), 1, borrower);
        vm.stopPrank();
        assertEq(pool.juniorBeyondRequired(), 0);
        ICapitalReport.Ratio memory r = capital.ratioOf(address(pool));
        assertEq(r.exposure, most);
        assertEq(r.riskWeightedAssets, most);
        assertEq(r.junior, _junior());
        assertGe(r.ratioWad, 0.105e18);
        assertLt(r.ratioWad, 0.105e18 + 1e8);
    }

    function test_fault_C30_junior_leaves_down_to_the_ratio_and_not_a_unit_further() public {
        _openWindow(junior, subordinate);
        _lendOut(0, 6_000_000 * USD);
        uint256 beyond = _junior() - 630_000 * USD;
        assertEq(pool.juniorBeyondRequired(), beyond);
        assertEq(junior.maxWithdraw(subordinate), beyond);
        vm.startPrank(subordinate);
        vm.expectRevert(
            abi.encodeWithSelector(IPoolLedger.JuniorCapitalTooLow.selector, 630_000 * USD - 1, 630_000 * USD)
        );
        junior.withdraw(beyond + 1, subordinate, subordinate);
        junior.withdraw(beyond, subordinate, subordinate);
        assertEq(junior.maxWithdraw(subordinate), 0);
        assertEq(junior.maxRedeem(subordinate), 0);
        vm.expectRevert();
        junior.withdraw(1, subordinate, subordinate);
        vm.stopPrank();
    }

    function test_fault_C30_a_table_replaced_while_loans_run_stops_new_risk_and_no_borrowers_exit() public {
        _openWindow(junior, subordinate);
        uint256 id = _lendOut(0, 6_000_000 * USD);
        vm.prank(risk);
        capital.setRiskWeights(_weights(20_000), block.timestamp + 1 hours);
        assertGt(junior.maxWithdraw(subordinate), 0, "not in force yet");
        vm.warp(block.timestamp + 1 hours);
        (uint256 version, , ) = capital.riskWeights();
        assertEq(version, 2);
        assertEq(junior.maxWithdraw(subordinate), 0);
        vm.startPrank(borrower);
        uint256 debt = pool.totalDebt() + 1000 * USD;
        vm.expectRevert(
            abi.encodeWithSelector(
                IPoolLedger.JuniorCapitalTooLow.selector,
                _junior(),
                capital.requiredJuniorUp(address(pool), debt)
            )
        );
        manager.open(facility, 1, BTC, 1000 * USD, borrower, "");
        manager.topUp(id, BTC, "");
        manager.withdraw(id, BTC, borrower);
        manager.repay(id, 1_000_000 * USD, "");
        manager.transferLoan(id, stranger);
        vm.stopPrank();
        vm.prank(stranger);
        manager.acceptLoan(id, type(uint256).max, 0);
        vm.prank(lender);
        senior.withdraw(1_000_000 * USD, lender, lender);
        _setPrice(31_000);
        vm.prank(liquidator);
        manager.liquidate(id, type(uint256).max, 0, "");
        _fund(stranger);
        vm.prank(stranger);
        manager.close(id, stranger, "");
        assertEq(pool.juniorBeyondRequired(), _junior(), "with the debt the requirement goes");
        assertEq(junior.maxWithdraw(subordinate), junior.convertToAssets(junior.balanceOf(subordinate)));
    }

    function test_an_expected_loss_is_no_capital() public {
        uint256 id = _lendOut(0, 6_000_000 * USD);
        _lendOut(1, 100_000 * USD);
        _setPrice(26_000);
        manager.mark(id);
        assertLt(_junior(), 700_000 * USD, "what cover does not bear");
        vm.prank(borrower);
        vm.expectRevert();
        manager.open(facility, 7, 10 * BTC, 100_000 * USD, borrower, "");
        _setPrice(50_000);
        manager.mark(id);
        vm.prank(borrower);
        manager.open(facility, 7, 10 * BTC, 100_000 * USD, borrower, "");
    }

    function test_zero_weight_passes() public {
        capital.assign(address(pool), SOVEREIGN, 0);
        _openWindow(junior, subordinate);
        _lendOut(0, 9_000_000 * USD);
        assertEq(capital.ratioOf(address(pool)).ratioWad, type(uint256).max);
        assertEq(capital.requiredJuniorUp(address(pool), type(uint128).max), 0);
        vm.prank(subordinate);
        junior.withdraw(1_000_000 * USD, subordinate, subordinate);
    }

    function test_group_2_crypto_needs_more_capital_than_debt() public {
        capital.assign(address(pool), CRYPTO, 0);
        assertEq(capital.requiredJuniorUp(address(pool), 1_000_000), 1_312_500);
    }

    function test_a_pool_that_nobody_assigned_weighs_the_most_there_is() public {
        _use(_createFacility(_options()));
        _fund(lender);
        _fund(borrower);
        vm.startPrank(lender);
        senior.deposit(1_000_000 * USD, lender);
        junior.deposit(130_000 * USD, lender);
        vm.stopPrank();
        (uint256 weight, uint256 ratio) = capital.termsOf(address(pool));
        assertEq(weight, 125_000);
        assertEq(ratio, 1050);
        vm.expectRevert();
        this.lendOut(100_000 * USD);
        this.lendOut(99_000 * USD);
    }

    function lendOut(uint256 principal) external {
        _lendOut(0, principal);
    }

    // ---- ratios ----

    function test_the_book_is_the_sum_of_its_pools() public {
        _lendOut(0, 6_000_000 * USD);
        address first = address(pool);
        Options memory o = _options();
        (o.collateral, o.loan) = (btc, usd);
        _use(_createFacility(o));
        _fund(lender);
        vm.startPrank(lender);
        senior.deposit(2_000_000 * USD, lender);
        junior.deposit(500_000 * USD, lender);
        vm.stopPrank();
        _fund(borrower);
        capital.assign(address(pool), CRYPTO, 800);
        _lendOut(0, 300_001 * USD);
        address[] memory both = new address[](2);
        (both[0], both[1]) = (first, address(pool));
        ICapitalReport.Ratio memory r = capital.ratioOfBook(both);
        assertEq(r.exposure, 6_300_001 * USD);
        assertEq(r.riskWeightedAssets, 6_000_000 * USD + (300_001 * USD * 125) / 10);
        assertEq(r.junior, 1_001_000 * USD + 501_000 * USD);
        assertEq(r.ratioWad, (r.junior * 1e18) / r.riskWeightedAssets);
    }

    function test_books_in_different_currencies_are_not_added_up() public {
        address first = address(pool);
        _use(_createFacility(_options()));
        address[] memory both = new address[](2);
        (both[0], both[1]) = (first, address(pool));
        address other = address(usd);
        vm.expectRevert(
            abi.encodeWithSelector(ICapitalReport.DifferentAssets.selector, IPoolLedger(first).asset(), other)
        );
        capital.ratioOfBook(both);
        assertEq(capital.ratioOfBook(new address[](0)).ratioWad, type(uint256).max);
    }

    // ---- the economic view ----

    function _two() private returns (uint256[] memory ids) {
        ids = new uint256[](2);
        ids[0] = _lendOut(0, 3_000_000 * USD); // 5,000,000 of collateral
        ids[1] = _lendOut(1, 1_000_000 * USD);
    }

    function test_the_economic_view_counts_what_a_haircut_leaves_uncovered() public {
        uint256[] memory ids = _two();
        ICapitalReport.Ratio memory r = capital.economicRatioOf(address(pool), ids);
        assertEq(r.exposure, 0, "70 % of 60 % LTV's collateral is more than the debt");
        assertEq(r.ratioWad, type(uint256).max);
        // 60 % of the value is exactly the debt; 59 % is not.
        capital.setHaircut(4000);
        assertEq(capital.economicRatioOf(address(pool), ids).exposure, 0);
        capital.setHaircut(4100);
        r = capital.economicRatioOf(address(pool), ids);
        uint256 value = (uint256(manager.loanOf(ids[0]).collateral) * _price(50_000)) / 1e36;
        uint256 expected = 3_000_000 * USD - (value * 5900) / 10_000;
        value = (uint256(manager.loanOf(ids[1]).collateral) * _price(50_000)) / 1e36;
        expected += 1_000_000 * USD - (value * 5900) / 10_000;
        assertEq(r.exposure, expected);
        assertEq(r.riskWeightedAssets, expected);
        assertEq(r.ratioWad, (_junior() * 1e18) / expected);
        assertEq(capital.ratioOf(address(pool)).exposure, 4_000_000 * USD, "the regulatory view sees no collateral");
    }

    function test_a_surplus_in_one_loan_does_not_cover_another() public {
        uint256[] memory ids = _two();
        vm.prank(borrower);
        manager.topUp(ids[1], 1000 * BTC, "");
        _setPrice(40_000);
        uint256 value = (uint256(manager.loanOf(ids[0]).collateral) * _price(40_000)) / 1e36;
        assertEq(capital.economicRatioOf(address(pool), ids).exposure, 3_000_000 * USD - (value * 7000) / 10_000);
    }

    function test_debt_of_loans_left_out_counts_in_full_and_none_counts_twice() public {
        uint256[] memory ids = _two();
        uint256[] memory one = new uint256[](1);
        one[0] = ids[1];
        assertEq(capital.economicRatioOf(address(pool), one).exposure, 3_000_000 * USD);
        assertEq(capital.economicRatioOf(address(pool), new uint256[](0)).exposure, 4_000_000 * USD);
        (ids[0], ids[1]) = (ids[1], ids[1]);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.UnexpectedLoan.selector, ids[1], ids[1]));
        capital.economicRatioOf(address(pool), ids);
        one[0] = _id(borrower, facility + 1, 0);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.UnexpectedLoan.selector, one[0], 0));
        capital.economicRatioOf(address(pool), one);
        oracle.setRefusing(true);
        vm.expectRevert();
        capital.economicRatioOf(address(pool), new uint256[](0));
        capital.ratioOf(address(pool)); // asks no oracle
    }

    // ---- who may set what ----

    function test_a_table_takes_effect_on_its_date_and_the_old_ones_stay_readable() public {
        uint256 date = block.timestamp + 30 days;
        vm.expectEmit(address(capital));
        emit ICapitalReport.RiskWeightsSet(2, date, _weights(5000));
        capital.setRiskWeights(_weights(5000), date);
        (uint256 version, uint256 since, ICapitalReport.RiskClass[] memory classes) = capital.riskWeights();
        assertEq(version, 1);
        assertEq(since, START);
        assertEq(classes[CORPORATE].weightBps, 10_000);
        assertEq(classes[CORPORATE].name, bytes32("unrated corporate"));
        vm.warp(date - 1);
        assertEq(capital.requiredJuniorUp(address(pool), 1000), 105);
        vm.warp(date);
        assertEq(capital.requiredJuniorUp(address(pool), 1000), 53, "50 % of 10.5 %, rounded up");
        (version, since, classes) = capital.riskWeights();
        assertEq(version, 2);
        assertEq(since, date);
        (since, classes) = capital.riskWeightsOf(1);
        assertEq(classes[CORPORATE].weightBps, 10_000);
    }

    function test_a_table_that_waits_can_be_replaced_and_is_never_in_force() public {
        capital.setRiskWeights(_weights(5000), block.timestamp + 1 days);
        capital.setRiskWeights(_weights(7000), block.timestamp + 2 days);
        vm.warp(block.timestamp + 1 days);
        (uint256 version, , ) = capital.riskWeights();
        assertEq(version, 1);
        vm.warp(block.timestamp + 1 days);
        (version, , ) = capital.riskWeights();
        assertEq(version, 3);
        assertEq(capital.lastVersion(), 3);
        (uint256 weight, ) = capital.termsOf(address(pool));
        assertEq(weight, 7000);
    }

    function test_a_table_keeps_the_classes_that_pools_are_assigned_to() public {
        ICapitalReport.RiskClass[] memory fewer = new ICapitalReport.RiskClass[](2);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.TooFewClasses.selector, 2, 3));
        capital.setRiskWeights(fewer, block.timestamp);
        ICapitalReport.RiskClass[] memory classes = _weights(10_000);
        classes[1].name = "sovereign";
        vm.expectRevert(
            abi.encodeWithSelector(
                ICapitalReport.ClassChanged.selector,
                1,
                bytes32("unrated corporate"),
                bytes32("sovereign")
            )
        );
        capital.setRiskWeights(classes, block.timestamp);
        classes = _weights(125_001);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.WeightTooHigh.selector, 1, 125_001, 125_000));
        capital.setRiskWeights(classes, block.timestamp);
        vm.expectRevert(
            abi.encodeWithSelector(ICapitalReport.EffectiveInThePast.selector, block.timestamp - 1, block.timestamp)
        );
        capital.setRiskWeights(_weights(1), block.timestamp - 1);
        classes = new ICapitalReport.RiskClass[](65);
        for (uint256 i; i < 3; ++i) classes[i] = _weights(10_000)[i];
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.TooManyClasses.selector, 65, 64));
        capital.setRiskWeights(classes, block.timestamp);
        bytes memory code = vm.getCode("contracts/capital/Capital.sol:Capital");
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.TooFewClasses.selector, 0, 1));
        this.create(bytes.concat(code, abi.encode(access, new ICapitalReport.RiskClass[](0), 0)));
    }

    function test_bounds_of_class_ratio_and_haircut() public {
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.UnknownRiskClass.selector, 3, 3));
        capital.assign(address(pool), 3, 0);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.UnknownRiskClass.selector, 5, 3));
        capital.assign(address(pool), 5, 0);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.RatioOutOfBounds.selector, 799, 800, 10_000));
        capital.assign(address(pool), 1, 799);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.RatioOutOfBounds.selector, 10_001, 800, 10_000));
        capital.assign(address(pool), 1, 10_001);
        vm.expectEmit(address(capital));
        emit ICapitalReport.PoolAssigned(address(pool), 1, 800);
        capital.assign(address(pool), 1, 800);
        capital.assign(address(pool), 1, 10_000);
        vm.expectRevert(abi.encodeWithSelector(ICapitalReport.HaircutTooHigh.selector, 10_001, 10_000));
        capital.setHaircut(10_001);
        vm.expectEmit(address(capital));
        emit ICapitalReport.HaircutSet(10_000);
        capital.setHaircut(10_000);
    }

    function test_a_table_may_have_sixty_four_classes() public {
        ICapitalReport.RiskClass[] memory classes = new ICapitalReport.RiskClass[](64);
        for (uint256 i; i < 3; ++i) classes[i] = _weights(10_000)[i];
        capital.setRiskWeights(classes, block.timestamp);
        (, , classes) = capital.riskWeights();
        assertEq(classes.length, 64);
    }

    /// @dev Half of 39 is 20, of which 10.5 % are 3: with 19 they would be 2.
    function test_what_is_weighted_and_required_is_rounded_up() public {
        capital.setRiskWeights(_weights(5000), block.timestamp);
        assertEq(capital.requiredJuniorUp(address(pool), 39), 3);
    }

    /// @dev Seven more satoshi, at 499.99 units each and at 199.99, and a haircut that leaves fractions, or none.
    function test_collateral_and_what_a_haircut_leaves_of_it_are_rounded_down() public {
        uint256[] memory ids = _two();
        vm.prank(borrower);
        manager.topUp(ids[1], 7, "");
        _assertRoundedDown(ids, 49_999, 4_567);
        _assertRoundedDown(ids, 19_999, 0);
    }

    function _assertRoundedDown(uint256[] memory ids, uint256 dollars, uint256 haircut) private {
        _setPrice(dollars);
        capital.setHaircut(haircut);
        uint256 expected;
        for (uint256 i; i < 2; ++i) {
            uint256 collateral = manager.loanOf(ids[i]).collateral;
            uint256 value = (collateral * _price(dollars)) / 1e36;
            if (i == 1) assertLt(value * 1e36, collateral * _price(dollars), "a fraction is left");
            expected += manager.debtOf(ids[i]) - (value * (10_000 - haircut)) / 10_000;
        }
        assertEq(capital.economicRatioOf(address(pool), ids).exposure, expected);
    }

    function test_fault_C34_nobody_but_the_risk_manager_sets_anything() public {
        address[4] memory others = [stranger, guardian, collector, lender];
        for (uint256 i; i < others.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(refusal);
            capital.setRiskWeights(_weights(0), block.timestamp);
            vm.expectRevert(refusal);
            capital.assign(address(pool), SOVEREIGN, 0);
            vm.expectRevert(refusal);
            capital.setHaircut(0);
            vm.stopPrank();
        }
    }
}
