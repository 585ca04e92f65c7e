import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { keccak256 } from "ethers";
import { type Json, type World, startWorld } from "./support.js";

const DAY = 86_400;
const FACILITY = "1000001";

describe("cli: a term loan", function () {
  let world: World;
  let key: string[];
  before(async () => {
    world = await startWorld({ withTerm: true });
    const { market, borrower } = world;
    await market.fund(borrower.wallet, { collateral: market.btc(2n), loan: market.cash(5_000n) });
    key = ["--key-file", borrower.keyFile, "--yes"];
  });
  after(() => world.close());

  const pass = async (seconds: number) => {
    await world.provider.send("evm_increaseTime", [seconds]);
    await world.provider.send("evm_mine", []);
  };
  const status = (loan: string): Promise<Json> => world.json("status", loan, "--owner", world.borrower.address);

  it("lists both facilities, and what the term facility lends at", async () => {
    const facilities = await world.json("facilities");
    expect(facilities.map((f: Json) => [f.id, f.kind])).to.deep.equal([
      [1, "revolving"],
      [1_000_001, "term"],
    ]);
    const { terms } = await world.json("terms", FACILITY);
    expect(terms[1]).to.deep.include({ term: 1, count: "4", balloon: "0.5", spread: "0.015", offered: true });
    const { stdout } = await world.cli("terms", "term");
    expect(stdout).to.match(/│ 0 .*12 × 30 d.*\+ 1.50 %.*10 d.*25.00 USDX.*0.50 %.*yes/);
    const refused = await world.cli("terms", "1");
    expect(refused.code).to.equal(2);
    expect(refused.stderr).to.match(/is revolving: its loans have no dates/);
  });

  it("shows the schedule before anything is signed, and every part of it adds up", async () => {
    const ask = ["schedule", "--facility", FACILITY, "--term", "0", "--borrow", "10,000"];
    const quote = await world.json(...ask);
    expect(quote.schedule).to.have.length(12);
    const units = (rows: Json[], key: string) => rows.reduce((sum, row) => sum + BigInt(row[key].units), 0n);
    expect(units(quote.schedule, "principal")).to.equal(10_000_000_000n);
    expect(units(quote.schedule, "interest")).to.equal(BigInt(quote.interest.units));
    expect(quote.schedule[11].left.units).to.equal("0");
    expect((await world.cli(...ask)).stdout).to.match(/10,000.00 USDX at \d+.\d\d % a year, fixed/);
  });

  it("opens by a sheet, at a rate it accepts, with the signed paper's hash in the event", async () => {
    const open = ["open", "--facility", FACILITY, "--collateral", "0.5", "--borrow", "10000"];
    const without = await world.cli(...open, ...key);
    expect(without.code).to.equal(1);
    expect(without.stderr).to.match(/lends by term sheets: name one \(--term\)/);
    const cheap = await world.cli(...open, "--term", "0", "--max-rate", "0.1", ...key);
    expect(cheap.code).to.equal(1);
    expect(cheap.stderr).to.match(/the rate is \d+.\d\d % a year now, more than the 0.10 % that would be accepted/);

    const paper = join(world.folder, "agreement.txt");
    writeFileSync(paper, "lent and borrowed");
    const opened = await world.json(...open, "--term", "0", "--agreement", paper, ...key);
    expect(opened.loan.short).to.equal(`${FACILITY}:0`);
    const event = opened.events.find((each: Json) => each.name === "TermLoanOpened");
    expect(event.args.agreement).to.equal(keccak256(readFileSync(paper)));
    const { term, debt } = await status(opened.loan.id);
    expect(term).to.deep.include({
      term: 0,
      nextPayment: term.instalment,
      dueNow: { ...debt, amount: "0", units: "0" },
    });
    expect(BigInt(debt.units) - 10_000_000_000n < 1_000_000n, "a few seconds of interest").to.equal(true);
  });

  it("writes the due dates into a calendar that calendars read", async () => {
    const file = join(world.folder, "dates.ics");
    const { schedule } = await world.json("schedule", `${FACILITY}:0`, "--ics", file, "--from", world.borrower.address);
    const text = readFileSync(file, "utf8");
    const lines = text.split("\r\n");
    expect(lines[0]).to.equal("BEGIN:VCALENDAR");
    expect(lines.every((line) => Buffer.byteLength(line) <= 75)).to.equal(true);
    expect(lines.filter((line) => line === "BEGIN:VEVENT")).to.have.length(12);
    expect(lines.filter((line) => line === "TRIGGER:-P3D")).to.have.length(12);
    const starts = lines.filter((line) => line.startsWith("DTSTART:")).map((line) => line.slice(8));
    const dates = schedule.map(({ dueAt }: Json) =>
      new Date(Number(dueAt) * 1000).toISOString().replaceAll(/[-:]|\.000/g, ""),
    );
    expect(starts).to.deep.equal(dates);
    expect(new Set(lines.filter((line) => line.startsWith("UID:"))).size).to.equal(12);
  });

  it("pays the next instalment, then part of one ahead, then is late and says so", async () => {
    const loan = `${FACILITY}:0`;
    const nothing = await world.cli("pay", loan, "due", ...key);
    expect(nothing.code).to.equal(1);
    expect(nothing.stderr).to.match(/nothing is overdue; the next payment, 8\d\d\.\d+ USDX, is due on .* \(pay next\)/);
    await world.json("pay", loan, "next", ...key);
    await world.json("pay", loan, "next", ...key).then(
      () => expect.fail("the next instalment was paid for already"),
      (error: Error) => expect(error.message).to.match(/is paid for already/),
    );
    await pass(31 * DAY);
    const { term } = await status(loan);
    expect(term.instalments).to.deep.equal({ of: "12", passed: "1", paid: "1" });
    await world.json("pay", loan, "100", ...key);
    expect((await status(loan)).term.credit.amount).to.equal("100");
    await pass(30 * DAY);
    const late = await status(loan);
    expect(BigInt(late.term.dueNow.units) > 0n && late.term.defaultsAfter !== null).to.equal(true);
    const early = await world.cli("mark", loan, "--default", ...key);
    expect(early.stderr).to.match(/is late, but not in default before/);
    expect(early.code).to.equal(1);
  });

  it("is marked as in default by anybody, and cured by paying what is due", async () => {
    const loan = `${FACILITY}:0`;
    await pass(10 * DAY);
    const full = (await status(loan)).id;
    await world.json("mark", full, "--default", "--key-file", world.stranger.keyFile, "--yes");
    expect((await status(loan)).term.defaultMarkedAt).to.not.equal(null);
    const cure = await world.json("pay", loan, "due", ...key);
    expect(cure.events.map(({ name }: Json) => name)).to.include("Cured");
    const { term } = await status(loan);
    expect(term.defaultMarkedAt).to.equal(null);
    expect(term.dueNow.amount).to.equal("0");
  });

  it("is rolled over into other terms without cash, and closed with the fee of its sheet", async () => {
    const loan = `${FACILITY}:0`;
    const before = await status(loan);
    // All the pool's cash leaves first: a roll-over needs none.
    const { cash } = (await world.json("facilities")).find(({ id }: Json) => id === Number(FACILITY));
    const most = Math.floor(Number(cash.amount)).toString();
    await world.json("redeem", FACILITY, most, "--key-file", world.lender.keyFile, "--yes");
    const rolled = await world.json("roll-over", loan, "--term", "1", ...key);
    expect(rolled.events.map(({ name }: Json) => name)).to.include("RolledOver");
    const after = await status(loan);
    expect(after.term.instalments).to.deep.equal({ of: "4", passed: "0", paid: "0" });
    expect(BigInt(after.debt.units) > BigInt(before.debt.units), "the fee of the old sheet").to.equal(true);
    const unknown = await world.cli("roll-over", loan, "--term", "7", ...key);
    expect(unknown.stderr).to.match(/does not lend by term sheet 7; it offers 0, 1, 2/);
    const drawn = await world.cli("draw", loan, "10", ...key);
    expect(drawn.stderr).to.match(/is a term loan, which is not drawn on/);

    await world.market.fund(world.borrower.wallet, { loan: world.market.cash(6_000n) });
    const payOff = BigInt(after.term.payOff.units);
    expect(payOff > BigInt(after.debt.units), "1 % for prepayment").to.equal(true);
    const closed = await world.json("close", loan, ...key);
    const event = closed.events.find((each: Json) => each.name === "Closed");
    expect(BigInt(event.args.assets) >= payOff).to.equal(true);
    expect(await world.market.collateral.balanceOf(world.borrower.address)).to.equal(world.market.btc(2n));
  });
});
