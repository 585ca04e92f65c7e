import { expect } from "chai";
import {
  ImpossibleAction,
  planAccept,
  planClose,
  planDraw,
  planLend,
  planOffer,
  planOpen,
  planRedeem,
  planRepay,
  planTopUp,
  planWithdraw,
} from "../../../sdk/client/actions/index.js";
import { ContractRefused } from "../../../sdk/client/explain.js";
import { readLenderPosition } from "../../../sdk/client/lender.js";
import { NoSuchLoan, nextFreeSalt, readLoan, readLoansOf, readOffersTo } from "../../../sdk/client/loanState.js";
import { NeedNotMet } from "../../../sdk/client/needs.js";
import { quoteLoan } from "../../../sdk/client/quote.js";
import { sendPlan } from "../../../sdk/client/send.js";
import { clientMarket, rejection } from "./support.js";

for (const [collateralDecimals, loanDecimals] of [
  [8, 6],
  [18, 18],
] as const) {
  describe(`client: actions, ${collateralDecimals} and ${loanDecimals} decimals`, () => {
    const options = { collateralDecimals, loanDecimals };

    it("takes a loan through its whole life, and what it said would happen happens", async () => {
      const { client, market, borrower } = await clientMarket(options);
      const { btc, cash } = market;
      const from = borrower.address;
      await market.collateral.mint(from, btc(1n));
      const opening = await planOpen(client, { from, facility: 1, collateral: btc("0.5"), principal: cash(10_000n) });
      expect(opening.needs.map(({ kind }) => kind)).to.deep.equal(["approval"]);
      const { events, receipts } = await sendPlan(client, borrower, opening);
      expect(receipts).to.have.length(2);
      expect(events.find(({ name }) => name === "Opened")?.args).to.include({ id: opening.loanId, owner: from });
      expect(await market.collateral.allowance(from, await market.vault.getAddress())).to.equal(0n);
      const id = opening.loanId ?? 0n;
      const opened = await readLoan(client, id);
      expect(opened.debt).to.equal(opening.then?.debt);
      expect(opened.healthWad).to.equal(opening.then?.healthWad);
      expect(opened.liquidationPriceE36).to.equal(opening.then?.liquidationPriceE36);

      await sendPlan(client, borrower, await planDraw(client, { from, id, assets: cash(5_000n) }));
      await sendPlan(client, borrower, await planTopUp(client, { from, id, collateral: "most" }));
      expect(await market.collateral.balanceOf(from)).to.equal(0n);
      await sendPlan(client, borrower, await planRepay(client, { from, id, assets: cash(3_000n) }));
      const repaid = await readLoan(client, id);
      expect(repaid.collateral).to.equal(btc(1n));
      expect(repaid.debt).to.be.closeTo(cash(12_000n), cash("0.01"));
      await sendPlan(client, borrower, await planWithdraw(client, { from, id, collateral: btc("0.25") }));
      await market.loan.mint(from, cash(100n));
      const closing = await planClose(client, { from, id });
      await sendPlan(client, borrower, closing);
      expect(await market.collateral.balanceOf(from)).to.equal(btc(1n));
      expect(await rejection(readLoan(client, id))).to.be.instanceOf(NoSuchLoan);
      expect(await readLoansOf(client, from)).to.deep.equal([]);
    });

    it("borrows, draws and withdraws the most there is, and the contracts agree", async () => {
      const { client, market, borrower } = await clientMarket(options);
      const { btc, cash } = market;
      const from = borrower.address;
      await market.collateral.mint(from, btc(1n));
      const { most } = await quoteLoan(client, { facility: 1, collateral: btc(1n) });
      expect(most).to.be.closeTo(cash(45_000n), cash("0.01"));
      const opening = await planOpen(client, { from, facility: 1, collateral: btc(1n), principal: "most" });
      await sendPlan(client, borrower, opening);
      const id = opening.loanId ?? 0n;
      expect((await readLoan(client, id)).debt).to.be.closeTo(most, 2n);

      await sendPlan(client, borrower, await planRepay(client, { from, id, assets: cash(20_000n) }));
      await sendPlan(client, borrower, await planDraw(client, { from, id, assets: "most" }));
      expect((await readLoan(client, id)).debt).to.be.closeTo(cash(45_000n), cash("0.1"));
      await sendPlan(client, borrower, await planRepay(client, { from, id, assets: cash(20_000n) }));
      await sendPlan(client, borrower, await planWithdraw(client, { from, id, collateral: "most" }));
      const least = (25_000n * btc(1n)) / 45_000n;
      expect((await readLoan(client, id)).collateral).to.be.closeTo(least, btc("0.00001"));

      await market.loan.mint(from, cash(100n));
      await sendPlan(client, borrower, await planRepay(client, { from, id, assets: "most" }));
      expect((await readLoan(client, id)).debt).to.equal(0n);
      await sendPlan(client, borrower, await planWithdraw(client, { from, id, collateral: "most" }));
      expect(await market.collateral.balanceOf(from)).to.equal(btc(1n));
    });

    it("lends, and redeems a part and then everything with the interest", async () => {
      const { client, market, borrower, other } = await clientMarket(options);
      const { btc, cash } = market;
      const from = other.address;
      await market.loan.mint(from, cash(1_000n));
      await sendPlan(client, other, await planLend(client, { from, facility: "wbtc / usdx", assets: cash(400n) }));
      await sendPlan(client, other, await planLend(client, { from, facility: 1, assets: "most" }));
      await market.open(borrower, btc(1n), cash(40_000n));
      const position = await readLenderPosition(client, 1, from);
      expect(position.assets).to.be.closeTo(cash(1_000n), cash("0.01"));
      await sendPlan(client, other, await planRedeem(client, { from, facility: 1, assets: cash(250n) }));
      expect(await market.loan.balanceOf(from)).to.equal(cash(250n));
      await sendPlan(client, other, await planRedeem(client, { from, facility: 1, assets: "most" }));
      expect(await market.tranche.balanceOf(from)).to.equal(0n);
      expect(await market.loan.balanceOf(from)).to.be.closeTo(cash(1_000n), cash("0.01"));
    });
  });
}

describe("client: actions that are refused", () => {
  it("says the limit of an LTV that is too high, and the amount it names then works", async () => {
    const { client, market, borrower } = await clientMarket();
    const { btc, cash } = market;
    const from = borrower.address;
    await market.fund(borrower, { collateral: btc(1n) });
    const asked = { from, facility: 1, collateral: btc("0.5"), principal: cash(30_000n) };
    const refused = await rejection(sendPlan(client, borrower, await planOpen(client, asked)));
    expect(refused).to.be.instanceOf(ContractRefused);
    expect(refused.message).to.match(
      /^the contracts refuse to open: the loan would owe 30,000.00 USDX, but 0.5 WBTC at 60,000.00 USDX supports at most 22,500.00 USDX; add collateral or borrow at most 22,500.00 USDX$/,
    );
    await sendPlan(client, borrower, await planOpen(client, { ...asked, principal: cash(22_500n) }));
  });

  it("names too small a loan, too small a purse and an empty pool with their limits, before anything is sent", async () => {
    const { client, market, borrower } = await clientMarket();
    const { btc, cash } = market;
    const from = borrower.address;
    await market.fund(borrower, { collateral: btc(2n) });
    const open = async (collateral: bigint, principal: bigint | "most") => {
      const plan = await planOpen(client, { from, facility: 1, collateral, principal });
      return sendPlan(client, borrower, plan);
    };
    expect((await rejection(open(btc(1n), cash(99n)))).message).to.include("the smallest loan here owes 100.00 USDX");
    expect((await rejection(open(btc(3n), cash(1_000n)))).message).to.include(
      "3 WBTC are needed, but the account holds 2 WBTC",
    );
    expect(await rejection(open(btc(3n), cash(1_000n)))).to.be.instanceOf(NeedNotMet);
    const nothing = await rejection(open(1_000n, "most"));
    expect(nothing).to.be.instanceOf(ImpossibleAction);
    expect(nothing.message).to.include("the smallest loan is 100.00 USDX, which takes 0.00222223 WBTC");
    expect((await rejection(open(btc(2n), cash(100_002n)))).message).to.include(
      "holds 100,001.00 USDX in cash, not 100,002.00 USDX",
    );
    expect(await client.provider.getTransactionCount(from)).to.equal(3, "only the three approvals of the fixture");
  });

  it("tells a payment that is cut from one that cannot be made", async () => {
    const { client, market, borrower } = await clientMarket();
    const { btc, cash } = market;
    const id = await market.open(borrower, btc("0.5"), cash(1_000n));
    const from = borrower.address;
    const cut = await planRepay(client, { from, id, assets: cash(950n) });
    expect(cut.summary).to.match(
      /repays 900.0\d* USDX of loan 1:0, not more, so as to leave the smallest debt of 100.00 USDX/,
    );
    await sendPlan(client, borrower, cut);
    expect((await readLoan(client, id)).debt).to.be.closeTo(cash(100n), 10n);
    await sendPlan(
      client,
      borrower,
      await planRepay(client, { from, id, assets: "most" })
        .then(async (plan) => {
          await market.loan.mint(from, cash(1n));
          return plan;
        })
        .then(() => planRepay(client, { from, id, assets: "most" })),
    );
    expect((await rejection(planRepay(client, { from, id, assets: cash(1n) }))).message).to.include("owes nothing");
    await market.open(borrower, btc("0.5"), cash(100n), 1n);
    const [, second] = await readLoansOf(client, from);
    const dust = await rejection(planRepay(client, { from, id: second?.id ?? 0n, assets: cash(50n) }));
    expect(dust.message).to.match(/may not be left below 100.00 USDX: repay all of it/);
  });

  it("says what the stop, the oracle and the lack of cash leave possible", async () => {
    const { client, market, borrower, lender } = await clientMarket();
    const { btc, cash } = market;
    const from = borrower.address;
    const id = await market.open(borrower, btc(2n), cash(60_000n));
    const redeem = await rejection(planRedeem(client, { from: lender.address, facility: 1, assets: cash(50_000n) }));
    expect(redeem.message).to.match(/holds 40,001.00 USDX in cash.*redeem at most 40,001.00 USDX/);
    await market.oracle.setRefusing(true);
    const draw = await rejection(planDraw(client, { from, id, assets: "most" }));
    expect(draw.message).to.match(/nothing more can be drawn on loan 1:0 now: the contract refused/);
    expect((await readLoan(client, id)).healthWad).to.equal(undefined);
    await sendPlan(client, borrower, await planRepay(client, { from, id, assets: cash(1_000n) }));
    await market.oracle.setRefusing(false);
    await market.manager.stopNewLoans(1);
    const stopped = await rejection(planDraw(client, { from, id, assets: "most" }));
    expect(stopped.message).to.include("the guardian has stopped new loans");
    const sent = sendPlan(client, borrower, await planDraw(client, { from, id, assets: cash(1n) }));
    expect((await rejection(sent)).message).to.include("repaying, topping up, closing and withdrawing still work");
  });

  it("lets nobody act on another's loan, and says who could", async () => {
    const { client, market, borrower, other } = await clientMarket();
    const id = await market.open(borrower, market.btc(1n), market.cash(1_000n));
    const draw = await planDraw(client, { from: other.address, id, assets: market.cash(10n) });
    const refused = await rejection(sendPlan(client, other, draw));
    expect(refused).to.be.instanceOf(NeedNotMet);
    expect(refused.message).to.include(`the loan belongs to ${borrower.address}, who has not authorised`);
  });
});

describe("client: a loan changes hands", () => {
  it("is offered, found by whom it is offered to, taken over on terms, and found as theirs", async () => {
    const { client, market, borrower, other, third } = await clientMarket();
    const { btc, cash } = market;
    const id = await market.open(borrower, btc(1n), cash(1_000n));
    const offer = (newOwner: string | undefined) => planOffer(client, { from: borrower.address, id, newOwner });
    expect(await rejection(offer(undefined))).to.be.instanceOf(ImpossibleAction);
    await sendPlan(client, borrower, await offer(third.address));
    await sendPlan(client, borrower, await offer(undefined));
    expect(await readOffersTo(client, third.address)).to.deep.equal([]);
    await sendPlan(client, borrower, await offer(other.address));
    expect((await readOffersTo(client, other.address)).map((loan) => loan.id)).to.deep.equal([id]);

    const worse = await planAccept(client, { from: other.address, id, minCollateral: btc(2n) });
    expect((await rejection(sendPlan(client, other, worse))).message).to.match(/at least 2 WBTC$/);
    const stranger = await planAccept(client, { from: third.address, id });
    expect((await rejection(sendPlan(client, third, stranger))).message).to.include(`offered to ${other.address}`);
    await sendPlan(client, other, await planAccept(client, { from: other.address, id }));
    expect(await readLoansOf(client, borrower.address)).to.deep.equal([]);
    expect((await readLoansOf(client, other.address)).map((loan) => loan.id)).to.deep.equal([id]);
  });

  it("never gives a new loan the salt of one that was, even of one closed or given away", async () => {
    const { client, market, borrower, other } = await clientMarket();
    const from = borrower.address;
    expect(await nextFreeSalt(client, from, 1)).to.equal(0n);
    const id = await market.open(borrower, market.btc(1n), market.cash(1_000n), 0n);
    await market.open(borrower, market.btc(1n), market.cash(1_000n), 2n);
    await market.open(other, market.btc(1n), market.cash(1_000n), 1n);
    expect(await nextFreeSalt(client, from, 1)).to.equal(1n);
    await market.loan.mint(from, market.cash(1n));
    await sendPlan(client, borrower, await planClose(client, { from, id }));
    expect(await nextFreeSalt(client, from, 1)).to.equal(1n);
  });
});
