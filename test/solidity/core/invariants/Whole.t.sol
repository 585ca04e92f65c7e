// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICapitalReport} from "../../../../contracts/interfaces/ICapitalReport.sol";
import {ICollateralVault} from "../../../../contracts/interfaces/ICollateralVault.sol";
import {IFundVault} from "../../../../contracts/interfaces/IFundVault.sol";
import {ILendingPool} from "../../../../contracts/interfaces/ILendingPool.sol";
import {IOracle} from "../../../../contracts/interfaces/IOracle.sol";
import {IPoolLedger, TrancheClass} from "../../../../contracts/interfaces/IPoolLedger.sol";
import {IRedemptionQueue} from "../../../../contracts/interfaces/IRedemptionQueue.sol";
import {ITermLens} from "../../../../contracts/interfaces/ITermLens.sol";
import {ITermLoanBook} from "../../../../contracts/interfaces/ITermLoanBook.sol";
import {ITermLoanManager} from "../../../../contracts/interfaces/ITermLoanManager.sol";
import {ITranche} from "../../../../contracts/interfaces/ITranche.sol";
import {Loan, LoanFlags} from "../../../../contracts/interfaces/LoanTypes.sol";
import {TermBalance, TermTerms} from "../../../../contracts/interfaces/TermLoanTypes.sol";
import {FaultFeed} from "../../../../contracts/mocks/FaultFeed.sol";
import {FaultSource} from "../../../../contracts/mocks/FaultSource.sol";
import {
    LegConfig,
    OracleConfig,
    SanityWindow,
    SecondSourceConfig,
    SequencerConfig
} from "../../../../contracts/oracle/OracleConfig.sol";
import {Decimals18x18} from "../../helpers/Decimals.sol";
import {FaultToken} from "../../helpers/FaultToken.sol";
import {Reenterer} from "../../helpers/Reenterer.sol";
import {TermMarket} from "../../helpers/TermMarket.sol";
import {Borrowers} from "./Borrowers.sol";
import {Campaign} from "./Campaign.sol";
import {Holders} from "./Holders.sol";
import {Hostiles} from "./Hostiles.sol";
import {Keepers} from "./Keepers.sol";
import {Lenders} from "./Lenders.sol";
import {Nature} from "./Nature.sol";
import {Thieves} from "./Thieves.sol";
import {Place, Setting} from "./World.sol";

/// @notice The invariants of DESIGN.md §6, with everything at once: a revolving and a term facility, both with senior, junior and
/// cover, premium, capital ratio and redemption queue; a facility of senior lenders beside them in the first one's vault; a fund
/// over all three; four actors who borrow, lend, keep and steal; tokens that misbehave; a price from feeds, a second source and a sequencer that crash,
/// disagree and stop; leaps from no second to 400 days.
/// @dev One invariant function, because every such function is a campaign of its own over the same calls. What fails names its
/// id. Runs and depth come from the configuration; INVARIANT_RUNS, INVARIANT_DEPTH and FUZZ_SEED make a long campaign of it.
contract WholeInvariants is TermMarket {
    uint256 private constant PLACES = 3;
    uint256 private constant TERM = 1;
    uint256 private constant PLAIN = 2;
    uint256 private constant ACTORS = 4;
    uint256 private constant RATE_SECONDS = 1e18 * 365 days;
    /// @dev An action tried so often that never succeeded proves nothing.
    uint256 private constant PATIENCE = 60;
    /// @dev Calls from one look at a facility's sums to the next: what breaks them is still there then.
    uint256 private constant SUMS_EVERY = 4;
    /// @dev Calls of the run that tries all actions in turn, in no order.
    uint256 private constant LONG_RUN = 3500;

    Campaign internal _campaign;
    Setting private _s;

    // ---- what there is ----

    function _baseRatePerSecond() internal pure override returns (uint256) {
        return 0;
    }

    function _options() internal override returns (Options memory o) {
        o = super._options();
        o.collateral = new FaultToken("BTC", "BTC", collateralDecimals);
        o.loan = new FaultToken("Dollar", "USD", loanDecimals);
        _s.capital = _newCapital();
        (o.firstLoss, o.juniorSpreadBps, o.coverPremiumBps, o.capital) = (true, 2000, 500, address(_s.capital));
    }

    function _termConfig() internal view override returns (IPoolLedger.PoolConfig memory c) {
        c = super._termConfig();
        c.capital = address(_s.capital);
    }

    /// @dev No sheet as long as there can be: the tests of term loans have those.
    function _addSheets() internal override {
        termPool.addTermSheet(_sheet(30 days, 12, 0));
        termPool.addTermSheet(_sheet(365 days, 1, 0));
        termPool.addTermSheet(_sheet(30 days, 12, 5000));
        termPool.addTermSheet(_sheet(1 days, 30, 0));
    }

    function setUp() public override {
        super.setUp();
        _setParts();
        _setOracle();
        _setFund();
        for (uint256 i; i < ACTORS; ++i) _setActor(i);
        vm.startPrank(lender);
        senior.withdraw(9_500_000 * USD, lender, lender);
        termSenior.withdraw(9_500_000 * USD, lender, lender);
        vm.stopPrank();
        _campaign = new Campaign(_s);
        targetContract(address(_campaign));
    }

    function _newCapital() private returns (ICapitalReport capital) {
        ICapitalReport.RiskClass[] memory classes = new ICapitalReport.RiskClass[](3);
        classes[0] = ICapitalReport.RiskClass("sovereign-like", 0);
        classes[1] = ICapitalReport.RiskClass("unrated corporate", 10_000);
        classes[2] = ICapitalReport.RiskClass("doubled", 20_000);
        capital = ICapitalReport(
            deployCode("contracts/capital/Capital.sol:Capital", abi.encode(access, classes, uint256(3000)))
        );
        access.setTargetFunctionRole(address(capital), roles.capitalSelectors(RISK), RISK);
    }

    function _setParts() private {
        (_s.revolving, _s.term, _s.btc, _s.usd) = (manager, termManager, btc, usd);
        (_s.risk, _s.guardian, _s.collector) = (risk, guardian, collector);
        _s.lens = ITermLens(deployCode("contracts/lens/TermLens.sol:TermLens", abi.encode(termManager)));
        Options memory o = _standard(collateralDecimals, loanDecimals);
        (o.collateral, o.loan) = (btc, usd);
        Parts memory plain = _parts(o);
        plain.vault = vault;
        usd.mint(address(this), o.seed);
        usd.approve(address(plain.senior), o.seed);
        plain.id = manager.createFacility(_params(plain, o), o.seed);
        ITranche none = ITranche(address(0));
        _s.places[0] = Place(manager, pool, [senior, junior, cover], queue, address(vault), facility);
        _s.places[TERM] = Place(
            termManager,
            termPool,
            [termSenior, termJunior, termCover],
            termQueue,
            address(termVault),
            termFacility
        );
        _s.places[PLAIN] = Place(
            manager,
            plain.pool,
            [plain.senior, none, none],
            IRedemptionQueue(address(0)),
            address(vault),
            plain.id
        );
        _s.capital.assign(address(pool), 1, 0);
        _s.capital.assign(address(termPool), 1, 0);
    }

    /// @dev The genuine oracle in the place of the mock with which the facilities were created.
    function _setOracle() private {
        OracleConfig memory c;
        _s.btcUsd = new FaultFeed(8);
        _s.wrapperBtc = new FaultFeed(8);
        _s.loanUsd = new FaultFeed(8);
        _s.sequencer = new FaultFeed(0);
        _s.source = new FaultSource();
        _s.btcUsd.publish(50_000e8, uint64(block.timestamp));
        _s.wrapperBtc.publish(1e8, uint64(block.timestamp));
        _s.loanUsd.publish(1e8, uint64(block.timestamp));
        _s.sequencer.publish(0, uint64(block.timestamp - 365 days));
        _s.source.set(_price(50_000));
        (c.legs.collateralAsset, c.legs.loanAsset) = (address(btc), address(usd));
        c.legs.btcUsd = LegConfig(address(_s.btcUsd), 1 days, 1 hours, 1e8, 10_000_000e8);
        c.legs.wrapperBtc = LegConfig(address(_s.wrapperBtc), 1 days, 1 hours, 0.5e8, 1.1e8);
        c.legs.loanUsd = LegConfig(address(_s.loanUsd), 1 days, 1 hours, 0.5e8, 2e8);
        c.sequencer = SequencerConfig(address(_s.sequencer), 1 days);
        c.secondSource = SecondSourceConfig(address(_s.source), 0.02e18, 2 hours);
        c.sanity = SanityWindow(40_000e18, 60_000e18);
        _s.oracle = IOracle(deployCode("contracts/oracle/PriceOracle.sol:PriceOracle", abi.encode(c)));
        for (uint256 f; f < PLACES; ++f) _s.places[f].loans.setOracle(_s.places[f].id, address(_s.oracle));
    }

    function _setFund() private {
        address[] memory managers = new address[](2);
        (managers[0], managers[1]) = (address(manager), address(termManager));
        _s.fund = IFundVault(
            deployCode(
                "contracts/lending/FundVault.sol:FundVault",
                abi.encode(usd, managers, address(0), access, "Ballast Fund", "bFUND")
            )
        );
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IFundVault.setCap.selector;
        access.setTargetFunctionRole(address(_s.fund), selectors, RISK);
        for (uint256 f; f < PLACES; ++f) _s.fund.setCap(_s.places[f].tranches[0], 2_000_000 * USD);
    }

    /// @dev Plenty of both tokens, every approval, and something in every class.
    function _setActor(uint256 i) private {
        address who = makeAddr(string.concat("actor ", vm.toString(i)));
        _s.actors[i] = who;
        vm.etch(who, type(Reenterer).runtimeCode);
        btc.mint(who, 1e9 * BTC);
        usd.mint(who, 1e15 * USD);
        vm.startPrank(who);
        usd.approve(address(_s.fund), type(uint256).max);
        _s.fund.deposit(250_000 * USD, who);
        for (uint256 f; f < PLACES; ++f) {
            btc.approve(_s.places[f].vault, type(uint256).max);
            usd.approve(address(_s.places[f].pool), type(uint256).max);
            for (uint256 c; c < (f == PLAIN ? 1 : 3); ++c) {
                usd.approve(address(_s.places[f].tranches[c]), type(uint256).max);
                _s.places[f].tranches[c].deposit((c == 0 ? 500_000 : 150_000) * USD, who);
            }
            _openFirst(f, who);
        }
        vm.stopPrank();
    }

    /// @dev So that there are loans from the first call on, and not too much cash.
    function _openFirst(uint256 f, address who) private {
        for (uint64 salt; salt < 2; ++salt) {
            uint256 principal = (100_000 + 200_000 * salt) * USD;
            if (f == TERM) {
                ITermLoanManager.Opening memory o = _opening(salt, uint8(salt), 15 * BTC, principal);
                o.receiver = who;
                termManager.open(o, "");
            } else {
                manager.open(_s.places[f].id, salt, 15 * BTC, principal, who, "");
            }
        }
    }

    // ---- the invariants ----

    /// @dev After every call what the actions saw; after every fourth the sums of one of the facilities in turn; in the end those of
    /// all.
    function invariant_CUSTODY_POOL_DEBT_LIQ_LOSS_TERM_TIME_AUTH_GATE() public view {
        // POOL-2, POOL-3, DEBT-3, LIQ-1 to 5, LOSS-1, TERM-1, TIME-1, AUTH-1, GATE-1, CUSTODY-2: action by action.
        _nothingBroken();
        uint256 calls = _campaign.calls();
        if (calls % SUMS_EVERY != 0) return;
        _facility((calls / SUMS_EVERY) % PLACES);
        _fundsOwn();
    }

    /// @dev Without this a campaign whose every call is skipped would pass.
    function afterInvariant() public {
        _everything();
        _everyActionHappens(PATIENCE);
        string memory log = vm.envOr("CAMPAIGN_LOG", string(""));
        // A file for each: the two contracts run side by side, and a line is written in two pieces.
        if (bytes(log).length != 0) _write(string.concat(log, ".", vm.toString(collateralDecimals)));
    }

    function _everything() private view {
        _nothingBroken();
        for (uint256 f; f < PLACES; ++f) _facility(f);
        _fundsOwn();
    }

    function _nothingBroken() internal view {
        if (_campaign.isBroken()) assertEq(_campaign.firstBroken(), "");
    }

    function _facility(uint256 f) private view {
        uint256 held = _loansOf(f);
        _poolOf(f);
        if (f != PLAIN) _queueOf(f);
        if (f != TERM) held += _collateralOf(f == PLAIN ? 0 : PLAIN); // in one vault
        _CUSTODY_1(_s.places[f].vault, held);
    }

    function _collateralOf(uint256 f) private view returns (uint256 held) {
        uint256[] memory ids = _campaign.loansAt(f);
        for (uint256 i; i < ids.length; ++i) held += _s.places[f].loans.loanOf(ids[i]).collateral;
    }

    function _CUSTODY_1(address vault_, uint256 collateral) private view {
        assertEq(btc.balanceOf(vault_), collateral + _campaign.donatedBtc(vault_), "CUSTODY-1");
    }

    /// @dev DEBT-1, DEBT-2, and that marks add up (LOSS-1).
    /// @return held The loans' collateral.
    function _loansOf(uint256 f) private view returns (uint256 held) {
        uint256 marks;
        uint256[2] memory sums;
        uint256 debts;
        uint256 owing;
        uint256[] memory ids = _campaign.loansAt(f);
        for (uint256 i; i < ids.length; ++i) {
            uint256 id = ids[i];
            Loan memory loan = _s.places[f].loans.loanOf(id);
            held += loan.collateral;
            if (loan.flags & LoanFlags.OPEN == 0) continue;
            assertTrue(loan.collateral != 0, "DEBT-1: no collateral, no debt, and an empty loan is gone");
            marks += _s.places[f].loans.markOf(id);
            if (loan.debtShares == 0) continue;
            if (f == TERM) {
                _addTermLoan(id, loan, sums);
            } else {
                sums[0] += loan.debtShares;
                debts += manager.debtOf(id);
                ++owing;
            }
        }
        (, IPoolLedger.Expected memory expected) = _s.places[f].pool.storedFirstLoss();
        assertEq(expected.loss, marks, "LOSS-1: marks add up");
        if (f == TERM) _receivables(sums);
        else _debtShares(ILendingPool(address(_s.places[f].pool)), sums[0], debts, owing);
    }

    /// @dev What the pool counts of it, and what that grows by: never more than is owed.
    function _addTermLoan(uint256 id, Loan memory loan, uint256[2] memory sums) private view {
        ITermLoanBook.Outcome memory o = book.payOff(termPool.positionOf(id, loan));
        sums[0] += o.countedBefore;
        sums[1] += o.slopeBefore;
        assertLe(
            o.countedBefore / RATE_SECONDS,
            book.debtOf(address(termPool), id, loan),
            "POOL-1: no loan counts for more than it owes"
        );
        (TermBalance memory b, TermTerms memory t) = book.balanceOf(address(termPool), id, loan);
        uint256 cost = b.principal + b.interestDue + b.lateFees;
        cost += Math.ceilDiv(b.interestNumerator, RATE_SECONDS) + Math.ceilDiv(b.lateNumerator, RATE_SECONDS);
        uint256 fee = Math.mulDiv(b.principal - b.arrears, t.prepaymentFeeWad, 1e18, Math.Rounding.Ceil);
        assertLe(b.credit, cost + fee, "DEBT-2: no loan is paid ahead by more than ends it");
    }

    function _receivables(uint256[2] memory sums) private view {
        (uint256 numerator, uint256 perSecond) = termPool.receivables();
        assertEq(numerator, sums[0], "DEBT-2: the sum is that of the loans to the last fraction");
        assertEq(perSecond, sums[1], "DEBT-2: and grows as they do");
    }

    function _debtShares(ILendingPool pool_, uint256 shares, uint256 debts, uint256 owing) private view {
        (uint256 total, uint256 totalShares) = pool_.debtTotals();
        assertEq(shares, totalShares, "DEBT-2: the shares sum to the total");
        assertLe(debts, total + owing, "DEBT-2: each debt is rounded up by less than a unit");
        uint256 virtualPart = (total * 1e6) / (totalShares + 1e6) + 2;
        assertGe(debts + virtualPart, total, "DEBT-2: nothing but the virtual shares' part is missing");
    }

    /// @dev POOL-1, and LOSS-1 of what its lenders would leave with.
    function _poolOf(uint256 f) private view {
        IPoolLedger p = _s.places[f].pool;
        uint256[3] memory gross;
        uint256[3] memory exit;
        for (uint8 c; c < 3; ++c) {
            (gross[c], exit[c]) = (p.entryNavOf(TrancheClass(c)), p.navOf(TrancheClass(c)));
            assertLe(exit[c], gross[c], "LOSS-1: nobody leaves for more than they own");
            if (c != 0 && exit[c - 1] < gross[c - 1]) assertEq(exit[c], 0, "LOSS-1: each class after the one before");
        }
        (, IPoolLedger.Expected memory e) = p.storedFirstLoss();
        uint256 all = gross[0] + gross[1] + gross[2];
        uint256 borne = all - exit[0] - exit[1] - exit[2];
        assertEq(borne, e.loss < all ? e.loss : all, "LOSS-1: an expected loss is counted once");
        uint256 stake = p.availableTo(TrancheClass.Cover);
        uint256 cash = p.cash();
        assertEq(cash + p.totalDebt() + stake, all + p.reserve(), "POOL-1: all there is belongs to somebody");
        uint256 tokens = usd.balanceOf(address(p));
        assertEq(tokens, cash + stake + _campaign.donatedUsd(address(p)), "POOL-1: the cash is there");
    }

    function _queueOf(uint256 f) private view {
        IRedemptionQueue q = _s.places[f].queue;
        assertEq(_s.places[f].tranches[0].balanceOf(address(q)), q.waiting(), "QUEUE: it holds what waits");
        assertEq(_s.places[f].pool.redemptionsQueued(), q.waiting() != 0, "QUEUE: its pool knows");
        uint256 tokens = usd.balanceOf(address(q));
        assertGe(tokens, _campaign.queueOwes(f) + _campaign.donatedUsd(address(q)), "QUEUE: it has what it owes");
    }

    function _fundsOwn() private view {
        uint256 tokens = usd.balanceOf(address(_s.fund));
        assertEq(tokens, _s.fund.idle() + _campaign.donatedUsd(address(_s.fund)), "FUND: the cash is there");
        for (uint256 f; f < PLACES; ++f) {
            ITranche tranche = _s.places[f].tranches[0];
            assertGe(tranche.balanceOf(address(_s.fund)), _s.fund.heldOf(tranche), "FUND: so are the shares");
        }
    }

    // ---- assertions that ask the machine only where they fail ----

    function assertEq(uint256 left, uint256 right, string memory err) internal pure override {
        if (left != right) super.assertEq(left, right, err);
    }

    function assertLe(uint256 left, uint256 right, string memory err) internal pure override {
        if (left > right) super.assertLe(left, right, err);
    }

    function assertGe(uint256 left, uint256 right, string memory err) internal pure override {
        if (left < right) super.assertGe(left, right, err);
    }

    function assertTrue(bool condition, string memory err) internal pure override {
        if (!condition) super.assertTrue(condition, err);
    }

    // ---- every action, one by one ----

    function test_in_a_long_run_every_action_succeeds() public {
        bytes4[48] memory actions = _actions();
        uint256 seed = uint256(keccak256("run6"));
        for (uint256 n; n < LONG_RUN; ++n) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes memory data = abi.encodePacked(actions[seed % actions.length]);
            for (uint256 k; k < 5; ++k) data = abi.encodePacked(data, keccak256(abi.encode(seed, k)));
            (bool success, ) = address(_campaign).call(data);
            assertTrue(success, "an action reverted");
            if (n % 25 == 0) _everything();
        }
        _everything();
        _everyActionHappens(1);
        string[11] memory deeds = [
            "deposit of first loss",
            "redemption of first loss",
            "queueUp and wait",
            "mark of a loss",
            "sale at a loss",
            "sale of a default",
            "goes down",
            "comes back",
            "assign",
            "collectReserve",
            "sale though the owner is blocked"
        ];
        for (uint256 n; n < deeds.length; ++n) assertTrue(_happened(deeds[n]), deeds[n]);
    }

    function _happened(string memory name) private view returns (bool) {
        uint256[PLACES] memory done = _campaign.done(name);
        return done[0] + done[1] + done[2] != 0;
    }

    function _everyActionHappens(uint256 patience) private view {
        string[] memory names = _campaign.names();
        for (uint256 n; n < names.length; ++n) {
            uint256[PLACES] memory tried = _campaign.tried(names[n]);
            if (tried[0] + tried[1] + tried[2] >= patience) assertTrue(_happened(names[n]), names[n]);
        }
    }

    /// @dev For test/tools/campaign.ts: a line of JSON for each kind of action, with what became of it in this run.
    function _write(string memory file) private {
        string[] memory names = _campaign.names();
        for (uint256 n; n < names.length; ++n) {
            string memory line = string.concat(
                '{"name":"',
                names[n],
                '","tried":',
                _list(_campaign.tried(names[n])),
                ',"done":',
                _list(_campaign.done(names[n])),
                ',"refused":',
                _reasons(names[n]),
                "}"
            );
            vm.writeLine(file, line);
        }
    }

    function _list(uint256[PLACES] memory counts) private pure returns (string memory) {
        return
            string.concat("[", vm.toString(counts[0]), ",", vm.toString(counts[1]), ",", vm.toString(counts[2]), "]");
    }

    function _reasons(string memory name) private view returns (string memory all) {
        (bytes4[] memory reasons, uint256[] memory times) = _campaign.refusals(name);
        for (uint256 n; n < reasons.length; ++n) {
            string memory reason = vm.toString(abi.encodePacked(reasons[n]));
            all = string.concat(all, n == 0 ? '"' : ',"', reason, '":', vm.toString(times[n]));
        }
        return string.concat("{", all, "}");
    }

    function _actions() private pure returns (bytes4[48] memory) {
        return
            [
                Borrowers.open.selector,
                Borrowers.openTerm.selector,
                Borrowers.draw.selector,
                Borrowers.rollOver.selector,
                Borrowers.transfer.selector,
                Borrowers.repayPart.selector,
                Borrowers.repayAll.selector,
                Borrowers.payDue.selector,
                Borrowers.topUp.selector,
                Borrowers.withdraw.selector,
                Borrowers.close.selector,
                Borrowers.operate.selector,
                Thieves.trespass.selector,
                Thieves.steal.selector,
                Keepers.liquidate.selector,
                Keepers.mark.selector,
                Keepers.markDefault.selector,
                Keepers.noteDisagreement.selector,
                Lenders.deposit.selector,
                Lenders.mint.selector,
                Lenders.withdrawAssets.selector,
                Lenders.redeem.selector,
                Lenders.requestExit.selector,
                Lenders.waitForWindow.selector,
                Lenders.moveShares.selector,
                Lenders.queueUp.selector,
                Lenders.serve.selector,
                Lenders.claim.selector,
                Lenders.roundTrip.selector,
                Lenders.split.selector,
                Holders.fundDeposit.selector,
                Holders.fundWithdraw.selector,
                Holders.fundRedeem.selector,
                Holders.fundInKind.selector,
                Holders.allocate.selector,
                Holders.recall.selector,
                Holders.fundRoundTrip.selector,
                Nature.pass.selector,
                Nature.passMonths.selector,
                Nature.passToDate.selector,
                Nature.accrue.selector,
                Nature.price.selector,
                Nature.sequencer.selector,
                Nature.donate.selector,
                Nature.shut.selector,
                Nature.reopen.selector,
                Nature.govern.selector,
                Hostiles.misbehave.selector
            ];
    }
}

contract WholeInvariants18 is Decimals18x18, WholeInvariants {
    function _again(bytes memory call) private {
        (bool ok, ) = address(_campaign).call(call);
        assertTrue(ok, "refused");
        _nothingBroken();
    }

    /// @dev Eleven calls that broke POOL-2: an e^x of pieces that did not meet let interest fall within an hour that passed.
    function test_interest_fell_where_pieces_of_the_curve_met() public {
        _again(
            hex"43857a1f0000000000000000000000000000000000000000000000000000000000003b60000000000000000000000000000000000000000000000000000000000000239a0000000000000000000000000000000000000000000000000000000000000ef3000000000000000000000000000000000000000000000000000000000000095a"
        );
        _again(
            hex"fefdc5d1000000000000000000000000000000000000000000000000000000001f503dc70000000000000000000000000000000000000000000000000000000004c3f253"
        );
        _again(hex"90ca796b0000000000000000000000000000003b9557acfc2b181d4256166b3b40286e0a");
        _again(
            hex"4158dd40000000001da3f5c71ae7f0f4e108d160c92f0c94041ce0dd7fe6ceb07e260610000000000000000000000000000000000000000000000000000000000000086b0000000000000006a921074a83725bd80ab7533f74303a5a6d0a20d61ae26750"
        );
        _again(
            hex"c8ef5b9200000000000000000000000000000000000000000000000000000000000003a2000000000000000000000000000000000000000000000000000000000f9fe68a000000000000000000000000000000000000000000000000000000000000115d"
        );
        _again(
            hex"c8ef5b920000000000000145069c5036dddb8dde0986c679d1483047dad01cf6644345920000000000000000000000000000000000000000000000002e217e2fe61d3281fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc"
        );
        _again(
            hex"05c008420000000000002ad1c8abffa3bbd3fbeb7447b132c22c450f98cc5839700ae838ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0000000000000000000000000000000000000000000000000000000000000003fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd"
        );
        _again(
            hex"bfe3b98c00000000000000000000000000000000000000000000000004f4dd0c6cfcf0f40000000000000000000000248b3f9ca21f11fbd5fed5e8266d4f503a993d3624"
        );
        _again(
            hex"0373eae5000000000000000000000000000000000000000000000000000b955828d97bf80000000300abd2fc3ab4ab875c2e8fa44b084639d79e35e9122171e30249aa5e0000000000000000000000d2ff3df821b869f249bb9a40bb09b67e4bfc3cd0a6000000000000000000000000000000000000071cfe348b0a17292cddc1648c60"
        );
        _again(
            hex"c8ef5b92000000000000000000000000000000000000009020233fac27b0b4d50ea6ad37000000000000000000000000000000000000000008893d2ce2091b1a992dd3d200000000000000002c28ee41db7643e605aec1d4ba71f567d4cf12227e14081a"
        );
        _again(
            hex"20309fcf0000000000000000000000000000000000000000000000000000083597267838000000000000066e6087cbfeea81f2cba2fbcf78b3e3c64e58691c51ae295c6900000000000000003924d466b6cafd0fbe2913575b679179174888b911b5c3d9"
        );
    }

    /// @dev Thirty-two calls after which a class, sold out but for dust, has room for less than the campaign brought it: it is brought no
    /// more than it says.
    function test_a_class_that_is_nearly_full_takes_what_it_says_it_takes() public {
        _again(hex"90ca796b000000000000000000000000000000000000000000000000000000000000018f");
        _again(
            hex"2071a9f40000000000000000000000000000000000000000000000000000000000003021000000000000000000000000000000000000000000000000000000000000417200000000000000000000000000000000000000000000000000000000000017a3"
        );
        _again(
            hex"596c8976000000000000000000000000000000000000000000000000000000000000000100000000000000000000000000000000000000000000000f752bac728028800e"
        );
        _again(
            hex"9f82ad8c000000000000000000000000003d670f2843715b1b5047bb2c02f4c55a2b2fd0000000000000000000215c397b6f628d296f6a0d6056ab3c70f1e6f8914dc56bffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03c6d246fdd0a24107b717b2da6abfbd9b5b8849c47d72b0bcf460632eaa3531"
        );
        _again(
            hex"c8ef5b92dbe740a947dd51ad5e96f8d0948379276b2faab795c8023485608d3dae7f75130000000000000000000000000000000000000000000000000000000000000b1800000000000000000000000000000000000000000000000000000000000054ea"
        );
        _again(
            hex"a9af2ba2000000000000000000000000000000000000000000000000000000000f8b7fbe0008ea8330a325a76c98bafd00bcb646bb2314c73d4b434796e2c1434592f4b6000000000000000000000000000000000000000000000000000000000000009000000000000000000000000000000000000001cd40a7a25a60a9c892cb439216"
        );
        _again(
            hex"a02bff26000000000000000000000000000000000000000000000000000000000000155000000000000000000000000000000000000000000000000000000000004671510000000000000000000000000000000000000000000000000000000000000baa"
        );
        _again(
            hex"c8ef5b920000000000000000000000000000000000000000000000000000000000000001000000000000000000000000000000000000000000000000000ddd57eced5fbc000001b0035a0f4b4b278640ff4895a56492383013b9570ad3c5f9d15b635fbb"
        );
        _again(
            hex"a9af2ba200000000000000000000000000000000000000000000000000000000000027b50000000000000000000000000000000000000000000000000000000021d3388000000000000000000000000000000000000000000000000000000000000035ff00000000000000000000000000000000000000000001e17c694bf757da8528f4"
        );
        _again(
            hex"a02bff260000000000000000000000000003d45b392e6ea5edb0505c1a01b33b7dd25f2a00000000000006c1ac592cd39e13fdc04e065f73fe86a390f20873ddb41fbf0100000000000000000000000000000000000000000000000356d7942f1b6c92a4"
        );
        _again(
            hex"c8ef5b9200000000000000000000000000000000000000000000000000000000a8d5fd6500000000000000000000000000000000000000000000000000000000000028c60000000000000000000000000000000000000000000000000000000000003504"
        );
        _again(
            hex"b5e23d1a000000000000000000000000000000000000000000000000000000000010c1de00000000000000000000000000002b708fab610be29a6d23c975208115a6c0e700000000000000000000000000000000000000000000000000000990fed8c71a"
        );
        _again(
            hex"7cff345800000000000000000000bb211217c9cf19a5529aa70ba900de3fab45715dfa45000000000000061d1eaad2e572123ae15e478855a29d489506b4d8c7b6560ad600000000297c5c240d0c25d733860613029ff0328d6280cb823ab414608938bd"
        );
        _again(
            hex"c8ef5b92000000000000000000000000000000000004e405d434b07d5ec6dec09b458290000000000000000000000000000000000000000000000000000000000000ede6000000000000000000000000000d9d54e4cb518c79a8daf53a64f7dfee7d563c"
        );
        _again(
            hex"b5e23d1a00000000000000000000000000000000000000000000000000000000000035440000000000000000000000000000000000000000000000000000000005c0084100000000000000000000000000000000000000000000000000000000000024c6"
        );
        _again(
            hex"596c89760000000000000000000000000000000000000000000000000000000000000000000000128407b71194f975500a51cef9ff645979d1bf242185e65054b6c4483a"
        );
        _again(
            hex"fefdc5d1000000000000000000000000000000000000000000000000000000000000003200000000000000001368ca90dd48d808cd918cdd8be12823181dcc446b960890"
        );
        _again(
            hex"c8ef5b92000000000000000000000000000000000000000000000000de0b6b3a763ffffe00000000000000000000000000000000000000000000000000000000000008ba00000000000000000000000000000000000000000002fc8b7628ff890985f157"
        );
        _again(
            hex"20309fcf0000000000000000000000000000000000000000000000a067298592f1bf2eef000000000000000000000000000000000000000000000000020398880d1013e7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc"
        );
        _again(
            hex"a9af2ba200000000000000000000000000000000000000000011db6f822334ed91e13bb00000000000000000000000000000000000000000000000000029fb3211d0e66500000000000000000000000000000000000000000000007657ef62dbfc0e2a19000000000000000000000000000000000000000000000000000000ea52ff23eb"
        );
        _again(
            hex"c8ef5b92000000691e57c279dc995362ddb92834187735dd0869c504ff6d10f9e7730c2e00000000000000000000000000000000000001ac90cbac63a9c637942670d30f0000000000000000000000000000000000000000000000736575fe5b76ba6c43"
        );
        _again(hex"b609ac6100000000000000000000000000000000000000000000000000000000000042bf");
        _again(
            hex"57f1a1b100000000000000000000000000000000000000000000000000c218c7adbc73be0000000000000000000000000000000000000000000000000000000000016e7e000000a2fd7661ca3530dab1f67841281b2eddf03278ea7f237bc4c91f19010400000000000000000000000000000000000000000000000000002e480bef9cd7"
        );
        _again(
            hex"43857a1f000000000179b6d3e4063b62ee1043467cd248062f1bba1176d6b5bb9c31b20600000000000000000000000000000000000000000000000000000000000b00d000000000000000000000000000000000000000000000000000000000000b78b100000000000000000000000000000000000000000000024d28a3a6eca619cc58"
        );
        _again(
            hex"fefdc5d100000000000000000002e5ea82ff84110808635bf20ca7216beca4d710f6ac7400000000000000000000000000000004d7b25c73721143d6829c786a811adbf1"
        );
        _again(
            hex"b5e23d1a0000000000132d9d8066ae4efab92b13819e2bc1e6ddfa14783bf1a2295f81eb000000000000000000000000000000001508d8cd04d4ec120559940fe0fdc457000000000276f2bc4da2c504a4cc639c9cc1a8f50a7ea34f4c9f445c85143694"
        );
        _again(
            hex"43857a1f000000000000000000000000000000000000000000000000000000f2715a42c28367491fd0bd0ab91656a88657fcf02fab4d82ec28ddcbfe82c4a9ec74b49fa40000000000000000ae5fd27384f6056328072cfa3d935212510d6c47541a3fa200000000000000000000000000000000000000000000000000000000000ae5ac"
        );
        _again(
            hex"43857a1f000000000000000000000000000000000000000000000000000000000016620f000000000032fffa4211a45b9f65a9defc553f0037deebd0f4932d3d5d35063a00000000000000000000000000000000000000e50512ae7bfee541e702a3049700000000000000003595060948f75645c87e307fc6b66d1d1b14c19c60939a33"
        );
        _again(
            hex"43857a1f00000000000000000000000000000000000000000000000000000000000000400000000000000000000000000000000000000000000000000000000000002fe700000000000000000000000000000000000000000000000000000000000c350000000000000000000000000000000000000000000000000000000000000011e1"
        );
        _again(
            hex"43857a1f0000000000000000000000000000000000000000000000000000000000005c9000000000000000000000000000000000000000000000000000000000000095a100000000000000000000000000000000000000000000000000000000000042350000000000000000000000000000000000000000000000000000000000005ad8"
        );
        _again(
            hex"739e1c6133f154348429a647a76ab2032d1c94dcd5f381b3ac62f19d4265d56a004557550000000000000000000000000000000000000000000000000000000000003198000000000000000000000000000000000000000000000000000000000000035c"
        );
        _again(
            hex"2505c3d90000000000000000000000000000000000000000000000000000000000000001fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0000000000000000000000000000000000000e5b9e805a70a6c3e205b307efd9000000000000000000000158eac671276fb0d4d945a53d2decf966bc69838965"
        );
    }
}
