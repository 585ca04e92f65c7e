import { pino } from "pino";
import type { Logger } from "pino";
import { type Head, Node } from "../../../../keeper/chain/node.js";
import { JsonRpc } from "../../../../keeper/chain/rpc.js";
import { configSchema } from "../../../../keeper/config/schema.js";
import { Decider } from "../../../../keeper/decide/decider.js";
import type { Decision, DecisionInput } from "../../../../keeper/decide/input.js";
import { Backoff } from "../../../../keeper/dispatch/backoff.js";
import type { Intent } from "../../../../keeper/dispatch/intent.js";
import type { Pending, Submitted } from "../../../../keeper/dispatch/pending.js";
import { DrySender, pendingOf } from "../../../../keeper/commands/drySender.js";
import type { Errand } from "../../../../keeper/errand/errand.js";
import { Episodes } from "../../../../keeper/episodes.js";
import { Indexer } from "../../../../keeper/index/indexer.js";
import { LoanBook } from "../../../../keeper/index/loanBook.js";
import { readTermSheet } from "../../../../keeper/index/readTermSheet.js";
import { FactsReader } from "../../../../keeper/judge/facts.js";
import type { FacilityFacts } from "../../../../keeper/judge/judge.js";
import { scan } from "../../../../keeper/judge/scan.js";
import { judgeAsMarked } from "../../../../keeper/judge/watch.js";
import { RollupFeeOracle } from "../../../../keeper/plan/rollupFees.js";
import { type FacilityDesk, openDesk } from "../../../../keeper/plan/routes.js";
import { Trace } from "../../../../keeper/serve/trace.js";
import { POOL_FEE, type World } from "./world.js";

interface Provider {
  request(args: { method: string; params: unknown[] }): Promise<unknown>;
}

/** The keeper's node on Hardhat's own chain, which counts how often it waited: requests made at once are one round. */
export class CountingNode {
  rounds = 0;
  requests = 0;
  private open = 0;
  readonly node: Node;

  constructor(provider: Provider) {
    this.node = new Node(
      new JsonRpc(async (body) => {
        const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
        if (this.open === 0) this.rounds += 1;
        this.open += 1;
        this.requests += 1;
        let answer: object;
        try {
          answer = { result: await provider.request({ method, params }) };
        } catch (error) {
          const { message, data } = error as { message: string; data?: unknown };
          answer = { error: { code: 3, message, data } };
        }
        this.open -= 1;
        return { status: 200, body: JSON.stringify({ jsonrpc: "2.0", id, ...answer }) };
      }, 60_000),
    );
  }
}

/** Takes what it is given and sends nothing: a test does, when it has changed the chain as it wants. */
class Outbox extends DrySender {
  readonly taken: Intent[] = [];
  /** Second at which the lease ends, where there is one. */
  leaseEndsAt: bigint | undefined;

  override get pending(): readonly Pending[] {
    return [];
  }

  override isPending(subject?: string): boolean {
    return this.taken.some(({ subjects }) => subject !== undefined && subjects.includes(subject));
  }

  override deadline(head: Head, seconds: bigint): bigint {
    const wished = super.deadline(head, seconds);
    return this.leaseEndsAt !== undefined && this.leaseEndsAt < wished ? this.leaseEndsAt : wished;
  }

  override submit(intent: Intent, head: Head): Promise<Submitted> {
    this.taken.push(intent);
    return Promise.resolve({ ok: true, pending: pendingOf(intent, "0x", this.taken.length, head, "0x"), hash: "0x" });
  }
}

/** Everything between the log and dispatch, on a real chain with the genuine Uniswap. */
export class DecisionDesk {
  readonly backoff = new Backoff();
  private readonly desks = new Map<number, FacilityDesk>();

  private constructor(
    readonly counting: CountingNode,
    readonly outbox: Outbox,
    readonly book: LoanBook,
    private readonly indexer: Indexer,
    private readonly reader: FactsReader,
    makeDecider: (backoff: Backoff) => Decider,
  ) {
    this.decider = makeDecider(this.backoff);
  }

  private readonly decider: Decider;

  static async open(
    world: World,
    provider: Provider,
    operator: { getAddress(): Promise<string> },
    config: object = {},
  ): Promise<DecisionDesk> {
    const counting = new CountingNode(provider);
    const { node } = counting;
    const log: Logger = pino({ level: "silent" });
    const account = await operator.getAddress();
    const outbox = new Outbox(node, account);
    const addresses = {
      loanManager: await world.manager.getAddress(),
      termLoanManager: await world.termManager.getAddress(),
    };
    const book = new LoanBook(addresses);
    const indexer = new Indexer(node, book, {
      ...{ addresses: Object.values(addresses), fromBlock: 0, logRange: 10_000 },
      readSheet: async (pool, sheet, at) => readTermSheet(node, pool, sheet, at),
    });
    const [liquidator, quoter] = await Promise.all([world.liquidator.getAddress(), world.uniswap.quoter.getAddress()]);
    const rollupFees = await RollupFeeOracle.on(node);
    const desk = new DecisionDesk(
      ...([counting, outbox, book, indexer, new FactsReader(node)] as const),
      (backoff) =>
        new Decider({
          config: configSchema.parse({ etherPrice: { fixed: "2000" }, ...config }),
          ...{ node, operator: account, chainId: 10n, liquidator, quoter, dispatcher: outbox, rollupFees },
          ...{ backoff, episodes: new Episodes(log), log },
        }),
    );
    await desk.input([]);
    const uniswap = { quoter, fee: POOL_FEE };
    for (const facility of book.facilities) {
      const routes = { routes: {}, feeTiers: [100, 500, 3_000, 10_000], uniswap, minProfit: "1" };
      desk.desks.set(facility.id, await openDesk(node, facility, routes));
    }
    return desk;
  }

  get paths(): readonly string[] {
    return this.desks.get(1)?.paths ?? [];
  }

  /** Decides about those loans on the newest block. */
  async decide(ids: readonly bigint[], options: { errands?: Errand[]; leaseEndsAt?: bigint } = {}): Promise<Decision> {
    return this.take(await this.input(ids, options));
  }

  /** Decides about an input that was read before. */
  async take(input: DecisionInput): Promise<Decision> {
    return this.decider.decide(input);
  }

  async input(
    ids: readonly bigint[],
    { errands = [], leaseEndsAt }: Parameters<DecisionDesk["decide"]>[1] = {},
  ): Promise<DecisionInput> {
    const { book, counting, outbox, reader } = this;
    outbox.leaseEndsAt = leaseEndsAt;
    const head = await counting.node.head();
    if (head === undefined) throw new Error("the chain has no block");
    await this.indexer.advanceTo(head);
    const facts = new Map<number, FacilityFacts>();
    for (const facility of book.facilities) {
      const { facts: known, missing } = await reader.read(book, facility, head);
      if (missing !== undefined) throw new Error(missing);
      facts.set(facility.id, known);
    }
    const judgements = scan(book, facts)
      .judgements()
      .filter(({ loan }) => ids.includes(loan.id));
    return {
      ...{ head, facts, desks: this.desks, judgements, errands, halted: "" },
      asMarked: (id) => judgeAsMarked(book, id, facts),
      trace: Trace.seen(() => undefined, Number(head.timestamp)),
    };
  }
}
