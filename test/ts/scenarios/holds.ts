import { expect } from "chai";
import { HoldTracker, type Sight } from "../../../scenarios/replay/holds.js";

const agree = (at: number, ...ids: number[]): Sight => sight(at, false, false, ids);
const held = (at: number, ...ids: number[]): Sight => sight(at, true, true, ids);
const capped = (at: number, ...ids: number[]): Sight => sight(at, false, true, ids);

function sight(at: number, isHeld: boolean, disagree: boolean, ids: number[]): Sight {
  const unhealthy = ids.map((id) => ({ id: BigInt(id), debt: BigInt(id) * 100n }));
  return { at, held: isHeld, disagree, apartBps: at, unhealthy };
}

function seen(...sights: Sight[]): HoldTracker {
  const tracker = new HoldTracker();
  sights.forEach((s) => tracker.see(s));
  return tracker;
}

describe("scenarios: holds by the second source", () => {
  it("a disagreement that keeps no unhealthy loan waiting holds nothing", () =>
    expect(seen(held(1), held(2), agree(3, 7)).holds).to.deep.equal([]));

  it("lasts from the first loan that waits to the release, and counts the most that waited at a time", () =>
    expect(seen(held(10, 1), held(20, 1, 2), held(30, 2), capped(40, 2)).holds).to.deep.equal([
      { from: 10, until: 40, endedBy: "cap", loans: 2, debt: 300n, apartBps: 30 },
    ]));

  it("says whether agreement, the cap, the price or the end of the replay ended it", () => {
    const tracker = seen(held(1, 1), agree(2, 1), held(3, 1), capped(4, 1), held(5, 1), held(6), held(7, 1));
    tracker.finish(8);
    expect(tracker.holds.map(({ endedBy }) => endedBy)).to.deep.equal(["agreement", "cap", "recovery", "end"]);
  });

  it("a loan's wait is from its first held sight to the release, not to the sale", () => {
    const tracker = seen(held(10, 1), held(20, 1, 2), capped(50, 1, 2));
    expect(tracker.liquidated(1n, 55)).to.equal(40);
    expect(tracker.liquidated(2n, 60)).to.equal(30);
  });

  it("a loan sold in the very block of the release waited until then", () =>
    expect(seen(held(10, 1)).liquidated(1n, 25)).to.equal(15));

  it("a loan that was never held, recovered meanwhile, or was sold already did not wait", () => {
    const tracker = seen(held(10, 1, 2), held(20, 2), held(30, 2), agree(40, 1, 2));
    expect(tracker.liquidated(1n, 45)).to.equal(0);
    expect(tracker.liquidated(9n, 45)).to.equal(0);
    expect(tracker.liquidated(2n, 45)).to.equal(30);
    expect(tracker.liquidated(2n, 46)).to.equal(0);
  });
});
