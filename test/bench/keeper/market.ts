import { loanManagerAbi, termLoanManagerAbi } from "../../../sdk/client/abi/index.js";
import { interfaceOf } from "../../../sdk/client/typedContract.js";
import {
  Refusal,
  type TermLoan,
  type TermSheet,
  WAD,
  beginTermLoan,
  dueNow,
  nextPayment,
  payOffTermLoan,
  repayTermLoan,
  settleTermLoan,
} from "../../../sdk/model/index.js";
import type { RawLog } from "../../../keeper/index/events.js";
import { LoanBook } from "../../../keeper/index/loanBook.js";
import type { LoanTable } from "../../../keeper/index/table/loanTable.js";
import { TermTable } from "../../../keeper/index/table/termTable.js";
import type { FacilityFacts } from "../../../keeper/judge/judge.js";

export const MANAGERS = { loanManager: `0x${"a1".repeat(20)}`, termLoanManager: `0x${"a2".repeat(20)}` };
const START = 1_760_000_000;
const DAY = 86_400;

const topics = new Map<string, string>();
for (const abi of [loanManagerAbi, termLoanManagerAbi]) {
  interfaceOf(abi).forEachEvent(({ name, topicHash }) => topics.set(name, topicHash));
}

export const SHEET: TermSheet = {
  ...{ intervalSeconds: 30n * BigInt(DAY), count: 12n, graceSeconds: 10n * BigInt(DAY), latePremiumBps: 500n },
  ...{ prepaymentFeeBps: 50n, balloonBps: 0n, spreadBps: 150n, lateFee: 25_000_000n, retired: false },
};

/** A facility of the bench: decimals of both assets, its part of the loans, and its limit. */
interface Plan {
  readonly id: number;
  readonly share: number;
  readonly loanDecimals: number;
  readonly lltvBps: number;
}
/** One of 18-decimal dollars, whose amounts no double holds; the collateral has 8 decimals everywhere. */
export const PLANS: readonly Plan[] = [
  { id: 1, share: 0.35, loanDecimals: 6, lltvBps: 8_600 },
  { id: 2, share: 0.15, loanDecimals: 18, lltvBps: 8_000 },
  { id: 1_000_001, share: 0.5, loanDecimals: 6, lltvBps: 8_600 },
];
const DOLLARS = 60_000;

const word = (value: bigint | number): string => value.toString(16).padStart(64, "0");

/** A reproducible stream of numbers in [0, 1). */
export class Dice {
  private state = 0x9e37_79b9;
  roll(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) / 2 ** 32;
  }
  /** Standard normal, near enough. */
  bell(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.roll();
    return sum;
  }
}

/** LTVs as books have them: many a round distance from the limit, a cluster at the most that may be borrowed, a long tail. */
function ltvOf(dice: Dice, lltv: number): number {
  const kind = dice.roll();
  if (kind < 0.35) return lltv * Math.max(0.6 + 0.05 * dice.bell(), 0.05);
  if (kind < 0.6) return lltv * (0.75 + 0.02 * dice.bell());
  if (kind < 0.75) return lltv * Math.min(0.82 + 0.004 * dice.bell(), 0.9);
  return lltv * (0.1 + 0.7 * dice.roll());
}

/** Fills a book by logs and makes more of them: what its loans would do next, by the book's own state. */
export class BenchMarket {
  readonly book = new LoanBook(MANAGERS);
  readonly dice = new Dice();
  block = 1;
  now = START;
  private salt = 0;

  constructor(readonly size: number) {
    for (const { id, lltvBps } of PLANS) {
      const manager = id > 1_000_000 ? MANAGERS.termLoanManager : MANAGERS.loanManager;
      const params = [
        1,
        2,
        3,
        0,
        id > 1_000_000 ? 1 : 0,
        7_500,
        lltvBps,
        6_500,
        200,
        1_000,
        9_000,
        86_400,
        100_000_000,
        1,
        1,
      ];
      this.apply(this.log(manager, "FacilityCreated", BigInt(id), params));
    }
  }

  /** Opens all loans. Called with the number opened so far, now and then. */
  populate(): void {
    for (const plan of PLANS) {
      const count = Math.round(this.size * plan.share);
      for (let i = 0; i < count; i++) {
        // Openings over the last months: due dates are spread.
        if (plan.id > 1_000_000) this.now = START + Math.floor((i / count) * 170 * DAY);
        this.apply(this.opening(plan));
      }
      this.now = Math.max(this.now, START + 170 * DAY);
    }
    this.book.settle(this.block);
  }

  apply(log: RawLog): void {
    for (
      let missing = this.book.apply(log, this.now);
      missing !== undefined;
      missing = this.book.apply(log, this.now)
    ) {
      this.book.learn(missing, SHEET, this.block);
    }
    if (this.book.trouble !== undefined) throw new Error(this.book.trouble);
  }

  /** Instalments of loans that fell due are paid, most of them: a book has been served until now. */
  serve(): void {
    const table = this.book.termTable(1_000_001);
    if (table === undefined) return;
    for (const row of table.liveRows()) {
      for (let paid = 0; paid < 8; paid++) {
        const loan = table.termLoanAt(row);
        if (loan === undefined) break;
        const opened = Number(loan.terms.openedAt);
        const due = opened + (paid + 1) * 30 * DAY;
        if (due > START + 170 * DAY + 20 * DAY) break;
        // A few in a hundred pay late, or not any more.
        const habit = this.dice.roll();
        if (habit < 0.001) break;
        const at =
          habit < 0.03 ? due + Math.floor(5 * DAY * this.dice.roll()) : due - Math.floor(3 * DAY * this.dice.roll());
        if (at > START + 170 * DAY || at < Number(loan.balance.settledAt)) break;
        this.now = at;
        const log = this.repayment(table, row);
        if (log !== undefined) this.apply(log);
      }
    }
    this.now = START + 170 * DAY;
    this.book.advance(this.now);
    this.book.settle(this.block);
  }

  /** The logs of one block as a node's answer has them: strings of their own, in one piece. */
  nextBlock(count: number): RawLog[] {
    return JSON.parse(JSON.stringify(this.actions(count))) as RawLog[];
  }

  /** Two seconds later: payments, draws, top-ups, withdrawals, openings and ends of loans. */
  private actions(count: number): RawLog[] {
    this.block += 1;
    this.now += 2;
    const touched = new Set<string>();
    const logs: RawLog[] = [];
    while (logs.length < count) {
      const plan = this.anyPlan();
      const table = this.book.tables.get(plan.id)!;
      if (this.dice.roll() < 0.06) {
        logs.push(this.opening(plan));
        continue;
      }
      const row = Math.floor(this.dice.roll() * table.rows);
      const key = `${plan.id}/${row}`;
      if (!table.isLive(row) || touched.has(key)) continue;
      touched.add(key);
      const log = table instanceof TermTable ? this.termAction(table, row) : this.revolvingAction(table, row);
      if (log !== undefined) logs.push(log);
    }
    return logs;
  }

  /** @param dollars price of a whole collateral */
  facts(dollars: number): Map<number, FacilityFacts> {
    const facts = new Map<number, FacilityFacts>();
    for (const facility of this.book.facilities) {
      const plan = PLANS.find(({ id }) => id === facility.id)!;
      const shares = this.book.debtShares(facility.id);
      // A share is worth 5 % more than when the pool was empty.
      const totals = { totalAssets: (shares * 105n) / 100_000_000n, totalShares: shares };
      facts.set(facility.id, {
        ...{ facility, now: BigInt(this.now), totals, graceEndsAt: 0n, collateralDecimals: 8 },
        price: { kind: "price", priceE36: priceOf(dollars, plan.loanDecimals) },
      });
    }
    return facts;
  }

  private anyPlan(): Plan {
    const roll = this.dice.roll();
    return roll < 0.35 ? PLANS[0]! : roll < 0.5 ? PLANS[1]! : PLANS[2]!;
  }

  private opening(plan: Plan): RawLog {
    const { dice } = this;
    // Thousandths of a coin to a hundred coins.
    const collateral = Math.floor(10 ** (5 + 5 * dice.roll()));
    const debt =
      BigInt(Math.floor((collateral / 1e8) * DOLLARS * ltvOf(dice, plan.lltvBps / 1e4) * 1e6) + 1) *
      10n ** BigInt(plan.loanDecimals - 6);
    const opener =
      (BigInt(1 + Math.floor(dice.roll() * 2 ** 40)) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834n) % 2n ** 160n;
    const id = (opener << 96n) | (BigInt(plan.id) << 64n) | BigInt(++this.salt);
    if (plan.id <= 1_000_000) {
      const shares = (debt * 100_000_000n) / 105n;
      return this.log(MANAGERS.loanManager, "Opened", id, [1, collateral, debt, shares], [1, plan.id]);
    }
    const annualRate = (5n + BigInt(Math.floor(dice.roll() * 800))) * (WAD / 10_000n);
    const { balance } = beginTermLoan(debt, annualRate, SHEET, BigInt(this.now));
    return this.log(
      MANAGERS.termLoanManager,
      "TermLoanOpened",
      id,
      [1, collateral, debt, 0, annualRate, balance.instalment, 7],
      [1, plan.id],
    );
  }

  private revolvingAction(table: LoanTable, row: number): RawLog {
    const { id, debtShares, collateral } = table.loanAt(row);
    const kind = this.dice.roll();
    const manager = MANAGERS.loanManager;
    if (kind < 0.3) return this.log(manager, "Repaid", id, [1, debtShares / 100n]);
    if (kind < 0.6) return this.log(manager, "Drawn", id, [1, 1, debtShares / 100n]);
    if (kind < 0.75) return this.log(manager, "ToppedUp", id, [collateral / 100n + 1n]);
    if (kind < 0.9) return this.log(manager, "Withdrawn", id, [1, collateral / 100n]);
    if (kind < 0.94) return this.log(manager, "Liquidated", id, [1, collateral / 100n, 1, debtShares / 100n]);
    return this.log(manager, "Closed", id, [1, 1, debtShares, collateral]);
  }

  private termAction(table: TermTable, row: number): RawLog | undefined {
    const { id, debtShares, collateral } = table.loanAt(row);
    const manager = MANAGERS.termLoanManager;
    const kind = this.dice.roll();
    if (kind < 0.55) return this.repayment(table, row);
    if (kind < 0.75) return this.log(manager, "ToppedUp", id, [collateral / 100n + 1n]);
    if (kind < 0.9) return this.log(manager, "Withdrawn", id, [1, collateral / 100n]);
    const loan = table.termLoanAt(row);
    if (loan === undefined) return undefined;
    const now = BigInt(this.now);
    // Loans in default stay unmarked here: a mark is a reason by itself, and a tick in which none may be liquidated has none.
    if (table.overdue.has(row)) return undefined;
    return this.log(manager, "Closed", id, [1, payOffTermLoan(loan, now).paid, debtShares, collateral]);
  }

  /** What is overdue and the next payment, as a borrower's screen says it; where that is paid already, a part of the one after it. */
  private amountOf({ balance, terms }: TermLoan, now: bigint): bigint {
    const b = settleTermLoan(balance, terms, now);
    const next = nextPayment(b, terms) - b.credit;
    return next > 0n ? dueNow(b) + next : b.instalment / 20n;
  }

  private repayment(table: TermTable, row: number): RawLog | undefined {
    const loan = table.termLoanAt(row);
    if (loan === undefined) return undefined;
    const now = BigInt(this.now);
    try {
      const outcome = repayTermLoan(loan, now, this.amountOf(loan, now));
      const ended = loan.balance.principal - (outcome.loan?.balance.principal ?? 0n);
      return this.log(MANAGERS.termLoanManager, "Repaid", table.loanAt(row).id, [outcome.paid, ended]);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  private log(
    address: string,
    name: string,
    id: bigint,
    data: readonly (bigint | number)[],
    more: readonly number[] = [],
  ): RawLog {
    return {
      address,
      topics: [
        topics.get(name)!,
        `0x${word(id)}`,
        ...(more.length === 0 ? [1] : more).map((value) => `0x${word(value)}`),
      ],
      data: `0x${data.map(word).join("")}`,
      blockNumber: this.block,
    };
  }
}

export const priceOf = (dollars: number, loanDecimals: number): bigint =>
  (BigInt(Math.round(dollars * 1e8)) * 10n ** BigInt(loanDecimals) * 10n ** 36n) / 10n ** 16n;
