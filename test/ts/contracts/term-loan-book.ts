import { expect } from "chai";
import type { Result } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import {
  MAX_UINT256,
  ModelInputError,
  RATE_SECONDS,
  Refusal,
  type RefusalValue,
  type TermLoan,
  type TermOutcome,
  type TermSheet,
  WAD,
  beginTermLoan,
  dueDate,
  dueNow,
  markTermLoanDefault,
  nextPayment,
  payOff,
  payOffTermLoan,
  repaidTermLoan,
  repayTermLoan,
  requireValidSheet,
  rollOverTermLoan,
  sellTermLoan,
  settleTermLoan,
  termDebt,
} from "../../../sdk/model/index.js";
import { NO_TERM_SLOT, RATE_UNIT, slotsOf } from "../model/termSlots.js";

const DAY = 86_400n;
/** Of a loan's flags those that are not the book's: open, changed hands, offered, marked. It must keep them. */
const OTHER_FLAGS = 1n | 2n | 4n | 16n;
const OTHER = { collateral: 123_456_789n, flags: OTHER_FLAGS };
const SHEET_NUMBER = 7n;

type Fields = Record<string, unknown>;

const refusalOf = (call: () => unknown): string | undefined => {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
};

/** The flags that say there is something besides a loan's two slots. */
const LATE_FLAGS = 32n | 64n | 128n;

/** A loan's slots as the book takes and gives them: what lateness left is a list, of one or none. */
function asked(slots: ReturnType<typeof slotsOf>) {
  return { ...slots, late: (slots.loan.flags & LATE_FLAGS) === 0n ? [] : [slots.late] };
}

/** An outcome as an object of objects. */
function plain(struct: unknown): Fields {
  const { loan, slot, late, paid, counted, slope, countedBefore, slopeBefore } = struct as Result &
    Record<string, Result>;
  return {
    ...{ loan: loan?.toObject(), slot: slot?.toObject(), paid, counted, slope, countedBefore, slopeBefore },
    late: late?.toArray().map((each: unknown) => (each as Result).toObject()),
  };
}

/** What the contract must answer where the model has that outcome. */
function outcomeStruct({ loan, paid, before, after }: TermOutcome) {
  const ended = {
    loan: { debtShares: 0n, collateral: OTHER.collateral, duesPassed: 0n, settledAfter: 0n, flags: OTHER_FLAGS },
    ...{ slot: NO_TERM_SLOT, late: [] },
  };
  return {
    ...(loan === undefined ? ended : asked(slotsOf(loan, SHEET_NUMBER, OTHER))),
    ...{ paid, counted: after.counted, slope: after.slope },
    ...{ countedBefore: before.counted, slopeBefore: before.slope },
  };
}

/** Asks the book about a loan as it is stored, at any second; the answer must be the model's, refusals included. */
async function stage() {
  const override = { allowBlocksWithSameTimestamp: true };
  const { ethers } = await network.create({ network: "op", chainType: "op", override });
  const book = await ethers.deployContract("TermLoanBook");
  const send = (method: string, ...params: unknown[]): Promise<unknown> => ethers.provider.send(method, params);
  const beginning = (await ethers.provider.getBlock("latest"))?.timestamp ?? 0;
  let snapshot = await send("evm_snapshot");

  /** The contract's answer, or its refusal spelled as the model's. */
  const ask = async (method: string, args: readonly unknown[]): Promise<unknown> => {
    try {
      return await book.getFunction(method).staticCall(...args);
    } catch (error) {
      const data = (error as { data?: unknown }).data;
      const parsed = typeof data === "string" ? book.interface.parseError(data) : null;
      if (parsed === null) throw error;
      return `${parsed.name}(${parsed.args.map((value: RefusalValue) => value.toString()).join(", ")})`;
    }
  };
  return {
    opensAt: BigInt(beginning) + DAY,
    /** Time runs backwards between two lives only. */
    rewind: async (): Promise<void> => {
      await send("evm_revert", snapshot);
      snapshot = await send("evm_snapshot");
    },
    goTo: async (second: bigint): Promise<void> => {
      await send("evm_setNextBlockTimestamp", `0x${second.toString(16)}`);
      await send("evm_mine");
    },
    instalment: (sheet: TermSheet, rate: bigint, principal: bigint) => ask("instalmentUp", [sheet, rate, principal]),
    validate: (sheet: TermSheet) => ask("requireValidSheet", [sheet]),
    /** The same question to both. Returns the model's answer, undefined where both refused. */
    both: async <T extends TermOutcome>(
      method: string,
      sheet: TermSheet,
      loan: TermLoan,
      args: readonly bigint[],
      model: () => T,
    ): Promise<T | undefined> => {
      const { loan: slot, slot: terms, late } = asked(slotsOf(loan, SHEET_NUMBER, OTHER));
      const answer = await ask(method, [{ loan: slot, slot: terms, sheet, late }, ...args]);
      let outcome: T | undefined;
      const refusal = refusalOf(() => {
        outcome = model();
      });
      if (outcome === undefined || typeof answer === "string") {
        expect(answer, method).to.equal(refusal);
        return undefined;
      }
      if (method === "markDefault") {
        const [struct, defaultedAt] = answer as [unknown, bigint];
        expect(plain(struct), method).to.deep.equal(outcomeStruct(outcome));
        expect({ defaultedAt }, method).to.deep.equal({ defaultedAt: "defaultedAt" in outcome && outcome.defaultedAt });
      } else {
        expect(plain(answer), method).to.deep.equal(outcomeStruct(outcome));
      }
      return outcome;
    },
  };
}

const arbitrarySheet = fc.record({
  intervalSeconds: fc.constantFrom(DAY, 7n * DAY, 30n * DAY, 90n * DAY),
  count: fc.oneof(fc.constantFrom(1n, 2n, 12n), fc.bigInt(1n, 40n)),
  graceSeconds: fc.oneof(fc.constantFrom(3_600n, 10n * DAY), fc.bigInt(3_600n, 90n * DAY)),
  latePremiumBps: fc.bigInt(0n, 2_000n),
  prepaymentFeeBps: fc.oneof(fc.constant(0n), fc.bigInt(0n, 500n)),
  balloonBps: fc.constantFrom(0n, 0n, 3_000n, 10_000n),
  spreadBps: fc.constant(0n),
  lateFee: fc.oneof(fc.constant(0n), fc.bigInt(1n, 10n ** 8n)),
  retired: fc.constant(false),
});

const arbitraryLoan = fc.record({
  sheet: arbitrarySheet,
  principal: fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1_000n, 10n ** 13n), fc.bigInt(10n ** 18n, 10n ** 26n)),
  rate: fc.oneof(fc.constant(0n), fc.bigInt(1n, 10n ** 7n)),
});

/** A step waits a part of an interval, then acts on a part of what is owed, in thousandths. */
const arbitrarySteps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constantFrom(0n, 1_000n), fc.bigInt(0n, 3_500n)),
    toTheSecond: fc.boolean(),
    action: fc.constantFrom("repay", "repay", "repay", "sell", "markDefault", "markDefault", "rollOver", "payOff"),
    of: fc.constantFrom("due", "due", "next", "part", "part", "debt"),
    share: fc.oneof(fc.constantFrom(0n, 1n, 1_000n), fc.bigInt(0n, 2_500n)),
  }),
  { minLength: 1, maxLength: 14 },
);

const FLAT: TermSheet = {
  ...{ intervalSeconds: 30n * DAY, count: 12n, graceSeconds: 10n * DAY, latePremiumBps: 600n },
  ...{ prepaymentFeeBps: 100n, balloonBps: 0n, spreadBps: 0n, lateFee: 25_000_000n, retired: false },
};

describe("term loan book: the model and what the contract makes of a stored loan", () => {
  const runs = Number(process.env["BOOK_RUNS"] ?? 60);

  it(`agree to the unit, slot by slot, over ${runs} random lives: paid, late, in default, sold, cured, rolled over`, async function () {
    this.timeout(180_000 + runs * 2_000);
    const { opensAt, rewind, goTo, instalment, both } = await stage();
    const done = new Map<string, number>();
    const count = (what: string): void => {
      done.set(what, (done.get(what) ?? 0) + 1);
    };
    await fc.assert(
      fc.asyncProperty(arbitraryLoan, arbitrarySteps, async ({ sheet, principal, rate }, steps) => {
        await rewind();
        let now = opensAt;
        let loan: TermLoan = beginTermLoan(principal, rate * RATE_UNIT, sheet, now);
        expect(await instalment(sheet, rate, principal)).to.equal(loan.balance.instalment);
        for (const { wait, toTheSecond, action, of, share } of steps) {
          now += (sheet.intervalSeconds * wait) / 1_000n;
          // Half of the steps fall on the second of a due date or of a grace's end, or one beside it.
          if (toTheSecond) {
            const next =
              dueDate(loan.terms, loan.balance.passed + 1n) + (share % 2n) * sheet.graceSeconds + (wait % 3n);
            if (next - 1n > now) now = next - 1n;
          }
          await goTo(now);
          const settled = settleTermLoan(loan.balance, loan.terms, now);
          const debt = termDebt(settled);
          const due = dueNow(settled);
          const base = { due, next: nextPayment(settled, loan.terms), part: debt / 5n, debt }[of] ?? 0n;
          const cures = loan.inDefault !== undefined && of === "due" && share % 2n === 0n;
          const amount = cures ? due : (base * share) / 1_000n + (share === 1n ? 1n : 0n);
          const at = now;
          const before = loan;
          let outcome: TermOutcome | undefined;
          if (action === "repay") {
            outcome = await both("repay", sheet, before, [amount], () => repayTermLoan(before, at, amount));
          } else if (action === "sell") {
            if (debt === 0n) continue;
            const closed = amount > debt ? debt : amount;
            outcome = await both("sell", sheet, before, [closed], () => sellTermLoan(before, at, closed));
          } else if (action === "markDefault") {
            outcome = await both("markDefault", sheet, before, [], () => markTermLoanDefault(before, at));
          } else {
            // What ends a loan is asked about, and the life goes on.
            const end = action === "payOff" ? payOffTermLoan : rollOverTermLoan;
            const ended = await both(action, sheet, before, [], () => end(before, at));
            count(`${action}${ended === undefined ? " refused" : ""}`);
            continue;
          }
          count(`${action}${outcome === undefined ? " refused" : outcome.loan === undefined ? " to the end" : ""}`);
          if (outcome === undefined) continue;
          if (outcome.loan === undefined) return;
          if (loan.inDefault !== undefined && outcome.loan.inDefault === undefined) count("cured");
          loan = outcome.loan;
        }
      }),
      { numRuns: runs },
    );
    if (process.env["BOOK_RUNS"] !== undefined) console.log(Object.fromEntries([...done].sort()));
    // A short run may miss a rare one; a long one that does proves nothing about it.
    if (runs < 300) return;
    const expected = ["repay", "repay refused", "repay to the end", "sell", "sell to the end", "markDefault", "cured"];
    const more = ["markDefault refused", "rollOver", "rollOver refused", "payOff"];
    expect([...expected, ...more].filter((what) => !done.has(what))).to.deep.equal([]);
  });

  it("DEBT-2: money paid ahead is never more than what ends the loan, so nothing is ever given back", () => {
    let most = 0n;
    const check = (loan: TermLoan, now: bigint): void => {
      const b = settleTermLoan(loan.balance, loan.terms, now);
      // Without the fee where the loan is in default.
      const costs = (loan.inDefault === undefined ? payOff : termDebt)({ ...b, credit: 0n }, loan.terms);
      expect(b.credit <= costs, `credit ${b.credit} of costs ${costs}`).to.equal(true);
      if (costs > 0n && (b.credit * 1_000n) / costs > most) most = (b.credit * 1_000n) / costs;
    };
    const arbitraryPayments = fc.array(
      fc.record({
        wait: fc.oneof(fc.constantFrom(0n, 1n, 999n, 1_000n), fc.bigInt(0n, 2_500n)),
        action: fc.constantFrom("repay", "repay", "repay", "repay", "sell", "markDefault"),
        // All but a unit of what ends the loan, the next payment, or a part of the debt.
        of: fc.constantFrom("end", "end", "next", "part"),
        share: fc.bigInt(1n, 1_000n),
      }),
      { minLength: 2, maxLength: 20 },
    );
    fc.assert(
      fc.property(arbitraryLoan, arbitraryPayments, ({ sheet, principal, rate }, steps) => {
        let now = 1_700_000_000n;
        let loan: TermLoan = beginTermLoan(principal, rate * RATE_UNIT, sheet, now);
        for (const { wait, action, of, share } of steps) {
          const start = loan.terms.openedAt + loan.balance.passed * sheet.intervalSeconds;
          const at = start + (sheet.intervalSeconds * wait) / 1_000n;
          // What falls away on a due date is seen there and just before it.
          for (const second of [dueDate(loan.terms, loan.balance.passed + 1n) - 1n, at])
            if (second >= now) check(loan, (now = second));
          const before = loan;
          const settled = settleTermLoan(loan.balance, loan.terms, now);
          const ends = payOffTermLoan(loan, now).paid;
          const debt = termDebt(settled);
          const base = { end: ends - 1n, next: nextPayment(settled, loan.terms), part: (debt * share) / 1_000n };
          const amount = base[of];
          const answer: { outcome?: TermOutcome } = {};
          refusalOf(() => {
            if (action === "repay") answer.outcome = repayTermLoan(before, now, amount);
            else if (action === "markDefault") answer.outcome = markTermLoanDefault(before, now);
            else if (amount > 0n && amount < debt) answer.outcome = sellTermLoan(before, now, amount);
          });
          if (answer.outcome === undefined) continue;
          if (answer.outcome.loan === undefined) return;
          loan = answer.outcome.loan;
          check(loan, now);
        }
        for (let more = 1n; more <= 3n; more++) check(loan, now + more * sheet.intervalSeconds);
      }),
      { numRuns: Number(process.env["BOOK_RUNS"] ?? 2_000) },
    );
    expect(most >= 990n, "credit came near what the loan costs").to.equal(true);
  });

  it("EVENT-1: what was paid and the principal it ended say which payment it was, also where a unit was rounded off", () => {
    let rounded = 0;
    fc.assert(
      fc.property(
        fc.record({
          sheet: arbitrarySheet,
          principal: fc.bigInt(10n ** 24n, 10n ** 28n),
          rate: fc.bigInt(1n, 10n ** 6n),
        }),
        fc.array(fc.record({ wait: fc.bigInt(0n, 400n), share: fc.bigInt(1n, 600n) }), { minLength: 1, maxLength: 6 }),
        ({ sheet, principal, rate }, steps) => {
          let now = 1_700_000_000n;
          let loan: TermLoan = beginTermLoan(principal, rate * RATE_UNIT, sheet, now);
          for (const { wait, share } of steps) {
            now += (sheet.intervalSeconds * wait) / 1_000n;
            // A sale that pays a part of the running interest leaves more of it than is principal times time.
            const running = settleTermLoan(loan.balance, loan.terms, now).interestNumerator / RATE_SECONDS;
            if (running > 1n) loan = sellTermLoan(loan, now, (running * share) / 1_000n).loan ?? loan;
            const before = loan;
            const { balance, terms } = before;
            const settled = settleTermLoan(balance, terms, now);
            const given = dueNow(settled) + nextPayment(settled, terms) + (settled.principal * share) / 1_000n;
            const answer: { outcome?: TermOutcome } = {};
            if (refusalOf(() => (answer.outcome = repayTermLoan(before, now, given))) !== undefined) return;
            const { outcome } = answer;
            if (outcome === undefined) return;
            const said = { paid: outcome.paid, principal: balance.principal - (outcome.loan?.balance.principal ?? 0n) };
            expect(repaidTermLoan(before, now, said)).to.deep.equal(outcome);
            const plain = repayTermLoan(before, now, outcome.paid);
            if (plain.loan?.balance.principal !== outcome.loan?.balance.principal) rounded++;
            if (outcome.loan === undefined) return;
            loan = outcome.loan;
          }
        },
      ),
      { numRuns: 2_000, seed: 7 },
    );
    expect(rounded, "payments of which a unit was rounded off").to.be.greaterThan(0);
    const loan = beginTermLoan(1_000_000n, 0n, { ...FLAT, lateFee: 0n }, 1_700_000_000n);
    expect(() => repaidTermLoan(loan, 1_700_000_000n, { paid: 100n, principal: 1n })).to.throw(ModelInputError);
  });

  it("refuse the same sheets, naming the same field", async () => {
    const { validate } = await stage();
    const good: TermSheet = {
      ...{ intervalSeconds: 30n * DAY, count: 12n, graceSeconds: 10n * DAY, latePremiumBps: 600n },
      ...{ prepaymentFeeBps: 100n, balloonBps: 0n, spreadBps: 400n, lateFee: 25n, retired: false },
    };
    const changes: Partial<TermSheet>[] = [
      {},
      ...[DAY - 1n, 0n, 3_650n * DAY + 1n].map((intervalSeconds) => ({ intervalSeconds })),
      ...[0n, 241n, 122n].map((count) => ({ count })),
      ...[3_599n, 90n * DAY + 1n].map((graceSeconds) => ({ graceSeconds })),
      ...[{ latePremiumBps: 10_001n }, { prepaymentFeeBps: 1_001n }, { balloonBps: 10_001n }],
      ...[{ spreadBps: 10_001n }, { retired: true }, { intervalSeconds: DAY, count: 240n }, { lateFee: 0n }],
      // The limits themselves.
      ...[DAY, 304n * DAY].map((intervalSeconds) => ({ intervalSeconds })),
      ...[{ intervalSeconds: 3_650n * DAY, count: 1n }, { graceSeconds: 3_600n }, { graceSeconds: 90n * DAY }],
      ...[{ latePremiumBps: 0n }, { latePremiumBps: 10_000n }, { prepaymentFeeBps: 0n }, { prepaymentFeeBps: 1_000n }],
      ...[{ balloonBps: 10_000n }, { spreadBps: 0n }, { spreadBps: 10_000n }, { lateFee: 2n ** 88n - 1n }],
    ];
    for (const change of changes) {
      const sheet = { ...good, ...change };
      const answer = await validate(sheet);
      const refusal = refusalOf(() => {
        requireValidSheet(sheet);
      });
      expect(typeof answer === "string" ? answer : undefined).to.equal(refusal);
    }
  });

  it("fault C29: a sale or payment of all that is due cures in the second of the mark, one unit less does not", async () => {
    const { opensAt, goTo, both } = await stage();
    const sheet = FLAT;
    const opened = beginTermLoan(1_000_000_000_000n, (12n * WAD) / 100n, sheet, opensAt);
    const now = opensAt + 40n * DAY + 1n;
    await goTo(now);
    const marked = (await both("markDefault", sheet, opened, [], () => markTermLoanDefault(opened, now)))?.loan;
    if (marked === undefined) throw new Error("a second after its grace a loan is in default");
    const due = dueNow(marked.balance);
    const short = await both("repay", sheet, marked, [due - 1n], () => repayTermLoan(marked, now, due - 1n));
    expect(short?.loan?.inDefault?.markedAt).to.equal(now);
    const cured = await both("repay", sheet, marked, [due], () => repayTermLoan(marked, now, due));
    expect(cured?.loan?.inDefault).to.equal(undefined);
    expect(cured?.after.slope).to.equal(cured?.loan && cured.loan.balance.principal * marked.terms.annualRateWad);
    const end = await both("repay", sheet, marked, [MAX_UINT256], () => repayTermLoan(marked, now, MAX_UINT256));
    expect(end?.paid, "an accelerated debt costs no fee for prepayment").to.equal(termDebt(marked.balance));
  });
});
