import { expect } from "chai";
import { MaxUint256, type TransactionReceipt, Wallet, toBeHex, zeroPadValue } from "ethers";
import { network } from "hardhat";
import { itemOf } from "../../../keeper/account/items.js";
import { outcomeOfRevert } from "../../../keeper/account/outcome.js";
import { liquidatorAt } from "../../../keeper/chain/contracts.js";
import type { Receipt } from "../../../keeper/chain/node.js";
import type { Intent } from "../../../keeper/dispatch/intent.js";
import { defaultMarks } from "../../../keeper/errand/defaults.js";
import { MAX_GAS, gasFor, intrinsicGas } from "../../../keeper/plan/gas.js";
import type { DecisionRecord } from "../../../keeper/plan/record.js";
import { addTermFacility } from "../fixtures/termMarket.js";
import { loanText } from "../../../keeper/serve/describe.js";
import { DecisionDesk } from "./support/desk.js";
import { POOL_FEE, type World, deployWorld } from "./support/world.js";

const { ethers, networkHelpers, provider } = await network.create({ network: "op" });

const DEPOSITOR = "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001";
/** What the configuration offers a unit of gas beyond the base fee when nothing else is said. */
const PRIORITY = 1_000_000n;
const L1_BLOCK = "0x4200000000000000000000000000000000000015";

/** What the rollup charges from now on: an L1 base fee in gwei, a blob base fee a thirtieth of it, and an operator fee. */
async function chargeFees(gwei: bigint, operatorScalar: bigint): Promise<void> {
  const word = (value: bigint, bytes: number): string => toBeHex(value, bytes).slice(2);
  const fees = word(gwei * 10n ** 9n, 32) + word((gwei * 10n ** 9n) / 30n, 32);
  const data =
    `0x098999be${word(1_368n, 4)}${word(810_949n, 4)}${word(0n, 8)}${word(1_700_000_000n, 8)}${word(20_000_000n, 8)}` +
    `${fees}${word(1n, 32)}${zeroPadValue(DEPOSITOR, 32).slice(2)}${word(operatorScalar, 4)}${word(10n ** 9n, 8)}`;
  await networkHelpers.impersonateAccount(DEPOSITOR);
  await networkHelpers.setBalance(DEPOSITOR, 10n ** 18n);
  await (await (await ethers.getSigner(DEPOSITOR)).sendTransaction({ to: L1_BLOCK, data })).wait();
}

/** Three pools of the pair, three loans of 6,500 dollars on a bitcoin each, and a fall from 9,500 to 7,500 in all of them. */
async function fallen() {
  const [owner, borrower] = await ethers.getSigners();
  if (owner === undefined || borrower === undefined) throw new Error("the network has no accounts");
  const world = await deployWorld(owner, { price: 7_500n, depth: 120_000n });
  await world.setPrice(9_500n);
  for (const [fee, depth] of [
    [500, 200_000n],
    [10_000, 60_000n],
  ] as const) {
    await world.uniswap.makePool(world.collateral, world.loan, fee, world.priceE36(7_500n), world.cash(depth));
  }
  const ids: bigint[] = [];
  for (const salt of [0n, 1n, 2n]) {
    ids.push(await world.open(borrower, world.btc("1"), world.cash("6500"), salt));
  }
  const operator = new Wallet(`0x${"7".repeat(64)}`, ethers.provider);
  await networkHelpers.setBalance(operator.address, 10n ** 18n);
  await (await world.liquidator.setOperator(operator, true)).wait();
  await world.setPrice(7_500n);
  await chargeFees(30n, 100_000n);
  return { world, ids, operator, owner, borrower };
}

type Scene = Awaited<ReturnType<typeof fallen>>;

/** As the dispatcher would: the intent's own bytes and limit. */
async function send({ operator }: { operator: Wallet }, intent: Intent | undefined): Promise<TransactionReceipt> {
  if (intent === undefined) throw new Error("nothing was sent");
  const { data, gasLimit, to } = intent;
  const nonce = await ethers.provider.getTransactionCount(operator.address);
  const block = await ethers.provider.getBlock("latest");
  const fees = { maxPriorityFeePerGas: PRIORITY, maxFeePerGas: 2n * (block?.baseFeePerGas ?? 0n) + PRIORITY };
  const sent = await operator.sendTransaction({ to, data, gasLimit, nonce, ...fees });
  const receipt = await ethers.provider.waitForTransaction(sent.hash).catch(() => null);
  if (receipt === null) throw new Error("not mined");
  return receipt;
}

const asRead = (receipt: TransactionReceipt): Receipt => ({
  transactionHash: receipt.hash,
  blockNumber: receipt.blockNumber,
  blockHash: receipt.blockHash,
  status: receipt.status ?? 0,
  gasUsed: receipt.gasUsed,
  effectiveGasPrice: receipt.gasPrice,
  logs: receipt.logs.map((log) => ({
    ...{ address: log.address.toLowerCase(), topics: [...log.topics], data: log.data, logIndex: log.index },
    ...{ blockNumber: log.blockNumber, blockHash: log.blockHash, transactionHash: log.transactionHash, removed: false },
  })),
});

async function partiesOf(world: World) {
  const managers = await Promise.all([world.manager.getAddress(), world.termManager.getAddress()]);
  return { managers, liquidator: await world.liquidator.getAddress() };
}

const recordOf = (records: readonly DecisionRecord[], id: bigint): DecisionRecord | undefined =>
  records.find(({ loan }) => loan === loanText(id));
const codesOf = (records: readonly DecisionRecord[]): string[] => records.map(({ code }) => code);

describe("keeper: liquidations decided on a real market", () => {
  const openDesk = async (scene: Scene, config = {}): Promise<DecisionDesk> =>
    DecisionDesk.open(scene.world, provider, scene.operator, config);

  it("finds the pair's pools, splits the sales over them, and puts all loans in one transaction that pays for itself", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const { ids, operator, world } = scene;
    const desk = await openDesk(scene);
    expect(desk.paths).to.have.length(3);
    const input = await desk.input(ids);
    const { records, badDebts } = await desk.take(input);
    expect(codesOf(records)).to.deep.equal(["sent", "sent", "sent"]);
    expect(badDebts).to.deep.equal([]);
    const [intent] = desk.outbox.taken;
    expect(desk.outbox.taken).to.have.length(1);
    expect([intent?.subjects.length, intent?.expectedEvents]).to.deep.equal([3, 3]);
    expect(intent?.gasLimit).to.be.lessThan(Number(MAX_GAS));
    expect(records.some(({ figures }) => (figures.legs?.length ?? 0) > 1)).to.equal(true);

    const before = await ethers.provider.getBalance(operator.address);
    const receipt = await send(scene, intent);
    const spent = before - (await ethers.provider.getBalance(operator.address));
    const parties = await partiesOf(world);
    let earned = 0n;
    for (const id of ids) {
      const item = itemOf(asRead(receipt), id, parties);
      if (item?.kind !== "done") throw new Error(`loan ${id} was not liquidated`);
      const figures = recordOf(records, id)?.figures;
      expect(item.realised.grossProfit).to.be.at.least(Number(figures?.minGrossProfit));
      // A second of interest lies between the simulation and the block.
      expect(item.realised.grossProfit).to.be.closeTo(BigInt(figures?.grossProfit ?? 0), 2_000n);
      earned += item.realised.grossProfit;
    }
    expect(await world.loan.balanceOf(world.liquidator)).to.equal(earned);
    expect(await world.collateral.balanceOf(world.liquidator)).to.equal(0n);

    // What it really cost is what was foreseen, and no more: all fees of all three, at the price offered.
    const sum = (of: (record: DecisionRecord) => string | undefined): bigint =>
      records.reduce((total, record) => total + BigInt(of(record) ?? 0), 0n);
    const foreseenGas = sum(({ figures }) => figures.l2GasWei) / (input.head.baseFeePerGas + PRIORITY);
    // Of what is given back for approvals that end at zero, at most a fifth, nothing is counted on.
    expect(Number(foreseenGas) / Number(receipt.gasUsed)).to.be.within(1, 1.3);
    const beyondGas = spent - receipt.gasUsed * receipt.gasPrice;
    const foreseen = sum(({ figures }) => figures.l1FeeWei) + sum(({ figures }) => figures.operatorFeeWei);
    expect(beyondGas > 0n && foreseen >= beyondGas).to.equal(true);
    expect(foreseen < 2n * beyondGas).to.equal(true);
    expect(spent <= (intent?.maxCostWei ?? 0n)).to.equal(true);
  });

  it("earns more over three pools than over any one of them", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const desk = await openDesk(scene);
    const { records } = await desk.decide(scene.ids);
    const total = records.reduce((sum, { figures }) => sum + BigInt(figures.grossProfit ?? 0), 0n);
    for (const path of desk.paths) {
      const seized = records.reduce((sum, { figures }) => sum + BigInt(figures.seized ?? 0), 0n);
      const repaid = records.reduce((sum, { figures }) => sum + BigInt(figures.repaid ?? 0), 0n);
      const single = (await scene.world.uniswap.quoteExactInput(path, seized)) - repaid;
      expect(total).to.be.greaterThan(single);
    }
  });

  it("asks the node twice between judgement and send, however many loans there are", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const desk = await openDesk(scene);
    const input = await desk.input(scene.ids);
    const { rounds, requests } = desk.counting;
    await desk.take(input);
    expect(desk.outbox.taken).to.have.length(1);
    expect(desk.counting.rounds - rounds).to.equal(2);
    expect(desk.counting.requests - requests).to.be.lessThan(45);
  });

  it("needs no more gas at the contract's door than it says, to the unit", async () => {
    const { world } = await networkHelpers.loadFixture(fallen);
    for (const [items, gas] of [
      [1, 300_000n],
      [7, 1_234_567n],
      [16, 900_001n],
    ] as const) {
      expect(gasFor(items, gas)).to.equal(await world.liquidator.gasFor(items, gas));
    }
    expect(intrinsicGas("0x00ff")).to.equal(21_020n);
  });

  describe("fault K24: an oracle that refuses, says zero, or jumps", () => {
    it("nothing is sold at a refused price, nor at zero", async () => {
      const scene = await networkHelpers.loadFixture(fallen);
      const { ids, world } = scene;
      const desk = await openDesk(scene);
      await (await world.oracle.setRefusing(true)).wait();
      expect((await desk.decide(ids)).records).to.deep.equal([]);
      await (await world.oracle.setRefusing(false)).wait();
      await (await world.oracle.setPrice(0n)).wait();
      expect(codesOf((await desk.decide(ids)).records)).to.deep.equal(["no-price", "no-price", "no-price"]);
      expect(desk.outbox.taken).to.deep.equal([]);
    });

    it("a fall of 30 % that is taken back before the simulation sells nothing, and counts as a lost race", async () => {
      const scene = await networkHelpers.loadFixture(fallen);
      const { ids, world } = scene;
      const desk = await openDesk(scene);
      await world.setPrice(9_500n);
      await world.setPrice(6_650n);
      const input = await desk.input(ids);
      await world.setPrice(9_500n);
      const { records } = await desk.take(input);
      expect(codesOf(records)).to.deep.equal(["simulation-failed", "simulation-failed", "simulation-failed"]);
      expect(records[0]?.text).to.include("NotLiquidatable");
      expect(desk.outbox.taken).to.deep.equal([]);
      for (const id of ids) expect(desk.backoff.restsUntil(loanText(id), input.head.number)).to.equal(undefined);
    });
  });

  describe("fault K25: the price recovers between simulation and inclusion", () => {
    it("one that recovered fails for itself and cheaply, the others are done, and it is a lost race", async () => {
      const scene = await networkHelpers.loadFixture(fallen);
      const { borrower, ids, world } = scene;
      const desk = await openDesk(scene);
      await desk.decide(ids);
      const [first, second, third] = ids as [bigint, bigint, bigint];
      await world.fund(borrower, { loan: world.cash("3000") });
      await world.manager.connect(borrower).repay(second, world.cash("3000"), "0x");
      const receipt = asRead(await send(scene, desk.outbox.taken[0]));
      const parties = await partiesOf(world);
      expect(receipt.status).to.equal(1);
      for (const id of [first, third]) expect(itemOf(receipt, id, parties)?.kind).to.equal("done");
      const lost = itemOf(receipt, second, parties);
      if (lost?.kind !== "failed") throw new Error("the recovered loan did not fail");
      expect(outcomeOfRevert(lost.revert)).to.equal("race-lost");
    });

    it("when all recovered, the whole reverts for a fraction of the gas", async () => {
      const scene = await networkHelpers.loadFixture(fallen);
      const { ids, operator, world } = scene;
      const desk = await openDesk(scene);
      await desk.decide(ids);
      await world.setPrice(9_500n);
      const [intent] = desk.outbox.taken;
      await expect(operator.call({ to: intent?.to ?? "", data: intent?.data ?? "0x" })).to.be.revertedWithCustomError(
        world.liquidator,
        "NothingDone",
      );
      const nonce = await ethers.provider.getTransactionCount(operator.address);
      const request = { to: intent?.to ?? "", data: intent?.data ?? "0x", gasLimit: intent?.gasLimit ?? 0n, nonce };
      await operator.sendTransaction(request).catch(() => undefined);
      const block = await ethers.provider.getBlock("latest");
      const receipt = await ethers.provider.getTransactionReceipt(block?.transactions[0] ?? "");
      expect(receipt?.status).to.equal(0);
      expect(receipt?.gasUsed).to.be.lessThan((intent?.gasLimit ?? 0n) / 3n);
    });

    it("a market that moved beyond the bound sells nothing", async () => {
      const scene = await networkHelpers.loadFixture(fallen);
      const { ids, operator, world } = scene;
      const desk = await openDesk(scene);
      await desk.decide(ids);
      for (const fee of [500, POOL_FEE, 10_000]) {
        await world.uniswap.sell(world.collateral, world.loan, fee, world.btc("4"));
      }
      const [intent] = desk.outbox.taken;
      await expect(operator.call({ to: intent?.to ?? "", data: intent?.data ?? "0x" })).to.be.revertedWithCustomError(
        world.liquidator,
        "NothingDone",
      );
    });
  });

  it("fault K18: ten times the base fee beyond the budget sends nothing, and says so", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    await networkHelpers.setNextBlockBaseFeePerGas(200n * 10n ** 9n);
    await networkHelpers.mine();
    const desk = await openDesk(scene, { maxFeeEther: "0.01", minProfit: "0" });
    const { records } = await desk.decide(scene.ids);
    expect(new Set(codesOf(records))).to.deep.equal(new Set(["over-budget"]));
    expect(desk.outbox.taken).to.deep.equal([]);
  });

  it("fault K19: a balance that is short by just the L1 fee sends nothing; with it, everything", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const { ids, operator } = scene;
    const rich = await openDesk(scene, { maxPerBlock: 1 });
    const decided = (await rich.decide(ids)).records.find(({ code }) => code === "sent");
    const worst = BigInt(decided?.figures.worstCostWei ?? 0);
    const l1Fee = BigInt(decided?.figures.l1FeeWei ?? 0);
    expect(l1Fee).to.be.greaterThan(0n);
    await networkHelpers.setBalance(operator.address, worst - l1Fee);
    const poor = await openDesk(scene, { maxPerBlock: 1 });
    const { records } = await poor.decide(ids);
    expect(codesOf(records)).to.include("no-funds").and.not.include("sent");
    expect(poor.outbox.taken).to.deep.equal([]);
    await networkHelpers.setBalance(operator.address, worst);
    const just = await openDesk(scene, { maxPerBlock: 1 });
    expect(codesOf((await just.decide(ids)).records)).to.include("sent");
  });

  it("fault K20: what reverts in every simulation rests, and does not stand in the way of the others", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const { ids, world } = scene;
    const desk = await openDesk(scene, { maxPerBlock: 1 });
    const input = await desk.input(ids);
    // The owner takes the right away: every simulation is refused, whatever the loans.
    const before = await networkHelpers.takeSnapshot();
    await (await world.liquidator.setOperator(scene.operator, false)).wait();
    const refused = await desk.take(input);
    const broken = refused.records.find(({ code }) => code === "simulation-failed");
    expect(broken?.text).to.include("NotOperator");
    await before.restore();
    const next = await desk.decide(ids);
    expect(next.records.find(({ loan }) => loan === broken?.loan)?.code).to.equal("resting");
    expect(next.records.filter(({ code }) => code === "sent")).to.have.length(1);
  });

  it("fault K33: is not mined after the lease's end, however late it is sent", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const { ids, operator, world } = scene;
    const leaseEndsAt = BigInt(await networkHelpers.time.latest()) + 15n;
    const desk = await openDesk(scene);
    const { records } = await desk.decide(ids, { leaseEndsAt });
    const [intent] = desk.outbox.taken;
    expect(intent?.deadline).to.equal(leaseEndsAt);
    expect(records[0]?.figures.deadline).to.equal(leaseEndsAt.toString());
    await networkHelpers.time.increaseTo(leaseEndsAt + 1n);
    await expect(operator.call({ to: intent?.to ?? "", data: intent?.data ?? "0x" }))
      .to.be.revertedWithCustomError(world.liquidator, "DeadlinePassed")
      .withArgs(leaseEndsAt, leaseEndsAt + 1n);
  });

  it("reports what no collateral covers, and sells it all the same where that pays", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const { ids, world } = scene;
    const desk = await openDesk(scene);
    await world.setPrice(5_500n);
    const { records, badDebts } = await desk.decide(ids);
    expect(badDebts.map(({ loan }) => loan)).to.have.members(ids.map(loanText));
    // 6,500 of debt, 5,500 of value less the least incentive of 2 %.
    for (const { amount } of badDebts) expect(BigInt(amount)).to.be.closeTo(world.cash("1107"), world.cash("2"));
    expect(codesOf(records)).to.deep.equal(["sent", "sent", "sent"]);
    expect((await send(scene, desk.outbox.taken[0])).status).to.equal(1);
    expect(await world.manager.ownerOf(ids[0] ?? 0n)).to.equal("0x0000000000000000000000000000000000000000");
  });

  it("buys with what the Liquidator holds where no pool pays, as far as its owner allows", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const { ids, world } = scene;
    for (const fee of [500, POOL_FEE, 10_000]) {
      await world.uniswap.sell(world.collateral, world.loan, fee, world.btc("12"));
    }
    const desk = await openDesk(scene);
    const held = await desk.decide(ids);
    expect(new Set(codesOf(held.records))).to.deep.equal(new Set(["unprofitable"]));
    await world.loan.mint(world.liquidator, world.cash("20000"));
    await (await world.liquidator.setInventory(world.facility, world.cash("6000"), 100n)).wait();
    const { records } = await desk.decide(ids);
    const bought = records.filter(({ figures }) => figures.fromInventory);
    expect(bought.length).to.be.greaterThan(0);
    const receipt = asRead(await send(scene, desk.outbox.taken[0]));
    const parties = await partiesOf(world);
    const items = ids.map((id) => itemOf(receipt, id, parties)).filter((item) => item?.kind === "done");
    const paid = items.reduce((sum, item) => sum + (item?.kind === "done" ? item.realised.repaid : 0n), 0n);
    expect(paid).to.equal(world.cash("20000") - (await world.loan.balanceOf(world.liquidator)));
    expect(paid > 0n && paid <= world.cash("6000")).to.equal(true);
    expect(await world.collateral.balanceOf(world.liquidator)).to.be.greaterThan(0n);
  });

  it("a decision's records are plain JSON with every figure it rests on", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const desk = await openDesk(scene);
    const { records } = await desk.decide(scene.ids);
    const [record] = records;
    expect(JSON.parse(JSON.stringify(records))).to.deep.equal(records);
    for (const figure of ["debt", "value", "repaid", "seized", "proceeds", "legs", "need", "fees"] as const) {
      expect(record?.figures[figure], figure).to.not.equal(undefined);
    }
    const { fees, grossProfit, minProfit, need, riskMargin } = record?.figures ?? {};
    expect(BigInt(need ?? 0)).to.equal(BigInt(fees ?? 0) + BigInt(riskMargin ?? 0) + BigInt(minProfit ?? 0));
    expect(BigInt(grossProfit ?? 0)).to.be.at.least(Number(need));
  });

  describe("a default that nobody has marked", () => {
    /** A term loan a day beyond its grace, whose LTV is fine. */
    async function late() {
      const scene = await fallen();
      const { borrower, owner, world } = scene;
      const term = await addTermFacility(world);
      await term.lend(owner, world.cash("100000"));
      await world.setPrice(7_500n);
      await world.fund(borrower, { collateral: world.btc("1") });
      await world.collateral.connect(borrower).approve(term.vault, MaxUint256);
      const opening = {
        ...{ facility: term.facility, salt: 9n, sheet: 0, collateral: world.btc("1"), principal: world.cash("2000") },
        ...{
          maxAnnualRate: 10n ** 18n,
          deadline: 2n ** 40n,
          receiver: borrower.address,
          agreement: `0x${"00".repeat(32)}`,
        },
      };
      await (await world.termManager.connect(borrower).open(opening, "0x")).wait();
      const id = (BigInt(borrower.address) << 96n) | (BigInt(term.facility) << 64n) | 9n;
      const defaultsAfter = BigInt(await networkHelpers.time.latest()) + 40n * 86_400n;
      await networkHelpers.time.increaseTo(defaultsAfter + 1n);
      await networkHelpers.mine();
      return { ...scene, id };
    }

    const errandsOf = async (desk: DecisionDesk, id: bigint, world: World) => {
      const { facts } = await desk.input([id]);
      const [known, table] = [facts.get(1_000_001), desk.book.termTable(1_000_001)];
      if (known === undefined || table === undefined) throw new Error("the term facility is not known");
      return defaultMarks(table, known, await world.termManager.getAddress());
    };

    it("is marked and sold in one transaction where the sale pays at once", async () => {
      const scene = await networkHelpers.loadFixture(late);
      const { id, world } = scene;
      const desk = await openDesk(scene);
      const errands = await errandsOf(desk, id, world);
      const { records } = await desk.decide([id], { errands });
      expect(codesOf(records)).to.deep.equal(["sent"]);
      expect(records[0]?.figures.markFirst).to.equal(true);
      expect(desk.outbox.taken.map(({ kind }) => kind)).to.deep.equal(["liquidate"]);
      const receipt = await send(scene, desk.outbox.taken[0]);
      expect(itemOf(asRead(receipt), id, await partiesOf(world))?.kind).to.equal("done");
      expect(await world.termManager.debtOf(id)).to.equal(0n);
    });

    it("is marked alone where the sale does not pay yet: the incentive grows from then on", async () => {
      const scene = await networkHelpers.loadFixture(late);
      const { id, world } = scene;
      for (const fee of [500, POOL_FEE, 10_000]) {
        await world.uniswap.sell(world.collateral, world.loan, fee, world.btc("1"));
      }
      const desk = await openDesk(scene);
      const errands = await errandsOf(desk, id, world);
      const { records } = await desk.decide([id], { errands });
      expect(desk.outbox.taken.map(({ kind }) => kind)).to.deep.equal(["mark"]);
      expect(recordOf(records, id)?.code).to.equal("errand");
    });
  });

  it("names in the intent what is in its calldata, in the same order", async () => {
    const scene = await networkHelpers.loadFixture(fallen);
    const contract = liquidatorAt(await scene.world.liquidator.getAddress());
    const desk = await openDesk(scene);
    await desk.decide(scene.ids);
    const [items] = contract.interface.decodeFunctionData(
      "liquidateMany",
      desk.outbox.taken[0]?.data ?? "0x",
    ) as unknown as [{ id: bigint }[]];
    expect(items.map(({ id }) => loanText(id))).to.deep.equal(desk.outbox.taken[0]?.subjects);
  });
});
