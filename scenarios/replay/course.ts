import { formatBps, formatDuration, formatHealth, formatPrice, formatUnits } from "../format.js";
import { keeperTransactions, type KeeperTransaction } from "../accounting/keeperFees.js";
import type { PriceStep } from "../prices/path.js";
import type { Progress } from "../progress/progress.js";
import type { Hold, Moment } from "../result.js";
import { ENDINGS } from "../report/holds.js";
import { HoldTracker, type Change } from "./holds.js";
import type { KeeperProcess } from "./keeperProcess.js";
import { LiquidationLog, type UncostedLiquidation } from "./liquidationLog.js";
import { Market } from "./market.js";
import { Steps, type Settled } from "./steps.js";
import { momentOf, sightOf, Watcher, type Look } from "./watcher.js";
import type { World } from "./world.js";

/** What was seen while the prices ran. */
export interface Course {
  moments: Moment[];
  holds: Hold[];
  liquidations: UncostedLiquidation[];
  keeperTransactions: KeeperTransaction[];
}

export interface CourseOptions {
  path: readonly PriceStep[];
  /** second at which the last step is over */
  end: number;
  blockTimeSeconds: number;
  /** names of the borrowers by loan */
  loans: ReadonlyMap<bigint, string>;
}

/** Takes the market along its path, step by step, and writes down what becomes of the book. */
export async function runCourse(
  world: World,
  keeper: KeeperProcess,
  { path, end, blockTimeSeconds, loans }: CourseOptions,
  progress: Progress,
): Promise<Course> {
  const market = new Market(world);
  const watcher = new Watcher(world);
  await watcher.refresh([...loans.keys()], await world.provider.getBlockNumber());
  const holds = new HoldTracker();
  const log = new LiquidationLog(world, watcher, holds, loans);
  const course: Course = { moments: [], holds: holds.holds, liquidations: log.found, keeperTransactions: [] };
  const say = sayer(world, progress);
  let current: PriceStep | undefined;

  const onBlock = async ({ block, at }: Settled) => {
    for (const found of await log.read(block, at, current?.price ?? 0n)) say.liquidation(found);
    const { address } = world.keeper.wallet;
    course.keeperTransactions.push(...(await keeperTransactions(world.provider, address, block)));
  };
  const steps = new Steps(world, market, keeper, blockTimeSeconds, onBlock);
  for (const [index, step] of path.entries()) {
    current = step;
    let last: Look | undefined;
    await steps.take(step, path[index + 1]?.at ?? end, async ({ block, at }) => {
      last = await watcher.look(block, at);
      say.change(holds.see(sightOf(last)));
    });
    if (!last) continue;
    const moment = momentOf(last, step.price, world.l1FeesAt(last.at).baseFee);
    course.moments.push(moment);
    const state = stateOf(moment, log.found.length);
    progress.step({ at: step.at, done: index + 1, total: path.length, state, isMark: step.endsLeg === "close" });
  }
  say.change(holds.finish(end));
  return course;
}

/** Puts what happens into words. */
function sayer({ facility }: World, progress: Progress) {
  const usd = (amount: bigint, places = 0) =>
    `${formatUnits(amount, facility.loan.decimals, places)} ${facility.loan.symbol}`;
  return {
    liquidation(l: UncostedLiquidation): void {
      const seized = `${formatUnits(l.seized, facility.collateral.decimals, 4)} ${facility.collateral.symbol}`;
      progress.event(
        l.at,
        `${l.borrower} liquidated at ${formatPrice(l.price)}: ${usd(l.repaid)} repaid for ${seized}, ` +
          `health ${formatHealth(l.healthBefore)} → ${formatHealth(l.healthAfter)}` +
          (l.badDebt > 0n ? `, bad debt ${usd(l.badDebt, 2)}` : "") +
          (l.heldSeconds > 0 ? `, after ${formatDuration(l.heldSeconds)} held back` : "") +
          (l.releasedByCap ? " (sources disagree, past the cap)" : ""),
      );
    },
    change({ began, ended }: Change): void {
      if (began)
        progress.event(
          began.from,
          `held back: the sources are ${formatBps(began.apartBps)} apart, ` +
            `${began.loans} unhealthy loan${began.loans === 1 ? " waits" : "s wait"} (${usd(began.debt)})`,
        );
      if (ended)
        progress.event(
          ended.until,
          `released after ${formatDuration(ended.until - ended.from)}: ${ENDINGS[ended.endedBy]}`,
        );
    },
  };
}

/** Where market and book stand, on one line. */
export function stateOf({ price, open, unhealthy, health }: Moment, liquidations: number): string {
  return [
    `BTC ${formatPrice(price)}`,
    `${open} loans`,
    `weakest ${formatHealth(health?.least)}`,
    `median ${formatHealth(health?.median)}`,
    ...(unhealthy > 0 ? [`${unhealthy} below 1`] : []),
    `${liquidations} liquidations`,
  ].join(" · ");
}
