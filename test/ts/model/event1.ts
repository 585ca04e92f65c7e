import { expect } from "chai";
import { termLoanCount } from "../../../sdk/model/index.js";
import * as machine from "../../../sdk/model/machine/index.js";
import { type Address, type World, replay } from "../../../sdk/model/machine/index.js";
import { expectAgreement } from "./history/agree.js";
import { allEvents, send } from "./history/chain.js";
import { Generator, play } from "./history/generate.js";
import { Random } from "./history/random.js";
import {
  chainAllowances,
  chainBooks,
  chainSnapshot,
  differences,
  modelAllowances,
  modelBooks,
  modelSnapshot,
  namedBy,
} from "./history/snapshot.js";
import { type Stage, setStage } from "./history/stage.js";
import { change, nextStep } from "./history/surroundings.js";

/** Steps a history; a longer campaign: HISTORY_STEPS=3000 HISTORY_COUNT=20 HISTORY_SEED=7 npm run test:history */
const STEPS = Number(process.env["HISTORY_STEPS"] ?? 150);
const HISTORIES = Number(process.env["HISTORY_COUNT"] ?? 2);
const FIRST_SEED = Number(process.env["HISTORY_SEED"] ?? Math.floor(Math.random() * 1_000_000));
const STEPS_A_SNAPSHOT = 100;

/** What must hold in every state, whatever the history. */
function checkInvariants(stage: Stage, world: World): void {
  const held = new Map<Address, bigint>();
  for (const { manager, number, isTerm, pool: address, vault, loanAsset } of stage.facilities) {
    const register = world.register(manager);
    const where = `facility ${number} of ${manager}`;
    const pool = world.pool(address);
    const loans = [...register.loans.entries()].filter(([id]) => register.facilityOfLoan(id).pool === address);
    const { cash, senior, junior, reserve, premium, stake } = pool;
    const claims = senior + junior + reserve + premium;
    expect(cash + machine.countedDebt(pool) >= claims, `POOL-1 in ${where}`).to.equal(true);
    expect(world.balance(loanAsset, address) >= cash + stake, `cash of ${where}`).to.equal(true);
    const marks = loans.reduce((sum, [id]) => sum + register.markOf(id), 0n);
    expect(String(marks), `marks in ${where}`).to.equal(String(pool.expectedLoss));
    if (isTerm) checkTermSum(register, address, pool);
    else {
      const shares = loans.reduce((sum, [, loan]) => sum + loan.debtShares, 0n);
      expect(String(shares), `DEBT-2 in ${where}`).to.equal(String(pool.debtShares));
    }
    for (const [id, loan] of loans) {
      if (loan.debtShares > 0n) expect(loan.collateral > 0n, `DEBT-1 of loan ${id}`).to.equal(true);
      held.set(vault, (held.get(vault) ?? 0n) + loan.collateral);
    }
  }
  for (const [vault, collateral] of held) {
    const { asset } = world.vaultCode(vault);
    expect(world.balance(asset, vault) >= collateral, `CUSTODY-1 of vault ${vault}`).to.equal(true);
  }
}

/** The one number that stands for all term loans is the sum of what each is counted with. */
function checkTermSum(register: machine.Register, address: Address, pool: machine.Pool): void {
  const rows = [...register.termLoans.entries()].filter(([id]) => register.facilityOfLoan(id).pool === address);
  const counts = rows.map(([, { loan }]) => termLoanCount(loan, pool.accruedAt));
  const total = counts.reduce((sum, { counted }) => sum + counted, 0n);
  const slope = counts.reduce((sum, each) => sum + each.slope, 0n);
  const stored = [pool.receivable, pool.slope].map(String);
  expect(stored, `DEBT-2 in term pool ${address}`).to.deep.equal([total, slope].map(String));
}

/** What a few hundred random steps cannot fail to bring about. */
const COMMON = [
  ...["Opened", "TermLoanOpened", "Repaid", "Liquidated", "DefaultMarked", "Deposit", "InterestSplit"],
  ...["FirstLossIncome", "LumpIncome"],
];

/** What fifteen hundred cannot. */
const RARE = [
  ...["Drawn", "ToppedUp", "Withdrawn", "Closed", "LossRealised", "Cured", "RolledOver", "Marked", "Withdraw"],
  ...["InterestReversed", "ExpectedLossChanged", "TermSheetAdded", "AuthorisationSet", "NonceUsed", "ExitRequested"],
  ...["TransferOffered", "Transferred", "refused FacilityLocked", "refused LtvTooHigh", "refused NotAuthorised"],
  ...["refused NotLiquidatable", "refused InsufficientCash", "refused NotInDefault", "refused LoanInDefault"],
  ...["refused OutsideExitWindow", "refused MoreThanRequested", "refused AccessManagedUnauthorized"],
  ...["RedeemRequest", "Served", "Claimed", "RedemptionsQueued", "OperatorSet", "refused RedemptionsAreQueued"],
  ...["refused NothingToServe", "refused NotController", "refused MoreThanClaimable", "refused JuniorCapitalTooLow"],
  ...["survived refusal"],
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
        expect(differences(modelSnapshot(stage, world, generator.touched), stored)).to.deep.equal([]);
        expect(differences(modelAllowances(stage, world), await chainAllowances(stage))).to.deep.equal([]);
        const replayed = replay(stage.deployment, await allEvents(stage));
        expect(differences(modelSnapshot(stage, replayed, generator.touched), stored), "replayed").to.deep.equal([]);
      };

      for (let step = 1; step <= STEPS; step++) {
        now += generator.jump(now);
        await change(stage, generator, random, now);
        const next = await nextStep(stage, generator, random, now);
        const { move, sender } = next;
        const at = `step ${step} of seed ${seed}, second ${now}: ${move.label} by ${sender}`;

        const onChain = await send(stage, sender, move.target, move.data, now);
        const played = play(world, stage, now, next);
        expectAgreement(onChain, played, at);
        if (!onChain.ok) count(`refused ${onChain.reverted.reason}`);
        else {
          const { refused } = played;
          for (const { name } of onChain.events) count(name);
          for (const { reason } of refused) count(`refused ${reason}`);
          if (refused.length > 0) count("survived refusal");
          const named = namedBy(stage, onChain.events);
          const stored = await chainBooks(stage, named);
          expect(differences(modelBooks(stage, world, named), stored), at).to.deep.equal([]);
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
    const steps = STEPS * HISTORIES;
    if (steps < 250) this.skip();
    const missing = (steps < 1_500 ? COMMON : [...COMMON, ...RARE]).filter((name) => !done.has(name));
    expect(missing, `never happened from seed ${FIRST_SEED} on`).to.deep.equal([]);
  });
});
