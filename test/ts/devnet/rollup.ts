import { expect } from "chai";
import { expectNear } from "../support/near.js";
import { id, Interface, Transaction, type JsonRpcProvider, type TransactionRequest } from "ethers";
import { DevnetError, startDevnet, type Devnet } from "../../../devnet/index.js";
import { fastLzSize, rollupFee } from "../../../sdk/model/index.js";
import { contract, describeDevnet, ERC20, L1_BLOCK, mined, open, UPTIME, wallet } from "./support.js";

const MARCH_12 = BigInt(Date.parse("2020-03-12T00:00Z") / 1000);
const GWEI = 10n ** 9n;
const BTC = 10n ** 8n;

const FEE_ORACLE = [
  "function l1BaseFee() view returns (uint256)",
  "function blobBaseFee() view returns (uint256)",
  "function baseFeeScalar() view returns (uint32)",
  "function blobBaseFeeScalar() view returns (uint32)",
];
const L1_BLOCK_OPERATOR = [
  "function operatorFeeScalar() view returns (uint32)",
  "function operatorFeeConstant() view returns (uint64)",
];

describeDevnet("devnet: the rollup, on a day in the past", () => {
  let devnet: Devnet;
  let l1: JsonRpcProvider;
  let l2: JsonRpcProvider;
  before(async () => {
    devnet = await startDevnet({ startTime: MARCH_12 });
    l1 = open(devnet, "l1");
    l2 = open(devnet, "l2");
  });
  after(async () => {
    l1?.destroy();
    l2?.destroy();
    await devnet?.stop();
  });
  const user = (index: number) => {
    const account = devnet.info.accounts.users[index];
    if (!account) throw new RangeError(`There is no user ${index}.`);
    return account;
  };

  it("stands at the day asked for on both chains, moves forward and refuses to go back", async () => {
    const at = async (provider: JsonRpcProvider) => BigInt((await provider.getBlock("latest"))!.timestamp);
    expect(await at(l1)).to.equal(MARCH_12);
    expect(await at(l2)).to.equal(MARCH_12);
    await devnet.setTime(MARCH_12 + 60n);
    expect(await at(l1)).to.equal(MARCH_12 + 60n);
    expect(await at(l2)).to.equal(MARCH_12 + 60n);
    const refusal = await devnet.setTime(MARCH_12).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(DevnetError);
    expect((refusal as Error).message)
      .to.contain(String(MARCH_12))
      .and.contain("only moves forward");
  });

  it("brings ether deposited on L1 to L2", async () => {
    const to = "0x00000000000000000000000000000000000b0b01";
    const { l2: included } = await devnet.depositTransaction(user(0), { to, value: 3n * 10n ** 18n });
    expect(included.map(({ status }) => status)).to.deep.equal(["success"]);
    expect(await l2.getBalance(to)).to.equal(3n * 10n ** 18n);
  });

  it("bridges the 8-decimal wrapped BTC in, and out again with a proof against the genuine portal", async () => {
    const { tokens, l1: info } = devnet.info;
    const onL1 = contract(tokens.wrappedBtc.l1, ERC20, l1);
    const onL2 = contract(tokens.wrappedBtc.l2, ERC20, l2);
    const owner = user(1);
    expect(await onL2.decimals!()).to.equal(8n);
    const lockedBefore: bigint = await onL1.balanceOf!(info.contracts.standardBridge);

    await devnet.bridgeIn(owner.address, 5n * BTC);
    expect(await onL2.balanceOf!(owner.address)).to.equal(5n * BTC);
    expect(await onL1.balanceOf!(info.contracts.standardBridge)).to.equal(lockedBefore + 5n * BTC);

    const started = await devnet.withdrawWrappedBtc(owner, owner.address, 3n * BTC);
    expect(await onL2.balanceOf!(owner.address)).to.equal(2n * BTC);
    expect(await onL1.balanceOf!(owner.address)).to.equal(0n);
    await devnet.finaliseWithdrawal(owner, started);
    expect(await onL1.balanceOf!(owner.address)).to.equal(3n * BTC);
    expect(await onL2.totalSupply!()).to.equal(await onL1.balanceOf!(info.contracts.standardBridge));
  });

  it("pays out ether withdrawn to L1", async () => {
    const to = "0x00000000000000000000000000000000000b0b02";
    await devnet.finaliseWithdrawal(user(1), await devnet.withdrawEth(user(1), to, 10n ** 18n));
    expect(await l1.getBalance(to)).to.equal(10n ** 18n);
  });

  /** Sends, and returns what the sender paid beyond L2 gas together with what the fee model says it should be. */
  async function payments(request: TransactionRequest) {
    const sender = wallet(l2, user(2));
    const raw = await sender.signTransaction(await sender.populateTransaction(request));
    const before = await l2.getBalance(sender.address);
    const receipt = await mined(l2, await l2.broadcastTransaction(raw));
    const after = await l2.getBalance(sender.address);

    const oracle = contract(devnet.info.l2.predeploys.gasPriceOracle, FEE_ORACLE, l2);
    const l1Block = contract(devnet.info.l2.predeploys.l1Block, L1_BLOCK_OPERATOR, l2);
    const read = async (source: typeof oracle, name: string) => BigInt((await source.getFunction(name)()) as bigint);
    const signed = Transaction.from(raw);
    const modelled = rollupFee(
      "isthmus",
      { calldataGas: 0n, fastLzSize: BigInt(fastLzSize(Buffer.from(raw.slice(2), "hex"))), gas: receipt.gasUsed },
      {
        l1BaseFee: await read(oracle, "l1BaseFee"),
        blobBaseFee: await read(oracle, "blobBaseFee"),
        baseFeeScalar: await read(oracle, "baseFeeScalar"),
        blobBaseFeeScalar: await read(oracle, "blobBaseFeeScalar"),
      },
      {
        scalar: await read(l1Block, "operatorFeeScalar"),
        constant: await read(l1Block, "operatorFeeConstant"),
      },
    );
    const quoted = await devnet.rollupFees(
      signed.unsignedSerialized as `0x${string}`,
      receipt.gasUsed,
      BigInt(receipt.blockNumber),
    );
    return { paid: before - after - receipt.gasUsed * receipt.gasPrice - signed.value, modelled, quoted };
  }

  it("charges the L1 data fee and the operator fee, exactly as the gas price oracle says for a short transaction", async () => {
    const { paid, quoted, modelled } = await payments({ to: user(3).address, value: 1n });
    expect(quoted.l1Fee).to.be.above(0n);
    expect(quoted.operatorFee).to.be.above(0n);
    expect(paid).to.equal(quoted.l1Fee + quoted.operatorFee);
    expect(modelled).to.deep.equal(quoted);
  });

  it("charges a long transaction for its compressed size, to the wei of the model", async () => {
    const noise = Array.from({ length: 40 }, (_, word) => id(String(word)).slice(2)).join("");
    const { paid, modelled, quoted } = await payments({ to: user(3).address, data: `0x${noise}` });
    expect(paid).to.equal(modelled.l1Fee + modelled.operatorFee);
    // The oracle sees the unsigned transaction and adds a flat 68 bytes: close, not equal.
    expectNear(Number(quoted.l1Fee), Number(modelled.l1Fee), Number(modelled.l1Fee) / 50);
  });

  it("raises the L1 fee tenfold when L1's base fee and blob fee rise tenfold, and holds them", async () => {
    const calm = await payments({ to: user(3).address, value: 1n });
    await devnet.setL1Fees({ baseFee: 100n * GWEI, blobBaseFee: 10n * GWEI });
    const storm = await payments({ to: user(3).address, value: 1n });
    expect(storm.paid - storm.modelled.operatorFee).to.equal(10n * (calm.paid - calm.modelled.operatorFee));
    for (let i = 0; i < 5; i++) await devnet.mineL1();
    await devnet.derive();
    expect(await contract(devnet.info.l2.predeploys.l1Block, L1_BLOCK, l2).basefee!()).to.equal(100n * GWEI);
    await devnet.setL1Fees({ baseFee: 10n * GWEI, blobBaseFee: GWEI });
  });

  it("reports the sequencer down and up again from L1, through the messenger, to the genuine uptime feed", async () => {
    const feed = contract(devnet.info.sequencerUptimeFeed, UPTIME, l2);
    const status = async () => {
      const round = (await feed.latestRoundData!()) as { answer: bigint; startedAt: bigint };
      return [round.answer, round.startedAt];
    };
    const [first, since] = await status();
    expect(first).to.equal(0n);
    expect(devnet.now() - since!).to.be.at.least(7_200n);
    const down = devnet.now();
    await devnet.setSequencerStatus(false);
    expect(await status()).to.deep.equal([1n, down]);
    await devnet.setTime(down + 900n);
    await devnet.setSequencerStatus(true);
    expect(await status()).to.deep.equal([0n, down + 900n]);
  });

  it("includes a transaction forced in through the portal during an outage, as its sender's own", async () => {
    const { tokens } = devnet.info;
    const token = contract(tokens.dollar, ERC20, l2);
    const owner = user(4);
    await devnet.fund(owner.address, { dollars: 100n });
    await devnet.pauseL2();
    const ordinary = await wallet(l2, owner).sendTransaction({ to: owner.address, gasLimit: 21_000n });
    const data = new Interface(ERC20).encodeFunctionData("transfer", [user(5).address, 40n]);
    const forced = { to: tokens.dollar, data: data as `0x${string}` };
    expect((await devnet.depositTransaction(owner, forced, { queueOnly: true })).l2).to.deep.equal([]);
    expect(await token.balanceOf!(user(5).address)).to.equal(0n);
    expect(await l2.getTransactionReceipt(ordinary.hash)).to.equal(null);

    await devnet.resumeL2();
    expect((await devnet.derive()).map(({ status }) => status)).to.deep.equal(["success"]);
    expect(await token.balanceOf!(user(5).address)).to.equal(40n);
    expect(await token.balanceOf!(owner.address)).to.equal(60n);
  });

  it("makes no block of L2 while it is paused, not even when time is moved", async () => {
    await devnet.pauseL2();
    const [onL1, onL2] = await Promise.all([l1.getBlockNumber(), l2.getBlockNumber()]);
    await devnet.depositTransaction(user(4), { to: user(4).address }, { queueOnly: true });
    const at = devnet.now() + 60n;
    await devnet.setTime(at);
    expect(await l2.getBlockNumber()).to.equal(onL2);
    expect(await l1.getBlockNumber()).to.equal(onL1 + 2);

    await devnet.resumeL2();
    expect((await devnet.derive()).map(({ status }) => status)).to.deep.equal(["success"]);
    expect(BigInt((await l2.getBlock("latest"))!.timestamp)).to.equal(at);
  });

  it("refuses to wait for an inclusion that cannot come while L2 is paused", async () => {
    await devnet.pauseL2();
    const refusal = await devnet.bridgeIn(user(0).address, 1n).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(DevnetError);
    expect((refusal as Error).message).to.contain("queueOnly");
    await devnet.setL1Fees({ baseFee: 10n * GWEI }); // L1 goes on.
    for (const block of [() => devnet.mineL2(), () => devnet.derive()]) {
      const none = await block().catch((error: unknown) => error);
      expect(none).to.be.instanceOf(DevnetError);
      expect((none as Error).message).to.contain("resume it first");
    }
    await devnet.resumeL2();
    expect((await devnet.derive()).map(({ status }) => status)).to.deep.equal(["success"]);
  });

  describe("by hand", () => {
    before(() => devnet.setBlockTime("manual"));
    after(() => devnet.setBlockTime(0));

    it("mines nothing until told, and at the second it is told", async () => {
      const sent = await wallet(l2, user(6)).sendTransaction({ to: user(6).address });
      expect(await l2.getTransactionReceipt(sent.hash)).to.equal(null);
      const at = devnet.now() + 200n;
      const mined = await devnet.mineL2(at);
      const receipt = (await l2.getTransactionReceipt(sent.hash))!;
      expect(BigInt(receipt.blockNumber)).to.equal(mined.number);
      expect(BigInt((await l2.getBlock(receipt.blockNumber))!.timestamp)).to.equal(at);
    });

    it("gives one L1 block's deposits in their order, and the attributes once a block", async () => {
      const portal = new Interface(["function depositTransaction(address,uint256,uint64,bool,bytes) payable"]);
      const sender = wallet(l1, user(7));
      const firstNonce = await sender.getNonce();
      const targets = ["0x00000000000000000000000000000000000b0b03", "0x00000000000000000000000000000000000b0b04"];
      for (const [index, target] of targets.entries())
        await sender.sendTransaction({
          to: devnet.info.l1.contracts.optimismPortal,
          data: portal.encodeFunctionData("depositTransaction", [target, 7n, 100_000n, false, "0x"]),
          value: 7n,
          nonce: firstNonce + index,
          gasLimit: 500_000n,
        });
      const l1Block = await devnet.mineL1(devnet.now() + 12n);
      const included = await devnet.derive();
      expect(included.map(({ status }) => status)).to.deep.equal(["success", "success"]);
      expect(included[0]!.blockNumber <= included[1]!.blockNumber).to.equal(true);
      for (const target of targets) expect(await l2.getBalance(target)).to.equal(7n);
      const attributes = contract(devnet.info.l2.predeploys.l1Block, L1_BLOCK, l2);
      expect(await attributes.number!()).to.equal(l1Block.number);

      const sequence: bigint = await attributes.sequenceNumber!();
      await devnet.mineL2();
      expect(await attributes.sequenceNumber!()).to.equal(sequence + 1n);
      expect(await attributes.number!()).to.equal(l1Block.number);
      const head = (await l2.getBlock("latest"))!;
      const first = (await l2.send("eth_getTransactionByHash", [head.transactions[0]])) as { type: string; to: string };
      expect(first.type).to.equal("0x7e");
      expect(first.to).to.equal(devnet.info.l2.predeploys.l1Block.toLowerCase());
    });

    it("bridges in with blocks by hand too", async () => {
      const owner = user(8);
      const { l2: included } = await devnet.bridgeIn(owner.address, BTC);
      expect(included.map(({ status }) => status)).to.deep.equal(["success"]);
      expect(await contract(devnet.info.tokens.wrappedBtc.l2, ERC20, l2).balanceOf!(owner.address)).to.equal(BTC);
    });
  });

  it("answers with code at every address it names", async () => {
    const {
      tokens,
      feeds,
      uniswap,
      safe,
      l2: { predeploys },
      l1: { contracts },
      sequencerUptimeFeed,
    } = devnet.info;
    const isAddress = (value: unknown): value is string => typeof value === "string";
    const onL2 = [tokens.wrappedBtc.l2, tokens.dollar, sequencerUptimeFeed, feeds, uniswap, safe, predeploys];
    const list = (values: unknown[]) =>
      values.flatMap((v) => (isAddress(v) ? [v] : Object.values(v as object).filter(isAddress)));
    for (const address of list(onL2)) expect((await l2.getCode(address)).length, address).to.be.above(2);
    for (const address of list([contracts, tokens.wrappedBtc.l1]))
      expect((await l1.getCode(address)).length, address).to.be.above(2);
  });
});
