import type { Party } from "../accounting/parties.js";
import type { StatusReport } from "../../keeper/serve/status.js";
import type { YearOptions } from "../options.js";
import type { Progress } from "../progress/progress.js";
import { KeeperProcess } from "../replay/keeperProcess.js";
import { congested, ORDINARY } from "../replay/l1Fees.js";
import { settleLoans } from "../replay/lifecycle.js";
import { partiesOf } from "../replay/parties.js";
import type { Resources } from "../replay/resources.js";
import { readHolding, type Holding } from "../replay/state.js";
import { inWorld, type World } from "../replay/world.js";
import { readBooks } from "./books.js";
import { Borrowers, type Resident } from "./borrowers.js";
import { bringToLife, runYear, type CourseOfYear } from "./course.js";
import { facilitiesOf, type Facilities } from "./facilities.js";
import { fillWallets } from "./funding.js";
import { Lenders, LENDERS } from "./lenders.js";
import { planPeople } from "./people.js";
import { DAY_SECONDS, yearOfPrices, type DayOfPrices } from "./prices.js";
import type { FacilityBooks } from "./result.js";

/** Dollars with 8 decimals, about what bitcoin cost when the year begins. */
const OPENING_PRICE = 88_000n * 10n ** 8n;
const STARTS_AT = Date.parse("2026-01-01T00:00Z") / 1000;
/** Whole dollars one ether is counted at. */
const ETHER_PRICE = 3_000;
/** Whole dollars: losses expected of a loan are marked from here on. */
const MARK_LOSSES_FROM = 500;

/** What a finished year leaves behind: chains on which everybody has settled, and what was seen on the way. */
export interface YearRemains {
  options: YearOptions;
  world: World;
  facilities: Facilities;
  parties: readonly Party[];
  prices: readonly DayOfPrices[];
  residents: readonly Resident[];
  course: CourseOfYear;
  /** the keeper's, when it had nothing left to do */
  status: StatusReport;
  first: YearState;
  last: YearState;
  /** whole loan assets for one ether */
  etherPrice: number;
  span: { from: number; to: number; wallSeconds: number };
}

/** Everything the accounts need to know of one block. */
export interface YearState extends Holding {
  books: Record<number, FacilityBooks>;
}

/**
 * Lives through a year on a fresh deployment, until everybody has settled.
 * @param resources everything started is put there; the caller stops it
 */
export async function liveYear(options: YearOptions, progress: Progress, resources: Resources): Promise<YearRemains> {
  const started = performance.now();
  const prices = yearOfPrices(options.seed, OPENING_PRICE, STARTS_AT, options.days);
  const crash = prices.find(({ kind }) => kind === "crash");
  if (!crash) throw new RangeError("The year has no crash.");
  const isCrash = (second: number) => second >= crash.startsAt && second < crash.startsAt + DAY_SECONDS;
  const moves = prices.flatMap(({ steps }) => steps.map(({ price }) => price));
  const setting = {
    ...{ startTime: STARTS_AT, openingPrice: OPENING_PRICE, lenders: LENDERS.length, borrowers: options.loans },
    lowest: moves.reduce((a, b) => (a < b ? a : b)),
    highest: moves.reduce((a, b) => (a > b ? a : b)),
    l1FeesAt: (second: number) => (isCrash(second) ? congested(ORDINARY) : ORDINARY),
  };
  const rest = await inWorld(setting, progress, resources, (world) =>
    play(world, options, prices, crash.day, progress, resources),
  );
  const wallSeconds = (performance.now() - started) / 1000;
  const to = STARTS_AT + options.days * DAY_SECONDS;
  return { options, ...rest, prices, etherPrice: ETHER_PRICE, span: { from: STARTS_AT, to, wallSeconds } };
}

async function play(
  from: World,
  options: YearOptions,
  prices: readonly DayOfPrices[],
  crashDay: number,
  progress: Progress,
  resources: Resources,
): Promise<Omit<YearRemains, "options" | "prices" | "etherPrice" | "span">> {
  const facilities = await facilitiesOf(from);
  const { maxLtvBps, loan } = facilities.term;
  const plans = planPeople(options, Number(maxLtvBps), loan.decimals);
  const stakes = await fillWallets(from, facilities, plans, OPENING_PRICE);
  const parties = partiesOf(from);
  const first = await readState(from, facilities, parties);

  progress.stage(`${LENDERS.length} lenders, ${plans.length} borrowers; starting the keeper…`);
  const policy = { etherPrice: ETHER_PRICE, markLossesFrom: MARK_LOSSES_FROM };
  const keeper = resources.add(await KeeperProcess.startIn(options.out, from, policy));
  const living = bringToLife(from, keeper);
  const time = { crashDay, days: options.days };
  const borrowers = new Borrowers(living.world, facilities, plans);
  const lenders = new Lenders(living.world, facilities, stakes, time);
  await runYear(living, facilities, { borrowers, lenders }, prices, progress);
  const status = await keeper.status();
  await keeper.stop();

  progress.stage("Everybody settles: loans are closed, surplus taken out, lenders redeem…");
  const end = BigInt(STARTS_AT + options.days * DAY_SECONDS);
  await from.devnet.mineL1(end);
  await from.devnet.mineL2(end);
  const open = borrowers.residents.filter(({ openedOn }) => openedOn !== undefined);
  await settleLoans(from, new Map(open.map(({ id, person }) => [id, person])));
  await new Lenders(from, facilities, stakes, time).leave();
  const last = await readState(from, facilities, parties);
  const { course } = living;
  return { world: from, facilities, parties, residents: borrowers.residents, course, status, first, last };
}

async function readState(world: World, facilities: Facilities, parties: readonly Party[]): Promise<YearState> {
  const holding = await readHolding(world, parties);
  return { ...holding, books: await readBooks(world, facilities, holding.snapshot.block) };
}
