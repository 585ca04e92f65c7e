// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITermLendingPool} from "../../../../contracts/interfaces/ITermLendingPool.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {MockOracle} from "../../../../contracts/mocks/MockOracle.sol";
import {MockToken} from "../../../../contracts/mocks/MockToken.sol";

/// @notice What borrowers, payers, keepers and lenders of all three classes do to one term facility, in any order, with leaps of
/// time and price. It notes what a step may and may not have changed; the test asks.
contract TermHandler is CommonBase, StdUtils {
    struct Parts {
        ITermLoanManager manager;
        ITermLendingPool pool;
        ITermLoanBook book;
        MockOracle oracle;
        MockToken btc;
        MockToken usd;
        ITranche[3] tranches;
        IRedemptionQueue queue;
        uint32 facility;
        uint8 sheets;
    }

    uint256 private constant LOANS = 6;
    uint256 private constant RATE_SECONDS = 1e18 * 365 days;

    Parts private _p;
    address[3] private _actors;
    uint256 private BTC;
    uint256 private USD;

    /// @notice How often an action was tried and how often it did something.
    mapping(string action => uint256) public tried;
    mapping(string action => uint256) public done;
    string[] public actions;
    /// @notice The first rule that was broken, and by what; empty while none was.
    string public broken;

    constructor(Parts memory p, address[3] memory actors) {
        _p = p;
        _actors = actors;
        BTC = 10 ** p.btc.decimals();
        USD = 10 ** p.usd.decimals();
    }

    /// @dev POOL-2 around a step: no share price falls, unless the step is one that may say so.
    modifier step(string memory action, bool mayLower) {
        if (tried[action]++ == 0) actions.push(action);
        uint256[3] memory before = _sharePrices();
        _;
        uint256[3] memory afterwards = _sharePrices();
        for (uint256 c; c < 3; ++c) if (!mayLower && afterwards[c] < before[c]) _break("POOL-2", action);
    }

    // ---- borrowers ----

    function open(
        uint256 who,
        uint256 salt,
        uint256 sheet,
        uint256 collateral,
        uint256 ltv
    ) external step("open", false) {
        address borrower = _actors[who % 3];
        uint64 number = uint64(salt % 2);
        collateral = bound(collateral, BTC / 100, 50 * BTC);
        uint256 value = (collateral * _p.oracle.price()) / 1e36;
        uint256 principal = (value * bound(ltv, 1000, 7000)) / 10_000;
        if (principal < 100 * USD || principal > _p.pool.cash()) return;
        vm.prank(borrower);
        try
            _p.manager.open(
                ITermLoanManager.Opening({
                    facility: _p.facility,
                    salt: number,
                    sheet: uint8(sheet % _p.sheets),
                    collateral: collateral,
                    principal: principal,
                    maxAnnualRate: 5e18,
                    deadline: block.timestamp,
                    receiver: borrower,
                    agreement: 0
                }),
                ""
            )
        {
            ++done["open"];
            if (_p.queue.waiting() != 0) _break("LOSS-1", "a loan was opened while lenders wait");
        } catch {}
    }

    function pay(uint256 who, uint256 loan, uint256 assets) external step("pay", false) {
        uint256 id = loanAt(loan % LOANS);
        uint256 debt = _p.manager.debtOf(id);
        if (debt == 0) return;
        // As much as it owes: all of it where nothing costs a fee, else money ahead.
        if (assets % 7 == 0) assets = debt;
        else assets = assets % 5 == 0 ? bound(assets, 1, 1000) : bound(assets, 1, debt + debt / 10);
        uint256 held = _p.usd.balanceOf(address(_p.pool));
        vm.prank(_actors[who % 3]);
        try _p.manager.repay(id, assets, "") returns (uint256 paid) {
            ++done["pay"];
            if (paid > assets || _p.usd.balanceOf(address(_p.pool)) != held + paid) _break("DEBT-2", "pay");
            if (_p.manager.debtOf(id) + paid < debt) _break("DEBT-2", "a payment took more off the debt than was paid");
        } catch (bytes memory reason) {
            // Too little to prepay a unit is the one thing a payer may be told.
            if (bytes4(reason) != ITermLoanBook.PaymentTooSmall.selector) _break("DEBT-3", "pay");
        }
    }

    /// @dev What is due, on whatever day it is.
    function payDue(uint256 loan) external step("payDue", false) {
        uint256 id = loanAt(loan % LOANS);
        Loan memory l = _p.manager.loanOf(id);
        if (l.debtShares == 0) return;
        uint256 next = _p.pool.positionOf(id, l).slot.instalment;
        if (next == 0) return;
        vm.prank(_owner(id));
        try _p.manager.repay(id, next, "") {
            ++done["payDue"];
        } catch {
            _break("DEBT-3", "payDue");
        }
    }

    function payAll(uint256 who, uint256 loan) external step("payAll", false) {
        uint256 id = loanAt(loan % LOANS);
        if (_p.manager.debtOf(id) == 0) return;
        vm.prank(_actors[who % 3]);
        try _p.manager.repay(id, type(uint256).max, "") {
            ++done["payAll"];
            if (_p.manager.debtOf(id) != 0) _break("TERM-1", "something is left of a debt paid in full");
        } catch {
            _break("DEBT-3", "payAll");
        }
    }

    function close(uint256 loan) external step("close", false) {
        uint256 id = loanAt(loan % LOANS);
        address owner = _owner(id);
        if (owner == address(0)) return;
        uint256 collateral = _p.manager.loanOf(id).collateral;
        vm.prank(owner);
        try _p.manager.close(id, owner, "") returns (uint256, uint256 out) {
            ++done["close"];
            if (out != collateral) _break("CUSTODY-2", "close");
        } catch {
            _break("GATE-1", "close");
        }
    }

    function topUp(uint256 who, uint256 loan, uint256 collateral) external step("topUp", false) {
        uint256 id = loanAt(loan % LOANS);
        if (_owner(id) == address(0)) return;
        vm.prank(_actors[who % 3]);
        try _p.manager.topUp(id, bound(collateral, 1, BTC), "") {
            ++done["topUp"];
        } catch {
            _break("GATE-1", "topUp");
        }
    }

    function withdraw(uint256 loan, uint256 collateral) external step("withdraw", false) {
        uint256 id = loanAt(loan % LOANS);
        address owner = _owner(id);
        uint256 held = owner == address(0) ? 0 : _p.manager.loanOf(id).collateral;
        if (held == 0) return;
        uint256 debt = _p.manager.debtOf(id);
        vm.prank(owner);
        try _p.manager.withdraw(id, collateral % 3 == 0 ? held : bound(collateral, 1, held), owner) {
            ++done["withdraw"];
            if (_p.manager.loanOf(id).collateral == 0 && _p.manager.loanOf(id).debtShares != 0)
                _break("DEBT-1", "withdraw");
        } catch {
            if (debt == 0 && _p.manager.loanOf(id).debtShares == 0) _break("GATE-1", "withdraw without debt");
        }
    }

    function rollOver(uint256 loan, uint256 sheet) external step("rollOver", false) {
        uint256 id = loanAt(loan % LOANS);
        address owner = _owner(id);
        if (owner == address(0) || _p.manager.loanOf(id).debtShares == 0) return;
        uint256 held = _p.usd.balanceOf(address(_p.pool));
        vm.prank(owner);
        try _p.manager.rollOver(id, uint8(sheet % _p.sheets), 5e18, block.timestamp, 0) {
            ++done["rollOver"];
            if (_p.usd.balanceOf(address(_p.pool)) != held) _break("DEBT-2", "a roll-over moved cash");
        } catch {}
    }

    // ---- anyone ----

    function markDefault(uint256 loan) external step("markDefault", true) {
        uint256 id = loanAt(loan % LOANS);
        try _p.manager.markDefault(id) {
            ++done["markDefault"];
        } catch {}
    }

    function mark(uint256 loan) external step("mark", true) {
        uint256 id = loanAt(loan % LOANS);
        if (_owner(id) == address(0)) return;
        try _p.manager.mark(id) {
            ++done["mark"];
        } catch {
            _break("GATE-1", "mark");
        }
    }

    function liquidate(uint256 who, uint256 loan, uint256 request) external step("liquidate", true) {
        uint256 id = loanAt(loan % LOANS);
        Loan memory l = _p.manager.loanOf(id);
        if (l.collateral == 0 || l.debtShares == 0) return;
        uint256 debt = _p.manager.debtOf(id);
        request = request % 3 == 0 ? type(uint256).max : bound(request, 1, debt + 1);
        uint256 price = _p.oracle.price();
        uint256 healthBefore = debt == 0 ? type(uint256).max : (uint256(l.collateral) * price) / debt;
        bool mayBeSold =
            l.flags & LoanFlags.IN_DEFAULT != 0 || debt > (((l.collateral * price) / 1e36) * 8000) / 10_000;
        vm.prank(_actors[who % 3]);
        try _p.manager.liquidate(id, request, 0, "") returns (uint256 repaid, uint256 seized) {
            ++done["liquidate"];
            if (!mayBeSold) _break("LIQ-1", "liquidate");
            l = _p.manager.loanOf(id);
            uint256 left = _p.manager.debtOf(id);
            if (left != 0 && (uint256(l.collateral) * price) / left + 1e22 < healthBefore) _break("LIQ-2", "liquidate");
            if (left != 0 && left < 100 * USD) _break("LIQ-3", "liquidate");
            if ((seized * price) / 1e36 > (repaid * 10_800) / 10_000 + 1) _break("LIQ-4", "liquidate");
        } catch {}
    }

    // ---- lenders ----

    function lend(uint256 who, uint256 class, uint256 assets) external step("lend", false) {
        ITranche tranche = _p.tranches[class % 3];
        address lender = _actors[who % 3];
        if (tranche.maxDeposit(lender) == 0) return;
        assets = bound(assets, tranche.previewMint(1) + 1, 2_000_000 * USD);
        vm.prank(lender);
        try tranche.deposit(assets, lender) {
            ++done["lend"];
        } catch {
            if (tranche.previewDeposit(assets) != 0) _break("GATE-1", "lend within the limit");
        }
    }

    function leave(uint256 who, uint256 class, uint256 shares) external step("leave", false) {
        ITranche tranche = _p.tranches[class % 3];
        address lender = _actors[who % 3];
        uint256 most = tranche.maxRedeem(lender);
        if (most == 0) return;
        shares = bound(shares, 1, most / 3 + 1);
        if (tranche.previewRedeem(shares) == 0) return;
        vm.prank(lender);
        try tranche.redeem(shares, lender, lender) {
            ++done["leave"];
        } catch {
            _break("GATE-1", "leave within the limit");
        }
    }

    /// @dev Also lets the cooldown pass.
    function requestExit(uint256 who, uint256 class, uint256 later) external step("requestExit", false) {
        ITranche tranche = _p.tranches[1 + (class % 2)];
        address lender = _actors[who % 3];
        uint256 owned = tranche.balanceOf(lender);
        vm.prank(lender);
        tranche.requestExit(owned);
        if (later % 2 == 0) vm.warp(block.timestamp + 7 days);
        ++done["requestExit"];
    }

    function queueUp(uint256 who, uint256 shares) external step("queueUp", false) {
        address lender = _actors[who % 3];
        uint256 owned = _p.tranches[0].balanceOf(lender);
        uint256 least = _p.queue.leastShares();
        if (owned < least) return;
        shares = shares % 3 == 0 ? owned : bound(shares, least, owned);
        vm.prank(lender);
        try _p.queue.requestRedeem(shares, lender, lender) {
            ++done["queueUp"];
        } catch {
            _break("GATE-1", "queueUp");
        }
    }

    function serve(uint256 shares) external step("serve", false) {
        if (_p.queue.waiting() == 0) return;
        try _p.queue.serve(shares % 2 == 0 ? type(uint256).max : shares) {
            ++done["serve"];
        } catch {}
    }

    function claim(uint256 who) external step("claim", false) {
        address lender = _actors[who % 3];
        uint256 shares = _p.queue.maxRedeem(lender);
        if (shares == 0) return;
        vm.prank(lender);
        try _p.queue.redeem(shares, lender, lender) {
            ++done["claim"];
        } catch {
            _break("GATE-1", "claim");
        }
    }

    /// @dev POOL-3: in and out in one second brings nothing, whatever is touched between.
    function roundTrip(uint256 who, uint256 loan, uint256 assets) external step("roundTrip", true) {
        ITranche senior = _p.tranches[0];
        address lender = _actors[who % 3];
        if (senior.maxDeposit(lender) == 0) return;
        assets = bound(assets, 1e3 * USD, 5_000_000 * USD);
        vm.startPrank(lender);
        uint256 shares = senior.deposit(assets, lender);
        vm.stopPrank();
        uint256 id = loanAt(loan % LOANS);
        if (_owner(id) != address(0)) {
            vm.prank(_owner(id));
            try _p.manager.topUp(id, 1, "") {} catch {}
            try _p.manager.markDefault(id) {} catch {}
        }
        if (senior.maxRedeem(lender) < shares) return;
        vm.prank(lender);
        uint256 back = senior.redeem(shares, lender, lender);
        ++done["roundTrip"];
        if (back > assets) _break("POOL-3", "roundTrip");
    }

    // ---- the world ----

    function pass(uint256 time) external step("pass", false) {
        uint256 kind = time % 4;
        if (kind == 0) time = bound(time, 0, 2);
        else if (kind == 1) time = bound(time, 1, 1 days);
        else time = bound(time, 1 days, 35 days);
        vm.warp(block.timestamp + time);
        ++done["pass"];
    }

    function move(uint256 percent) external step("move", false) {
        uint256 price = (_p.oracle.price() * bound(percent, 70, 140)) / 100;
        uint256 unit = (1e36 * USD) / BTC;
        if (price < 4_000 * unit || price > 200_000 * unit) return;
        _p.oracle.setPrice(price);
        ++done["move"];
    }

    // ---- for the test ----

    function loanCount() external pure returns (uint256) {
        return LOANS;
    }

    function loanAt(uint256 i) public view returns (uint256) {
        return (uint256(uint160(_actors[i / 2])) << 96) | (uint256(_p.facility) << 64) | (i % 2);
    }

    /// @notice What the queue has still to pay out for what was served.
    function queueOwes() external view returns (uint256 assets) {
        for (uint256 i; i < 3; ++i) assets += _p.queue.maxWithdraw(_actors[i]);
    }

    function actionCount() external view returns (uint256) {
        return actions.length;
    }

    // ---- inside ----

    function _owner(uint256 id) private view returns (address) {
        return _p.manager.ownerOf(id);
    }

    function _sharePrices() private view returns (uint256[3] memory prices) {
        for (uint256 c; c < 3; ++c) prices[c] = _p.tranches[c].convertToAssets(1e24);
    }

    function _break(string memory rule, string memory by) private {
        if (bytes(broken).length == 0) broken = string.concat(rule, ": ", by);
    }
}
