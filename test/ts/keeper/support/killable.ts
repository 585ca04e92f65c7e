/** Ends a process at a chosen point of its work: what it had begun by then never goes on. */
export class Killer {
  /** Points passed so far. */
  passed = 0;
  /** Names of the points, in order. */
  readonly names: string[] = [];
  readonly killed: Promise<"killed">;
  private kill: () => void = () => undefined;

  /** @param at the point at which it ends; never where it is larger than all */
  constructor(private readonly at: number) {
    this.killed = new Promise((resolve) => (this.kill = () => resolve("killed")));
  }

  async point(name: string): Promise<void> {
    this.names.push(name);
    this.passed += 1;
    if (this.passed < this.at) return;
    this.kill();
    await new Promise(() => undefined);
  }

  /** The same object, with a point before and after each call of its methods. */
  over<T extends object>(target: T, name: string): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]): Promise<unknown> => {
          await this.point(`before ${name}.${String(key)}`);
          const answer: unknown = await (Reflect.apply(value, object, args) as Promise<unknown>);
          await this.point(`after ${name}.${String(key)}`);
          return answer;
        };
      },
    });
  }

  /** Runs until it is done or killed. */
  async run<T>(work: () => Promise<T>): Promise<T | "killed"> {
    return Promise.race([work(), this.killed]);
  }
}
