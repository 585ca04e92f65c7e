import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { PASSWORD, type World, startWorld, writeKeystore } from "./support.js";

const SCRIPT = "/usr/bin/script";
/** A terminal of its own takes util-linux; elsewhere these tests are shown as pending. */
const describeTerminal = existsSync(SCRIPT) && process.platform === "linux" ? describe : describe.skip;

describeTerminal("cli: somebody at the terminal", function () {
  this.timeout(300_000);
  let world: World;
  let keystore: string;
  before(async () => {
    world = await startWorld();
    await world.market.open(world.borrower.wallet, world.market.btc(1n), world.market.cash(1_000n));
    keystore = join(world.folder, "key.json");
    await writeKeystore(keystore, world.borrower.wallet);
  });
  after(() => world.close());

  /** Draws 10, typing each answer when its question is there. */
  async function drawing(...answers: [question: string, typed: string][]): Promise<{ code: number; seen: string }> {
    const command = ["node", "--import", "tsx", "scripts/ballast.ts", "draw", "1:0", "10"];
    const options = ["--keystore", keystore, "--deployment", world.deployment];
    const child = spawn(SCRIPT, ["-qefc", [...command, ...options].join(" "), "/dev/null"], {
      env: { ...process.env, PATH: `${join(process.execPath, "..")}:${process.env["PATH"] ?? ""}` },
    });
    let seen = "";
    child.stdout.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      const [next] = answers;
      if (next === undefined || !seen.includes(next[0])) return;
      answers.shift();
      setTimeout(() => child.stdin.write(next[1]), 200);
    });
    const code = await new Promise<number>((resolve) => child.on("close", (ended) => resolve(ended ?? -1)));
    return { code, seen };
  }

  it("sends nothing when the answer is no, or Ctrl-C", async () => {
    const before = await world.provider.getTransactionCount(world.borrower.address);
    const no = await drawing(["want to draw", "n\r"]);
    expect(no.code).to.equal(4);
    expect(no.seen).to.match(/draws 10.00 USDX on loan 1:0[^]*liquidated below[^]*cancelled: nothing was sent/);
    const interrupted = await drawing(["want to draw", "\u0003"]);
    expect(interrupted.code).to.equal(4);
    expect(await world.provider.getTransactionCount(world.borrower.address)).to.equal(before);
  });

  it("asks for the keystore's password only after the yes, and never shows it", async () => {
    const { code, seen } = await drawing(["want to draw", "y\r"], ["Password of", `${PASSWORD}\r`]);
    expect(code, seen).to.equal(0);
    expect(seen).to.include("Done in transaction").and.not.to.include(PASSWORD);
  });
});
