import { MARCH_2020, readSeries } from "../../../scenarios/prices/files.js";
import { endOf, pathOf } from "../../../scenarios/prices/path.js";
import { conservationChecks } from "../../../scenarios/accounting/conservation.js";
import { totalsOf } from "../../../scenarios/accounting/totals.js";
import { flowOf, type Snapshot } from "../../../scenarios/accounting/snapshot.js";
import type { Party } from "../../../scenarios/accounting/parties.js";
import type { Liquidation, Moment, ReplayResult } from "../../../scenarios/result.js";

/** A small closed world: who holds what before and after a run in which one loan was liquidated. */
export const PARTIES: Party[] = [
  { address: "0x01", name: "lender 1", group: "lenders" },
  { address: "0x02", name: "borrower 1", group: "borrowers" },
  { address: "0x03", name: "borrower 2", group: "borrowers" },
  { address: "0x04", name: "liquidator contract", group: "keeper" },
  { address: "0x05", name: "pool", group: "ballast" },
  { address: "0x06", name: "vault", group: "ballast" },
  { address: "0x07", name: "Uniswap pool", group: "market" },
  { address: "0x08", name: "arbitrageur", group: "market" },
];
export const BOOKS = { parties: PARTIES, pool: "0x05", vault: "0x06", uniswapPool: "0x07" };

/** @param btc and @param usd in the order of PARTIES, smallest units */
export function snapshot(block: number, btc: bigint[], usd: bigint[]): Snapshot {
  const holdings = (amounts: bigint[]) => ({
    supply: amounts.reduce((sum, amount) => sum + amount, 0n),
    balances: new Map(PARTIES.map(({ address }, i) => [address, amounts[i] ?? 0n])),
  });
  return { block, timestamp: 1583971200 + block, btc: holdings(btc), usd: holdings(usd) };
}

// Borrower 1 put in 100 and got 40 back; 60 were seized and sold for 1,300, which paid 1,250 of its debt of 2,000 drawn
// and 10 interest. Borrower 2 drew nothing. The lender lent 5,000 and took out 5,007; 3 stayed in the pool.
export const FIRST = snapshot(
  10,
  [0n, 100n, 50n, 0n, 0n, 0n, 1_000n, 500n],
  [5_000n, 800n, 0n, 0n, 70n, 0n, 9_000n, 4_000n],
);
export const LAST = snapshot(
  90,
  [0n, 40n, 50n, 0n, 0n, 0n, 1_020n, 540n],
  [5_007n, 2_040n, 0n, 50n, 73n, 0n, 8_600n, 3_100n],
);

const HEALTH = 1.05;

/** A result as a run would have it, for looking at the report: the built-in prices, invented liquidations. */
export function sampleResult(): ReplayResult {
  const hours = readSeries(MARCH_2020);
  const path = pathOf(hours);
  const usd = (dollars: number) => BigInt(Math.round(dollars * 1e6));
  const moments = path.map((step, i): Moment => {
    const price = Number(step.price) / 1e8;
    const window = path.slice(Math.max(0, i - 5), i + 1).map((s) => Number(s.price) / 1e8);
    const level = 1 + Math.sqrt(price / 3900 - 1) * 0.4;
    return {
      at: step.at,
      price: step.price,
      average: BigInt(Math.round((window.reduce((sum, p) => sum + p, 0) / window.length) * 1e8)),
      debt: usd(6_300_000 - 5_000 * i),
      collateralValue: usd((6_300_000 - 5_000 * i) * level * 1.3),
      open: 60 - Math.floor(i / 100),
      unhealthy: i % 97 === 0 ? 2 : 0,
      health: {
        least: level * 0.98,
        p10: level * HEALTH,
        p25: level * 1.2,
        median: level * 1.5,
        p75: level * 1.9,
        p90: level * 2.4,
      },
      l1BaseFee: step.at >= 1584007200 ? 200n * 10n ** 9n : 20n * 10n ** 9n,
    };
  });
  const liquidations = path.flatMap((step, i): Liquidation[] => {
    if (i % 11 !== 0) return [];
    const repaid = usd(3_000 + ((i * 7919) % 160_000));
    const value = (repaid * 104n) / 100n;
    const congested = step.at >= 1584007200;
    return [
      {
        at: step.at,
        block: 100 + 3 * i,
        transaction: `0x${i.toString(16).padStart(64, "0")}`,
        loan: String(1_000 + i),
        borrower: `borrower ${(i % 31) + 1}`,
        price: step.price,
        repaid,
        seized: (value * 10n ** 10n) / step.price,
        badDebt: i === 330 ? usd(412.5) : 0n,
        value,
        proceeds: value - usd(20) - repaid / 300n,
        healthBefore: 0.97,
        healthAfter: i % 5 === 0 ? undefined : 1.14,
        cost: {
          l2Gas: 450_000_000_000n,
          l1Data: congested ? 30_000_000_000_000n : 3_000_000_000_000n,
          operator: 200_000_000_000n,
        },
        heldSeconds: i % 33 === 0 ? 900 : 0,
        releasedByCap: i % 66 === 0,
      },
    ];
  });
  const totals = totalsOf(BOOKS, FIRST, LAST);
  const repaid = liquidations.reduce((sum, l) => sum + l.repaid, 0n);
  const proceeds = liquidations.reduce((sum, l) => sum + l.proceeds, 0n);
  return {
    settings: { prices: "march-2020.csv", loans: 60, seed: 1, blockTimeSeconds: 2, stepsALeg: 6 },
    terms: {
      maxLtvBps: 7_500,
      lltvBps: 8_300,
      targetLtvBps: 7_000,
      incentiveMinBps: 200,
      incentiveMaxBps: 800,
      minDebt: usd(1_000),
      secondSource: { windowSeconds: 1_800, limitBps: 500, capSeconds: 900 },
    },
    tokens: { btc: { symbol: "WBTC", decimals: 8 }, usd: { symbol: "USDX", decimals: 6 } },
    span: { from: hours[0]?.startsAt ?? 0, to: endOf(hours), firstBlock: 10, lastBlock: 90, wallSeconds: 131 },
    moments,
    holds: [
      { from: 1584007200, until: 1584008100, endedBy: "cap", loans: 7, debt: usd(912_345), apartBps: 1_130 },
      { from: 1584062100, until: 1584063200, endedBy: "agreement", loans: 3, debt: usd(312_345), apartBps: 620 },
    ],
    liquidations,
    borrowers: [
      {
        name: "borrower 1",
        ltvBps: 7_000,
        principal: 2_000n,
        collateral: 100n,
        liquidations: 1,
        paid: 760n,
        returned: 40n,
      },
      { name: "borrower 2", ltvBps: 3_000, principal: 0n, collateral: 0n, liquidations: 0, paid: 0n, returned: 0n },
    ],
    keeper: {
      profit: proceeds - repaid,
      cost: { l2Gas: 10n ** 15n, l1Data: 9n * 10n ** 15n, operator: 10n ** 14n },
      etherPrice: usd(200),
      transactions: 70,
      reverted: 1,
      notesOfDisagreement: 12,
    },
    totals: { ...totals, repaidByLiquidators: repaid, proceeds, keeperGain: proceeds - repaid },
    interest: 10n,
    badDebt: usd(412.5),
    flows: PARTIES.map((party) => ({ name: party.name, group: party.group, ...flowOf(party, FIRST, LAST) })),
    checks: conservationChecks(PARTIES, FIRST, LAST),
  };
}
