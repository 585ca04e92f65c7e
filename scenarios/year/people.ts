import { ScenarioError } from "../errors.js";
import { SeededRandom } from "../book/random.js";

/** How a borrower behaves. */
export type Habit =
  /** revolving: adds collateral when health runs low */
  | "watches"
  /** revolving: never looks again */
  | "forgets"
  /** revolving: draws when there is room, repays a part every other month */
  | "uses it"
  /** term: pays each instalment the day before it is due */
  | "on time"
  /** term: pays some days after, within the grace */
  | "late"
  /** term: pays on time, and one day all of it */
  | "prepays"
  /** term: pays on time, and one day takes new terms */
  | "rolls over"
  /** term: pays some instalments and then no more */
  | "defaults";

/** One borrower's loan for the year. */
export interface LoanPlan {
  /** from 0 */
  borrower: number;
  kind: "revolving" | "term";
  habit: Habit;
  /** day of the year on which it is asked for */
  opensOn: number;
  ltvBps: number;
  /** loan units */
  principal: bigint;
  /** of the facility's term sheets; a revolving loan has none */
  sheet?: number;
  /** Days: after opening, for who prepays or rolls over; after the due date, for who pays late. */
  days?: number;
  /** Instalments paid before the borrower stops. */
  paysInstalments?: number;
}

const REVOLVING: Habit[] = ["watches", "forgets", "uses it", "forgets"];
/** As often as they come in a book: most pay on time. */
const TERM: Habit[] = ["on time", "late", "defaults", "on time", "prepays", "rolls over"];
/** Twelve months, four quarters with a balloon, ninety days. */
const SHEETS = [0, 0, 1, 2] as const;
/** One with a single instalment cannot stop after the first. */
const MANY_INSTALMENTS = [0, 0, 1] as const;

const SMALLEST_LOAN = 15_000;
const LARGEST_LOAN = 300_000;
const ROUND_SUM = 100;
const LOWEST_LTV_BPS = 3_500;
const HEADROOM_BPS = 150;
/** Loans are asked for in this part of the time; half of them in its first quarter. */
const OPENINGS_UNTIL = 0.74;
/** Of ten loans so many have dates. */
const TERM_IN_TEN = 6;
/** So many that every habit is among them. */
export const LEAST_LOANS = REVOLVING.length + TERM.length;

/** How many people there are, and for how long. */
export interface PeopleOptions {
  loans: number;
  seed: number;
  days: number;
}

/**
 * Plans a mixed book: six in ten with dates, every habit in turn, sizes spread over the orders of magnitude.
 * @param loans at least ten, so that every habit is there
 */
export function planPeople({ loans, seed, days }: PeopleOptions, maxLtvBps: number, loanDecimals: number): LoanPlan[] {
  if (loans < LEAST_LOANS)
    throw new ScenarioError(
      `A year needs at least ${LEAST_LOANS} loans, so that every way to pay is among them, not ${loans}: raise --loans.`,
    );
  const random = new SeededRandom(`people ${seed}`);
  const highestLtvBps = maxLtvBps - HEADROOM_BPS;
  const sizes = random.spread(loans);
  const ltvs = random.spread(loans);
  const openings = random.spread(loans);
  const seen = { revolving: 0, term: 0 };
  return Array.from({ length: loans }, (_, borrower): LoanPlan => {
    const kind = (borrower * TERM_IN_TEN) % 10 < TERM_IN_TEN ? "term" : "revolving";
    const habits = kind === "term" ? TERM : REVOLVING;
    const habit = habits[seen[kind]++ % habits.length] ?? "on time";
    const size = SMALLEST_LOAN * (LARGEST_LOAN / SMALLEST_LOAN) ** (sizes[borrower] ?? 0);
    const plan: LoanPlan = {
      ...{ borrower, kind, habit },
      // Squared, so that the book is full before the middle of the year.
      opensOn: Math.floor(days * OPENINGS_UNTIL * (openings[borrower] ?? 0) ** 2),
      ltvBps: Math.round(LOWEST_LTV_BPS + (highestLtvBps - LOWEST_LTV_BPS) * (ltvs[borrower] ?? 0)),
      principal: BigInt(Math.round(size / ROUND_SUM) * ROUND_SUM) * 10n ** BigInt(loanDecimals),
    };
    return kind === "term" ? { ...plan, ...termsOf(habit, days - plan.opensOn, random) } : plan;
  });
}

function termsOf(habit: Habit, daysLeft: number, random: SeededRandom): Partial<LoanPlan> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.next() * items.length)] as T;
  switch (habit) {
    case "late":
      return { sheet: pick(MANY_INSTALMENTS), days: 2 + Math.floor(random.next() * 7) };
    case "prepays":
    case "rolls over":
      return { sheet: pick(MANY_INSTALMENTS), days: Math.floor(daysLeft * (0.2 + 0.6 * random.next())) };
    case "defaults":
      return { sheet: 0, paysInstalments: Math.floor(random.next() * 2) };
    default:
      return { sheet: pick(SHEETS) };
  }
}
