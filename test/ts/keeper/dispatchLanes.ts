import { expect } from "chai";
import { Transaction } from "ethers";
import { ExtraCosts } from "../../../keeper/dispatch/costs.js";
import { SignerFailed } from "../../../keeper/keys/signer.js";
import { SIGNERS, dispatching, intent, loan, store } from "./support/dispatching.js";

describe("keeper: lanes", () => {
  it("take transactions in turn, the one with the fewest waiting first, each with nonces of its own", async () => {
    const { chain, dispatcher, lanes, step } = await dispatching({ lanes: 3 });
    const names = ["a", "b", "c", "d", "e", "f", "g"];
    const submitted = await dispatcher.submitAll(
      names.map((name) => intent(name)),
      chain.newest,
    );
    expect(submitted.map(({ ok }) => ok)).to.deep.equal(names.map(() => true));
    expect(dispatcher.lanes.map(({ waiting, nextNonce }) => [waiting, nextNonce])).to.deep.equal([
      [3, 3],
      [2, 2],
      [2, 2],
    ]);
    expect(await step(chain.mine())).to.have.length(7);
    expect(lanes.map((lane) => chain.account(lane).mined)).to.deep.equal([3, 2, 2]);
  });

  it("work side by side: a signer that takes long holds up its own lane only, and one lane keeps its order", async () => {
    const order: string[] = [];
    const release: (() => void)[] = [];
    const slow = (signer: (typeof SIGNERS)[number], isHeld: boolean) => ({
      address: signer.address,
      signDigest: async (digest: string) => {
        if (isHeld) await new Promise<void>((resolve) => release.push(resolve));
        order.push(signer.address);
        return signer.signDigest(digest);
      },
    });
    const [first, second] = SIGNERS;
    if (first === undefined || second === undefined) throw new Error("two keys are needed");
    const { chain, dispatcher } = await dispatching({ signers: [slow(first, true), slow(second, false)] });
    const all = dispatcher.submitAll([intent("a"), intent("b"), intent("c"), intent("d")], chain.newest);
    while (order.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(order).to.deep.equal([second.address, second.address]);
    for (let released = 0; released < 2;) {
      const next = release.shift();
      if (next === undefined) await new Promise((resolve) => setImmediate(resolve));
      else {
        next();
        released += 1;
      }
    }
    const nonces = (await all).map((one) => one.ok && [one.pending.lane, one.pending.nonce]);
    const [slowLane, fastLane] = [first.address.toLowerCase(), second.address.toLowerCase()];
    expect(nonces).to.deep.equal([
      [slowLane, 0],
      [fastLane, 0],
      [slowLane, 1],
      [fastLane, 1],
    ]);
  });

  it("fault K17: what is stuck in one lane holds up no other, and nothing new goes behind it while another can be used", async () => {
    const { alarms, chain, dispatcher, lanes, step, submit } = await dispatching({ lanes: 2 });
    const stuck = lanes[0] ?? "";
    await submit("a");
    for (let block = 0; block < 4; block++) await step(chain.mine({ without: [stuck] }));
    expect(dispatcher.lanes[0]?.trouble).to.match(/nonce 0 holds up those behind it/);
    expect([...alarms.keys()]).to.deep.equal([
      `the oldest transaction of ${stuck.toLowerCase()} holds up those behind it`,
    ]);
    let settled = 0;
    for (let round = 0; round < 5; round++) {
      // Also when more wait in the other by then than in the one that is stuck.
      for (const name of ["b", "c", "d"]) {
        const submitted = await submit(`${name}${round}`);
        expect(submitted.ok && submitted.pending.lane).to.equal(lanes[1]?.toLowerCase());
      }
      settled += (await step(chain.mine({ without: [stuck] }))).length;
    }
    expect(settled).to.equal(15);
    expect(await step(chain.mine())).to.have.length(1);
    expect(alarms.size).to.equal(0);
  });

  it("fault K17: a lane that is being looked after and gets no answer does not keep the loop, nor the others", async () => {
    const { chain, dispatcher, submit, time } = await dispatching({ lanes: 2 });
    await submit("a");
    const send = chain.send.bind(chain);
    let answer = (): void => undefined;
    chain.send = async (raw) => {
      if (Transaction.from(raw).maxPriorityFeePerGas === 1_250_000n)
        await new Promise<void>((resolve) => (answer = resolve));
      return send(raw);
    };
    for (let block = 0; block < 4; block++) chain.mine({ empty: true });
    time.now += 10_000;
    const tending = dispatcher.tend(chain.newest);
    const submitted = await submit("b");
    expect(submitted.ok).to.equal(true);
    // Looked after already: not begun twice.
    await dispatcher.tend(chain.mine({ without: [SIGNERS[0]?.address ?? ""] }));
    expect((await dispatcher.collect(chain.newest)).map(({ pending }) => pending.intent.subjects)).to.deep.equal([
      [loan("b")],
    ]);
    answer();
    await tending;
    expect(chain.sends).to.have.length(3);
  });

  it("a lane takes no more than nodes' pools do; when all are full, that is said", async () => {
    const { chain, dispatcher, submit } = await dispatching({ lanes: 2 });
    for (let i = 0; i < 32; i++) expect((await submit(`loan ${i}`)).ok).to.equal(true);
    expect(await submit("one more")).to.include({ ok: false, outcome: "no-lane" });
    chain.mine();
    expect(await dispatcher.collect(chain.newest)).to.have.length(32);
  });

  describe("fault K19: balance", () => {
    const gas = 500_000n * 1_002_000n;
    const [l1, operatorPerGas] = [4_000_000_000n, 7n];
    // With room for the L1 fee to rise by a quarter; the operator fee is bought at the gas limit.
    const worst = gas + (l1 * 5n) / 4n + 500_000n * operatorPerGas;
    const start = () => dispatching({ lanes: 2, l1Fee: () => l1, operatorFeePerGas: operatorPerGas });

    it("must cover L2 gas at the limit, the L1 fee and the operator fee at the gas limit; one wei less is too little", async () => {
      const { alarms, chain, submit } = await start();
      chain.balanceWei = worst - 1n;
      const refused = await submit("a");
      expect(refused).to.include({ ok: false, outcome: "insufficient-funds" });
      expect(!refused.ok && refused.why)
        .to.contain(`needs ${worst} wei`)
        .and.to.contain(`${worst - 1n} are free`);
      expect([...alarms.keys()]).to.deep.equal(["no lane has enough ether"]);
      expect(chain.sends).to.deep.equal([]);
      chain.mine();
      chain.balanceWei = worst;
      expect((await submit("a")).ok).to.equal(true);
      expect(alarms.size).to.equal(0);
    });

    it("is reserved for all that waits, also what is being sent at the same moment and what an earlier process sent", async () => {
      const { journal } = await store();
      const first = await dispatching({ lanes: 2, journal, l1Fee: () => l1, operatorFeePerGas: operatorPerGas });
      first.chain.balanceWei = 2n * worst;
      const names = ["a", "b", "c", "d", "e"].map((name) => intent(name));
      const submitted = await first.dispatcher.submitAll(names, first.chain.newest);
      expect(submitted.map(({ ok }) => ok)).to.deep.equal([true, true, true, true, false]);
      expect(first.dispatcher.lanes.map(({ reservedWei }) => reservedWei)).to.deep.equal([2n * worst, 2n * worst]);

      const { chain } = first;
      const second = await dispatching({
        chain,
        lanes: 2,
        journal,
        l1Fee: () => l1,
        operatorFeePerGas: operatorPerGas,
      });
      expect(await second.submit("f")).to.include({ outcome: "insufficient-funds" });
      chain.mine();
      await second.step();
      expect((await second.submit("f")).ok).to.equal(true);
    });

    it("a lane without is passed over for one with", async () => {
      const { chain, lanes, submit } = await start();
      chain.balance = (address) => Promise.resolve(address === lanes[0]?.toLowerCase() ? 0n : worst);
      const submitted = await submit("a");
      expect(submitted.ok && submitted.pending.lane).to.equal(lanes[1]?.toLowerCase());
    });

    it("the chain is asked once a head, not once a transaction, and an answer it failed to give is asked for again", async () => {
      let asked = 0;
      const costs = new ExtraCosts(
        {
          feesOf: (transaction, gas) => {
            asked += 1;
            if (asked === 1) return Promise.reject(new Error("away"));
            return Promise.resolve({ l1Fee: BigInt(transaction.length), operatorFee: gas });
          },
        },
        0n,
      );
      const { chain } = await start();
      const head = chain.newest;
      expect(await costs.atMost("0x12", 400_000n, head).catch((error: Error) => error.message)).to.equal("away");
      const answers = await Promise.all(
        [1, 2, 3].map((size) => costs.atMost(`0x${"12".repeat(size)}`, 400_000n, head)),
      );
      expect(new Set(answers).size).to.equal(1);
      expect(asked).to.equal(2);
      expect(await costs.atMost(`0x${"12".repeat(900)}`, 400_000n, head)).to.be.greaterThan(answers[0] ?? 0n);
      await costs.atMost("0x12", 400_000n, chain.mine());
      expect(asked).to.equal(4);
    });
  });

  it("a signer that does not sign gives its nonce back, and is told", async () => {
    const [first] = SIGNERS;
    if (first === undefined) throw new Error("a key is needed");
    let isAway = true;
    const signer = {
      address: first.address,
      signDigest: (digest: string) => (isAway ? Promise.reject(new SignerFailed("away")) : first.signDigest(digest)),
    };
    const { alarms, calls, chain, journal, step, submit } = await dispatching({ signers: [signer] });
    expect(await submit("a")).to.include({ ok: false, outcome: "signer-failed" });
    expect((await journal.recent(1))[0]?.state).to.equal("abandoned");
    expect(alarms.size).to.equal(1);
    expect([...calls]).to.deep.equal([`signer-failing ${first.address.toLowerCase()}`]);
    isAway = false;
    const submitted = await submit("a");
    expect(submitted.ok && submitted.pending.nonce).to.equal(0);
    expect(alarms.size).to.equal(0);
    expect(await step(chain.mine())).to.have.length(1);
  });
});
