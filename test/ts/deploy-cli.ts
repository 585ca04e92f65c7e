import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { type Devnet, startDevnet } from "../../devnet/index.js";
import { readDeployment } from "../../sdk/client/deploymentFile.js";

const tsx = createRequire(import.meta.url).resolve("tsx/cli");
const main = resolve("deploy/main.ts");

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe("npm run deploy, on a devnet", function () {
  this.timeout(300_000);
  let devnet: Devnet;
  let folder: string;

  /** @param onText hears what is written to stderr, and may end the process */
  function deploy(args: string[], onText: (text: string, child: ChildProcess) => void = () => undefined) {
    // A group of its own, so that a kill reaches what tsx started.
    const child = spawn(process.execPath, [tsx, main, ...args], { cwd: folder, detached: true });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => {
      stderr += data.toString();
      onText(stderr, child);
    });
    return new Promise<Ended>((done, fail) => {
      child.on("error", fail);
      child.on("close", (code) => done({ code, stdout, stderr }));
    });
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ballast-deploy-"));
    devnet = await startDevnet();
    mkdirSync(join(folder, "out"));
    writeFileSync(join(folder, "out/devnet.json"), JSON.stringify(devnet.info));
  });
  after(async () => {
    await devnet?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  it("says what is wrong before anything is sent, and exits with 2", async () => {
    const { code, stderr } = await deploy(["--set", "governance.guardian=0x12", "--set", "uniswap.fee=none"]);
    expect(code).to.equal(2);
    expect(stderr).to.include("governance.guardian: 0x12 is not an address");
    expect(stderr).to.include("uniswap.fee");
  });

  it("checks everything and sends nothing with --dry-run", async () => {
    const l2 = new JsonRpcProvider(devnet.info.l2.rpcUrl);
    const before = await l2.getBlockNumber();
    const { code, stderr } = await deploy(["--dry-run"]);
    expect(stderr).to.include("Nothing was sent");
    expect(code).to.equal(0);
    expect(await l2.getBlockNumber()).to.equal(before);
    l2.destroy();
  });

  it("is killed outright in the middle, goes on, ends, and then has nothing to do", async () => {
    let killed = false;
    const first = await deploy([], (text, { pid }) => {
      if (killed || !/^8\//m.test(text) || pid === undefined) return;
      killed = true;
      process.kill(-pid, "SIGKILL");
    });
    expect(killed, first.stderr).to.equal(true);
    expect(first.code).to.equal(null);

    const second = await deploy(["--json"]);
    expect(second.code, second.stderr).to.equal(0);
    const { 1: transactions } = /Done in (\d+) transactions/.exec(second.stderr) ?? [];
    expect(Number(transactions)).to.be.within(1, 26);
    const file = join(folder, "out/deployment.json");
    const deployment = readDeployment(file);
    expect(deployment.rpc).to.equal(devnet.info.l2.rpcUrl);
    expect(deployment.chainId).to.equal(devnet.info.l2.chainId);
    expect((JSON.parse(second.stdout) as { loanManager: string }).loanManager).to.equal(deployment.loanManager);

    const written = readFileSync(file, "utf8");
    const third = await deploy([]);
    expect(third.code, third.stderr).to.equal(0);
    expect(third.stderr).to.include("Nothing to do");
    expect(readFileSync(file, "utf8")).to.equal(written);
  });

  it("checks a deployment again, and exits with 3 naming what is not as it should be", async () => {
    const good = await deploy(["check"]);
    expect(good.code, good.stderr).to.equal(0);
    expect(good.stderr).to.match(/\d{3} facts read/);
    const bad = await deploy(["check", "--set", "facilities.0.oracle.secondSource.windowSeconds=601"]);
    expect(bad.code).to.equal(3);
    expect(bad.stderr).to.include("second source's window: found 600, expected 601");
  });

  it("begins anew on a devnet that was started again, and waits for blocks that come by interval", async () => {
    await devnet.stop();
    devnet = await startDevnet({ blockTime: 1 });
    writeFileSync(join(folder, "out/devnet.json"), JSON.stringify(devnet.info));
    const { code, stderr } = await deploy([]);
    expect(stderr).to.include("beginning anew");
    expect(code, stderr).to.equal(0);
    expect(readDeployment(join(folder, "out/deployment.json")).rpc).to.equal(devnet.info.l2.rpcUrl);
  });
});
