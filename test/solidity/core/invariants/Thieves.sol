// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ICollateralVault} from "../../../../contracts/interfaces/ICollateralVault.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {IPoolLedger} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC7540Redeem} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {ILoanManager} from "../../../../contracts/interfaces/ILoanManager.sol";
import {ILoans} from "../../../../contracts/interfaces/ILoans.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Keepers} from "./Keepers.sol";

/// @notice Whoever is not owner, operator or liquidator of an unhealthy loan gets nothing (AUTH-1, LIQ-1), nor does one who comes
/// by the back door.
abstract contract Thieves is Keepers {
    function trespass(uint256 f, uint256 seed, uint256 who) external action(f, "trespass") {
        f = _at(f);
        uint256 i = _findLoan(f, seed, false);
        if (i == NONE) return;
        uint256 id = _loanAt(f, i);
        address thief = _actor(who);
        if (thief == _places[f].loans.ownerOf(id)) return;
        bool sound = !_mayBeSold(f, id);
        address loans = address(_places[f].loans);
        vm.startPrank(thief);
        _mustFail(loans, abi.encodeCall(ILoans.withdraw, (id, 1, thief)), "withdraw");
        _mustFail(loans, abi.encodeCall(ILoans.close, (id, thief, "")), "close");
        _mustFail(loans, abi.encodeCall(ILoans.transferLoan, (id, thief)), "transferLoan");
        if (f == TERM) {
            bytes memory data = abi.encodeCall(ITermLoanManager.rollOver, (id, 0, 5e18, block.timestamp, 0));
            _mustFail(loans, data, "rollOver");
        } else {
            _mustFail(loans, abi.encodeCall(ILoanManager.draw, (id, 1, thief)), "draw");
        }
        if (sound) {
            (bool sold, ) = loans.call(abi.encodeCall(ILoans.liquidate, (id, type(uint256).max, 0, "")));
            _check(!sold, "LIQ-1", "a healthy loan was sold");
        }
        vm.stopPrank();
        _did(f, "trespass");
    }

    function steal(uint256 f, uint256 class, uint256 from, uint256 who) external action(f, "steal") {
        f = _at(f);
        address thief = _actor(who);
        address victim = _actor(from);
        ITranche tranche = _places[f].tranches[f == PLAIN ? SENIOR : class % 3];
        uint256 shares = tranche.balanceOf(victim);
        if (thief == victim || shares == 0) return;
        vm.startPrank(thief);
        _mustFail(address(tranche), abi.encodeCall(IERC20.transferFrom, (victim, thief, shares)), "transferFrom");
        _mustFail(address(tranche), abi.encodeCall(IERC4626.redeem, (shares, thief, victim)), "redeem");
        _mustFail(address(tranche), abi.encodeCall(ITranche.moveToQueue, (victim, victim, shares)), "moveToQueue");
        if (f != PLAIN) {
            bytes memory data = abi.encodeCall(IERC7540Redeem.requestRedeem, (shares, thief, victim));
            _mustFail(address(_places[f].queue), data, "requestRedeem");
        }
        _backDoors(f, thief);
        uint256 held = FUND.balanceOf(victim);
        if (held != 0) {
            _mustFail(address(FUND), abi.encodeCall(IERC4626.redeem, (held, thief, victim)), "fund: redeem");
            _mustFail(address(FUND), abi.encodeCall(IFundVault.redeemInKind, (held, thief, victim)), "fund: in kind");
        }
        vm.stopPrank();
        _did(f, "steal");
    }

    function _backDoors(uint256 f, address thief) private {
        address pool = address(_places[f].pool);
        _mustFail(_places[f].vault, abi.encodeCall(ICollateralVault.withdraw, (thief, 1)), "vault");
        _mustFail(pool, abi.encodeCall(IPoolLedger.pay, (thief, 1)), "pay");
        _mustFail(pool, abi.encodeCall(IPoolLedger.payOut, (thief, 1)), "payOut");
        _mustFail(pool, abi.encodeCall(IPoolLedger.enter, (thief, 1)), "enter");
        _mustFail(pool, abi.encodeCall(IPoolLedger.changeExpectedLoss, (0, 1)), "changeExpectedLoss");
        _mustFail(pool, abi.encodeCall(IPoolLedger.collectReserve, (thief, 0)), "collectReserve");
        _mustFail(pool, abi.encodeCall(ILendingPool.draw, (0, 1)), "pool draw");
    }

    function _mustFail(address target, bytes memory data, string memory what) private {
        (bool success, ) = target.call(data);
        _check(!success, "AUTH-1", what);
    }
}
