import { expect } from "chai";
import { Transaction } from "ethers";
import { RpcError, TransportError } from "../../../keeper/chain/rpcErrors.js";
import type { Settled } from "../../../keeper/dispatch/pending.js";
import { StoreFailed } from "../../../keeper/store/errors.js";
import { SIGNERS, dispatching, intent, loan, store } from "./support/dispatching.js";
import { FakeMempool } from "./support/fakeMempool.js";

/** Signed by the lane's key, but by nobody who told the dispatcher. */
async function strangersTransaction(nonce: number, maxFeePerGas = 1_002_000n): Promise<string> {
  const [signer] = SIGNERS;
  const transaction = Transaction.from({
    ...{ chainId: 901n, nonce, to: signer?.address, gasLimit: 21_000, type: 2 },
    ...{ maxFeePerGas, maxPriorityFeePerGas: 1_000_000n },
  });
  transaction.signature = (await signer?.signDigest(transaction.unsignedHash)) ?? null;
  return transaction.serialized;
}

describe("keeper: dispatcher", () => {
  it("counts nonces itself, reports each transaction once when it is mined, and calls it final after its confirmations", async () => {
    const { chain, dispatcher, journal, lanes, step, submit } = await dispatching();
    for (const name of ["a", "b", "c"]) expect((await submit(name)).ok).to.equal(true);
    expect(await step()).to.deep.equal([]);
    const settled = await step(chain.mine());
    expect(settled.map((one) => one.pending.intent.subjects)).to.deep.equal([[loan("a")], [loan("b")], [loan("c")]]);
    expect(settled.map((one) => one.pending.nonce)).to.deep.equal([0, 1, 2]);
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(dispatcher.pending).to.have.length(0);
    expect(await journal.unfinished(lanes[0] ?? "")).to.have.length(3);
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine());
    expect((await journal.recent(9)).map(({ state }) => state)).to.deep.equal(["final", "final", "final"]);
  });

  it("fault K22: nothing is sent about a loan while something about it is under way, in whichever lane", async () => {
    const { chain, dispatcher, step, submit } = await dispatching({ lanes: 3 });
    const [first, second] = await Promise.all([submit("a"), submit("a")]);
    expect([first?.ok, second?.ok].sort()).to.deep.equal([false, true]);
    expect(second).to.include({ ok: false, outcome: "subject-taken" });
    expect(await submit("b", { subjects: [loan("b"), loan("a")] })).to.include({ outcome: "subject-taken" });
    expect(dispatcher.isPending(loan("a"))).to.equal(true);
    await step(chain.mine());
    expect(dispatcher.isPending(loan("a"))).to.equal(false);
    expect(chain.minedHashes).to.have.length(1);
  });

  for (const fault of ["rejected", "no-funds", "gas-limit"] as const) {
    it(`fault K12: a send that failed (${fault}) gives its nonce back`, async () => {
      const { chain, journal, lanes, step, submit } = await dispatching();
      chain.faults = [fault];
      expect((await submit("a")).ok).to.equal(false);
      expect((await journal.recent(1))[0]?.state).to.equal("abandoned");
      const second = await submit("b");
      expect(second.ok && second.pending.nonce).to.equal(0);
      expect(await step(chain.mine())).to.have.length(1);
      expect(chain.account(lanes[0] ?? "").mined).to.equal(1);
    });
  }

  it("fault K12: a nonce that was given back while the journal could not be told is still given back", async () => {
    const { journal } = await store();
    const abandoned = journal.abandoned.bind(journal);
    journal.abandoned = () => Promise.reject(new StoreFailed("gone for a minute"));
    const { chain, step, submit } = await dispatching({ journal });
    chain.faults = ["rejected"];
    expect((await submit("a")).ok).to.equal(false);
    expect(await submit("b")).to.include({ ok: false, outcome: "journal-failed" });
    journal.abandoned = abandoned;
    await step(chain.mine({ empty: true }));
    const third = await submit("b");
    expect(third.ok && third.pending.nonce).to.equal(0);
  });

  describe("fault K13: what nodes answer, each to its action", () => {
    it("nonce too low: the chain's own count", async () => {
      const { chain, lanes, step, submit } = await dispatching();
      chain.foreign(lanes[0] ?? "");
      chain.foreign(lanes[0] ?? "");
      const submitted = await submit("a");
      expect(submitted.ok && submitted.pending.nonce).to.equal(2);
      expect(await step(chain.mine())).to.have.length(1);
    });

    /** A node that lost the first transaction, and takes none that would wait for it. */
    const withoutGaps = async () => {
      const process = await dispatching();
      const { chain, submit } = process;
      await submit("a");
      chain.forgetWaiting();
      const send = chain.send.bind(chain);
      chain.send = async (raw) => {
        const { nonce } = Transaction.from(raw);
        const known = await chain.transactionCount(SIGNERS[0]?.address ?? "", "pending");
        if (nonce > known) throw new RpcError("eth_sendRawTransaction", -32000, "nonce too high", undefined);
        return send(raw);
      };
      return process;
    };

    it("nonce too high: what is missing below is sent again, then this one", async () => {
      const { chain, step, submit } = await withoutGaps();
      const submitted = await submit("b");
      expect(submitted.ok && submitted.pending.nonce).to.equal(1);
      expect(await step(chain.mine())).to.have.length(2);
    });

    it("nonce too high: what is missing below and no longer wanted is not sent again", async () => {
      const { chain, step, submit, wanted } = await withoutGaps();
      wanted.yes = false;
      expect(await submit("b")).to.include({ ok: false, outcome: "nonce-too-high" });
      for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine());
      expect(chain.sends.filter((raw) => Transaction.from(raw).data === loan("a"))).to.have.length(1);
      expect((await submit("b")).ok).to.equal(true);
    });

    it("a stranger's transaction in the way: this one goes behind it", async () => {
      const { chain, step, submit } = await dispatching();
      await chain.send(await strangersTransaction(0));
      const submitted = await submit("a");
      expect(submitted.ok && submitted.pending.nonce).to.equal(1);
      expect(await step(chain.mine())).to.have.length(1);
      expect(chain.minedHashes).to.have.length(2);
    });

    it("priority fee too low: a higher rung, as far as the budget goes", async () => {
      const { chain, step, submit } = await dispatching();
      chain.leastTip = 1_400_000n;
      const submitted = await submit("a");
      expect(submitted.ok && submitted.pending.live.maxPriorityFeePerGas).to.equal(1_562_500n);
      expect(await step(chain.mine())).to.have.length(1);
      const poor = await submit("b", { maxCostWei: 500_000n * 1_300_000n });
      expect(poor).to.include({ ok: false, outcome: "too-expensive" });
    });

    it("most to be paid is below the base fee by now: the newest base fee", async () => {
      const { chain, dispatcher, step } = await dispatching();
      const stale = chain.newest;
      chain.baseFee = 5_000_000n;
      const submitted = await dispatcher.submit(intent("a"), stale);
      expect(submitted.ok && submitted.pending.live.maxFeePerGas).to.equal(11_000_000n);
      expect(await step(chain.mine())).to.have.length(1);
    });

    it("pool full: once more with higher fees", async () => {
      const { chain, submit } = await dispatching();
      chain.faults = ["pool-full"];
      const submitted = await submit("a");
      expect(submitted.ok && submitted.pending.live.maxPriorityFeePerGas).to.equal(1_250_000n);
    });

    it("rate limit: the same bytes again, at once at the next look", async () => {
      const { chain, step, submit } = await dispatching();
      chain.faults = ["rate-limited"];
      expect((await submit("a")).ok).to.equal(true);
      await step();
      expect(chain.sends[1]).to.equal(chain.sends[0]);
      expect(await step(chain.mine())).to.have.length(1);
    });

    it("already known: it is there", async () => {
      const { chain, dispatcher, submit } = await dispatching();
      const send = chain.send.bind(chain);
      chain.send = async (raw) => {
        await send(raw);
        return send(raw);
      };
      expect((await submit("a")).ok).to.equal(true);
      expect(dispatcher.pending[0]?.isUnanswered).to.equal(false);
    });
  });

  it("fault K15: when the answer is lost but the transaction is not, it is neither lost nor sent as another one", async () => {
    const { chain, step, submit } = await dispatching();
    chain.faults = ["answer-lost"];
    await submit("a");
    const settled = await step(chain.mine());
    expect(settled.map(({ kind }) => kind)).to.deep.equal(["mined"]);
    expect(chain.minedHashes).to.have.length(1);
  });

  it("fault K15: when the request is lost, the same bytes are sent again and later ones wait for them", async () => {
    const { chain, step, submit } = await dispatching();
    chain.faults = ["request-lost"];
    await submit("a");
    await submit("b");
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(chain.sends[2]).to.equal(chain.sends[0]);
    expect(await step(chain.mine())).to.have.length(2);
    expect(chain.minedHashes).to.have.length(2);
  });

  it("fault K15: what may be out and is refused afterwards keeps its nonce until that is taken away", async () => {
    const { chain, dispatcher, step, submit, lanes } = await dispatching({ lanes: 2 });
    chain.faults = ["request-lost", "rejected"];
    await submit("a");
    await step(chain.mine({ empty: true }));
    expect(await submit("a"), "it may be in a pool somewhere").to.include({ outcome: "subject-taken" });
    await step(chain.mine({ empty: true }));
    const [settled] = await step(chain.mine());
    expect(settled?.kind === "mined" && settled.attempt.intent.kind).to.equal("cancel");
    expect(dispatcher.isPending(loan("a"))).to.equal(false);
    expect(chain.account(lanes[0] ?? "").mined).to.equal(1);
  });

  it("fault K14: what was accepted and then dropped is sent again", async () => {
    const { chain, step, submit } = await dispatching();
    await submit("a");
    chain.forgetWaiting();
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(await step(chain.mine())).to.have.length(1);
  });

  it("fault K16: a nonce that someone else used is given up after two heads and a second, and reported", async () => {
    const { alarms, chain, lanes, step, submit } = await dispatching();
    await submit("a");
    chain.foreign(lanes[0] ?? "");
    expect(await step()).to.deep.equal([]);
    const settled = await step(chain.mine());
    expect(settled.map(({ kind }) => kind)).to.deep.equal(["superseded"]);
    const again = await submit("a");
    expect(again.ok && again.pending.nonce).to.equal(1);
    for (let nonce = 2; nonce < 4; nonce++) await chain.send(await strangersTransaction(nonce));
    await step(chain.mine({ empty: true }));
    expect([...alarms.keys()]).to.deep.equal([
      `transactions of ${lanes[0]?.toLowerCase() ?? ""} are under way that this keeper did not send`,
    ]);
  });

  it("fault K16: a nonce that a stranger's vanished transaction leaves free is filled, so that what waits above it is mined", async () => {
    const { chain, dispatcher, step, submit } = await dispatching();
    await chain.send(await strangersTransaction(0));
    await submit("a");
    chain.account(SIGNERS[0]?.address ?? "").waiting.delete(0);
    for (let blocks = 0; blocks < 5; blocks++) await step(chain.mine());
    expect(chain.minedHashes, "the stranger may come back").to.deep.equal([]);
    expect(dispatcher.lanes[0]?.trouble).to.match(/nonce 0 is missing/);
    await step(chain.mine());
    const settled = await step(chain.mine());
    expect(settled.map((one) => one.pending.intent.kind)).to.deep.equal(["cancel", "liquidate"]);
    const about = settled[0]?.pending.intent.subjects;
    expect(about, "what it cost is booked on its account").to.deep.equal([SIGNERS[0]?.address.toLowerCase()]);
  });

  it("fault K23: of two keepers with one key and a journal each, no more than one sends for a nonce, and both go on", async () => {
    const chain = new FakeMempool();
    const one = await dispatching({ chain });
    const other = await dispatching({ chain });
    for (let round = 0; round < 4; round++) {
      const [a, b] = [await one.submit(`a${round}`), await other.submit(`b${round}`)];
      expect([a.ok, b.ok]).to.deep.equal([true, true]);
      const head = chain.mine();
      expect((await one.step(head)).map(({ kind }) => kind)).to.deep.equal(["mined"]);
      expect((await other.step(head)).map(({ kind }) => kind)).to.deep.equal(["mined"]);
    }
    expect(chain.account(one.lanes[0] ?? "").mined).to.equal(8);
  });

  it("fault K23: of two keepers on one journal, the second finds the first's transaction and does not send for that loan", async () => {
    const chain = new FakeMempool();
    const { journal } = await store();
    const one = await dispatching({ chain, journal });
    const other = await dispatching({ chain, journal });
    await one.submit("a");
    expect(await other.submit("a")).to.include({ ok: false, outcome: "subject-taken" });
    expect((await other.submit("b")).ok).to.equal(true);
    expect(await other.step(chain.mine())).to.have.length(2);
    expect(chain.minedHashes).to.have.length(2);
  });

  it("fault K17: what is stuck is replaced with higher fees under the same nonce, and only one of the two is mined", async () => {
    const { alarms, calls, chain, dispatcher, lanes, step, submit } = await dispatching();
    await submit("a");
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine({ empty: true }));
    expect(chain.sends).to.have.length(2);
    expect([...calls]).to.deep.equal([`lane-stuck ${lanes[0]?.toLowerCase()}`]);
    expect([...alarms.keys()].join()).to.match(/holds up those behind it/);
    expect(dispatcher.lanes[0]?.trouble).to.match(/nonce 0 holds up/);
    const [first, second] = chain.sends.map((raw) => Transaction.from(raw));
    expect(second?.nonce).to.equal(first?.nonce);
    expect(second?.maxPriorityFeePerGas).to.equal(1_250_000n);
    const settled = await step(chain.mine());
    expect(settled).to.have.length(1);
    expect(chain.minedHashes).to.deep.equal([second?.hash]);
    expect(alarms.size).to.equal(0);
  });

  it("fault K17: it is found although the first of the two is the one that was mined", async () => {
    const { chain, lanes, step, submit } = await dispatching();
    await submit("a");
    const { waiting } = chain.account(lanes[0] ?? "");
    const [first] = waiting.values();
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine({ empty: true }));
    if (first !== undefined) waiting.set(0, first);
    const [settled] = await step(chain.mine());
    expect(settled?.kind === "mined" && settled.attempt.hash).to.equal(first?.hash);
  });

  it("fault K17: what is mined while it is being replaced is settled, and the replacement is given up", async () => {
    const [key] = SIGNERS;
    if (key === undefined) throw new Error("a key is needed");
    let isReplacing = false;
    const found: Settled[] = [];
    const signer = {
      address: key.address,
      signDigest: async (digest: string) => {
        // Nobody waits for a lane to be looked after: the next block may be decided meanwhile.
        if (isReplacing) found.push(...(await dispatcher.collect(chain.mine())));
        return key.signDigest(digest);
      },
    };
    const { chain, dispatcher, journal, step, submit } = await dispatching({ signers: [signer] });
    await submit("a");
    for (let blocks = 0; blocks < 2; blocks++) await step(chain.mine({ empty: true }));
    isReplacing = true;
    await step(chain.mine({ empty: true }));
    isReplacing = false;
    expect(found.map(({ kind }) => kind)).to.deep.equal(["mined"]);
    expect(await step(chain.mine())).to.deep.equal([]);
    expect(chain.sends).to.have.length(1);
    expect((await journal.recent(9)).map(({ state }) => state)).to.deep.equal(["mined"]);
    expect((await submit("b")).ok).to.equal(true);
  });

  it("fault K25: what is stuck and no longer wanted is cancelled under its nonce", async () => {
    const { chain, lanes, step, submit, wanted } = await dispatching();
    await submit("a");
    wanted.yes = false;
    for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine({ empty: true }));
    const cancel = Transaction.from(chain.sends[1] ?? "0x");
    expect([cancel.to?.toLowerCase(), cancel.data, cancel.nonce]).to.deep.equal([lanes[0]?.toLowerCase(), "0x", 0]);
    const [settled] = await step(chain.mine());
    expect(settled?.kind === "mined" && settled.attempt.intent.kind).to.equal("cancel");
  });

  it("fault K14: what the node lost and is no longer wanted is not handed over again: its nonce is taken away", async () => {
    const { chain, dispatcher, step, submit, wanted } = await dispatching();
    chain.faults = ["swallowed"];
    await submit("a");
    await submit("b");
    wanted.yes = false;
    for (let blocks = 0; blocks < 4 && dispatcher.pending.length > 0; blocks++) await step(chain.mine());
    expect(chain.sends.map((raw) => Transaction.from(raw).data)).to.deep.equal([loan("a"), loan("b"), "0x"]);
    expect(chain.minedHashes, "the nonces have no gap").to.have.length(2);
  });

  it("what can no longer be executed on chain is cancelled at once, without asking whether it is wanted", async () => {
    const { chain, step, submit, wanted } = await dispatching();
    await submit("a", { deadline: chain.newest.timestamp + 3n });
    await step(chain.mine({ empty: true }));
    expect(chain.sends).to.have.length(1);
    await step(chain.mine({ empty: true }));
    expect(Transaction.from(chain.sends[1] ?? "0x").data).to.equal("0x");
    expect(wanted.asked).to.equal(0);
  });

  describe("fault K18: fees", () => {
    it("a replacement climbs to the plan's profit and no further", async () => {
      const { alarms, chain, dispatcher, step, submit } = await dispatching();
      const ceiling = 1_700_000n;
      await submit("a", { maxCostWei: ceiling * 500_000n });
      for (let blocks = 0; blocks < 30; blocks++) await step(chain.mine({ empty: true }));
      const offers = chain.sends.map((raw) => Transaction.from(raw).maxFeePerGas ?? 0n);
      expect(offers).to.deep.equal([1_002_000n, 1_252_500n, 1_565_625n]);
      expect([...alarms.keys()].join()).to.match(/would cost more than it may/);
      expect(dispatcher.isPending(loan("a"))).to.equal(true);
    });

    it("the last rung is cut to the ceiling, where nodes would still take it", async () => {
      const { chain, step, submit } = await dispatching();
      await submit("a", { maxCostWei: 1_200_000n * 500_000n });
      for (let blocks = 0; blocks < 9; blocks++) await step(chain.mine({ empty: true }));
      const last = Transaction.from(chain.sends.at(-1) ?? "0x");
      expect([last.maxFeePerGas, last.maxPriorityFeePerGas]).to.deep.equal([1_200_000n, 1_200_000n]);
      expect(chain.sends).to.have.length(2);
    });

    it("a base fee of ten times as much is followed within the budget, and never beyond it", async () => {
      const { chain, step, submit } = await dispatching();
      chain.baseFee = 1_000_000n;
      await submit("a", { maxCostWei: 500_000n * 25_000_000n });
      await submit("b", { maxCostWei: 500_000n * 5_000_000n });
      chain.baseFee = 10_000_000n;
      for (let blocks = 0; blocks < 3; blocks++) await step(chain.mine());
      expect(await step(chain.mine())).to.have.length(1);
      for (let blocks = 0; blocks < 9; blocks++) await step(chain.mine());
      for (const raw of chain.sends) {
        const { maxFeePerGas, nonce } = Transaction.from(raw);
        expect(maxFeePerGas ?? 0n).to.be.at.most(nonce === 0 ? 25_000_000n : 5_000_000n);
      }
      chain.baseFee = 1_000_000n;
      expect(await step(chain.mine())).to.have.length(1);
    });

    it("an L1 fee of a hundred times as much is a reason not to send, and counts into the ceiling of a replacement", async () => {
      const fee = { l1: 10n ** 12n };
      const { chain, step, submit } = await dispatching({ l1Fee: () => fee.l1 });
      const maxCostWei = 10n ** 13n;
      expect((await submit("a", { maxCostWei })).ok).to.equal(true);
      fee.l1 *= 100n;
      const head = chain.mine({ empty: true });
      expect(await submit("b", { maxCostWei })).to.include({ ok: false, outcome: "too-expensive" });
      await step(head);
      for (let blocks = 0; blocks < 5; blocks++) await step(chain.mine({ empty: true }));
      expect(chain.sends, "not replaced at that price").to.have.length(1);
      fee.l1 /= 100n;
      await step(chain.mine({ empty: true }));
      expect(chain.sends).to.have.length(2);
    });
  });

  it("does not replace in a hurry: blocks and time must both have gone by", async () => {
    const { chain, dispatcher, submit, time } = await dispatching();
    await submit("a");
    for (let blocks = 0; blocks < 10; blocks++) await dispatcher.tend(chain.mine({ empty: true }));
    expect(chain.sends).to.have.length(1);
    time.now = 2_000;
    await dispatcher.tend(chain.newest);
    expect(chain.sends).to.have.length(2);
  });

  for (const forget of [false, true]) {
    it(`fault K8: a mined transaction that vanished with its block is pending again, and mined once (${forget ? "forgotten" : "kept"} by the pool)`, async () => {
      const { chain, dispatcher, journal, lanes, step, submit } = await dispatching();
      await submit("a");
      expect(await step(chain.mine())).to.have.length(1);
      dispatcher.rolledBack(chain.reorganise(1, { forget }));
      expect(dispatcher.isPending(loan("a"))).to.equal(true);
      await step(chain.mine({ empty: true }));
      expect((await journal.unfinished(lanes[0] ?? "")).map(({ state }) => state)).to.deep.equal(["sent"]);
      expect(await step(chain.mine())).to.have.length(1);
      expect(chain.account(lanes[0] ?? "").mined).to.equal(1);
    });
  }

  it("fault K8: nobody said that the block is gone: it is noticed before the transaction is called final", async () => {
    const { chain, dispatcher, step, submit } = await dispatching();
    await submit("a");
    await step(chain.mine());
    chain.reorganise(1, { forget: true });
    for (let blocks = 0; blocks < 4; blocks++) await step(chain.mine());
    expect(dispatcher.isPending(loan("a"))).to.equal(true);
    expect(await step(chain.mine())).to.have.length(1);
  });

  it("fault K8: deeper than what was called final: it waits again under its nonce, in an entry of its own", async () => {
    const { chain, dispatcher, journal, lanes, step, submit } = await dispatching();
    await submit("a");
    await step(chain.mine());
    for (let blocks = 0; blocks < 4; blocks++) await step(chain.mine());
    expect((await journal.recent(1))[0]?.state).to.equal("final");
    dispatcher.rolledBack(chain.reorganise(5, { forget: true }));
    expect(dispatcher.isPending(loan("a"))).to.equal(true);
    await step(chain.mine({ empty: true }));
    expect(await submit("a")).to.include({ outcome: "subject-taken" });
    expect((await journal.unfinished(lanes[0] ?? "")).map(({ nonce }) => nonce)).to.deep.equal([0]);
    expect(await step(chain.mine())).to.have.length(1);
    expect(chain.account(lanes[0] ?? "").mined).to.equal(1);
  });

  it("fault K4: a node that stops answering half-way loses no result", async () => {
    const { chain, step, submit } = await dispatching();
    await submit("a");
    await submit("b");
    chain.mine();
    const answer = chain.receipt.bind(chain);
    let asked = 0;
    chain.receipt = (hash) =>
      ++asked === 2 ? Promise.reject(new TransportError("eth_getTransactionReceipt", "timeout")) : answer(hash);
    expect(await step().catch((error: Error) => error.message)).to.match(/timeout/);
    expect(await step()).to.have.length(2);
  });
});
