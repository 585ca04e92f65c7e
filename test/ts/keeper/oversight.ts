import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { pino } from "pino";
import type { Result } from "../../../keeper/account/books.js";
import { Node } from "../../../keeper/chain/node.js";
import { TransportError } from "../../../keeper/chain/rpcErrors.js";
import { loadConfig } from "../../../keeper/config/load.js";
import { Episodes } from "../../../keeper/episodes.js";
import { Alerts, type Notice } from "../../../keeper/serve/alerts/alerts.js";
import { Delivery } from "../../../keeper/serve/alerts/delivery.js";
import { posting, textOf } from "../../../keeper/serve/alerts/formats.js";
import { serve } from "../../../keeper/serve/http.js";
import { LeftLoans } from "../../../keeper/serve/leftLoans.js";
import type { LoanNote } from "../../../keeper/serve/loanNotes.js";
import { LoopWatch } from "../../../keeper/serve/loopWatch.js";
import { Metrics } from "../../../keeper/serve/metrics.js";
import { Overseer, type OverseerDeps } from "../../../keeper/serve/overseer.js";
import { Progress } from "../../../keeper/serve/progress.js";
import type { LeadershipReport, StatusReport, StatusSources } from "../../../keeper/serve/status.js";
import { type Stage, Trace } from "../../../keeper/serve/trace.js";
import { storeOn } from "../../../keeper/store/open.js";
import { SqliteFile } from "../../../keeper/store/sqlite.js";
import type { StoredResult } from "../../../keeper/store/store.js";
import { until } from "../devnet/support.js";

const ALONE: LeadershipReport = { role: "alone", holder: null, shards: [], fence: null };
const silent = pino({ level: "silent" });

/** A clock that a test moves. */
function manualClock(): { now: () => number; pass: (ms: number) => void } {
  let time = 1_000;
  return { now: () => time, pass: (ms) => void (time += ms) };
}

describe("keeper: progress", () => {
  it("fault K32: an await that never returns is found by what does not happen, and named", async () => {
    const clock = manualClock();
    const progress = new Progress({ stallMs: 5_000 }, clock.now);
    progress.decidedBlock(7);
    progress.polled();
    progress.enter("index");
    void new Promise(() => undefined);
    await Promise.resolve();
    clock.pass(4_999);
    expect(progress.health("")).to.deep.equal({ ok: true, reason: "block 7 is decided" });
    clock.pass(2);
    const { ok, reason } = progress.health("");
    expect(ok).to.equal(false);
    expect(reason).to.match(/no progress for 5001 ms; at most 5000 are allowed: "index" has not returned for 5001 ms/);
    expect(progress.ready(7, 2).ok).to.equal(false);
    progress.polled();
    expect(progress.health("").ok).to.equal(true);
  });

  it("fault K32: an event loop that stands still is noticed, and told of once it is over", async () => {
    const heard: number[] = [];
    const watch = new LoopWatch(500, (ms) => heard.push(ms));
    watch.start();
    await sleep(150);
    expect(heard).to.deep.equal([]);
    const start = performance.now();
    while (performance.now() < start + 900);
    await until(() => heard.length > 0, 2_000);
    watch.stop();
    expect(heard[0]).to.be.within(600, performance.now() - start);

    const clock = manualClock();
    const progress = new Progress({ stallMs: 5_000 }, clock.now);
    progress.decidedBlock(7);
    progress.loopBlocked(heard[0] ?? 0);
    expect(progress.health("").reason).to.match(/the event loop stood still for \d+ ms just now/);
    clock.pass(10_001);
    progress.polled();
    expect(progress.health("").ok).to.equal(true);
  });

  it("fault K32: decisions that all fail are no progress, however well the polls go", () => {
    const clock = manualClock();
    const progress = new Progress({ stallMs: 5_000 }, clock.now);
    progress.decidedBlock(7);
    for (let i = 0; i <= 6; i++) {
      progress.failed("eth_call: the method is not available");
      progress.polled();
      expect(progress.isStalled, `${i} s`).to.equal(i === 6);
      clock.pass(1_000);
    }
    expect(progress.health("").reason).to.match(/every decision has failed for 7000 ms.*eth_call/);
    progress.decidedBlock(8);
    expect(progress.health("").ok).to.equal(true);
  });

  it("is not healthy before the first decision or while halted, and ready only near the head", () => {
    const progress = new Progress({ stallMs: 5_000 });
    expect(progress.health("").reason).to.equal("no block is decided yet");
    progress.decidedBlock(10);
    expect(progress.health("halted for a reason")).to.deep.equal({ ok: false, reason: "halted for a reason" });
    expect(progress.ready(12, 2).ok).to.equal(true);
    expect(progress.ready(13, 2)).to.deep.equal({ ok: false, reason: "block 10 is decided, the head is 13: 3 behind" });
  });

  it("fault K31: says where the time goes: each stage since the one before it, each transaction for itself", () => {
    const clock = manualClock();
    const marks: [Stage, number, number][] = [];
    const sink = (stage: Stage, took: number, since: number): void => void marks.push([stage, took, since]);
    const trace = Trace.seen(sink, 100, clock.now, () => 102_500);
    clock.pass(20);
    trace.mark("indexed");
    clock.pass(30);
    trace.mark("judged");
    const [one, other] = [trace.fork(), trace.fork()];
    clock.pass(50);
    one.mark("planned");
    clock.pass(100);
    other.mark("planned");
    one.mark("sent");
    expect(marks).to.deep.equal([
      ["seen", 2.5, 0],
      ["indexed", 0.02, 0.02],
      ["judged", 0.03, 0.05],
      ["planned", 0.05, 0.1],
      ["planned", 0.15, 0.2],
      ["sent", 0.1, 0.2],
    ]);
    Trace.seen(sink, 200, clock.now, () => 102_500);
    expect(marks.at(-1), "fault K37: a slow clock makes no negative age").to.deep.equal(["seen", 0, 0]);
  });
});

describe("keeper: alerts", () => {
  it("fault K34: one message when an episode begins and one when it is over, however often it comes and goes", () => {
    const clock = manualClock();
    const sent: Notice[] = [];
    const alerts = new Alerts(silent, (notice) => void sent.push(notice), 30_000, clock.now);
    for (let i = 0; i < 1_000; i++) {
      alerts.begin("node-unserved", { why: `timeout ${i}` });
      clock.pass(10);
      alerts.end("node-unserved");
      clock.pass(10);
    }
    expect(sent.map(({ state }) => state)).to.deep.equal(["begin"]);
    expect(alerts.running).to.deep.equal([]);
    clock.pass(30_000);
    alerts.tick();
    expect(sent.map(({ state, times }) => [state, times])).to.deep.equal([
      ["begin", 1],
      ["end", 1_000],
    ]);
    alerts.begin("node-unserved", { why: "again" });
    expect(sent.at(-1)?.state).to.equal("begin");
  });

  it("keeps episodes of different things apart, and events without an end", () => {
    const sent: Notice[] = [];
    const alerts = new Alerts(silent, (notice) => void sent.push(notice));
    alerts.begin("endpoint-down", {}, "http://a.example");
    alerts.begin("endpoint-down", {}, "http://b.example");
    alerts.tell("took-over", { fence: "7" });
    expect(sent.map(({ kind, about, state }) => [kind, about, state])).to.deep.equal([
      ["endpoint-down", "http://a.example", "begin"],
      ["endpoint-down", "http://b.example", "begin"],
      ["took-over", "", "event"],
    ]);
    expect(alerts.running.map(({ about }) => about)).to.deep.equal(["http://a.example", "http://b.example"]);
  });

  it("calls people for an episode of which they are to hear, once, until it is over", () => {
    const clock = manualClock();
    const sent: Notice[] = [];
    const alerts = new Alerts(silent, (notice) => void sent.push(notice), 30_000, clock.now);
    const episodes = new Episodes(silent, clock.now, alerts);
    const call = { kind: "key-shared", about: "0x0e" } as const;
    for (let i = 0; i < 3; i++) episodes.begin("a stranger's transaction", { nonce: i }, call);
    episodes.begin("something of no interest to people", {});
    expect(sent.map(({ kind, about, state }) => [kind, about, state])).to.deep.equal([["key-shared", "0x0e", "begin"]]);
    expect(alerts.running[0]?.details).to.deep.equal({ what: "a stranger's transaction", nonce: 2 });
    episodes.end("a stranger's transaction");
    clock.pass(30_000);
    alerts.tick();
    expect(sent.at(-1)?.state).to.equal("end");
  });

  it("fault K27: a thousand loans that are left are one episode, and only after they were left for long", () => {
    const note = (subject: string, action = "left"): LoanNote => ({
      ...{ subject, action, reason: "", figures: {}, facility: 1, debt: 1n, isLiquidatable: true, expectedLoss: 0n },
    });
    const left = new LeftLoans(100);
    const many = Array.from({ length: 1_000 }, (_, index) => note(`loan ${index}`));
    expect(left.after(5, many)).to.deep.equal({ now: 1_000, long: [] });
    expect(left.after(104, many.slice(1)).long).to.have.length(0);
    expect(left.after(105, many).long, "the first was not left in between").to.have.length(999);
    expect(left.after(106, [note("loan 1", "pending")])).to.deep.equal({ now: 0, long: [] });
  });
});

describe("keeper: the overseer", () => {
  const head = (number: number) => ({
    ...{ number, hash: `0x${number}`, parentHash: "0x00", timestamp: 1_000n + BigInt(number), baseFeePerGas: 0n },
  });
  const loan = (change: Partial<LoanNote> = {}): LoanNote => ({
    ...{ subject: "loan 1", action: "left", reason: "unprofitable", figures: {}, facility: 1, debt: 500_000_000n },
    ...{ isLiquidatable: true, expectedLoss: 0n },
    ...change,
  });
  let now: number;
  let wei: bigint;
  let sources: StatusSources;
  let overseer: Overseer;
  let metrics: Metrics;
  const alerts = (): string[] =>
    overseer.alerts.running.map(({ kind, about }) => (about === "" ? kind : `${kind} ${about}`));
  const gauge = async (name: string): Promise<number[]> =>
    (await metrics.registry.getSingleMetric(name)?.get())?.values.map(({ value }) => value) ?? [];

  const deps = (): OverseerDeps => ({
    config: loadConfig({ leftBlocks: "10", alertMinDebt: "100", lowEther: "0.5" }, {}),
    ...{ mode: "run", network: "test", operators: ["0x0e"], liquidator: "0x1a", metrics, log: silent },
    node: new Node({
      request: (method, [at]) =>
        method === "eth_getBalance"
          ? Promise.resolve(`0x${wei.toString(16)}`)
          : method === "eth_getBlockByNumber"
            ? Promise.resolve(header(Number(at)))
            : Promise.reject(new TransportError(method, "not asked here")),
      together: () => Promise.reject(new TransportError("several", "not asked here")),
    }),
    sources: { leadership: () => sources.leadership?.() ?? ALONE, endpoints: () => sources.endpoints?.() ?? [] },
    wallClock: () => now,
  });
  const header = (number: number) => ({
    ...{ hash: `0x${number}`, number: `0x${number.toString(16)}`, parentHash: "0x00" },
    timestamp: `0x${(1_000 + number).toString(16)}`,
  });

  beforeEach(() => {
    now = 1_005;
    wei = 10n ** 18n;
    sources = {};
    metrics = new Metrics();
    overseer = new Overseer(deps());
    overseer.knows(1, "0xd0", { symbol: "USDX", decimals: 6 });
  });

  it("calls for a loan that matters and was left for long, not for dust; and for debt beyond rescue", () => {
    overseer.decided(head(1), [loan()], "", 0);
    overseer.decided(head(10), [loan()], "", 0);
    expect(alerts()).to.deep.equal([]);
    overseer.decided(head(11), [loan()], "", 0);
    expect(alerts()).to.deep.equal(["loans-left"]);
    overseer.decided(head(12), [loan({ action: "sent" })], "", 0);
    expect(alerts()).to.deep.equal([]);
    for (const block of [20, 40]) overseer.decided(head(block), [loan({ debt: 99_999_999n, expectedLoss: 5n })], "", 0);
    expect(alerts(), "below the least debt").to.deep.equal([]);
    overseer.decided(head(41), [loan({ action: "watch", isLiquidatable: false, expectedLoss: 5n })], "", 0);
    expect(alerts()).to.deep.equal(["bad-debt"]);
  });

  it("fault K21: says how often in a row nothing happened, and that it halted", async () => {
    overseer.decided(head(1), [], "", 2);
    expect([await gauge("ballast_keeper_without_effect"), overseer.health().ok]).to.deep.equal([[2], true]);
    overseer.decided(head(2), [], "3 transactions in a row succeeded without effect", 3);
    expect(alerts()).to.deep.equal(["halted"]);
    expect(overseer.health().reason).to.match(/3 transactions in a row/);
  });

  it("fault K29: knows what was booked of a transaction, over a restart, until its block is taken back", async () => {
    const store = await storeOn(SqliteFile.open(":memory:"), { chainId: 1n, loanManager: "0x22" });
    const first = new Overseer({ ...deps(), store });
    await first.start();
    const fees = { l2Gas: 5n, l1Data: 3n, operator: 1n };
    const booked = ["loan 1", "loan 2"].map((subject): Result => ({
      ...{ kind: "liquidate", subject, facility: 1, nonce: 0, hash: "0x01", block: 9, timestamp: now, fees },
      ...{ outcome: "race-lost", why: "NotLiquidatable", loanAsset: undefined, realised: undefined },
      feesInLoanAsset: undefined,
    }));
    first.booked(booked, fees);
    const both = { l2Gas: 10n, l1Data: 6n, operator: 2n };
    expect(first.feesBooked("0x01")).to.deep.equal(both);
    await first.close();
    const second = new Overseer({ ...deps(), store });
    await second.start();
    expect(second.feesBooked("0x01")).to.deep.equal(both);
    expect(second.feesBooked("0x02")).to.equal(undefined);
    second.rolledBackTo(8);
    expect(second.feesBooked("0x01")).to.equal(undefined);
    await second.close();
    await store.close();
  });

  it("fault K33: of what another keeper leads it writes nothing, takes nothing back and calls nobody", async () => {
    const store = await storeOn(SqliteFile.open(":memory:"), { chainId: 1n, loanManager: "0x22" });
    const two = new Overseer({ ...deps(), store });
    await two.start();
    const result = (facility: number): StoredResult => ({
      ...{ hash: `0x0${facility}`, subject: `loan ${facility}`, facility, kind: "liquidate", outcome: "done" },
      ...{ block: 9, timestamp: now, loanAsset: null, grossProfit: "0", feesWei: "0", feesInLoanAsset: null },
      details: {},
    });
    await store.results.put([result(1), result(2)]);
    const notes = [loan({ expectedLoss: 5n }), loan({ subject: "loan 2", facility: 2, expectedLoss: 5n })];
    const written = async (subject: string): Promise<string[]> =>
      (await store.decisions.about(subject, 9)).map(({ action }) => action);
    for (const block of [1, 40]) two.decided(head(block), notes, "", 0, () => false);
    two.rolledBackTo(8, []);
    expect(two.alerts.running).to.deep.equal([]);
    two.decided(head(41), notes, "", 0, (facility) => facility === 2);
    two.rolledBackTo(8, [2]);
    expect(two.alerts.running.map(({ kind }) => kind)).to.deep.equal(["bad-debt"]);
    // What it leads no more is not called healthy for that.
    two.decided(head(42), notes, "", 0, () => false);
    two.decided(head(43), [], "", 0, () => false);
    await two.close();
    expect([await written("loan 1"), await written("loan 2")]).to.deep.equal([[], ["left"]]);
    expect((await store.results.between(0, now + 1)).map(({ facility }) => facility)).to.deep.equal([1]);
    await store.close();
  });

  it("fault K33: who begins to lead compares the books from where the former leader came to, with what that one booked", async () => {
    const store = await storeOn(SqliteFile.open(":memory:"), { chainId: 1n, loanManager: "0x22" });
    const spend = (hash: string, block: number): StoredResult => ({
      ...{ hash, subject: "loan 1", facility: 1, kind: "liquidate", outcome: "race-lost", block, timestamp: now },
      ...{ loanAsset: null, grossProfit: "0", feesWei: "7", feesInLoanAsset: null, details: {} },
    });
    const standby = new Overseer({ ...deps(), store });
    await standby.start();
    const compared = async (): Promise<number | undefined> => {
      const kept = await store.snapshots.load("books-baseline");
      return kept === undefined ? undefined : (JSON.parse(kept.toString()) as { block: number }).block;
    };
    standby.decided(head(1), [], "", 0, () => false);
    await sleep(20);
    expect(await compared(), "a standby compares nothing").to.equal(undefined);
    const leader = new Overseer({ ...deps(), store });
    await leader.start();
    leader.decided(head(2), [], "", 0);
    expect(await until(async () => (await compared()) === 2, 2_000)).to.equal(true);
    wei -= 7n;
    await store.results.put([spend("0x01", 3)]);
    await leader.close();
    standby.decided(head(400), [], "", 0);
    expect(await until(async () => (await compared()) === 400, 2_000)).to.equal(true);
    await sleep(20);
    expect(standby.alerts.running).to.deep.equal([]);
    wei -= 1n;
    standby.decided(head(800), [], "", 0);
    expect(await until(() => Promise.resolve(standby.alerts.isRunning("books-differ")), 2_000)).to.equal(true);
    await standby.close();
    await store.close();
  });

  it("fault K37: says that clock and chain differ, whichever way", () => {
    overseer.headSaid(head(1));
    expect(alerts()).to.deep.equal([]);
    for (const wrong of [1_002 + 61, 1_003 - 61]) {
      now = wrong;
      overseer.headSaid(head(wrong > 1_000 ? 2 : 3));
      expect(alerts()).to.deep.equal(["clock-off"]);
      now = 1_004;
      overseer.headSaid(head(4));
      expect(alerts()).to.deep.equal([]);
    }
  });

  it("fault K19: calls before the ether is gone, for each account", () => {
    overseer.balance(499_999_999_999_999_999n, "0x0e");
    expect(alerts()).to.deep.equal(["low-balance 0x0e"]);
    overseer.balance(500_000_000_000_000_000n, "0x0e");
    expect(alerts()).to.deep.equal([]);
  });

  it("fault K19: looks at the ether of an account that has nothing to send, too", async () => {
    wei = 1n;
    overseer.decided(head(1), [], "", 0);
    expect(await until(() => Promise.resolve(alerts().length > 0), 2_000)).to.equal(true);
    expect(alerts()).to.deep.equal(["low-balance 0x0e"]);
  });

  it("says which node is down or foreign, and who leads", async () => {
    const endpoint = { endpoint: "http://a.example", head: 1, latencyMs: 1, note: null };
    sources = { endpoints: () => [{ ...endpoint, state: "foreign" }] };
    overseer.tick();
    expect(alerts()).to.deep.equal(["endpoint-foreign http://a.example"]);
    sources = { endpoints: () => [{ ...endpoint, state: "down" }], leadership: () => ({ ...ALONE, role: "leader" }) };
    overseer.tick();
    expect(alerts()).to.deep.equal(["endpoint-down http://a.example"]);
    sources = { leadership: () => ({ ...ALONE, role: "standby", holder: "b" }) };
    overseer.tick();
    expect(alerts()).to.include("leadership-lost");
    expect(await gauge("ballast_keeper_leader")).to.deep.equal([0]);
    sources = { leadership: () => ({ ...ALONE, role: "leader" }) };
    overseer.tick();
    expect(alerts()).to.not.include("leadership-lost");
    expect(await gauge("ballast_keeper_leader")).to.deep.equal([1]);
  });

  it("fault K31: shows heap, memory and handles, by which a day of running is judged", async () => {
    const names = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name);
    expect(names).to.include.members([
      ...[
        "process_resident_memory_bytes",
        "nodejs_heap_size_used_bytes",
        "nodejs_active_handles_total",
        "nodejs_eventloop_lag_p99_seconds",
      ],
    ]);
  });
});

describe("keeper: its page", () => {
  it("says that it cannot be drawn where that fails, and nothing else suffers", async () => {
    const well = { ok: true, reason: "" };
    const status = (): StatusReport => {
      throw new RangeError("not a number");
    };
    const server = await serve("127.0.0.1", 0, {
      ...{ health: () => well, ready: () => well, status, registry: new Metrics().registry },
    });
    const codes: number[] = [];
    for (const path of ["/", "/status", "/health"]) codes.push((await fetch(server.url + path)).status);
    expect(codes).to.deep.equal([500, 500, 200]);
    await server.close();
  });
});

describe("keeper: webhooks", () => {
  let server: Server;
  let url: string;
  let answers: (number | "hang" | "retry-after")[];
  const bodies: { path: string; body: Record<string, unknown> }[] = [];
  const outcomes: boolean[] = [];

  before(async () => {
    server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const answer = answers.shift() ?? 200;
        if (answer === "hang") return;
        bodies.push({ path: request.url ?? "", body: JSON.parse(text) as Record<string, unknown> });
        if (answer === "retry-after") response.writeHead(429, { "retry-after": "0" }).end();
        else response.writeHead(answer).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    answers = [];
    bodies.length = 0;
    outcomes.length = 0;
  });

  const notice: Notice = {
    ...{ kind: "low-balance", severity: "warning", state: "begin", about: "0x01", title: "little ether left" },
    ...{ remedy: "send ether", details: { wei: 5n }, times: 1, seconds: 0, at: "2026-01-31T00:00:00.000Z" },
  };
  const who = { network: "devnet", operator: "0x02" };
  const delivery = (log = silent, timeoutMs = 5_000): Delivery =>
    new Delivery(log, (isDelivered) => void outcomes.push(isDelivered), {
      ...{ timeoutMs, firstPauseMs: 5, longestPauseMs: 20 },
    });

  it("speaks as each place expects it: JSON, Slack, Telegram", async () => {
    const { alerts } = loadConfig(
      {},
      {
        BALLAST_KEEPER_ALERTS: JSON.stringify([
          { format: "json", url: `${url}/json` },
          { format: "slack", url: "env:SLACK" },
          { format: "telegram", token: "env:TOKEN", chat: "-42", api: url },
        ]),
      },
    );
    const environment = { SLACK: `${url}/slack`, TOKEN: "1:secret" };
    const to = delivery();
    for (const target of alerts) to.post(posting(target, who, environment)(notice));
    await to.close(20_000);
    const [json, slack, telegram] = bodies;
    expect(json?.path).to.equal("/json");
    expect(json?.body).to.deep.include({
      kind: "low-balance",
      state: "begin",
      network: "devnet",
      details: { wei: "5" },
    });
    expect(slack).to.deep.equal({ path: "/slack", body: { text: textOf(notice, who) } });
    expect(telegram?.path).to.equal("/bot1:secret/sendMessage");
    expect(telegram?.body).to.deep.equal({ chat_id: "-42", text: textOf(notice, who), disable_web_page_preview: true });
    expect(textOf(notice, who)).to.match(/little ether left: 0x01 \(low-balance\)\nwei: "5"\n.*\nTo do: send ether\./s);
    expect(textOf({ ...notice, state: "end", times: 3, seconds: 61.2 }, who)).to.match(/over: .*; 61 s, 3 times/);
    expect(textOf({ ...notice, details: { why: "x".repeat(9_000) } }, who).length).to.equal(3_500);
  });

  it("tries again until it is taken, in order, and never holds up who posts", async () => {
    answers = [500, "hang", "retry-after", 200];
    const to = delivery(silent, 1_000);
    const started = performance.now();
    to.post({ url, body: { n: 1 } });
    to.post({ url, body: { n: 2 } });
    expect(performance.now() - started).to.be.lessThan(100);
    await to.close(20_000);
    expect(bodies.map(({ body }) => body.n)).to.deep.equal([1, 1, 1, 2]);
    expect(outcomes).to.deep.equal([true, true]);
  });

  it("gives up what is refused for what it is, and goes on with the next", async () => {
    answers = [400];
    const to = delivery();
    to.post({ url, body: { n: 1 } });
    to.post({ url, body: { n: 2 } });
    await to.close(20_000);
    expect(outcomes).to.deep.equal([false, true]);
  });

  it("fault K36: says of a place that cannot be reached no more than its host", async () => {
    let said = "";
    const log = pino({ level: "trace" }, { write: (line: string) => void (said += line) });
    const to = delivery(log);
    to.post({ url: "http://127.0.0.1:9/bot1:secret/sendMessage", body: {} });
    await to.close(100);
    expect(said).to.contain("http://127.0.0.1:9/…").and.not.contain("secret");
  });
});
