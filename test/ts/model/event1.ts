import { expect } from "chai";
import { type ModelEvent, type World, replay } from "../../../sdk/model/machine/index.js";
import { allEvents, send } from "./history/chain.js";
import { Generator, play } from "./history/generate.js";
import { Random } from "./history/random.js";
import { chainAllowances, chainSnapshot, modelAllowances, modelSnapshot } from "./history/snapshot.js";
import { type Stage, setStage } from "./history/stage.js";

/** Steps a history; a longer campaign: HISTORY_STEPS=3000 HISTORY_COUNT=20 HISTORY_SEED=7 npx hardhat test test/ts/model/event1.ts */
const STEPS = Number(process.env["HISTORY_STEPS"] ?? 200);
const HISTORIES = Number(process.env["HISTORY_COUNT"] ?? 3);
const FIRST_SEED = Number(process.env["HISTORY_SEED"] ?? Math.floor(Math.random() * 1_000_000));
const STEPS_A_SNAPSHOT = 100;

const said = ({ name, emitter, args }: ModelEvent): unknown => ({ name, emitter, args });

/** What must hold in every state, whatever the history. */
function checkInvariants(stage: Stage, world: World): void {
  for (const { number, pool: address, vault, loanAsset } of stage.facilities) {
    const pool = world.pool(address);
    const loans = [...world.loans.entries()].filter(([id]) => world.facilityOfLoan(id).pool === address);
    const shares = loans.reduce((sum, [, loan]) => sum + loan.debtShares, 0n);
    expect(shares, `DEBT-2 in facility ${number}`).to.equal(pool.debtShares);
    expect(pool.cash + pool.debtAssets >= pool.senior + pool.reserve, `POOL-1 in facility ${number}`).to.equal(true);
    expect(world.balance(loanAsset, address) >= pool.cash, `cash of facility ${number}`).to.equal(true);
    const held = [...world.loans.entries()]
      .filter(([id]) => world.facilityOfLoan(id).vault === vault)
      .reduce((sum, [, loan]) => sum + loan.collateral, 0n);
    const { asset } = world.vaultCode(vault);
    expect(world.balance(asset, vault) >= held, `CUSTODY-1 of vault ${vault}`).to.equal(true);
    for (const [id, loan] of loans) {
      if (loan.debtShares > 0n) expect(loan.collateral > 0n, `DEBT-1 of loan ${id}`).to.equal(true);
    }
  }
}

/** What several hundred random steps cannot fail to bring about. */
const EXPECTED = [
  ...["Opened", "Drawn", "Repaid", "ToppedUp", "Withdrawn", "Closed", "Liquidated", "LossRealised"],
  ...["TransferOffered", "Transferred", "AuthorisationSet", "NonceUsed", "Deposit", "Withdraw", "InterestSplit"],
  ...["refused FacilityLocked", "refused LtvTooHigh", "refused NotAuthorised", "refused NotLiquidatable"],
  ...["refused InsufficientCash", "refused AccessManagedUnauthorized", "survived refusal"],
];

describe("model: EVENT-1, the whole machine against the contracts", () => {
  const done = new Map<string, number>();
  const count = (what: string): void => {
    done.set(what, (done.get(what) ?? 0) + 1);
  };

  for (let number = 0; number < HISTORIES; number++) {
    const seed = FIRST_SEED + number;

    it(`EVENT-1: same events, refusals and storage over ${STEPS} random steps, and storage again from the log (seed ${seed})`, async function () {
      // A loaded machine is slow; only a history that hangs should fail for its time.
      this.timeout(180_000 + STEPS * 1_000);
      const random = new Random(seed);
      const stage = await setStage(random);
      const world = replay(stage.deployment, await allEvents(stage));
      const generator = new Generator(stage, world, random);
      const latest = await stage.ethers.provider.getBlock("latest");
      let now = BigInt(latest?.timestamp ?? 0) + 1n;

      const compare = async (): Promise<void> => {
        const stored = await chainSnapshot(stage, generator.touched);
        expect(modelSnapshot(stage, world, generator.touched)).to.deep.equal(stored);
        expect(modelAllowances(stage, world)).to.deep.equal(await chainAllowances(stage));
        const replayed = replay(stage.deployment, await allEvents(stage));
        expect(modelSnapshot(stage, replayed, generator.touched)).to.deep.equal(stored);
      };

      const tell = async (oracle: string, method: string, value: bigint | boolean): Promise<void> => {
        const data = stage.abi.encodeFunctionData(method, [value]);
        const told = await send(stage, stage.admin.address, oracle, data, now);
        expect(told.ok, `${method} of the oracle`).to.equal(true);
      };

      for (let step = 1; step <= STEPS; step++) {
        now += generator.jump();
        if (random.chance(0.3)) {
          for (const { oracle, method, value } of generator.newPrices()) await tell(oracle, method, value);
        }
        let next = await generator.step(now);
        if (random.chance(0.01)) {
          const change = generator.oracleSwitch();
          if (change !== undefined) {
            for (const [method, value] of [
              ["setPrice", change.priceE36],
              ["setSecondPrice", 0n],
              ["setRefusing", false],
            ] as const) {
              await tell(change.spare, method, value);
            }
            next = change.step;
          }
        }
        const { move, sender } = next;
        const at = `step ${step} of seed ${seed}, second ${now}: ${move.label} by ${sender}`;

        const onChain = await send(stage, sender, move.target, move.data, now);
        const { outcome, refused } = play(world, stage, now, next);
        if (!onChain.ok) {
          const refusal = outcome.ok ? "nothing: the model went on" : outcome.refusal.message;
          const { reason, values } = onChain.reverted;
          expect(refusal, at).to.equal(`${reason}(${values.map(String).join(", ")})`);
          count(`refused ${reason}`);
        } else {
          expect(outcome.ok ? "" : outcome.refusal.message, at).to.equal("");
          if (!outcome.ok) continue;
          expect(outcome.events.map(said), at).to.deep.equal(onChain.events.map(said));
          expect(
            refused.map(({ message }) => message),
            at,
          ).to.deep.equal(onChain.refused.map(({ reason, values }) => `${reason}(${values.map(String).join(", ")})`));
          for (const { name } of onChain.events) count(name);
          for (const { reason } of refused) count(`refused ${reason}`);
          if (refused.length > 0) count("survived refusal");
        }
        checkInvariants(stage, world);
        if (step % STEPS_A_SNAPSHOT === 0) await compare();
      }
      await compare();
    });
  }

  // A history in which an action never succeeds proves nothing about it.
  it("EVENT-1: the histories above have done everything", function () {
    if (process.env["HISTORY_STEPS"] !== undefined) console.log(Object.fromEntries([...done].sort()));
    if (STEPS * HISTORIES < 500) this.skip();
    const missing = EXPECTED.filter((name) => !done.has(name));
    expect(missing, `never happened from seed ${FIRST_SEED} on`).to.deep.equal([]);
  });
});
