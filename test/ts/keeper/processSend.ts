import { readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Transaction as Sent, Transaction, Wallet } from "ethers";
import { DEFAULT_FEE_SCALARS } from "../../../devnet/fees.js";
import type { Devnet } from "../../../devnet/index.js";
import type { LoanReport } from "../../../keeper/serve/status.js";
import { describeDevnet, until } from "../devnet/support.js";
import type { Market } from "../fixtures/market.js";
import { type Fault, FaultProxy, REFUSALS, type RpcRequest } from "./support/faultProxy.js";
import type { KeeperProcess } from "./support/keeperProcess.js";
import { ProcessStage } from "./support/processStage.js";
import type { World } from "./support/world.js";

const SEND = "eth_sendRawTransaction";
const SETTINGS = { replaceAfterMs: 100, maxPerBlock: 2 };
const MOST_MS = 20_000;
const GWEI = 10n ** 9n;
/** wei; what blocks that are nearly empty come to */
const BASE_FEE = 10n ** 7n;
/** wei; as the devnet begins */
const L1_FEES = { baseFee: 10n * GWEI, blobBaseFee: GWEI };

const quantity = (value: bigint): string => `0x${value.toString(16)}`;

describeDevnet("keeper: the process, and what becomes of its transactions", () => {
  let stage: ProcessStage;
  let devnet: Devnet;
  let world: World;
  /** A facility of its own, for the many loans that other tests are not to find due. */
  let crowd: Market;
  let proxy: FaultProxy;
  let keeper: KeeperProcess;

  before(async function () {
    this.timeout(300_000);
    stage = await ProcessStage.start();
    ({ devnet, world } = stage);
    crowd = await stage.addMarket(200_000n);
    proxy = await FaultProxy.start(devnet.info.l2.rpcUrl);
  });
  after(async () => {
    await stage.stop();
    await proxy.stop();
  });
  beforeEach(() => stage.calm());
  afterEach(() => proxy.clear());

  const mined = (): Promise<number> => stage.provider.getTransactionCount(stage.operator);

  /** A block at the usual base fee. @returns its number */
  const mine = async (baseFee = BASE_FEE): Promise<number> => {
    await devnet.rpc("l2", "anvil_setNextBlockBaseFeePerGas", [quantity(baseFee)]);
    return stage.mine();
  };

  /** @returns the number of the block in which the price is */
  const fall = async (baseFee?: bigint): Promise<number> => {
    await world.oracle.setPrice(world.priceE36(6_600n), { maxFeePerGas: 10_000n * GWEI });
    return mine(baseFee);
  };

  /** A loan of 5,500 that the next {@link fall} makes due; from now on blocks are made by hand. */
  const loan = async (): Promise<{ id: bigint; nonce: number; handed: () => Sent[] }> => {
    const id = await stage.borrow("5500");
    await stage.byHand();
    await keeper.decided(await mine());
    const before = new Set(proxy.requests);
    const handed = (): Sent[] =>
      proxy.requests
        .filter((request) => request.method === SEND && !before.has(request))
        .map(({ params }) => Transaction.from(String(params[0])));
    return { id, nonce: await mined(), handed };
  };

  /** Blocks come until the loan is sold: once, and by `transactions` of the operator's since `nonce`. */
  const soldOnce = async (id: bigint, nonce: number, transactions = 1): Promise<void> => {
    const isSold = async (): Promise<boolean> => {
      await keeper.decided(await mine());
      return (await stage.liquidationsOf(id)) > 0;
    };
    if (!(await until(isSold, MOST_MS))) throw new Error(`not sold:\n${keeper.errors}`);
    await stage.settle(keeper, await mine());
    expect(await stage.liquidationsOf(id)).to.equal(1);
    expect((await mined()) - nonce).to.equal(transactions);
  };

  /** What it says of a loan that it leaves, in the decision about a block. */
  const left = async (id: bigint, block: number): Promise<LoanReport | undefined> => {
    const { actions, sent } = await keeper.decided(block);
    expect(sent).to.deep.equal([]);
    return actions.find(({ loan: one, action }) => BigInt(one) === id && action === "left");
  };

  describe("with one account", () => {
    before(async () => {
      keeper = await stage.startWith(SETTINGS, "--rpc", proxy.url);
    });
    after(() => stage.endKeepers());

    it("fault K12: a nonce that was taken for a send which the node refuses is given back, and used by the next", async () => {
      const { id, nonce, handed } = await loan();
      const refusal: Fault = { kind: "error", code: -32000, message: "transaction type not supported" };
      proxy.inject(refusal, { methods: [SEND], times: 1 });
      expect((await keeper.decided(await fall())).sent).to.deep.equal([]);
      expect((await keeper.decided(await mine())).sent).to.have.length(1);
      await soldOnce(id, nonce);
      expect(handed().map((one) => one.nonce)).to.deep.equal([nonce, nonce]);
    });

    for (const [name, fault] of Object.entries({
      "nonce too low": REFUSALS.nonceTooLow,
      "nonce too high": REFUSALS.nonceTooHigh,
      underpriced: REFUSALS.underpriced,
      "below the base fee": REFUSALS.feeTooLow,
    })) {
      it(`fault K13: "${name}" is answered within the same decision, under the same nonce`, async () => {
        const { id, nonce, handed } = await loan();
        proxy.inject(fault, { methods: [SEND], times: 1 });
        expect((await keeper.decided(await fall())).sent).to.have.length(1);
        await soldOnce(id, nonce);
        const [refused, accepted] = handed();
        expect([refused?.nonce, accepted?.nonce]).to.deep.equal([nonce, nonce]);
        const isRaised = (accepted?.maxPriorityFeePerGas ?? 0n) > (refused?.maxPriorityFeePerGas ?? 0n);
        expect(isRaised).to.equal(name === "underpriced");
      });
    }

    it('fault K13: "already known" counts as sent', async () => {
      const { id, nonce } = await loan();
      proxy.inject(REFUSALS.alreadyKnown, { methods: [SEND], times: 1 });
      expect((await keeper.decided(await fall())).sent).to.have.length(1);
      await soldOnce(id, nonce);
    });

    it("fault K14: what a node accepted and dropped is handed over again, the same bytes", async () => {
      const { id, nonce, handed } = await loan();
      proxy.inject({ kind: "swallow" }, { methods: [SEND], times: 1 });
      await keeper.decided(await fall());
      await soldOnce(id, nonce);
      const [first, again] = handed();
      expect(again?.hash).to.equal(first?.hash);
    });

    it("fault K15: where the answer to a send is lost it counts as sent, and no other is made", async () => {
      const { id, nonce, handed } = await loan();
      proxy.inject({ kind: "answerLost", how: "cut" }, { methods: [SEND], times: 1 });
      expect((await keeper.decided(await fall())).sent).to.have.length(1);
      await soldOnce(id, nonce);
      expect(new Set(handed().map(({ hash }) => hash)).size).to.equal(1);
    });

    it("fault K15: where the send itself is lost, the same bytes are sent again", async () => {
      const { id, nonce, handed } = await loan();
      proxy.inject({ kind: "cut" }, { methods: [SEND], times: 1 });
      expect((await keeper.decided(await fall())).sent).to.have.length(1);
      await soldOnce(id, nonce);
      expect(new Set(handed().map(({ hash }) => hash)).size).to.equal(1);
    });

    it("fault K16: a nonce that someone else's transaction took is given up, and the loan sold under the next", async () => {
      const { id, nonce, handed } = await loan();
      const swallow = proxy.inject({ kind: "swallow" }, { methods: [SEND] });
      await keeper.decided(await fall());
      const thief = new Wallet(stage.key, stage.provider);
      await thief.sendTransaction({ to: thief.address, nonce, gasLimit: 21_000n, maxFeePerGas: GWEI });
      await keeper.decided(await mine());
      swallow.remove();
      await soldOnce(id, nonce, 2);
      expect(handed()[0]?.nonce).to.equal(nonce);
      expect(keeper.of("settled").map(({ outcome }) => outcome)).to.include("superseded");
    });

    it("fault K18: with a base fee beyond the budget nothing is sent, and the reason has the figures; then it is", async () => {
      const { id, nonce, handed } = await loan();
      expect((await left(id, await fall(1_000n * GWEI)))?.reason).to.match(/\d{15,}/);
      expect(handed()).to.deep.equal([]);
      await soldOnce(id, nonce);
    });

    it("fault K18: with L1 fees beyond the profit nothing is sent, and the reason has the figures; then it is", async () => {
      const { id, nonce, handed } = await loan();
      await l1Fees(10_000_000n);
      expect((await left(id, await fall()))?.reason).to.match(/\d{15,}/);
      expect(handed()).to.deep.equal([]);
      await l1Fees(1n);
      await soldOnce(id, nonce);
    });

    /** From the next block on, so many times as high as usual. */
    const l1Fees = async (times: bigint): Promise<void> => {
      await devnet.setL1Fees({ baseFee: L1_FEES.baseFee * times, blobBaseFee: L1_FEES.blobBaseFee * times });
      await devnet.mineL1();
      await keeper.decided(await mine());
    };

    it("fault K19: a balance that pays for the gas and not for the L1 fee sends nothing; with it, it does", async () => {
      const first = await loan();
      await keeper.decided(await fall());
      await soldOnce(first.id, first.nonce);
      const [{ gasLimit, maxFeePerGas } = { gasLimit: 0n, maxFeePerGas: 0n }] = first.handed();
      const forGas = gasLimit * (maxFeePerGas ?? 0n);
      await stage.calm();

      const second = await loan();
      // The L1 fee then is about as much as the gas.
      await l1Fees(50n);
      const balance = await stage.provider.getBalance(stage.operator);
      await devnet.rpc("l2", "anvil_setBalance", [stage.operator, quantity((forGas * 13n) / 10n)]);
      try {
        expect((await left(second.id, await fall()))?.reason).to.match(/needs \d+ wei at most, \d+ are free/);
      } finally {
        await devnet.rpc("l2", "anvil_setBalance", [stage.operator, quantity(balance)]);
      }
      await soldOnce(second.id, second.nonce);
      await l1Fees(1n);
    });

    it("fault K22: while a loan's sale waits, whatever else is sent has its nonce", async () => {
      const { id, nonce, handed } = await loan();
      const swallow = proxy.inject({ kind: "swallow" }, { methods: [SEND] });
      await keeper.decided(await fall());
      for (let blocks = 0; blocks < 6; blocks++) await keeper.decided(await mine());
      swallow.remove();
      await soldOnce(id, nonce);
      expect(handed().length).to.be.greaterThan(1);
      expect([...new Set(handed().map((one) => one.nonce))]).to.deep.equal([nonce]);
    });

    it("fault K24: an oracle that refuses, or says zero, or jumps up and back, sells nothing; then it does", async () => {
      const { id, nonce, handed } = await loan();
      await world.oracle.setRefusing(true);
      const refused = await keeper.decided(await fall());
      expect(refused.facilities[0]?.refusal).to.not.equal(null);
      await world.oracle.setRefusing(false);
      await world.oracle.setPrice(0n);
      expect((await left(id, await mine()))?.reason).to.contain("the oracle's price is zero");
      for (const dollars of [10_400n, 8_000n]) {
        await world.oracle.setPrice(world.priceE36(dollars));
        expect((await keeper.decided(await mine())).sent).to.deep.equal([]);
      }
      expect(handed()).to.deep.equal([]);
      await keeper.decided(await fall());
      await soldOnce(id, nonce);
    });

    it("fault K25: where the price recovers before the block, it is no fault, and the next fall is dealt with at once", async () => {
      const { id, nonce } = await loan();
      let letGo = (): void => undefined;
      const late = new Promise<void>((resolve) => (letGo = resolve));
      const held = proxy.inject({ kind: "hold", until: late }, { methods: [SEND], times: 1 });
      const fallen = await fall();
      await keeper.until(() => held.fired === 1);
      await world.oracle.setPrice(world.priceE36(8_000n), { maxFeePerGas: 10_000n * GWEI });
      letGo();
      await keeper.decided(fallen);
      await stage.settle(keeper, await mine());
      expect(await stage.liquidationsOf(id)).to.equal(0);
      const last = keeper.of("settled").at(-1);
      expect(["race-lost", "market-moved"]).to.include(last?.outcome);
      expect((await keeper.decided(await fall())).sent).to.have.length(1);
      await soldOnce(id, nonce, 2);
    });

    it("fault K26: where the market is too thin it waits, and never sells without a bound", async () => {
      const { collateral, loan: dollars, uniswap } = world;
      await uniswap.sell(collateral, dollars, 3000, world.btc(600n));
      const { id, nonce, handed } = await loan();
      expect((await left(id, await fall()))?.reason).to.contain("are left of the sale");
      // Held still: asked about a block while it mines the next, anvil mixes both, and half a market is sold to in two parts.
      keeper.signal("SIGSTOP");
      await stage.byThemselves();
      await uniswap.sell(dollars, collateral, 3000, world.cash(3_700_000n));
      await stage.byHand();
      keeper.signal("SIGCONT");
      await soldOnce(id, nonce);
      const [data] = handed().map((one) => one.data);
      const call = world.liquidator.interface.parseTransaction({ data: data ?? "0x" });
      const items = call?.args[0] as { readonly minProfit: bigint }[];
      for (const { minProfit } of items) expect(minProfit).to.be.greaterThan(world.cash("100"));
    });

    /** wei that each transaction pays from the next block on, beside what its gas costs */
    const operatorFee = async (operatorFeeConstant: bigint): Promise<void> => {
      await stage.byThemselves();
      await devnet.setFeeScalars({ ...DEFAULT_FEE_SCALARS, operatorFeeConstant });
      await stage.byHand();
    };

    it("fault K28: fees that a fork changes while it runs are reckoned with at once, and booked to the wei", async () => {
      const { id, nonce } = await loan();
      await operatorFee(10n ** 18n);
      expect((await left(id, await fall()))?.reason).to.match(/\d{15,}/);
      // Measured first: blocks are made by themselves while fees change, and the keeper may sell in one of them.
      const before = await stage.provider.getBalance(stage.operator);
      await operatorFee(10n ** 15n);
      await soldOnce(id, nonce);
      await operatorFee(DEFAULT_FEE_SCALARS.operatorFeeConstant);
      const { fees } = (await keeper.status()).results.at(-1) ?? { fees: { l2Gas: "0", l1Data: "0", operator: "0" } };
      expect(BigInt(fees.operator)).to.be.greaterThan(10n ** 15n - 1n);
      const spent = before - (await stage.provider.getBalance(stage.operator));
      expect(BigInt(fees.l2Gas) + BigInt(fees.l1Data) + BigInt(fees.operator)).to.equal(spent);
    });

    it("fault K27: of a thousand dust loans and a large one, all due at once, the large one is in the first transaction", async function () {
      this.timeout(120_000);
      const { user } = stage.nextUser();
      await crowd.fund(user, { collateral: world.btc("30") });
      const opening = (salt: bigint): string =>
        world.manager.interface.encodeFunctionData("open", [
          ...([crowd.facility, 1_000_000n + salt, world.btc("0.027"), world.cash("150")] as const),
          ...([user.address, "0x"] as const),
        ]);
      for (let salt = 0n; salt < 1_000n; salt += 50n) {
        const calls = Array.from({ length: 50 }, (_, i) => opening(salt + BigInt(i)));
        await world.manager.connect(user).multicall(calls, { gasLimit: 16_700_000n });
      }
      const large = await stage.borrow("5500", "1", crowd);
      await stage.byHand();
      const { loans } = await keeper.decided(await mine());
      expect(loans).to.be.greaterThan(1_000);
      const { sent } = await keeper.decided(await stage.setPriceByHand(6_400n, crowd));
      expect(sent.flatMap(({ subjects }) => subjects.map(BigInt))).to.include(large);
      await crowd.oracle.setPrice(crowd.priceE36(8_000n));
      await stage.settle(keeper, await mine());
      expect(await stage.liquidationsOf(large)).to.equal(1);
    });
  });

  describe("that was killed, and whose files were spoilt since", () => {
    afterEach(() => stage.endKeepers());

    it("fault K30: of a snapshot cut short nothing is taken: the log is read instead, and what is due is sold", async () => {
      const snapshot = join(stage.stateDir, "run.loans");
      truncateSync(snapshot, Math.floor(statSync(snapshot).size / 2));

      keeper = await stage.startWith(SETTINGS, "--rpc", proxy.url);
      expect(keeper.errors).to.contain("the snapshot is of no use");
      const { id, nonce } = await loan();
      await keeper.decided(await fall());
      await soldOnce(id, nonce);
    });

    it("fault K30: another program's file in the journal's place is refused by its name, and left alone", async () => {
      for (const name of readdirSync(stage.stateDir)) rmSync(join(stage.stateDir, name));
      const journal = join(stage.stateDir, "keeper.sqlite");
      writeFileSync(journal, "not a database, whatever else it may be".repeat(200));
      const refused = stage.start(["--rpc", proxy.url]);
      const { exitCode } = await refused.ended;
      expect(exitCode).to.be.greaterThan(0);
      expect(refused.errors).to.contain("keeper.sqlite");
      expect(readFileSync(journal, "utf8")).to.contain("not a database");
    });
  });

  describe("with two accounts", () => {
    before(async () => {
      await stage.calm();
      const other = devnet.info.accounts.users[6];
      if (other === undefined) throw new Error("the devnet has too few users");
      await (await world.liquidator.setOperator(other.address, true)).wait();
      const files = [stage.key, other.privateKey].map((key, index) => {
        const file = join(stage.folder, `lane-${index}`);
        writeFileSync(file, key);
        return `file:${file}`;
      });
      stage.forgetState();
      keeper = await stage.startWith(SETTINGS, "--rpc", proxy.url, "--keys", files.join(","));
    });
    after(() => stage.endKeepers());

    it("fault K17: while one account's transaction is stuck, the other account sells what falls due", async () => {
      const { id: first } = await loan();
      await stage.byThemselves();
      const second = await stage.borrow("5200");
      await stage.byHand();
      // It stays the one with more ether: that must not decide.
      await devnet.rpc("l2", "anvil_setBalance", [stage.operator, quantity(10n ** 24n)]);
      let stuck: string | undefined;
      const isStuck = ({ params = [] }: RpcRequest): boolean => {
        const { from } = Transaction.from(String(params[0]));
        stuck ??= from ?? undefined;
        return from === stuck;
      };
      const swallow = proxy.inject({ kind: "swallow" }, { methods: [SEND], where: isStuck });
      await keeper.decided(await fall());
      const isTold = async (): Promise<boolean> => {
        await keeper.decided(await mine());
        return (await keeper.status()).alerts.some(({ kind }) => kind === "lane-stuck");
      };
      expect(await until(isTold, MOST_MS), "that it is stuck").to.equal(true);
      await keeper.decided(await stage.setPriceByHand(6_400n));
      await keeper.decided(await mine());
      expect([await stage.liquidationsOf(first), await stage.liquidationsOf(second)]).to.deep.equal([0, 1]);
      swallow.remove();
      const isSold = async (): Promise<boolean> => {
        await keeper.decided(await mine());
        return (await stage.liquidationsOf(first)) > 0;
      };
      expect(await until(isSold, MOST_MS)).to.equal(true);
      await stage.settle(keeper, await mine());
      expect([await stage.liquidationsOf(first), await stage.liquidationsOf(second)]).to.deep.equal([1, 1]);
    });

    it("fault K37: with a clock that is ten minutes behind the chain's it sells what falls due, and says so", async () => {
      const { id } = await loan();
      // Not from the chain's own clock: it stands still between the blocks.
      await keeper.decided(await stage.mine(BigInt(Math.floor(Date.now() / 1_000)) + 600n));
      await keeper.decided(await fall());
      await stage.settle(keeper, await mine());
      expect(await stage.liquidationsOf(id)).to.equal(1);
      expect((await keeper.status()).alerts.map(({ kind }) => kind)).to.include("clock-off");
    });

    it("fault K21: after three transactions that succeeded and did nothing it sends no more, and says why", async () => {
      const { id } = await loan();
      const liquidator = await world.liquidator.getAddress();
      const code = await stage.provider.getCode(liquidator);
      const STOP = "0x00";
      let block = await fall();
      const ineffective = (): number => keeper.of("settled").filter(({ outcome }) => outcome === "no-effect").length;
      for (let blocks = 0; ineffective() < 3; blocks++) {
        if (blocks > 40) throw new Error(`it had an effect, or was not sent:\n${keeper.errors}`);
        await keeper.decided(block);
        // Held still, it sees the contract only as it is between the blocks.
        keeper.signal("SIGSTOP");
        await devnet.rpc("l2", "anvil_setCode", [liquidator, STOP]);
        block = await mine();
        await devnet.rpc("l2", "anvil_setCode", [liquidator, code]);
        keeper.signal("SIGCONT");
        await keeper.decided(block);
      }
      for (let blocks = 0; blocks < 3; blocks++) await keeper.decided((block = await mine()));
      const { halted, pending } = await keeper.status();
      expect(halted).to.contain("3 transactions in a row succeeded without effect");
      expect([pending, ineffective(), await stage.liquidationsOf(id)]).to.deep.equal([0, 3, 0]);
      const { http } = await keeper.ready();
      expect((await fetch(`${http}/health`)).status).to.equal(503);
    });
  });
});
