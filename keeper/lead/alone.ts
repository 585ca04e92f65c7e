import { FileLock } from "./fileLock.js";
import type { Leadership, ShardLead } from "./leadership.js";

/** Without a database nobody else can lead: one keeper, which has its folder to itself. */
export class AloneLeadership implements Leadership {
  private lock: FileLock | undefined;

  constructor(
    private readonly stateDir: string,
    /** The account, for whoever comes second. */
    private readonly who: string,
  ) {}

  /** @throws StoreInUse where another keeper uses the folder */
  start(): Promise<void> {
    return Promise.resolve().then(() => {
      this.lock ??= FileLock.take(this.stateDir, this.who);
    });
  }

  fence(): { fence: bigint; deadline: () => undefined } | undefined {
    return this.lock === undefined ? undefined : { fence: 0n, deadline: () => undefined };
  }

  describe(): readonly ShardLead[] {
    return [{ shard: 0, holder: this.who, isOurs: this.lock !== undefined, fence: 0n }];
  }

  stop(): Promise<void> {
    this.lock?.release();
    this.lock = undefined;
    return Promise.resolve();
  }
}
