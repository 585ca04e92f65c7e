import { collateralFor } from "../../../scenarios/book/plan.js";
import { SeededRandom } from "../../../scenarios/book/random.js";
import { normal } from "../../../scenarios/prices/jumpDiffusion.js";

/** One loan of the book. */
export interface Position {
  /** satoshi */
  readonly collateral: bigint;
  /** loan units, 6 decimals */
  readonly debt: bigint;
}

/**
 * Where borrowers stand: not evenly, but around round health factors that screens and managers suggest. A quarter of the loans at
 * the edge of what may be borrowed, the largest group a quarter above liquidation, the rest with room.
 */
const CLUSTERS = [
  { share: 0.25, health: 1.12, deviation: 0.02 },
  { share: 0.35, health: 1.25, deviation: 0.05 },
  { share: 0.25, health: 1.5, deviation: 0.1 },
  { share: 0.15, health: 2, deviation: 0.3 },
] as const;
/** Of one loan: median 50,000 dollars, one in six above 200,000. */
const SIZE = { median: 50_000, logDeviation: 1.4, least: 2_000, most: 5_000_000 };

export interface BookTerms {
  readonly loans: number;
  readonly seed: string;
  readonly priceE36: bigint;
  readonly lltvBps: number;
  readonly maxLtvBps: number;
}

/** A book with its loans in clusters of health; none above maxLtv. The same seed gives the same sizes and the same health. */
export function clusteredBook({ loans, seed, priceE36, lltvBps, maxLtvBps }: BookTerms): Position[] {
  const random = new SeededRandom(`book ${seed}`);
  return random.spread(loans).map((share) => {
    const { health, deviation } = clusterAt(share);
    const wanted = health + deviation * normal(random);
    const ltvBps = Math.min(maxLtvBps, Math.floor(lltvBps / Math.max(wanted, 1)));
    const size = SIZE.median * Math.exp(SIZE.logDeviation * normal(random));
    const dollars = Math.round(Math.min(SIZE.most, Math.max(SIZE.least, size)));
    const debt = BigInt(dollars) * 10n ** 6n;
    return { debt, collateral: collateralFor(debt, ltvBps, priceE36) };
  });
}

function clusterAt(share: number): (typeof CLUSTERS)[number] {
  let passed = 0;
  for (const cluster of CLUSTERS) {
    passed += cluster.share;
    if (share < passed) return cluster;
  }
  return CLUSTERS[CLUSTERS.length - 1] as (typeof CLUSTERS)[number];
}
