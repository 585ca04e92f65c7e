import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Progress } from "../../../scenarios/progress/progress.js";
import { Market } from "../../../scenarios/replay/market.js";
import { congested, ORDINARY } from "../../../scenarios/replay/l1Fees.js";
import { Resources } from "../../../scenarios/replay/resources.js";
import { inWorld, type World } from "../../../scenarios/replay/world.js";
import { writeDeployment } from "../../../sdk/client/deploymentFile.js";
import { FaultProxy } from "../../ts/keeper/support/faultProxy.js";
import { type BookLoan, openManyLoans } from "./book.js";
import type { PricePath } from "./prices.js";

export interface StageOptions {
  readonly loans: number;
  /** Of a hundred loans, how many are term loans. */
  readonly termPercent: number;
  readonly seed: number;
  readonly prices: PricePath;
  /** Whether a time-weighted price may hold liquidations back. */
  readonly hasSecondSource: boolean;
  /** Second at which everything begins; now by default. */
  readonly startTime?: number;
  readonly say: (line: string) => void;
}

/** A rollup with real fees, Ballast, an open book of loans, and a proxy through which a bot is to see it all. */
export interface Stage {
  readonly world: World;
  readonly market: Market;
  readonly loans: readonly BookLoan[];
  readonly proxy: FaultProxy;
  /** Names the proxy as its node. */
  readonly deploymentFile: string;
  /** For files that nobody needs afterwards. */
  readonly folder: string;
}

const LENDERS = 2;
const BORROWERS = 5;
/** wei: blocks that are nearly empty would let it fall to next to nothing. */
export const BASE_FEE = 10n ** 7n;

/** Sets the stage, plays on it, and takes everything down again, whatever happens. */
export async function onStage<T>(options: StageOptions, play: (stage: Stage) => Promise<T>): Promise<T> {
  const resources = new Resources();
  const folder = mkdtempSync(join(tmpdir(), "ballast-chaos-"));
  const { prices, say, hasSecondSource } = options;
  const startTime = options.startTime ?? Math.floor(Date.now() / 1000);
  const setting = {
    ...{ startTime, lenders: LENDERS, borrowers: BORROWERS, hasSecondSource },
    ...{ openingPrice: prices.opening, lowest: prices.lowest, highest: prices.opening, l1FeesAt: () => ORDINARY },
  };
  try {
    return await inWorld(setting, progressTo(say), resources, async (world) => {
      const loans = await openManyLoans(world, options);
      say(`${loans.length} loans are open`);
      const proxy = resources.add(await FaultProxy.start(world.devnet.info.l2.rpcUrl, { seed: options.seed }));
      const deploymentFile = join(folder, "deployment.json");
      writeDeployment({ ...world.deployment, rpc: proxy.url }, deploymentFile);
      return play({ world, market: new Market(world), loans, proxy, deploymentFile, folder });
    });
  } finally {
    await resources.stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** L1 fees a hundred times the ordinary ones. */
export const STORM = congested(congested(ORDINARY));

function progressTo(say: (line: string) => void): Progress {
  return { stage: say, event: (_, text) => say(text), step: () => undefined, end: () => undefined };
}
