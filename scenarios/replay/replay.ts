import { basename } from "node:path";
import { planBook, type LoanPlan } from "../book/plan.js";
import { formatUnits } from "../format.js";
import { ScenarioError } from "../errors.js";
import type { ReplayOptions } from "../options.js";
import { openingPrice, endOf, pathOf } from "../prices/path.js";
import type { Hour } from "../prices/series.js";
import type { Progress } from "../progress/progress.js";
import { runCourse } from "./course.js";
import { KeeperProcess } from "./keeperProcess.js";
import { lendAll, loanIdOf, openBook, settleAll } from "./lifecycle.js";
import { l1FeesAt } from "./l1Fees.js";
import { partiesOf } from "./parties.js";
import type { Remains } from "./remains.js";
import type { Resources } from "./resources.js";
import { readState } from "./state.js";
import { fillWallets } from "./wallets.js";
import { inWorld, type World } from "./world.js";

/** Whole dollars one ether is counted at: about what it was on the eve of the crash. */
const ETHER_PRICE = 200;
const LENDERS = 3;

/**
 * Replays a price series against a fresh deployment, until everybody has settled.
 * @param resources everything started is put there; the caller stops it
 */
export async function replay(
  options: ReplayOptions,
  hours: readonly Hour[],
  progress: Progress,
  resources: Resources,
): Promise<Remains> {
  const started = performance.now();
  const startTime = hours[0]?.startsAt ?? 0;
  const people = { lenders: LENDERS, borrowers: options.loans };
  const setting = { startTime, ...people, ...rangeOf(hours), l1FeesAt };
  const rest = await inWorld(setting, progress, resources, async (world) => ({
    world,
    ...(await play(world, options, hours, progress, resources)),
  }));
  const wallSeconds = (performance.now() - started) / 1000;
  return { ...rest, span: { from: startTime, to: endOf(hours), wallSeconds } };
}

async function play(
  world: World,
  options: ReplayOptions,
  hours: readonly Hour[],
  progress: Progress,
  resources: Resources,
): Promise<Omit<Remains, "world" | "span">> {
  const book = planFor(world, options);
  await fillWallets(world, book);
  const parties = partiesOf(world);
  const first = await readState(world, parties);

  progress.stage(`${world.lenders.length} lenders lend, ${book.length} borrowers open loans of ${sumOf(world, book)}…`);
  await lendAll(world);
  await openBook(world, book);

  progress.stage("Starting the keeper…");
  const keeper = resources.add(await KeeperProcess.startIn(options.out, world, { etherPrice: ETHER_PRICE }));
  const end = endOf(hours);
  const loans = new Map(world.borrowers.map((borrower) => [loanIdOf(world, borrower), borrower.name]));
  const path = pathOf(hours, options.stepsALeg);
  const { blockTimeSeconds } = options;
  const course = await runCourse(world, keeper, { path, end, blockTimeSeconds, loans }, progress);
  const status = await keeper.status();
  await keeper.stop();

  progress.stage("Everybody settles: loans are closed, surplus taken out, lenders redeem…");
  await world.devnet.mineL1(BigInt(end));
  await world.devnet.mineL2(BigInt(end));
  await settleAll(world);
  const last = await readState(world, parties);
  const settings = { ...options, prices: basename(options.prices) };
  return { parties, first, last, course, status, book, settings, etherPrice: ETHER_PRICE };
}

function rangeOf(hours: readonly Hour[]) {
  const prices = hours.flatMap(({ low, close }) => [low, close]);
  const pick = (better: (a: bigint, b: bigint) => boolean) => prices.reduce((a, b) => (better(a, b) ? a : b));
  return { openingPrice: openingPrice(hours), lowest: pick((a, b) => a < b), highest: pick((a, b) => a > b) };
}

function planFor({ facility }: World, { loans, seed }: ReplayOptions): LoanPlan[] {
  const { borrowPrice, maxLtvBps, loan } = facility;
  if (borrowPrice.priceE36 === undefined) throw new ScenarioError(`No loan can be opened: ${borrowPrice.refusal}`);
  return planBook({
    ...{ loans, seed, priceE36: borrowPrice.priceE36, maxLtvBps: Number(maxLtvBps) },
    loanDecimals: loan.decimals,
  });
}

function sumOf({ facility }: World, book: readonly LoanPlan[]): string {
  const principal = book.reduce((sum, loan) => sum + loan.principal, 0n);
  return `${formatUnits(principal, facility.loan.decimals, 0)} ${facility.loan.symbol}`;
}
