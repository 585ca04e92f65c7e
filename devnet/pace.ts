import { setTimeout as sleep } from "node:timers/promises";
import { DevnetError } from "./errors.js";
import type { Rollup } from "./rollup.js";

/** Seconds between L2 blocks; 0: every transaction is mined as it arrives; "manual": blocks are mined when told. */
export type BlockTime = number | "manual";

/** L1 blocks come no faster than this, as deposits need no more and live ones come every 12 s. */
const L1_SECONDS = 2;
const RELAY_MILLISECONDS = 100;

/**
 * Decides when blocks are mined. By interval the nodes never mine by themselves: the driver does, so that every L2 block
 * begins with its L1 attributes and blocks less than a second apart share a timestamp, as 200 ms chains have it.
 */
export class Pace {
  private blockTime: BlockTime = 0;
  private paused = false;
  private loops: Loop[] = [];

  constructor(
    private readonly rollup: Rollup,
    /** with automatic mining, whether L1 is watched and relayed without being told */
    private readonly relay: boolean,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  async set(blockTime: BlockTime): Promise<void> {
    if (blockTime !== "manual" && !(Number.isFinite(blockTime) && blockTime >= 0))
      throw new DevnetError(`The block time must be "manual", 0 (automatic) or a number of seconds, got ${blockTime}.`);
    this.blockTime = blockTime;
    await this.apply();
  }

  /** L2 stops making blocks while L1 goes on: a sequencer outage. */
  async pauseL2(): Promise<void> {
    this.paused = true;
    await this.apply();
  }

  async resumeL2(): Promise<void> {
    this.paused = false;
    await this.apply();
  }

  async stop(): Promise<void> {
    const loops = this.loops;
    this.loops = [];
    await Promise.all(loops.map((loop) => loop.stop()));
  }

  private async apply(): Promise<void> {
    await this.stop();
    const { rollup, blockTime, paused } = this;
    const { l1, l2, clock } = rollup;
    const automine = blockTime === 0;
    const byInterval = blockTime !== "manual" && blockTime > 0;
    rollup.automine = automine;
    rollup.background = byInterval || (automine && this.relay);
    rollup.paused = paused;
    await l1.client.setAutomine(automine);
    await l2.client.setAutomine(automine && !paused);
    const byHand = blockTime === "manual";
    l1.afterSend = byHand ? () => rollup.mineL1() : undefined;
    // Not before: the node answers a send before it mines, and that block would take what is meant for the next.
    l1.afterMined = automine ? () => rollup.pinL1BaseFee() : undefined;
    l2.afterSend = byHand ? () => rollup.mineL2() : undefined;
    if (byInterval) clock.run();
    else clock.hold();

    const every = (milliseconds: number, job: () => Promise<unknown>) =>
      this.loops.push(new Loop(milliseconds, job, this.onFailure));
    if (byInterval) every(Math.max(L1_SECONDS, blockTime) * 1000, () => rollup.mineL1());
    if (byInterval && !paused) every(blockTime * 1000, () => rollup.mineL2());
    if (automine && rollup.background && !paused) every(RELAY_MILLISECONDS, () => rollup.derive());
  }
}

/** Runs a job again and again, as many times a second as asked for or as it can, until stopped or until it fails. */
class Loop {
  private readonly stopped = new AbortController();
  private readonly done: Promise<void>;

  constructor(milliseconds: number, job: () => Promise<unknown>, onFailure: (error: unknown) => void) {
    this.done = this.run(milliseconds, job).catch((error: unknown) => {
      if (!this.stopped.signal.aborted) onFailure(error);
    });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  private async run(milliseconds: number, job: () => Promise<unknown>): Promise<void> {
    const { signal } = this.stopped;
    let due = Date.now() + milliseconds;
    while (!signal.aborted) {
      await sleep(Math.max(0, due - Date.now()), undefined, { signal });
      await job();
      // After a stall the rhythm starts anew; missed blocks are not made up for.
      due = Math.max(due + milliseconds, Date.now());
    }
  }
}
