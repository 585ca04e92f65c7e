import { expect } from "chai";
import { NotReconciled, passes, requireAll, type Check } from "../../../scenarios/accounting/checks.js";
import { conservationChecks } from "../../../scenarios/accounting/conservation.js";
import { emptyLedger, type Ledger } from "../../../scenarios/accounting/ledger.js";
import { ledgerChecks } from "../../../scenarios/accounting/ledgerChecks.js";
import type { Snapshot, TokenKey } from "../../../scenarios/accounting/snapshot.js";
import { totalsOf } from "../../../scenarios/accounting/totals.js";
import { BOOKS, FIRST, LAST, PARTIES } from "./sample.js";

/** The same snapshot but for one balance, and the supply too where the token itself is wrong. */
function altered(snapshot: Snapshot, token: TokenKey, address: string, by: bigint, supplyBy = 0n): Snapshot {
  const { supply, balances } = snapshot[token];
  const changed = new Map(balances).set(address, (balances.get(address) ?? 0n) + by);
  return { ...snapshot, [token]: { supply: supply + supplyBy, balances: changed } };
}

const failing = (checks: Check[]) =>
  checks.filter((check) => !passes(check)).map(({ what, unit }) => `${unit}: ${what}`);

/** The contracts' books that go with FIRST and LAST. */
const LEDGER: Ledger = {
  ...emptyLedger(),
  lent: 5_000n,
  redeemed: 5_007n,
  principal: 2_000n,
  repaidByBorrowers: 760n,
  collateralIn: 100n,
  collateralOut: 40n,
  repaidByLiquidators: 1_250n,
  debtClosed: 1_270n,
  seized: 60n,
  interest: 30n,
  losses: 20n,
  swapped: { btc: 20n, usd: -400n },
  cash: 73n,
  cashBefore: 70n,
};
const KEEPER = { profit: 50n, cost: 9n };
const ETHER = { spent: 9n, fees: 9n };

describe("scenarios: reconciliation", () => {
  it("what a closed world gains is what it loses", () => {
    expect(failing(conservationChecks(PARTIES, FIRST, LAST))).to.deep.equal([]);
  });

  for (const { address, name } of PARTIES)
    for (const token of ["btc", "usd"] as const)
      it(`one unit of ${token} too many on ${name} is found`, () => {
        const found = failing(conservationChecks(PARTIES, FIRST, altered(LAST, token, address, 1n)));
        expect(found).to.deep.equal([
          `${token}: All balances at block 90 make up the supply`,
          `${token}: Sum of what was gained is the sum of what was lost`,
        ]);
      });

  it("a holder missing from the list is found, though nothing moved", () =>
    expect(failing(conservationChecks(PARTIES.slice(1), FIRST, FIRST))).to.deep.equal([
      "usd: All balances at block 10 make up the supply",
      "usd: All balances at block 10 make up the supply",
    ]));

  it("a unit minted during the run is found even where every balance agrees with the supply", () =>
    expect(failing(conservationChecks(PARTIES, FIRST, altered(LAST, "usd", "0x04", 1n, 1n)))).to.deep.equal([
      "usd: Nothing was minted or burned",
      "usd: Sum of what was gained is the sum of what was lost",
    ]));

  it("totals come out of balances alone", () => {
    const totals = totalsOf(BOOKS, FIRST, LAST);
    expect(totals.lendersGain).to.equal(7n);
    expect(totals.keptInPool).to.equal(3n);
    expect(totals.seized).to.equal(60n);
    expect(totals.repaidByLiquidators).to.equal(1_250n);
    expect(totals.proceeds).to.equal(1_300n);
    expect(totals.keeperGain).to.equal(50n);
    expect(totals.borrowersPaid).to.equal(-1_240n);
  });

  it("and agree with the contracts' books, the keeper's and the fee rules", () =>
    expect(failing(ledgerChecks(totalsOf(BOOKS, FIRST, LAST), LEDGER, KEEPER, ETHER))).to.deep.equal([]));

  const amounts = Object.entries(LEDGER).filter(([, amount]) => typeof amount === "bigint") as [keyof Ledger, bigint][];
  for (const [field, amount] of amounts)
    it(`one unit wrong in the books' ${field} is found`, () => {
      const wrong = { ...LEDGER, [field]: amount + 1n };
      expect(failing(ledgerChecks(totalsOf(BOOKS, FIRST, LAST), wrong, KEEPER, ETHER))).to.not.be.empty;
    });

  for (const [what, keeper, ether] of [
    ["profit", { ...KEEPER, profit: 51n }, ETHER],
    ["booked cost", { ...KEEPER, cost: 8n }, ETHER],
    ["fees by rule", KEEPER, { ...ETHER, fees: 10n }],
  ] as const)
    it(`one unit wrong in the keeper's ${what} is found`, () =>
      expect(failing(ledgerChecks(totalsOf(BOOKS, FIRST, LAST), LEDGER, keeper, ether))).to.have.length(1));

  it("the error lists both numbers and how far they are apart", () => {
    const check: Check = {
      what: "Cash in the pool",
      unit: "usd",
      measured: { from: "balances", amount: 74n },
      expected: { from: "pool's ledger", amount: 73n },
    };
    expect(() => requireAll([check])).to.throw(
      NotReconciled,
      "1 total differs (smallest units):\n  Cash in the pool (usd): 74 by balances, 73 by pool's ledger, +1 apart",
    );
    expect(() => requireAll([])).to.not.throw();
  });
});
