// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {ExactTransfer} from "../../../../contracts/token/ExactTransfer.sol";
import {FaultGate} from "../../helpers/FaultGate.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {FundMarket} from "../../helpers/FundMarket.sol";

contract FundVaultTest is FundMarket {
    function _deposit(uint256 dollars) private returns (uint256) {
        vm.prank(lender);
        return fund.deposit(dollars * USD, lender);
    }

    // ---- allocation ----

    function test_idle_cash_goes_into_the_tranches_in_order_up_to_their_caps_by_anyone() public {
        _deposit(10_000_000);
        vm.prank(stranger);
        assertEq(fund.allocate(), 9_000_000 * USD);
        assertApproxEqAbs(_held(first.senior), 6_000_000 * USD, 1);
        assertApproxEqAbs(_held(second.senior), 3_000_000 * USD, 1);
        assertEq(fund.idle(), 1_000_000 * USD);
        assertApproxEqAbs(fund.totalAssets(), 10_000_000 * USD, 2);
        assertLe(fund.allocate(), 2, "full but for rounding");
    }

    function test_interest_of_the_facilities_is_the_holders_and_caps_do_not_stop_it() public {
        _deposit(9_000_000);
        fund.allocate();
        _borrowFrom(second, 2_000_000 * USD);
        vm.warp(block.timestamp + YEAR);
        assertGt(fund.totalAssets(), 9_000_000 * USD + 30_000 * USD);
        assertGt(_held(second.senior), 3_000_000 * USD);
        assertLe(fund.allocate(), 1, "above its cap a tranche gets nothing more");
    }

    function test_what_exceeds_a_lowered_cap_comes_back_as_far_as_there_is_cash() public {
        _deposit(3_000_000);
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        fund.allocate();
        assertEq(_held(first.senior), 0);
        _borrowFrom(second, second.pool.cash() - 400_000 * USD);
        vm.prank(guardian);
        fund.lowerCap(second.senior, 1_000_000 * USD);
        vm.prank(stranger);
        assertEq(fund.recall(second.senior), 400_000 * USD);
        assertEq(fund.idle(), 400_000 * USD);
        assertEq(fund.recall(second.senior), 0);
    }

    function test_a_tranche_capped_at_nothing_is_forgotten_once_nothing_is_left_and_can_come_back() public {
        _deposit(1_000_000);
        fund.allocate();
        vm.prank(curator);
        fund.setCap(first.senior, 0);
        assertApproxEqAbs(fund.recall(first.senior), 1_000_000 * USD, 1);
        assertEq(fund.tranches().length, 1);
        assertEq(address(fund.tranches()[0]), address(second.senior));
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotHeld.selector, first.senior));
        fund.recall(first.senior);
        vm.prank(curator);
        fund.setCap(first.senior, 5 * USD);
        assertEq(address(fund.tranches()[1]), address(first.senior));
    }

    // ---- leaving ----

    function test_leavers_are_paid_from_idle_cash_then_from_the_tranche_added_last() public {
        _deposit(10_000_000);
        fund.allocate();
        vm.startPrank(lender);
        fund.withdraw(900_000 * USD, lender, lender);
        assertEq(fund.idle(), 100_000 * USD);
        fund.withdraw(3_000_000 * USD, lender, lender);
        vm.stopPrank();
        assertEq(fund.idle(), 0);
        assertApproxEqAbs(_held(second.senior), 100_000 * USD, 2);
        assertApproxEqAbs(_held(first.senior), 6_000_000 * USD, 2);
    }

    function test_more_than_the_tranches_can_pay_is_refused_and_says_how_much_there_is() public {
        _deposit(3_000_000);
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        fund.allocate();
        _borrowFrom(second, second.pool.cash() - 400_000 * USD);
        assertEq(fund.available(), 400_000 * USD);
        assertEq(fund.maxWithdraw(lender), 400_000 * USD);
        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotEnoughCash.selector, 400_000 * USD + 1, 400_000 * USD));
        fund.withdraw(400_000 * USD + 1, lender, lender);
        fund.withdraw(400_000 * USD, lender, lender);
        vm.stopPrank();
    }

    function test_in_kind_one_leaves_when_all_cash_is_lent_out_with_ones_part_of_everything() public {
        _deposit(9_500_000);
        fund.allocate();
        _borrowFrom(second, second.pool.cash());
        uint256 shares = fund.balanceOf(lender);
        uint256 half = shares / 2;
        uint256 before = usd.balanceOf(lender);
        uint256 seniorBefore = first.senior.balanceOf(lender);
        vm.prank(lender);
        uint256 assets = fund.redeemInKind(half, lender, lender);
        assertEq(usd.balanceOf(lender) - before, assets);
        assertApproxEqAbs(assets, 250_000 * USD, 1);
        uint256 inKind = first.senior.convertToAssets(first.senior.balanceOf(lender) - seniorBefore);
        assertApproxEqAbs(inKind, 3_000_000 * USD, 1);
        assertApproxEqAbs(second.senior.convertToAssets(second.senior.balanceOf(lender)), 1_500_000 * USD, 1);
        assertApproxEqAbs(fund.totalAssets(), 4_750_000 * USD, 4);
    }

    function testFuzz_POOL_3_leaving_in_kind_never_takes_from_those_who_stay(uint256 part, uint256 loss) public {
        _deposit(9_500_000);
        fund.allocate();
        uint256 id = _borrowFrom(second, 2_000_000 * USD);
        vm.warp(block.timestamp + YEAR);
        loss = bound(loss, 0, 2);
        if (loss == 1) _drown(second, id, 20_000);
        if (loss == 2) _drown(second, id, 1);
        part = bound(part, 1, fund.balanceOf(lender));
        uint256 price = ((fund.totalAssets() + 1) * 1e36) / (fund.totalSupply() + 1e6);
        vm.prank(lender);
        fund.redeemInKind(part, stranger, lender);
        uint256 after_ = ((fund.totalAssets() + 1) * 1e36) / (fund.totalSupply() + 1e6);
        // Two holdings are valued in whole units each.
        assertGe(after_ + (2 * 1e36) / (fund.totalSupply() + 1e6), price);
    }

    function test_in_kind_by_a_spender_uses_its_allowance() public {
        uint256 shares = _deposit(1000);
        vm.prank(lender);
        fund.approve(operator, shares);
        vm.startPrank(operator);
        fund.redeemInKind(shares / 4, operator, lender);
        assertEq(fund.allowance(lender, operator), shares - shares / 4);
        vm.expectRevert();
        fund.redeemInKind(shares, operator, lender);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NothingReceived.selector, 0, 0));
        fund.redeemInKind(0, lender, lender);
    }

    function test_GATE_1_a_gate_keeps_newcomers_out_and_nobody_in() public {
        FaultGate gate = new FaultGate();
        fund = _newFund(address(gate));
        assertEq(fund.gate(), address(gate));
        _approveFund(lender);
        _deposit(1000);
        gate.set(FaultGate.Manner.Answers, 7);
        assertEq(fund.maxDeposit(lender), 0);
        assertEq(fund.maxMint(lender), 0);
        vm.startPrank(lender);
        vm.expectRevert();
        fund.deposit(USD, lender);
        fund.withdraw(100 * USD, lender, lender);
        fund.redeemInKind(fund.balanceOf(lender), lender, lender);
        vm.stopPrank();
    }

    // ---- losses ----

    function test_a_loss_in_one_facility_is_shared_by_all_holders_and_stops_there() public {
        _deposit(6_000_000);
        vm.prank(guardian);
        fund.lowerCap(first.senior, 3_000_000 * USD);
        fund.allocate();
        uint256 id = _borrowFrom(second, 3_000_000 * USD);
        _drown(second, id, 10_000);
        uint256 nav = fund.totalAssets();
        assertApproxEqRel(nav, 3_000_000 * USD + (3_000_000 * USD * 40) / 102, 0.01e18);
        assertApproxEqAbs(_held(first.senior), 3_000_000 * USD, 2);
        assertApproxEqAbs(fund.convertToAssets(fund.balanceOf(lender)), nav, 1);
    }

    function test_donated_cash_and_tranche_shares_change_nothing() public {
        _deposit(1_000_000);
        fund.allocate();
        uint256 nav = fund.totalAssets();
        uint256 most = fund.maxWithdraw(lender);
        usd.mint(address(fund), 5_000_000 * USD);
        vm.startPrank(lender);
        first.senior.transfer(address(fund), first.senior.balanceOf(lender));
        vm.stopPrank();
        assertEq(fund.totalAssets(), nav);
        assertEq(fund.maxWithdraw(lender), most);
        assertEq(fund.allocate(), 0);
    }

    // ---- who may ----

    function test_fault_C34_only_the_curator_raises_and_only_the_guardian_lowers() public {
        address[4] memory outsiders = [stranger, lender, guardian, risk];
        for (uint256 i; i < outsiders.length; ++i) {
            vm.startPrank(outsiders[i]);
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, outsiders[i]));
            fund.setCap(first.senior, 1);
            vm.stopPrank();
        }
        outsiders[2] = curator;
        for (uint256 i; i < outsiders.length; ++i) {
            vm.startPrank(outsiders[i]);
            vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, outsiders[i]));
            fund.lowerCap(first.senior, 1);
            vm.stopPrank();
        }
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.CapNotLower.selector, 6_000_000 * USD, 6_000_000 * USD));
        fund.lowerCap(first.senior, 6_000_000 * USD);
    }

    function test_a_curators_delay_is_waited_for() public {
        access.grantRole(CURATOR, curator, 2 days);
        bytes memory data = abi.encodeCall(IFundVault.setCap, (first.senior, 7_000_000 * USD));
        vm.startPrank(curator);
        vm.expectRevert();
        fund.setCap(first.senior, 7_000_000 * USD);
        access.schedule(address(fund), data, uint48(block.timestamp + 2 days));
        vm.warp(block.timestamp + 2 days);
        access.execute(address(fund), data);
        vm.stopPrank();
        assertEq(fund.capOf(first.senior), 7_000_000 * USD);
    }

    function test_a_curator_cannot_lead_cash_anywhere_but_into_tranches_of_real_facilities() public {
        // Of a pool no facility has.
        Options memory o = _options();
        (o.collateral, o.loan) = (btc, usd);
        Parts memory unborn = _parts(o);
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotATranche.selector, unborn.senior));
        fund.setCap(unborn.senior, USD);
        vm.stopPrank();
        // Says it is the senior tranche of a real pool.
        ITranche pretender = ITranche(
            deployCode(
                "contracts/lending/Tranche.sol:Tranche",
                abi.encode(usd, first.pool, manager, uint8(0), "Pretender", "P", 0, 0)
            )
        );
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotATranche.selector, pretender));
        fund.setCap(pretender, USD);
        vm.stopPrank();
        // Of another asset.
        Parts memory other = _createFacility(_options());
        vm.startPrank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.OtherAsset.selector, other.senior, usd, other.usd));
        fund.setCap(other.senior, USD);
        vm.stopPrank();
    }

    function test_at_most_sixteen_tranches() public {
        Options memory o = _options();
        (o.collateral, o.loan) = (btc, usd);
        for (uint256 i = 2; i < 16; ++i) {
            Parts memory p = _createFacility(o);
            vm.prank(curator);
            fund.setCap(p.senior, USD);
        }
        Parts memory oneMore = _createFacility(o);
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.TooManyTranches.selector, 16));
        fund.setCap(oneMore.senior, USD);
    }

    /// @dev Dust that is still worth something is money of the holders: what cannot be paid now is not forgotten.
    function test_dust_that_is_worth_something_is_kept_until_it_can_be_paid() public {
        vm.prank(curator);
        fund.setCap(first.senior, 500);
        _deposit(1);
        fund.allocate();
        assertApproxEqAbs(_held(first.senior), 500, 1);
        uint256 id = _borrowFrom(first, first.pool.cash());
        vm.prank(curator);
        fund.setCap(first.senior, 0);
        assertEq(fund.recall(first.senior), 0, "all is lent");
        assertEq(fund.tranches().length, 2);
        vm.prank(borrower);
        manager.repay(id, type(uint256).max, "");
        assertApproxEqAbs(fund.recall(first.senior), 500, 1);
        assertEq(fund.tranches().length, 1);
    }

    function test_a_fund_that_lost_everything_takes_no_new_money() public {
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        _deposit(3_000_000);
        fund.allocate();
        uint256 id = _borrowFrom(second, second.pool.cash());
        second.oracle.setPrice(1);
        manager.mark(id);
        assertEq(fund.totalAssets(), 0);
        assertEq(fund.maxDeposit(lender), 0);
        assertEq(fund.maxMint(lender), 0);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.WipedOut.selector, fund.totalSupply()));
        vm.prank(lender);
        fund.deposit(USD, lender);
    }

    function test_more_shares_than_can_be_counted_are_not_minted() public {
        usd.mint(lender, 2e30);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.TooManyShares.selector, 2e36, type(uint120).max));
        vm.prank(lender);
        fund.deposit(2e30, lender);
    }

    function test_the_last_share_that_can_be_counted_is_minted() public {
        usd.mint(lender, 2e30);
        vm.prank(lender);
        fund.mint(type(uint120).max, lender);
        assertEq(fund.totalSupply(), type(uint120).max);
    }

    /// @dev A tranche of which one share would cost more than the whole deposit, and one worth more than a pool can count.
    function test_a_deposit_that_buys_no_share_is_not_taken_and_a_fund_beyond_counting_is_full() public {
        _deposit(1000);
        fund.allocate();
        vm.mockCall(
            address(first.senior),
            abi.encodeWithSelector(first.senior.previewMint.selector),
            abi.encode(uint256(1e30))
        );
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NothingReceived.selector, 1, 0));
        fund.deposit(1, lender);
        assertGt(fund.maxDeposit(lender), 0);
        vm.mockCall(
            address(first.senior),
            abi.encodeWithSelector(first.senior.convertToAssets.selector),
            abi.encode(uint256(type(uint112).max) + 1)
        );
        assertEq(fund.maxDeposit(lender), 0);
    }

    function test_a_curator_cannot_add_what_says_it_is_the_pool_of_a_real_facility() public {
        Impostor impostor = new Impostor(address(manager), first.id);
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(IFundVault.NotATranche.selector, impostor));
        fund.setCap(ITranche(address(impostor)), USD);
    }
}

/// @notice Says that it is a pool, of a facility that has another one, and its tranche.
contract Impostor {
    address public immutable manager;
    uint32 public immutable facility;
    TrancheClass public constant class = TrancheClass.Senior;

    constructor(address manager_, uint32 facility_) {
        (manager, facility) = (manager_, facility_);
    }

    function pool() external view returns (address) {
        return address(this);
    }

    function tranche(TrancheClass) external view returns (address) {
        return address(this);
    }
}

/// @notice The loan asset turns hostile.
contract FundVaultHostileTokenTest is FundMarket {
    function _options() internal override returns (Options memory o) {
        o = super._options();
        if (address(usd) == address(0)) o.loan = MockToken(address(new FaultToken("Dollar", "USD", loanDecimals)));
    }

    function test_fault_C13_a_fee_on_transfer_is_refused_on_the_way_in() public {
        FaultToken(address(usd)).setHabit(FaultToken.Habit.FeeFromReceiver);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, usd, 1000 * USD, 990 * USD));
        fund.deposit(1000 * USD, lender);
        assertEq(fund.totalSupply(), 0);
    }

    function test_fault_C13_a_fee_on_transfer_is_refused_on_the_way_back_from_a_tranche() public {
        _approveFund(lender);
        vm.prank(lender);
        fund.deposit(1000 * USD, lender);
        fund.allocate();
        FaultToken(address(usd)).setHabit(FaultToken.Habit.FeeFromReceiver);
        vm.prank(lender);
        vm.expectRevert(abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, usd, 500 * USD, 495 * USD));
        fund.withdraw(500 * USD, lender, lender);
        vm.prank(guardian);
        fund.lowerCap(first.senior, 0);
        vm.expectRevert(abi.encodeWithSelector(ExactTransfer.TransferMismatch.selector, usd, 1000 * USD, 990 * USD));
        fund.recall(first.senior);
    }

    function test_fault_C11_a_token_that_calls_back_finds_the_fund_shut() public {
        Reentrant thief = new Reentrant(fund);
        usd.mint(address(thief), 1000 * USD);
        FaultToken(address(usd)).setHabit(FaultToken.Habit.Hooks);
        thief.enter(1000 * USD);
        assertTrue(thief.called(), "the token did call back");
        assertEq(thief.succeeded(), 0);
        assertEq(thief.offered(), 0, "nothing can be had or brought meanwhile");
        assertGt(fund.maxDeposit(address(thief)), 0);
        assertGt(fund.maxWithdraw(address(thief)), 0);
        assertGt(fund.maxRedeem(address(thief)), 0);
    }
}

/// @notice Tries everything while its own deposit is half done.
contract Reentrant {
    IFundVault private immutable FUND;
    bool public called;
    uint256 public succeeded;
    /// @notice What the fund says can be brought to it and had of it, in all.
    uint256 public offered;

    constructor(IFundVault fund) {
        FUND = fund;
    }

    function enter(uint256 assets) external {
        (bool approved, ) = FUND.asset().call(
            abi.encodeWithSignature("approve(address,uint256)", FUND, type(uint256).max)
        );
        require(approved);
        FUND.deposit(assets, address(this));
    }

    function onTokenMoved() external {
        if (called) return;
        called = true;
        offered = FUND.maxDeposit(address(this)) + FUND.maxWithdraw(address(this)) + FUND.maxRedeem(address(this));
        bytes[14] memory attempts = [
            abi.encodeCall(FUND.deposit, (1e6, address(this))),
            abi.encodeCall(FUND.withdraw, (1, address(this), address(this))),
            abi.encodeCall(FUND.redeem, (1e6, address(this), address(this))),
            abi.encodeCall(FUND.redeemInKind, (1e6, address(this), address(this))),
            abi.encodeCall(FUND.allocate, ()),
            abi.encodeCall(FUND.totalAssets, ()),
            abi.encodeCall(FUND.available, ()),
            abi.encodeCall(FUND.convertToShares, (1e6)),
            abi.encodeCall(FUND.previewDeposit, (1e6)),
            abi.encodeCall(FUND.previewMint, (1e12)),
            abi.encodeCall(FUND.previewWithdraw, (1)),
            abi.encodeCall(FUND.previewRedeem, (1e12)),
            abi.encodeCall(FUND.idle, ()),
            abi.encodeCall(FUND.heldOf, (ITranche(address(0))))
        ];
        for (uint256 i; i < attempts.length; ++i) {
            (bool success, ) = address(FUND).call(attempts[i]);
            if (success) ++succeeded;
        }
    }
}
