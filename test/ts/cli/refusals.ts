import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { PASSWORD, type World, ended, runCli, startWorld, writeKeystore } from "./support.js";

describe("cli: what it refuses, and how it says so", function () {
  let world: World;
  let key: string[];
  before(async () => {
    world = await startWorld();
    const { market, borrower } = world;
    await market.open(borrower.wallet, market.btc("0.5"), market.cash(10_000n));
    await market.fund(borrower.wallet, { collateral: market.btc(1n) });
    key = ["--key-file", borrower.keyFile];
  });
  after(() => world.close());

  const opening = (collateral: string, borrow: string): string[] => [
    ...["open", "--facility", "1", "--collateral", collateral, "--borrow", borrow, "--yes"],
  ];

  /** Each: what is typed, the exit code, and what the message has to say. */
  const cases: [string, () => string[], number, RegExp][] = [
    [
      "too high an LTV",
      () => [...opening("0.5", "30000"), ...key],
      1,
      /would owe 30,000\.00\d* USDX, but 0\.5 WBTC at 60,000\.00 USDX supports at most 22,500\.00 USDX; add collateral or borrow at most 22,(500\.00|499\.99\d+) USDX/,
    ],
    ["too small a loan", () => [...opening("0.5", "5"), ...key], 1, /the smallest loan here owes 100.00 USDX/],
    [
      "more collateral than is held",
      () => [...opening("3", "100"), ...key],
      1,
      /3 WBTC are needed, but the account holds 1 WBTC/,
    ],
    [
      "a salt in use",
      () => [...opening("0.5", "100"), "--salt", "0", ...key],
      1,
      /loan 1:0 of 0x\w+ is open already: choose another salt/,
    ],
    [
      "another's loan",
      () => ["close", "1:0", "--yes", "--from", "0x000000000000000000000000000000000000dEaD", "--dry-run"],
      1,
      /no loan 1:0 of 0x0+dEaD/,
    ],
    [
      "too many decimals",
      () => [...opening("0.123456789", "100"), ...key],
      2,
      /0.123456789 has 9 decimals, but WBTC has 8: the smallest amount is 0.00000001/,
    ],
    ["another token's symbol", () => [...opening("0.5 ETH", "100"), ...key], 2, /"0.5 ETH" is not an amount of WBTC/],
    ["an amount that could be two", () => ["repay", "1:0", "1,00", "--yes", ...key], 2, /"1,00" is not an amount/],
    ["an amount of nothing", () => ["draw", "1:0", "0", "--yes", ...key], 2, /an amount of USDX above zero/],
    [
      "an unknown facility",
      () => ["quote", "--facility", "7", "--collateral", "1"],
      2,
      /there is no facility 7 in this deployment; it has 1 \(WBTC \/ USDX\)/,
    ],
    ["a loan's id that is none", () => ["status", "xyz"], 2, /"xyz" is not a loan's id/],
    ["facility:salt of nobody", () => ["status", "1:0"], 2, /say who you are/],
    ["an address that is none", () => ["status", "--owner", "0x12"], 2, /--owner "0x12" is no address/],
    ["an option there is not", () => ["facilities", "--private-key", "0x12"], 2, /unknown option '--private-key'/],
    ["nobody to act", () => opening("0.5", "100"), 2, /who acts\? Name a key/],
    [
      "nobody to confirm",
      () => [...opening("0.5", "100").filter((word) => word !== "--yes"), ...key],
      2,
      /add --yes to open/,
    ],
    ["two keys", () => [...opening("0.5", "100"), "--keystore", "x", ...key], 2, /which one is meant/],
    [
      "a level that is none",
      () => ["watch", "1:0", "--once", "--warn", "0.9", ...key],
      2,
      /is no health factor above 1/,
    ],
    ["nothing to watch", () => ["watch", "--owner", world.stranger.address, "--once"], 2, /has no loan to watch/],
    [
      "a faucet where there is no devnet",
      () => ["faucet", "--devnet", join(world.folder, "none.json"), ...key],
      2,
      /a faucet runs on a local one only/,
    ],
    ["a node of a wrong kind", () => ["facilities", "--rpc", "ws://127.0.0.1:1"], 2, /begins with http/],
    [
      "a node that is not there",
      () => ["facilities", "--rpc", "http://127.0.0.1:9"],
      3,
      /the node at http:\/\/127.0.0.1:9 does not answer/,
    ],
  ];
  for (const [what, args, code, message] of cases) {
    it(`${what}: exit code ${code}, and the limit or the way out`, async () => {
      const ran = await world.cli(...args());
      expect(ran.stderr).to.match(message);
      expect(ran).to.include({ code, stdout: "" });
    });
  }

  it("sends nothing that was refused", async () => {
    const sent = await world.provider.getTransactionCount(world.borrower.address);
    // Twice three approvals of the fixture and one opening.
    expect(sent).to.equal(7);
  });

  it("names both chains when the node is of another one", async () => {
    const file = join(world.folder, "elsewhere.json");
    writeFileSync(file, readFileSync(world.deployment, "utf8").replace('"chainId": 10', '"chainId": 901'));
    const { code, stderr } = await runCli(["facilities", "--deployment", file]);
    expect(code).to.equal(3);
    expect(stderr).to.match(/the node is on chain 10, but the deployment "test" is on chain 901/);
  });

  it("says what is wrong with a deployment file, and what to do without one", async () => {
    const none = await runCli(["facilities", "--deployment", join(world.folder, "none.json")]);
    expect(none.code).to.equal(2);
    expect(none.stderr).to.match(/no deployment file at .*npm run devnet/);
    const file = join(world.folder, "broken.json");
    writeFileSync(file, '{"network": "x"}');
    const broken = await runCli(["facilities", "--deployment", file]);
    expect(broken.code).to.equal(2);
    expect(broken.stderr).to.match(/does not describe a deployment:\n {2}chainId/);
  });

  it("says so when a transaction is not mined in time", async () => {
    await world.provider.send("evm_setAutomine", [false]);
    const { code, stderr } = await world.spawned("repay", "1:0", "10", "--yes", "--timeout", "0.5", ...key);
    await world.provider.send("evm_setAutomine", [true]);
    await world.provider.send("evm_mine", []);
    expect(code).to.equal(5);
    expect(stderr).to.match(/was sent but is not mined after 0.5 s; it may still be/);
  });

  it("survives a node that answers with rubbish", async () => {
    const server = createServer((_, response) => response.end("<html>busy</html>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await world.spawned("facilities", "--rpc", `http://127.0.0.1:${port}`);
    server.close();
    expect(code).to.equal(3);
    expect(stderr).to.match(/does not answer/);
  });

  describe("keys", () => {
    const secret = (): string => world.borrower.wallet.privateKey.slice(2);

    it("are refused from a file that others can read, and from one that holds something else", async () => {
      const file = join(world.folder, "open.key");
      writeFileSync(file, world.borrower.wallet.privateKey);
      chmodSync(file, 0o644);
      const open = await world.cli("repay", "1:0", "10", "--yes", "--key-file", file);
      expect(open.code).to.equal(2);
      expect(open.stderr).to.match(/can be read by others \(mode 644\): chmod 600/);
      chmodSync(file, 0o600);
      writeFileSync(file, "hunter2");
      const wrong = await world.cli("repay", "1:0", "10", "--yes", "--key-file", file);
      expect(wrong.code).to.equal(2);
      expect(wrong.stderr)
        .to.match(/does not hold a private key/)
        .and.not.to.include("hunter2");
    });

    it("come out of an encrypted keystore with its password, and not with another", async () => {
      const keystore = join(world.folder, "key.json");
      await writeKeystore(keystore, world.borrower.wallet);
      const password = join(world.folder, "password");
      writeFileSync(password, `${PASSWORD}\n`);
      chmodSync(password, 0o600);
      const repay = ["repay", "1:0", "10", "--yes", "--keystore", keystore];
      const repaid = await world.json(...repay, "--password-file", password);
      expect(repaid.action).to.equal("repay");
      // Whose it is can be read without the password.
      expect((await world.json("status", "--keystore", keystore)).owner).to.equal(world.borrower.address);
      const nobody = await world.cli(...repay);
      expect(nobody.code).to.equal(2);
      expect(nobody.stderr).to.match(/needs its password, and nobody is here to type it: use --password-file/);
      writeFileSync(password, "wrong");
      const wrong = await world.cli(...repay, "--password-file", password);
      expect(wrong.code).to.equal(2);
      expect(wrong.stderr).to.match(/does not open: is the password right\?/);
      chmodSync(password, 0o640);
      expect((await world.cli(...repay, "--password-file", password)).stderr).to.match(/mode 640/);
    });

    it("fault K36: are in no output of any command, whatever goes wrong", async () => {
      // Processes of their own: what a library writes by itself counts too.
      const runs = await Promise.all([
        world.spawned("repay", "1:0", "10", "--yes", "--json", ...key),
        world.spawned("draw", "1:0", "90000", "--yes", ...key),
        world.spawned("repay", "1:0", "10", "--yes", "--rpc", "http://127.0.0.1:9", ...key),
        world.spawned("draw", "1:0", "10", "--dry-run", "--permit", ...key),
      ]);
      expect(runs.map(({ code }) => code)).to.deep.equal([0, 1, 3, 0]);
      for (const { stdout, stderr } of runs) expect(`${stdout}${stderr}`.toLowerCase()).not.to.include(secret());
    });
  });

  it("runs as a program of its own, from any folder, and passes on what it ends with", async () => {
    const launcher = fileURLToPath(new URL("../../../scripts/ballast.mjs", import.meta.url));
    const child = spawn(process.execPath, [launcher, "facilities", "--json", "--deployment", world.deployment], {
      cwd: world.folder,
    });
    const { code, stdout } = await ended(child);
    expect(code).to.equal(0);
    expect((JSON.parse(stdout) as unknown[]).length).to.equal(1);
    const refused = await ended(spawn(process.execPath, [launcher, "facilities"], { cwd: world.folder }));
    expect(refused.code).to.equal(2);
  });

  it("explains its exit codes and every command in --help", async () => {
    const { code, stdout } = await runCli(["--help"]);
    expect(code).to.equal(0);
    const commands =
      "facilities quote open status draw repay top-up withdraw close transfer lend redeem authorise watch";
    for (const command of commands.split(" ")) expect(stdout).to.match(new RegExp(`^ {2}${command}\\b`, "m"));
    for (const exit of [0, 1, 2, 3, 4, 5, 6]) expect(stdout).to.match(new RegExp(`^ {2}${exit} {2}`, "m"));
  });
});
