import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Json, type Person, type World, ended, spawnCli, startWorld } from "./support.js";

describe("cli: lenders, operators, new owners, watchers", function () {
  let world: World;
  let borrower: string[];
  let lender: string[];
  let stranger: string[];
  before(async () => {
    world = await startWorld();
    const { market } = world;
    await market.open(world.borrower.wallet, market.btc(1n), market.cash(30_000n));
    const keyOf = ({ keyFile }: Person): string[] => ["--key-file", keyFile];
    borrower = keyOf(world.borrower);
    lender = keyOf(world.lender);
    stranger = keyOf(world.stranger);
  });
  after(() => world.close());

  it("lends, says what it is worth, redeems, and redeems no more cash than there is", async () => {
    const { market, stranger: person } = world;
    await market.loan.mint(person.address, market.cash(1_000n));
    const lent = await world.json("lend", "1", "600", "USDX", "--yes", ...stranger);
    expect(lent.transactions).to.have.length(2);
    await world.json("lend", "1", "all", "--yes", ...stranger);
    expect(await market.loan.balanceOf(person.address)).to.equal(0n);
    const held = await world.json("position", "1", "--owner", person.address);
    expect(held.tranches[0].assets.amount).to.match(/^(999\.99|1000($|\.00))/);
    const { stdout } = await world.cli("position", "1", ...stranger);
    expect(stdout).to.match(/lent out.*29\.\d\d %/);
    await world.json("redeem", "1", "250", "--yes", ...stranger);
    expect(await market.loan.balanceOf(person.address)).to.equal(market.cash(250n));
    await world.json("redeem", "1", "all", "--yes", ...stranger);
    expect(await market.tranche.balanceOf(person.address)).to.equal(0n);
    const tooMuch = await world.cli("redeem", "1", "90000", "--yes", ...lender);
    expect(tooMuch.code).to.equal(1);
    expect(tooMuch.stderr).to.match(/holds 70,00\d.\d+ USDX in cash.*redeem at most 70,00\d/);
  });

  it("lets an operator draw up to a limit, shows it, and ends it", async () => {
    const operator = world.stranger.address;
    const grant = ["authorise", "grant", operator, "--facility", "1", "--actions", "draw"];
    const noLimit = await world.cli(...grant, "--yes", ...borrower);
    expect(noLimit.code).to.equal(2);
    expect(noLimit.stderr).to.include("--cash-limit <amount>");
    await world.json(...grant, "--cash-limit", "500", "--expires", "2d", "--yes", ...borrower);
    const show = ["authorise", "show", operator, "--facility", "1", ...borrower];
    expect(await world.json(...show)).to.deep.include({ actions: ["draw"], cashLimit: "500000000", hasEnded: false });
    const id = (await world.json("status", "1:0", ...borrower)).id as string;
    const drawn = await world.json("draw", id, "400", "--yes", ...stranger);
    expect(drawn.state.owner).to.equal(world.borrower.address);
    const more = await world.cli("draw", id, "200", "--yes", ...stranger);
    expect(more.code).to.equal(1);
    expect(more.stderr).to.include("draw 100.00 USDX more, not 200.00 USDX");
    await world.json("authorise", "revoke", operator, "--facility", "1", "--yes", ...borrower);
    const { stdout } = await world.cli(...show);
    expect(stdout).to.match(/may do nothing for/);
  });

  it("signs an authorisation into a file that the operator brings with its draw, once", async () => {
    const operator = world.stranger.address;
    const sign = ["authorise", "sign", operator, "--facility", "1", "--actions", "draw,withdraw"];
    const { code, stdout, stderr } = await world.cli(
      ...[...sign, "--cash-limit", "300", "--collateral-limit", "unlimited", "--yes", ...borrower],
    );
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include("draw at most 300.00 USDX, take out collateral without limit");
    const file = join(world.folder, "signed.json");
    writeFileSync(file, stdout);
    const id = (await world.json("status", "1:0", ...borrower)).id as string;
    await world.json("draw", id, "300", "--authorisation", file, "--yes", ...stranger);
    const again = await world.cli("authorise", "bring", file, "--yes", ...stranger);
    expect(again.code).to.equal(1);
    expect(again.stderr).to.include("it was used already");
    writeFileSync(file, "{}");
    const broken = await world.cli("authorise", "bring", file, "--yes", ...stranger);
    expect(broken.code).to.equal(2);
    expect(broken.stderr).to.include("is no signed authorisation: chainId");
  });

  it("offers a loan, takes the offer back, offers again, and has it accepted", async () => {
    const newOwner = world.stranger.address;
    await world.json("transfer", "offer", "1:0", newOwner, "--yes", ...borrower);
    await world.json("transfer", "cancel", "1:0", "--yes", ...borrower);
    const nothing = await world.cli("transfer", "cancel", "1:0", "--yes", ...borrower);
    expect(nothing.code).to.equal(1);
    expect(nothing.stderr).to.include("offered to nobody");
    await world.json("transfer", "offer", "1:0", newOwner, "--yes", ...borrower);
    const { offered } = await world.json("status", ...stranger);
    expect(offered).to.have.length(1);
    const { id } = offered[0] as { id: string };
    const worse = await world.cli("transfer", "accept", id, "--max-debt", "1000", "--yes", ...stranger);
    expect(worse.code).to.equal(1);
    expect(worse.stderr).to.include("at most 1,000.00 USDX");
    const accepted = await world.json("transfer", "accept", id, "--yes", ...stranger);
    expect(accepted.state.owner).to.equal(newOwner);
    const { loans } = await world.json("status", ...stranger);
    expect(loans.map((loan: { id: string }) => loan.id)).to.deep.equal([id]);
  });

  it("watches: says the fall, the liquidation, the recovery and the silence of the oracle, each once, and ends on Ctrl-C", async () => {
    const { market } = world;
    const id = (await world.json("status", ...stranger)).loans[0].id as string;
    const child = spawnCli(["watch", id, "--interval", "1s", "--json", "--deployment", world.deployment]);
    const lines: Json[] = [];
    let rest = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) lines.push(JSON.parse(part));
    });
    const running = ended(child);
    const heard = async (what: (line: Json) => boolean): Promise<Json> => {
      for (let tries = 0; tries < 600; tries++) {
        const found = lines.find(what);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`not heard; heard ${JSON.stringify(lines)}`);
    };
    await heard(({ event }) => event === "start");
    await market.setPrice(45_000n);
    expect((await heard(({ kind }) => kind === "below")).level).to.equal("1.3");
    await market.setPrice(36_000n);
    await heard(({ kind }) => kind === "liquidatable");
    await market.fund(world.lender.wallet, { loan: market.cash(20_000n) });
    await (await market.manager.connect(world.lender.wallet).liquidate(id, 2n ** 256n - 1n, 0, "0x")).wait();
    expect((await heard(({ event }) => event === "Liquidated")).id).to.equal(id);
    await market.oracle.setRefusing(true).then((sent) => sent.wait());
    await heard(({ kind }) => kind === "no price");
    await market.oracle.setRefusing(false).then((sent) => sent.wait());
    await market.setPrice(90_000n);
    await heard(({ kind }) => kind === "recovered");
    child.kill("SIGINT");
    const { code, stderr } = await running;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "stopped watching\n" });
    const kinds = lines.flatMap(({ kind }) => (kind === undefined ? [] : [kind as string]));
    expect(new Set(kinds).size, "each alert once an episode").to.equal(kinds.length);
  });
});
