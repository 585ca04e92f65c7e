import { AUTHORISATION_TYPES, DOMAIN_NAMES } from "../../../../sdk/client/authorisation.js";
import {
  MAX_UINT256,
  PRICE_SCALE,
  type TermLoan,
  defaultsAfter,
  dueDate,
  dueNow,
  minOf,
  nextPayment,
  settleTermLoan,
} from "../../../../sdk/model/index.js";
import * as machine from "../../../../sdk/model/machine/index.js";
import type { Address, World } from "../../../../sdk/model/machine/index.js";
import { type LoanKey, type Move, type PuppetCall, movesOf, runPuppet } from "./move.js";
import type { Random } from "./random.js";
import { type Touched, authorisationKey, keyOf, loanOfKey } from "./snapshot.js";
import { type Actor, type CapitalTerms, type Stage, type StagedFacility, sheetsOf, surroundingsOf } from "./stage.js";

/** A step of a history: who sends what, and at which second. */
export interface Step {
  readonly sender: Address;
  readonly move: Move;
}

const UNLIMITED = 2n ** 104n - 1n;
/** How deep callbacks of callbacks may go. */
const DEEPEST = 2;

const settled = ({ balance, terms }: TermLoan, now: bigint): TermLoan => ({
  balance: settleTermLoan(balance, terms, now),
  terms,
});

function inGoodStanding(loan: TermLoan, now: bigint): boolean {
  const { balance, terms } = settled(loan, now);
  return loan.inDefault === undefined && now <= defaultsAfter(balance, terms);
}

/** A figure of a pool; 0 where it cannot be told: after years at the highest rate a debt leaves its field. */
function orNone(figure: () => bigint): bigint {
  try {
    return figure();
  } catch (error) {
    if (error instanceof machine.Refusal) return 0n;
    throw error;
  }
}

/** Draws moves that make sense more often than not, and borders and nonsense often enough. */
export class Generator {
  readonly #moves: ReturnType<typeof movesOf>;
  /** Of {@link keyOf}. */
  readonly loans = new Set<string>();
  readonly authorisations = new Set<string>();
  #salt = 0n;

  constructor(
    readonly stage: Stage,
    readonly world: World,
    readonly random: Random,
  ) {
    this.#moves = movesOf(stage);
  }

  get touched(): Touched {
    return this;
  }

  /** The next step, to happen at `now`. */
  async step(now: bigint): Promise<Step> {
    const { random, stage } = this;
    if (random.chance(0.07)) return this.#governance();
    const actor = random.pick(stage.actors);
    if (actor.signer !== undefined) {
      const move = random.chance(0.08) ? await this.#signed(actor, now) : this.#move(actor.address, now, undefined);
      return { sender: actor.address, move };
    }
    const calls = this.#calls(actor.address, now, 0);
    const teller = stage.actors.find(({ signer }) => signer !== undefined);
    if (teller === undefined) throw new Error("someone must tell the puppets");
    return { sender: teller.address, move: runPuppet(stage, actor.address, calls) };
  }

  /** Between none and two years, mostly seconds; now and then to a date of a term loan, or a second beside it. */
  jump(now: bigint): bigint {
    const { random } = this;
    const rows = this.world.registers.flatMap(({ termLoans }) => [...termLoans.entries()]);
    const windows = this.#windows(now);
    if (windows.length > 0 && random.chance(0.08)) return random.pick(windows) + random.between(0n, 2n) - 1n - now;
    if (rows.length > 0 && random.chance(0.15)) {
      const [, { loan }] = random.pick(rows);
      const { balance, terms } = settled(loan, now);
      const oldest = dueDate(terms, balance.paid + 1n) + terms.graceSeconds;
      const date = random.chance(0.5) ? dueDate(terms, balance.passed + 1n) : oldest;
      const at = date + random.between(0n, 3n) - 1n;
      if (at > now) return at - now;
    }
    return random.weighted<() => bigint>([
      [250, () => 0n],
      [300, () => random.between(1n, 20n)],
      [250, () => random.between(20n, 7_200n)],
      [160, () => random.between(7_200n, 20n * 86_400n)],
      [20, () => random.between(20n * 86_400n, 200n * 86_400n)],
      // Few: a century is a long history, and after 2106 no term loan begins.
      [3, () => random.between(365n * 86_400n, 2n * 365n * 86_400n)],
    ])();
  }

  // ---- amounts ----

  /** About `x`: itself, a unit beside it, a part of it, or something out of all bounds. */
  #around(x: bigint): bigint {
    const { random } = this;
    return random.weighted<() => bigint>([
      [6, () => x],
      [2, () => x + 1n],
      [2, () => (x > 0n ? x - 1n : 0n)],
      [10, () => random.between(1n, x)],
      [3, () => x + random.between(0n, x)],
      [1, () => 1n],
      [1, () => 0n],
      [2, () => MAX_UINT256],
    ])();
  }

  #receiver(caller: Address): Address {
    const { random, stage } = this;
    if (random.chance(0.75)) return caller;
    if (random.chance(0.15)) {
      const { pool, vault } = random.pick(stage.facilities);
      return random.pick([machine.ZERO_ADDRESS, pool, vault]);
    }
    return random.pick(stage.actors).address;
  }

  #priceOf(facility: StagedFacility): bigint {
    return this.stage.oracles.get(this.#facility(facility).oracle)?.priceE36 ?? 0n;
  }

  #facility({ manager, number }: StagedFacility): machine.Facility {
    return this.world.register(manager).facility(number);
  }

  #open(): LoanKey[] {
    return this.world.registers.flatMap(({ manager, loans }) => [...loans.keys()].map((id) => ({ manager, id })));
  }

  #row({ manager, id }: LoanKey): machine.Loan | undefined {
    return this.world.register(manager).loans.get(id);
  }

  #debt({ manager, id }: LoanKey, now: bigint): bigint {
    return orNone(() => machine.debtOf(this.world, manager, id, now));
  }

  #nav(tranche: Address, now: bigint): bigint {
    return orNone(() => machine.navOf(this.world, tranche, now));
  }

  /** Any loan that ever was, mostly one that is, and mostly of `mine` where given. */
  #loan(mine: Address | undefined, only?: (key: LoanKey) => boolean): LoanKey {
    const { random, world } = this;
    const open = this.#open().filter((key) => only === undefined || only(key));
    const own =
      mine === undefined ? open : open.filter(({ manager, id }) => world.register(manager).ownerOf(id) === mine);
    if (own.length > 0 && random.chance(0.9)) return random.pick(own);
    const all = [...this.loans].map(loanOfKey).filter((key) => only === undefined || only(key));
    if (all.length > 0) return random.pick(all);
    const manager = only === undefined ? world.deployment.manager : (world.deployment.termManager ?? "0x");
    return { manager, id: machine.encodeLoanId(random.pick(this.stage.actors).address, 1n, 0n) };
  }

  /** A term loan, mostly one that still owes. */
  #termLoan(mine: Address | undefined): LoanKey {
    const { random, world } = this;
    const owes = ({ manager, id }: LoanKey): boolean => world.register(manager).termLoans.get(id) !== undefined;
    const isTerm = ({ manager }: LoanKey): boolean => manager === world.deployment.termManager;
    const living = this.#open().filter(owes);
    return this.#loan(mine, living.length > 0 && random.chance(0.9) ? owes : isTerm);
  }

  #stagedOf({ manager, id }: LoanKey): StagedFacility {
    const number = machine.facilityNumberOf(id);
    const { facilities } = this.stage;
    return facilities.find((f) => f.manager === manager && f.number === number) ?? this.random.pick(facilities);
  }

  // ---- moves ----

  #calls(puppet: Address, now: bigint, depth: number): PuppetCall[] {
    const calls: PuppetCall[] = [];
    const count = this.random.weighted([
      [depth === 0 ? 0 : 3, 0],
      [6, 1],
      [3, 2],
      [1, 3],
    ] as const);
    for (let i = 0; i < count; i++) {
      // In the middle of an action most of the facility is locked: such a call mostly must be allowed to fail.
      const mayFail = this.random.chance(depth === 0 ? 0.3 : 0.8);
      calls.push({ move: this.#move(puppet, now, depth + 1), mayFail });
    }
    // Reaching into a facility that is locked must be refused, and is when it is the one of the action.
    if (depth > 0 && this.random.chance(0.5)) {
      calls.push({ move: this.#moves.accrue(this.random.pick(this.stage.facilities).pool), mayFail: true });
    }
    return calls;
  }

  /** `depth` is undefined for a key holder, who cannot be called back. */
  #move(caller: Address, now: bigint, depth: number | undefined): Move {
    const { random } = this;
    const callback = (): PuppetCall[] | undefined =>
      depth === undefined || depth > DEEPEST || random.chance(0.4) ? undefined : this.#calls(caller, now, depth);
    // Loans first: most other moves need one.
    const offered = this.#offeredTo(caller).length > 0;
    const [revolving = 0, term = 0] = this.world.registers.map(({ loans }) => loans.size);
    const choice = random.weighted<() => Move>([
      [revolving < 10 ? 40 : 8, () => this.#openRevolving(caller, callback())],
      [term < 10 ? 40 : 8, () => this.#openTerm(caller, now, callback())],
      [term > 0 ? 14 : 1, () => this.#payTerm(caller, now, callback())],
      [this.#renewable(caller, now).length > 0 ? 14 : 1, () => this.#rollOver(caller, now)],
      [this.#overdue(now).length > 0 ? 12 : 2, () => this.#markDefault(now)],
      [6, () => this.#mark(now)],
      [9, () => this.#draw(caller, now)],
      [9, () => this.#repay(caller, now, callback())],
      [5, () => this.#topUp(callback())],
      [8, () => this.#withdraw(caller, now)],
      [4, () => this.#moves.close(this.#loan(caller), this.#receiver(caller), callback())],
      [6, () => this.#transferLoan(caller)],
      [offered ? 30 : 2, () => this.#acceptLoan(caller, now)],
      [4, () => this.#authorise(caller, now)],
      [1, () => this.#moves.useNonce(random.pick(this.stage.facilities).manager)],
      [this.#sick(now).length > 0 ? 25 : 6, () => this.#liquidate(now, callback())],
      [16, () => this.#lend(caller, now)],
      [9, () => this.#requestExit(caller)],
      [18, () => this.#queue(caller, now)],
      [2, () => this.#moves.accrue(random.pick(this.stage.facilities).pool)],
      [4, () => this.#moveTokens(caller)],
      [3, () => this.#approve()],
    ]);
    return choice();
  }

  #openRevolving(caller: Address, calls: readonly PuppetCall[] | undefined): Move {
    const { random } = this;
    const f = random.pick(this.stage.facilities.filter(({ isTerm }) => !isTerm));
    const { collateral, principal } = this.#size(f);
    const salt = this.#newSalt();
    const facility = random.chance(0.02) ? 99n : f.number;
    if (facility === f.number) this.loans.add(keyOf(f.manager, machine.encodeLoanId(caller, facility, salt)));
    return this.#moves.open({ facility, salt, collateral, principal, receiver: this.#receiver(caller) }, calls);
  }

  #newSalt(): bigint {
    return this.random.chance(0.1) && this.#salt > 0n ? this.random.between(0n, this.#salt) : this.#salt++;
  }

  /** What a new loan could be: mostly within its limits, and at them. */
  #size(f: StagedFacility): { collateral: bigint; principal: bigint } {
    const { random } = this;
    const { maxLtvBps, minDebt } = this.#facility(f);
    const collateral = random.chance(0.05)
      ? this.#around(f.collateralUnit)
      : random.between(f.collateralUnit / 200n, f.collateralUnit * 2n);
    const supported = ((((collateral % 2n ** 128n) * this.#priceOf(f)) / PRICE_SCALE) * maxLtvBps) / 10_000n;
    const most = this.#affordable(f.pool, supported);
    const principal = random.weighted<() => bigint>([
      [6, () => (most * random.between(50n, 100n)) / 100n],
      [2, () => most],
      [1, () => most + 1n],
      [1, () => minDebt],
      [1, () => minDebt - 1n],
      [1, () => this.#around(most)],
    ])();
    return { collateral, principal };
  }

  #openTerm(caller: Address, now: bigint, calls: readonly PuppetCall[] | undefined): Move {
    const { random } = this;
    const f = random.pick(this.stage.facilities.filter(({ isTerm }) => isTerm));
    const { collateral, principal } = this.#size(f);
    const salt = this.#newSalt();
    const facility = random.chance(0.02) ? 99n : f.number;
    if (facility === f.number) this.loans.add(keyOf(f.manager, machine.encodeLoanId(caller, facility, salt)));
    const { manager } = f;
    const sheet = this.#sheet(f);
    const terms = { sheet, maxAnnualRate: this.#maxRate(f, sheet, principal, now), ...this.#paper(now) };
    return this.#moves.openTerm(
      { manager, facility, salt, collateral, principal, receiver: this.#receiver(caller), ...terms },
      calls,
    );
  }

  #sheet(f: StagedFacility): bigint {
    const { length } = this.world.sheets(f.pool);
    return this.random.between(0n, this.random.chance(0.05) ? BigInt(length) : BigInt(length) - 1n);
  }

  #paper(now: bigint): { deadline: bigint; agreement: string } {
    const deadline = this.random.chance(0.04) ? now - 1n : now;
    return {
      deadline,
      agreement: `0x${this.random
        .between(0n, 2n ** 48n)
        .toString(16)
        .padStart(64, "0")}`,
    };
  }

  /** Mostly what is asked, or a little less. */
  #maxRate(f: StagedFacility, sheet: bigint, principal: bigint, now: bigint): bigint {
    const { random, world } = this;
    if (random.chance(0.6)) return MAX_UINT256;
    try {
      const rate = machine.offeredRate(world, f.pool, now, sheet, principal);
      return random.chance(0.7) ? rate : rate - 1n;
    } catch (error) {
      if (error instanceof machine.Refusal) return MAX_UINT256;
      throw error;
    }
  }

  /** What is due, or the next payment, or several of them ahead; and everything around these. */
  #payTerm(caller: Address, now: bigint, calls: readonly PuppetCall[] | undefined): Move {
    const { random, world } = this;
    const key = this.#termLoan(random.chance(0.6) ? caller : undefined);
    const row = world.register(key.manager).termLoans.get(key.id);
    if (row === undefined) return this.#moves.repay(key, this.#around(1_000n), calls);
    const { balance, terms } = settled(row.loan, now);
    const due = dueNow(balance);
    const next = nextPayment(balance, terms);
    const ahead = next > balance.credit ? next - balance.credit : 0n;
    const assets = random.weighted<() => bigint>([
      [due > 0n ? 9 : 1, () => due],
      [5, () => due + ahead],
      [3, () => due + ahead + random.between(0n, balance.principal / 2n)],
      [2, () => due + ahead * 3n],
      [3, () => random.between(1n, due + ahead + 1n)],
      [2, () => this.#around(due + ahead)],
    ])();
    return this.#moves.repay(key, assets, calls);
  }

  /** The caller's term loans that have room for their charges. */
  #renewable(caller: Address, now: bigint): LoanKey[] {
    return this.world.registers.flatMap((register) =>
      [...register.termLoans.entries()]
        .filter(([id, { loan }]) => register.ownerOf(id) === caller && inGoodStanding(loan, now))
        .map(([id]) => ({ manager: register.manager, id }))
        .filter((key) => this.#headroom(key, now) * 40n > this.#debt(key, now)),
    );
  }

  #rollOver(caller: Address, now: bigint): Move {
    const { random } = this;
    const renewable = this.#renewable(caller, now);
    const found = renewable.length > 0 && random.chance(0.85);
    const key = found ? random.pick(renewable) : this.#termLoan(random.chance(0.85) ? caller : undefined);
    const f = this.#stagedOf(key);
    const sheet = f.isTerm ? this.#sheet(f) : 0n;
    const maxAnnualRate = f.isTerm ? this.#maxRate(f, sheet, 0n, now) : MAX_UINT256;
    return this.#moves.rollOver({ ...key, sheet, maxAnnualRate, ...this.#paper(now) });
  }

  /** Term loans in default, marked or not. */
  #inDefault(now: bigint): LoanKey[] {
    return this.world.registers.flatMap(({ manager, termLoans }) =>
      [...termLoans.entries()].filter(([, { loan }]) => !inGoodStanding(loan, now)).map(([id]) => ({ manager, id })),
    );
  }

  /** Term loans that may be marked as in default. */
  #overdue(now: bigint): LoanKey[] {
    return this.#inDefault(now).filter(
      ({ manager, id }) => this.world.register(manager).termLoans.get(id)?.loan.inDefault === undefined,
    );
  }

  #markDefault(now: bigint): Move {
    const overdue = this.#overdue(now);
    const found = overdue.length > 0 && this.random.chance(0.85);
    return this.#moves.markDefault(found ? this.random.pick(overdue) : this.#termLoan(undefined));
  }

  /** Mostly of a loan whose loss is to be expected, or was. */
  #mark(now: bigint): Move {
    const { random, world } = this;
    const marked = world.registers.flatMap(({ manager, marks }) => [...marks.keys()].map((id) => ({ manager, id })));
    const drowned = this.#open().filter((key) => this.#debt(key, now) > this.#value(key));
    const worth = [...marked, ...drowned];
    return this.#moves.mark(worth.length > 0 && random.chance(0.85) ? random.pick(worth) : this.#loan(undefined));
  }

  #value(key: LoanKey): bigint {
    return ((this.#row(key)?.collateral ?? 0n) * this.#priceOf(this.#stagedOf(key))) / PRICE_SCALE;
  }

  #headroom(key: LoanKey, now: bigint): bigint {
    if (this.#row(key) === undefined) return 0n;
    const most = (this.#value(key) * this.#facility(this.#stagedOf(key)).maxLtvBps) / 10_000n;
    const debt = this.#debt(key, now);
    return most > debt ? most - debt : 0n;
  }

  /** Mostly no more than the pool has, so that a history does not stick at full utilisation. */
  #affordable(pool: Address, wanted: bigint): bigint {
    const { cash } = this.world.pool(pool);
    return cash < wanted && this.random.chance(0.8) ? cash : wanted;
  }

  #draw(caller: Address, now: bigint): Move {
    const mine = this.random.chance(0.7) ? caller : undefined;
    const key = this.#loan(mine, ({ manager }) => manager === this.world.deployment.manager);
    const most = this.#affordable(this.#stagedOf(key).pool, this.#headroom(key, now));
    return this.#moves.draw(key.id, this.#around(most), this.#receiver(caller));
  }

  #repay(caller: Address, now: bigint, calls: readonly PuppetCall[] | undefined): Move {
    const key = this.#loan(this.random.chance(0.6) ? caller : undefined);
    const debt = this.#debt(key, now);
    const { minDebt } = this.#facility(this.#stagedOf(key));
    const assets = this.random.chance(0.15) && debt > minDebt ? debt - minDebt + 1n : this.#around(debt);
    return this.#moves.repay(key, assets, calls);
  }

  #topUp(calls: readonly PuppetCall[] | undefined): Move {
    const key = this.#loan(undefined);
    const { collateralUnit } = this.#stagedOf(key);
    return this.#moves.topUp(key, this.#around(collateralUnit / 50n), calls);
  }

  #withdraw(caller: Address, now: bigint): Move {
    const bad = this.#inDefault(now).filter(({ manager, id }) => this.world.register(manager).ownerOf(id) === caller);
    const isBad = bad.length > 0 && this.random.chance(0.3);
    const key = isBad ? this.random.pick(bad) : this.#loan(this.random.chance(0.8) ? caller : undefined);
    const staged = this.#stagedOf(key);
    const price = this.#priceOf(staged);
    const { maxLtvBps } = this.#facility(staged);
    const free = (((this.#headroom(key, now) * 10_000n) / (maxLtvBps + 1n)) * PRICE_SCALE) / (price + 1n);
    const collateral = this.random.chance(0.2) ? (this.#row(key)?.collateral ?? 1n) : free;
    return this.#moves.withdraw(key, this.#around(collateral), this.#receiver(caller));
  }

  #transferLoan(caller: Address): Move {
    const to = this.random.chance(0.15) ? machine.ZERO_ADDRESS : this.random.pick(this.stage.actors).address;
    return this.#moves.transferLoan(this.#loan(this.random.chance(0.85) ? caller : undefined), to);
  }

  #offeredTo(caller: Address): LoanKey[] {
    return this.world.registers.flatMap(({ manager, offers }) =>
      [...offers.entries()].filter(([, { to }]) => to === caller).map(([id]) => ({ manager, id })),
    );
  }

  #acceptLoan(caller: Address, now: bigint): Move {
    const { random } = this;
    const offered = this.#offeredTo(caller);
    const key = offered.length > 0 && random.chance(0.9) ? random.pick(offered) : this.#loan(undefined);
    const debt = this.#debt(key, now);
    const collateral = this.#row(key)?.collateral ?? 0n;
    const maxDebt = random.chance(0.8) ? debt : this.#around(debt);
    return this.#moves.acceptLoan(key, maxDebt, random.chance(0.8) ? collateral : this.#around(collateral));
  }

  #newAuthorisation(f: StagedFacility, now: bigint): machine.Authorisation {
    const { random } = this;
    const limit = (unit: bigint): bigint =>
      random.weighted<() => bigint>([
        [3, () => UNLIMITED],
        [3, () => random.between(0n, unit)],
        [1, () => 0n],
      ])();
    return {
      actions: random.chance(0.05) ? 32n : random.chance(0.5) ? 31n : random.between(0n, 31n),
      expiresAt: random.chance(0.1) ? now : now + random.between(0n, 90n * 86_400n),
      cashLimit: limit(10_000n * f.loanUnit),
      collateralLimit: limit(f.collateralUnit),
    };
  }

  #authorise(caller: Address, now: bigint): Move {
    const { random, stage } = this;
    const f = random.pick(stage.facilities);
    const operator = random.chance(0.05) ? machine.ZERO_ADDRESS : random.pick(stage.actors).address;
    this.authorisations.add(authorisationKey(f.manager, caller, f.number, operator));
    return this.#moves.setAuthorisation(f.manager, f.number, operator, this.#newAuthorisation(f, now));
  }

  #sick(now: bigint): LoanKey[] {
    return this.#open().filter((key) => {
      const { manager, id } = key;
      const marked = this.world.register(manager).termLoans.get(id)?.loan.inDefault !== undefined;
      const { lltvBps } = this.#facility(this.#stagedOf(key));
      return marked || this.#debt(key, now) > (this.#value(key) * lltvBps) / 10_000n;
    });
  }

  #liquidate(now: bigint, calls: readonly PuppetCall[] | undefined): Move {
    const { random } = this;
    const sick = this.#sick(now);
    const key = sick.length > 0 && random.chance(0.9) ? random.pick(sick) : this.#loan(undefined);
    const debt = this.#debt(key, now);
    const maxRepaid = random.chance(0.4) ? MAX_UINT256 : this.#around(debt);
    const fair = (PRICE_SCALE * PRICE_SCALE) / (this.#priceOf(this.#stagedOf(key)) + 1n);
    const least = random.chance(0.6) ? 0n : (fair * random.between(95n, 110n)) / 100n;
    return this.#moves.liquidate(key, maxRepaid, least, calls);
  }

  #lend(caller: Address, now: bigint): Move {
    const { random, world, stage } = this;
    const entering = random.chance(0.55);
    const owner = random.chance(0.85) ? caller : random.pick(stage.actors).address;
    const all = stage.facilities.flatMap((f) => f.tranches.map((tranche) => ({ ...f, tranche })));
    const owned = all.filter(({ tranche }) => world.balance(tranche, owner) > 0n);
    const free = owned.filter(({ tranche }) => this.#mayLeave(tranche, owner, now));
    // First-loss shares leave but seldom; when they may, they mostly do.
    const first = free.filter(({ tranche }) => world.tranche(tranche).cooldown !== 0n);
    const lentTo =
      first.length > 0 && random.chance(0.5) ? first : free.length > 0 && random.chance(0.8) ? free : owned;
    if (first.length > 0 && random.chance(0.15)) {
      const { tranche } = random.pick(first);
      const { shares: requested } = world.exitRequest(tranche, owner);
      return this.#moves.redeem(tranche, requested + random.between(1n, requested), this.#receiver(caller), owner);
    }
    const leaving = !entering && lentTo.length > 0;
    const { tranche, loanUnit, pool } = random.pick(leaving ? lentTo : all);
    const held = world.balance(tranche, owner);
    const waits = world.tranche(tranche).cooldown !== 0n && random.chance(0.85);
    const shares = waits ? minOf(held, world.exitRequest(tranche, owner).shares) : held;
    const worthAll = (shares * (this.#nav(tranche, now) + 1n)) / (world.supply(tranche) + 1_000_000n);
    const { cash } = world.pool(pool);
    const worth = random.chance(0.7) && cash < worthAll ? cash : worthAll;
    const assets = random.between(loanUnit, 300_000n * loanUnit);
    if (leaving) {
      const to = this.#receiver(caller);
      return random.chance(0.5)
        ? this.#moves.withdrawAssets(tranche, this.#around(worth), to, owner)
        : this.#moves.redeem(tranche, this.#around(worthAll === 0n ? shares : (shares * worth) / worthAll), to, owner);
    }
    return random.weighted<() => Move>([
      [
        7,
        () => this.#moves.deposit(tranche, random.chance(0.9) ? assets : this.#around(assets), this.#receiver(caller)),
      ],
      [3, () => this.#moves.mint(tranche, this.#around(assets * 1_000_000n), this.#receiver(caller))],
    ])();
  }

  /** Seconds to come at which shares of the first-loss classes begin or cease to leave. */
  #windows(now: bigint): bigint[] {
    const { stage, world } = this;
    const tranches = stage.facilities.flatMap(({ tranches }) => tranches);
    return tranches
      .flatMap((tranche) => stage.actors.map(({ address }) => world.exitRequest(tranche, address)))
      .flatMap(({ shares, opensAt, closesAt }) => (shares === 0n ? [] : [opensAt, closesAt]))
      .filter((at) => at > now);
  }

  /** Whether shares of that tranche leave now, if there is cash. */
  #mayLeave(tranche: Address, owner: Address, now: bigint): boolean {
    const { opensAt, closesAt, shares } = this.world.exitRequest(tranche, owner);
    const isOpen = shares > 0n && now >= opensAt && now <= closesAt;
    return this.world.tranche(tranche).cooldown === 0n || (isOpen && this.#nav(tranche, now) > 0n);
  }

  #queue(caller: Address, now: bigint): Move {
    const { random, world, stage } = this;
    const all = stage.facilities.flatMap(({ queue, tranches: [senior], loanUnit }) =>
      queue === undefined || senior === undefined ? [] : [{ queue, senior, loanUnit, ...world.queue(queue) }],
    );
    const other = random.pick(stage.actors).address;
    const mostlyMine = random.chance(0.85) ? caller : other;
    const request = (): Move => {
      const mine = all.filter(({ senior }) => world.balance(senior, mostlyMine) > 0n);
      // Where there is no cash, and at once where there is.
      const dry = mine.filter(({ pool, senior }) => world.pool(pool).cash < this.#nav(senior, now));
      const { queue, senior } = random.pick(dry.length > 0 && random.chance(0.85) ? dry : mine.length > 0 ? mine : all);
      const controller = random.chance(0.9) ? mostlyMine : random.pick([other, machine.ZERO_ADDRESS]);
      const held = world.balance(senior, mostlyMine);
      const shares = random.chance(0.4) ? held : this.#around(random.between(0n, held));
      return this.#moves.requestRedeem(queue, shares, controller, mostlyMine);
    };
    const waiting = all.filter(({ book }) => book.waiting > 0n);
    const serve = (): Move => {
      const { queue, book } = random.pick(waiting.length > 0 && random.chance(0.95) ? waiting : all);
      return this.#moves.serve(queue, this.#around(random.chance(0.5) ? book.waiting : book.waiting / 3n));
    };
    const asked = all.filter(({ book }) => book.requestsOf(mostlyMine).first !== 0n);
    const claim = (): Move => {
      const { queue, book } = random.pick(asked.length > 0 && random.chance(0.95) ? asked : all);
      const { first, last } = book.requestsOf(mostlyMine);
      const { settledTo, claimedTo, assets } = book.settled(first);
      const to = this.#receiver(caller);
      return random.weighted<() => Move>([
        [3, () => this.#moves.claim(queue, random.chance(0.7) ? random.pick([first, last]) : last + 1n, to)],
        [2, () => this.#moves.redeemFromQueue(queue, this.#around(settledTo - claimedTo), to, mostlyMine)],
        [2, () => this.#moves.withdrawFromQueue(queue, this.#around(assets), to, mostlyMine)],
      ])();
    };
    const { queue, loanUnit } = random.pick(all);
    const assets = this.#around(random.between(loanUnit, 50_000n * loanUnit));
    return random.weighted<() => Move>([
      [6, request],
      [waiting.length > 0 ? 8 : 1, serve],
      [asked.length > 0 ? 8 : 1, claim],
      [1, () => this.#moves.setOperator(queue, other, random.chance(0.8))],
      [1, () => this.#moves.depositThroughQueue(queue, assets, this.#receiver(caller))],
      [
        1,
        () =>
          this.#moves.mintThroughQueue(
            queue,
            this.#around(random.between(1n, 50_000n * loanUnit) * 1_000_000n),
            this.#receiver(caller),
          ),
      ],
    ])();
  }

  #requestExit(caller: Address): Move {
    const { random, world, stage } = this;
    const all = stage.facilities.flatMap(({ tranches }) => tranches);
    const mine = all.filter((t) => world.tranche(t).cooldown !== 0n && world.balance(t, caller) > 0n);
    const tranche = mine.length > 0 && random.chance(0.9) ? random.pick(mine) : random.pick(all);
    const shares = world.balance(tranche, caller);
    return this.#moves.requestExit(tranche, random.chance(0.5) ? shares : this.#around(shares));
  }

  /** Donations to the contracts among them: they must change no decision. */
  #moveTokens(caller: Address): Move {
    const { random, stage, world } = this;
    const f = random.pick(stage.facilities);
    const token = random.pick([f.loanAsset, f.collateralAsset, ...f.tranches]);
    const to = random.pick([
      f.pool,
      f.vault,
      ...f.tranches,
      f.manager,
      f.queue ?? f.pool,
      random.pick(stage.actors).address,
    ]);
    const amount = random.chance(0.1)
      ? this.#around(world.balance(token, caller))
      : random.between(1n, world.balance(token, caller) / 100n);
    return this.#moves.transfer(token, to, amount);
  }

  #approve(): Move {
    const { random, stage } = this;
    const f = random.pick(stage.facilities);
    const operator = random.pick(stage.actors).address;
    const [token, spender] = random.pick<readonly [Address, Address]>([
      [f.loanAsset, f.pool],
      [f.loanAsset, random.pick(f.tranches)],
      [f.collateralAsset, f.vault],
      [f.loanAsset, f.queue ?? f.pool],
      [random.pick(f.tranches), operator],
      [random.pick(f.tranches), operator],
    ]);
    const value = random.chance(0.7) ? MAX_UINT256 : random.between(0n, 5_000n * f.loanUnit);
    return this.#moves.approve(token, spender, value);
  }

  // ---- signatures ----

  async #signed(actor: Actor, now: bigint): Promise<Move> {
    return this.random.chance(0.5) ? this.#authorisationWithSig(now) : this.#permitAndTopUp(actor, now);
  }

  async #authorisationWithSig(now: bigint): Promise<Move> {
    const { random, stage, world } = this;
    const f = random.pick(stage.facilities);
    const holders = stage.actors.filter(({ signer }) => signer !== undefined);
    const owner = random.pick(holders);
    const signer = random.chance(0.85) ? owner : random.pick(holders);
    if (signer.signer === undefined) throw new Error("only key holders sign");
    const register = world.register(f.manager);
    const signed: machine.SignedAuthorisation = {
      manager: f.manager,
      owner: owner.address,
      facility: f.number,
      operator: random.pick(stage.actors).address,
      authorisation: this.#newAuthorisation(f, now),
      deadline: random.chance(0.1) ? now - 1n : now + random.between(0n, 100n),
      signedNonce: random.chance(0.1) ? register.nonce(owner.address) + 1n : register.nonce(owner.address),
      signer: signer.address,
    };
    this.authorisations.add(authorisationKey(f.manager, signed.owner, signed.facility, signed.operator));
    const { chainId } = await stage.ethers.provider.getNetwork();
    const name = DOMAIN_NAMES[f.isTerm ? "term" : "revolving"];
    const domain = { name, version: "1", chainId, verifyingContract: f.manager };
    const { owner: from, facility, operator, authorisation, deadline, signedNonce: nonce } = signed;
    const message = { owner: from, facility, operator, ...authorisation, nonce, deadline };
    return this.#moves.setAuthorisationWithSig(
      signed,
      await signer.signer.signTypedData(domain, AUTHORISATION_TYPES, message),
    );
  }

  /** A permit that is good, or was used, or is somebody else's; then what it was for. All or none, but for the permit. */
  async #permitAndTopUp(actor: Actor, now: bigint): Promise<Move> {
    const { random, stage } = this;
    if (actor.signer === undefined) throw new Error("only key holders sign");
    const key = this.#loan(undefined);
    const { collateralAsset: token, vault: spender, collateralUnit } = this.#stagedOf(key);
    const value = random.between(1n, collateralUnit / 10n);
    const contract = stage.contracts.get(token);
    if (contract === undefined) throw new Error(`no token at ${token}`);
    const nonce = (await contract.getFunction("nonces").staticCall(actor.address)) as bigint;
    const late = random.chance(0.15);
    const used = random.chance(0.15);
    const deadline = late ? now - 1n : now + 100n;
    const { chainId } = await stage.ethers.provider.getNetwork();
    const name = (await contract.getFunction("name").staticCall()) as string;
    const signature = await actor.signer.signTypedData(
      { name, version: "1", chainId, verifyingContract: token },
      {
        Permit: [
          { name: "owner", type: "address" },
          { name: "spender", type: "address" },
          { name: "value", type: "uint256" },
          { name: "nonce", type: "uint256" },
          { name: "deadline", type: "uint256" },
        ],
      },
      { owner: actor.address, spender, value, nonce: used ? nonce + 1n : nonce, deadline },
    );
    const permit = this.#moves.permit(
      key.manager,
      { token, spender, value, deadline, valid: !late && !used },
      stage.ethers.Signature.from(signature),
    );
    return this.#moves.multicall(key.manager, [
      permit,
      this.#moves.topUp(key, random.chance(0.8) ? value : value + 1n),
    ]);
  }

  // ---- settings ----

  #governance(): Step {
    const { random, stage, world } = this;
    const f = random.pick(stage.facilities);
    const facility = random.chance(0.05) ? 77n : f.number;
    const { manager } = f;
    const now = this.#facility(f);
    const caps = { manager, facility, cap: this.#near(now.cap), loanCap: this.#near(now.loanCap) };
    const maxLtv = { manager, facility, maxLtvBps: random.chance(0.8) ? now.maxLtvBps : random.between(0n, 9_999n) };
    const gate = random.weighted<Address>([
      [6, machine.ZERO_ADDRESS],
      [3, stage.openGate],
      [1, f.loanAsset],
    ]);
    const { reserve } = world.pool(f.pool);
    const g = this.#moves.govern.bind(this.#moves, manager);
    const move = random.weighted<() => Move>([
      [
        1,
        () =>
          g("stopNewLoans", [facility], (tx, caller) => {
            machine.stopNewLoans(tx, caller, { manager, facility });
          }),
      ],
      [
        4,
        () =>
          g("resumeNewLoans", [facility], (tx, caller) => {
            machine.resumeNewLoans(tx, caller, { manager, facility });
          }),
      ],
      [
        2,
        () =>
          g("lowerCaps", [facility, caps.cap, caps.loanCap], (tx, caller) => {
            machine.lowerCaps(tx, caller, caps);
          }),
      ],
      [5, () => this.#setCaps(f, facility)],
      [
        2,
        () =>
          g("lowerMaxLtv", [facility, maxLtv.maxLtvBps], (tx, caller) => {
            machine.lowerMaxLtv(tx, caller, maxLtv);
          }),
      ],
      [
        2,
        () =>
          g("setMaxLtv", [facility, maxLtv.maxLtvBps], (tx, caller) => {
            machine.setMaxLtv(tx, caller, maxLtv);
          }),
      ],
      [
        3,
        () =>
          g("setGate", [facility, gate], (tx, caller) => {
            machine.setGate(tx, caller, { manager, facility, gate });
          }),
      ],
      ...(f.isTerm ? this.#sheetMoves(f) : []),
      [3, () => this.#moves.setReserveFee(f.pool, random.between(0n, 2_600n))],
      [3, () => this.#moves.collectReserve(f.pool, random.pick(stage.actors).address, this.#around(reserve))],
    ])();
    const stranger = random.chance(0.25) ? random.pick(stage.actors.filter(({ signer }) => signer)).address : undefined;
    return { sender: stranger ?? machine.toAddress(stage.admin.address), move };
  }

  #sheetMoves(f: StagedFacility): [number, () => Move][] {
    const { random, world } = this;
    const sheet = (): bigint => random.between(0n, BigInt(world.sheets(f.pool).length));
    const added = (): Move => {
      const terms = random.pick(sheetsOf(f.loanUnit, random));
      return this.#moves.addTermSheet(f.pool, random.chance(0.3) ? { ...terms, spreadBps: 10_001n } : terms);
    };
    return [
      [2, added],
      [1, () => this.#moves.retireTermSheet(f.pool, sheet())],
    ];
  }

  #near(cap: bigint): bigint {
    const most = 2n ** 96n - 1n;
    const drawn = this.random.weighted<bigint>([
      [3, cap],
      [1, cap + 1n],
      [2, (cap * 9n) / 10n],
    ]);
    return drawn > most ? most : drawn;
  }

  #setCaps(f: StagedFacility, facility: bigint): Move {
    const args = {
      manager: f.manager,
      facility,
      cap: 3_000_000n * f.loanUnit,
      loanCap: this.random.pick([1_000_000n * f.loanUnit, 2n ** 96n - 1n]),
    };
    return this.#moves.govern(f.manager, "setCaps", [facility, args.cap, args.loanCap], (tx, caller) => {
      machine.setCaps(tx, caller, args);
    });
  }

  // ---- prices ----

  /** A new price for every oracle of one facility: a walk, now and then a crash, a refusal or a second opinion. */
  newPrices(now: bigint): { oracle: Address; method: string; value: bigint | boolean }[] {
    const { random, stage } = this;
    const f = random.pick(stage.facilities);
    const { oracle } = this.#facility(f);
    const state = stage.oracles.get(oracle);
    if (state === undefined) throw new Error(`no oracle at ${oracle}`);
    const fair = (60_000n * f.loanUnit * PRICE_SCALE) / f.collateralUnit;
    const percent = random.weighted<() => bigint>([
      [6, () => random.between(97n, 103n)],
      [4, () => random.between(85n, 97n)],
      [2, () => random.between(40n, 85n)],
      [2, () => random.between(103n, 130n)],
    ])();
    // Pulled back towards where it began, so that a history does not end with everything worthless.
    const moved = (state.priceE36 * percent) / 100n;
    const priceE36 = random.chance(0.1) ? fair : moved + random.between(0n, moved / 1_000_000n);
    const changes: { oracle: Address; method: string; value: bigint | boolean }[] = [
      { oracle, method: "setPrice", value: priceE36 },
    ];
    const refusing = random.chance(0.05);
    if (refusing !== state.refusing) changes.push({ oracle, method: "setRefusing", value: refusing });
    const secondE36 = random.chance(0.85) ? 0n : (priceE36 * random.between(95n, 105n)) / 100n;
    if (secondE36 !== state.secondE36) changes.push({ oracle, method: "setSecondPrice", value: secondE36 });
    const graceEndsAt = random.chance(0.9) ? state.graceEndsAt : now + random.between(0n, 86_400n);
    if (graceEndsAt !== state.graceEndsAt) changes.push({ oracle, method: "setGraceEndsAt", value: graceEndsAt });
    stage.oracles.set(oracle, { priceE36, refusing, secondE36, graceEndsAt });
    return changes;
  }

  /** Another risk class or least ratio for one pool whose capital is judged. */
  newCapitalTerms(): { pool: Address; terms: CapitalTerms } {
    const { random, stage } = this;
    const { pool } = random.pick(stage.facilities.filter(({ hasCapital }) => hasCapital));
    const riskClass = random.weighted<bigint>([
      [3, 0n],
      [2, 1n],
      [1, 2n],
    ]);
    const terms = { riskClass, minRatioBps: random.between(800n, 1_500n) };
    stage.capital.terms.set(pool, terms);
    return { pool, terms };
  }

  /** The spare oracle takes over at the same price, as the rules demand. */
  oracleSwitch(): { spare: Address; priceE36: bigint; graceEndsAt: bigint; step: Step } | undefined {
    const { random, stage } = this;
    const f = random.pick(stage.facilities);
    const { manager } = f;
    const current = this.#facility(f).oracle;
    const state = stage.oracles.get(current);
    if (state === undefined || state.refusing) return undefined;
    const spare = f.oracles[0] === current ? f.oracles[1] : f.oracles[0];
    stage.oracles.set(spare, { ...state, secondE36: 0n });
    const move = this.#moves.govern(manager, "setOracle", [f.number, spare], (tx, caller) => {
      machine.setOracle(tx, caller, { manager, facility: f.number, oracle: spare });
    });
    return {
      spare,
      priceE36: state.priceE36,
      graceEndsAt: state.graceEndsAt,
      step: { sender: machine.toAddress(stage.admin.address), move },
    };
  }
}

/** Plays a step on the model. */
export function play(world: World, stage: Stage, now: bigint, { move, sender }: Step) {
  const refused: machine.Refusal[] = [];
  const outcome = machine.execute(world, surroundingsOf(stage, now), (tx) => {
    move.play(tx, sender, refused);
  });
  return { outcome, refused };
}
