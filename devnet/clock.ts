/**
 * The time both chains are mined at, in whole seconds. It starts wherever it is told to (a replay lives on the day it
 * replays), stands still until moved, or runs with the wall clock while blocks are mined by interval.
 */
export class Clock {
  private runningSince: number | undefined;

  constructor(private base: bigint) {}

  now(): bigint {
    if (this.runningSince === undefined) return this.base;
    return this.base + BigInt(Math.floor((Date.now() - this.runningSince) / 1000));
  }

  set(timestamp: bigint): void {
    this.base = timestamp;
    if (this.runningSince !== undefined) this.runningSince = Date.now();
  }

  run(): void {
    this.runningSince ??= Date.now();
  }

  hold(): void {
    this.base = this.now();
    this.runningSince = undefined;
  }
}
