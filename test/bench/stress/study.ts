import { MARCH_2020, readSeries } from "../../../scenarios/prices/files.js";
import { clusteredBook } from "./book.js";
import { calibrate, deviation, mean, median } from "./calibration.js";
import { type Outcome, live, priceE36Of } from "./live.js";
import { priceMinutes } from "./path.js";
import { type FacilityChoice, ballast, fixedBonus } from "./rules.js";
import type { VenueTerms } from "./venue.js";

export interface StudyTerms {
  readonly seed: number;
  readonly paths: number;
  readonly loans: number;
  /** seconds; prices move once a minute, and less than half a minute is within the minute that makes a loan due */
  readonly delays: readonly number[];
  readonly lltvsBps: readonly number[];
  readonly facility: Omit<FacilityChoice, "lltvBps">;
  readonly venue: VenueTerms;
  readonly jumpMinutes: number;
  readonly gasDollars: number;
  /** dollars for one bitcoin */
  readonly opening: number;
}

/** One rule, lltv and delay over all paths. Shares are of the book's debt. */
export interface Row {
  readonly rule: string;
  readonly lltvBps: number;
  readonly delaySeconds: number;
  /** share of paths with bad debt of more than a ten-thousandth of the book */
  readonly probability: number;
  readonly meanBadDebt: number;
  /** standard error of that mean over the paths */
  readonly meanError: number;
  readonly p99BadDebt: number;
  readonly worstBadDebt: number;
  readonly meanRepaid: number;
  /** what liquidators received, share of what they repaid */
  readonly meanIncentive: number;
}

export interface Study {
  readonly rows: readonly Row[];
  /** dollars owed at the start, by lltv in its order */
  readonly bookDollars: readonly number[];
  /** median over the paths of the lowest price, share of the opening */
  readonly medianLowest: number;
}

const NOTABLE = 1e-4;

/** Defaults: the devnet's facility, its pool's depth, and what docs/risk-parameters.md reasons. */
export const DEFAULTS: StudyTerms = {
  seed: 1,
  paths: 500,
  loans: 200,
  delays: [2, 60, 600, 1_800, 3_600],
  lltvsBps: [7_700, 8_200, 8_600, 9_150],
  facility: {
    maxLtvGapBps: 700,
    targetGapBps: 2_000,
    incentiveMinBps: 200,
    incentiveMaxBps: 1_000,
    healthForMaxBps: 9_500,
  },
  venue: { depth: 5_000_000, thinnestShare: 0.25, thinAt: 0.3, refillMinutes: 10, fee: 0.0005 },
  jumpMinutes: 10,
  gasDollars: 2,
  opening: 60_000,
};

/** Every combination over the same paths and, for each lltv, the same book. @param told how many paths are done */
export function study(terms: StudyTerms, told: (done: number) => void = () => undefined): Study {
  const { seed, paths, loans, delays, lltvsBps, facility, venue, jumpMinutes, gasDollars, opening } = terms;
  const process = calibrate(readSeries(MARCH_2020));
  const priceE36 = priceE36Of(opening);
  const markets = lltvsBps.map((lltvBps) => {
    const maxLtvBps = lltvBps - facility.maxLtvGapBps;
    const book = clusteredBook({ loans, seed: String(seed), priceE36, lltvBps, maxLtvBps });
    const debt = Number(book.reduce((sum, one) => sum + one.debt, 0n));
    return { lltvBps, book, debt, rules: [ballast({ ...facility, lltvBps }), fixedBonus(lltvBps)] };
  });
  const cells = markets.flatMap(({ lltvBps, book, debt, rules }) =>
    rules.flatMap((rule) =>
      delays.map((delaySeconds) => ({ lltvBps, book, debt, rule, delaySeconds, outcomes: [] as Outcome[] })),
    ),
  );

  const lowest: number[] = [];
  for (let path = 0; path < paths; path++) {
    const prices = priceMinutes({ process, opening, jumpMinutes, seed: `${seed}/${path}` });
    lowest.push(Math.min(...prices) / opening);
    for (const { book, rule, delaySeconds, outcomes } of cells) {
      const delayMinutes = Math.round(delaySeconds / 60);
      outcomes.push(live({ book, prices, rule, venue, delayMinutes, gasDollars }));
    }
    told(path + 1);
  }
  return {
    rows: cells.map(({ outcomes, debt, rule, ...rest }) => ({
      rule: rule.name,
      lltvBps: rest.lltvBps,
      delaySeconds: rest.delaySeconds,
      ...figuresOf(outcomes, debt),
    })),
    bookDollars: markets.map(({ debt }) => debt / 1e6),
    medianLowest: median(lowest),
  };
}

function figuresOf(outcomes: readonly Outcome[], debt: number) {
  const bad = outcomes.map(({ badDebt }) => Number(badDebt) / debt).sort((a, b) => a - b);
  const repaid = outcomes.map((one) => Number(one.repaid));
  const incentive = outcomes.map((one) => Number(one.incentive));
  return {
    probability: bad.filter((share) => share > NOTABLE).length / bad.length,
    meanBadDebt: mean(bad),
    meanError: deviation(bad) / Math.sqrt(bad.length),
    p99BadDebt: bad[Math.min(bad.length - 1, Math.floor(bad.length * 0.99))] ?? 0,
    worstBadDebt: bad.at(-1) ?? 0,
    meanRepaid: mean(repaid) / debt,
    meanIncentive: mean(incentive) / Math.max(1, mean(repaid)),
  };
}
