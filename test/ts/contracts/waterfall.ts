import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import {
  type BorneLoss,
  type Ledger,
  TrancheClass,
  bearLoss,
  bearLossWithoutCover,
  divideInterest,
  exitNav,
  grossNav,
} from "../../../sdk/model/index.js";

type Fields = Record<string, unknown>;
const asRecord = (struct: unknown): Fields => (struct as { toObject(deep: boolean): Fields }).toObject(true);

/** The model's ledger as the contract's structs hold it; the rate's state plays no part. */
const toStruct = (l: Ledger) => ({
  debt: l.debt,
  state: { cash: l.cash, accruedAt: 7n, rateAtTarget: 8n, facility: 9n, redemptionsQueued: false },
  claims: { senior: l.senior, reserve: l.reserve, reserveFeeBps: l.reserveFeeBps },
  firstLoss: { junior: l.junior, stake: l.stake },
  premium: l.premium,
  juniorSpreadBps: l.juniorSpreadBps,
  coverPremiumBps: l.coverPremiumBps,
});

const lossStruct = ({ byCover, byJunior, bySenior, byReserve }: BorneLoss) => ({
  cover: byCover,
  junior: byJunior,
  senior: bySenior,
  reserve: byReserve,
});

/** Plays on model and contract side by side; every field must be the same. */
async function stage() {
  const { ethers } = await network.create({ network: "op", chainType: "op" });
  const harness = await ethers.deployContract("WaterfallHarness");
  const call = async (method: string, ...args: unknown[]): Promise<[Fields, Fields]> => {
    const [first, second] = (await harness.getFunction(method)(...args)) as [unknown, unknown];
    return [asRecord(first), asRecord(second)];
  };
  return {
    divide: async (before: Ledger): Promise<Ledger> => {
      const [after, division] = divideInterest(before);
      expect(await call("divide", toStruct(before))).to.deep.equal([toStruct(after), division]);
      return after;
    },
    navs: async (l: Ledger, expectedLoss: bigint): Promise<void> => {
      const { Senior, Junior, Cover } = TrancheClass;
      const of = (nav: (trancheClass: bigint) => bigint) => ({
        senior: nav(Senior),
        junior: nav(Junior),
        cover: nav(Cover),
      });
      const expected = [of((c) => grossNav(l, c)), of((c) => exitNav(l, c, expectedLoss))];
      expect(await call("navs", toStruct(l), expectedLoss)).to.deep.equal(expected);
    },
    bear: async (before: Ledger, loss: bigint): Promise<[Ledger, BorneLoss]> => {
      const [after, by] = bearLoss(before, loss);
      expect(await call("bear", toStruct(before), loss)).to.deep.equal([toStruct(after), lossStruct(by)]);
      return [after, by];
    },
    bearWithoutCover: async (before: Ledger, loss: bigint): Promise<[Ledger, BorneLoss]> => {
      const [after, by] = bearLossWithoutCover(before, loss);
      expect(await call("bearWithoutCover", toStruct(before), loss)).to.deep.equal([toStruct(after), lossStruct(by)]);
      return [after, by];
    },
  };
}

const amount = fc.oneof(
  fc.constant(0n),
  fc.bigInt(0n, 5n),
  fc.bigInt(1_000_000n, 10n ** 15n),
  fc.bigInt(10n ** 18n, 10n ** 28n),
);

/** A pool whose claims are what it has, but for income that was not divided yet; `lent` in thousandths. */
const arbitraryLedger = fc
  .record({
    claims: fc.record({ senior: amount, junior: amount, reserve: amount, premium: amount }),
    stake: amount,
    income: amount,
    lent: fc.oneof(fc.constantFrom(0n, 1_000n), fc.bigInt(0n, 1_000n)),
    reserveFeeBps: fc.bigInt(0n, 2_500n),
    juniorSpreadBps: fc.oneof(fc.constant(0n), fc.bigInt(0n, 5_000n)),
    coverPremiumBps: fc.oneof(fc.constant(0n), fc.bigInt(0n, 5_000n)),
  })
  .map(({ claims, income, lent, ...rest }): Ledger => {
    const { senior, junior, reserve, premium } = claims;
    const all = senior + junior + reserve + premium + income;
    const debt = (all * lent) / 1_000n;
    return { ...claims, ...rest, debt, cash: all - debt };
  });

const owned = ({ senior, junior, reserve, premium }: Ledger): bigint => senior + junior + reserve + premium;

describe("waterfall: the model and the contracts' division of interest and losses", () => {
  it("POOL-1: agree to the unit on any division, which gives away all there is and no more", async () => {
    const { divide } = await stage();
    await fc.assert(
      fc.asyncProperty(arbitraryLedger, async (before) => {
        const after = await divide(before);
        expect(owned(after)).to.equal(after.cash + after.debt);
        expect(after.cash + after.stake).to.equal(before.cash + before.stake);
        expect(await divide(after), "at once again, nothing is left to divide").to.deep.equal(after);
      }),
      { numRuns: 300 },
    );
  }).timeout(120_000);

  it("LOSS-1: agree to the unit on any loss, borne in order by each as far as it goes, and an expected one first", async () => {
    const { navs, bear } = await stage();
    await fc.assert(
      fc.asyncProperty(arbitraryLedger, fc.bigInt(0n, 1_200n), async (undivided, share) => {
        const [before] = divideInterest(undivided);
        const loss = (before.debt * share) / 1_000n;
        await navs(before, loss);
        const [after, { byCover, byJunior, bySenior, byReserve }] = await bear(before, loss);
        const real = loss > before.debt ? before.debt : loss;
        expect(byCover + byJunior + bySenior + byReserve).to.equal(real);
        expect(owned(after), "POOL-1").to.equal(after.cash + after.debt - real);
        const { Senior, Junior, Cover } = TrancheClass;
        if (byJunior > 0n) expect(grossNav(after, Cover)).to.equal(0n);
        if (bySenior > 0n) expect(grossNav(after, Junior)).to.equal(0n);
        if (byReserve > 0n) expect(grossNav(after, Senior)).to.equal(0n);
        // What a class was said to be worth with the loss expected is what it is worth after it.
        for (const c of [Senior, Junior, Cover]) {
          if (loss <= before.debt) expect(grossNav(after, c)).to.equal(exitNav(before, c, loss));
        }
      }),
      { numRuns: 300 },
    );
  }).timeout(120_000);

  it("agree to the unit on interest taken back, which takes of cover only the premium, and that last", async () => {
    const { bearWithoutCover } = await stage();
    await fc.assert(
      fc.asyncProperty(arbitraryLedger, fc.bigInt(0n, 1_000n), async (undivided, share) => {
        const [before] = divideInterest(undivided);
        const others = before.senior + before.junior + before.reserve;
        const interest = ((others + before.premium) * share) / 1_000n;
        const [after, by] = await bearWithoutCover(before, interest);
        const borne = interest < others ? interest : others;
        expect(by.byJunior + by.bySenior + by.byReserve).to.equal(borne);
        expect(before.premium - after.premium).to.equal(interest - borne);
        expect([after.stake, after.cash]).to.deep.equal([before.stake, before.cash]);
      }),
      { numRuns: 200 },
    );
  }).timeout(120_000);

  it("fault C31: an empty class bears nothing and earns nothing, and the loss still goes down the order", async () => {
    const { divide, bear } = await stage();
    const empty: Ledger = {
      ...{ debt: 1_000n, cash: 50n, senior: 900n, junior: 0n, stake: 0n, premium: 0n, reserve: 50n },
      ...{ reserveFeeBps: 1_000n, juniorSpreadBps: 2_000n, coverPremiumBps: 500n },
    };
    const divided = await divide(empty);
    expect([divided.junior, divided.stake, divided.senior, divided.reserve]).to.deep.equal([0n, 0n, 990n, 60n]);
    const [, by] = await bear(divided, 1_000n);
    expect(by).to.deep.equal({ byCover: 0n, byJunior: 0n, bySenior: 990n, byReserve: 10n });
    // One that was wiped out and refilled stands first again.
    const [, refilled] = await bear({ ...divided, junior: 30n, stake: 20n, senior: 960n }, 100n);
    expect(refilled).to.deep.equal({ byCover: 20n, byJunior: 30n, bySenior: 50n, byReserve: 0n });
  });
});
