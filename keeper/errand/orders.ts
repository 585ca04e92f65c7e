import { PRICE_SCALE, collateralValueDown } from "../../sdk/model/index.js";
import { ordersAt, read } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import type { BookOrder, LoanBook } from "../index/loanBook.js";
import { orderKey } from "../index/rareBook.js";
import { ratio } from "../index/table/doubleDouble.js";
import { TermTable } from "../index/table/termTable.js";
import { type FacilityFacts, judgedPrice } from "../judge/judge.js";
import { shareOf, thresholdOf } from "../judge/scan.js";
import { judgeRow } from "../judge/watch.js";
import type { Errand } from "./errand.js";

/** OrderKind of IProtectionOrders: one with a price as its condition, and one whose fee is in collateral. */
const TAKE_PROFIT = 1n;
const AUTO_TOP_UP = 3n;
const NAMES = ["deleverages", "takes profit", "repays", "tops up"];
/** A fee that fell further since the quote is refused. */
const LEAST_FEE_PERCENT = 99n;
const BPS = 10_000n;
/** Orders asked about at one head, and for how long none is asked about again whose wallet or limits were in the way. */
const MOST_ASKED = 16;
const REST_SECONDS = 30n;

/**
 * Executions of the owners' standing orders whose condition holds; worth is the keeper's fee.
 *
 * The condition is judged here, as the contract judges it: a TakeProfit by the price, the others first by the key of their loan and
 * then exactly. The chain is asked only about orders whose condition holds, a few at a head in turn, since it alone knows the
 * owner's wallet.
 */
export class OrderErrands {
  private readonly restUntil = new Map<string, { order: BookOrder; second: bigint }>();
  private turn = 0;

  constructor(
    private readonly node: Node,
    private readonly orders: string,
    private readonly operator: string,
  ) {}

  async due(book: LoanBook, facts: ReadonlyMap<number, FacilityFacts>, head: Head): Promise<Errand[]> {
    const holding = this.holding(book, facts, head);
    const from = holding.length <= MOST_ASKED ? 0 : this.turn % holding.length;
    this.turn = from + MOST_ASKED;
    const asked = [...holding.slice(from), ...holding.slice(0, from)].slice(0, MOST_ASKED);
    const errands = await Promise.all(asked.map(async (one) => this.ask(one, head)));
    return errands.filter((errand) => errand !== undefined);
  }

  /** Orders whose condition holds, of the loans' present owners. */
  private holding(book: LoanBook, facts: ReadonlyMap<number, FacilityFacts>, head: Head): Holding[] {
    const limits = new Map<number, number>();
    const holding: Holding[] = [];
    for (const order of book.orders) {
      if (order.expiresAt < head.timestamp || this.rests(order, head)) continue;
      const found = book.locate(order.id);
      const known = found && facts.get(found.table.facility);
      // Without a price no order is executed.
      if (found === undefined || known?.price.kind !== "price") continue;
      const { priceE36 } = known.price;
      if (order.kind === TAKE_PROFIT) {
        if (priceE36 < order.triggerPriceE36) continue;
      } else {
        const { facility } = found.table;
        const limit = limits.get(facility) ?? limitOf(known, found.table instanceof TermTable);
        limits.set(facility, limit);
        if (found.table.keys.values[found.row]! < (limit * Number(order.triggerLtvBps)) / Number(BPS)) continue;
      }
      const { debt, loan } = judgeRow(found.table, found.row, known);
      if (debt === 0n || book.ownerOf(order.id) !== order.owner) continue;
      const value = collateralValueDown(loan.collateral, priceE36);
      if (order.kind !== TAKE_PROFIT && debt * BPS < order.triggerLtvBps * value) continue;
      holding.push({ order, facility: loan.facility, priceE36 });
    }
    return holding;
  }

  private async ask({ order, facility, priceE36 }: Holding, head: Head): Promise<Errand | undefined> {
    const contract = ordersAt(this.orders);
    const { id, kind, owner } = order;
    const [isDue, quote] = await read(this.node, contract, "executable", [id, kind], head.number);
    if (!isDue || quote.owner !== owner) {
      this.restUntil.set(orderKey(order), { order, second: head.timestamp + REST_SECONDS });
      return undefined;
    }
    const worth = kind === AUTO_TOP_UP ? collateralValueDown(quote.fee, priceE36) : quote.fee;
    return {
      kind: "order",
      loan: id,
      facility,
      to: this.orders,
      data: contract.encode("execute", [id, kind, this.operator, (quote.fee * LEAST_FEE_PERCENT) / 100n]),
      worth,
      leadsToSale: false,
      what: `${NAMES[Number(kind)] ?? "acts"} by its owner's order, for a fee of ${worth}`,
    };
  }

  private rests(order: BookOrder, { timestamp }: Head): boolean {
    const key = orderKey(order);
    const rest = this.restUntil.get(key);
    if (rest === undefined) return false;
    if (rest.order === order && timestamp < rest.second) return true;
    this.restUntil.delete(key);
    return false;
  }
}

interface Holding {
  readonly order: BookOrder;
  readonly facility: number;
  readonly priceE36: bigint;
}

/** The threshold of keys for an LTV of 1. */
function limitOf(facts: FacilityFacts, isTerm: boolean): number {
  return thresholdOf(facts, ratio(judgedPrice(facts.price) ?? 0n, PRICE_SCALE), isTerm ? 1 : shareOf(facts).high, 1);
}
