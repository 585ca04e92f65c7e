import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import {
  MAX_UINT256,
  type TermBalance,
  type TermTerms,
  WAD,
  closeTermDebt,
  defaultsAfter,
  dueDate,
  dueNow,
  lateChargesUp,
  nextPayment,
  openTermLoan,
  payOff,
  payTermLoan,
  settleTermLoan,
  termDebt,
} from "../../../sdk/model/index.js";
import { type VectorRow, integer, readVectors } from "../model/vectors.js";

const DAY = 86_400n;
const OPENED = 1_700_000_000n;
const ACTION = { none: 0, pay: 1, close: 2 } as const;
type Action = keyof typeof ACTION;

const termsWith = (terms: Partial<TermTerms> = {}): TermTerms => ({
  ...{ openedAt: OPENED, annualRateWad: (12n * WAD) / 100n, intervalSeconds: 30n * DAY, count: 12n },
  ...{ graceSeconds: 10n * DAY, latePremiumWad: (5n * WAD) / 100n, lateFee: 25_000_000n },
  prepaymentFeeWad: WAD / 100n,
  ...terms,
});

/** Plays on model and contract side by side; every balance, amount taken and figure must be the same. */
async function stage() {
  const { ethers } = await network.create({ network: "op", chainType: "op" });
  const harness = await ethers.deployContract("TermLoanHarness");
  const asRecord = (struct: unknown) => (struct as { toObject(): Record<string, bigint> }).toObject();

  return {
    open: async (principal: bigint, balloon: bigint, terms: TermTerms): Promise<TermBalance> => {
      const balance = openTermLoan(principal, balloon, terms);
      expect(asRecord(await harness.getFunction("open")(principal, balloon, terms))).to.deep.equal(balance);
      return balance;
    },
    step: async (before: TermBalance, terms: TermTerms, timestamp: bigint, action: Action = "none", amount = 0n) => {
      const settled = settleTermLoan(before, terms, timestamp);
      const [balance, taken] =
        action === "pay"
          ? payTermLoan(settled, terms, amount)
          : action === "close"
            ? ([closeTermDebt(settled, terms, amount), amount] as const)
            : ([settled, 0n] as const);
      const onChain = (await harness.getFunction("step")(
        before,
        terms,
        timestamp,
        ACTION[action],
        amount,
      )) as unknown[];
      expect(asRecord(onChain[0])).to.deep.equal(balance);
      expect(onChain[1]).to.equal(taken);
      expect(asRecord(onChain[2])).to.deep.equal({
        ...{ lateCharges: lateChargesUp(balance), dueNow: dueNow(balance), debt: termDebt(balance) },
        ...{ nextPayment: nextPayment(balance, terms), owed: payOff(balance, terms) },
        defaultsAfter: defaultsAfter(balance, terms),
      });
      return { balance, taken };
    },
  };
}

const arbitraryLoan = fc
  .record({
    principal: fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1_000n, 10n ** 13n), fc.bigInt(10n ** 18n, 10n ** 26n)),
    balloonPercent: fc.constantFrom(0n, 0n, 30n, 100n),
    annualRateWad: fc.oneof(fc.constant(0n), fc.bigInt(WAD / 1_000n, WAD)),
    intervalSeconds: fc.constantFrom(DAY, 7n * DAY, 30n * DAY, 90n * DAY),
    count: fc.oneof(fc.constantFrom(1n, 2n, 12n), fc.bigInt(1n, 36n)),
    graceSeconds: fc.bigInt(0n, 30n * DAY),
    latePremiumWad: fc.bigInt(0n, WAD / 5n),
    lateFee: fc.bigInt(0n, 10n ** 8n),
    prepaymentFeeWad: fc.bigInt(0n, WAD / 20n),
  })
  .map(({ principal, balloonPercent, ...terms }) => ({
    ...{ principal, balloon: (principal * balloonPercent) / 100n, terms: termsWith(terms) },
  }));

/** What a step does: waits a part of an interval, then pays or closes a part of what is owed, in thousandths. */
const arbitrarySteps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constantFrom(0n, 1_000n), fc.bigInt(0n, 3_500n)),
    action: fc.constantFrom<Action>("none", "pay", "pay", "pay", "close"),
    of: fc.constantFrom("due", "next", "debt"),
    share: fc.oneof(fc.constantFrom(0n, 1n, 1_000n), fc.bigInt(0n, 3_000n)),
  }),
  { minLength: 1, maxLength: 14 },
);

describe("term loans: the model and the contracts' arithmetic", () => {
  it("TERM-1: paid on its due dates, a loan follows every reference schedule to the unit", async () => {
    const { open, step } = await stage();
    for (const vector of readVectors<(VectorRow & { schedule: VectorRow[] })[]>("amortisation")) {
      const terms = termsWith({
        annualRateWad: integer(vector, "annualRateWad"),
        intervalSeconds: integer(vector, "intervalSeconds"),
        count: integer(vector, "count"),
      });
      let balance = await open(integer(vector, "principal"), integer(vector, "balloon"), terms);
      expect(balance.instalment).to.equal(integer(vector, "instalment"));
      for (const row of vector.schedule) {
        const at = dueDate(terms, integer(row, "n"));
        const due = settleTermLoan(balance, terms, at);
        expect([due.interestDue, due.arrears]).to.deep.equal([integer(row, "interest"), integer(row, "principal")]);
        ({ balance } = await step(balance, terms, at, "pay", integer(row, "payment")));
        expect(balance.principal).to.equal(integer(row, "remaining"));
        expect(dueNow(balance)).to.equal(0n);
      }
      expect([termDebt(balance), balance.lateFees, balance.credit]).to.deep.equal([0n, 0n, 0n]);
    }
  }).timeout(240_000);

  it("agree to the unit over random lives: early, late, partial, ahead, sold in part", async () => {
    const { open, step } = await stage();
    await fc.assert(
      fc.asyncProperty(arbitraryLoan, arbitrarySteps, async ({ principal, balloon, terms }, steps) => {
        let balance = await open(principal, balloon, terms);
        let now = OPENED;
        for (const { wait, action, of, share } of steps) {
          now += (terms.intervalSeconds * wait) / 1_000n;
          const settled = settleTermLoan(balance, terms, now);
          const debt = termDebt(settled);
          const base = { due: dueNow(settled), next: nextPayment(settled, terms), debt }[of];
          let amount = (base * share) / 1_000n + (share === 1n ? 1n : 0n);
          if (action === "close") {
            if (debt === 0n) continue;
            if (amount >= debt) amount = debt - 1n;
          }
          const after = await step(balance, terms, now, action, amount);
          check(settled, after.balance, terms, action, after.taken, amount);
          balance = after.balance;
        }
      }),
      { numRuns: 150, seed: 20_260_101 },
    );
  }).timeout(240_000);

  /** What must hold whatever was done, in the second it was done. */
  function check(
    before: TermBalance,
    after: TermBalance,
    terms: TermTerms,
    action: Action,
    taken: bigint,
    amount: bigint,
  ): void {
    expect(taken <= amount, "never takes more than was given").to.equal(true);
    // DEBT-2: what was taken went off the debt, but for the fee on what was prepaid and one unit of rounding.
    const fallen = termDebt(before) - termDebt(after);
    const prepaid = action === "pay" ? before.principal - after.principal - (before.arrears - after.arrears) : 0n;
    const fee = prepaid === 0n ? 0n : (prepaid * terms.prepaymentFeeWad + WAD - 1n) / WAD;
    if (termDebt(after) > 0n) expect(taken - fee - fallen >= 0n && taken - fee - fallen <= 1n, "DEBT-2").to.equal(true);
    if (action !== "close") expect(after.arrears === 0n || prepaid === 0n, "arrears before prepayment").to.equal(true);
    expect(after.principal >= after.arrears).to.equal(true);
    if (after.arrears === 0n && after.interestDue === 0n)
      expect([after.paid, after.ahead]).to.deep.equal([after.passed, 0n]);
    else expect(after.paid < after.passed, "something due is unpaid").to.equal(true);
    if (taken > 0n)
      expect(defaultsAfter(after, terms) >= defaultsAfter(before, terms), "paying brings no default").to.equal(true);
  }

  it("TIME-1: looking at a loan in between changes nothing, to the unit", () => {
    fc.assert(
      fc.property(
        arbitraryLoan,
        fc.bigInt(0n, 5_000n),
        fc.bigInt(0n, 5_000n),
        fc.bigInt(0n, 2_000n),
        (loan, a, b, paid) => {
          const { terms } = loan;
          const [first, last] = [a, a + b].map((x) => OPENED + (terms.intervalSeconds * x) / 1_000n) as [
            bigint,
            bigint,
          ];
          const opened = openTermLoan(loan.principal, loan.balloon, terms);
          const [balance] = payTermLoan(opened, terms, (opened.instalment * paid) / 1_000n);
          const inOne = settleTermLoan(balance, terms, last);
          expect(settleTermLoan(settleTermLoan(balance, terms, first), terms, last)).to.deep.equal(inOne);
          expect(settleTermLoan(inOne, terms, last)).to.deep.equal(inOne);
        },
      ),
      { numRuns: 500 },
    );
  });

  describe("fault C26: on, before and after every date", () => {
    const terms = termsWith();
    const opened = openTermLoan(1_000_000_000_000n, 0n, terms);
    const due = dueDate(terms, 1n);
    const at = (second: bigint) => settleTermLoan(opened, terms, second);

    it("a second before its due date an instalment is not due, on it it is, and it is late a second after", () => {
      expect(dueNow(at(due - 1n))).to.equal(0n);
      expect(dueNow(at(due))).to.equal(88_771_906_915n);
      expect(at(due).lateFees).to.equal(0n);
      const late = at(due + 1n);
      expect(late.lateFees).to.equal(terms.lateFee);
      // 78,908.893216 of principal at 5 % a year for one second, rounded up.
      expect(lateChargesUp(late) - terms.lateFee).to.equal(126n);
    });

    it("charges the late fee once an instalment, however often and long it is late", () => {
      let balance = opened;
      for (let second = due; second < dueDate(terms, 3n); second += 3n * DAY + 7n)
        balance = settleTermLoan(balance, terms, second);
      expect(settleTermLoan(balance, terms, dueDate(terms, 3n)).lateFees).to.equal(2n * terms.lateFee);
    });

    it("is in default from the second after the grace of the oldest unpaid instalment, not before", () => {
      expect(defaultsAfter(at(due - 1n), terms)).to.equal(MAX_UINT256);
      expect(defaultsAfter(at(due + 1n), terms)).to.equal(due + terms.graceSeconds);
      // Two are missed. Paying the first and its charges leaves the second's date.
      const missed = at(dueDate(terms, 2n));
      const first = lateChargesUp(missed) + missed.interestDue + (opened.principal - principalAfter(opened, terms));
      const [almost] = payTermLoan(missed, terms, first - 1n);
      expect(defaultsAfter(almost, terms)).to.equal(due + terms.graceSeconds);
      const [paid] = payTermLoan(missed, terms, first);
      expect(defaultsAfter(paid, terms)).to.equal(dueDate(terms, 2n) + terms.graceSeconds);
    });

    it("after maturity everything is due, and interest goes on", () => {
      const bullet = termsWith({ count: 1n });
      const end = dueDate(bullet, 1n);
      const balance = openTermLoan(1_000_000_000_000n, 1_000_000_000_000n, bullet);
      const matured = settleTermLoan(balance, bullet, end);
      expect(dueNow(matured)).to.equal(termDebt(matured));
      const later = settleTermLoan(balance, bullet, end + DAY);
      expect(dueNow(later)).to.equal(termDebt(later));
      // A day at 12 % and 5 % on 1,000,000, each rounded up, and the fee.
      expect(termDebt(later) - termDebt(matured)).to.equal(328_767_124n + 136_986_302n + bullet.lateFee);
      expect(nextPayment(later, bullet)).to.equal(0n);
    });

    function principalAfter(balance: TermBalance, t: TermTerms): bigint {
      return payTermLoan(settleTermLoan(balance, t, due), t, dueNow(settleTermLoan(balance, t, due)))[0].principal;
    }
  });

  describe("fault C27: paying early", () => {
    const terms = termsWith();
    const opened = openTermLoan(1_000_000_000_000n, 0n, terms);

    it("money up to the next instalment is credit: principal and interest run on, and the due date takes it", () => {
      const [balance, taken] = payTermLoan(opened, terms, opened.instalment);
      expect(taken).to.equal(opened.instalment);
      expect([balance.principal, balance.credit]).to.deep.equal([opened.principal, opened.instalment]);
      const due = settleTermLoan(balance, terms, dueDate(terms, 1n));
      expect([due.principal, due.credit, dueNow(due)]).to.deep.equal([921_091_106_784n, 0n, 0n]);
    });

    it("one unit short of the instalment is late with one unit of principal", () => {
      const [balance] = payTermLoan(opened, terms, opened.instalment - 1n);
      const late = settleTermLoan(balance, terms, dueDate(terms, 1n) + 1n);
      expect([late.arrears, late.interestDue, late.lateFees]).to.deep.equal([1n, 0n, terms.lateFee]);
    });

    it("money beyond it prepays with the fee, scales the instalment and leaves the dates", () => {
      const money = opened.instalment + 303_000_000_000n;
      const [balance, taken] = payTermLoan(opened, terms, money);
      expect(taken).to.equal(money);
      expect(balance.principal).to.equal(700_000_000_000n); // 300,000 and 1 %
      expect(balance.instalment).to.equal(62_140_334_841n); // ⌈88,771.906915 × 0.7⌉
      expect(nextPayment(balance, terms)).to.equal(balance.instalment);
      // Half-way through a period the prepaid part pays its half of the interest.
      const half = settleTermLoan(opened, terms, OPENED + 15n * DAY);
      const [later, all] = payTermLoan(half, terms, money);
      expect(all).to.be.greaterThan(money - 4n);
      expect(termDebt(half) - termDebt(later) + (opened.principal - later.principal) / 100n).to.be.within(
        all - 2n,
        all,
      );
      expect(nextPayment(later, terms)).to.be.within(later.instalment - 1n, later.instalment + 1n);
    });

    it("a loan paid off at once costs its principal and the fee, a second later that second's interest too", () => {
      const fee = 10_000_000_000n;
      expect(payOff(opened, terms)).to.equal(opened.principal + fee);
      const later = settleTermLoan(opened, terms, OPENED + 1n);
      expect(payOff(later, terms)).to.equal(opened.principal + fee + 3_806n); // ⌈1,000,000 × 12 % / year⌉
    });

    it("deducts money paid ahead from what ends the loan", () => {
      const bullet = termsWith({ count: 1n, prepaymentFeeWad: 0n });
      const balance = openTermLoan(1_000_000_000_000n, 0n, bullet);
      const [credited] = payTermLoan(balance, bullet, 999_999_999_999n);
      expect(credited.credit).to.equal(999_999_999_999n);
      expect(payOff(credited, bullet)).to.equal(1n);
      expect(payOff(settleTermLoan(credited, bullet, OPENED + 1n), bullet)).to.equal(3_807n); // a second's interest
    });
  });

  it("fault C28: after any prepayment the rest is still paid exactly by its dates, and the last payment leaves nothing", () => {
    fc.assert(
      fc.property(
        arbitraryLoan,
        fc.bigInt(0n, 900n),
        fc.bigInt(0n, 999n),
        ({ principal, balloon, terms }, share, when) => {
          const opened = openTermLoan(principal, balloon, terms);
          const early = settleTermLoan(opened, terms, OPENED + (terms.intervalSeconds * when) / 1_000n);
          let [balance] = payTermLoan(early, terms, nextPayment(early, terms) + (principal * share) / 1_000n);
          for (let number = 1n; number <= terms.count; number++) {
            balance = settleTermLoan(balance, terms, dueDate(terms, number));
            [balance] = payTermLoan(balance, terms, dueNow(balance));
            expect(dueNow(balance)).to.equal(0n);
          }
          expect([balance.principal, termDebt(balance), balance.lateFees]).to.deep.equal([0n, 0n, 0n]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
