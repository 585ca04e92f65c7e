import { setTimeout as sleep } from "node:timers/promises";
import { WrongChain } from "../errors.js";
import { type ErrorKind, worthAskingElsewhere } from "./classify.js";
import { Endpoint } from "./endpoint.js";
import { atPin } from "./pinned.js";
import type { BlockIdentity, Question, Rpc } from "./rpc.js";
import { RpcError, TransportError, isAnswerError } from "./rpcErrors.js";

/** Called as things happen; all optional. Names of endpoints hold no secrets. */
export interface RpcObserver {
  /** Every request made, with what came of it. */
  answer?(endpoint: string, method: string, ms: number, outcome: ErrorKind | "answered"): void;
  /** What the keeper was told in the end, after all endpoints worth asking were asked. */
  fault?(error: TransportError): void;
  /** Another endpoint is preferred from now on. */
  failover?(from: string, to: string): void;
  /** An endpoint is of another chain or has other contracts: it is not asked any more. */
  excluded?(endpoint: string, why: WrongChain): void;
  /** It was excluded, and is right again. */
  readmitted?(endpoint: string): void;
}

export interface SupervisorOptions {
  /** Judges an endpoint before it is first used and whenever it was away. @throws WrongChain for one not to be used */
  readonly verify?: (endpoint: Rpc) => Promise<void>;
  /** How often endpoints that are not in use are asked for their newest block. */
  readonly probeMs: number;
  /** An endpoint further behind than this is preferred to none. */
  readonly maxLagBlocks: number;
  /** Earliest a second endpoint is asked while the first has not answered. */
  readonly hedgeMs: number;
  readonly observer?: RpcObserver;
}

export interface EndpointReport {
  readonly name: string;
  readonly state: "preferred" | "standby" | "lagging" | "resting" | "excluded";
  readonly head: number;
  readonly lag: number;
  /** Of a header; null before the first. */
  readonly latencyMs: number | null;
  readonly errorRate: number;
  /** Requests a second it may be asked now; null for no limit. */
  readonly ratePerSecond: number | null;
  readonly requests: number;
  readonly faults: number;
}

export const SUPERVISOR_DEFAULTS = { probeMs: 3_000, maxLagBlocks: 3, hedgeMs: 250 } as const;

/** A wrong endpoint is looked at again this often: it may have been repaired. */
const RECHECK_MS = 60_000;
/** Pauses before the only endpoint is asked again for a block it just said not to have. */
const NOT_HERE_PAUSES_MS = [50, 100, 200] as const;
const SEND = "eth_sendRawTransaction";
/** What may be asked twice, or elsewhere. */
const READ =
  /^(eth_(get|call$|estimateGas$|blockNumber$|chainId$|gasPrice$|feeHistory$|maxPriorityFeePerGas$|syncing$)|net_version$|web3_clientVersion$)/;

interface Attempt<T> {
  readonly endpoint: Endpoint;
  readonly ok: boolean;
  readonly value?: T;
  readonly error?: unknown;
}

/**
 * Several endpoints that look like one. Reads go to the preferred endpoint, the fastest that is healthy and at the head, which
 * changes only for one clearly better; where it fails or is slow the next is asked. A signed transaction goes to all that are
 * healthy: its bytes are the same everywhere, so it lands once. Anything else is asked once.
 *
 * @example
 * const rpc = new SupervisedRpc([Endpoint.at("a", "https://a.example", limits)], SUPERVISOR_DEFAULTS);
 * rpc.start();
 * const node = new Node(rpc);
 */
export class SupervisedRpc implements Rpc {
  private preferred: Endpoint | undefined;
  private newest = -1;
  private readonly pins = new Map<number, BlockIdentity>();
  private readonly checks = new Map<Endpoint, Promise<void>>();
  private readonly wrong = new Map<Endpoint, { readonly why: WrongChain; readonly since: number }>();
  private isPending = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly endpoints: readonly Endpoint[],
    private readonly options: SupervisorOptions,
  ) {
    for (const endpoint of endpoints) {
      endpoint.onHead = (number) => this.sawHead(endpoint, number);
      endpoint.onAnswer = (method, ms, outcome) => options.observer?.answer?.(endpoint.name, method, ms, outcome);
    }
  }

  /** Looks after endpoints that are not in use, until {@link stop}. */
  start(): void {
    this.timer = setInterval(() => void this.probe(), this.options.probeMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /**
   * Checks all endpoints, and returns as soon as one is right.
   *
   * @throws WrongChain when all are wrong
   * @throws TransportError or RpcError when none is right and one may yet be
   */
  async ready(): Promise<void> {
    const checks = await Promise.any(this.endpoints.map((endpoint) => this.admit(endpoint))).then(
      () => [],
      (all: AggregateError) => all.errors as unknown[],
    );
    const first = checks.find((error) => !(error instanceof WrongChain)) ?? checks[0];
    if (first instanceof Error) throw first;
  }

  /**
   * From now on a read at this block's number means the block of this hash: an endpoint that has another under the number, or
   * none yet, is passed over. So all reads of one decision are of one state, whoever answers them. While the last pin is
   * "pending", calls and estimates at the newest block are made at the one being built too.
   */
  pin(block: number, as: BlockIdentity): void {
    this.isPending = as === "pending";
    this.pins.delete(block);
    this.pins.set(block, as);
    const [oldest] = this.pins.keys();
    if (this.pins.size > 16 && oldest !== undefined) this.pins.delete(oldest);
  }

  async request(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.heard(async () => {
      if (method === SEND) return this.broadcast(params);
      if (!READ.test(method)) return this.once((endpoint) => endpoint.request(method, params));
      const pinned = atPin(method, params, this.pins, this.isPending);
      if (pinned !== undefined) return this.ask(method, pinned.ask, pinned.block);
      return this.ask(method, (endpoint) => endpoint.request(method, params), heightOf(method, params));
    });
  }

  async together(questions: readonly Question[]): Promise<unknown[]> {
    const heights = questions.map(({ method, params }) => heightOf(method, params) ?? -1);
    const method = questions[0]?.method ?? "batch";
    return this.heard(async () => this.ask(method, (one) => one.together(questions), Math.max(...heights)));
  }

  async requestElsewhere(method: string, params: readonly unknown[]): Promise<unknown> {
    const { preferred } = this;
    const tried = new Map(preferred !== undefined && this.endpoints.length > 1 ? [[preferred, Infinity]] : []);
    return this.heard(async () => this.ask(method, (endpoint) => endpoint.request(method, params), undefined, tried));
  }

  report(): EndpointReport[] {
    return this.endpoints.map((endpoint) => ({
      name: endpoint.name,
      state: this.stateOf(endpoint),
      head: endpoint.head,
      lag: endpoint.lag,
      latencyMs: endpoint.latencyMs() ?? null,
      errorRate: endpoint.errorRate,
      ratePerSecond: endpoint.limit.rate === Infinity ? null : endpoint.limit.rate,
      requests: endpoint.requests,
      faults: endpoint.faults,
    }));
  }

  /** A head that came by an endpoint's subscription. */
  sawHead(endpoint: Endpoint, number: number): void {
    // What was heard last counts: after a reorganisation the newest block may be lower.
    this.newest = Math.max(number, ...this.endpoints.filter((one) => one !== endpoint).map(({ head }) => head));
    endpoint.sawHead(number, this.newest);
  }

  // ---- choosing ----

  private stateOf(endpoint: Endpoint): EndpointReport["state"] {
    if (endpoint.standing === "wrong") return "excluded";
    if (endpoint.circuit.state(Date.now()) !== "closed") return "resting";
    if (endpoint.lag > this.options.maxLagBlocks) return "lagging";
    return endpoint === this.preferred ? "preferred" : "standby";
  }

  /** Best first; the wrong ones are left out, the resting ones come last. */
  private ranked(height: number): Endpoint[] {
    const now = Date.now();
    const known = this.endpoints.flatMap((endpoint) => endpoint.latencyMs() ?? []);
    const usual = known.reduce((sum, ms) => sum + ms, 0) / Math.max(1, known.length);
    const keyOf = (endpoint: Endpoint): readonly number[] => [
      { closed: 0, trial: 1, resting: 2 }[endpoint.circuit.state(now)],
      Number(endpoint.limit.wait(now) > this.options.hedgeMs),
      Number(endpoint.lag > this.options.maxLagBlocks),
      Number(endpoint.head < height),
      ((endpoint.latencyMs() ?? usual) + 5) * (1 + 10 * endpoint.errorRate) * (endpoint === this.preferred ? 0.5 : 1),
    ];
    return this.endpoints
      .filter((endpoint) => endpoint.standing !== "wrong" || this.dueForRecheck(endpoint, now))
      .map((endpoint) => ({ endpoint, key: keyOf(endpoint) }))
      .sort((a, b) => compare(a.key, b.key))
      .map(({ endpoint }) => endpoint);
  }

  /** Fit to be asked before it is needed. */
  private isHealthy(endpoint: Endpoint): boolean {
    const now = Date.now();
    const isFree = endpoint.limit.wait(now) <= this.options.hedgeMs;
    return endpoint.standing !== "wrong" && endpoint.circuit.state(now) === "closed" && isFree;
  }

  private dueForRecheck(endpoint: Endpoint, now: number): boolean {
    return now - (this.wrong.get(endpoint)?.since ?? now) > RECHECK_MS;
  }

  private prefer(endpoint: Endpoint): void {
    if (endpoint === this.preferred) return;
    if (this.preferred !== undefined) this.options.observer?.failover?.(this.preferred.name, endpoint.name);
    this.preferred = endpoint;
  }

  // ---- asking ----

  /** Asks one endpoint after the other, and the next already while the one before is slow, until one answers. */
  private async ask<T>(
    method: string,
    run: (endpoint: Endpoint) => Promise<T>,
    height = -1,
    tried = new Map<Endpoint, number>(),
  ): Promise<T> {
    const running = new Map<Endpoint, Promise<Attempt<T>>>();
    const began = Date.now();
    let last: unknown;
    const launch = (onlyHealthy = false): boolean => {
      const endpoint = this.ranked(height).find((one) => !tried.has(one));
      if (endpoint === undefined || (onlyHealthy && !this.isHealthy(endpoint))) return false;
      if (tried.size === 0) this.prefer(endpoint);
      tried.set(endpoint, 1);
      running.set(endpoint, this.attempt(endpoint, run));
      return true;
    };
    // Asked elsewhere where there is no elsewhere: the one that is there.
    if (!launch()) {
      tried.clear();
      if (!launch()) throw this.nobody(method);
    }
    for (;;) {
      const attempt = await this.firstOf(method, running, tried, launch);
      running.delete(attempt.endpoint);
      if (attempt.ok) return attempt.value as T;
      last = attempt.error;
      if (!isWorthAskingElsewhere(last)) throw last;
      if (launch() || running.size > 0) continue;
      if (!(await this.mayRepeat(attempt, tried, began)))
        throw this.wrong.size < this.endpoints.length ? last : this.nobody(method);
      tried.set(attempt.endpoint, (tried.get(attempt.endpoint) ?? 0) + 1);
      running.set(attempt.endpoint, this.attempt(attempt.endpoint, run));
    }
  }

  /** The attempt that ends first; meanwhile another is begun when they take unusually long. */
  private async firstOf<T>(
    method: string,
    running: Map<Endpoint, Promise<Attempt<T>>>,
    tried: ReadonlyMap<Endpoint, number>,
    launch: (onlyHealthy: boolean) => boolean,
  ): Promise<Attempt<T>> {
    for (;;) {
      if (!this.endpoints.some((endpoint) => !tried.has(endpoint) && this.isHealthy(endpoint))) {
        return Promise.race(running.values());
      }
      const usual = Math.max(
        ...[...running.keys()].flatMap((one) => [one.latencyMs(method) ?? 0, one.latencyMs("batch") ?? 0]),
      );
      const patience = new AbortController();
      const first = await Promise.race([
        ...running.values(),
        sleep(Math.max(this.options.hedgeMs, usual * 4), undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
      if (first !== undefined) return first;
      if (!launch(true)) return Promise.race(running.values());
    }
  }

  private async attempt<T>(endpoint: Endpoint, run: (endpoint: Endpoint) => Promise<T>): Promise<Attempt<T>> {
    try {
      await this.admit(endpoint);
      return { endpoint, ok: true, value: await run(endpoint) };
    } catch (error) {
      return { endpoint, ok: false, error };
    }
  }

  /** Whether the only endpoint left may be asked once more; waits as long as that takes. */
  private async mayRepeat(
    { endpoint, error }: Attempt<unknown>,
    tried: ReadonlyMap<Endpoint, number>,
    began: number,
  ): Promise<boolean> {
    if (!isAnswerError(error)) return false;
    const { timeoutMs } = endpoint.rpc;
    const times = tried.get(endpoint) ?? 1;
    if (Date.now() - began > timeoutMs / 2) return false;
    if (error.kind === "not-here") {
      const pause = NOT_HERE_PAUSES_MS[times - 1];
      if (pause !== undefined) await sleep(pause);
      return pause !== undefined;
    }
    // The endpoint itself waits for its pace, or says that it would take too long. A connection cut while idle is not its fault.
    return times === 1 && (error.kind === "rate-limited" || error.kind === "unavailable");
  }

  private async once<T>(run: (endpoint: Endpoint) => Promise<T>): Promise<T> {
    const [endpoint] = this.ranked(-1);
    if (endpoint === undefined) throw this.nobody("request");
    await this.admit(endpoint);
    return run(endpoint);
  }

  /** The same bytes to all that are healthy: accepted when one accepts. */
  private async broadcast(params: readonly unknown[]): Promise<unknown> {
    const ranked = this.ranked(-1);
    const healthy = ranked.filter((endpoint) => endpoint.circuit.state(Date.now()) === "closed");
    const chosen = healthy.length > 0 ? healthy : ranked.slice(0, 1);
    if (chosen.length === 0) throw this.nobody(SEND);
    const attempts = chosen.map((endpoint) => this.attempt(endpoint, (one) => one.request(SEND, params)));
    const accepted = await Promise.any(
      attempts.map(async (attempt) => {
        const { ok, value, error } = await attempt;
        if (ok) return { value };
        throw error;
      }),
    ).catch(() => undefined);
    if (accepted !== undefined) return accepted.value;
    const errors = (await Promise.all(attempts)).flatMap(({ error }) => (isAnswerError(error) ? [error] : []));
    // One that has it already outweighs one that did not answer, and that one a refusal: it may have been sent.
    const known = errors.find(
      (error) => error instanceof RpcError && /already known|known transaction/i.test(error.reason),
    );
    throw known ?? errors.find((error) => error instanceof TransportError) ?? errors[0] ?? this.nobody(SEND);
  }

  private async heard<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof TransportError) this.options.observer?.fault?.(error);
      throw error;
    }
  }

  /** What to say when no endpoint may be asked. */
  private nobody(method: string): Error {
    const [first] = this.wrong.values();
    return first?.why ?? new TransportError(method, "there is no endpoint to ask");
  }

  // ---- looking after endpoints ----

  /** @throws WrongChain for an endpoint that is not to be used */
  private async admit(endpoint: Endpoint): Promise<void> {
    const { verify } = this.options;
    if (verify === undefined || endpoint.standing === "right") return;
    const known = this.wrong.get(endpoint);
    if (known !== undefined && !this.dueForRecheck(endpoint, Date.now())) throw known.why;
    let check = this.checks.get(endpoint);
    if (check === undefined) {
      check = this.check(endpoint, verify).finally(() => this.checks.delete(endpoint));
      this.checks.set(endpoint, check);
    }
    await check;
  }

  private async check(endpoint: Endpoint, verify: (endpoint: Rpc) => Promise<void>): Promise<void> {
    try {
      await verify(endpoint);
      endpoint.standing = "right";
      if (this.wrong.delete(endpoint)) this.options.observer?.readmitted?.(endpoint.name);
    } catch (error) {
      if (error instanceof WrongChain) {
        if (!this.wrong.has(endpoint)) this.options.observer?.excluded?.(endpoint.name, error);
        endpoint.standing = "wrong";
        this.wrong.set(endpoint, { why: error, since: Date.now() });
      }
      throw error;
    }
  }

  /** Asks those not heard of lately for their newest block: it ends rests, shows lags, and checks who was never used. */
  async probe(): Promise<void> {
    const now = Date.now();
    const silent = this.endpoints.filter(
      (endpoint) =>
        now - endpoint.headAt >= this.options.probeMs / 2 &&
        endpoint.circuit.state(now) !== "resting" &&
        (endpoint.standing !== "wrong" || this.dueForRecheck(endpoint, now)),
    );
    await Promise.all(
      silent.map((endpoint) => this.attempt(endpoint, (one) => one.request("eth_getBlockByNumber", ["latest", false]))),
    );
  }
}

function isWorthAskingElsewhere(error: unknown): boolean {
  return error instanceof WrongChain || (isAnswerError(error) && worthAskingElsewhere(error.kind));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, place) => value !== b[place]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Block an endpoint must have for the question to make sense. */
function heightOf(method: string, params: readonly unknown[]): number | undefined {
  const [first] = params;
  if (method === "eth_getBlockByNumber" && typeof first === "string" && first.startsWith("0x")) return Number(first);
  if (method !== "eth_getLogs" || typeof first !== "object" || first === null || !("toBlock" in first))
    return undefined;
  return typeof first.toBlock === "string" && first.toBlock.startsWith("0x") ? Number(first.toBlock) : undefined;
}
