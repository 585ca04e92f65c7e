import { expect } from "chai";
import { NonceManager } from "ethers";
import { readDeployment, writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { COOLDOWN, type Tiered, addTiered, withTiered } from "../fixtures/tiered.js";
import { type Json, type World, startWorld } from "./support.js";

describe("cli: lenders of all classes", function () {
  let world: World;
  let tiered: Tiered;
  let lender: string[];
  let loan: bigint;
  before(async () => {
    world = await startWorld();
    const { market } = world;
    tiered = await addTiered(market, { weightBps: 10_000n });
    const deployment = withTiered(readDeployment(world.deployment), tiered);
    writeDeployment(deployment, world.deployment);
    lender = ["--key-file", world.lender.keyFile];
    await market.loan.mint(world.lender.address, market.cash(13_097n));
    const other = new NonceManager(world.stranger.wallet);
    await tiered.lend(other, "junior", market.cash(999n));
  });
  after(() => world.close());

  const text = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.cli(...args, ...lender);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const refused = async (code: number, ...args: string[]): Promise<string> => {
    const ran = await world.cli(...args, "--yes", ...lender);
    expect(ran.code, ran.stderr).to.equal(code);
    return ran.stderr;
  };
  const send = (...args: string[]): Promise<Json> => world.json(...args, "--yes", ...lender);
  const inTable = (stdout: string, first: string): string[] =>
    (stdout.split("\n").find((line) => line.split("│")[1]?.trim() === first) ?? "")
      .split("│")
      .slice(1, -1)
      .map((cell) => cell.trim());

  it("lends as each class, and shows them by class, exact to the unit", async () => {
    await send("lend", "2", "10000");
    await send("lend", "2", "2000", "USDX", "--tranche", "junior");
    const covered = await send("lend", "2", "all", "--tranche", "cover");
    expect(covered.summary).to.equal(
      "lends 1,097.00 USDX to facility 2 (tiered revolving) as cover, 0.00 % of which is lent out; " +
        "it bears losses before senior and leaves 10 d after a request, within 2 d",
    );
    const held = await world.json("position", "2", ...lender);
    expect(
      held.tranches.map((t: Json) => [t.tranche, t.assets.amount, t.entry.amount, t.withdrawable.amount]),
    ).to.deep.equal([
      ["senior", "10000", "10000", "10000"],
      ["junior", "2000", "2000", "0"],
      ["cover", "1097", "1097", "0"],
    ]);
    expect(held.tranches[1].exitTerms).to.deep.equal({ cooldown: "864000", window: "172800" });
    expect(held.queue).to.deep.equal({ waiting: { amount: "0", units: "0", symbol: "shares" }, requests: [] });
    const stdout = await text("position", "2");
    expect(inTable(stdout, "junior")).to.deep.equal([
      "junior",
      "2,000.00 USDX",
      "2,000.00 USDX",
      "0.00 USDX",
      "not requested (10 d, then within 2 d)",
    ]);
    const all = await world.json("position", ...lender);
    expect(
      all.map((each: Json) => each.facility),
      "the other is the senior-only one",
    ).to.deep.equal([1, 2]);
    expect(await refused(2, "lend", "1", "5", "--tranche", "junior")).to.include(
      "has no junior lenders; it has senior",
    );
    expect(await refused(2, "lend", "2", "5", "--tranche", "middle")).to.include(
      "Allowed choices are senior, junior, cover",
    );
  });

  it("reports capital ratios of facilities, book and blocks, and says who has none", async () => {
    const report = await world.json("capital");
    expect(report.withoutRatio).to.deep.equal([{ facility: 1, name: "WBTC / USDX" }]);
    const usdx = (amount: string) => ({ amount, units: `${amount}000000`, symbol: "USDX" });
    expect(report.facilities[0]).to.deep.include({
      facility: 2,
      riskClass: "unrated corporate",
      weightBps: "10000",
      minRatioBps: "1050",
      haircutBps: "3000",
      nextTable: null,
    });
    // Junior: 2,000, 999 and the seed of 1.
    expect(report.facilities[0].regulatory).to.deep.equal({
      junior: usdx("3000"),
      exposure: { amount: "0", units: "0", symbol: "USDX" },
      riskWeightedAssets: { amount: "0", units: "0", symbol: "USDX" },
      ratio: null,
    });
    expect(report.facilities[0].headroom.amount).to.equal("28571.428571");
    expect(report.books).to.have.length(1);
    const stdout = await text("capital");
    expect(inTable(stdout, "junior capital")).to.deep.equal(["junior capital", "3,000.00 USDX", "3,000.00 USDX"]);
    expect(inTable(stdout, "ratio")).to.deep.equal(["ratio", "nothing weighted", "nothing weighted"]);
    expect(inTable(stdout, "minimum")).to.deep.equal(["minimum", "10.50 %", "–"]);
    expect(stdout).to.include("Facility 1 (WBTC / USDX) has no capital ratio.");
    expect(stdout).to.match(/Facility 2: table of weights version 1, since \d{4}/);
    const before = await world.json("capital", "2", "--block", String(Number(report.block) - 4));
    expect(before.facilities[0].regulatory.junior.amount, "before the junior came").to.equal("1000");
    expect(await refused(2, "capital", "--block", "999999")).to.match(
      /there is no block 999999 yet: the chain is at \d+/,
    );
    expect(await refused(2, "capital", "--block", "latest")).to.include("is no block's number");
  });

  it("shows cover: its stake, its premium, what it would bear", async () => {
    const cover = await world.json("cover", "2");
    expect(cover).to.deep.include({ facility: 2, premiumBps: "500", cooldown: "864000", window: "172800" });
    expect([cover.stake.amount, cover.unpaidPremium.amount, cover.wouldBear.cover.amount]).to.deep.equal([
      "1098",
      "0",
      "0",
    ]);
    expect(await world.json("cover")).to.deep.equal([cover]);
    const stdout = await text("cover");
    expect(stdout).to.match(/stake +│ 1,098.00 USDX/);
    expect(stdout).to.match(/premium +│ 5.00 % of all interest/);
    expect(stdout).to.match(/leaving +│ 10 d after a request, within 2 d/);
    expect(await refused(2, "cover", "1")).to.include("has no cover lenders");
  });

  it("announces a junior exit, shows its window, takes it back, and says when there is none", async () => {
    const exit = ["exit", "request", "2", "1500", "--tranche", "junior"];
    await send(...exit);
    const [, junior] = (await world.json("position", "2", ...lender)).tranches;
    expect(junior.exit).to.deep.include({
      state: "waiting",
      assets: { amount: "1500", units: "1500000000", symbol: "USDX" },
    });
    expect(BigInt(junior.exit.closesAt) - BigInt(junior.exit.opensAt)).to.equal(172_800n);
    expect(await text("position", "2")).to.match(/junior.*1,500.00 USDX: opens at \d{4}-\d\d-\d\d/);
    expect(await refused(1, "redeem", "2", "all", "--tranche", "junior")).to.match(/the exit opens at .* wait for it/);
    await send("exit", "cancel", "2", "--tranche", "junior");
    expect(await refused(1, "exit", "cancel", "2", "--tranche", "junior")).to.include("has requested no exit");
    expect(await refused(1, "redeem", "2", "1", "--tranche", "junior")).to.include("request the exit first");
    expect(await refused(2, "redeem", "2", "1", "--tranche", "junior", "--queue")).to.include(
      "exit request 2 <amount>",
    );
    expect(await refused(2, "exit", "request", "2", "1")).to.include("required option '--tranche <class>'");
    await send(...exit);
    await world.provider.send("evm_increaseTime", [Number(COOLDOWN)]);
    await world.provider.send("evm_mine", []);
    await send("redeem", "2", "all", "--tranche", "junior");
    expect(await world.market.loan.balanceOf(world.lender.address)).to.equal(world.market.cash(1_500n));
  });

  it("offers the queue when the cash is lent out, waits there, is served by anyone, and claims", async () => {
    const { market } = world;
    loan = await tiered.open(new NonceManager(world.borrower.wallet), market.btc(1n), market.cash(10_999n));
    // 1,500 of junior against 10,999.
    const [ratios] = (await world.json("capital", "2")).facilities;
    expect(ratios.regulatory.ratio).to.equal("0.136376034184925902");
    expect([ratios.headroom.amount, ratios.required.amount]).to.deep.equal(["3286.714285", "1154.895"]);
    expect([ratios.economic.exposure.amount, ratios.economic.ratio]).to.deep.equal(["0", null]);
    expect(await refused(1, "redeem", "2", "all")).to.match(
      /holds 502.00 USDX in cash, less than 10,000.00 USDX; .*; with --queue you wait in line for it/,
    );
    const dry = await world.json("redeem", "2", "all", "--queue", "--dry-run", ...lender);
    expect(dry.transactions.map(({ what }: Json) => what)).to.deep.equal(["queue"]);
    const queued = await send("redeem", "2", "all", "--queue");
    expect(queued.events.map(({ name }: Json) => name)).to.include("RedeemRequest");
    const { queue } = await world.json("position", "2", ...lender);
    expect(queue.requests).to.have.length(1);
    expect(queue.requests[0]).to.deep.include({
      id: "1",
      claimable: { amount: "502", units: "502000000", symbol: "USDX" },
    });
    expect([queue.requests[0].waiting.amount, queue.requests[0].ahead.amount]).to.deep.equal(["9498", "0"]);
    expect(await text("position", "2")).to.match(
      /request 1 +│ 9,498 shares wait behind 0 shares +│\n.*502.00 USDX can be claimed/,
    );
    expect(await refused(1, "serve", "2")).to.include("does not pay for one whole share");

    await market.loan.connect(world.borrower.wallet).approve(tiered.pool, market.cash(11_000n));
    await (await market.manager.connect(world.borrower.wallet).repay(loan, market.cash(9_498n), "0x")).wait();
    const served = await world.json("serve", "2", "--yes", "--key-file", world.stranger.keyFile);
    expect(served.events.find(({ name }: Json) => name === "Served").args).to.deep.equal({
      shares: "9498000000000000",
      assets: "9498000000",
      waiting: "0",
    });
    expect(await refused(2, "claim", "2", "--request", "one")).to.include('--request "one" is no number');
    expect(await refused(1, "claim", "2", "--request", "7")).to.include("has no request 7");
    await send("claim", "2");
    expect(await market.loan.balanceOf(world.lender.address)).to.equal(market.cash(11_500n));
    expect(await refused(1, "claim", "2")).to.include("has nothing in the redemption queue");
  });
});
