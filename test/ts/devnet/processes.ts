import { expect } from "chai";
import { expectNear } from "../support/near.js";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { priceE8Of } from "../../../devnet/poolMaths.js";
import { DevnetError, startDevnet, type Devnet, type DevnetInfo } from "../../../devnet/index.js";
import { childrenOf, contract, describeDevnet, isAlive, L1_BLOCK, open, until } from "./support.js";

const CLEAN_END = 30_000;

describeDevnet("devnet: blocks every 200 ms", () => {
  let devnet: Devnet;
  before(async () => {
    devnet = await startDevnet({ blockTime: 0.2 });
  });
  after(() => devnet?.stop());

  it("shares timestamps between blocks, keeps pace with the wall clock and begins each block with its attributes", async () => {
    const l2 = open(devnet, "l2");
    const first = await l2.getBlockNumber();
    const reached = (number: number) => until(async () => (await l2.getBlockNumber()) >= number, 60_000);
    expect(await reached(first + 1)).to.equal(true);
    const started = Date.now();
    expect(await reached(first + 16)).to.equal(true);
    const elapsed = (Date.now() - started) / 1000;
    const numbers = Array.from({ length: 16 }, (_, index) => first + 1 + index);
    const blocks = await Promise.all(numbers.map(async (number) => (await l2.getBlock(number))!));

    const perSecond = new Map<number, number>();
    for (const { timestamp } of blocks) perSecond.set(timestamp, (perSecond.get(timestamp) ?? 0) + 1);
    expect(Math.max(...perSecond.values())).to.be.at.least(3);
    for (const [index, block] of blocks.entries())
      if (index) expect(block.timestamp).to.be.at.least(blocks[index - 1]!.timestamp);
    expectNear(blocks.at(-1)!.timestamp - blocks[0]!.timestamp, elapsed, 2);
    expectNear(Date.now() / 1000, blocks.at(-1)!.timestamp, 10);
    for (const block of blocks) {
      const receipt = (await l2.getTransactionReceipt(block.transactions[0]!))!;
      expect(receipt.to).to.equal(devnet.info.l2.predeploys.l1Block);
    }
    l2.destroy();
  });

  it("relays a deposit without being told, and stops making blocks while paused", async () => {
    const to = "0x00000000000000000000000000000000000b0b05";
    const l2 = open(devnet, "l2");
    const [account] = devnet.info.accounts.users;
    const { l2: included } = await devnet.depositTransaction(account!, { to, value: 5n });
    expect(included.map(({ status }) => status)).to.deep.equal(["success"]);
    expect(await l2.getBalance(to)).to.equal(5n);

    await devnet.pauseL2();
    const stoppedAt = await l2.getBlockNumber();
    const l1 = open(devnet, "l1");
    const l1At = await l1.getBlockNumber();
    expect(await until(async () => (await l1.getBlockNumber()) > l1At, 30_000)).to.equal(true);
    expect(await l2.getBlockNumber()).to.equal(stoppedAt);
    await devnet.resumeL2();
    const reached = async () => {
      const origin = (await contract(devnet.info.l2.predeploys.l1Block, L1_BLOCK, l2).number!()) as bigint;
      return origin > BigInt(l1At);
    };
    expect(await until(reached, 30_000)).to.equal(true);
    l1.destroy();
    l2.destroy();
  });
});

describeDevnet("devnet: processes", () => {
  it("runs twice at once on free ports, apart from each other, and leaves nothing behind", async () => {
    const [a, b] = await Promise.all([startDevnet(), startDevnet()]);
    const urls = [a, b].flatMap(({ info }) => [info.l1.rpcUrl, info.l2.rpcUrl]);
    expect(new Set(urls).size).to.equal(4);
    const user = a.info.accounts.users[0]!.address;
    await a.fund(user, { dollars: 5n });
    const [inA, inB] = [open(a, "l2"), open(b, "l2")];
    const abi = ["function balanceOf(address) view returns (uint256)"];
    expect(await contract(a.info.tokens.dollar, abi, inA).balanceOf!(user)).to.equal(5n);
    expect(await contract(b.info.tokens.dollar, abi, inB).balanceOf!(user)).to.equal(0n);
    for (const provider of [inA, inB]) provider.destroy();

    const pids = [...a.pids(), ...b.pids()];
    expect(pids.every(isAlive)).to.equal(true);
    await Promise.all([a.stop(), b.stop()]);
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });

  it("says which port is taken, and ends the node that did start", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const before = new Set(childrenOf(process.pid));
    const refusal = await startDevnet({ l1Port: port }).catch((error: unknown) => error);
    server.close();
    expect(refusal).to.be.instanceOf(DevnetError);
    expect((refusal as Error).message)
      .to.contain(`port ${port}`)
      .and.contain("in use");
    expect(await until(() => childrenOf(process.pid).every((pid) => before.has(pid)), CLEAN_END)).to.equal(true);
  });

  it("reports a node that ends by itself", async () => {
    const devnet = await startDevnet();
    process.kill(devnet.pids()[1]!, "SIGKILL");
    expect((await devnet.failed).message).to.contain(devnet.info.l2.rpcUrl);
    await devnet.stop();
  });

  describe("npm run devnet", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "devnet-test-"))));
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    /** Starts the command and resolves when it says that it is ready. */
    async function command(out: string): Promise<{ child: ChildProcess; said: string; ended: Promise<number | null> }> {
      const child = spawn(process.execPath, ["--import", "tsx", "devnet/main.ts", "--block-time", "0", "--out", out], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      expect(await until(() => said.includes("Ctrl-C ends it") || child.exitCode !== null, 100_000)).to.equal(true);
      return { child, said, ended };
    }
    const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

    it("prints what it writes as JSON, and ends cleanly on Ctrl-C", async () => {
      const out = join(folder, "devnet.json");
      const { child, said, ended } = await command(out);
      const info = JSON.parse(readFileSync(out, "utf8")) as DevnetInfo;
      const shown = [
        info.l1.rpcUrl,
        info.l2.rpcUrl,
        info.tokens.dollar,
        info.uniswap.pool,
        info.accounts.keeper.privateKey,
      ];
      for (const text of shown) expect(said).to.contain(text);
      const children = childrenOf(child.pid!);
      expect(children.filter((pid) => nameOf(pid) === "anvil").length).to.equal(2);
      child.kill("SIGINT");
      expect(await ended).to.equal(0);
      expect(await until(() => !children.some(isAlive), CLEAN_END)).to.equal(true);
    });

    it("moves the price, time and the sequencer when told in its terminal, and says what it did not understand", async () => {
      const out = join(folder, "devnet.json");
      const { child, ended } = await command(out);
      const info = JSON.parse(readFileSync(out, "utf8")) as DevnetInfo;
      const l2 = open({ info }, "l2");
      const answerOf = async (feed: string) =>
        (await contract(
          feed,
          ["function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)"],
          l2,
        ).latestRoundData!()) as [bigint, bigint, bigint, bigint, bigint];
      const before = (await l2.getBlock("latest"))!.timestamp;

      expect(await answer(child, "price 6543.21")).to.contain("BTC/USD is 6543.21");
      expect((await answerOf(info.feeds.btcUsd))[1]).to.equal(654_321_000_000n);
      const pool = contract(info.uniswap.pool, ["function slot0() view returns (uint160, int24)"], l2);
      const [sqrtPrice] = (await pool.slot0!()) as [bigint, bigint];
      expectNear(Number(priceE8Of(sqrtPrice, info.uniswap)), 654_321_000_000, 10_000);

      expect(await answer(child, "pass 10m")).to.contain("It is ");
      expect((await l2.getBlock("latest"))!.timestamp).to.be.at.least(before + 600);
      expect((await answerOf(info.feeds.btcUsd)).slice(1, 4)).to.deep.equal([
        654_321_000_000n,
        ...Array.from({ length: 2 }, () => BigInt(before + 600)),
      ]);
      expect(await answer(child, "sequencer down")).to.contain("down");
      expect((await answerOf(info.sequencerUptimeFeed))[1]).to.equal(1n);
      for (const [typed, said] of [
        ["price 0", 'not "0"'],
        ["price 1e4", 'not "1e4"'],
        ["pass 10", 'not by "10"'],
        ["pass 999h", 'not by "999h"'],
        ["sequencer sideways", 'not "sideways"'],
        ["launch", '"launch" is not known here'],
        ["help", "price 6000"],
      ] as const)
        expect(await answer(child, typed)).to.contain(said);
      l2.destroy();
      child.kill("SIGINT");
      expect(await ended).to.equal(0);
    });

    /** What the devnet says to a line typed. */
    function answer(child: ChildProcess, line: string): Promise<string> {
      const said = new Promise<string>((resolve) =>
        child.stdout!.once("data", (chunk: Buffer) => resolve(chunk.toString())),
      );
      child.stdin!.write(`${line}\n`);
      return said;
    }

    it("leaves no orphan when it is killed outright", async () => {
      const { child, ended } = await command(join(folder, "devnet.json"));
      const children = childrenOf(child.pid!);
      expect(children.filter((pid) => nameOf(pid) === "anvil").length).to.equal(2);
      child.kill("SIGKILL");
      await ended;
      expect(await until(() => !children.some(isAlive), CLEAN_END)).to.equal(true);
    });
  });
});
