import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { deployBallast, httpProvider, localParameters, mintSeeds, parseParameters } from "../../../deploy/index.js";
import { type Devnet, startDevnet } from "../../../devnet/index.js";
import { writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { describeDevnet } from "../devnet/support.js";
import { type Json, ended, spawnCli } from "./support.js";

describeDevnet("cli: on a genuine rollup", function () {
  this.timeout(300_000);
  let devnet: Devnet | undefined;
  let folder: string;
  let common: string[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ballast-cli-devnet-"));
    devnet = await startDevnet();
    const { info } = devnet;
    const node = info.l2.rpcUrl;
    const deployer = new Wallet(info.accounts.deployer.privateKey);
    const parameters = localParameters(info);
    await mintSeeds(httpProvider(node), deployer, parseParameters(parameters));
    const { deployment } = await deployBallast({ node, deployer, parameters });
    writeDeployment({ ...deployment, rpc: node }, join(folder, "deployment.json"));
    writeFileSync(join(folder, "devnet.json"), JSON.stringify(info));
    writeFileSync(join(folder, "key"), info.accounts.borrower.privateKey);
    chmodSync(join(folder, "key"), 0o600);
    common = ["--deployment", join(folder, "deployment.json"), "--key-file", join(folder, "key")];
  });
  after(async () => {
    await devnet?.stop();
    rmSync(folder, { recursive: true });
  });

  const json = async (...args: string[]): Promise<Json> => {
    const { code, stdout, stderr } = await ended(spawnCli([...args, ...common, "--json"]));
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  };

  it("tries an approval and the action behind it in order, and prices L1 data and operator too", async () => {
    await json("faucet", "--devnet", join(folder, "devnet.json"));
    const dry = await json("open", "--facility", "1", "--collateral", "0.5", "--borrow", "500", "--dry-run");
    expect(dry.simulated).to.equal("complete");
    expect(dry.transactions.map(({ what }: { what: string }) => what)).to.deep.equal([
      "approve the vault for 0.5 WBTC",
      "open",
    ]);
    for (const { cost } of dry.transactions as { cost: Record<string, { units: string }> }[]) {
      for (const part of ["l2", "l1", "operator"]) expect(BigInt(cost[part]?.units ?? "0") > 0n, part).to.equal(true);
    }
  });

  it("opens by permit on the genuine bridged token, in one transaction, and closes", async () => {
    const opened = await json("open", "--facility", "1", "--collateral", "0.5", "--borrow", "500", "--permit", "--yes");
    expect(opened.transactions).to.have.length(1);
    expect(opened.state.collateral.amount).to.equal("0.5");
    const closed = await json("close", "1:0", "--permit", "--yes");
    expect(closed.transactions).to.have.length(1);
    expect(closed.state).to.equal(null);
  });
});
