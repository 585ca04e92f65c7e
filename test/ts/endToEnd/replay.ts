import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interface, Wallet } from "ethers";
import { NotReconciled, passes, requireAll } from "../../../scenarios/accounting/checks.js";
import { parseSeries } from "../../../scenarios/prices/series.js";
import { assemble } from "../../../scenarios/replay/assemble.js";
import type { Remains } from "../../../scenarios/replay/remains.js";
import { replay } from "../../../scenarios/replay/replay.js";
import { Resources } from "../../../scenarios/replay/resources.js";
import { readState } from "../../../scenarios/replay/state.js";
import type { ReplayResult } from "../../../scenarios/result.js";

/** The worst hour of 12 March and the one before it. */
const PRICES = `timestamp,low,close
2020-03-12T09:00Z,7329.16,7350.52
2020-03-12T10:00Z,5568.84,6092.44`;
const LOANS = 8;

describe("scenarios: a short replay, end to end", function () {
  this.timeout(180_000);
  const resources = new Resources();
  let out: string;
  const nobody = Wallet.createRandom().address;
  let remains: Remains;
  let result: ReplayResult;

  before(async () => {
    out = mkdtempSync(join(tmpdir(), "ballast-replay-"));
    const quiet = { stage: () => undefined, step: () => undefined, event: () => undefined, end: () => undefined };
    const choice = { scenario: "crash" as const, prices: "two-hours.csv", loans: LOANS, seed: 1 };
    const options = { ...choice, blockTimeSeconds: 2, stepsALeg: 6, out };
    remains = await replay(options, parseSeries(PRICES, "two-hours.csv"), quiet, resources);
    result = await assemble(remains);
  });
  after(async () => {
    await resources.stopAll();
    rmSync(out, { recursive: true, force: true });
  });

  it("reconciles every total to the unit", () => {
    requireAll(result.checks);
    expect(result.checks.length).to.be.greaterThan(20);
  });

  it("the keeper liquidates what the crash makes unhealthy, and earns by it", () => {
    expect(result.liquidations.length).to.be.greaterThan(1);
    for (const { healthBefore, repaid, seized, proceeds } of result.liquidations) {
      expect(healthBefore).to.be.lessThan(1);
      expect(repaid > 0n && seized > 0n && proceeds > repaid).to.equal(true);
    }
    expect(result.totals.keeperGain > 0n).to.equal(true);
    expect(result.totals.repaidByLiquidators).to.equal(
      result.liquidations.reduce((sum, { repaid }) => sum + repaid, 0n),
    );
  });

  it("the second source holds liquidations back, and its cap releases them though it still disagrees", () => {
    expect(result.holds.map(({ endedBy }) => endedBy)).to.include("cap");
    const released = result.liquidations.filter(({ releasedByCap }) => releasedByCap);
    expect(released.some(({ heldSeconds }) => heldSeconds > 0)).to.equal(true);
    const { windowSeconds, limitBps } = result.terms.secondSource;
    for (const { from, apartBps } of result.holds) {
      expect(apartBps).to.be.greaterThan(limitBps);
      expect(from - result.span.from).to.be.greaterThan(windowSeconds);
    }
    expect(result.keeper.notesOfDisagreement).to.be.greaterThan(0);
  });

  it("after ten o'clock a transaction pays L1's data fee at ten times the ordinary price", () => {
    // The least any transaction pays then; at the ordinary price a liquidation pays about a fifth of it.
    const least = (100_000_000n * (16n * 10n ** 11n * 5_227n + 10n ** 10n * 1_014_213n)) / 10n ** 12n;
    const paid = new Map<string, bigint>();
    for (const { cost, transaction } of result.liquidations) {
      paid.set(transaction, (paid.get(transaction) ?? 0n) + cost.l1Data);
    }
    for (const l1Data of paid.values()) expect(l1Data + 100n >= least, String(l1Data)).to.equal(true);
  });

  it("everybody has left: no collateral in the vault, no debt, borrowers hold bitcoin and cash again", () => {
    expect(result.totals.heldByVault).to.equal(0n);
    expect(remains.last.books.debt <= BigInt(LOANS)).to.equal(true);
    expect(result.borrowers).to.have.length(LOANS);
    for (const { liquidations, returned, collateral, paid, principal } of result.borrowers) {
      if (liquidations === 0) expect(returned).to.equal(collateral);
      if (liquidations === 0) expect(paid >= principal).to.equal(true);
      else expect(returned < collateral).to.equal(true);
    }
  });

  describe("and fails when one unit is not where it should be:", () => {
    /** Sends one unit on the finished chain, and draws up the accounts again. */
    async function afterSending(token: "btc" | "usd", to: string): Promise<string[]> {
      const { world, parties } = remains;
      const { facility, outbox } = world;
      // Lenders hold dollars by now, borrowers bitcoin.
      const holder = token === "btc" ? world.borrowers[0]! : world.lenders[0]!;
      const asset = token === "btc" ? facility.collateral.address : facility.loan.address;
      const data = new Interface(["function transfer(address, uint256)"]).encodeFunctionData("transfer", [to, 1n]);
      await outbox.put(holder.wallet, { to: asset, data }, "send a unit");
      await outbox.flush();
      const { checks } = await assemble({ ...remains, last: await readState(world, parties) });
      expect(() => requireAll(checks)).to.throw(NotReconciled);
      return checks.filter((check) => !passes(check)).map(({ what }) => what);
    }

    it("a dollar unit given to someone who is not in the accounts", async () =>
      expect(await afterSending("usd", nobody)).to.include("Sum of what was gained is the sum of what was lost"));

    it("a satoshi put into the vault past the loan manager", async () =>
      expect(await afterSending("btc", remains.world.facility.vault)).to.include("Collateral in the vault"));

    it("a dollar unit put into the pool past its ledger", async () =>
      expect(await afterSending("usd", remains.world.facility.pool)).to.include("Cash in the pool"));
  });
});
