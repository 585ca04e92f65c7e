import { expect } from "chai";
import { Identity } from "../../../keeper/chain/identity.js";
import { Node } from "../../../keeper/chain/node.js";
import { RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";
import type { SupervisedRpc } from "../../../keeper/chain/supervisedRpc.js";
import { WrongChain } from "../../../keeper/errors.js";
import { FakeChain, FakeNode, FakeRevert } from "./support/fakeNode.js";
import { FaultProxy, REFUSALS } from "./support/faultProxy.js";
import { Cleanup, LOG, MANAGER, supervise, thrownBy, until } from "./support/watching.js";

const CALL = { to: MANAGER, data: "0x" };

describe("keeper: several endpoints as one", () => {
  const cleanup = new Cleanup();
  let chain: FakeChain;
  let a: FaultProxy;
  let b: FaultProxy;

  const proxied = async (of: FakeChain): Promise<FaultProxy> => {
    const node = cleanup.add(await FakeNode.start(of));
    return cleanup.add(await FaultProxy.start(node.url));
  };
  const blockOf = (answer: unknown): number => Number(answer);

  beforeEach(async () => {
    chain = new FakeChain();
    for (let block = 1; block <= 10; block++) chain.mine([LOG]);
    [a, b] = [await proxied(chain), await proxied(chain)];
  });
  afterEach(async () => cleanup.run());

  const calls = (proxy: FaultProxy): number => proxy.count("eth_call");
  const preferred = (rpc: SupervisedRpc): string | undefined =>
    rpc.report().find(({ state }) => state === "preferred")?.name;

  describe("one state for one decision", () => {
    it("fault K2: reads of a decision are of one block, though another endpoint has another block under its number", async () => {
      const forked = chain.fork();
      forked.reorganise(1);
      forked.mine([], { fork: "b" });
      for (const one of [chain, forked]) one.call = (_, block) => block.hash;
      const other = await proxied(forked);
      const rpc = supervise([other.url, a.url]);
      const node = new Node(rpc);
      node.pin(10, { hash: chain.newest.hash });
      const answers = await Promise.all(Array.from({ length: 8 }, async () => node.call(CALL, 10)));
      expect(new Set(answers)).to.deep.equal(new Set([chain.newest.hash]));
      expect(calls(other)).to.be.greaterThan(0);
    });

    it("fault K2: the same where blocks cannot be named by their hash", async () => {
      const forked = chain.fork();
      forked.reorganise(1);
      forked.mine([], { fork: "b" });
      const reverting = new FakeRevert("0xdead");
      forked.call = () => {
        throw reverting;
      };
      chain.call = (_, block) => block.hash;
      const [old, right] = [cleanup.add(await FakeNode.start(forked)), cleanup.add(await FakeNode.start(chain))];
      for (const one of [old, right]) one.knowsBlockHashes = false;
      const node = new Node(supervise([old.url, right.url]));
      node.pin(10, { hash: chain.newest.hash });
      expect(await node.call(CALL, 10), "not even a revert of another block is believed").to.equal(chain.newest.hash);
      expect(await node.call(CALL, 10)).to.equal(chain.newest.hash);
    });

    it("fault K2: an endpoint that alternates between two states is asked again until it has the block", async () => {
      a.inject({ kind: "alternate", blocks: 2 });
      const node = new Node(supervise([a.url]));
      node.pin(10, { hash: chain.newest.hash });
      for (let i = 0; i < 6; i++) expect(blockOf(await node.call(CALL, 10))).to.equal(10);
    });

    it("fault K2: an endpoint that lost blocks is passed over for one that has them", async () => {
      const rpc = supervise([a.url, b.url]);
      const node = new Node(rpc);
      await node.head();
      a.inject({ kind: "staleHead", blocks: 5 });
      // Each is asked itself, however quick the other is: b last, so that a's lag is known once a speaks again.
      for (const endpoint of [...rpc.endpoints, ...rpc.endpoints]) {
        await endpoint.request("eth_getBlockByNumber", ["latest", false]);
      }
      expect((await node.head())?.number).to.equal(10);
      expect(preferred(rpc)).to.equal("b");
      expect(rpc.report()[0]).to.include({ state: "lagging", lag: 5 });
    });

    it("reads of a block that nobody has are refused, not answered from another", async () => {
      const node = new Node(supervise([a.url, b.url]));
      node.pin(10, { hash: `0x${"77".repeat(32)}` });
      const error = await thrownBy(node.call(CALL, 10));
      expect(error).to.be.instanceOf(RpcError).and.to.have.property("kind", "not-here");
    });
  });

  describe("answers that are none", () => {
    for (const [what, fault] of [
      ["a page", REFUSALS.page],
      ["a cut connection", { kind: "cut" }],
      ["half an answer", { kind: "truncate" }],
      ["the answer to another request", { kind: "wrongId" }],
      ["an internal error with status 200", REFUSALS.internal],
      ["a rate limit in JSON", REFUSALS.rateLimited],
    ] as const) {
      it(`fault K3: ${what} from one, and the other is asked`, async () => {
        a.inject(fault);
        const node = new Node(supervise([a.url, b.url]));
        expect(blockOf(await node.call(CALL, 10))).to.equal(10);
        expect([calls(a), calls(b)]).to.deep.equal([1, 1]);
      });
    }

    it("fault K3: Retry-After is honoured: the only endpoint is left alone for so long, then asked", async () => {
      a.inject({ kind: "http", status: 429, headers: { "retry-after": "0.3" } }, { times: 1 });
      const node = new Node(supervise([a.url]));
      await node.call(CALL, 10);
      const [first, second] = a.requests;
      expect((second?.at ?? 0) - (first?.at ?? 0)).to.be.at.least(290);
    });

    it("fault K3: an endpoint that asks for a long pause is not asked meanwhile, and the caller is told", async () => {
      a.inject({ kind: "http", status: 429, headers: { "retry-after": "60" } });
      const node = new Node(supervise([a.url]));
      for (let i = 0; i < 3; i++) {
        expect(await thrownBy(node.call(CALL, 10)))
          .to.be.instanceOf(TransportError)
          .and.have.property("kind", "rate-limited");
      }
      expect(a.bodies).to.equal(1);
    });

    it("a revert is an answer and is not asked for again", async () => {
      chain.call = () => {
        throw new FakeRevert("0xdeadbeef");
      };
      const error = await thrownBy(new Node(supervise([a.url, b.url])).call(CALL, 10));
      expect(error).to.include({ isRevert: true, data: "0xdeadbeef" });
      expect([calls(a), calls(b)]).to.deep.equal([1, 0]);
    });
  });

  describe("answers that never come", () => {
    it("fault K4: a slow endpoint does not hold a read up: another is asked before the deadline", async () => {
      a.inject({ kind: "hang" });
      const node = new Node(supervise([a.url, b.url], { hedgeMs: 50 }, { timeoutMs: 20_000 }));
      const began = Date.now();
      expect(blockOf(await node.call(CALL, 10))).to.equal(10);
      expect(Date.now() - began).to.be.lessThan(10_000);
      expect([calls(a), calls(b)]).to.deep.equal([1, 1]);
    });

    it("fault K4: one that hangs again and again rests, is not asked meanwhile, and is taken back", async () => {
      const rpc = supervise([a.url, b.url], { hedgeMs: 20 }, { timeoutMs: 1_000 });
      const node = new Node(rpc);
      const hang = a.inject({ kind: "hang" });
      // A second endpoint answers at once, so the first is told to be ill only when its deadlines are over.
      for (let i = 0; i < 3; i++) await node.call(CALL, 10);
      await until(() => rpc.report()[0]?.state === "resting", "the rest");
      const before = a.bodies;
      for (let i = 0; i < 5; i++) await node.call(CALL, 10);
      expect(a.bodies).to.equal(before);
      expect(preferred(rpc)).to.equal("b");
      hang.remove();
      rpc.start();
      await until(() => rpc.report()[0]?.state === "standby", "the return");
      rpc.stop();
    });

    it("fault K4: alone, it is given up at its deadline", async () => {
      a.inject({ kind: "hang" });
      const error = await thrownBy(new Node(supervise([a.url], {}, { timeoutMs: 300 })).call(CALL, 10));
      expect(error).to.be.instanceOf(TransportError).and.to.have.property("kind", "timeout");
      expect(calls(a)).to.equal(1);
    });
  });

  it("fault K5: an endpoint whose chain stands still, while another's grows, is no longer preferred", async () => {
    const failovers: string[] = [];
    const rpc = supervise([a.url, b.url], { observer: { failover: (from, to) => failovers.push(`${from}>${to}`) } });
    const node = new Node(rpc);
    a.inject({ kind: "frozenHead", at: 10 });
    for (let block = 11; block <= 15; block++) chain.mine();
    expect((await node.head())?.number).to.equal(10);
    await rpc.probe();
    await node.head();
    expect((await node.head())?.number).to.equal(15);
    expect(failovers).to.deep.equal(["a>b"]);
  });

  describe("many reads in one body", () => {
    const reads = (node: Node, many: number): Promise<PromiseSettledResult<string>[]> =>
      Promise.allSettled(
        Array.from({ length: many }, async (_, at) => node.call({ to: MANAGER, data: `0x0${at % 10}` }, 10)),
      );

    it("reads put together go together", async () => {
      const answers = await reads(new Node(supervise([a.url])), 12);
      expect(answers.every(({ status }) => status === "fulfilled")).to.equal(true);
      expect(a.bodies).to.equal(1);
    });

    it("fault K9: one that reverts leaves the others their answers", async () => {
      chain.call = ({ data }) => {
        if (data === "0x03") throw new FakeRevert("0xbad0");
        return data;
      };
      const answers = await reads(new Node(supervise([a.url])), 6);
      expect(answers.map(({ status }) => status)).to.deep.equal(
        [0, 1, 2, 3, 4, 5].map((at) => (at === 3 ? "rejected" : "fulfilled")),
      );
      expect((answers[3] as PromiseRejectedResult).reason).to.include({ isRevert: true, data: "0xbad0" });
    });

    it("fault K9: a body too large for the endpoint is halved until it is not, and stays so", async () => {
      a.inject({ kind: "batchLimit", most: 3 });
      chain.call = ({ data }) => data;
      const node = new Node(supervise([a.url]));
      const answers = await reads(node, 10);
      expect(answers.map((one) => (one.status === "fulfilled" ? Number(one.value) : one.reason))).to.deep.equal([
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
      ]);
      const refused = a.struck.get("batchLimit");
      await reads(node, 10);
      expect(a.struck.get("batchLimit")).to.equal(refused);
    });

    it("fault K9: an endpoint that takes no batches at all is asked one by one", async () => {
      a.inject({ kind: "http", status: 413, body: "Request Entity Too Large" }, { inBatch: true });
      const answers = await reads(new Node(supervise([a.url])), 4);
      expect(answers.every(({ status }) => status === "fulfilled")).to.equal(true);
    });

    it("fault K7: answers in another order, or missing, go to their questions or nowhere", async () => {
      chain.call = ({ data }) => data;
      a.inject({ kind: "reorder" }, { times: 1 });
      const reversed = await reads(new Node(supervise([a.url])), 5);
      expect(reversed.map((one) => (one.status === "fulfilled" ? Number(one.value) : -1))).to.deep.equal([
        0, 1, 2, 3, 4,
      ]);
      expect(a.bodies).to.equal(1);
      a.inject({ kind: "wrongId" }, { inBatch: true, times: 1 });
      const repaired = await reads(new Node(supervise([a.url, b.url])), 5);
      expect(repaired.map((one) => (one.status === "fulfilled" ? Number(one.value) : -1))).to.deep.equal([
        0, 1, 2, 3, 4,
      ]);
    });
  });

  describe("who is asked at all", () => {
    const contracts = { LoanManager: MANAGER };
    beforeEach(() => chain.codes.set(MANAGER, "0x6001"));
    const right = async (node: Node): Promise<void> => {
      if ((await node.chainId()) !== 901n) throw new WrongChain("the chain id is not 901");
    };
    const identity = (): Identity => new Identity({ contracts, anchorBlock: 3, checkFirst: right });
    const judged = (urls: string[], known = identity()) => {
      const excluded: string[] = [];
      const rpc = supervise(urls, {
        verify: async (endpoint) => known.verify(endpoint),
        observer: { excluded: (name, why) => excluded.push(`${name}: ${why.message}`) },
      });
      return { rpc, node: new Node(rpc), excluded };
    };

    it("fault K10: at a failover an endpoint of another chain is left out, and the keeper goes on with the others", async () => {
      const c = await proxied(chain);
      b.inject({ kind: "chainId", id: 10 });
      const { node, rpc, excluded } = judged([a.url, b.url, c.url]);
      await rpc.ready();
      expect(blockOf(await node.call(CALL, 10))).to.equal(10);
      a.down();
      expect(blockOf(await node.call(CALL, 10))).to.equal(10);
      expect(calls(b)).to.equal(0);
      expect(excluded.join()).to.match(/^b: .*chain id.* not 901/);
      expect(rpc.report()[1]?.state).to.equal("excluded");
    });

    it("fault K10: other code behind the same address, or another history, is another chain", async () => {
      const c = await proxied(chain.fork());
      b.inject({ kind: "code", address: MANAGER, code: "0x6002" });
      const known = identity();
      await known.verify(supervise([a.url]));
      const { rpc, excluded } = judged([b.url], known);
      expect(await thrownBy(rpc.ready())).to.be.instanceOf(WrongChain);
      expect(excluded.join()).to.match(/code of the LoanManager/);
      const rewritten = new FakeChain();
      for (let block = 1; block <= 10; block++) rewritten.mine([], { fork: "z" });
      rewritten.codes.set(MANAGER, "0x6001");
      const z = await proxied(rewritten);
      expect(String(await thrownBy(judged([z.url], known).rpc.ready()))).to.match(/another block 3/);
      await judged([c.url], known).rpc.ready();
    });

    it("fault K10: one that was away is looked at before it is believed again; when none is right, nothing is asked", async () => {
      const { node, rpc } = judged([a.url]);
      await rpc.ready();
      await node.call(CALL, 10);
      a.down();
      for (let i = 0; i < 3; i++) await thrownBy(node.call(CALL, 10));
      a.up();
      a.inject({ kind: "code", address: MANAGER, code: "0x6002" });
      const before = calls(a);
      expect(await thrownBy(node.call(CALL, 10))).to.be.instanceOf(WrongChain);
      expect(await thrownBy(node.send("0x1234"))).to.be.instanceOf(WrongChain);
      expect([calls(a), chain.sent.length]).to.deep.equal([before, 0]);
    });

    it("one that cannot be checked yet is waited for, not condemned", async () => {
      a.inject(REFUSALS.internal, { times: 1 });
      const { rpc, excluded } = judged([a.url]);
      expect(await thrownBy(rpc.ready())).to.be.instanceOf(RpcError);
      await rpc.ready();
      expect(excluded).to.deep.equal([]);
    });
  });

  describe("signed transactions", () => {
    it("go to every endpoint, and are accepted when one accepts", async () => {
      a.inject(REFUSALS.internal);
      await new Node(supervise([a.url, b.url])).send("0x1234");
      expect([a.count("eth_sendRawTransaction"), b.count("eth_sendRawTransaction")]).to.deep.equal([1, 1]);
      expect(chain.sent).to.deep.equal(["0x1234"]);
    });

    it("that one refuses and another does not answer may have been sent: nobody says otherwise", async () => {
      a.inject(REFUSALS.noFunds);
      b.inject({ kind: "answerLost", how: "cut" });
      const error = await thrownBy(new Node(supervise([a.url, b.url])).send("0x1234"));
      expect(error).to.be.instanceOf(TransportError);
    });

    it("that one has already are there, whatever the other says", async () => {
      a.inject({ kind: "cut" });
      b.inject(REFUSALS.alreadyKnown);
      const error = await thrownBy(new Node(supervise([a.url, b.url])).send("0x1234"));
      expect(error).to.be.instanceOf(RpcError).and.to.have.property("reason", "already known");
    });

    it("are refused with the node's own words, and asked of one endpoint once", async () => {
      a.inject(REFUSALS.nonceTooLow);
      const error = await thrownBy(new Node(supervise([a.url])).send("0x1234"));
      expect(error).to.have.property("reason", "nonce too low: next nonce 5, tx nonce 4");
      a.clear();
      a.inject({ kind: "cut" });
      await thrownBy(new Node(supervise([a.url])).send("0x1234"));
      expect(a.count("eth_sendRawTransaction")).to.equal(2);
    });
  });
});
