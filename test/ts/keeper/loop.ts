import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { pino } from "pino";
import { managerAt, read } from "../../../keeper/chain/contracts.js";
import { Node } from "../../../keeper/chain/node.js";
import { JsonRpc } from "../../../keeper/chain/rpc.js";
import { DrySender } from "../../../keeper/commands/drySender.js";
import { loadConfig } from "../../../keeper/config/load.js";
import type { Settled } from "../../../keeper/dispatch/pending.js";
import { Inconsistent } from "../../../keeper/errors.js";
import { Keeper } from "../../../keeper/keeper.js";
import { RollupFeeOracle } from "../../../keeper/plan/rollupFees.js";
import { Metrics } from "../../../keeper/serve/metrics.js";
import { Overseer } from "../../../keeper/serve/overseer.js";
import { JournalMisuse, StoreFailed } from "../../../keeper/store/errors.js";
import type { Deployment } from "../../../sdk/client/deployment.js";
import { FakeChain, FakeNode } from "./support/fakeNode.js";
import { Cleanup } from "./support/watching.js";

const address = (byte: string): string => `0x${byte.repeat(20)}`;
/** Nobody has opened a facility yet. */
const deployment: Deployment = {
  ...{ network: "test", chainId: 901, fromBlock: 0, loanManager: address("01"), termLoanManager: address("02") },
  ...{ termLoanBook: address("03"), liquidationEngine: address("04"), lens: address("05"), termLens: address("06") },
  ...{ accessManager: ZeroAddress, facilities: [], tokens: {} },
};

/** Sends nothing, and fails where it is told to. */
class Failing extends DrySender {
  readonly failures: Error[] = [];
  onTend: () => Promise<void> = () => Promise.resolve();

  override collect(): Promise<Settled[]> {
    const failure = this.failures.shift();
    return failure === undefined ? super.collect() : Promise.reject(failure);
  }

  override tend(): Promise<void> {
    return this.onTend();
  }
}

describe("keeper: the loop", () => {
  const cleanup = new Cleanup();
  afterEach(() => cleanup.run());

  /** A keeper on a chain in memory, told to stop once it has decided its newest block. */
  async function keeping() {
    const chain = new FakeChain();
    const node = new Node(new JsonRpc(cleanup.add(await FakeNode.start(chain)).url, 5_000));
    const log = pino({ level: "silent" });
    const config = loadConfig({ pollMs: "10" }, {});
    const sender = new Failing(node, address("0e"));
    const metrics = new Metrics();
    const overseer = new Overseer({
      ...{ config, mode: "run", network: "test", node, operators: [address("0e")], liquidator: address("1a") },
      ...{ metrics, log },
    });
    const calls: string[] = [];
    const keeper = new Keeper({
      ...{ config, deployment, liquidator: address("1a"), node, operators: [address("0e")], sender: () => sender },
      ...{ metrics, overseer, mode: "run", log, rollupFees: await RollupFeeOracle.on(node) },
      report: ({ type }) => {
        if (type === "decided") keeper.stop();
      },
      onFailed: () => calls.push(...overseer.alerts.running.map(({ kind, about }) => `${kind} ${about}`)),
    });
    return { calls, keeper, overseer, sender };
  }

  it("fault K30: a store that fails while a decision is taken is waited for, and said; then the decision is taken", async () => {
    const { calls, keeper, overseer, sender } = await keeping();
    sender.failures.push(new StoreFailed("the database is away"), new StoreFailed("the database is away"));
    await keeper.run();
    expect(keeper.status().decided?.number).to.equal(0);
    expect(calls).to.include("store-failing taking up the journal");
    expect(overseer.alerts.running.map(({ kind }) => kind)).to.not.include("store-failing");
  });

  it("fault K3: what is no answer of the contract asked is a fault of the node, and names both", async () => {
    const node = new Node({
      request: () => Promise.resolve("0x"),
      together: (all) => Promise.resolve(all.map(() => "0x")),
    });
    const error = await read(node, managerAt(address("01")), "engine", []).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Inconsistent);
    expect(String(error)).to.include(`0x is no answer of engine by ${address("01")}`);
  });

  it("ends with what nobody foresaw, also where nobody waits for it", async () => {
    const first = await keeping();
    first.sender.failures.push(new JournalMisuse("it cannot become signed"));
    expect(await first.keeper.run().catch((error: unknown) => error)).to.be.instanceOf(JournalMisuse);
    const second = await keeping();
    second.sender.onTend = () => Promise.reject(new JournalMisuse("it cannot become signed"));
    expect(await second.keeper.run().catch((error: unknown) => error)).to.be.instanceOf(JournalMisuse);
  });
});
