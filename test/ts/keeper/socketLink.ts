import { expect } from "chai";
import { Endpoint } from "../../../keeper/chain/endpoint.js";
import { Node } from "../../../keeper/chain/node.js";
import { type RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";
import { SocketLink, type SocketOptions } from "../../../keeper/chain/socketLink.js";
import { SUPERVISOR_DEFAULTS, SupervisedRpc } from "../../../keeper/chain/supervisedRpc.js";
import { announce } from "../../../keeper/watch/announce.js";
import { BlockStream } from "../../../keeper/watch/blockStream.js";
import { FakeChain, FakeNode, FakeRevert } from "./support/fakeNode.js";
import { FaultProxy, REFUSALS } from "./support/faultProxy.js";
import { Cleanup, MANAGER, supervise, thrownBy, until } from "./support/watching.js";

/** A socket that is dead is found out soon. */
const OPTIONS: SocketOptions = { beatMs: 150, restMs: 10, longestRestMs: 50, chainId: 901 };
/** One that lives is not taken for dead on a busy machine. */
const CALM: SocketOptions = { ...OPTIONS, beatMs: 10_000 };

describe("keeper: new blocks by socket", () => {
  const cleanup = new Cleanup();
  let chain: FakeChain;
  let proxy: FaultProxy;
  let seen: number[];
  let downs: string[];
  let stream: BlockStream;
  let polls: number;

  beforeEach(async () => {
    chain = new FakeChain();
    const node = cleanup.add(await FakeNode.start(chain));
    proxy = cleanup.add(await FaultProxy.start(node.url));
    [seen, downs, polls] = [[], [], 0];
  });
  afterEach(async () => cleanup.run());

  /** A stream that polls so rarely that what it shows in time came by the socket, or because the socket said to look. */
  const follow = (options: SocketOptions = OPTIONS): SocketLink => {
    const link = cleanup.add(new SocketLink(proxy.wsUrl, options));
    const rarely = { pollMs: 600_000, pushedPollMs: 600_000, regressPatienceMs: 5_000, stalledMs: 600_000 };
    stream = cleanup.add(
      new BlockStream(
        new Node(supervise([proxy.url])),
        { ...rarely, pendingView: false },
        { polled: () => (polls += 1) },
      ),
    );
    announce([link], stream, (why) => downs.push(why));
    void collect(stream, seen);
    link.start();
    return link;
  };

  it("shows each block as it is announced, without polling", async () => {
    const link = follow(CALM);
    await until(() => link.isLive && seen.length > 0);
    const polls = proxy.count("eth_getBlockByNumber");
    for (let block = 1; block <= 5; block++) {
      chain.mine();
      await until(() => seen.at(-1) === block, `block ${block}`);
    }
    expect(proxy.count("eth_getBlockByNumber"), "the poll at its opening may still be under way").to.be.at.most(
      polls + 1,
    );
  });

  it("fault K11: shows several blocks with one timestamp, each", async () => {
    const link = follow(CALM);
    await until(() => link.isLive && seen.length > 0);
    for (let block = 1; block <= 4; block++) {
      chain.mine([], { timestamp: 1_700_000_100 });
      await until(() => seen.at(-1) === block, `block ${block}`);
    }
  });

  it("fault K7: an announcement that comes twice, or late, is one block", async () => {
    const link = follow(CALM);
    await until(() => link.isLive && seen.length > 0);
    proxy.inject({ kind: "duplicate" }, { methods: ["eth_subscription"] });
    proxy.inject({ kind: "delay", ms: 100 }, { methods: ["eth_subscription"], times: 1 });
    chain.mine();
    chain.mine();
    chain.mine();
    await until(() => seen.at(-1) === 3, "block 3");
    const before = polls;
    stream.wake();
    await until(() => polls > before, "a poll for what was announced");
    await until(() => proxy.struck.get("duplicate") === 3 && proxy.struck.get("delay") === 1);
    chain.mine();
    await until(() => seen.at(-1) === 4, "block 4");
    expect(seen.filter((block, at) => seen.indexOf(block) !== at)).to.deep.equal([]);
    expect([...seen].sort((x, y) => x - y)).to.deep.equal(seen);
  });

  for (const [what, kill] of [
    ["is cut", (): void => proxy.killSockets()],
    ["dies silently", (): void => proxy.silenceSockets()],
    ["forgets its subscription", (): void => void proxy.inject({ kind: "hang" }, { methods: ["eth_subscription"] })],
  ] as const) {
    it(`fault K6: a socket that ${what} is replaced, subscribed again, and what was missed is looked for`, async () => {
      const link = follow();
      await until(() => link.isLive && seen.length > 0);
      kill();
      // Announced into the void; the beats of a deaf subscription tell of them.
      const mining = setInterval(() => chain.mine(), 40);
      await until(() => downs.length > 0, "the end of the socket").finally(() => clearInterval(mining));
      const missed = chain.mine().number;
      proxy.clear();
      await until(() => link.isLive, "another socket");
      await until(() => seen.at(-1) === missed, "the block that was missed");
      chain.mine();
      await until(() => seen.at(-1) === missed + 1, "the block after");
    });
  }

  it("fault K6: a subscription that is granted at the reconnect and never served is noticed", async () => {
    const link = follow();
    await until(() => link.isLive && seen.length > 0);
    proxy.inject({ kind: "deafSubscription" });
    proxy.killSockets();
    await until(() => proxy.struck.has("deafSubscription") && link.isLive, "the deaf one");
    const mining = setInterval(() => chain.mine(), 40);
    await until(() => downs.includes("the subscription is not served"), "its end").finally(() => clearInterval(mining));
    proxy.clear();
    await until(() => !link.isLive);
    await until(() => link.isLive, "another");
    const { number } = chain.mine();
    await until(() => seen.at(-1) === number, "a block by the new one");
  });

  it("fault K6: a node that is down for a while is connected to when it is back", async () => {
    const link = follow();
    await until(() => link.isLive);
    proxy.down();
    await until(() => downs.length > 2, "several attempts");
    chain.mine();
    proxy.up();
    await until(() => link.isLive && seen.at(-1) === 1);
  });

  it("fault K10: blocks of another chain are not shown", async () => {
    follow({ ...OPTIONS, chainId: 10 });
    await until(() => downs.length > 0);
    chain.mine();
    await until(() => downs.length > 2);
    expect(downs[0]).to.equal("it is of chain 901, not 10");
    expect(proxy.count("eth_subscribe")).to.equal(0);
  });

  describe("as the only way to a node", () => {
    const only = (timeoutMs = 1_000): { link: SocketLink; node: Node } => {
      const link = cleanup.add(new SocketLink(proxy.wsUrl, CALM));
      const limits = { timeoutMs, maxBatch: 20, failures: 3, restMs: 50, longestRestMs: 50 };
      const rpc = new SupervisedRpc([Endpoint.at("a", link.transport, limits)], SUPERVISOR_DEFAULTS);
      link.start();
      return { link, node: new Node(rpc) };
    };

    it("carries requests, alone and many at once, each with its own answer", async () => {
      const { link, node } = only();
      await until(() => link.isLive);
      chain.call = ({ data }) => {
        if (data === "0x02") throw new FakeRevert("0xbad0");
        return data;
      };
      const calls = ["0x01", "0x02", "0x03"].map(async (data) => node.call({ to: MANAGER, data }));
      const answers = await Promise.allSettled([...calls, node.chainId()]);
      expect(
        answers.map((one) =>
          one.status === "fulfilled" ? one.value : ((one.reason as RpcError).data ?? String(one.reason)),
        ),
      ).to.deep.equal(["0x01", "0xbad0", "0x03", 901n]);
    });

    it("fault K3: a page in place of an answer is no answer", async () => {
      const { link, node } = only();
      await until(() => link.isLive);
      proxy.inject(REFUSALS.page, { methods: ["eth_call"] });
      expect(await thrownBy(node.call({ to: MANAGER, data: "0x" }))).to.be.instanceOf(TransportError);
    });

    it("fault K6: what was asked when it died gets no answer, and does not wait for its deadline", async () => {
      const { link, node } = only(60_000);
      await until(() => link.isLive);
      proxy.inject({ kind: "hang" }, { methods: ["eth_sendRawTransaction"] });
      const sent = thrownBy(node.send("0x1234"));
      await until(() => proxy.struck.has("hang"));
      proxy.killSockets();
      expect(await sent).to.be.instanceOf(TransportError);
    });
  });
});

async function collect(stream: BlockStream, into: number[]): Promise<void> {
  for await (const { head } of stream) into.push(head.number);
}
