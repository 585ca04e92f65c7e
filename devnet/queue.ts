/** Runs jobs one after another: blocks are mined by background loops and by callers, never by two at once. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.last.then(job);
    this.last = result.catch(() => undefined);
    return result;
  }
}
