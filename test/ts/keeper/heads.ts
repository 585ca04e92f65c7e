import { expect } from "chai";
import type { Head } from "../../../keeper/chain/node.js";
import { HeadFollower } from "../../../keeper/watch/heads.js";

const head = (number: number, fork = "a", timestamp = BigInt(number)): Head => ({
  number,
  hash: `0x${fork}${number}`,
  parentHash: `0x${fork}${number - 1}`,
  timestamp,
  baseFeePerGas: 0n,
});

describe("keeper: heads", () => {
  it("calls a block new once", () => {
    const follower = new HeadFollower(1_000);
    expect([head(1), head(1), head(2), head(5)].map((one) => follower.observe(one))).to.deep.equal([
      "new",
      "same",
      "new",
      "new",
    ]);
  });

  it("fault K2: an endpoint that alternates between two states makes no decision twice", () => {
    let now = 0;
    const follower = new HeadFollower(1_000, () => now);
    const seen = [head(10), head(8), head(10), head(8), head(11)].map((one) => {
      now += 400;
      return follower.observe(one);
    });
    expect(seen).to.deep.equal(["new", "behind", "same", "behind", "new"]);
  });

  it("fault K2: a chain that stays lower is believed after a while", () => {
    let now = 0;
    const follower = new HeadFollower(1_000, () => now);
    follower.observe(head(10));
    expect(follower.observe(head(8))).to.equal("behind");
    now = 1_000;
    expect(follower.observe(head(8))).to.equal("new");
    expect(follower.observe(head(9))).to.equal("new");
  });

  it("fault K8: the same height under another hash is new", () => {
    const follower = new HeadFollower(1_000);
    follower.observe(head(10));
    expect(follower.observe(head(10, "b"))).to.equal("new");
  });

  it("fault K11: blocks that share a timestamp are each new", () => {
    const follower = new HeadFollower(1_000);
    expect([1, 2, 3].map((number) => follower.observe(head(number, "a", 7n)))).to.deep.equal(["new", "new", "new"]);
  });
});
