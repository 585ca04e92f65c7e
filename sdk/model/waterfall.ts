import { minOf, mulDivDown, subtractOrZero } from "./math.js";

/** The lenders' classes, in the reverse order of bearing a loss. */
export const TrancheClass = { Senior: 0n, Junior: 1n, Cover: 2n } as const;

const BPS = 10_000n;

/** All of a pool as of one second, in units of the loan asset. */
export interface Ledger {
  /** What all loans are counted with. */
  readonly debt: bigint;
  readonly cash: bigint;
  readonly senior: bigint;
  readonly junior: bigint;
  /** The underwriters', beside the cash and never lent. */
  readonly stake: bigint;
  /** Earned by underwriters and not paid yet. */
  readonly premium: bigint;
  readonly reserve: bigint;
  readonly reserveFeeBps: bigint;
  /** Share of senior's interest that goes to junior. */
  readonly juniorSpreadBps: bigint;
  /** Share of all interest that goes to cover while there is stake. */
  readonly coverPremiumBps: bigint;
}

/** Where interest went. */
export interface Division {
  readonly toSenior: bigint;
  readonly toJunior: bigint;
  readonly toReserve: bigint;
  readonly toCover: bigint;
  /** Moved from the cash to the stake. */
  readonly premiumPaid: bigint;
}

/** Who bore a loss. */
export interface BorneLoss {
  readonly byCover: bigint;
  readonly byJunior: bigint;
  readonly bySenior: bigint;
  readonly byReserve: bigint;
}

/**
 * Divides the interest that came in since the last division: reserve fee, premium while there is stake, then senior and junior by
 * size as the last division left them, less the spread. Premium is paid into the stake as far as there is cash.
 */
export function divideInterest(l: Ledger): [Ledger, Division] {
  const income = l.cash + l.debt - l.senior - l.junior - l.reserve - l.premium;
  const toReserve = mulDivDown(income, l.reserveFeeBps, BPS);
  const toCover = l.stake === 0n ? 0n : mulDivDown(income, l.coverPremiumBps, BPS);
  const both = income - toReserve - toCover;
  const toSenior =
    l.junior === 0n ? both : mulDivDown(both, l.senior * (BPS - l.juniorSpreadBps), (l.senior + l.junior) * BPS);
  const toJunior = both - toSenior;
  const premiumPaid = minOf(l.premium + toCover, l.cash);
  const divided = {
    ...l,
    cash: l.cash - premiumPaid,
    senior: l.senior + toSenior,
    junior: l.junior + toJunior,
    stake: l.stake + premiumPaid,
    premium: l.premium + toCover - premiumPaid,
    reserve: l.reserve + toReserve,
  };
  return [divided, { toSenior, toJunior, toReserve, toCover, premiumPaid }];
}

/** What a class owns of a divided ledger: what those who enter pay for. */
export function grossNav({ senior, junior, stake, premium }: Ledger, trancheClass: bigint): bigint {
  if (trancheClass === TrancheClass.Senior) return senior;
  return trancheClass === TrancheClass.Junior ? junior : stake + premium;
}

/**
 * The same after an expected loss, each unit of which is counted once, in cover, then junior, then senior: what those who leave are
 * paid from.
 */
export function exitNav(l: Ledger, trancheClass: bigint, expectedLoss: bigint): bigint {
  let rest = expectedLoss;
  for (const bearer of [TrancheClass.Cover, TrancheClass.Junior]) {
    const nav = grossNav(l, bearer);
    if (trancheClass === bearer) return subtractOrZero(nav, rest);
    rest = subtractOrZero(rest, nav);
  }
  return subtractOrZero(l.senior, rest);
}

/**
 * Takes a loss of debt off a divided ledger: cover, junior, senior, reserve (LOSS-1). The stake pays in cash; the premium it has
 * not been paid yet is given up. The debt itself is the caller's to write down.
 */
export function bearLoss(l: Ledger, found: bigint): [Ledger, BorneLoss] {
  // A debt rounded up may exceed the total by a unit that nobody ever owned.
  const loss = minOf(found, l.debt);
  const fromStake = minOf(loss, l.stake);
  const fromPremium = minOf(loss - fromStake, l.premium);
  const byCover = fromStake + fromPremium;
  const covered = {
    ...l,
    stake: l.stake - fromStake,
    cash: l.cash + fromStake,
    premium: l.premium - fromPremium,
  };
  const [after, by] = bearLossWithoutCover(covered, loss - byCover);
  return [after, { ...by, byCover }];
}

/** The same without cover, which answers for debt and not for interest that was counted too early. */
export function bearLossWithoutCover(l: Ledger, loss: bigint): [Ledger, BorneLoss] {
  const byJunior = minOf(loss, l.junior);
  const bySenior = minOf(loss - byJunior, l.senior);
  const byReserve = minOf(loss - byJunior - bySenior, l.reserve);
  const after = {
    ...l,
    junior: l.junior - byJunior,
    senior: l.senior - bySenior,
    reserve: l.reserve - byReserve,
    // What else there is of a divided ledger: of all interest, the premium alone may be left.
    premium: l.premium - (loss - byJunior - bySenior - byReserve),
  };
  return [after, { byCover: 0n, byJunior, bySenior, byReserve }];
}
