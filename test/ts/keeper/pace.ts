import { expect } from "chai";
import { Circuit } from "../../../keeper/chain/circuit.js";
import { RateLimit } from "../../../keeper/chain/rateLimit.js";

describe("keeper: how fast an endpoint is asked", () => {
  /** Asks as fast as it may for some seconds of a made-up clock. @returns requests in each second */
  function ask(limit: RateLimit, from: number, seconds: number, most: number): number[] {
    const counts: number[] = [];
    for (let second = 0; second < seconds; second++) {
      let count = 0;
      for (let step = 0; step < most; step++) {
        const now = from + second * 1_000 + (step * 1_000) / most;
        if (limit.wait(now) > 0) continue;
        limit.take(now);
        count += 1;
      }
      counts.push(count);
    }
    return counts;
  }

  it("fault K3: holds nothing back before a complaint, then halves its pace and regains it by and by", () => {
    const limit = new RateLimit();
    expect(ask(limit, 0, 2, 100)).to.deep.equal([100, 100]);
    limit.complain(2_000);
    expect(limit.rate).to.be.within(45, 50);
    const after = ask(limit, 3_000, 9, 100);
    expect(after[0]).to.be.within(40, 70);
    expect(after[8]).to.be.greaterThan((after[0] ?? 0) + 10);
    expect(Math.max(...after)).to.be.lessThan(99);
  });

  it("fault K3: complaints about requests already on their way count once; later ones count again, down to two a second", () => {
    const limit = new RateLimit();
    ask(limit, 0, 1, 64);
    limit.complain(1_000);
    const { rate } = limit;
    for (let at = 1_001; at < 1_400; at += 50) limit.complain(at);
    expect(limit.rate).to.be.closeTo(rate, 4);
    for (let at = 2_000; at < 12_000; at += 1_000) limit.complain(at);
    expect(limit.rate).to.be.within(2, 6);
  });

  it("fault K3: waits as long as it was asked to", () => {
    const limit = new RateLimit();
    limit.take(0);
    limit.complain(0, 5_000);
    expect(limit.wait(1_000)).to.equal(4_000);
    expect(limit.wait(5_100)).to.equal(0);
  });

  it("fault K4: rests after so many failures in a row, longer each time, by a random part, and not after one success", () => {
    const options = { failures: 3, restMs: 100, longestRestMs: 1_000 };
    const circuit = new Circuit(options, () => 1);
    circuit.fail(0);
    circuit.fail(0);
    expect(circuit.state(0)).to.equal("closed");
    circuit.fail(0);
    expect([circuit.state(99), circuit.state(100)]).to.deep.equal(["resting", "trial"]);
    const rests: number[] = [];
    for (let now = 100, i = 0; i < 5; i++) {
      circuit.fail(now);
      let end = now;
      while (circuit.state(end) === "resting") end += 10;
      rests.push(end - now);
      now = end;
    }
    expect(rests).to.deep.equal([200, 400, 800, 1_000, 1_000]);
    expect(circuit.succeed()).to.equal(true);
    expect(circuit.state(0)).to.equal("closed");
    const other = new Circuit(options, () => 0);
    for (let i = 0; i < 3; i++) other.fail(0);
    expect(other.state(50)).to.equal("trial");
  });
});
