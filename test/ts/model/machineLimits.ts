// What histories seldom come by: a unit on either side of a limit, and who may not.
import { expect } from "chai";
import {
  type Address,
  type FacilityParams,
  type Transaction,
  type World,
  addTermSheet,
  createFacility,
  deposit,
  execute,
  mint,
  offeredRate,
  open,
  openTerm,
  quoteLiquidationOf,
  repay,
  replay,
  requestRedeem,
  retireTermSheet,
  rollOver,
  setAuthorisation,
  setCaps,
  setOracle,
  setReserveFee,
  topUp,
  withdraw,
} from "../../../sdk/model/machine/index.js";
import { MAX_UINT256 } from "../../../sdk/model/index.js";
import { allEvents } from "./history/chain.js";
import { Random } from "./history/random.js";
import { type Stage, type StagedFacility, setStage, sheetsOf, surroundingsOf } from "./history/stage.js";

const DAY = 86_400n;
const AGREEMENT = `0x${"00".repeat(32)}`;

/** A deployment, its log replayed, and short words for acting on it; whatever is tried is undone. */
class Scene {
  readonly now: bigint;

  private constructor(
    readonly stage: Stage,
    readonly world: World,
    readonly events: Awaited<ReturnType<typeof allEvents>>,
  ) {
    this.now = (events.at(-1)?.timestamp ?? 0n) + 1n;
  }

  static async set(): Promise<Scene> {
    const stage = await setStage(new Random(5));
    const events = await allEvents(stage);
    return new Scene(stage, replay(stage.deployment, events), events);
  }

  get admin(): Address {
    return this.stage.admin.address.toLowerCase() as Address;
  }

  get borrower(): Address {
    return this.actor(0);
  }

  get stranger(): Address {
    return this.actor(1);
  }

  facility(isTerm: boolean): StagedFacility {
    const found = this.stage.facilities.find((one) => one.isTerm === isTerm);
    if (found === undefined) throw new Error("the stage has facilities of both kinds");
    return found;
  }

  /** How it ended: "" where it went through, else the refusal in full. Undone either way. */
  try(act: (tx: Transaction) => unknown, at = this.now): string {
    try {
      const outcome = execute(this.world, surroundingsOf(this.stage, at), (tx) => {
        act(tx);
        throw new Done();
      });
      if (outcome.ok) throw new Error("nothing undid it");
      return outcome.refusal.message;
    } catch (error) {
      if (error instanceof Done) return "";
      throw error;
    }
  }

  private actor(at: number): Address {
    const actor = this.stage.actors[at];
    if (actor === undefined) throw new Error("the stage has actors");
    return actor.address;
  }
}

class Done extends Error {}

describe("model: the machine at its limits", () => {
  let scene: Scene;
  before(async () => (scene = await Scene.set()));

  it("refuses a facility's terms a unit beyond each limit, naming it, and takes the limits themselves", () => {
    const { world, events, admin } = scene;
    const { manager } = scene.facility(false);
    const created = events.find(({ name, emitter }) => name === "FacilityCreated" && emitter === manager);
    if (created?.name !== "FacilityCreated") throw new Error("the stage creates facilities");
    const { params } = created.args;
    const create = (change: Partial<FacilityParams>): string =>
      scene.try((tx) => createFacility(tx, admin, { manager, params: { ...params, ...change }, seedAssets: 1n }));
    // Whatever passes ends at the pool, which has a facility.
    const passed = `AlreadyInitialised(${world.pool(params.pool).facility})`;
    const { targetLtvBps: target, maxLtvBps: maxLtv, lltvBps: lltv, incentiveMinBps: least, minDebt } = params;
    const room = 100_000_000n / lltv - 10_000n;
    const limits: [keyof FacilityParams, bigint, bigint][] = [
      ["targetLtvBps", 1n, 10_000n],
      ["maxLtvBps", target + 1n, 10_000n],
      ["lltvBps", maxLtv + 1n, 10_000n],
      ["incentiveMaxBps", least, room],
      ["healthForMaxBps", 0n, 9_999n],
      ["rampSeconds", 1n, 2n ** 32n - 1n],
      ["minDebt", 1n, 2n ** 80n - 1n],
      ["loanCap", minDebt, 2n ** 96n - 1n],
    ];
    for (const [field, from, to] of limits) {
      const refusal = (value: bigint): string => `InvalidFacility(${field}, ${value}, ${from}, ${to})`;
      for (const value of from === 0n ? [to + 1n] : [from - 1n, to + 1n])
        expect(create({ [field]: value }), field).to.equal(refusal(value));
      // Next to a target or lltv at its own limit there is none for the others.
      for (const value of [from, to]) {
        const answer = create({ [field]: value });
        expect(answer, `${field} ${value}`).not.to.contain(`InvalidFacility(${field}`);
        if (!/Ltv/i.test(field) && field !== "minDebt") expect(answer, `${field} ${value}`).to.equal(passed);
      }
    }
    expect(create({})).to.equal(passed);
    expect(lltv).to.be.above(maxLtv);
    expect(scene.try((tx) => createFacility(tx, scene.stranger, { manager, params, seedAssets: 1n }))).to.match(
      /^AccessManagedUnauthorized/,
    );
  });

  it("replaces an oracle from the very second on, and for the governor alone", () => {
    const { manager, number: facility, oracles } = scene.facility(false);
    const { oracleSetAt } = scene.world.register(manager).facility(facility);
    const args = { manager, facility, oracle: oracles[1] };
    const at = (second: bigint): string => scene.try((tx) => setOracle(tx, scene.admin, args), second);
    const since = oracleSetAt + 7n * DAY;
    expect(at(since - 1n)).to.equal(`OracleSetTooSoon(${oracleSetAt}, ${7n * DAY})`);
    expect(at(since)).to.equal("");
    expect(scene.try((tx) => setOracle(tx, scene.stranger, args), since)).to.match(/^AccessManagedUnauthorized/);
  });

  it("refuses to change a fee, or to add a sheet, to whoever may not, and in the middle of an action", () => {
    const { pool } = scene.facility(true);
    const fee = (tx: Transaction, caller: Address): void => setReserveFee(tx, caller, { pool, reserveFeeBps: 2_500n });
    expect(scene.try((tx) => fee(tx, scene.admin))).to.equal("");
    expect(scene.try((tx) => fee(tx, scene.stranger))).to.match(/^AccessManagedUnauthorized/);
    const locked = scene.try((tx) => {
      tx.lock(pool);
      fee(tx, scene.admin);
    });
    expect(locked).to.match(/^FacilityLocked/);
    expect(scene.try((tx) => setReserveFee(tx, scene.admin, { pool, reserveFeeBps: 2_501n }))).to.equal(
      "FeeTooHigh(2501, 2500)",
    );
  });

  it("numbers 256 term sheets and no more, and retires one that there is", () => {
    const { pool, loanUnit } = scene.facility(true);
    const [terms] = sheetsOf(loanUnit, new Random(1));
    if (terms === undefined) throw new Error("there are sheets");
    const { length } = scene.world.sheets(pool);
    const fill = (tx: Transaction, upTo: number): void => {
      for (let at = length; at < upTo; at++)
        expect(addTermSheet(tx, scene.admin, { pool, terms })).to.equal(BigInt(at));
    };
    expect(scene.try((tx) => fill(tx, 256))).to.equal("");
    expect(scene.try((tx) => fill(tx, 257))).to.equal("TooManyTermSheets()");
    expect(scene.try((tx) => retireTermSheet(tx, scene.admin, { pool, sheet: BigInt(length) - 1n }))).to.equal("");
    expect(scene.try((tx) => retireTermSheet(tx, scene.admin, { pool, sheet: BigInt(length) }))).not.to.equal("");
  });

  it("opens a loan under an id once, ever, and says which", () => {
    const args = { facility: scene.facility(false).number, salt: 7_777n, ...small(scene.facility(false)) };
    const opened = (tx: Transaction): bigint => open(tx, scene.borrower, { ...args, receiver: scene.borrower });
    let id = 0n;
    expect(scene.try((tx) => (id = opened(tx)))).to.equal("");
    expect(scene.try((tx) => [opened(tx), opened(tx)])).to.equal(`LoanExists(${id})`);
    const term = (tx: Transaction): bigint => openTerm(tx, scene.borrower, termArguments(scene));
    let termId = 0n;
    expect(scene.try((tx) => (termId = term(tx)))).to.equal("");
    expect(termId).not.to.equal(0n);
    expect(scene.try((tx) => [term(tx), term(tx)])).to.equal(`LoanExists(${termId})`);
  });

  it("holds an operator to what it was given, fees and collateral included", () => {
    const { manager, number: facility, collateralUnit } = scene.facility(true);
    const given = (cashLimit: bigint, collateralLimit: bigint) => ({
      ...{ manager, facility, operator: scene.stranger },
      authorisation: { actions: 31n, expiresAt: scene.now + DAY, cashLimit, collateralLimit },
    });
    const roll = (cashLimit: bigint): string =>
      scene.try((tx) => {
        const args = termArguments(scene);
        const id = openTerm(tx, scene.borrower, args);
        setAuthorisation(tx, scene.borrower, given(cashLimit, 0n));
        // The fee for prepayment is what the operator has its owner owe.
        rollOver(tx, scene.stranger, { ...args, manager, id });
      });
    const fee = /^CashLimitExceeded\((\d+), 0\)$/.exec(roll(0n))?.[1];
    expect(fee, roll(0n)).not.to.equal(undefined);
    expect(roll(BigInt(fee ?? 0) - 1n)).to.equal(`CashLimitExceeded(${fee}, ${BigInt(fee ?? 0) - 1n})`);
    expect(roll(BigInt(fee ?? 0))).to.equal("");
    const take = (limit: bigint): string =>
      scene.try((tx) => {
        const id = openTerm(tx, scene.borrower, termArguments(scene));
        setAuthorisation(tx, scene.borrower, given(0n, limit));
        withdraw(tx, scene.stranger, { manager, id, collateral: collateralUnit / 100n, receiver: scene.stranger });
      });
    const wanted = collateralUnit / 100n;
    expect(take(wanted - 1n)).to.equal(`CollateralLimitExceeded(${wanted}, ${wanted - 1n})`);
    expect(take(wanted)).to.equal("");
  });

  it("refuses amounts that the contracts' fields do not hold, a unit beyond them", () => {
    const f = scene.facility(false);
    const most = 2n ** 96n - 1n;
    const topped = (collateral: bigint): string =>
      scene.try((tx) => {
        const args = { facility: f.number, salt: 7_778n, ...small(f), receiver: scene.borrower };
        const id = open(tx, scene.borrower, args);
        topUp(tx, scene.borrower, { manager: f.manager, id, collateral: collateral - args.collateral });
      });
    expect(topped(most + 1n)).to.equal(`SafeCastOverflowedUintDowncast(96, ${most + 1n})`);
    expect(topped(most)).not.to.contain("SafeCast");
    for (const tranche of f.tranches) {
      const lend = (assets: bigint): string =>
        scene.try((tx) => deposit(tx, scene.borrower, { tranche, assets, receiver: scene.borrower }));
      expect(lend(2n ** 112n)).to.equal(`SafeCastOverflowedUintDowncast(112, ${2n ** 112n})`);
      expect(lend(2n ** 112n - 1n)).to.match(/^(Panic|Overflow|SafeCast)/);
      const mintAll = scene.try((tx) =>
        mint(tx, scene.borrower, { tranche, shares: 2n ** 120n, receiver: scene.borrower }),
      );
      expect(mintAll).to.match(/^TooManyShares/);
    }
  });

  it("says what a mint costs, and what a liquidation would do of a loan that nobody may sell", () => {
    const f = scene.facility(false);
    const [tranche] = f.tranches;
    if (tranche === undefined) throw new Error("a facility has lenders");
    let cost = 0n;
    const shares = 10n ** 9n;
    expect(
      scene.try((tx) => (cost = mint(tx, scene.borrower, { tranche, shares, receiver: scene.borrower }))),
    ).to.equal("");
    expect(cost).to.be.above(0n);
    const quote = (maxRepaid: bigint): string =>
      scene.try((tx) => {
        const args = { facility: f.number, salt: 7_779n, ...small(f), receiver: scene.borrower };
        quoteLiquidationOf(tx, { manager: f.manager, id: open(tx, scene.borrower, args), maxRepaid });
      });
    expect(quote(MAX_UINT256)).to.match(/^NotLiquidatable\([1-9]/);
  });

  it("quotes no liquidation of a loan that owes nothing", () => {
    const f = scene.facility(false);
    const quoted = scene.try((tx) => {
      const args = { facility: f.number, salt: 7_781n, ...small(f), receiver: scene.borrower };
      const loan = { manager: f.manager, id: open(tx, scene.borrower, args) };
      repay(tx, scene.borrower, { ...loan, assets: MAX_UINT256 });
      quoteLiquidationOf(tx, { ...loan, maxRepaid: MAX_UINT256 });
    });
    expect(quoted).to.match(/^NotLiquidatable\(0, [1-9]/);
  });

  it("offers the rate that a loan of that size then gets, and none beyond the cash", () => {
    const f = scene.stage.facilities.find(
      ({ isTerm, pool }) => isTerm && scene.world.poolCode(pool).fixedRatePerSecond === 0n,
    );
    if (f === undefined) throw new Error("the stage has a term facility at the curve's rate");
    const { pool } = f;
    const args = termArguments(scene, f);
    let got = 0n;
    scene.try((tx) => {
      const id = openTerm(tx, scene.borrower, args);
      got = tx.world.register(args.manager).termLoans.get(id)?.loan.terms.annualRateWad ?? 0n;
    });
    expect(offeredRate(scene.world, pool, scene.now, 0n, args.principal)).to.equal(got);
    const { cash } = scene.world.pool(pool);
    expect(offeredRate(scene.world, pool, scene.now, 0n, cash)).to.be.above(got);
    expect(() => offeredRate(scene.world, pool, scene.now, 0n, cash + 1n)).to.throw(
      `InsufficientCash(${cash + 1n}, ${cash})`,
    );
  });

  it("lets a roll-over whose fee raises the debt come up to the cap of a loan, and no unit beyond", () => {
    const { manager, number: facility, loanUnit } = scene.facility(true);
    const args = termArguments(scene);
    const roll = (loanCap: bigint): string =>
      scene.try((tx) => {
        const id = openTerm(tx, scene.borrower, args);
        setCaps(tx, scene.admin, { manager, facility, cap: 3_000_000n * loanUnit, loanCap });
        rollOver(tx, scene.borrower, { ...args, manager, id });
      });
    const principal = BigInt(/^LoanCapExceeded\((\d+), /.exec(roll(args.principal))?.[1] ?? 0);
    expect(principal).to.be.above(args.principal);
    expect(roll(principal - 1n)).to.equal(`LoanCapExceeded(${principal}, ${principal - 1n})`);
    expect(roll(principal)).to.equal("");
  });

  it("begins no term loan after 2106, whose second no slot holds", () => {
    const last = 2n ** 32n - 1n;
    const begin = (at: bigint): string =>
      scene.try((tx) => openTerm(tx, scene.borrower, { ...termArguments(scene), deadline: at }), at);
    expect(begin(last)).to.equal("");
    expect(begin(last + 1n)).to.equal(`SafeCastOverflowedUintDowncast(32, ${last + 1n})`);
  });

  it("says so where it is asked for a pool that no event told of", () => {
    expect(() => scene.world.pool(scene.stranger)).to.throw(`no event of pool ${scene.stranger}`);
  });

  it("lets no request below the least wait, and one of just that", () => {
    const f = scene.stage.facilities.find((one) => one.queue !== undefined && !one.isTerm && !one.hasCapital);
    const [senior] = f?.tranches ?? [];
    if (f?.queue === undefined || senior === undefined) throw new Error("the stage has queues");
    const { queue } = f;
    const { leastShares } = scene.world.queue(queue);
    const ask = (shares: bigint): string =>
      scene.try((tx) => {
        deposit(tx, scene.borrower, { tranche: senior, assets: 50_000n * f.loanUnit, receiver: scene.borrower });
        const owner = scene.borrower;
        // All cash is lent out, so that whoever asks must wait.
        const { cash: principal } = tx.world.pool(f.pool);
        const loan = { facility: f.number, salt: 7_780n, collateral: 14n * f.collateralUnit, principal };
        open(tx, owner, { ...loan, receiver: owner });
        const all = tx.world.balance(senior, owner) - shares;
        requestRedeem(tx, owner, { queue, shares: all, controller: owner, owner });
        requestRedeem(tx, owner, { queue, shares, controller: owner, owner });
      });
    expect(ask(leastShares - 1n)).to.equal(`RequestTooSmall(${leastShares - 1n}, ${leastShares})`);
    expect(ask(leastShares)).to.equal("");
  });
});

/** A loan far from every limit. */
function small({ collateralUnit, loanUnit }: StagedFacility): { collateral: bigint; principal: bigint } {
  return { collateral: collateralUnit, principal: 1_000n * loanUnit };
}

function termArguments(scene: Scene, f = scene.facility(true)) {
  return {
    ...{ manager: f.manager, facility: f.number, salt: 7_777n, sheet: 0n, ...small(f), maxAnnualRate: MAX_UINT256 },
    ...{ deadline: scene.now, receiver: scene.borrower, agreement: AGREEMENT },
  };
}
