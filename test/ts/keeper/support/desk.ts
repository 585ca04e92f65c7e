import { pino } from "pino";
import type { Logger } from "pino";
import { Node } from "../../../../keeper/chain/node.js";
import { JsonRpc } from "../../../../keeper/chain/rpc.js";
import { configSchema, type ConfigInput } from "../../../../keeper/config/schema.js";
import { Decider } from "../../../../keeper/decide/decider.js";
import type { Decision, DecisionInput } from "../../../../keeper/decide/input.js";
import { Backoff } from "../../../../keeper/dispatch/backoff.js";
import type { Dispatcher, Pending } from "../../../../keeper/dispatch/dispatcher.js";
import type { Intent } from "../../../../keeper/dispatch/intent.js";
import type { Errand } from "../../../../keeper/errand/errand.js";
import { Episodes } from "../../../../keeper/episodes.js";
import type { BookLoan } from "../../../../keeper/index/loanBook.js";
import { type DatedDebt, type FacilityFacts, judge } from "../../../../keeper/judge/judge.js";
import { RollupFeeOracle } from "../../../../keeper/plan/rollupFees.js";
import { type FacilityDesk, openDesk } from "../../../../keeper/plan/routes.js";
import { readPrice } from "../../../../keeper/judge/facts.js";
import type { TermMarket } from "../../fixtures/termMarket.js";
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
class Outbox {
  readonly taken: Intent[] = [];
  readonly pending: Pending[] = [];

  isPending(subject: string): boolean {
    return this.taken.some(({ subjects }) => subjects.includes(subject));
  }

  submit(intent: Intent): Promise<{ ok: true; nonce: number; hash: string }> {
    this.taken.push(intent);
    return Promise.resolve({ ok: true, nonce: this.taken.length, hash: "0x" });
  }
}

const RISK = (world: World) => ({
  lltvWad: BigInt(world.terms.lltvBps) * 10n ** 14n,
  targetLtvWad: BigInt(world.terms.targetLtvBps) * 10n ** 14n,
  incentiveMinWad: BigInt(world.terms.incentiveMinBps) * 10n ** 14n,
  incentiveMaxWad: BigInt(world.terms.incentiveMaxBps) * 10n ** 14n,
  healthForMaxIncentiveWad: BigInt(world.terms.healthForMaxBps) * 10n ** 14n,
  minDebt: BigInt(world.terms.minDebt),
});

/** Everything between judgement and dispatch, on a real chain with the genuine Uniswap. */
export class DecisionDesk {
  readonly outbox = new Outbox();
  readonly backoff = new Backoff();
  private readonly desks = new Map<number, FacilityDesk>();

  private constructor(
    private readonly world: World,
    readonly counting: CountingNode,
    private readonly decider: Decider,
    private readonly term: TermMarket | undefined,
  ) {}

  static async open(
    world: World,
    provider: Provider,
    operator: { getAddress(): Promise<string> },
    { term, ...config }: ConfigInput & { term?: TermMarket } = {},
  ): Promise<DecisionDesk> {
    const counting = new CountingNode(provider);
    const { node } = counting;
    const log: Logger = pino({ level: "silent" });
    const outbox = new Outbox();
    const backoff = new Backoff();
    const decider = new Decider({
      config: configSchema.parse({ etherPrice: { fixed: "2000" }, ...config }),
      ...{ node, operator: await operator.getAddress(), chainId: 10n, liquidator: await world.liquidator.getAddress() },
      quoter: await world.uniswap.quoter.getAddress(),
      dispatcher: outbox as unknown as Dispatcher,
      rollupFees: await RollupFeeOracle.on(node),
      ...{ backoff, episodes: new Episodes(log), log, onBalance: () => undefined },
    });
    const desk = new DecisionDesk(world, counting, decider, term);
    Object.assign(desk, { outbox, backoff });
    const uniswap = { quoter: await world.uniswap.quoter.getAddress(), fee: POOL_FEE };
    for (const facility of await desk.facilities()) {
      desk.desks.set(facility.id, await openDesk(node, facility, { routes: {}, uniswap, minProfit: "1" }));
    }
    return desk;
  }

  get paths(): readonly string[] {
    return this.desks.get(1)?.paths ?? [];
  }

  /** Decides about those loans on the newest block. */
  async decide(
    ids: readonly bigint[],
    options: { late?: ReadonlyMap<bigint, DatedDebt>; errands?: Errand[]; leaseEndsAt?: bigint } = {},
  ): Promise<Decision> {
    return this.take(await this.input(ids, options));
  }

  /** Decides about an input that was read before. */
  async take(input: DecisionInput): Promise<Decision> {
    return this.decider.decide(input);
  }

  async input(
    ids: readonly bigint[],
    { late, errands = [], leaseEndsAt }: Parameters<DecisionDesk["decide"]>[1] = {},
  ): Promise<DecisionInput> {
    const { node } = this.counting;
    const head = await node.head();
    if (head === undefined) throw new Error("the chain has no block");
    const facts = new Map<number, FacilityFacts>();
    for (const facility of await this.facilities()) {
      const price = await readPrice(node, facility.oracle, head.number);
      // A share is a millionth of a unit: what a loan owes is then what the chain says it owes.
      const totals = { totalAssets: 10n ** 18n - 1n, totalShares: 10n ** 24n - 10n ** 6n };
      const dated = facility.id === 1 ? undefined : late;
      facts.set(facility.id, {
        facility,
        now: head.timestamp,
        totals,
        price,
        graceEndsAt: 0n,
        ...(dated && { dated }),
      });
    }
    const loans = new Map<bigint, BookLoan>();
    for (const id of ids) loans.set(id, await this.loan(id));
    const judgements = [...loans.values()].flatMap((loan) => {
      const known = facts.get(loan.facility);
      return known === undefined ? [] : [judge(loan, known)];
    });
    const loanOf = loans.get.bind(loans);
    const lease = leaseEndsAt === undefined ? {} : { leaseEndsAt };
    return { head, facts, desks: this.desks, judgements, errands, halted: "", loanOf, ...lease };
  }

  private async loan(id: bigint): Promise<BookLoan> {
    const facility = Number((id >> 64n) & 0xffff_ffffn);
    const manager = facility === 1 ? this.world.manager : this.world.termManager;
    const [{ collateral }, debt] = await Promise.all([manager.loanOf(id), manager.debtOf(id)]);
    return { id, facility, collateral, debtShares: debt * 10n ** 6n };
  }

  private async facilities() {
    const { world, term } = this;
    const terms = RISK(world);
    const rampSeconds = BigInt(world.terms.rampSeconds);
    const of = async (id: number, { pool, vault, oracle }: Pick<TermMarket | World, "pool" | "vault" | "oracle">) => ({
      ...{ id, pool: await pool.getAddress(), vault: await vault.getAddress(), oracle: await oracle.getAddress() },
      ...{ terms, rampSeconds },
    });
    const first = await of(1, world);
    return term === undefined ? [first] : [first, await of(term.facility, term)];
  }
}
