// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "@openzeppelin/contracts/access/manager/IAuthority.sol";
import {ICapital} from "../../../../contracts/interfaces/ICapital.sol";
import {ICapitalReport} from "../../../../contracts/interfaces/ICapitalReport.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {ILens} from "../../../../contracts/interfaces/ILens.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IRepayWithCollateral} from "../../../../contracts/interfaces/IRepayWithCollateral.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {Actions, Authorisation, Facility} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Agent} from "../../helpers/Agent.sol";
import {SwapVenue, SwapVenues} from "../../helpers/SwapVenue.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {vmMore} from "../../helpers/VmMore.sol";

/// @notice What serves loans of either kind does with term loans what it says.
contract BothKindsTest is TermMarket {
    ILens private _lens;

    function setUp() public override {
        super.setUp();
        _lens = ILens(deployCode("contracts/lens/Lens.sol:Lens", abi.encode(manager, termManager)));
    }

    function test_both_facilities_are_listed_by_their_own_numbers() public view {
        ILens.FacilityOverview[] memory all = _lens.allFacilities();
        assertEq(all.length, 2);
        assertEq(all[0].facility, facility);
        assertEq(all[1].facility, termFacility);
        assertEq(termFacility, 1_000_001);
        assertEq(all[1].junior, address(termJunior));
        assertEq(all[1].cover, address(termCover));
        assertEq(all[1].queue, address(termQueue));
        assertEq(all[1].juniorNav, 2_001_000 * USD, "with the seed");
        assertEq(all[1].coverNav, 501_000 * USD);
        assertEq(all[0].junior, address(0));
        assertEq(all[1].totalDebt, 0);
    }

    function test_term_facilities_are_listed_one_after_another() public {
        address lists = address(termManager);
        Facility memory f = termManager.facilityOf(termFacility);
        vm.mockCall(lists, abi.encodeCall(IFacilities.facilityCount, ()), abi.encode(uint32(2)));
        vm.mockCall(lists, abi.encodeCall(IFacilities.facilityOf, (termFacility + 1)), abi.encode(f));
        ILens.FacilityOverview[] memory all = _lens.allFacilities();
        assertEq(all.length, 3);
        assertEq(all[2].facility, termFacility + 1);
        assertEq(all[2].config.ltv.pool, address(termPool));
    }

    function test_the_most_that_a_term_loan_can_be_is_opened_and_a_unit_more_is_not() public {
        uint256 most = _lens.mostBorrowable(termFacility, borrower, 3 * BTC);
        assertEq(most, 105_000 * USD, "3 x 50,000 x 70 %");
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        vm.prank(borrower);
        termManager.open(_opening(0, MONTHLY, 3 * BTC, most + 1), "");
        _openTerm(0, MONTHLY, 3 * BTC, most);
        ILens.LoanOverview memory loan = _lens.loanOverview(_id(borrower, termFacility, 0));
        assertEq(loan.debt, most);
        assertEq(loan.drawable, 0, "a term loan is not drawn on");
        assertEq(loan.withdrawable, 0);
    }

    function testFuzz_what_the_lens_lets_out_of_a_term_loan_is_let_out_and_not_a_unit_more(
        uint256 afterDays,
        uint256 paid
    ) public {
        uint256 id = _openMillion();
        vm.warp(START + bound(afterDays, 0, 29) * 1 days);
        _pay(id, bound(paid, 1 * USD, 200_000 * USD));
        uint256 free = _lens.loanOverview(id).withdrawable;
        assertGt(free, 0);
        uint256 before = vmMore.snapshotState();
        vm.startPrank(borrower);
        termManager.withdraw(id, free, borrower);
        vm.stopPrank();
        vmMore.revertToState(before);
        vmMore.expectPartialRevert(ILoans.LtvTooHigh.selector);
        vm.prank(borrower);
        termManager.withdraw(id, free + 1, borrower);
    }

    function test_nothing_is_let_out_of_a_loan_in_default_and_all_of_one_that_owes_nothing() public {
        uint256 id = _openMillion();
        vm.warp(START + 30 days + 10 days + 1);
        assertEq(_lens.loanOverview(id).withdrawable, 0, "not marked, but in default");
        _pay(id, type(uint256).max);
        assertEq(_lens.loanOverview(id).withdrawable, 100 * BTC);
    }

    function test_the_pay_off_is_what_closing_takes_with_the_fee_for_prepayment() public {
        uint256 id = _openMillion();
        assertEq(termManager.payOffOf(id), 1_010_000 * USD, "1 % for prepayment");
        vm.warp(START + 12 days);
        uint256 payOff = termManager.payOffOf(id);
        assertGt(payOff, termManager.debtOf(id));
        vm.prank(borrower);
        (uint256 paid, ) = termManager.close(id, borrower, "");
        assertEq(paid, payOff);
        assertEq(termManager.payOffOf(id), 0);
        assertEq(manager.payOffOf(_id(borrower, facility, 7)), 0, "there is none");
    }

    /// @dev Closing here brings the collateral, a loan there the cash: no capital but what the debt grew by, whatever kind either is.
    function test_a_loan_is_refinanced_from_a_facility_of_the_other_kind_and_back() public {
        Agent agent = new Agent();
        agent.approve(btc, address(vault));
        agent.approve(btc, address(termVault));
        agent.approve(usd, address(pool));
        agent.approve(usd, address(termPool));
        btc.mint(address(agent), 10 * BTC);
        usd.mint(address(agent), 10_000 * USD);
        ITermLoanManager.Opening memory o = _opening(1, MONTHLY, 10 * BTC, 200_000 * USD);
        (o.receiver, o.deadline) = (address(agent), START + 10 days);
        bytes memory openTerm = abi.encodeCall(ITermLoanManager.open, (o, ""));
        agent.act(address(termManager), openTerm);
        uint256 dated = _id(address(agent), termFacility, 1);
        uint256 open = _id(address(agent), facility, 1);

        vm.warp(START + 10 days);
        uint256 owed = termManager.payOffOf(dated);
        agent.scriptOne(
            address(manager),
            abi.encodeCall(ILoanManager.open, (facility, 1, 10 * BTC, owed, address(agent), "")),
            true
        );
        agent.act(address(termManager), abi.encodeCall(ILoans.close, (dated, address(agent), "x")));
        assertEq(termManager.ownerOf(dated), address(0));
        assertEq(manager.debtOf(open), owed);
        assertEq(usd.balanceOf(address(agent)), 210_000 * USD, "nothing came out of its own pocket");

        agent.scriptOne(address(termManager), openTerm, true);
        agent.act(address(manager), abi.encodeCall(ILoans.close, (open, address(agent), "x")));
        assertEq(manager.ownerOf(open), address(0));
        assertEq(termManager.debtOf(dated), 200_000 * USD);
        assertEq(btc.balanceOf(address(agent)), 0, "all of it is collateral again");
        _assertLedger();
    }

    function test_a_term_loan_is_closed_out_of_its_collateral_with_the_fee_for_prepayment() public {
        uint256 id = _openMillion();
        SwapVenues venues = new SwapVenues();
        IRepayWithCollateral periphery = IRepayWithCollateral(
            deployCode(
                "contracts/periphery/RepayWithCollateral.sol:RepayWithCollateral",
                abi.encode(manager, termManager, venues)
            )
        );
        assertEq(periphery.loanManager(), address(manager));
        assertEq(periphery.termLoanManager(), address(termManager));
        SwapVenue venue = venues.make(address(usd), address(btc), 500);
        usd.mint(address(venue), 2_000_000 * USD);
        // One unit of dollars costs 1/500 of a satoshi: 50,000 dollars for one bitcoin.
        venue.setPrice(usd, 1e18 / uint256(500));
        Authorisation memory all = Authorisation({
            actions: Actions.CLOSE,
            expiresAt: type(uint40).max,
            cashLimit: 0,
            collateralLimit: type(uint104).max
        });
        uint256 before = btc.balanceOf(borrower);
        vm.startPrank(borrower);
        termManager.setAuthorisation(termFacility, address(periphery), all);
        (uint256 paid, uint256 sold, uint256 returned) = periphery.close(
            id,
            IRepayWithCollateral.Sale(
                abi.encodePacked(address(usd), uint24(500), address(btc)),
                21 * BTC,
                block.timestamp
            ),
            borrower
        );
        vm.stopPrank();
        assertEq(paid, 1_010_000 * USD);
        assertEq(sold, (1_010_000 * BTC) / 50_000);
        assertEq(returned, 100 * BTC - sold);
        assertEq(btc.balanceOf(borrower) - before, returned);
        assertEq(termManager.ownerOf(id), address(0));
    }
}

/// @notice The lens counts what junior capital lets a facility lend.
contract LensCapitalTest is TermMarket {
    ILens private _lens;
    ICapitalReport private _capital;

    function _termConfig() internal view override returns (IPoolLedger.PoolConfig memory c) {
        c = super._termConfig();
        c.capital = address(_capital);
    }

    function setUp() public override {
        ICapitalReport.RiskClass[] memory classes = new ICapitalReport.RiskClass[](1);
        classes[0] = ICapitalReport.RiskClass("corporate", 10_000);
        _capital = ICapitalReport(
            deployCode("contracts/capital/Capital.sol:Capital", abi.encode(address(this), classes, uint256(3000)))
        );
        super.setUp();
        _lens = ILens(deployCode("contracts/lens/Lens.sol:Lens", abi.encode(manager, termManager)));
    }

    function test_the_most_is_what_the_capital_ratio_lets_lend_within_some_units() public {
        // Assigned to no class, the pool weighs 1,250 %: 2,001,000 / (12.5 x 10.5 %).
        uint256 most = _lens.mostBorrowable(termFacility, borrower, 1000 * BTC);
        assertApproxEqAbs(most, (2_001_000 * USD * 10_000) / 13_125, 2);
        assertEq(_lens.facilityOverview(termFacility).borrowable, most);
        vmMore.expectPartialRevert(IPoolLedger.JuniorCapitalTooLow.selector);
        vm.prank(borrower);
        termManager.open(_opening(0, MONTHLY, 1000 * BTC, most + 3), "");
        _openTerm(0, MONTHLY, 1000 * BTC, most);
    }

    function testFuzz_the_most_that_junior_supports_is_lent_whatever_there_is_of_it(
        uint256 more,
        uint256 weight
    ) public {
        more = bound(more, 1, 1_000_000 * USD);
        ICapitalReport.RiskClass[] memory classes = new ICapitalReport.RiskClass[](1);
        classes[0] = ICapitalReport.RiskClass("corporate", uint32(bound(weight, 10_000, 125_000)));
        // The test stands for the AccessManager.
        vm.mockCall(address(this), abi.encodeWithSelector(IAuthority.canCall.selector), abi.encode(true, uint32(0)));
        _capital.setRiskWeights(classes, block.timestamp);
        _capital.assign(address(termPool), 0, 0);
        vm.prank(juniorLender);
        termJunior.deposit(more, juniorLender);
        uint256 most = _lens.mostBorrowable(termFacility, borrower, 1000 * BTC);
        if (most < termPool.cash()) _openTerm(0, MONTHLY, 1000 * BTC, most);
    }

    function test_of_a_class_that_needs_no_capital_as_much_is_lent_as_there_is() public {
        assertLt(_lens.facilityOverview(termFacility).borrowable, termPool.cash());
        vm.mockCall(
            address(_capital),
            abi.encodeWithSelector(ICapital.requiredJuniorUp.selector),
            abi.encode(uint256(0))
        );
        assertEq(_lens.facilityOverview(termFacility).borrowable, termPool.cash());
    }

    /// @dev At the limit exactly. The fee is junior's income, but of so heavy a weight the debt takes more of it.
    function test_fault_C30_a_fee_for_prepayment_raises_no_debt_beyond_the_capital_ratio() public {
        uint256 id = _openTerm(0, BULLET, 1000 * BTC, _lens.mostBorrowable(termFacility, borrower, 1000 * BTC));
        vmMore.expectPartialRevert(IPoolLedger.JuniorCapitalTooLow.selector);
        vm.prank(borrower);
        termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0);
        vm.warp(START + 365 days);
        uint256 owed = termManager.debtOf(id);
        vm.prank(borrower);
        assertEq(termManager.rollOver(id, BULLET, 1e18, block.timestamp, 0), owed, "at its end it raises none");
    }
}
