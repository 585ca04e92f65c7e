import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { keccak256 } from "ethers";
import { FakeChain, FakeNode } from "./support/fakeNode.js";
import { type Fault, FaultProxy, REFUSALS } from "./support/faultProxy.js";

const LOG = { address: `0x${"aa".repeat(20)}`, topics: [`0x${"01".repeat(32)}`] };

/** That the proxy does what it says, or campaigns run against it show nothing. */
describe("keeper: the fault proxy", () => {
  let chain: FakeChain;
  let node: FakeNode;
  let proxy: FaultProxy;

  beforeEach(async () => {
    chain = new FakeChain();
    node = await FakeNode.start(chain);
    proxy = await FaultProxy.start(node.url);
    for (let block = 1; block <= 10; block++) chain.mine([LOG, LOG]);
  });
  afterEach(async () => {
    await proxy.stop();
    await node.stop();
  });

  const post = async (body: unknown, deadlineMs = 10_000): Promise<{ status: number; text: string }> => {
    const response = await fetch(proxy.url, {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    return { status: response.status, text: await response.text() };
  };
  const asked = (method: string, params: unknown[] = [], id = 1) => ({ jsonrpc: "2.0", id, method, params });
  const ask = async (method: string, params: unknown[] = []): Promise<{ result?: unknown; error?: unknown }> =>
    JSON.parse((await post(asked(method, params))).text) as { result?: unknown };
  const fails = async (promise: Promise<unknown>): Promise<boolean> =>
    promise.then(
      () => false,
      () => true,
    );

  it("passes everything unchanged without rules, batches too", async () => {
    expect((await ask("eth_blockNumber")).result).to.equal("0xa");
    const { text } = await post([asked("eth_chainId", [], 5), asked("eth_blockNumber", [], 6)]);
    const answers = JSON.parse(text) as { id: number; result: string }[];
    expect(answers.map(({ id, result }) => [id, result])).to.deep.equal([
      [5, "0x385"],
      [6, "0xa"],
    ]);
    expect([proxy.bodies, proxy.count("eth_blockNumber")]).to.deep.equal([2, 2]);
  });

  it("draws from its seed, counts, and stops after as many as were asked for", async () => {
    const pattern = async (seed: number): Promise<string> => {
      const one = await FaultProxy.start(node.url, { seed });
      const rule = one.inject(REFUSALS.internal, { chance: 0.5 });
      let seen = "";
      for (let i = 0; i < 24; i++) {
        const before = rule.fired;
        await fetch(one.url, { method: "POST", body: JSON.stringify(asked("eth_chainId")) });
        seen += rule.fired > before ? "x" : ".";
      }
      await one.stop();
      return seen;
    };
    const [first, again, other] = [await pattern(1), await pattern(1), await pattern(2)];
    expect(first).to.equal(again).and.to.not.equal(other);
    const rule = proxy.inject(REFUSALS.internal, { after: 1, times: 2, methods: ["eth_chainId"] });
    const errors: boolean[] = [];
    for (let i = 0; i < 4; i++) errors.push((await ask("eth_chainId")).error !== undefined);
    expect(errors).to.deep.equal([false, true, true, false]);
    expect([rule.fired, proxy.struck.get("error")]).to.deep.equal([2, 2]);
  });

  it("cuts, hangs, loses answers, truncates, mixes up, and answers in any status and words", async () => {
    const once = (fault: Fault): void => void proxy.inject(fault, { times: 1 });
    once({ kind: "cut" });
    expect(await fails(ask("eth_chainId"))).to.equal(true);
    once({ kind: "hang" });
    expect(await fails(post(asked("eth_chainId"), 100))).to.equal(true);
    once({ kind: "answerLost", how: "cut" });
    expect(await fails(ask("eth_sendRawTransaction", ["0x1234"]))).to.equal(true);
    expect(chain.sent).to.deep.equal(["0x1234"]);
    once({ kind: "swallow" });
    expect((await ask("eth_sendRawTransaction", ["0x5678"])).result).to.equal(keccak256("0x5678"));
    expect(chain.sent).to.deep.equal(["0x1234"]);
    once({ kind: "truncate" });
    expect(await fails(ask("eth_getBlockByNumber", ["latest", false]))).to.equal(true);
    once({ kind: "wrongId" });
    expect(await ask("eth_chainId")).to.include({ id: 999_999_999 });
    once(REFUSALS.tooManyRequests);
    expect((await post(asked("eth_chainId"))).status).to.equal(429);
    once(REFUSALS.nonceTooLow);
    expect((await ask("eth_sendRawTransaction", ["0x00"])).error).to.have.property("code", -32000);
    once({ kind: "chainId", id: 10 });
    expect((await ask("eth_chainId")).result).to.equal("0xa");
    once({ kind: "duplicate" });
    await ask("eth_sendRawTransaction", ["0x99"]);
    expect(chain.sent).to.deep.equal(["0x1234", "0x99", "0x99"]);
    const began = Date.now();
    once({ kind: "delay", ms: [50, 60] });
    await ask("eth_chainId");
    expect(Date.now() - began).to.be.at.least(49);
  });

  it("shows a chain that is behind, alternates or is frozen, the same to every method", async () => {
    const old = proxy.inject({ kind: "staleHead", blocks: 3 });
    expect((await ask("eth_blockNumber")).result).to.equal("0x7");
    expect((await ask("eth_getBlockByNumber", ["latest", false])).result).to.have.property("number", "0x7");
    expect((await ask("eth_getBlockByNumber", ["0x8", false])).result).to.equal(null);
    expect((await ask("eth_getBlockByHash", [chain.newest.hash, false])).result).to.equal(null);
    expect(Number((await ask("eth_call", [{ to: LOG.address, data: "0x" }, "latest"])).result)).to.equal(7);
    expect((await ask("eth_call", [{}, "0x8"])).error).to.deep.equal({ code: -32000, message: "header not found" });
    expect((await ask("eth_call", [{}, { blockHash: chain.newest.hash }])).error).to.have.property("code", -32000);
    const { result } = await ask("eth_getLogs", [{ fromBlock: "0x6", toBlock: "0xa" }]);
    expect(result).to.have.length(4);
    old.remove();
    proxy.inject({ kind: "frozenHead" });
    await ask("eth_blockNumber");
    chain.mine();
    expect((await ask("eth_blockNumber")).result).to.equal("0xa");
    proxy.clear();
    proxy.inject({ kind: "alternate", blocks: 2 });
    const seen: unknown[] = [];
    for (let i = 0; i < 4; i++) seen.push((await ask("eth_blockNumber")).result);
    expect(seen).to.deep.equal(["0xb", "0x9", "0xb", "0x9"]);
  });

  it("withholds logs, of all blocks or of fresh ones", async () => {
    const count = async (): Promise<number> =>
      ((await ask("eth_getLogs", [{ fromBlock: "0x9", toBlock: "0xa" }])).result as unknown[]).length;
    const half = proxy.inject({ kind: "missingLogs", keep: 0.5 });
    expect(await count()).to.equal(2);
    half.remove();
    const fresh = proxy.inject({ kind: "missingLogs", keep: 0, freshBlocks: 1 });
    expect(await count()).to.equal(2);
    fresh.remove();
    proxy.inject({ kind: "missingLogs", keep: 0, freshMs: 60 });
    await sleep(70);
    chain.mine([LOG]);
    const recent = [{ fromBlock: "0xa", toBlock: "0xb" }];
    expect((await ask("eth_getLogs", recent)).result).to.have.length(2);
    await sleep(70);
    expect((await ask("eth_getLogs", recent)).result).to.have.length(3);
  });

  it("refuses large batches, spoils one item, and answers a batch in reverse", async () => {
    const batch = [1, 2, 3].map((id) => asked("eth_chainId", [], id));
    const limit = proxy.inject({ kind: "batchLimit", most: 2 });
    expect(JSON.parse((await post(batch)).text)).to.have.property("error");
    limit.remove();
    proxy.inject(REFUSALS.reverted, { inBatch: true, after: 1, times: 1 });
    const spoilt = JSON.parse((await post(batch)).text) as object[];
    expect(spoilt.map((one) => "error" in one)).to.deep.equal([false, true, false]);
    proxy.inject({ kind: "reorder" }, { times: 1 });
    const reversed = JSON.parse((await post(batch)).text) as { id: number }[];
    expect(reversed.map(({ id }) => id)).to.deep.equal([3, 2, 1]);
  });

  it("carries subscriptions over WebSocket, and spoils, silences and kills them", async () => {
    const socket = new WebSocket(proxy.wsUrl);
    await once(socket, "open");
    const heard: string[] = [];
    socket.addEventListener("message", ({ data }: MessageEvent<string>) => heard.push(data));
    const heads = (): number => heard.filter((text) => text.includes("eth_subscription")).length;
    socket.send(JSON.stringify(asked("eth_subscribe", ["newHeads"])));
    await until(() => heard.length === 1);
    chain.mine();
    await until(() => heads() === 1);
    proxy.inject({ kind: "duplicate" }, { methods: ["eth_subscription"], times: 1 });
    chain.mine();
    await until(() => heads() === 3);
    proxy.silenceSockets();
    chain.mine();
    socket.send(JSON.stringify(asked("eth_chainId")));
    await sleep(50);
    expect([heads(), socket.readyState]).to.deep.equal([3, WebSocket.OPEN]);
    proxy.killSockets();
    await once(socket, "close");
    proxy.down();
    expect(await fails(ask("eth_chainId"))).to.equal(true);
    proxy.up();
    expect((await ask("eth_chainId")).result).to.equal("0x385");
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 2_000; !condition(); await sleep(5)) {
    if (Date.now() > end) throw new Error("it did not come about within two seconds");
  }
}
