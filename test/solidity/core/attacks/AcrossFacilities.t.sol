// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICollateralVault} from "../../../../contracts/interfaces/ICollateralVault.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IFacilities} from "../../../../contracts/interfaces/IFacilities.sol";
import {Agent} from "../../helpers/Agent.sol";
import {Market} from "../../helpers/Market.sol";

/// @notice The lock is one a facility; what is half done in one must not be worth anything in another that shares the vault.
contract AcrossFacilitiesTest is Market {
    Parts private _other;
    Agent private _agent;

    function setUp() public override {
        super.setUp();
        Options memory o = _standard(collateralDecimals, loanDecimals);
        (o.collateral, o.loan) = (btc, usd);
        _other = _parts(o);
        _other.vault = ICollateralVault(address(vault));
        usd.mint(address(this), o.seed);
        usd.approve(address(_other.senior), o.seed);
        _other.id = manager.createFacility(_params(_other, o), o.seed);
        usd.mint(lender, 1_000_000 * USD);
        vm.startPrank(lender);
        usd.approve(address(_other.senior), type(uint256).max);
        _other.senior.deposit(1_000_000 * USD, lender);
        vm.stopPrank();
        _agent = new Agent();
        _agent.approve(IERC20(btc), address(vault));
        _agent.approve(IERC20(usd), address(pool));
        _agent.approve(IERC20(usd), address(_other.pool));
        // Somebody else's bitcoin is in the shared vault.
        _open(10 * BTC, 20_000 * USD);
    }

    function test_one_bitcoin_does_not_secure_two_loans_by_opening_one_while_the_other_is_half_open() public {
        btc.mint(address(_agent), BTC);
        _agent.scriptOne(
            address(manager),
            abi.encodeCall(ILoanManager.open, (_other.id, 0, BTC, 30_000 * USD, address(_agent), "")),
            true
        );
        vm.expectRevert();
        _agent.act(
            address(manager),
            abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 30_000 * USD, address(_agent), "x"))
        );
        assertEq(usd.balanceOf(address(_agent)), 0);
        assertEq(btc.balanceOf(address(vault)), 10 * BTC);
    }

    function test_collateral_taken_out_in_one_facility_while_closing_is_paid_for_before_it_counts_in_another() public {
        btc.mint(address(_agent), BTC);
        _agent.act(address(manager), abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 30_000 * USD, stranger, "")));
        uint256 id = _id(address(_agent), facility, 0);
        // The bitcoin that comes out secures a new loan elsewhere, which falls short of the old debt by a unit.
        _agent.scriptOne(
            address(manager),
            abi.encodeCall(ILoanManager.open, (_other.id, 0, BTC, 30_000 * USD - 1, address(_agent), "")),
            true
        );
        bytes memory close = abi.encodeCall(ILoans.close, (id, address(_agent), "x"));
        vm.expectRevert();
        _agent.act(address(manager), close);
        assertEq(manager.ownerOf(id), address(_agent));
        // To the unit it is a refinancing, and every bitcoin is still there once.
        _agent.scriptOne(
            address(manager),
            abi.encodeCall(ILoanManager.open, (_other.id, 0, BTC, 30_000 * USD, address(_agent), "")),
            true
        );
        _agent.act(address(manager), close);
        assertEq(manager.ownerOf(id), address(0));
        assertEq(btc.balanceOf(address(vault)), 11 * BTC);
        assertEq(manager.debtOf(_id(address(_agent), _other.id, 0)), 30_000 * USD);
    }

    function test_a_lender_cannot_leave_with_cash_that_a_half_done_action_still_owes() public {
        usd.mint(address(_agent), 30_000 * USD);
        _agent.approve(IERC20(usd), address(senior));
        _agent.act(address(senior), abi.encodeCall(senior.deposit, (30_000 * USD, address(_agent))));
        btc.mint(address(_agent), BTC);
        _agent.scriptOne(
            address(senior),
            abi.encodeCall(senior.withdraw, (30_000 * USD, address(_agent), address(_agent))),
            true
        );
        vm.expectRevert(abi.encodeWithSelector(IFacilities.FacilityLocked.selector, facility));
        _agent.act(
            address(manager),
            abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 30_000 * USD, address(_agent), "x"))
        );
    }
}
