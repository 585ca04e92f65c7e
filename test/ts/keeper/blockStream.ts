import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Node } from "../../../keeper/chain/node.js";
import { TransportError } from "../../../keeper/chain/rpcErrors.js";
import { BlockStream, type StreamOptions, type View } from "../../../keeper/watch/blockStream.js";
import { FakeChain, FakeNode } from "./support/fakeNode.js";
import { FaultProxy, REFUSALS } from "./support/faultProxy.js";
import { Cleanup, supervise, until } from "./support/watching.js";

const OPTIONS: StreamOptions = {
  pollMs: 5,
  pushedPollMs: 5,
  regressPatienceMs: 200,
  stalledMs: 80,
  pendingView: false,
};

describe("keeper: the stream of blocks", () => {
  const cleanup = new Cleanup();
  let chain: FakeChain;
  let proxy: FaultProxy;
  let views: View[];
  let notes: string[];
  let stream: BlockStream;

  const open = (options: Partial<StreamOptions> = {}): BlockStream => {
    const node = new Node(supervise([proxy.url]));
    stream = new BlockStream(
      node,
      { ...OPTIONS, ...options },
      {
        stalled: (head) => notes.push(`stalled at ${head.number}`),
        moving: (head) => notes.push(`moving at ${head.number}`),
        fault: (error) => notes.push(error instanceof TransportError ? "fault" : String(error)),
      },
    );
    return cleanup.add(stream);
  };
  const follow = (options: Partial<StreamOptions> = {}): void => {
    open(options);
    stream.start();
    void collect(stream, views);
  };
  const numbers = (): number[] => views.map(({ head }) => head.number);

  beforeEach(async () => {
    chain = new FakeChain();
    const node = cleanup.add(await FakeNode.start(chain));
    proxy = cleanup.add(await FaultProxy.start(node.url));
    [views, notes] = [[], []];
  });
  afterEach(async () => cleanup.run());

  it("shows every block once to who keeps up, and the newest to who does not", async () => {
    open().start();
    const slow: number[] = [];
    const reading = (async () => {
      for await (const { head } of stream) {
        slow.push(head.number);
        if (head.number === 0) {
          for (let block = 1; block <= 6; block++) chain.mine();
          await until(() => stream.head?.number === 6);
        }
        if (head.number >= 7) return;
      }
    })();
    await until(() => slow.includes(6));
    chain.mine();
    await reading;
    expect(slow).to.deep.equal([0, 6, 7]);
  });

  it("shows a view again when asked to, unless there is a newer one", async () => {
    open().start();
    const seen: number[] = [];
    for await (const view of stream) {
      seen.push(view.head.number);
      if (seen.length < 3) stream.again(view);
      else if (seen.length === 3) {
        stream.again(view);
        chain.mine();
        await until(() => stream.head?.number === 1);
        await sleep(20);
      } else break;
    }
    expect(seen).to.deep.equal([0, 0, 0, 1]);
  });

  it("shows a view again soon, however rarely the head is polled for", async () => {
    open({ pollMs: 600_000 }).start();
    let shown = 0;
    for await (const view of stream) {
      shown += 1;
      if (shown === 2) break;
      stream.again(view);
    }
    expect(shown).to.equal(2);
  });

  it("fault K2: polls that alternate between two states show nothing twice, and no lower block", async () => {
    for (let block = 1; block <= 5; block++) chain.mine();
    proxy.inject({ kind: "alternate", blocks: 3 });
    follow({ regressPatienceMs: 60_000 });
    await until(() => proxy.count("eth_getBlockByNumber") > 20);
    chain.mine();
    await until(() => numbers().at(-1) === 6);
    expect(numbers()).to.deep.equal([5, 6]);
  });

  it("fault K2: a chain that stays lower is believed after a while", async () => {
    for (let block = 1; block <= 5; block++) chain.mine();
    follow();
    await until(() => views.length === 1);
    proxy.inject({ kind: "staleHead", blocks: 2 });
    await until(() => numbers().at(-1) === 3);
    expect(numbers()).to.deep.equal([5, 3]);
  });

  it("fault K4: a poll without an answer is told, and the next is made", async () => {
    proxy.inject(REFUSALS.page, { times: 2 });
    follow();
    await until(() => views.length === 1);
    expect(notes).to.deep.equal(["fault"]);
  });

  it("fault K5: a chain that stands still while the node answers is told once, and its going on too", async () => {
    follow();
    await until(() => notes.length > 0, "the note");
    await sleep(150);
    chain.mine();
    await until(() => notes.length > 1, "the other note");
    expect(notes).to.deep.equal(["stalled at 0", "moving at 1"]);
  });

  it("fault K5: a node that is dead is not called a chain that stands still", async () => {
    follow();
    await until(() => views.length === 1);
    proxy.down();
    await until(() => notes.length > 5);
    expect(new Set(notes)).to.deep.equal(new Set(["fault"]));
  });

  it("fault K7: polls that overlap, come twice or out of order show each block once, in order", async () => {
    proxy.inject({ kind: "reorder", ms: 30 }, { chance: 0.3 });
    proxy.inject({ kind: "duplicate" }, { chance: 0.3 });
    follow();
    for (let block = 1; block <= 15; block++) {
      chain.mine();
      stream.wake();
      await until(() => numbers().at(-1) === block, `block ${block}`);
    }
    expect(numbers()).to.deep.equal(Array.from({ length: 16 }, (_, at) => at).slice(16 - views.length));
  });

  for (const depth of [1, 8]) {
    it(`fault K8: a reorganisation of ${depth} shows the new block, of the same height or higher`, async () => {
      for (let block = 1; block <= 10; block++) chain.mine();
      follow();
      await until(() => numbers().at(-1) === 10);
      chain.reorganise(depth);
      for (let block = 0; block < depth; block++) chain.mine([], { fork: "b" });
      await until(() => views.at(-1)?.head.hash === chain.newest.hash, "the new block");
      expect(chain.newest.number).to.equal(10);
    });
  }

  it("fault K11: blocks every few milliseconds under one timestamp are blocks like any other", async () => {
    follow();
    for (let block = 1; block <= 10; block++) {
      chain.mine([], { timestamp: 1_700_000_100 + Math.floor(block / 5) });
      await until(() => numbers().at(-1) === block, `block ${block}`);
    }
  });

  describe("the block being built", () => {
    const kinds = (): string[] => views.map(({ kind, head }) => `${kind} ${head.number}`);

    it("is shown as it grows, and gives way to the block itself", async () => {
      chain.pending = [];
      follow({ pendingView: true });
      await until(() => proxy.bodies > 5);
      expect(kinds(), "an empty one is no news").to.deep.equal(["latest 0"]);
      chain.pending = ["0x01"];
      await until(() => views.length === 2);
      chain.pending = ["0x01", "0x02"];
      await until(() => views.length === 3);
      chain.pending = [];
      chain.mine();
      await until(() => views.length === 4);
      expect(kinds()).to.deep.equal(["latest 0", "pending 1", "pending 1", "latest 1"]);
      expect(views[1]?.head.parentHash).to.equal(views[0]?.head.hash);
    });

    it("is not shown where the node offers none, or the operator wants none", async () => {
      follow({ pendingView: true });
      await until(() => proxy.bodies > 10);
      expect(kinds(), "the newest block again is no offer").to.deep.equal(["latest 0"]);
      stream.stop();
      views = [];
      chain.pending = ["0x01"];
      const before = proxy.bodies;
      follow();
      await until(() => proxy.bodies > before + 10);
      expect(kinds()).to.deep.equal(["latest 0"]);
    });

    it("costs one body a poll", async () => {
      chain.pending = ["0x01"];
      follow({ pendingView: true });
      await until(() => proxy.bodies > 10);
      expect(proxy.requests.length).to.be.within(2 * (proxy.bodies - 1), 2 * proxy.bodies);
    });
  });
});

async function collect(stream: BlockStream, into: View[]): Promise<void> {
  for await (const view of stream) into.push(view);
}
