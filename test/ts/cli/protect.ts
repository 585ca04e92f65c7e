import { expect } from "chai";
import { ContractFactory, NonceManager } from "ethers";
import hre from "hardhat";
import { readDeployment, writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { Uniswap } from "../keeper/support/uniswap.js";
import { type Json, type World, startWorld } from "./support.js";

const POOL_FEE = 500;

describe("cli: protection orders", function () {
  let world: World;
  let borrower: string[];
  before(async () => {
    world = await startWorld();
    const { market } = world;
    await market.open(new NonceManager(world.borrower.wallet), market.btc(1n), market.cash(30_000n));
    const uniswap = await Uniswap.deploy(market.deployer);
    await uniswap.makePool(market.collateral, market.loan, POOL_FEE, market.priceE36(37_000n), market.cash(5_000_000n));
    const { abi, bytecode } = await hre.artifacts.readArtifact("ProtectionOrders");
    const orders = await new ContractFactory(abi, bytecode, market.deployer).deploy(
      market.manager,
      market.termManager,
      uniswap.factory,
    );
    await orders.waitForDeployment();
    const [router, quoter] = await Promise.all([uniswap.router.getAddress(), uniswap.quoter.getAddress()]);
    const known = readDeployment(world.deployment);
    const protectionOrders = await orders.getAddress();
    writeDeployment({ ...known, protectionOrders, uniswap: { router, quoter, fee: POOL_FEE } }, world.deployment);
    borrower = ["--key-file", world.borrower.keyFile];
  });
  after(() => world.close());

  const place = (...args: string[]): string[] => ["protect", "place", "1:0", ...args, "--yes", ...borrower];
  const refused = async (code: number, args: string[]): Promise<string> => {
    const ran = await world.cli(...args);
    expect(ran.code, ran.stderr).to.equal(code);
    return ran.stderr;
  };

  it("places an order with what it needs, shows it, and why it is not executed, and that it would be", async () => {
    expect((await world.cli("protect", "show", "1:0", ...borrower)).stdout).to.match(
      /has placed no order for loan 1:0/,
    );
    const terms = ["deleverage", "--trigger", "80", "--target", "65%", "--slippage", "1.5", "--max-fee", "20"];
    const dry = await world.json(...place(...terms, "--dry-run"));
    expect(dry.needs.map(({ kind }: Json) => kind)).to.deep.equal(["operator"]);
    expect(dry.transactions.map(({ what }: Json) => what)[0]).to.match(
      /^authorise the protection orders to take out 1 WBTC/,
    );
    const placed = await world.json(...place(...terms));
    expect(placed.transactions).to.have.length(2);
    expect(placed.events.map(({ name }: Json) => name)).to.deep.equal(["OrderPlaced"]);

    const { orders } = await world.json("protect", "show", "1:0", ...borrower);
    expect(orders).to.have.length(1);
    expect(orders[0]).to.deep.include({
      kind: "deleverage",
      triggerLtv: "0.8",
      targetLtv: "0.65",
      maxSlippage: "0.015",
      fee: "0.005",
      maxFee: { amount: "20", units: "20000000", symbol: "USDX" },
      executable: false,
      whyNot: "the LTV is 50.00 %, below the 80.00 % the order waits for",
      wouldMove: null,
      needs: [],
    });
    await world.market.setPrice(37_000n);
    const { stdout } = await world.cli("protect", "show", "1:0", ...borrower);
    expect(stdout).to.match(/order +│ deleverage/);
    expect(stdout).to.match(/when +│ LTV at or above 80.00 %/);
    expect(stdout).to.match(/does +│ sells collateral to an LTV of 65.00 %, at most 1.50 % below the oracle's price/);
    expect(stdout).to.match(/keeper's fee +│ 0.50 %, at most 20 USDX/);
    expect(stdout).to.match(/executable now +│ yes/);
    expect(stdout).to.match(/would move +│ 17,[\d.,]+ USDX for at most 0.4\d+ WBTC, and a fee of 20 USDX/);
  });

  it("takes the other kinds with their own options and no others, and cancels", async () => {
    expect(await refused(2, place("auto-repay", "--trigger", "75", "--max-fee", "5"))).to.include(
      "--target is missing: an order of kind auto-repay takes --trigger, --target, --most, --limit",
    );
    expect(
      await refused(2, place("take-profit", "--price", "90000", "--repay", "all", "--target", "5", "--max-fee", "5")),
    ).to.include("--target means nothing here: an order of kind take-profit takes --price, --repay, --slippage");
    const late = place("deleverage", "--trigger", "86", "--target", "60", "--max-fee", "5");
    expect(await refused(1, late)).to.include("comes too late");
    expect(await refused(2, place("deleverage", "--trigger", "lots", "--target", "60", "--max-fee", "5"))).to.include(
      '--trigger "lots" is no percentage',
    );
    const profit = await world.json(
      ...place("take-profit", "--price", "90,000", "--repay", "all", "--max-fee", "50", "--expires", "30d"),
    );
    expect(profit.transactions, "it is authorised for longer already").to.have.length(1);
    const topUp = [
      "auto-top-up",
      "--trigger",
      "75",
      "--target",
      "60",
      "--most",
      "0.2",
      "--limit",
      "0.5",
      "--max-fee",
      "0.001",
    ];
    const placed = await world.json(...place(...topUp));
    expect(placed.transactions).to.have.length(2);
    const { orders } = await world.json("protect", "show", "1:0", ...borrower);
    expect(orders.map(({ kind }: Json) => kind)).to.deep.equal(["deleverage", "take-profit", "auto-top-up"]);
    expect(orders[1]).to.deep.include({
      repays: "all",
      whyNot: "the price is 37,000.00 USDX, below the 90,000.00 USDX the order waits for",
    });
    expect(orders[1].triggerPrice.price).to.equal("90000.00");
    expect(orders[2].limit).to.deep.equal({ amount: "0.5", units: "50000000", symbol: "WBTC" });
    await world.json("protect", "cancel", "1:0", "take-profit", "--yes", ...borrower);
    expect(await refused(1, ["protect", "cancel", "1:0", "take-profit", "--yes", ...borrower])).to.include(
      "has placed no take-profit order for loan 1:0",
    );
    const other = ["protect", "place", (await world.json("status", "1:0", ...borrower)).hex, "deleverage"];
    const asStranger = [
      "--trigger",
      "80",
      "--target",
      "60",
      "--max-fee",
      "5",
      "--yes",
      "--key-file",
      world.stranger.keyFile,
    ];
    expect(await refused(1, [...other, ...asStranger])).to.include("only the owner's orders for it count");
  });
});
