import { setTimeout as sleep } from "node:timers/promises";
import { ORDINARY } from "../../../scenarios/replay/l1Fees.js";
import type { Clockwork } from "../stage/clockwork.js";
import type { KeeperRuns } from "../stage/keeperRuns.js";
import { BASE_FEE, type Stage, STORM } from "../stage/stage.js";
import type { Truth } from "../stage/truth.js";
import type { Scheduled } from "./script.js";

export interface Scene {
  readonly stage: Stage;
  readonly clockwork: Clockwork;
  readonly keeper: KeeperRuns;
  readonly truth: Truth;
}

/** Ends what a mishap began. */
type Undo = () => Promise<void>;

const nothing: Undo = () => Promise.resolve();
/** Blocks after a message from L1 that stay: what came with it would be lost and never sent again. */
const SAFE_AFTER_DEPOSIT = 12;

/** Makes mishaps happen, and makes good what can be made good. */
export class Effects {
  /** Blocks of one second are made while this is above 0. */
  sameSecond = 0;
  private running: { until: number; undo: Undo }[] = [];
  private noReorgAtOrBelow = 0;
  private isSequencerDown = false;

  constructor(private readonly scene: Scene) {}

  async begin({ at, blocks, mishap }: Scheduled): Promise<void> {
    const until = at + blocks;
    this.running.push({ until, undo: await this.start(mishap) });
  }

  /** Ends what lasted until this block of the campaign. */
  async endBy(block: number): Promise<void> {
    const over = this.running.filter(({ until }) => until <= block);
    this.running = this.running.filter(({ until }) => until > block);
    for (const { undo } of over) await undo();
  }

  async endAll(): Promise<void> {
    await this.endBy(Infinity);
    this.scene.stage.proxy.up();
    if (!this.scene.keeper.isRunning) this.scene.keeper.start();
  }

  private async start(mishap: Scheduled["mishap"]): Promise<Undo> {
    const { stage, clockwork, keeper } = this.scene;
    const { proxy, world } = stage;
    switch (mishap.kind) {
      case "proxy": {
        const injection = proxy.inject(mishap.fault, mishap.when);
        return () => Promise.resolve(injection.remove());
      }
      case "down":
        proxy.down();
        return () => Promise.resolve(proxy.up());
      case "reorg":
        await this.reorg(mishap.depth);
        return nothing;
      case "sameSecond":
        this.sameSecond += 1;
        return () => {
          this.sameSecond -= 1;
          return Promise.resolve();
        };
      case "standstill":
        await sleep(mishap.ms);
        return nothing;
      case "l1Fees":
        await world.devnet.setL1Fees(STORM);
        await world.devnet.mineL1();
        return async () => {
          await world.devnet.setL1Fees(ORDINARY);
          await world.devnet.mineL1();
        };
      case "baseFee":
        clockwork.baseFee = BASE_FEE * 10n;
        return () => {
          clockwork.baseFee = BASE_FEE;
          return Promise.resolve();
        };
      case "sequencerDown":
        if (this.isSequencerDown) return nothing;
        await this.report(false);
        return () => this.report(true);
      case "kill":
        await keeper.end("SIGKILL");
        return () => Promise.resolve(this.restart());
      case "restart":
        await keeper.end("SIGTERM");
        return () => Promise.resolve(this.restart());
      case "stopped":
        keeper.signal("SIGSTOP");
        void sleep(mishap.ms).then(() => keeper.signal("SIGCONT"));
        return nothing;
    }
  }

  /** What a supervisor does. */
  restart(): void {
    if (!this.scene.keeper.isRunning) this.scene.keeper.start();
  }

  private async reorg(depth: number): Promise<void> {
    const { stage, truth, clockwork } = this.scene;
    const { devnet, provider } = stage.world;
    const head = await provider.getBlockNumber();
    const to = Math.max(head - depth, this.noReorgAtOrBelow);
    if (to >= head) return;
    await truth.look();
    await devnet.rpc("l2", "anvil_reorg", [head - to, []]);
    truth.rollBackTo(to);
    clockwork.forget();
  }

  private async report(up: boolean): Promise<void> {
    const { devnet, provider } = this.scene.stage.world;
    this.isSequencerDown = !up;
    await devnet.setSequencerStatus(up);
    this.noReorgAtOrBelow = (await provider.getBlockNumber()) + SAFE_AFTER_DEPOSIT;
  }
}
