import { MAX_UINT256, PRICE_SCALE } from "../../../../sdk/model/index.js";
import * as machine from "../../../../sdk/model/machine/index.js";
import type { Address, World } from "../../../../sdk/model/machine/index.js";
import { type Move, type PuppetCall, movesOf, runPuppet } from "./move.js";
import type { Random } from "./random.js";
import { type Touched, authorisationKey } from "./snapshot.js";
import { type Actor, type Stage, type StagedFacility, surroundingsOf } from "./stage.js";

/** A step of a history: who sends what, and at which second. */
export interface Step {
  readonly sender: Address;
  readonly move: Move;
}

const UNLIMITED = 2n ** 104n - 1n;
/** How deep callbacks of callbacks may go. */
const DEEPEST = 2;

/** Draws moves that make sense more often than not, and borders and nonsense often enough. */
export class Generator {
  readonly #moves: ReturnType<typeof movesOf>;
  readonly loans = new Set<bigint>();
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

  /** Between none and a year, mostly seconds. */
  jump(): bigint {
    return this.random.weighted<() => bigint>([
      [25, () => 0n],
      [30, () => this.random.between(1n, 20n)],
      [25, () => this.random.between(20n, 7_200n)],
      [16, () => this.random.between(7_200n, 20n * 86_400n)],
      [3, () => this.random.between(20n * 86_400n, 200n * 86_400n)],
      [1, () => this.random.between(365n * 86_400n, 2n * 365n * 86_400n)],
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
    return this.stage.oracles.get(this.world.facility(facility.number).oracle)?.priceE36 ?? 0n;
  }

  #loan(mine: Address | undefined): bigint {
    const { random, world } = this;
    const open = [...world.loans.keys()];
    const own = mine === undefined ? open : open.filter((id) => world.ownerOf(id) === mine);
    if (own.length > 0 && random.chance(0.85)) return random.pick(own);
    const all = [...this.loans];
    return all.length > 0 ? random.pick(all) : machine.encodeLoanId(random.pick(this.stage.actors).address, 1n, 0n);
  }

  #stagedOf(id: bigint): StagedFacility {
    const number = machine.facilityNumberOf(id);
    return this.stage.facilities.find((f) => f.number === number) ?? this.random.pick(this.stage.facilities);
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
    const offered = [...this.world.offers.entries()].some(([, to]) => to === caller);
    const choice = random.weighted<() => Move>([
      [this.world.loans.size < 12 ? 60 : 12, () => this.#open(caller, callback())],
      [9, () => this.#draw(caller, now)],
      [9, () => this.#repay(caller, now, callback())],
      [5, () => this.#topUp(callback())],
      [8, () => this.#withdraw(caller, now)],
      [4, () => this.#moves.close(this.#loan(caller), this.#receiver(caller), callback())],
      [6, () => this.#transferLoan(caller)],
      [offered ? 30 : 2, () => this.#acceptLoan(caller, now)],
      [4, () => this.#authorise(caller, now)],
      [1, () => this.#moves.useNonce()],
      [this.#sick(now).length > 0 ? 25 : 6, () => this.#liquidate(now, callback())],
      [16, () => this.#lend(caller, now)],
      [2, () => this.#moves.accrue(random.pick(this.stage.facilities).pool)],
      [4, () => this.#moveTokens(caller)],
      [3, () => this.#approve()],
    ]);
    return choice();
  }

  #open(caller: Address, calls: readonly PuppetCall[] | undefined): Move {
    const { random } = this;
    const f = random.pick(this.stage.facilities);
    const { maxLtvBps, minDebt } = this.world.facility(f.number);
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
    const salt = random.chance(0.1) && this.#salt > 0n ? random.between(0n, this.#salt) : this.#salt++;
    const facility = random.chance(0.02) ? 99n : f.number;
    const id = machine.encodeLoanId(caller, facility, salt);
    if (facility === f.number) this.loans.add(id);
    return this.#moves.open({ facility, salt, collateral, principal, receiver: this.#receiver(caller) }, calls);
  }

  #headroom(id: bigint, now: bigint): bigint {
    const { world } = this;
    const loan = world.loans.get(id);
    if (loan === undefined) return 0n;
    const value = (loan.collateral * this.#priceOf(this.#stagedOf(id))) / PRICE_SCALE;
    const most = (value * world.facilityOfLoan(id).maxLtvBps) / 10_000n;
    const debt = machine.debtOf(world, id, now);
    return most > debt ? most - debt : 0n;
  }

  /** Mostly no more than the pool has, so that a history does not stick at full utilisation. */
  #affordable(pool: Address, wanted: bigint): bigint {
    const { cash } = this.world.pool(pool);
    return cash < wanted && this.random.chance(0.8) ? cash : wanted;
  }

  #draw(caller: Address, now: bigint): Move {
    const id = this.#loan(this.random.chance(0.7) ? caller : undefined);
    const most = this.#affordable(this.#stagedOf(id).pool, this.#headroom(id, now));
    return this.#moves.draw(id, this.#around(most), this.#receiver(caller));
  }

  #repay(caller: Address, now: bigint, calls: readonly PuppetCall[] | undefined): Move {
    const id = this.#loan(this.random.chance(0.6) ? caller : undefined);
    const debt = machine.debtOf(this.world, id, now);
    const { minDebt } = this.world.facilityOfLoan(id);
    const assets = this.random.chance(0.15) && debt > minDebt ? debt - minDebt + 1n : this.#around(debt);
    return this.#moves.repay(id, assets, calls);
  }

  #topUp(calls: readonly PuppetCall[] | undefined): Move {
    const id = this.#loan(undefined);
    const { collateralUnit } = this.#stagedOf(id);
    return this.#moves.topUp(id, this.#around(collateralUnit / 50n), calls);
  }

  #withdraw(caller: Address, now: bigint): Move {
    const id = this.#loan(this.random.chance(0.8) ? caller : undefined);
    const price = this.#priceOf(this.#stagedOf(id));
    const { maxLtvBps } = this.world.facilityOfLoan(id);
    const free = (((this.#headroom(id, now) * 10_000n) / (maxLtvBps + 1n)) * PRICE_SCALE) / (price + 1n);
    const collateral = this.random.chance(0.2) ? (this.world.loans.get(id)?.collateral ?? 1n) : free;
    return this.#moves.withdraw(id, this.#around(collateral), this.#receiver(caller));
  }

  #transferLoan(caller: Address): Move {
    const to = this.random.chance(0.15) ? machine.ZERO_ADDRESS : this.random.pick(this.stage.actors).address;
    return this.#moves.transferLoan(this.#loan(this.random.chance(0.85) ? caller : undefined), to);
  }

  #acceptLoan(caller: Address, now: bigint): Move {
    const { random, world } = this;
    const offered = [...world.offers.entries()].filter(([, to]) => to === caller).map(([id]) => id);
    const id = offered.length > 0 && random.chance(0.9) ? random.pick(offered) : this.#loan(undefined);
    const debt = machine.debtOf(world, id, now);
    const collateral = world.loans.get(id)?.collateral ?? 0n;
    const maxDebt = random.chance(0.8) ? debt : this.#around(debt);
    return this.#moves.acceptLoan(id, maxDebt, random.chance(0.8) ? collateral : this.#around(collateral));
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
    this.authorisations.add(authorisationKey(caller, f.number, operator));
    return this.#moves.setAuthorisation(f.number, operator, this.#newAuthorisation(f, now));
  }

  #sick(now: bigint): bigint[] {
    const { world } = this;
    return [...world.loans.keys()].filter((id) => {
      const value = ((world.loans.get(id)?.collateral ?? 0n) * this.#priceOf(this.#stagedOf(id))) / PRICE_SCALE;
      return machine.debtOf(world, id, now) > (value * world.facilityOfLoan(id).lltvBps) / 10_000n;
    });
  }

  #liquidate(now: bigint, calls: readonly PuppetCall[] | undefined): Move {
    const { random, world } = this;
    const sick = this.#sick(now);
    const id = sick.length > 0 && random.chance(0.9) ? random.pick(sick) : this.#loan(undefined);
    const debt = machine.debtOf(world, id, now);
    const maxRepaid = random.chance(0.4) ? MAX_UINT256 : this.#around(debt);
    const fair = (PRICE_SCALE * PRICE_SCALE) / (this.#priceOf(this.#stagedOf(id)) + 1n);
    const least = random.chance(0.6) ? 0n : (fair * random.between(95n, 110n)) / 100n;
    return this.#moves.liquidate(id, maxRepaid, least, calls);
  }

  #lend(caller: Address, now: bigint): Move {
    const { random, world, stage } = this;
    const entering = random.chance(0.55);
    const owner = random.chance(0.85) ? caller : random.pick(stage.actors).address;
    const lentTo = stage.facilities.filter(({ tranche }) => world.balance(tranche, owner) > 0n);
    const leaving = !entering && lentTo.length > 0;
    const { tranche, loanUnit, pool } = random.pick(leaving ? lentTo : stage.facilities);
    const shares = world.balance(tranche, owner);
    const owned = (shares * (machine.seniorNavOf(world, tranche, now) + 1n)) / (world.supply(tranche) + 1_000_000n);
    const { cash } = world.pool(pool);
    const worth = random.chance(0.7) && cash < owned ? cash : owned;
    const assets = random.between(loanUnit, 300_000n * loanUnit);
    if (leaving) {
      const to = this.#receiver(caller);
      return random.chance(0.5)
        ? this.#moves.withdrawAssets(tranche, this.#around(worth), to, owner)
        : this.#moves.redeem(tranche, this.#around(owned === 0n ? shares : (shares * worth) / owned), to, owner);
    }
    return random.weighted<() => Move>([
      [
        7,
        () => this.#moves.deposit(tranche, random.chance(0.9) ? assets : this.#around(assets), this.#receiver(caller)),
      ],
      [3, () => this.#moves.mint(tranche, this.#around(assets * 1_000_000n), this.#receiver(caller))],
    ])();
  }

  /** Donations to the contracts among them: they must change no decision. */
  #moveTokens(caller: Address): Move {
    const { random, stage, world } = this;
    const f = random.pick(stage.facilities);
    const token = random.pick([f.loanAsset, f.collateralAsset, f.tranche]);
    const to = random.pick([f.pool, f.vault, f.tranche, stage.deployment.manager, random.pick(stage.actors).address]);
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
      [f.loanAsset, f.tranche],
      [f.collateralAsset, f.vault],
      [f.tranche, operator],
      [f.tranche, operator],
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
    const signed: machine.SignedAuthorisation = {
      owner: owner.address,
      facility: f.number,
      operator: random.pick(stage.actors).address,
      authorisation: this.#newAuthorisation(f, now),
      deadline: random.chance(0.1) ? now - 1n : now + random.between(0n, 100n),
      signedNonce: random.chance(0.1) ? world.nonce(owner.address) + 1n : world.nonce(owner.address),
      signer: signer.address,
    };
    this.authorisations.add(authorisationKey(signed.owner, signed.facility, signed.operator));
    const { chainId } = await stage.ethers.provider.getNetwork();
    const domain = { name: "Ballast LoanManager", version: "1", chainId, verifyingContract: stage.deployment.manager };
    const uint = (name: string, bits: number): { name: string; type: string } => ({ name, type: `uint${bits}` });
    const types = {
      SetAuthorisation: [
        { name: "owner", type: "address" },
        uint("facility", 32),
        { name: "operator", type: "address" },
        uint("actions", 8),
        uint("expiresAt", 40),
        uint("cashLimit", 104),
        uint("collateralLimit", 104),
        uint("nonce", 256),
        uint("deadline", 256),
      ],
    };
    const { owner: from, facility, operator, authorisation, deadline, signedNonce: nonce } = signed;
    const message = { owner: from, facility, operator, ...authorisation, nonce, deadline };
    return this.#moves.setAuthorisationWithSig(signed, await signer.signer.signTypedData(domain, types, message));
  }

  /** A permit that is good, or was used, or is somebody else's; then what it was for. All or none, but for the permit. */
  async #permitAndTopUp(actor: Actor, now: bigint): Promise<Move> {
    const { random, stage } = this;
    if (actor.signer === undefined) throw new Error("only key holders sign");
    const id = this.#loan(undefined);
    const { collateralAsset: token, vault: spender, collateralUnit } = this.#stagedOf(id);
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
      { token, spender, value, deadline, valid: !late && !used },
      stage.ethers.Signature.from(signature),
    );
    return this.#moves.multicall([permit, this.#moves.topUp(id, random.chance(0.8) ? value : value + 1n)]);
  }

  // ---- settings ----

  #governance(): Step {
    const { random, stage, world } = this;
    const f = random.pick(stage.facilities);
    const facility = random.chance(0.05) ? 77n : f.number;
    const now = world.facility(f.number);
    const caps = { facility, cap: this.#near(now.cap), loanCap: this.#near(now.loanCap) };
    const maxLtv = { facility, maxLtvBps: random.chance(0.8) ? now.maxLtvBps : random.between(0n, 9_999n) };
    const gate = random.weighted<Address>([
      [6, machine.ZERO_ADDRESS],
      [3, stage.openGate],
      [1, f.loanAsset],
    ]);
    const { reserve } = machine.accruedPool(world, f.pool, world.pool(f.pool).accruedAt).pool;
    const g = this.#moves.govern.bind(this.#moves);
    const move = random.weighted<() => Move>([
      [
        1,
        () =>
          g("stopNewLoans", [facility], (tx, caller) => {
            machine.stopNewLoans(tx, caller, facility);
          }),
      ],
      [
        4,
        () =>
          g("resumeNewLoans", [facility], (tx, caller) => {
            machine.resumeNewLoans(tx, caller, facility);
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
            machine.setGate(tx, caller, { facility, gate });
          }),
      ],
      [3, () => this.#moves.setReserveFee(f.pool, random.between(0n, 2_600n))],
      [3, () => this.#moves.collectReserve(f.pool, random.pick(stage.actors).address, this.#around(reserve))],
    ])();
    const stranger = random.chance(0.25) ? random.pick(stage.actors.filter(({ signer }) => signer)).address : undefined;
    return { sender: stranger ?? machine.toAddress(stage.admin.address), move };
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
      facility,
      cap: 3_000_000n * f.loanUnit,
      loanCap: this.random.pick([1_000_000n * f.loanUnit, 2n ** 96n - 1n]),
    };
    return this.#moves.govern("setCaps", [facility, args.cap, args.loanCap], (tx, caller) => {
      machine.setCaps(tx, caller, args);
    });
  }

  // ---- prices ----

  /** A new price for every oracle of one facility: a walk, now and then a crash, a refusal or a second opinion. */
  newPrices(): { oracle: Address; method: string; value: bigint | boolean }[] {
    const { random, stage } = this;
    const f = random.pick(stage.facilities);
    const oracle = this.world.facility(f.number).oracle;
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
    stage.oracles.set(oracle, { priceE36, refusing, secondE36 });
    return changes;
  }

  /** The spare oracle takes over at the same price, as the rules demand. */
  oracleSwitch(): { spare: Address; priceE36: bigint; step: Step } | undefined {
    const { random, stage, world } = this;
    const f = random.pick(stage.facilities);
    const current = world.facility(f.number).oracle;
    const state = stage.oracles.get(current);
    if (state === undefined || state.refusing) return undefined;
    const spare = f.oracles[0] === current ? f.oracles[1] : f.oracles[0];
    stage.oracles.set(spare, { priceE36: state.priceE36, secondE36: 0n, refusing: false });
    const move = this.#moves.govern("setOracle", [f.number, spare], (tx, caller) => {
      machine.setOracle(tx, caller, { facility: f.number, oracle: spare });
    });
    return { spare, priceE36: state.priceE36, step: { sender: machine.toAddress(stage.admin.address), move } };
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
