import { expect } from "chai";
import { Transaction, Wallet } from "ethers";
import { pino } from "pino";
import { Dispatcher } from "../../../keeper/dispatch/dispatcher.js";
import type { Intent } from "../../../keeper/dispatch/intent.js";
import { FakeMemory, FakeMempool } from "./support/fakeMempool.js";

const wallet = new Wallet(`0x${"07".repeat(32)}`);
const log = pino({ level: "silent" });
const intent = (subject: string): Intent => ({
  kind: "liquidate",
  subjects: [subject],
  expectedEvents: 1,
  maxCostWei: 10n ** 18n,
  facility: 1,
  to: `0x${"11".repeat(20)}`,
  data: "0x1234",
  gasLimit: 500_000n,
});

async function start(chain = new FakeMempool(), memory = new FakeMemory()) {
  const time = { now: 0 };
  const wanted = { yes: true };
  const cap = { maxFeePerGas: 10n ** 15n };
  const dispatcher = new Dispatcher(
    chain,
    wallet,
    memory,
    {
      chainId: 901n,
      priorityFee: 1_000_000n,
      feeBumpPercent: 25n,
      replaceAfterBlocks: 3,
      replaceAfterMs: 2_000,
      maxFeePerGas: () => cap.maxFeePerGas,
      stillWanted: () => Promise.resolve(wanted.yes),
    },
    log,
    () => time.now,
  );
  await dispatcher.start();
  /** One decision's part that concerns what is pending. */
  const step = async (head = chain.head) => {
    time.now += 1_000;
    const settled = await dispatcher.collect(head);
    await dispatcher.tend(head);
    return settled;
  };
  return { chain, memory, dispatcher, step, wanted, cap, time };
}

describe("keeper: dispatcher", () => {
  it("counts nonces itself and reports each transaction once when it is mined", async () => {
    const { chain, dispatcher, step } = await start();
    for (const subject of ["a", "b", "c"])
      expect((await dispatcher.submit(intent(subject), chain.head)).ok).to.equal(true);
    expect(await step()).to.deep.equal([]);
    const settled = await step(chain.mine());
    expect(settled.map((one) => one.pending.intent.subjects[0])).to.deep.equal(["a", "b", "c"]);
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(dispatcher.pending).to.have.length(0);
  });

  it("fault K22: says that a loan's liquidation is under way until it is mined", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    expect(dispatcher.isPending("a")).to.equal(true);
    await step(chain.mine());
    expect(dispatcher.isPending("a")).to.equal(false);
  });

  for (const fault of ["rejected", "no-funds"] as const) {
    it(`fault K12: a send that failed (${fault}) gives its nonce back`, async () => {
      const { chain, dispatcher, step } = await start();
      chain.faults = [fault];
      expect((await dispatcher.submit(intent("a"), chain.head)).ok).to.equal(false);
      const second = await dispatcher.submit(intent("b"), chain.head);
      expect(second).to.include({ ok: true, nonce: 0 });
      expect(await step(chain.mine())).to.have.length(1);
    });
  }

  it("fault K13: nonce too low is answered with the chain's own count", async () => {
    const { chain, dispatcher, step } = await start();
    chain.foreign();
    chain.foreign();
    expect(await dispatcher.submit(intent("a"), chain.head)).to.include({ ok: true, nonce: 2 });
    expect(await step(chain.mine())).to.have.length(1);
  });

  it("fault K13: a transaction in the way is outbid, not given up", async () => {
    const chain = new FakeMempool();
    const { dispatcher } = await start(chain);
    const stranger = await wallet.signTransaction({
      ...{ chainId: 901, nonce: 0, to: wallet.address, gasLimit: 21_000, type: 2 },
      ...{ maxFeePerGas: 1_002_000n, maxPriorityFeePerGas: 1_000_000n },
    });
    await chain.send(stranger);
    const submitted = await dispatcher.submit(intent("a"), chain.head);
    expect(submitted).to.include({ ok: true, nonce: 0 });
    chain.mine();
    expect(chain.minedHashes).to.deep.equal([submitted.ok && submitted.hash]);
  });

  it("fault K15: when the answer is lost but the transaction is not, it is neither lost nor sent as another one", async () => {
    const { chain, dispatcher, step } = await start();
    chain.faults = ["answer-lost"];
    await dispatcher.submit(intent("a"), chain.head);
    const settled = await step(chain.mine());
    expect(settled.map(({ kind }) => kind)).to.deep.equal(["mined"]);
    expect(chain.minedHashes).to.have.length(1);
  });

  it("fault K15: when the request is lost, the same bytes are sent again and later ones wait for them", async () => {
    const { chain, dispatcher, step } = await start();
    chain.faults = ["request-lost"];
    await dispatcher.submit(intent("a"), chain.head);
    await dispatcher.submit(intent("b"), chain.head);
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(chain.sends[2]).to.equal(chain.sends[0]);
    expect(await step(chain.mine())).to.have.length(2);
    expect(chain.minedHashes).to.have.length(2);
  });

  it("fault K14: what was accepted and then dropped is sent again", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    chain.forgetWaiting();
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(await step(chain.mine())).to.have.length(1);
  });

  it("fault K16: a nonce that someone else used is given up after two heads, and reported", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    chain.foreign();
    expect(await step()).to.deep.equal([]);
    const settled = await step(chain.mine());
    expect(settled.map(({ kind }) => kind)).to.deep.equal(["superseded"]);
    expect(await dispatcher.submit(intent("a"), chain.head)).to.include({ ok: true, nonce: 1 });
  });

  it("fault K17: what is stuck is replaced with higher fees under the same nonce, and only one of the two is mined", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine({ empty: true }));
    expect(chain.sends).to.have.length(2);
    const [first, second] = chain.sends.map((raw) => Transaction.from(raw));
    expect(second?.nonce).to.equal(first?.nonce);
    expect(second?.maxPriorityFeePerGas).to.equal(1_250_000n);
    const settled = await step(chain.mine());
    expect(settled).to.have.length(1);
    expect(chain.minedHashes).to.deep.equal([second?.hash]);
  });

  it("fault K17: it is found although the first of the two is the one that was mined", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    const [first] = chain.waiting.values();
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine({ empty: true }));
    if (first !== undefined) chain.waiting.set(0, first);
    const [settled] = await step(chain.mine());
    expect(settled?.kind === "mined" && settled.attempt.hash).to.equal(first?.hash);
  });

  it("fault K25: what is stuck and no longer wanted is cancelled under its nonce", async () => {
    const { chain, dispatcher, step, wanted } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    wanted.yes = false;
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine({ empty: true }));
    const cancel = Transaction.from(chain.sends[1] ?? "0x");
    expect([cancel.to, cancel.data, cancel.nonce]).to.deep.equal([wallet.address, "0x", 0]);
    const [settled] = await step(chain.mine());
    expect(settled?.kind === "mined" && settled.attempt.intent.kind).to.equal("cancel");
  });

  it("fault K18: a replacement beyond the budget is not made", async () => {
    const { chain, dispatcher, step, cap } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    cap.maxFeePerGas = 1_200_000n;
    for (let blocks = 0; blocks < 5; blocks++) await step(chain.mine({ empty: true }));
    expect(chain.sends).to.have.length(1);
    expect(dispatcher.isPending("a")).to.equal(true);
  });

  it("does not replace in a hurry: blocks and time must both have gone by", async () => {
    const { chain, dispatcher, time } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    for (let blocks = 0; blocks < 10; blocks++) await dispatcher.tend(chain.mine({ empty: true }));
    expect(chain.sends).to.have.length(1);
    time.now = 2_000;
    await dispatcher.tend(chain.head);
    expect(chain.sends).to.have.length(2);
  });

  it("fault K8: a mined transaction that vanished with its block is pending again", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    const settled = await step(chain.mine());
    chain.receipts.clear();
    chain.mined = 0;
    dispatcher.reopen(settled);
    expect(dispatcher.isPending("a")).to.equal(true);
    await step(chain.mine());
    expect(await step(chain.mine())).to.have.length(1);
    expect(chain.minedHashes).to.have.length(1);
  });

  it("fault K4: a node that stops answering half-way loses no result", async () => {
    const { chain, dispatcher, step } = await start();
    await dispatcher.submit(intent("a"), chain.head);
    await dispatcher.submit(intent("b"), chain.head);
    chain.mine();
    const answer = chain.receipt.bind(chain);
    let asked = 0;
    chain.receipt = (hash) => (++asked === 2 ? Promise.reject(new Error("timeout")) : answer(hash));
    expect(await step().catch((error: Error) => error.message)).to.equal("timeout");
    expect(await step()).to.have.length(2);
  });

  describe("killed and started again (fault K29)", () => {
    it("before the node had it: sends the same bytes, once", async () => {
      const { chain, dispatcher, memory } = await start();
      chain.faults = ["request-lost"];
      await dispatcher.submit(intent("a"), chain.head);
      const second = await start(chain, memory);
      expect(second.dispatcher.isPending("a")).to.equal(true);
      await second.step(chain.mine());
      expect(chain.sends[1]).to.equal(chain.sends[0]);
      expect(await second.step(chain.mine())).to.have.length(1);
      expect(chain.minedHashes).to.have.length(1);
    });

    it("while it waits: takes it up and sends nothing twice", async () => {
      const { chain, dispatcher, memory } = await start();
      await dispatcher.submit(intent("a"), chain.head);
      const second = await start(chain, memory);
      expect(second.dispatcher.isPending("a")).to.equal(true);
      expect(await second.dispatcher.submit(intent("b"), chain.head)).to.include({ ok: true, nonce: 1 });
      expect(await second.step(chain.mine())).to.have.length(2);
    });

    it("after it was mined: knows that it is over", async () => {
      const { chain, dispatcher, memory } = await start();
      await dispatcher.submit(intent("a"), chain.head);
      chain.mine();
      const second = await start(chain, memory);
      expect(second.dispatcher.pending).to.have.length(0);
      expect(memory.entries).to.have.length(0);
      expect(await second.dispatcher.submit(intent("b"), chain.head)).to.include({ ok: true, nonce: 1 });
    });

    it("with its journal lost: sends nothing until what is under way is mined", async () => {
      const { chain, dispatcher } = await start();
      await dispatcher.submit(intent("a"), chain.head);
      const second = await start(chain, new FakeMemory());
      expect(second.dispatcher.blockedByStrangers).to.equal(true);
      await second.step();
      expect(second.dispatcher.blockedByStrangers).to.equal(true);
      await second.step(chain.mine());
      expect(second.dispatcher.blockedByStrangers).to.equal(false);
      expect(await second.dispatcher.submit(intent("b"), chain.head)).to.include({ ok: true, nonce: 1 });
    });
  });
});
