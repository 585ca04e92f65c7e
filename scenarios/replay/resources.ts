/** What has to be stopped before the process may end, whatever ends it. */
export class Resources {
  private stops: (() => Promise<void>)[] = [];
  private stopping: Promise<void> | undefined;

  add<T extends { stop(): Promise<void> }>(resource: T): T {
    this.stops.push(() => resource.stop());
    return resource;
  }

  /** Stops everything, the youngest first, once; a second call waits for the first. */
  stopAll(): Promise<void> {
    return (this.stopping ??= this.stopEach());
  }

  private async stopEach(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.stops.reverse())
      await stop().catch((error: unknown) => {
        failures.push(error);
      });
    if (failures.length > 0) throw new AggregateError(failures, "Something could not be stopped.");
  }
}
