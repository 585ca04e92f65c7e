import { expect } from "chai";
import { hexlify } from "ethers";
import { type Head, type Log, Node } from "../../../keeper/chain/node.js";
import { Inconsistent } from "../../../keeper/errors.js";
import { Bloom, LogWatch } from "../../../keeper/watch/bloom.js";
import { CheckedLogs } from "../../../keeper/watch/checkedLogs.js";
import { FakeChain, FakeNode, bloomOf } from "./support/fakeNode.js";
import { FaultProxy } from "./support/faultProxy.js";
import { Cleanup, LOG, MANAGER, TOPIC, supervise, thrownBy } from "./support/watching.js";

const STRANGER = { address: `0x${"bb".repeat(20)}`, topics: [`0x${"02".repeat(32)}`] };

describe("keeper: logs that are checked", () => {
  const cleanup = new Cleanup();
  let chain: FakeChain;
  let a: FaultProxy;
  let b: FaultProxy;
  let checked: CheckedLogs;

  const headOf = (number: number): Head => {
    const block = chain.blocks[number];
    if (block === undefined) throw new RangeError(`no block ${number}`);
    const { hash, parentHash, timestamp, bloom } = block;
    return { number, hash, parentHash, timestamp: BigInt(timestamp), baseFeePerGas: 7n, logsBloom: bloom };
  };
  const open = (urls = [a.url], options: { patienceMs?: number[]; rescanBlocks?: number } = {}): CheckedLogs => {
    const node = new Node(supervise(urls, { hedgeMs: 10_000 }));
    const watch = new LogWatch([MANAGER], [TOPIC]);
    return new CheckedLogs(node, watch, [MANAGER], { patienceMs: [0, 10, 20], rescanBlocks: 8, ...options });
  };
  const ofBlock = (number: number): Promise<Log[]> => {
    const head = headOf(number);
    checked.follow(head);
    return checked.logs({ addresses: [MANAGER], range: { blockHash: head.hash } });
  };
  const ofRange = (from: number, to: number): Promise<Log[]> => {
    checked.follow(headOf(to));
    return checked.logs({ addresses: [MANAGER], range: { from, to } });
  };
  const blocks = (logs: readonly Log[]): number[] => logs.map(({ blockNumber }) => blockNumber);

  beforeEach(async () => {
    chain = new FakeChain();
    const node = cleanup.add(await FakeNode.start(chain));
    [a, b] = [cleanup.add(await FaultProxy.start(node.url)), cleanup.add(await FaultProxy.start(node.url))];
    checked = open();
  });
  afterEach(async () => cleanup.run());

  it("fault K1: a block whose bloom affirms logs and that has none yet is asked again until it has", async () => {
    chain.mine([LOG]);
    a.inject({ kind: "missingLogs", keep: 0 }, { times: 2 });
    expect(blocks(await ofBlock(1))).to.deep.equal([1]);
    expect([a.count("eth_getLogs"), checked.late]).to.deep.equal([3, 1]);
  });

  it("fault K1: it is asked elsewhere first, where there is elsewhere", async () => {
    chain.mine([LOG]);
    checked = open([a.url, b.url], { patienceMs: [0] });
    a.inject({ kind: "missingLogs", keep: 0 });
    expect(blocks(await ofBlock(1))).to.deep.equal([1]);
    expect([a.count("eth_getLogs"), b.count("eth_getLogs")]).to.deep.equal([1, 1]);
  });

  it("fault K1: patience ends, once a block: a bloom may affirm by chance", async () => {
    chain.mine([LOG]);
    a.inject({ kind: "missingLogs", keep: 0 });
    expect(await ofBlock(1)).to.deep.equal([]);
    expect(a.count("eth_getLogs")).to.equal(4);
    await ofBlock(1);
    expect(a.count("eth_getLogs")).to.equal(5);
  });

  it("fault K1: in a range, only the blocks that lack their logs are asked again", async () => {
    for (let block = 1; block <= 6; block++) chain.mine(block % 2 === 0 ? [LOG] : [STRANGER]);
    a.inject({ kind: "missingLogs", keep: 0.5 }, { times: 1 });
    expect(blocks(await ofRange(1, 6))).to.deep.equal([2, 4, 6]);
    expect([checked.late, a.count("eth_getLogs")]).to.deep.equal([2, 3]);
  });

  it("fault K1: an endpoint that does not have the range's last block yet gives no logs of it", async () => {
    for (let block = 1; block <= 100; block++) chain.mine([LOG]);
    a.inject({ kind: "staleHead", blocks: 2 });
    expect(await thrownBy(ofRange(98, 100))).to.be.instanceOf(Inconsistent);
    expect(await thrownBy(ofRange(1, 100))).to.be.instanceOf(Inconsistent);
    a.clear();
    expect(await ofRange(1, 100)).to.have.length(100);
  });

  it("fault K1: what only part of came is found when the newest blocks are read again", async () => {
    chain.mine([LOG]);
    chain.mine([LOG, LOG]);
    await ofBlock(1);
    a.inject({ kind: "missingLogs", keep: 0.5 }, { times: 1 });
    expect(await ofBlock(2)).to.have.length(1);
    chain.mine();
    await ofBlock(3);
    expect(await checked.rescan(headOf(3))).to.equal(2);
    await ofRange(2, 3);
    expect(await checked.rescan(headOf(3))).to.equal(undefined);
  });

  it("fault K8: a re-scan does not take another fork's logs for missing ones", async () => {
    chain.mine([]);
    await ofBlock(1);
    chain.reorganise(1);
    chain.mine([LOG], { fork: "b" });
    expect(await checked.rescan(headOf(1))).to.equal(undefined);
  });

  it("fault K8: logs of a chain that is not the head's are not taken", async () => {
    for (let block = 1; block <= 4; block++) chain.mine([LOG]);
    await ofBlock(1);
    const old = headOf(4);
    chain.reorganise(1);
    chain.mine([LOG], { fork: "b" });
    checked.follow(old);
    expect(String(await thrownBy(checked.logs({ addresses: [MANAGER], range: { from: 2, to: 4 } })))).to.match(
      /block 4 is/,
    );
    chain.reorganise(4);
    for (let block = 1; block <= 4; block++) chain.mine([LOG], { fork: "c" });
    checked.follow(headOf(4));
    expect(String(await thrownBy(checked.logs({ addresses: [MANAGER], range: { from: 2, to: 4 } })))).to.match(
      /block 2 follows/,
    );
  });

  it("asks for no logs where a bloom that proved right denies them", async () => {
    for (const logs of [[LOG], [], [STRANGER], [LOG]]) chain.mine(logs);
    expect(await ofBlock(1)).to.have.length(1);
    for (const block of [2, 3]) expect(await ofBlock(block)).to.deep.equal([]);
    expect(await ofBlock(4)).to.have.length(1);
    expect(a.count("eth_getLogs")).to.equal(2);
  });

  it("fault K1: blooms that are left empty, or were caught wrong, deny nothing", async () => {
    const empty = `0x${"00".repeat(256)}`;
    chain.mine([LOG]);
    chain.mine([LOG]);
    chain.blocks = chain.blocks.map((block) => (block.number === 2 ? { ...block, bloom: empty } : block));
    expect(await ofBlock(2), "not proved yet").to.have.length(1);
    chain.mine([LOG]);
    chain.mine([LOG]);
    chain.blocks = chain.blocks.map((block) => (block.number === 4 ? { ...block, bloom: empty } : block));
    checked = open();
    await ofBlock(3);
    expect(await ofBlock(4), "proved, and believed").to.deep.equal([]);
    expect(await checked.rescan(headOf(4))).to.equal(4);
    expect(await ofBlock(4), "caught").to.have.length(1);
  });
});

describe("keeper: blooms", () => {
  const watch = new LogWatch([MANAGER], [TOPIC]);
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      address: `0x${at.toString(16).padStart(40, "7")}`,
      topics: [`0x${at.toString(16).padStart(64, "5")}`],
    }));

  it("never deny what is there, and rarely affirm what is not", () => {
    let chance = 0;
    for (let others = 0; others < 60; others++) {
      expect(watch.expects(new Bloom(bloomOf([...many(others), LOG])))).to.equal("some");
      if (watch.expects(new Bloom(bloomOf(many(others)))) !== "none") chance += 1;
    }
    expect(chance).to.be.lessThan(3);
  });

  it("say nothing when they are full, or affirm the contract and none of its events", () => {
    expect(watch.expects(new Bloom(hexlify(new Uint8Array(256).fill(255))))).to.equal("unsure");
    expect(watch.expects(new Bloom(bloomOf([...many(2_000), LOG])))).to.equal("unsure");
    expect(watch.expects(new Bloom(bloomOf([{ address: MANAGER, topics: STRANGER.topics }])))).to.equal("unsure");
  });
});
