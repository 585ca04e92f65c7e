import { expect } from "chai";
import { expectNear } from "../support/near.js";
import { type World, startWorld } from "./support.js";

describe("cli: a borrower", function () {
  let world: World;
  let key: string[];
  before(async () => {
    world = await startWorld();
    await world.market.fund(world.borrower.wallet, { collateral: world.market.btc(2n), loan: world.market.cash(100n) });
    const vault = await world.market.vault.getAddress();
    await (await world.market.collateral.connect(world.borrower.wallet).approve(vault, 0)).wait();
    const pool = await world.market.pool.getAddress();
    await (await world.market.loan.connect(world.borrower.wallet).approve(pool, 0)).wait();
    key = ["--key-file", world.borrower.keyFile];
  });
  after(() => world.close());

  it("sees the facilities, as a table and as JSON", async () => {
    const { code, stdout, stderr } = await world.cli("facilities");
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.match(/│ 1 .*WBTC \/ USDX.*100,001.00 USDX.*75.00 % \/ 85.00 %.*60,000.00 USDX/);
    const [facility] = await world.json("facilities");
    expect(facility.minDebt).to.deep.equal({ amount: "100", units: "100000000", symbol: "USDX" });
    expect(facility).to.include({ id: 1, maxLtv: "0.75", lltv: "0.85", utilisation: "0" });
    expect(facility.price.price).to.equal("60000.00");
  });

  it("asks what a loan would be like, for the most and for less", async () => {
    const most = await world.json("quote", "--facility", "1", "--collateral", "0.5", "WBTC");
    expect(most.most.amount).to.match(/^22499.9\d+$/);
    expect(most.principal).to.deep.equal(most.most);
    const some = await world.json(
      "quote",
      "--facility",
      "wbtc / usdx",
      "--collateral",
      "0.5",
      "--borrow",
      "10,000 USDX",
    );
    expect(some.debt.amount).to.equal("10000");
    // 10,000 / (0.5 × 85 %)
    expect(some.liquidationPrice.price).to.equal("23529.41");
    expect(some.health).to.equal("2.55");
    expect(some.leastCollateral.amount).to.equal("0.22222223");
    const { stdout } = await world.cli("quote", "--facility", "1", "--collateral", "0.5", "--borrow", "10000");
    expect(stdout).to.match(/liquidated below.*23,529.41 USDX/);
    expect(stdout).to.match(/health factor.*2.550/);
  });

  it("tries it without sending anything, with what it costs", async () => {
    const before = await world.provider.getTransactionCount(world.borrower.address);
    const args = ["open", "--facility", "1", "--collateral", "0.5", "--borrow", "10000"];
    const dry = await world.json(...args, "--dry-run", "--permit", ...key);
    expect(dry).to.include({ dryRun: true, action: "open", simulated: "complete" });
    expect(BigInt(dry.cost.gas) > 100_000n && BigInt(dry.cost.total.units) > 0n).to.equal(true);
    expect(dry.then.debt.amount).to.equal("10000");
    // No key is needed to try, only to say who one is.
    const keyless = await world.json(...args, "--dry-run", "--from", world.borrower.address);
    expect(keyless.needs).to.have.length(1);
    expect(keyless.needs[0].what).to.match(/the vault \(0x\w+\) has to be approved for 0.5 WBTC/);
    expect(await world.provider.getTransactionCount(world.borrower.address)).to.equal(before);
  });

  it("opens, approving exactly what is needed first", async () => {
    const { code, stdout, stderr } = await world.cli(
      ...["open", "--facility", "1", "--collateral", "0.5", "WBTC", "--borrow", "10000", "--yes", "--json"],
      ...key,
    );
    expect(code, stderr).to.equal(0);
    const opened = JSON.parse(stdout);
    expect(opened.transactions).to.have.length(2);
    expect(opened.loan.short).to.equal("1:0");
    expect(opened.state.debt.amount).to.match(/^10000(\.00000\d)?$/);
    expect(opened.events.map(({ name }: { name: string }) => name)).to.deep.equal(["Opened"]);
    expect(stderr).to.match(/1\/2 approve the vault for 0.5 WBTC: mined[^]*2\/2 open: mined/);
    const vault = await world.market.vault.getAddress();
    expect(await world.market.collateral.allowance(world.borrower.address, vault)).to.equal(0n);
  });

  it("opens by permit in one transaction, under the next salt, for another receiver", async () => {
    const receiver = "0x00000000000000000000000000000000000b0b00";
    const opened = await world.json(
      ...["open", "--facility", "1", "--collateral", "0.25", "--borrow", "max", "--permit", "--yes", ...key],
      ...["--receiver", receiver],
    );
    expect(opened.transactions).to.have.length(1);
    expect(opened.loan.short).to.equal("1:1");
    expect(await world.market.loan.balanceOf(receiver)).to.be.closeTo(
      world.market.cash(11_250n),
      world.market.cash("0.01"),
    );
  });

  it("finds its loans, by key, by owner, and one by each way of naming it", async () => {
    const own = await world.json("status", ...key);
    expect(own.loans.map(({ short }: { short: string }) => short)).to.deep.equal(["1:0", "1:1"]);
    const other = await world.json("status", "--owner", world.stranger.address);
    expect(other).to.deep.equal({ owner: world.stranger.address, loans: [], offered: [] });
    const [{ id, hex }] = own.loans;
    for (const name of [id, hex]) {
      expect((await world.json("status", name)).collateral.amount, name).to.equal("0.5");
    }
    const { stdout } = await world.cli("status", "1:0", "--owner", world.borrower.address);
    expect(stdout).to.include(hex).and.to.include(id);
    expect(stdout).to.match(/can still draw.*12,499.99/);
  });

  it("draws, tops up, repays a part and withdraws, each as it said it would be", async () => {
    const drawn = await world.json("draw", "1:0", "5,000", "USDX", "--yes", ...key);
    expect(drawn.state.debt.amount).to.match(/^15000\.0/);
    const added = await world.json("top-up", "1:0", "0.1", "--yes", ...key);
    expect(added.state.collateral.amount).to.equal("0.6");
    const repaid = await world.json("repay", "1:0", "3000", "USDX", "--yes", ...key);
    expect(repaid.state.debt.amount).to.match(/^12000\.0/);
    const out = await world.json("withdraw", "1:0", "max", "--yes", ...key);
    // 12,000 / 75 % / 60,000
    expect(out.state.collateral.amount).to.match(/^0\.26666\d+$/);
    expect(out.state.withdrawable.units).to.match(/^\d$/);
  });

  it("watches a loan once: quiet while it is safe, exit code 6 when it is not, with what would help", async () => {
    const loan = ["watch", "1:0", "--owner", world.borrower.address, "--once"];
    const quiet = await world.cli(...loan, "--warn", "1.1", "--json");
    expect(quiet.code, quiet.stderr).to.equal(0);
    expect(JSON.parse(quiet.stdout).alerts).to.deep.equal([]);
    const warned = await world.cli(...loan, "--warn", "1.3,1.2", "--json");
    expect(warned.code).to.equal(6);
    const [alert] = JSON.parse(warned.stdout).alerts;
    expect(alert).to.include({ kind: "below", level: "1.2", loan: "1:0" });
    // Back to 1.3 at health 1.1333: 12,000 × (1 − 1.1333/1.3).
    expectNear(Number(alert.repay.amount), 1_538.46, 0.1);
    await world.market.setPrice(50_000n);
    const { code, stdout } = await world.cli(...loan);
    await world.market.setPrice(60_000n);
    expect(code).to.equal(6);
    expect(stdout).to.match(/loan 1:0: CAN BE LIQUIDATED, health 0.944 at 50,000.00 USDX: repay .* or add .* WBTC/);
  });

  it("closes with one command", async () => {
    const before = await world.market.collateral.balanceOf(world.borrower.address);
    const loan = await world.json("status", "1:0", ...key);
    await world.market.loan.mint(world.borrower.address, world.market.cash(1_000n));
    const closed = await world.json("close", "1:0", "--yes", ...key);
    expect(closed.state).to.equal(null);
    const after = await world.market.collateral.balanceOf(world.borrower.address);
    expect(after - before).to.equal(BigInt(loan.collateral.units));
    const { code, stderr } = await world.cli("status", "1:0", ...key);
    expect(code).to.equal(1);
    expect(stderr).to.match(/there is no loan 1:0 of .*: it was closed, or never opened/);
  });

  it("repays everything and leaves the collateral, then takes all of it", async () => {
    await world.market.loan.mint(world.borrower.address, world.market.cash(12_000n));
    const repaid = await world.json("repay", "1:1", "all", "--yes", ...key);
    expect(repaid.state.debt.units).to.equal("0");
    expect(repaid.state.health).to.equal(null);
    const out = await world.json("withdraw", "1:1", "all", "--yes", ...key);
    expect(out.state).to.equal(null);
  });
});
