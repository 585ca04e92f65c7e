import { expect } from "chai";
import { MAX_UINT256, ModelInputError } from "../../../sdk/model/index.js";
import {
  type Address,
  type FacilityParams,
  type ModelEvent,
  Journal,
  Refusal,
  Table,
  World,
  accruePool,
  applyEvent,
  createFacility,
  deposit,
  encodeLoanId,
  execute,
  facilityNumberOf,
  openerOf,
  repay,
  replay,
  setAuthorisation,
  toAddress,
  toModelEvent,
} from "../../../sdk/model/machine/index.js";
import { allEvents } from "./history/chain.js";
import { Random } from "./history/random.js";
import { modelSnapshot } from "./history/snapshot.js";
import { setStage, surroundingsOf } from "./history/stage.js";
import { remembered } from "./made/journal.js";

const nothing = { loans: new Set<string>(), authorisations: new Set<string>() };

describe("model: the machine's own parts", () => {
  it("undoes writes to a savepoint, in any nesting, and keeps those released", () => {
    const journal = new Journal();
    const table = new Table<string, number>(journal);
    table.set("kept", 1);
    const outer = journal.savepoint();
    table.set("kept", 2);
    table.set("new", 3);
    const inner = journal.savepoint();
    table.delete("kept");
    table.set("new", 4);
    journal.rollBack(inner);
    expect(Object.fromEntries(table.entries())).to.deep.equal({ kept: 2, new: 3 });
    journal.savepoint();
    table.delete("new");
    journal.release();
    expect(table.size).to.equal(1);
    journal.rollBack(outer);
    expect(Object.fromEntries(table.entries())).to.deep.equal({ kept: 1 });
  });

  it("remembers nothing that nobody can undo any more", () => {
    const journal = new Journal();
    const table = new Table<string, number>(journal);
    const write = (): void => table.set("row", table.size + 1);
    write();
    expect(remembered(journal)).to.equal(0);
    write();
    expect(remembered(journal)).to.equal(0);
    journal.savepoint();
    write();
    expect(remembered(journal)).to.equal(1);
    journal.savepoint();
    write();
    journal.release();
    expect(remembered(journal)).to.equal(2);
    journal.release();
    expect(remembered(journal)).to.equal(0);
    write();
    expect(remembered(journal)).to.equal(0);
    const before = journal.savepoint();
    table.delete("no such row");
    expect(remembered(journal)).to.equal(0);
    journal.rollBack(before);
    expect([...table.keys()]).to.deep.equal(["row"]);
  });

  it("packs opener, facility and salt into a loan's id and takes them out again", () => {
    const opener = toAddress(`0x${"Ab".repeat(20)}`);
    const id = encodeLoanId(opener, 2n ** 32n - 1n, 2n ** 64n - 1n);
    expect(openerOf(id)).to.equal(opener);
    expect(facilityNumberOf(id)).to.equal(2n ** 32n - 1n);
    expect(encodeLoanId(`0x${"00".repeat(19)}09`, 7n, 5n)).to.equal((9n << 96n) + (7n << 64n) + 5n);
    expect(openerOf(encodeLoanId(`0x${"00".repeat(19)}01`, 1n, 0n))).to.equal(`0x${"00".repeat(19)}01`);
    expect(() => toAddress("0x12")).to.throw(ModelInputError, "address is 0x12");
  });

  it("reads logs as ethers and viem decode them, and refuses one decoded with another ABI", () => {
    const emitter = `0x${"Cd".repeat(20)}`;
    const args = { facility: 3, gate: `0x${"Ef".repeat(20)}` };
    const event = toModelEvent({ name: "GateSet", emitter, timestamp: 7, args });
    expect(event).to.deep.equal({
      name: "GateSet",
      emitter: emitter.toLowerCase(),
      timestamp: 7n,
      args: { facility: 3n, gate: args.gate.toLowerCase() },
    });
    // Hardhat's matchers take 3 for 3n.
    if (event?.name !== "GateSet") throw new Error("a GateSet is one");
    expect(typeof event.args.facility).to.equal("bigint");
    expect(toModelEvent({ name: "AuthorityUpdated", emitter, timestamp: 7, args: {} })).to.equal(undefined);
    expect(() => toModelEvent({ name: "GateSet", emitter, timestamp: 7, args: { id: 1n } })).to.throw(
      ModelInputError,
      "GateSet.facility",
    );
  });
});

describe("model: the machine on a real deployment", () => {
  for (const kind of ["revolving", "term"] as const) {
    it(`creates a ${kind} facility with the events of the contract, its gate not asked about the seed`, async () => {
      const stage = await setStage(new Random(1));
      const events = await allEvents(stage);
      const staged = stage.facilities.findLast(({ isTerm }) => isTerm === (kind === "term"));
      if (staged === undefined) throw new Error("the stage has facilities of both kinds");
      const { manager, number, tranches, loanAsset } = staged;
      const created = events.findLastIndex(({ name, emitter }) => name === "FacilityCreated" && emitter === manager);
      const event = events[created];
      if (event?.name !== "FacilityCreated") throw new Error("the stage creates facilities");
      const before = replay(stage.deployment, events.slice(0, created));
      // The transaction ends with the money for the last of the tranches, the only transfers of the loan asset in it.
      const fromCreation = events.slice(created);
      const transfers = fromCreation.flatMap(({ name, emitter }, i) =>
        name === "Transfer" && emitter === loanAsset ? [i] : [],
      );
      const ofCreation = fromCreation.slice(0, (transfers[tranches.length - 1] ?? 0) + 1);

      const seed = fromCreation.find(({ name }) => name === "Deposit");
      if (seed?.name !== "Deposit") throw new Error("a facility is seeded");
      const create = (change: Partial<FacilityParams>, seedAssets = seed.args.assets) =>
        execute(before, surroundingsOf(stage, event.timestamp), (tx) =>
          createFacility(tx, seed.args.sender, { manager, params: { ...event.args.params, ...change }, seedAssets }),
        );
      const refusal = (outcome: ReturnType<typeof create>): string => (outcome.ok ? "" : outcome.refusal.message);
      const [own, other] = kind === "term" ? [1n, 0n] : [0n, 1n];
      expect(refusal(create({ kind: other }))).to.equal(`InvalidFacility(kind, ${other}, ${own}, ${own})`);
      expect(refusal(create({ minDebt: 0n }))).to.match(/^InvalidFacility\(minDebt, 0, 1, /);
      expect(refusal(create({}, 0n))).to.equal("ZeroAmount()");
      const { facilities, firstNumber } = before.register(manager);
      expect(firstNumber + BigInt(facilities.size)).to.equal(number);

      // The loan asset is a contract that is no gate, so it would refuse; the seed has no owner it could be asked about.
      const outcome = create({ gate: loanAsset });
      if (!outcome.ok) throw outcome.refusal;
      const params = before.register(manager).facility(number);
      const withParams = (e: ModelEvent): ModelEvent =>
        e.name === "FacilityCreated" ? { ...e, args: { ...e.args, params } } : e;
      expect(outcome.events.map(withParams)).to.deep.equal(ofCreation.map(withParams));
    });
  }

  it("leaves nothing of a refused action, nor of the calls before it in one transaction", async () => {
    const stage = await setStage(new Random(2));
    const world = replay(stage.deployment, await allEvents(stage));
    const snapshot = modelSnapshot(stage, world, nothing);
    const [f] = stage.facilities;
    const [actor] = stage.actors;
    const tranche = f?.tranches[0];
    if (f === undefined || actor === undefined || tranche === undefined)
      throw new Error("the stage has facilities and actors");
    const later = surroundingsOf(stage, world.pool(f.pool).accruedAt + 1_000n);

    const outcome = execute(world, later, (tx) => {
      deposit(tx, actor.address, { tranche, assets: f.loanUnit, receiver: actor.address });
      accruePool(tx, f.pool);
      repay(tx, actor.address, { manager: f.manager, id: 5n, assets: MAX_UINT256 });
    });
    expect(outcome.ok).to.equal(false);
    if (!outcome.ok) expect(outcome.refusal).to.deep.include({ reason: "NoSuchLoan", values: [5n] });
    expect(modelSnapshot(stage, world, nothing)).to.deep.equal(snapshot);

    const survived = execute(world, later, (tx) => {
      const inner = tx.attempt(() => {
        tx.lock(f.pool);
        accruePool(tx, f.pool);
      });
      accruePool(tx, f.pool);
      return inner;
    });
    if (!survived.ok) throw survived.refusal;
    expect(survived.value).to.deep.include({ ok: false });
    expect(survived.events.map(({ name }) => name)).to.deep.equal(["Accrued"]);
  });

  it("believes only its own contracts", async () => {
    const stage = await setStage(new Random(3));
    const world = replay(stage.deployment, await allEvents(stage));
    const snapshot = modelSnapshot(stage, world, nothing);
    const stranger: Address = `0x${"11".repeat(20)}`;
    for (const event of await allEvents(stage)) applyEvent(world, { ...event, emitter: stranger });
    expect(modelSnapshot(stage, world, nothing)).to.deep.equal(snapshot);
  });

  it("passes on an error that is no refusal, and undoes what was written before it", () => {
    const manager: Address = `0x${"22".repeat(20)}`;
    const world = new World({ manager, pools: new Map(), vaults: new Map() });
    const owner: Address = `0x${"33".repeat(20)}`;
    const surroundings = {
      now: 1n,
      price: (): bigint => 1n,
      borrowPrice: (): bigint => 1n,
      liquidationPrice: (): bigint => 1n,
      graceEndsAt: (): bigint => 0n,
      gateReason: (): bigint => 0n,
      requiredJuniorUp: (): bigint => 0n,
      mayGovern: (): boolean => false,
    };
    const authorisation = { actions: 1n, expiresAt: 5n, cashLimit: 1n, collateralLimit: 1n };
    const broken = (): unknown =>
      execute(world, surroundings, (tx) => {
        setAuthorisation(tx, owner, { manager, facility: 1n, operator: manager, authorisation });
        throw new Error("a bug");
      });
    expect(broken).to.throw("a bug");
    expect(world.register(manager).authorisation(owner, 1n, manager).actions).to.equal(0n);
    expect(new Refusal("CapExceeded", 5n, 4n).message).to.equal("CapExceeded(5, 4)");
  });
});
