import { keeperTransactions, type KeeperTransaction } from "../accounting/keeperFees.js";
import { formatPrice } from "../format.js";
import type { KeeperProcess } from "../replay/keeperProcess.js";
import { Market } from "../replay/market.js";
import { Outbox } from "../replay/outbox.js";
import { Steps, type Settled } from "../replay/steps.js";
import type { World } from "../replay/world.js";
import type { Progress } from "../progress/progress.js";
import type { Refused } from "./acts.js";
import { readBooks, readDay } from "./books.js";
import type { Borrowers } from "./borrowers.js";
import type { Facilities } from "./facilities.js";
import type { Lenders } from "./lenders.js";
import { DAY_SECONDS, type DayOfPrices } from "./prices.js";
import type { Day, Month, YearResult } from "./result.js";

/** People act when half an hour's average on Uniswap has caught up with the day's first price. */
const PEOPLE_AT = 45 * 60;
const HOUR_SECONDS = 3_600;
/** How often the keeper is given a block within an hour. */
const LOOK_AGAIN = { quiet: 1_800, wild: 1_800, crash: 300 };
const BLOCK_TIME_SECONDS = 2;

/** What was seen while the year ran. */
export interface CourseOfYear {
  days: Day[];
  months: Omit<Month, "events">[];
  refusals: YearResult["refusals"];
  keeperTransactions: KeeperTransaction[];
  /** second of each block */
  times: Map<number, number>;
}

/** A world whose blocks are made one at a time, none before the keeper has decided the last. */
export interface LivingWorld {
  world: World;
  steps: Steps;
  course: CourseOfYear;
}

/** Gives a world its pace. */
export function bringToLife(from: World, keeper: KeeperProcess): LivingWorld {
  const course: CourseOfYear = { days: [], months: [], refusals: [], keeperTransactions: [], times: new Map() };
  const outbox = new Outbox(from.provider, BigInt(from.devnet.info.l2.chainId), () => steps.people());
  const world: World = { ...from, outbox };
  const onBlock = async ({ block, at }: Settled) => {
    course.times.set(block, at);
    const { address } = world.keeper.wallet;
    course.keeperTransactions.push(...(await keeperTransactions(world.provider, address, block)));
  };
  const steps: Steps = new Steps(world, new Market(world), keeper, BLOCK_TIME_SECONDS, onBlock);
  return { world, steps, course };
}

/** Takes both facilities through the year, day by day. */
export async function runYear(
  { world, steps, course }: LivingWorld,
  facilities: Facilities,
  people: { borrowers: Borrowers; lenders: Lenders },
  prices: readonly DayOfPrices[],
  progress: Progress,
): Promise<void> {
  const { borrowers, lenders } = people;
  const ids = borrowers.residents.map(({ id }) => id);
  const note = (refused: readonly Refused[], at: number) => {
    for (const { act, why } of refused) course.refusals.push({ at, who: act.person.name, what: act.what, why });
  };
  for (const { day, startsAt, kind, steps: moves } of prices) {
    for (const [index, move] of moves.entries()) {
      const until = move.at + (index === 0 ? PEOPLE_AT : HOUR_SECONDS);
      await steps.take(move, until, () => Promise.resolve(), LOOK_AGAIN[kind]);
      if (index > 0) note(await borrowers.watch(), move.at);
      else {
        if (day === 0) await lenders.begin();
        await steps.people(until);
        note(await lenders.live(day), until);
        note(await borrowers.live(day, startsAt), until);
      }
    }
    const { price = 0n } = moves.at(-1) ?? {};
    const today = await readDay(world, facilities, ids, { at: startsAt, price });
    course.days.push(today);
    const endsMonth = isLastOfMonth(startsAt) || day === prices.length - 1;
    if (endsMonth) {
      const block = (await world.provider.getBlockNumber()) + 1;
      await lenders.save();
      const number = course.months.length + 1;
      const at = course.times.get(block) ?? startsAt;
      course.months.push({ number, isSettlement: false, block, at, books: await readBooks(world, facilities, block) });
    }
    tell(progress, today, { day, of: prices.length, kind, endsMonth });
  }
}

function isLastOfMonth(startsAt: number): boolean {
  const month = (second: number) => new Date(second * 1000).getUTCMonth();
  return month(startsAt) !== month(startsAt + DAY_SECONDS);
}

function tell(
  progress: Progress,
  { at, price, facilities }: Day,
  { day, of, kind, endsMonth }: { day: number; of: number; kind: DayOfPrices["kind"]; endsMonth: boolean },
): void {
  const open = Object.values(facilities).reduce((sum, facility) => sum + facility.open, 0);
  const state = `BTC ${formatPrice(price)} · ${open} loans${kind === "quiet" ? "" : ` · ${kind} day`}`;
  progress.step({ at, done: day + 1, total: of, state, isMark: endsMonth || kind === "crash" });
}
