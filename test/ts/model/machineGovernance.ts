// What those who govern may change, in a world no chain has.
import { expect } from "chai";
import {
  type Address,
  type Transaction,
  addTermSheet,
  collectReserve,
  createFacility,
  lowerCaps,
  lowerMaxLtv,
  resumeNewLoans,
  retireTermSheet,
  setCaps,
  setGate,
  setMaxLtv,
  setOracle,
  setReserveFee,
  stopNewLoans,
} from "../../../sdk/model/machine/index.js";
import type { TermSheet } from "../../../sdk/model/index.js";
import { AT, DAY, MadeWorld, SHEET } from "./made/world.js";

const { manager, pool, termPool, admin } = AT;

describe("model: governing a made world", () => {
  const actions = (at: { manager: Address; facility: bigint }): ((tx: Transaction, caller: Address) => unknown)[] => [
    (tx, caller) => stopNewLoans(tx, caller, at),
    (tx, caller) => resumeNewLoans(tx, caller, at),
    (tx, caller) => lowerCaps(tx, caller, { ...at, cap: 5n, loanCap: 4n }),
    (tx, caller) => setCaps(tx, caller, { ...at, cap: 5n, loanCap: 4n }),
    (tx, caller) => lowerMaxLtv(tx, caller, { ...at, maxLtvBps: 5_000n }),
    (tx, caller) => setMaxLtv(tx, caller, { ...at, maxLtvBps: 5_000n }),
    (tx, caller) => setGate(tx, caller, { ...at, gate: AT.gate }),
    (tx, caller) => setOracle(tx, caller, { ...at, oracle: AT.gate }),
  ];

  it("changes a facility that there is, for a governor alone", () => {
    const made = new MadeWorld();
    for (const act of actions({ manager, facility: 1n })) {
      expect(made.try((tx) => act(tx, admin))).to.equal("");
      expect(made.try((tx) => act(tx, AT.bob))).to.equal(`AccessManagedUnauthorized(${AT.bob})`);
    }
    for (const act of actions({ manager, facility: 2n }))
      expect(made.try((tx) => act(tx, admin))).to.equal("UnknownFacility(2)");
    const others: ((tx: Transaction, caller: Address) => unknown)[] = [
      (tx, caller) => createFacility(tx, caller, { manager, params: made.params, seedAssets: 1n }),
      (tx, caller) => setReserveFee(tx, caller, { pool, reserveFeeBps: 1n }),
      (tx, caller) => collectReserve(tx, caller, { pool, receiver: admin, assets: 0n }),
      (tx, caller) => addTermSheet(tx, caller, { pool: termPool, terms: SHEET }),
      (tx, caller) => retireTermSheet(tx, caller, { pool: termPool, sheet: 0n }),
    ];
    for (const act of others)
      expect(made.try((tx) => act(tx, AT.bob))).to.equal(`AccessManagedUnauthorized(${AT.bob})`);
  });

  it("lets a guardian come up to what is, and a governor below lltv, and neither further", () => {
    const made = new MadeWorld();
    const at = { manager, facility: 1n };
    const { cap, loanCap, maxLtvBps, lltvBps } = made.params;
    const guardian = (change: { cap?: bigint; loanCap?: bigint }) =>
      made.try((tx) => lowerCaps(tx, admin, { ...at, cap, loanCap, ...change }));
    expect(guardian({})).to.equal("");
    expect(guardian({ cap: cap + 1n })).to.equal(`GuardianCannotRaise(${cap}, ${cap + 1n})`);
    expect(guardian({ loanCap: loanCap + 1n })).to.equal(`GuardianCannotRaise(${loanCap}, ${loanCap + 1n})`);
    const lower = (next: bigint) => made.try((tx) => lowerMaxLtv(tx, admin, { ...at, maxLtvBps: next }));
    expect(lower(maxLtvBps)).to.equal("");
    expect(lower(maxLtvBps + 1n)).to.equal(`GuardianCannotRaise(${maxLtvBps}, ${maxLtvBps + 1n})`);
    const set = (next: bigint) => made.try((tx) => setMaxLtv(tx, admin, { ...at, maxLtvBps: next }));
    expect(set(lltvBps - 1n)).to.equal("");
    expect(set(lltvBps)).to.equal(`InvalidFacility(maxLtvBps, ${lltvBps}, 0, ${lltvBps - 1n})`);
  });

  it("keeps what was set, and says the number of a new facility", () => {
    const made = new MadeWorld();
    const at = { manager, facility: 1n };
    const facility = () => made.world.revolving.facility(1n);
    made.do((tx) => stopNewLoans(tx, admin, at));
    expect(facility().newLoansStopped).to.equal(true);
    made.do((tx) => resumeNewLoans(tx, admin, at));
    expect(facility().newLoansStopped).to.equal(false);
    made.do((tx) => setCaps(tx, admin, { ...at, cap: 5n, loanCap: 4n }));
    made.do((tx) => setMaxLtv(tx, admin, { ...at, maxLtvBps: 6_500n }));
    made.do((tx) => setGate(tx, admin, { ...at, gate: AT.gate }));
    made.do((tx) => setOracle(tx, admin, { ...at, oracle: AT.carol }));
    expect(facility()).to.deep.equal({
      ...made.params,
      ...{ cap: 5n, loanCap: 4n, maxLtvBps: 6_500n, gate: AT.gate, oracle: AT.carol },
      ...{ newLoansStopped: false, oracleSetAt: made.now },
    });
    const again = (tx: Transaction) => setOracle(tx, admin, { ...at, oracle: AT.oracle });
    expect(made.tryAt(made.now + 7n * DAY, again)).to.equal("");
    expect(made.tryAt(made.now + 7n * DAY - 1n, again)).to.equal(`OracleSetTooSoon(${made.now}, ${7n * DAY})`);
    made.do((tx) => setReserveFee(tx, admin, { pool, reserveFeeBps: 2_500n }));
    expect(made.world.pool(pool).reserveFeeBps).to.equal(2_500n);
    // A pool that no facility has yet.
    const params = { ...made.params, pool: AT.spare };
    made.do((tx) => tx.emit(AT.spare, "ReserveFeeSet", { reserveFeeBps: 0n }));
    const created = made.do((tx) => createFacility(tx, admin, { manager, params, seedAssets: 7n }));
    expect(created).to.equal(2n);
    expect(made.world.pool(AT.spare)).to.deep.include({ facility: 2n, senior: 7n, cash: 7n });
  });

  it("adds no sheet that no pool may lend at, and takes each limit itself", () => {
    const made = new MadeWorld();
    const add = (change: Partial<TermSheet>) =>
      made.try((tx) => addTermSheet(tx, admin, { pool: termPool, terms: { ...SHEET, ...change } }));
    const years = 10n * 365n * DAY;
    const limits: [keyof TermSheet, bigint, bigint, Partial<TermSheet>?][] = [
      ["intervalSeconds", DAY, years, { count: 1n }],
      ["count", 1n, 240n, { intervalSeconds: DAY }],
      ["graceSeconds", 3_600n, 90n * DAY],
      ["latePremiumBps", 0n, 10_000n],
      ["prepaymentFeeBps", 0n, 1_000n],
      ["balloonBps", 0n, 10_000n],
      ["spreadBps", 0n, 10_000n],
      ["lateFee", 0n, 2n ** 88n - 1n],
    ];
    for (const [field, least, most, beside] of limits) {
      const refused = (value: bigint): string => `InvalidTermSheet(${field}, ${value}, ${least}, ${most})`;
      for (const value of [least, most]) expect(add({ ...beside, [field]: value }), field).to.equal("");
      for (const value of least === 0n ? [most + 1n] : [least - 1n, most + 1n])
        expect(add({ ...beside, [field]: value })).to.equal(refused(value));
    }
    expect(add({ intervalSeconds: years / 2n, count: 2n })).to.equal("");
    expect(add({ intervalSeconds: years / 2n + 1n, count: 2n })).to.equal(
      `InvalidTermSheet(length, ${years + 2n}, ${DAY}, ${years})`,
    );
    expect(add({ retired: true })).to.equal("InvalidTermSheet(retired, 1, 0, 0)");
  });
});
