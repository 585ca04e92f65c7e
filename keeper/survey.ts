import type { Deployment } from "../sdk/client/deployment.js";
import type { Head, Node } from "./chain/node.js";
import type { Config } from "./config/schema.js";
import type { Episodes } from "./episodes.js";
import { Inconsistent } from "./errors.js";
import { defaultMarks } from "./errand/defaults.js";
import type { Errand } from "./errand/errand.js";
import { lossMarks } from "./errand/lossMarks.js";
import { OrderErrands } from "./errand/orders.js";
import type { BookFacility, LoanBook } from "./index/loanBook.js";
import { FactsReader } from "./judge/facts.js";
import type { FacilityFacts } from "./judge/judge.js";
import { type FacilityDesk, openDesk } from "./plan/routes.js";
import { unitsOf } from "./plan/units.js";
import type { Metrics } from "./serve/metrics.js";
import type { Overseer } from "./serve/overseer.js";

export interface SurveyDeps {
  readonly config: Config;
  readonly deployment: Deployment;
  readonly node: Node;
  readonly operator: string;
  readonly book: LoanBook;
  readonly desks: Map<number, FacilityDesk>;
  readonly episodes: Episodes;
  readonly metrics: Metrics;
  readonly overseer: Overseer;
}

/** What the chain says about the facilities at a block, and what follows from it beside liquidations. */
export class Survey {
  private readonly reader: FactsReader;
  private readonly orders?: OrderErrands;

  constructor(private readonly deps: SurveyDeps) {
    const { deployment, node, operator } = deps;
    this.reader = new FactsReader(node);
    const { protectionOrders } = deployment;
    if (protectionOrders !== undefined) this.orders = new OrderErrands(node, protectionOrders, operator);
  }

  /** Reads what never changes about facilities that are new here; whatever is decided, or booked, of one needs it. */
  async openDesks(): Promise<void> {
    await Promise.all([...this.deps.book.facilities].map(async (facility) => this.openDesk(facility)));
  }

  /**
   * Price and pool of every facility, all at once.
   *
   * @throws Inconsistent where the book and the contracts do not add up: logs are missing
   */
  async facts(head: Head): Promise<Map<number, FacilityFacts>> {
    const read = await this.read(head);
    for (const { missing } of read) if (missing !== undefined) throw new Inconsistent(missing);
    return this.told(read.map(({ facts }) => facts));
  }

  /** The same at the block being built, without facilities whose loans it changes: the book does not know it yet. */
  async foresight(head: Head): Promise<Map<number, FacilityFacts>> {
    const read = await this.read(head);
    return new Map(read.filter(({ missing }) => missing === undefined).map(({ facts }) => [facts.facility.id, facts]));
  }

  /** What is due beside liquidations. */
  async errands(head: Head, facts: ReadonlyMap<number, FacilityFacts>): Promise<Errand[]> {
    const { book, config, deployment, desks } = this.deps;
    const errands: Errand[] = [];
    const marksLosses = Number(config.markLossesFrom) > 0;
    for (const one of facts.values()) {
      const { id } = one.facility;
      const [table, term] = [book.tables.get(id), book.termTable(id)];
      if (term !== undefined) errands.push(...defaultMarks(term, one, deployment.termLoanManager));
      const desk = desks.get(id);
      if (!marksLosses || desk === undefined || table === undefined) continue;
      const manager = term === undefined ? deployment.loanManager : deployment.termLoanManager;
      errands.push(...lossMarks(book, table, manager, one, unitsOf(config.markLossesFrom, desk.loanDecimals)));
    }
    return this.orders === undefined ? errands : [...errands, ...(await this.orders.due(book, facts, head))];
  }

  private async read(head: Head) {
    const { book } = this.deps;
    return Promise.all([...book.facilities].map(async (facility) => this.reader.read(book, facility, head)));
  }

  private async openDesk(facility: BookFacility): Promise<void> {
    const { config, deployment, desks, node, overseer } = this.deps;
    if (desks.has(facility.id)) return;
    const { feeTiers, minProfit, routes } = config;
    const desk = await openDesk(node, facility, { routes, feeTiers, minProfit, uniswap: deployment.uniswap });
    desks.set(facility.id, desk);
    const { loanAsset, loanSymbol: symbol, loanDecimals: decimals } = desk;
    overseer.knows(facility.id, loanAsset, { symbol, decimals });
  }

  private told(all: readonly FacilityFacts[]): Map<number, FacilityFacts> {
    const { episodes, metrics } = this.deps;
    for (const { facility, price } of all) {
      metrics.priceAvailable.set({ facility: facility.id }, price.kind === "price" ? 1 : 0);
      const refusal = `the oracle of facility ${facility.id} gives no price of liquidation`;
      if (price.kind === "price") episodes.end(refusal);
      else episodes.begin(refusal, price);
    }
    return new Map(all.map((one) => [one.facility.id, one]));
  }
}
