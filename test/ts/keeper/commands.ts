import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import { type Devnet, startDevnet } from "../../../devnet/index.js";
import { writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { formatLoanId } from "../../../sdk/client/loanIds.js";
import { deploymentOf } from "../fixtures/market.js";
import { describeDevnet, open } from "../devnet/support.js";
import { runProgram } from "../../../keeper/commands/program.js";
import { KeeperProcess } from "./support/keeperProcess.js";
import { MinedWallet } from "./support/minedWallet.js";
import { POOL_FEE, type World, deployWorld } from "./support/world.js";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** The command line, to its end, within this process. */
async function command(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const ran = { out: "", errors: "" };
  const code = await runProgram(args, {
    environment: { ...environment },
    out: (text) => void (ran.out += text),
    err: (text) => void (ran.errors += text),
    exitCode: 0,
  });
  return { ...ran, code };
}

describeDevnet("keeper: its commands, on one devnet", () => {
  let folder: string;
  let devnet: Devnet;
  let provider: JsonRpcProvider;
  let world: World;
  let common: string[];
  /** Loans of 5,500 and 150 dollars, and one that will stay healthy for longest. */
  let loans: [large: bigint, dust: bigint, healthy: bigint];
  let fallen: number;

  const operator = (): string => devnet.info.accounts.keeper.address;
  const json = <T>({ out, errors }: Ran): T => {
    if (out === "") throw new Error(errors);
    return JSON.parse(out) as T;
  };

  before(async function () {
    this.timeout(300_000);
    folder = mkdtempSync(join(tmpdir(), "ballast-keeper-"));
    devnet = await startDevnet({ blockTime: 0 });
    provider = open(devnet, "l2");
    world = await deployWorld(new MinedWallet(devnet.info.accounts.lender.privateKey, provider), { price: 8_000n });
    await (await world.liquidator.setOperator(operator(), true)).wait();
    const deployment = join(folder, "deployment.json");
    writeDeployment(
      {
        ...(await deploymentOf(devnet.info.l2.chainId, world)),
        rpc: devnet.info.l2.rpcUrl,
        liquidator: await world.liquidator.getAddress(),
        uniswap: {
          router: await world.uniswap.router.getAddress(),
          quoter: await world.uniswap.quoter.getAddress(),
          fee: POOL_FEE,
        },
      },
      deployment,
    );
    writeFileSync(join(folder, "key"), devnet.info.accounts.keeper.privateKey);
    common = ["--deployment", deployment, "--state-dir", join(folder, "state")];
    const borrow = (user: number, dollars: string, bitcoin: string): Promise<bigint> => {
      const { privateKey = "" } = devnet.info.accounts.users[user] ?? {};
      return world.open(new MinedWallet(privateKey, provider), world.btc(bitcoin), world.cash(dollars), BigInt(user));
    };
    loans = [await borrow(1, "5500", "1"), await borrow(2, "150", "0.027"), await borrow(3, "3900", "1")];
  });
  after(async () => {
    provider.destroy();
    await devnet.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const withKey = (): string[] => [...common, "--key-file", join(folder, "key")];

  it("doctor finds all well, and says what is not and what to do", async () => {
    const well = await command(["doctor", ...withKey(), "--json"]);
    const { ok, findings } = json<{ ok: boolean; findings: { check: string; verdict: string; found: string }[] }>(well);
    expect(findings.filter(({ verdict }) => verdict === "fail")).to.deep.equal([]);
    expect([ok, well.code]).to.deep.equal([true, 0]);
    const checks = findings.map(({ check }) => check.replace(/http.*/, "").trim());
    expect(checks).to.include.members(["key", "node", "contracts and rights", "balance", "clock", "store"]);
    expect(findings.find(({ check }) => check === "facility 1: route")?.found).to.match(/bps below the oracle/);

    const stranger = devnet.info.accounts.users[7]?.privateKey ?? "";
    const ill = await command(
      ["doctor", ...common, "--rpc", `${devnet.info.l2.rpcUrl},http://127.0.0.1:9/secret-key`],
      { BALLAST_KEEPER_KEY: stranger },
    );
    expect(ill.code).to.equal(4);
    expect(ill.out.replace(/\s+/g, " "))
      .to.match(/fail .*setOperator/)
      .and.match(/node │ fail/);
    expect(ill.out, "fault K36").to.not.contain("secret-key").and.not.contain(stranger.slice(2));

    const second = await command(["doctor", ...common], {
      BALLAST_KEEPER_KEY: `${devnet.info.accounts.keeper.privateKey},${stranger}`,
    });
    expect(second.code, "a second key without rights").to.equal(4);
    expect(second.out.replace(/\s+/g, " ")).to.match(/fail .*setOperator/);
  });

  it("rehearse liquidates every loan on the way down, says what would not pay, and leaves the chain as it was", async function () {
    this.timeout(120_000);
    const [block, price] = [await provider.getBlockNumber(), await world.oracle.price()];
    const held = await world.collateral.balanceOf(world.vault);
    const options = ["--step-percent", "10", "--down-to-percent", "52", "--min-profit", "20", "--json"];
    const ran = await command(["rehearse", ...common, "--as", operator(), ...options]);
    interface Loan {
      loan: string;
      liquidations: number;
      grossProfit: string;
      problem: string;
    }
    const { loans: rehearsed, market } = json<{ loans: Loan[]; market: string }>(ran);
    const of = (id: bigint): Loan | undefined => rehearsed.find(({ loan }) => loan === formatLoanId(id));
    expect(market).to.equal("followed the oracle");
    const [large, dust, healthy] = loans.map(of);
    for (const loan of [large, healthy]) {
      expect(loan?.problem, JSON.stringify(loan)).to.equal("");
      expect(loan?.liquidations).to.be.greaterThan(0);
      expect(BigInt(loan?.grossProfit ?? 0)).to.be.greaterThan(world.cash("20"));
    }
    expect(dust?.liquidations, "it is not worth 20 dollars").to.equal(0);
    expect(dust?.problem).to.match(/% of the price: .*are needed/);
    expect(ran.code).to.equal(4);
    expect([await provider.getBlockNumber(), await world.oracle.price()]).to.deep.equal([block, price]);
    expect(await world.collateral.balanceOf(world.vault)).to.equal(held);
  });

  it("monitor decides as if, sends nothing, and needs no key; fault K37: with a clock that is wrong by minutes it decides the same, and says so", async () => {
    const shifted = join(folder, "clock.mjs");
    writeFileSync(shifted, "const now = Date.now; Date.now = () => now() - 3_600_000;\n");
    const watching = KeeperProcess.start(["monitor", ...common, "--http-port", "0", "--poll-ms", "20", "--report"], {
      NODE_OPTIONS: `--import ${shifted}`,
    });
    const { http } = await watching.ready();
    await world.setPrice(6_600n);
    fallen = await provider.getBlockNumber();
    const { actions } = await watching.decided(fallen);
    expect(actions.map(({ action }) => action).sort()).to.deep.equal(["would-send", "would-send"]);
    const status = await watching.status();
    expect([status.mode, status.pending, status.results.length]).to.deep.equal(["monitor", 0, 0]);
    expect(status.alerts.map(({ kind }) => kind)).to.include("clock-off");
    const page = await (await fetch(`${http}/`)).text();
    expect(page).to.contain("monitoring: it decides, and sends nothing").and.to.contain("would-send");
    expect((await fetch(`${http}/ready`)).status).to.equal(200);
    expect((await fetch(`${http}/status`, { method: "POST" })).status, "nothing can be told to it").to.equal(405);
    watching.signal("SIGTERM");
    expect((await watching.ended).exitCode).to.equal(0);
    expect(await provider.getTransactionCount(operator())).to.equal(0);
  });

  it("report and explain say what run did, after it ended, from the store alone", async function () {
    this.timeout(120_000);
    const etherBefore = await provider.getBalance(operator());
    const heldBefore = await world.loan.balanceOf(world.liquidator);
    const options = ["--http-port", "0", "--poll-ms", "20", "--report", "--reconcile-blocks", "1"];
    const running = KeeperProcess.start([...withKey(), ...options]);
    const { http } = await running.ready();
    await running.until(() => running.of("settled").length === 2);
    // The books are held against the chain from the first block on, and agree: what is compared is what the next block says.
    await world.setPrice(6_590n);
    await running.decided(await provider.getBlockNumber());
    const metrics = await (await fetch(`${http}/metrics`)).text();
    expect(metrics).to.match(/ballast_keeper_stage_seconds_count\{stage="sent"\} 1/);
    expect(metrics).to.match(/ballast_keeper_stage_seconds_count\{stage="mined"\} 1/);
    running.signal("SIGTERM");
    expect((await running.ended).exitCode).to.equal(0);
    // It ends only when the last comparison is done.
    expect(running.errors).to.not.contain("books-differ");

    interface Row {
      key: string;
      done: number;
      grossProfit: string;
      netProfit: string;
      feesWei: string;
    }
    const store = common;
    const { total, rows } = json<{ total: Row[]; rows: Row[] }>(
      await command(["report", ...store, "--by", "loan", "--json"]),
    );
    const earned = (await world.loan.balanceOf(world.liquidator)) - heldBefore;
    const spent = etherBefore - (await provider.getBalance(operator()));
    expect(BigInt(total[0]?.grossProfit ?? 0)).to.equal(earned);
    expect(BigInt(total[0]?.feesWei ?? 0)).to.equal(spent);
    expect(rows.map(({ key, done }) => [key, done])).to.have.deep.members(
      loans.slice(0, 2).map((id) => [formatLoanId(id), 1]),
    );
    const csv = await command(["report", ...store, "--csv"]);
    expect(csv.out.split("\r\n")[0]).to.equal("day,asset,done,other,repaid,earned,fees,left,fees in ether,unpriced");
    expect(csv.out.trim().split("\r\n")).to.have.length(2);
    expect(
      json<{ rows: Row[] }>(await command(["report", ...store, "--to", "2001-01-01", "--json"])).rows,
    ).to.deep.equal([]);

    interface Explained {
      decisions: { action: string; block: number; details: Record<string, unknown> }[];
      results: { outcome: string }[];
    }
    const explained = json<Explained>(await command(["explain", String(loans[0]), ...store, "--json"]));
    expect(explained.decisions.map(({ action }) => action)).to.deep.equal(["sent", "healthy"]);
    expect(explained.decisions[0]?.block).to.equal(fallen);
    expect(explained.decisions[0]?.details).to.include({
      verdict: "liquidatable",
      collateral: world.btc("1").toString(),
    });
    expect(explained.results.map(({ outcome }) => outcome)).to.deep.equal(["done"]);
    const told = await command(["explain", formatLoanId(loans[0]), ...store]);
    expect(told.out).to.contain("Decided:").and.to.contain("Came of it:");
    const unknown = await command(["explain", formatLoanId(loans[2]), ...store]);
    expect([unknown.code, /never near its limit/.test(unknown.out)]).to.deep.equal([4, true]);
  });

  it("replay says what it would have done at each block of the past", async () => {
    const ran = await command([
      "replay",
      ...common,
      "--from",
      String(fallen - 1),
      "--to",
      String(fallen + 2),
      "--json",
    ]);
    interface Replayed {
      changes: { block: number; loan: string; action: string }[];
    }
    const { changes } = json<Replayed>(ran);
    const wanted = loans.slice(0, 2).map(formatLoanId);
    expect(changes.filter(({ block }) => block < fallen)).to.deep.equal([]);
    const atFall = changes.filter(({ block }) => block === fallen);
    expect(atFall.map(({ loan, action }) => [loan, action])).to.have.deep.members(
      wanted.map((loan) => [loan, "would-send"]),
    );
    const later = changes.filter(({ block, action }) => block > fallen && action === "healthy");
    expect(
      later.map(({ loan }) => loan),
      "by then they had been liquidated",
    ).to.have.members(wanted);
    const beyond = await command(["replay", ...common, "--from", "9", "--to", "3"]);
    expect([beyond.code, /before --from/.test(beyond.errors)]).to.deep.equal([2, true]);
  });
});
