import { minOf, mulDivDown } from "../math.js";
import { type Address, ZERO_ADDRESS } from "./address.js";
import { type Journal, Table } from "./table.js";

/** Shares that waited and were served so far, and what they brought. */
export interface ServedTotal {
  readonly shares: bigint;
  readonly assets: bigint;
}

/** One place in the queue. Shares of all requests that ever waited are numbered through: it stands for those up to `end`. */
export interface RedemptionRequest {
  readonly controller: Address;
  /** Requests of the same controller, oldest first; 0 for none. */
  readonly previous: bigint;
  readonly next: bigint;
  /** Shares claimed. */
  readonly claimedTo: bigint;
  /** Shares whose assets are in `assets` or claimed. */
  readonly settledTo: bigint;
  readonly end: bigint;
  readonly assets: bigint;
}

export const NO_REDEMPTION_REQUEST: RedemptionRequest = {
  ...{ controller: ZERO_ADDRESS, previous: 0n, next: 0n, claimedTo: 0n, settledTo: 0n, end: 0n, assets: 0n },
};

/** First and last request of a controller; 0 for none. */
export interface RequestList {
  readonly first: bigint;
  readonly last: bigint;
}

const NO_REQUESTS: RequestList = { first: 0n, last: 0n };

interface Line {
  /** How many requests there were, each numbered from 1. */
  readonly requests: bigint;
  /** End of the line. */
  readonly queuedTo: bigint;
  /** Where serving stopped each time. */
  readonly totals: readonly ServedTotal[];
}

const NOTHING_SERVED: ServedTotal = { shares: 0n, assets: 0n };
const NEW_LINE: Line = { requests: 0n, queuedTo: 0n, totals: [NOTHING_SERVED] };

/** What a redemption queue stores. */
export class QueueBook {
  readonly #line: Table<"line", Line>;
  readonly #requests: Table<bigint, RedemptionRequest>;
  readonly #lists: Table<Address, RequestList>;
  readonly #operators: Table<`${Address}/${Address}`, boolean>;

  constructor(journal: Journal) {
    this.#line = new Table(journal);
    this.#requests = new Table(journal);
    this.#lists = new Table(journal);
    this.#operators = new Table(journal);
  }

  get line(): Line {
    return this.#line.get("line") ?? NEW_LINE;
  }

  get #served(): ServedTotal {
    return this.line.totals.at(-1) ?? NOTHING_SERVED;
  }

  /** Shares that wait. */
  get waiting(): bigint {
    return this.line.queuedTo - this.#served.shares;
  }

  /** As stored; nothing once all of it was claimed. */
  request(id: bigint): RedemptionRequest {
    return this.#requests.get(id) ?? NO_REDEMPTION_REQUEST;
  }

  requestsOf(controller: Address): RequestList {
    return this.#lists.get(controller) ?? NO_REQUESTS;
  }

  isOperator(controller: Address, operator: Address): boolean {
    return this.#operators.get(`${controller}/${operator}`) ?? false;
  }

  setOperator(controller: Address, operator: Address, approved: boolean): void {
    this.#operators.set(`${controller}/${operator}`, approved);
  }

  /** The request with what was served of it since it was last looked at. */
  settled(id: bigint): RedemptionRequest {
    const request = this.request(id);
    const reached = minOf(request.end, this.#served.shares);
    if (reached <= request.settledTo) return request;
    const assets = request.assets + this.#assetsUpTo(reached) - this.#assetsUpTo(request.settledTo);
    return { ...request, settledTo: reached, assets };
  }

  /** The next request, served at once: its shares are not on the line, and what they bring is said by the tranche. */
  append(controller: Address, shares: bigint): void {
    const { requests, ...line } = this.line;
    const id = requests + 1n;
    this.#line.set("line", { ...line, requests: id });
    const { first, last: previous } = this.requestsOf(controller);
    if (previous !== 0n) this.#requests.set(previous, { ...this.request(previous), next: id });
    this.#lists.set(controller, { first: first === 0n ? id : first, last: id });
    this.#requests.set(id, { ...NO_REDEMPTION_REQUEST, controller, previous, settledTo: shares, end: shares });
  }

  /** Puts the last request at the end of the line. */
  queueLast(): void {
    const { requests: id, queuedTo: start, totals } = this.line;
    const request = this.request(id);
    const queuedTo = start + request.end;
    this.#line.set("line", { requests: id, queuedTo, totals });
    this.#requests.set(id, { ...request, claimedTo: start, settledTo: start, end: queuedTo });
  }

  /** What the last request, served at once, brought. */
  payLast(assets: bigint): void {
    const { requests: id } = this.line;
    this.#requests.set(id, { ...this.request(id), assets });
  }

  serve(shares: bigint, assets: bigint): void {
    const { totals, ...line } = this.line;
    const last = this.#served;
    const total = { shares: last.shares + shares, assets: last.assets + assets };
    this.#line.set("line", { ...line, totals: [...totals, total] });
  }

  claim(id: bigint, shares: bigint, assets: bigint): void {
    const settled = this.settled(id);
    const request = { ...settled, claimedTo: settled.claimedTo + shares, assets: settled.assets - assets };
    if (request.claimedTo === request.end) this.#remove(id, request);
    else this.#requests.set(id, request);
  }

  #remove(id: bigint, { controller, previous, next }: RedemptionRequest): void {
    const { first, last } = this.requestsOf(controller);
    if (previous !== 0n) this.#requests.set(previous, { ...this.request(previous), next });
    if (next !== 0n) this.#requests.set(next, { ...this.request(next), previous });
    this.#lists.set(controller, { first: previous === 0n ? next : first, last: next === 0n ? previous : last });
    this.#requests.delete(id);
  }

  /** What the first `shares` of the line brought, rounded down. */
  #assetsUpTo(shares: bigint): bigint {
    const { totals } = this.line;
    const upper = totals.findIndex((total) => total.shares >= shares);
    const [from, to] = [totals[upper - 1] ?? NOTHING_SERVED, totals[upper] ?? NOTHING_SERVED];
    if (to.shares === shares) return to.assets;
    return from.assets + mulDivDown(to.assets - from.assets, shares - from.shares, to.shares - from.shares);
  }
}
