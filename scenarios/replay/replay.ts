import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { writeDeployment } from "../../sdk/client/deploymentFile.js";
import { readFacility } from "../../sdk/client/facilityState.js";
import { requireAll } from "../accounting/checks.js";
import { planBook, type LoanPlan } from "../book/plan.js";
import { formatUnits } from "../format.js";
import type { ReplayOptions } from "../options.js";
import { openingPrice, endOf, pathOf } from "../prices/path.js";
import type { Hour } from "../prices/series.js";
import type { Progress } from "../progress/progress.js";
import type { ReplayResult } from "../result.js";
import { runCourse } from "./course.js";
import { KeeperProcess } from "./keeperProcess.js";
import { lendAll, loanIdOf, openBook, settleAll } from "./lifecycle.js";
import { partiesOf } from "./parties.js";
import type { Resources } from "./resources.js";
import { assemble } from "./assemble.js";
import { readState } from "./state.js";
import { fillWallets } from "./wallets.js";
import { startWorld, type World } from "./world.js";

/** Whole dollars one ether is counted at: about what it was on the eve of the crash. */
const ETHER_PRICE = 200;

/** What a test may do to a running world; a replay proper has none. */
export interface Hooks {
  /** after the prices, before everything is settled */
  beforeSettlement?: (world: World) => Promise<void>;
}

/**
 * Replays a price series against a fresh deployment.
 * @param resources everything started is put there; the caller stops it
 * @throws NotReconciled when any total differs from its counterpart by a unit; the result comes with it in `onResult`
 */
export async function replay(
  options: ReplayOptions,
  hours: readonly Hour[],
  progress: Progress,
  resources: Resources,
  onResult: (result: ReplayResult) => void,
  hooks: Hooks = {},
): Promise<ReplayResult> {
  const started = performance.now();
  const [startTime, end] = [hours[0]?.startsAt ?? 0, endOf(hours)];
  const world = await startWorld({ startTime, borrowers: options.loans, ...rangeOf(hours) }, (line) =>
    progress.stage(line),
  );
  resources.add(world.devnet);
  const failed = world.devnet.failed.then((error) => {
    throw error;
  });
  return Promise.race([failed, run()]);

  async function run(): Promise<ReplayResult> {
    const book = await planFor(world, options);
    await fillWallets(world, book);
    const parties = partiesOf(world);
    const first = await readState(world, parties);

    progress.stage(
      `${world.lenders.length} lenders lend, ${book.length} borrowers open loans of ${sumOf(world, book)}…`,
    );
    await lendAll(world);
    await openBook(world, book);

    progress.stage("Starting the keeper…");
    mkdirSync(options.out, { recursive: true });
    const deployment = join(options.out, "deployment.json");
    writeDeployment({ ...world.deployment, rpc: world.devnet.info.l2.rpcUrl }, deployment);
    const { privateKey } = world.keeper.wallet;
    const log = join(options.out, "keeper.log");
    const keeper = resources.add(await KeeperProcess.start({ deployment, privateKey, etherPrice: ETHER_PRICE, log }));

    const loans = new Map(world.borrowers.map((borrower) => [loanIdOf(world, borrower), borrower.name]));
    const path = pathOf(hours, options.stepsALeg);
    const { blockTimeSeconds } = options;
    const course = await runCourse(world, keeper, { path, end, blockTimeSeconds, loans }, progress);

    const status = await keeper.status();
    await keeper.stop();
    progress.stage("Everybody settles: loans are closed, surplus taken out, lenders redeem…");
    await world.devnet.mineL1(BigInt(end));
    await world.devnet.mineL2(BigInt(end));
    await hooks.beforeSettlement?.(world);
    await settleAll(world);
    const last = await readState(world, parties);

    const settings = { ...options, prices: basename(options.prices) };
    const wallSeconds = (performance.now() - started) / 1000;
    const result = await assemble({
      ...{ world, parties, first, last, course, status, book, settings },
      ...{ etherPrice: ETHER_PRICE, span: { from: startTime, to: end, wallSeconds } },
    });
    onResult(result);
    requireAll(result.checks);
    return result;
  }
}

function rangeOf(hours: readonly Hour[]) {
  const prices = hours.flatMap(({ low, close }) => [low, close]);
  const pick = (better: (a: bigint, b: bigint) => boolean) => prices.reduce((a, b) => (better(a, b) ? a : b));
  return { openingPrice: openingPrice(hours), lowest: pick((a, b) => a < b), highest: pick((a, b) => a > b) };
}

async function planFor({ facility, client }: World, { loans, seed }: ReplayOptions): Promise<LoanPlan[]> {
  const { borrowPrice, maxLtvBps } = await readFacility(client, facility.id);
  const priceE36 = borrowPrice.priceE36 ?? 0n;
  return planBook({ loans, seed, priceE36, maxLtvBps: Number(maxLtvBps), loanDecimals: facility.loan.decimals });
}

function sumOf({ facility }: World, book: readonly LoanPlan[]): string {
  const { decimals, symbol } = facility.loan;
  return `${formatUnits(
    book.reduce((sum, { principal }) => sum + principal, 0n),
    decimals,
    0,
  )} ${symbol}`;
}
