import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { describe as inWords } from "../../chaos/campaign/report.js";
import { campaign } from "../../chaos/campaign/run.js";
import { judge } from "../../chaos/campaign/verdict.js";
import { killRounds } from "../../chaos/kill/rounds.js";
import { describeDevnet } from "../devnet/support.js";

/** The long ones are npm run test:chaos and npm run test:kill; what happens here is the same, for a few minutes of the chain. */
describeDevnet("keeper: chaos on a falling market", () => {
  let folder: string;
  const say = (): void => undefined;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "ballast-chaos-test-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("every loan due is sold once, nothing is sent for others, no nonce is lost and the books equal the chain", async function () {
    this.timeout(480_000);
    const seed = 20;
    const keeperLog = join(folder, "campaign.log");
    const run = await campaign({ seed, seconds: 180, loans: 30, only: [], patienceMs: 250, keeperLog, say });
    const findings = judge(run);
    if (findings.some(({ ok }) => !ok)) {
      const script = join(tmpdir(), `ballast-chaos-${seed}.json`);
      writeFileSync(script, JSON.stringify(run.script));
      throw new Error(
        `npm run test:chaos -- --seed ${seed} --hours 0.05 --loans 30 --script ${script}\n${inWords(run, findings)}`,
      );
    }
    // A campaign in which nothing happened would prove nothing.
    expect(run.script.length).to.be.greaterThan(4);
    expect(run.blocks.flatMap(({ sales }) => sales).length).to.be.greaterThan(10);
  });

  it("fault K29: killed before a send arrives, before its answer, after it and once it is mined: sold once each", async function () {
    this.timeout(240_000);
    const moments = ["beforeSend", "beforeAnswer", "afterAnswer", "afterMined"] as const;
    const results = await killRounds({ rounds: 1, seed: 3, moments, keeperLog: join(folder, "kill.log"), say });
    for (const { moment, once, never, twice } of results) {
      expect([moment, never, twice]).to.deep.equal([moment, 0, 0]);
      expect(once, moment).to.be.greaterThan(0);
    }
  });
});
