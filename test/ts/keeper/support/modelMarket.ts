import { Interface } from "ethers";
import { loanManagerAbi, protectionOrdersAbi, termLoanManagerAbi } from "../../../../sdk/client/abi/index.js";
import {
  Refusal,
  type TermLoan,
  type TermSheet,
  beginTermLoan,
  markTermLoanDefault,
  payOffTermLoan,
  repayTermLoan,
  rollOverTermLoan,
  sellTermLoan,
  termLoanCount,
  termLoanDebt,
} from "../../../../sdk/model/index.js";
import { LoanBook } from "../../../../keeper/index/loanBook.js";
import { LOGS_AHEAD } from "../../../../keeper/index/table/loanTable.js";

export const ADDRESSES = {
  loanManager: `0x${"a1".repeat(20)}`,
  termLoanManager: `0x${"a2".repeat(20)}`,
  protectionOrders: `0x${"a3".repeat(20)}`,
};
export const REVOLVING = 1;
export const TERM = 1_000_001;
const SOMEBODY = `0x${"0b".repeat(20)}`;
const abis = {
  [ADDRESSES.loanManager]: new Interface(loanManagerAbi),
  [ADDRESSES.termLoanManager]: new Interface(termLoanManagerAbi),
  [ADDRESSES.protectionOrders]: new Interface(protectionOrdersAbi),
};

export interface MarketLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly timestamp: number;
}

export interface ModelLoan {
  readonly facility: number;
  readonly collateral: bigint;
  /** Of a revolving loan. */
  readonly shares: bigint;
  readonly term?: TermLoan | undefined;
}

const DAY = 86_400n;
export const SHEETS: readonly TermSheet[] = [
  {
    ...{
      intervalSeconds: 30n * DAY,
      count: 12n,
      graceSeconds: 10n * DAY,
      latePremiumBps: 600n,
      prepaymentFeeBps: 100n,
    },
    ...{ balloonBps: 0n, spreadBps: 100n, lateFee: 25_000_000n, retired: false },
  },
  {
    ...{ intervalSeconds: DAY, count: 5n, graceSeconds: 3_600n, latePremiumBps: 0n, prepaymentFeeBps: 0n },
    ...{ balloonBps: 5_000n, spreadBps: 0n, lateFee: 0n, retired: false },
  },
];

/** An amount, and what it may be of what there is: drawn by a test, put to use here. */
export interface Draw {
  readonly what: number;
  readonly whom: number;
  readonly part: bigint;
  readonly amount: bigint;
  readonly seconds: number;
}

const PARTS = 1_000_000n;

/**
 * Loans of one revolving and one term facility, kept by the model's functions in maps of bigints, and the logs that the contracts
 * would have emitted: what the book makes of the logs must be what the maps have.
 */
export class ModelMarket {
  readonly loans = new Map<bigint, ModelLoan>();
  readonly marks = new Map<bigint, bigint>();
  readonly logs: MarketLog[] = [];
  now = 1_760_000_000;
  block = 0;
  private salt = 0n;

  constructor(readonly terms: { lltvBps?: number; incentiveMinBps?: number } = {}) {
    this.nextBlock(0);
    for (const [facility, address] of [
      [REVOLVING, ADDRESSES.loanManager],
      [TERM, ADDRESSES.termLoanManager],
    ] as const) {
      const address20 = (byte: string): string => `0x${byte.repeat(20)}`;
      const params = {
        ...{ pool: address20(facility === TERM ? "c2" : "c1"), vault: address20("d1"), oracle: address20("e1") },
        ...{
          gate: address20("00"),
          kind: facility === TERM ? 1 : 0,
          maxLtvBps: 7_500,
          lltvBps: terms.lltvBps ?? 8_000,
        },
        ...{ targetLtvBps: 6_500, incentiveMinBps: terms.incentiveMinBps ?? 200, incentiveMaxBps: 1_000 },
        ...{ healthForMaxBps: 9_000, rampSeconds: 86_400, minDebt: 1_000n, cap: 2n ** 90n, loanCap: 2n ** 90n },
      };
      this.emit(address, "FacilityCreated", [facility, params]);
    }
  }

  nextBlock(seconds: number): void {
    this.block += 1;
    this.now += seconds;
  }

  emit(address: string, name: string, args: unknown[]): void {
    const { topics, data } = abis[address]!.encodeEventLog(name, args);
    this.logs.push({ address, topics, data, blockNumber: this.block, timestamp: this.now });
  }

  idOf(facility: number, salt: bigint): bigint {
    return (BigInt(SOMEBODY) << 96n) | (BigInt(facility) << 64n) | salt;
  }

  openRevolving(collateral: bigint, shares: bigint): bigint {
    const id = this.idOf(REVOLVING, ++this.salt);
    this.loans.set(id, { facility: REVOLVING, collateral, shares });
    this.emit(ADDRESSES.loanManager, "Opened", [
      id,
      SOMEBODY,
      REVOLVING,
      SOMEBODY,
      collateral,
      shares / 1_000_000n,
      shares,
    ]);
    return id;
  }

  openTerm(collateral: bigint, principal: bigint, sheet: number, rateUnits: bigint): bigint {
    const id = this.idOf(TERM, ++this.salt);
    const annualRate = rateUnits * 10n ** 11n;
    const { terms, balance } = beginTermLoan(principal, annualRate, SHEETS[sheet]!, BigInt(this.now));
    const term = { terms, balance };
    this.loans.set(id, { facility: TERM, collateral, shares: 0n, term });
    const { instalment } = term.balance;
    const agreement = `0x${"00".repeat(32)}`;
    this.emit(ADDRESSES.termLoanManager, "TermLoanOpened", [
      ...[id, SOMEBODY, TERM, SOMEBODY, collateral, principal, sheet, annualRate, instalment, agreement],
    ]);
    return id;
  }

  /** One thing that somebody does, as far as it may be done; in a block of its own or with others. */
  act(draw: Draw): void {
    if (draw.seconds > 0) this.nextBlock(draw.seconds);
    const ids = [...this.loans.keys()];
    const share = (of: bigint): bigint => (of * draw.part) / PARTS + 1n;
    if (ids.length === 0 || draw.what < 2) {
      if (draw.what === 0) this.openRevolving(draw.amount, share(draw.amount * 10n ** 8n));
      else this.openTerm(draw.amount, share(draw.amount * 100n) + 5n, draw.whom % 2, draw.part);
      return;
    }
    const id = ids[draw.whom % ids.length]!;
    const loan = this.loans.get(id)!;
    try {
      if (loan.facility === TERM) this.actOnTerm(id, loan, draw, share);
      else this.actOnRevolving(id, loan, draw, share);
    } catch (error) {
      // What the contracts would refuse does not happen.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private actOnRevolving(id: bigint, loan: ModelLoan, { what, amount }: Draw, share: (of: bigint) => bigint): void {
    const manager = ADDRESSES.loanManager;
    const { shares, collateral } = loan;
    const some = (of: bigint): bigint => (share(of) > of ? of : share(of));
    switch (what) {
      case 2:
        this.put(id, { ...loan, shares: shares + amount });
        return this.emit(manager, "Drawn", [id, SOMEBODY, SOMEBODY, amount / 1_000_000n, amount]);
      case 3:
        this.put(id, { ...loan, shares: shares - some(shares) });
        return this.emit(manager, "Repaid", [id, SOMEBODY, 1n, some(shares)]);
      case 4:
        this.put(id, { ...loan, shares: shares - some(shares), collateral: collateral - some(collateral) });
        return this.emit(manager, "Liquidated", [id, SOMEBODY, 1n, some(collateral), 1n, some(shares)]);
      case 5:
        this.loans.delete(id);
        return this.emit(manager, "Closed", [id, SOMEBODY, SOMEBODY, 1n, shares, collateral]);
      default:
        return this.actOnCollateral(manager, id, loan, what, amount, some(collateral));
    }
  }

  private actOnCollateral(
    manager: string,
    id: bigint,
    loan: ModelLoan,
    what: number,
    more: bigint,
    less: bigint,
  ): void {
    const { collateral } = loan;
    if (what % 3 === 0) {
      this.put(id, { ...loan, collateral: collateral + more });
      this.emit(manager, "ToppedUp", [id, SOMEBODY, more]);
    } else if (what % 3 === 1) {
      this.put(id, { ...loan, collateral: collateral - less });
      this.emit(manager, "Withdrawn", [id, SOMEBODY, SOMEBODY, less]);
    } else {
      if (more % 2n === 0n) this.marks.delete(id);
      else this.marks.set(id, more);
      this.emit(manager, "Marked", [id, SOMEBODY, more % 2n === 0n ? 0n : more]);
    }
  }

  private actOnTerm(id: bigint, loan: ModelLoan, { what, amount }: Draw, share: (of: bigint) => bigint): void {
    const manager = ADDRESSES.termLoanManager;
    const { term, collateral } = loan;
    const now = BigInt(this.now);
    const some = (of: bigint): bigint => (share(of) > of ? of : share(of));
    if (term === undefined || what > 8) return this.actOnCollateral(manager, id, loan, what, amount, some(collateral));
    const { principal } = term.balance;
    switch (what) {
      case 2:
      case 3: {
        const asked = what === 2 ? term.balance.instalment : some(payOffTermLoan(term, now).paid);
        const outcome = repayTermLoan(term, now, asked);
        this.put(id, { ...loan, term: outcome.loan });
        const ended = principal - (outcome.loan?.balance.principal ?? 0n);
        return this.emit(manager, "Repaid", [id, SOMEBODY, outcome.paid, ended]);
      }
      case 4: {
        const closed = some(termLoanDebt(term, now));
        const outcome = sellTermLoan(term, now, closed);
        this.put(id, { ...loan, term: outcome.loan, collateral: collateral - some(collateral) });
        const ended = principal - (outcome.loan?.balance.principal ?? 0n);
        return this.emit(manager, "Liquidated", [id, SOMEBODY, closed, some(collateral), closed, ended]);
      }
      case 5:
        this.loans.delete(id);
        this.marks.delete(id);
        return this.emit(manager, "Closed", [
          id,
          SOMEBODY,
          SOMEBODY,
          payOffTermLoan(term, now).paid,
          principal,
          collateral,
        ]);
      case 6: {
        const { paid } = rollOverTermLoan(term, now);
        const begun = beginTermLoan(paid, 7n * 10n ** 16n, SHEETS[0]!, now);
        this.put(id, { ...loan, term: { terms: begun.terms, balance: begun.balance } });
        const { instalment } = begun.balance;
        return this.emit(manager, "RolledOver", [
          id,
          SOMEBODY,
          paid,
          0,
          7n * 10n ** 16n,
          instalment,
          `0x${"00".repeat(32)}`,
        ]);
      }
      default: {
        const outcome = markTermLoanDefault(term, now);
        this.put(id, { ...loan, term: outcome.loan });
        return this.emit(manager, "DefaultMarked", [id, SOMEBODY, outcome.defaultedAt]);
      }
    }
  }

  private put(id: bigint, loan: ModelLoan): void {
    if (loan.collateral === 0n && loan.shares === 0n && loan.term === undefined) {
      this.loans.delete(id);
      this.marks.delete(id);
    } else this.loans.set(id, loan);
  }

  receivables(now: bigint): { counted: bigint; slope: bigint } {
    let [counted, slope] = [0n, 0n];
    for (const { term } of this.loans.values()) {
      if (term === undefined) continue;
      const count = termLoanCount(term, now);
      counted += count.counted;
      slope += count.slope;
    }
    return { counted, slope };
  }
}

/** Applies logs to a book as the indexer does, with the sheets it asks for. */
export function applyAll(book: LoanBook, logs: readonly MarketLog[]): void {
  for (const [at, log] of logs.entries()) {
    if (at % LOGS_AHEAD === 0) book.expect(logs, at);
    for (
      let missing = book.apply(log, log.timestamp);
      missing !== undefined;
      missing = book.apply(log, log.timestamp)
    ) {
      book.learn(missing, SHEETS[missing.sheet]!, log.blockNumber);
    }
  }
}

export const newBook = (): LoanBook => new LoanBook(ADDRESSES);

/** Everything a book says, in a form that compares. */
export function contentOf(book: LoanBook) {
  const loans = [...book.loans].map(({ id }) => [id, book.explain(id)] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  const sums = [...book.tables].map(([facility, table]) => ({
    ...{ facility, size: table.size, shares: table.totalDebtShares, collateral: table.totalCollateral },
    ...{ receivables: book.termTable(facility)?.receivables(0n), marked: book.termTable(facility)?.marked },
  }));
  return { loans, sums, trouble: book.trouble };
}
