// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICollateralSale} from "../../../contracts/interfaces/ICollateralSale.sol";
import {IFacilities} from "../../../contracts/interfaces/IFacilities.sol";
import {IRepayWithCollateral} from "../../../contracts/interfaces/IRepayWithCollateral.sol";
import {Actions, Authorisation} from "../../../contracts/interfaces/LoanTypes.sol";
import {MockToken} from "../../../contracts/mocks/MockToken.sol";
import {IUniswapV3Factory, IUniswapV3Pool, IUniswapV3SwapCallback} from "../../../contracts/periphery/UniswapV3.sol";
import {SwapPath} from "../../../contracts/periphery/SwapPath.sol";
import {Market} from "../helpers/Market.sol";
import {SwapVenue, SwapVenues} from "../helpers/SwapVenue.sol";

/// @notice A factory that is its own only pool.
abstract contract OnlyVenue is IUniswapV3Factory, IUniswapV3Pool {
    function getPool(address, address, uint24) external view returns (address) {
        return address(this);
    }
}

/// @notice It has one unit less than it is asked for.
contract ShortVenue is OnlyVenue {
    function swap(
        address,
        bool zeroForOne,
        int256 wanted,
        uint160,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1) {
        (amount0, amount1) = zeroForOne ? (int256(1), wanted + 1) : (wanted + 1, int256(1));
        IUniswapV3SwapCallback(msg.sender).uniswapV3SwapCallback(amount0, amount1, data);
    }
}

/// @notice It wants to be paid twice.
contract GreedyVenue is OnlyVenue {
    IERC20 private immutable TOKEN;

    constructor(IERC20 token) {
        TOKEN = token;
    }

    function swap(
        address recipient,
        bool zeroForOne,
        int256 wanted,
        uint160,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1) {
        (amount0, amount1) = zeroForOne ? (int256(1), wanted) : (wanted, int256(1));
        TOKEN.transfer(recipient, uint256(-wanted));
        IUniswapV3SwapCallback(msg.sender).uniswapV3SwapCallback(amount0, amount1, data);
        IUniswapV3SwapCallback(msg.sender).uniswapV3SwapCallback(amount0, amount1, data);
    }
}

/// @notice Paying a loan of 30,000 dollars out of its bitcoin: what is refused, and what is paid, sold and left.
contract CollateralSaleTest is Market {
    uint24 private constant FEE = 500;

    IRepayWithCollateral private _periphery;
    SwapVenues private _venues;
    uint256 private _loan;

    function setUp() public override {
        super.setUp();
        _venues = new SwapVenues();
        _stock(_venues.make(address(usd), address(btc), FEE), usd, 500);
        _loan = _open(BTC, 30_000 * USD);
        _periphery = _deploy(_venues);
    }

    function _deploy(IUniswapV3Factory factory) private returns (IRepayWithCollateral periphery) {
        periphery = IRepayWithCollateral(
            deployCode(
                "contracts/periphery/RepayWithCollateral.sol:RepayWithCollateral",
                abi.encode(manager, address(0), factory)
            )
        );
        _authorise(facility, periphery);
    }

    function _authorise(uint32 facility_, IRepayWithCollateral periphery) private {
        vm.prank(borrower);
        manager.setAuthorisation(
            facility_,
            address(periphery),
            Authorisation(Actions.WITHDRAW | Actions.CLOSE, type(uint40).max, 0, type(uint104).max)
        );
    }

    /// @dev Plenty of a token, of which so many units cost one of the other.
    function _stock(SwapVenue venue, MockToken token, uint256 perUnit) private {
        token.mint(address(venue), 1e30);
        venue.setPrice(IERC20(token), 1e18 / perUnit);
    }

    function _path(uint24 fee) private view returns (bytes memory) {
        return abi.encodePacked(address(usd), fee, address(btc));
    }

    function _sale(bytes memory path) private view returns (IRepayWithCollateral.Sale memory) {
        return IRepayWithCollateral.Sale(path, BTC, block.timestamp);
    }

    function test_a_part_of_the_debt_is_paid_for_what_it_costs() public {
        assertEq(ICollateralSale(address(_periphery)).factory(), address(_venues));
        vm.expectEmit(address(_periphery));
        emit IRepayWithCollateral.RepaidWithCollateral(_loan, borrower, 5_000 * USD, BTC / 10);
        vm.prank(borrower);
        (uint256 paid, uint256 sold) = _periphery.repay(_loan, 5_000 * USD, _sale(_path(FEE)));
        assertEq(paid, 5_000 * USD);
        assertEq(sold, BTC / 10);
        assertEq(manager.debtOf(_loan), 25_000 * USD);
        assertEq(manager.loanOf(_loan).collateral, BTC - sold);
    }

    function test_more_than_the_debt_pays_no_more_than_the_debt() public {
        vm.prank(borrower);
        (uint256 paid, ) = _periphery.repay(_loan, type(uint256).max, _sale(_path(FEE)));
        assertEq(paid, 30_000 * USD);
        assertEq(manager.debtOf(_loan), 0);
        assertEq(manager.ownerOf(_loan), borrower, "what is left of the collateral is still theirs");
    }

    /// @dev Tokens between the two sort before both, between them, and after both, so that each pool is asked in either direction.
    function test_a_sale_leads_over_tokens_of_any_address() public {
        MockToken[2] memory between = [_token("Low", "L", 6), _token("High", "H", 6)];
        address least = address(usd) < address(btc) ? address(usd) : address(btc);
        address most = address(usd) < address(btc) ? address(btc) : address(usd);
        while (address(between[0]) > least) between[0] = _token("Low", "L", 6);
        while (address(between[1]) < most) between[1] = _token("High", "H", 6);
        for (uint256 i; i < 2; ++i) {
            _stock(_venues.make(address(usd), address(between[i]), FEE), usd, 1);
            _stock(_venues.make(address(between[i]), address(btc), FEE), between[i], 500);
            bytes memory path = abi.encodePacked(address(usd), FEE, address(between[i]), FEE, address(btc));
            vm.prank(borrower);
            (uint256 paid, uint256 sold) = _periphery.repay(_loan, 5_000 * USD, _sale(path));
            assertEq(paid, 5_000 * USD);
            assertEq(sold, BTC / 10);
        }
        assertEq(manager.debtOf(_loan), 20_000 * USD);
    }

    function test_a_loan_without_debt_is_closed_without_a_sale() public {
        vm.startPrank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        (uint256 paid, uint256 sold, uint256 returned) = _periphery.close(_loan, _sale(_path(FEE)), stranger);
        vm.stopPrank();
        assertEq(paid + sold, 0);
        assertEq(returned, BTC);
        assertEq(btc.balanceOf(stranger), BTC);
        assertEq(manager.ownerOf(_loan), address(0));
    }

    function test_nothing_to_pay_is_refused() public {
        IRepayWithCollateral.Sale memory sale = _sale(_path(FEE));
        vm.startPrank(borrower);
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        _periphery.repay(_loan, 0, sale);
        manager.repay(_loan, type(uint256).max, "");
        vm.expectRevert(IFacilities.ZeroAmount.selector);
        _periphery.repay(_loan, 1, sale);
        vm.stopPrank();
    }

    function test_a_sale_after_its_deadline_or_of_another_ones_loan_is_refused() public {
        IRepayWithCollateral.Sale memory sale = _sale(_path(FEE));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.NotLoanOwner.selector, _loan, stranger, borrower));
        _periphery.repay(_loan, 1_000 * USD, sale);
        sale.deadline = block.timestamp - 1;
        vm.prank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(IRepayWithCollateral.DeadlinePassed.selector, block.timestamp - 1, block.timestamp)
        );
        _periphery.repay(_loan, 1_000 * USD, sale);
    }

    /// @dev Neither before a pool is asked, nor where none has to be.
    function test_the_owner_s_authorisation_is_no_one_else_s() public {
        IRepayWithCollateral.Sale memory sale = _sale(_path(3_000));
        bytes memory notTheirs = abi.encodeWithSelector(
            ICollateralSale.NotLoanOwner.selector,
            _loan,
            stranger,
            borrower
        );
        vm.prank(stranger);
        vm.expectRevert(notTheirs);
        _periphery.repay(_loan, 1_000 * USD, sale);
        vm.prank(borrower);
        manager.repay(_loan, type(uint256).max, "");
        vm.prank(stranger);
        vm.expectRevert(notTheirs);
        _periphery.close(_loan, sale, stranger);
    }

    function test_a_path_that_leads_elsewhere_is_refused() public {
        bytes memory back = abi.encodePacked(address(btc), FEE, address(usd));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(SwapPath.InvalidPath.selector, back, address(usd), address(btc)));
        _periphery.repay(_loan, 1_000 * USD, IRepayWithCollateral.Sale(back, BTC, block.timestamp));
    }

    function test_EVENT_1_a_loan_closed_with_its_own_collateral() public {
        vm.expectEmit(address(_periphery));
        emit IRepayWithCollateral.RepaidWithCollateral(_loan, borrower, 30_000 * USD, (BTC * 6) / 10);
        vm.prank(borrower);
        _periphery.close(_loan, _sale(_path(FEE)), borrower);
    }

    /// @dev Where debts may be so small.
    function test_a_debt_of_a_unit_is_paid_out_of_its_collateral() public {
        Options memory o = _options();
        (o.collateral, o.loan, o.minDebt) = (btc, usd, 1);
        Parts memory small = _createFacility(o);
        SwapVenue(_venues.getPool(address(usd), address(btc), FEE)).setPrice(IERC20(usd), 1e18);
        _authorise(small.id, _periphery);
        vm.startPrank(borrower);
        btc.approve(address(small.vault), type(uint256).max);
        uint256 id = manager.open(small.id, 1, 10, 1, borrower, "");
        (, uint256 sold) = _periphery.repay(id, type(uint256).max, _sale(_path(FEE)));
        assertEq(sold, 1);
        assertEq(manager.debtOf(id), 0);
        id = manager.open(small.id, 2, 10, 1, borrower, "");
        (uint256 paid, , uint256 returned) = _periphery.close(id, _sale(_path(FEE)), stranger);
        vm.stopPrank();
        assertEq(paid, 1);
        assertEq(returned, 9);
    }

    function test_no_more_is_sold_than_the_owner_allows() public {
        IRepayWithCollateral.Sale memory sale = _sale(_path(FEE));
        sale.maxSold = BTC / 10 - 1;
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.TooMuchSold.selector, BTC / 10, BTC / 10 - 1));
        _periphery.repay(_loan, 5_000 * USD, sale);
    }

    function test_a_payment_that_the_loan_would_not_take_whole_sells_nothing() public {
        IRepayWithCollateral.Sale memory sale = _sale(_path(FEE));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.WouldLeaveDust.selector, 29_950 * USD, 29_900 * USD));
        _periphery.repay(_loan, 29_950 * USD, sale);
    }

    function test_a_path_over_a_pool_that_does_not_exist_is_refused() public {
        IRepayWithCollateral.Sale memory sale = _sale(_path(3_000));
        vm.prank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralSale.NoSuchPool.selector, address(usd), address(btc), uint24(3_000))
        );
        _periphery.repay(_loan, 5_000 * USD, sale);
    }

    function test_a_pool_that_pays_less_than_it_was_asked_for_is_not_paid() public {
        _periphery = _deploy(new ShortVenue());
        IRepayWithCollateral.Sale memory sale = _sale(_path(FEE));
        vm.prank(borrower);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralSale.InsufficientLiquidity.selector, 5_000 * USD - 1, 5_000 * USD)
        );
        _periphery.repay(_loan, 5_000 * USD, sale);
    }

    function test_a_pool_calls_back_once() public {
        GreedyVenue venue = new GreedyVenue(usd);
        usd.mint(address(venue), 10_000 * USD);
        _periphery = _deploy(venue);
        IRepayWithCollateral.Sale memory sale = _sale(_path(FEE));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.UnexpectedCallback.selector, venue, address(0)));
        _periphery.repay(_loan, 5_000 * USD, sale);
    }

    /// @dev Over a token that sorts before dollars, so that it is the first of the pool's two.
    function test_a_pool_is_owed_a_single_unit_and_one_that_asks_for_none_is_not_believed() public {
        MockToken low = _token("Low", "L", 6);
        while (address(low) > address(usd)) low = _token("Low", "L", 6);
        SwapVenue first = _venues.make(address(usd), address(low), FEE);
        _stock(first, usd, 1);
        _stock(_venues.make(address(low), address(btc), FEE), low, 1);
        IRepayWithCollateral.Sale memory sale = _sale(
            abi.encodePacked(address(usd), FEE, address(low), FEE, address(btc))
        );
        vm.startPrank(borrower);
        (uint256 paid, uint256 sold) = _periphery.repay(_loan, 1, sale);
        assertEq(paid, 1);
        assertEq(sold, 1);
        first.setPrice(usd, 0);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.InsufficientLiquidity.selector, 0, 1));
        _periphery.repay(_loan, 1, sale);
        vm.stopPrank();
    }

    function test_nobody_calls_back_who_was_not_asked() public {
        IUniswapV3SwapCallback callee = IUniswapV3SwapCallback(address(_periphery));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICollateralSale.UnexpectedCallback.selector, stranger, address(0)));
        callee.uniswapV3SwapCallback(1, -1, "");
    }
}
