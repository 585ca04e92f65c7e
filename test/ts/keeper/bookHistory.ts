import { expect } from "chai";
import {
  MAX_UINT256,
  type TermLoan,
  collateralValueDown,
  isLiquidatable,
  termLoanCount,
  termLoanDebt,
} from "../../../sdk/model/index.js";
import * as machine from "../../../sdk/model/machine/index.js";
import type { World } from "../../../sdk/model/machine/index.js";
import { LoanBook } from "../../../keeper/index/loanBook.js";
import { decode } from "../../../keeper/index/snapshot/decode.js";
import { encode } from "../../../keeper/index/snapshot/encode.js";
import type { FacilityFacts } from "../../../keeper/judge/judge.js";
import { scan } from "../../../keeper/judge/scan.js";
import { allEvents, send } from "../model/history/chain.js";
import { Generator, play } from "../model/history/generate.js";
import { Random } from "../model/history/random.js";
import { type Stage, setStage } from "../model/history/stage.js";

/** Steps of the history; a longer campaign: BOOK_STEPS=2000 hardhat test mocha test/ts/keeper/bookHistory.ts */
const STEPS = Number(process.env["BOOK_STEPS"] ?? 120);
const SEED = Number(process.env["BOOK_SEED"] ?? Math.floor(Math.random() * 1_000_000));

interface ChainLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly timestamp: number;
}

async function logsOf(stage: Stage): Promise<ChainLog[]> {
  const { provider } = stage.ethers;
  const raw = (await provider.send("eth_getLogs", [{ fromBlock: "0x0", toBlock: "latest" }])) as Record<
    string,
    never
  >[];
  const seconds = new Map<string, number>();
  const logs: ChainLog[] = [];
  for (const { address, topics, data, blockNumber } of raw as unknown as (ChainLog & { blockNumber: string })[]) {
    let timestamp = seconds.get(blockNumber);
    if (timestamp === undefined) {
      timestamp = Number(
        ((await provider.send("eth_getBlockByNumber", [blockNumber, false])) as { timestamp: string }).timestamp,
      );
      seconds.set(blockNumber, timestamp);
    }
    logs.push({ address: String(address).toLowerCase(), topics, data, blockNumber: Number(blockNumber), timestamp });
  }
  return logs;
}

/** A machine that knows term sheets of its deployment. */
function bookOf(stage: Stage): LoanBook {
  const { manager, termManager } = stage.deployment;
  return new LoanBook({ loanManager: manager, termLoanManager: termManager ?? manager });
}

function apply(book: LoanBook, world: World, logs: readonly ChainLog[]): void {
  for (const log of logs) {
    for (;;) {
      const missing = book.apply(log, log.timestamp);
      if (missing === undefined) break;
      const sheet = world.sheets(machine.toAddress(missing.pool))[missing.sheet];
      if (sheet === undefined) throw new Error(`no sheet ${missing.sheet}`);
      book.learn(missing, sheet, log.blockNumber);
    }
  }
}

const plain = (loan: TermLoan | undefined) =>
  loan && { ...loan, balance: { ...loan.balance }, terms: { ...loan.terms } };

/** Everything a book says, in a form that compares. */
function contentOf(book: LoanBook, now: number) {
  book.advance(now);
  const loans = [...book.loans].map((loan) => {
    const { owner, expectedLoss, term, sheet } = book.explain(loan.id) ?? {};
    return [loan.id, { ...loan, owner: owner?.toLowerCase(), expectedLoss, term: plain(term), sheet }] as const;
  });
  const sums = [...book.tables].map(([facility, table]) => {
    const receivables = book.termTable(facility)?.receivables(BigInt(now));
    const overdue = [...(book.termTable(facility)?.overdue ?? [])].map((row) => table.loanAt(row).id).sort();
    return [facility, table.size, table.totalDebtShares, table.totalCollateral, receivables, overdue];
  });
  return { loans: new Map(loans.sort(([a], [b]) => (a < b ? -1 : 1))), sums: sums.sort(), trouble: book.trouble };
}

/** What the machine has, in the same form. */
function requireEqual(book: LoanBook, world: World, stage: Stage, now: bigint): void {
  expect(book.trouble).to.equal(undefined);
  let count = 0;
  for (const register of world.registers) {
    for (const [id, loan] of register.loans.entries()) {
      count += 1;
      const { loan: ours, owner, expectedLoss, term, sheet } = book.explain(id) ?? {};
      expect(ours, `loan ${id}`).to.deep.equal({
        ...{ id, facility: Number(machine.facilityNumberOf(id)) },
        ...{ debtShares: loan.debtShares, collateral: loan.collateral },
      });
      expect([owner?.toLowerCase(), expectedLoss]).to.deep.equal([register.ownerOf(id), register.markOf(id)]);
      const row = register.termLoans.get(id);
      expect(plain(term), `term loan ${id}`).to.deep.equal(plain(row?.loan));
      if (row !== undefined) expect(BigInt(sheet ?? -1)).to.equal(row.sheet);
    }
  }
  expect(book.size).to.equal(count);
  for (const { number, pool: address, isTerm, manager } of stage.facilities) {
    const pool = world.pool(address);
    if (!isTerm) {
      expect(book.debtShares(Number(number))).to.equal(pool.debtShares);
      continue;
    }
    const rows = [...world.register(manager).termLoans.entries()].filter(
      ([id]) => machine.facilityNumberOf(id) === number,
    );
    const counts = rows.map(([, { loan }]) => termLoanCount(loan, now));
    const table = book.termTable(Number(number));
    expect(table?.receivables(now)).to.deep.equal({
      counted: counts.reduce((sum, { counted }) => sum + counted, 0n),
      slope: counts.reduce((sum, { slope }) => sum + slope, 0n),
    });
    expect(table?.marked).to.equal(rows.filter(([, { loan }]) => loan.inDefault !== undefined).length);
  }
}

/** Facts at a price of one's choosing. */
function factsAt(book: LoanBook, world: World, now: bigint, priceOf: (facility: number) => bigint) {
  const facts = new Map<number, FacilityFacts>();
  for (const facility of book.facilities) {
    const pool = machine.accruedPool(world, machine.toAddress(facility.pool), now).pool;
    const totals = { totalAssets: pool.debtAssets, totalShares: pool.debtShares };
    const price = { kind: "price", priceE36: priceOf(facility.id) } as const;
    facts.set(facility.id, { facility, now, totals, price, graceEndsAt: 0n });
  }
  return facts;
}

/** Every loan asked, with bigints and the model's functions alone. */
function plainScan(world: World, facts: ReadonlyMap<number, FacilityFacts>): Map<bigint, string> {
  const found = new Map<bigint, string>();
  for (const register of world.registers) {
    for (const [id, { collateral }] of register.loans.entries()) {
      const known = facts.get(Number(machine.facilityNumberOf(id)));
      if (known?.price.kind !== "price") continue;
      const term = register.termLoans.get(id)?.loan;
      const debt =
        register.kind === machine.FacilityKind.Term
          ? term === undefined
            ? 0n
            : termLoanDebt(term, known.now)
          : machine.debtOf(world, register.manager, id, known.now);
      const value = collateralValueDown(collateral, known.price.priceE36);
      if (debt === 0n) continue;
      if (isLiquidatable(debt, value, known.facility.terms.lltvWad)) found.set(id, `${debt} ${value} 1`);
      else if (term?.inDefault !== undefined) found.set(id, `${debt} ${value} 2`);
    }
  }
  return found;
}

describe("keeper: the book over random histories", () => {
  it(`equals the model's replay, judges as it does, and takes back and restores to the unit (seed ${SEED})`, async function () {
    this.timeout(120_000 + STEPS * 1_000);
    const random = new Random(SEED);
    const stage = await setStage(random);
    const world = machine.replay(stage.deployment, await allEvents(stage));
    const generator = new Generator(stage, world, random);
    let now = BigInt((await stage.ethers.provider.getBlock("latest"))?.timestamp ?? 0) + 1n;
    for (let step = 0; step < STEPS; step++) {
      now += generator.jump(now);
      const next = await generator.step(now);
      const onChain = await send(stage, next.sender, next.move.target, next.move.data, now);
      const { outcome } = play(world, stage, now, next);
      expect(outcome.ok).to.equal(onChain.ok);
    }
    const logs = await logsOf(stage);
    const replayed = machine.replay(stage.deployment, await allEvents(stage));
    const newest = logs.at(-1)?.blockNumber ?? 0;

    const book = bookOf(stage);
    apply(book, replayed, logs);
    requireEqual(book, replayed, stage, now);
    const whole = contentOf(book, Number(now));

    // Judged at any price and second, some of them just at a loan's limit.
    for (const later of [0n, 1n, 86_400n, 40n * 86_400n, 400n * 86_400n]) {
      const at = now + later;
      for (const percent of [30n, 60n, 90n, 100n, 130n, 300n]) {
        const limits = new Map(
          stage.facilities.map(({ number, oracles }) => {
            const price = stage.oracles.get(oracles[0])?.priceE36 ?? 1n;
            return [Number(number), (price * percent) / 100n + random.between(0n, 3n)];
          }),
        );
        const facts = factsAt(book, replayed, at, (facility) => limits.get(facility) ?? 1n);
        const decisions = scan(book, facts);
        const ours = new Map(
          Array.from({ length: decisions.length }, (_, place) => decisions.at(place)).map(
            ({ id, debt, value, reason }) => [id, `${debt} ${value} ${reason}`],
          ),
        );
        expect(ours).to.deep.equal(plainScan(replayed, facts));
        for (const { loan, debt, verdict } of decisions.judgements()) {
          expect(verdict.kind).to.equal("liquidatable");
          if (verdict.kind !== "liquidatable" || debt === 0n) continue;
          expect(verdict.quoteFor(MAX_UINT256).liquidatable, String(loan.id)).to.equal(true);
        }
      }
    }

    // Any prefix is what the rest taken back leaves, and what a snapshot written while the rest was applied restores.
    for (let round = 0; round < 6; round++) {
      const cut = Number(random.between(0n, BigInt(newest)));
      const before = logs.filter(({ blockNumber }) => blockNumber <= cut);
      const after = logs.filter(({ blockNumber }) => blockNumber > cut);
      const short = bookOf(stage);
      apply(short, replayed, before);
      const seconds = before.at(-1)?.timestamp ?? 0;
      const expected = contentOf(short, seconds);
      const owner = {
        chainId: 1,
        loanManager: stage.deployment.manager,
        termLoanManager: stage.deployment.termManager ?? "",
      };
      const chunks = encode(short, { number: cut, hash: "0x01" }, owner);
      const written: Uint8Array[] = [];
      let rest = after;
      for (const chunk of chunks) {
        written.push(chunk);
        const count = Math.min(rest.length, 1 + Math.floor(after.length / 12));
        apply(short, replayed, rest.slice(0, count));
        rest = rest.slice(count);
      }
      apply(short, replayed, rest);
      expect(contentOf(short, Number(now)), "the rest").to.deep.equal(whole);

      const restored = bookOf(stage);
      expect(decode(Buffer.concat(written), owner, restored)).to.deep.equal({ number: cut, hash: "0x01" });
      expect(contentOf(restored, seconds), "restored").to.deep.equal(expected);
      apply(restored, replayed, after);
      expect(contentOf(restored, Number(now)), "restored, and the rest").to.deep.equal(whole);

      for (const one of [short, restored]) {
        one.rollBackTo(cut);
        expect(contentOf(one, seconds).loans, "taken back").to.deep.equal(expected.loans);
        apply(one, replayed, after);
        expect(contentOf(one, Number(now)), "taken back, and the rest").to.deep.equal(whole);
      }
    }
  });
});
