import { expect } from "chai";
import { MAX_UINT256, type TermSheet, payOffTermLoan } from "../../../sdk/model/index.js";
import { type World, encodeLoanId, replay } from "../../../sdk/model/machine/index.js";
import { allEvents, send } from "../model/history/chain.js";
import { Random } from "../model/history/random.js";
import { type Actor, setStage } from "../model/history/stage.js";

const DAY = 86_400n;

/** A term facility with lenders in every class, a borrower on a sheet of its own, and another whose loan brings income. */
async function scene(sheet: Partial<TermSheet>) {
  const stage = await setStage(new Random(1));
  const f = stage.facilities.find(({ isTerm }) => isTerm);
  const [lender, borrower, other] = stage.actors;
  if (f === undefined || lender === undefined || borrower === undefined || other === undefined) {
    throw new Error("the stage has a term facility and actors");
  }
  const [senior, junior, cover] = f.tranches;
  if (senior === undefined || junior === undefined || cover === undefined) throw new Error("all classes are there");
  const unit = f.loanUnit;
  let now = BigInt((await stage.ethers.provider.getBlock("latest"))?.timestamp ?? 0) + 10n;

  /** Sends; a refusal is returned by its name, and fails where none is expected. */
  const act = async (from: Actor | undefined, to: string, method: string, ...args: unknown[]): Promise<string> => {
    const contract = stage.contracts.get(to as `0x${string}`);
    if (contract === undefined) throw new Error(`no contract at ${to}`);
    const data = contract.interface.encodeFunctionData(method, args);
    const outcome = await send(stage, from?.address ?? stage.admin.address, to, data, now);
    return outcome.ok ? "" : `${outcome.reverted.reason}(${outcome.reverted.values.join(", ")})`;
  };
  const must = async (...args: Parameters<typeof act>): Promise<void> => {
    expect(await act(...args), args[2]).to.equal("");
  };
  const world = async (): Promise<World> => replay(stage.deployment, await allEvents(stage));

  await must(lender, senior, "deposit", 500_000n * unit, lender.address);
  await must(lender, junior, "deposit", 50_000n * unit, lender.address);
  await must(lender, cover, "deposit", 20_000n * unit, lender.address);
  await must(undefined, f.pool, "addTermSheet", {
    ...{ intervalSeconds: 365n * DAY, count: 1n, graceSeconds: 10n * DAY, latePremiumBps: 0n, prepaymentFeeBps: 100n },
    ...{ balloonBps: 0n, spreadBps: 500n, lateFee: 0n, retired: false, ...sheet },
  });
  const own = (await world()).sheets(f.pool).length - 1;
  const open = async (who: Actor, sheetNumber: number, principal: bigint): Promise<bigint> => {
    const opening = {
      ...{ facility: f.number, salt: 0n, sheet: sheetNumber, collateral: 8n * f.collateralUnit, principal },
      ...{ maxAnnualRate: MAX_UINT256, deadline: now, receiver: who.address, agreement: `0x${"00".repeat(32)}` },
    };
    await must(who, f.manager, "open", opening, "0x");
    return encodeLoanId(who.address, f.number, 0n);
  };
  const id = await open(borrower, own, 100_000n * unit);
  await open(other, 0, 200_000n * unit);
  return {
    ...{ f, lender, borrower, senior, unit, id, act, must, world },
    wait: (seconds: bigint): void => {
      now += seconds;
    },
    /** What ends the loan now. */
    end: async (): Promise<bigint> => {
      const row = (await world()).register(f.manager).termLoans.get(id);
      if (row === undefined) throw new Error("the loan has ended");
      return payOffTermLoan(row.loan, now).paid;
    },
  };
}

describe("term loans: money paid ahead", () => {
  it("DEBT-1: collateral cannot leave a loan whose interest still runs, though credit covers its debt of today", async () => {
    const { f, borrower, unit, id, act, must, world, wait } = await scene({});
    // All the principal, and not the fee for paying it early: credit until the end of the year, and a debt of 0 until then.
    await must(borrower, f.manager, "repay", id, 100_000n * unit, "0x");
    const withdrawn = await act(borrower, f.manager, "withdraw", id, MAX_UINT256, borrower.address);
    wait(375n * DAY + 1n);
    await must(borrower, f.manager, "markDefault", id);
    // The interest of a year, which credit was not enough for.
    const { debtShares, collateral } = (await world()).register(f.manager).openLoan(id);
    const seen = { refused: withdrawn !== "", secured: debtShares === 0n || collateral > 0n };
    expect(seen).to.deep.equal({ refused: true, secured: true });
  });

  it("DEBT-1: money paid ahead is never more than what ends the loan, though fees fall away on the next due date", async () => {
    const { f, borrower, id, act, must, world, wait, end } = await scene({
      ...{ intervalSeconds: DAY, count: 2n, prepaymentFeeBps: 777n },
    });
    // As much ahead as the contract takes: all but a unit of what ends the loan, which counts a fee on what is not due yet.
    for (const seconds of [3_600n, 1_800n]) {
      wait(seconds);
      const costs = await end();
      expect(await act(borrower, f.manager, "repay", id, costs - 1n, "0x")).to.match(/^(|PaymentTooSmall.*)$/);
    }
    for (const seconds of [DAY, DAY / 2n]) {
      wait(seconds);
      expect((await end()) > 0n, "something is left to pay").to.equal(true);
    }
    const { cash } = (await world()).pool(f.pool);
    await must(borrower, f.manager, "close", id, borrower.address, "0x");
    expect((await world()).pool(f.pool).cash >= cash, "nothing left the pool").to.equal(true);
  });
});
