// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICollateralSale} from "../../../../contracts/interfaces/ICollateralSale.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {IAuthorisations} from "../../../../contracts/interfaces/IAuthorisations.sol";
import {IRepayWithCollateral} from "../../../../contracts/interfaces/IRepayWithCollateral.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";
import {Actions, Authorisation} from "../../../../contracts/interfaces/LoanTypes.sol";
import {Agent} from "../../helpers/Agent.sol";
import {Market} from "../../helpers/Market.sol";
import {SwapVenue, SwapVenues} from "../../helpers/SwapVenue.sol";

/// @notice Buys any loan that is offered to it for its equity, in one call: a desk, a refinancing vault.
contract LoanDesk {
    ILoanManager private immutable MANAGER;
    IERC20 private immutable USD;

    constructor(ILoanManager manager, IERC20 usd) {
        (MANAGER, USD) = (manager, usd);
    }

    function authorise(uint32 facility, address operator, Authorisation calldata given) external {
        MANAGER.setAuthorisation(facility, operator, given);
    }

    function buy(uint256 id, uint256 maxDebt, uint256 minCollateral, uint256 payment) external {
        MANAGER.acceptLoan(id, maxDebt, minCollateral);
        USD.transfer(msg.sender, payment);
    }
}

/// @notice A token whose every transfer wakes its maker.
contract EvilToken is MockToken {
    Agent private immutable MAKER;

    constructor(Agent maker) MockToken("Evil", "EVIL", 18) {
        MAKER = maker;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        MAKER.onTokenMoved();
        return super.transfer(to, value);
    }
}

/// @notice Tries on those who let RepayWithCollateral act for them without limit and for ever.
contract StandingAuthorisationTest is Market {
    uint24 private constant FEE = 500;
    uint256 private constant WAD = 1e18;

    IRepayWithCollateral private _periphery;
    SwapVenues private _venues;
    EvilToken private _evil;
    Agent private _attacker;
    uint256 private _loan;
    Authorisation private _unlimited = Authorisation(
        Actions.CLOSE | Actions.WITHDRAW,
        type(uint40).max,
        0,
        type(uint104).max
    );

    function setUp() public override {
        super.setUp();
        _venues = new SwapVenues();
        _periphery = IRepayWithCollateral(
            deployCode(
                "contracts/periphery/RepayWithCollateral.sol:RepayWithCollateral",
                abi.encode(manager, address(0), _venues)
            )
        );
        _attacker = new Agent();
        _evil = new EvilToken(_attacker);
        _attacker.approve(IERC20(btc), address(vault));
        btc.mint(address(_attacker), BTC);
        bytes memory open = abi.encodeCall(ILoanManager.open, (facility, 0, BTC, 20_000 * USD, address(_attacker), ""));
        _attacker.act(address(manager), open);
        _loan = _id(address(_attacker), facility, 0);
        _attacker.act(
            address(manager),
            abi.encodeCall(IAuthorisations.setAuthorisation, (facility, address(_periphery), _unlimited))
        );
    }

    /// @dev A loan that is sold while its former owner's repayment is under way must not be closed for the former owner by the
    /// authorisation the new owner gave. The path leads over a token of the attacker's, whose transfer is where the sale happens.
    function test_an_owner_who_sells_a_loan_in_the_middle_of_closing_it_takes_nothing_from_the_buyer() public {
        LoanDesk desk = new LoanDesk(manager, IERC20(usd));
        usd.mint(address(desk), 30_000 * USD);
        desk.authorise(facility, address(_periphery), _unlimited);
        bytes memory path = _trap();

        Agent.Call[] memory calls = new Agent.Call[](2);
        calls[0] = Agent.Call(address(manager), abi.encodeCall(ILoans.transferLoan, (_loan, address(desk))));
        calls[1] = Agent.Call(address(desk), abi.encodeCall(LoanDesk.buy, (_loan, 20_000 * USD, BTC, 30_000 * USD)));
        _attacker.script(calls, true);
        _attacker.armHooks(0);
        bytes memory close = abi.encodeCall(
            IRepayWithCollateral.close,
            (_loan, IRepayWithCollateral.Sale(path, BTC, block.timestamp), address(_attacker))
        );
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralSale.NotLoanOwner.selector, _loan, address(_attacker), address(desk))
        );
        _attacker.act(address(_periphery), close);
        assertEq(manager.ownerOf(_loan), address(_attacker));
        assertEq(btc.balanceOf(address(_attacker)), 0);
        assertEq(usd.balanceOf(address(desk)), 30_000 * USD);
    }

    /// @dev From dollars back to bitcoin over a token that calls the attacker, who owns both pools' liquidity.
    function _trap() private returns (bytes memory path) {
        SwapVenue first = _venues.make(address(usd), address(_evil), FEE);
        SwapVenue second = _venues.make(address(_evil), address(btc), FEE);
        first.setPrice(IERC20(usd), WAD);
        second.setPrice(IERC20(_evil), WAD / 2000);
        usd.mint(address(first), 20_000 * USD);
        _evil.mint(address(second), 20_000 * USD);
        path = abi.encodePacked(usd, FEE, _evil, FEE, btc);
    }
}
