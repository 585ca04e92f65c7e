import { parseEther } from "ethers";
import type { Logger } from "pino";
import { maxOf } from "../sdk/model/index.js";
import { oracleAt } from "./chain/contracts.js";
import type { Head, Node } from "./chain/node.js";
import { RpcError } from "./chain/rpcErrors.js";
import type { Config } from "./config/schema.js";
import type { Backoff } from "./dispatch/backoff.js";
import type { Pending } from "./dispatch/dispatcher.js";
import { transactionOf } from "./dispatch/dispatcher.js";
import { effectiveGasPrice, feesAt } from "./dispatch/fees.js";
import type { Intent } from "./dispatch/intent.js";
import type { Sender } from "./dispatch/sender.js";
import type { Errand } from "./errand/errand.js";
import type { Episodes } from "./episodes.js";
import { type FacilityFacts, type Judgement } from "./judge/judge.js";
import { NoEtherPrice, etherPriceIn, weiInLoanUnits } from "./plan/etherPrice.js";
import { QuotedMarket } from "./plan/market.js";
import { type Hold, type SaleTerms, plan } from "./plan/planner.js";
import type { RollupFeeOracle } from "./plan/rollupFees.js";
import type { FacilityDesk } from "./plan/routes.js";
import { type Simulated, simulate } from "./plan/simulate.js";
import type { LoanAction } from "./serve/status.js";
import { loanText } from "./serve/describe.js";
import type { Trace } from "./serve/trace.js";

/** What was done about a loan, and why. */
export interface Done {
  readonly action: LoanAction;
  readonly reason: string;
}

export interface DecisionInput {
  readonly head: Head;
  readonly facts: ReadonlyMap<number, FacilityFacts>;
  readonly desks: ReadonlyMap<number, FacilityDesk>;
  /** Every loan that is not healthy. */
  readonly judgements: readonly Judgement[];
  /** What is due beside liquidations. */
  readonly errands: readonly Errand[];
  /** Why nothing may be sent; empty when something may. */
  readonly halted: string;
  /** Marked judged; each transaction that is sent gets a fork of it. */
  readonly trace: Trace;
}

export interface Decision {
  readonly actions: ReadonlyMap<bigint, Done>;
  readonly sent: readonly Pending[];
}

export interface DecisionDeps {
  readonly config: Config;
  readonly node: Node;
  readonly operator: string;
  readonly chainId: bigint;
  readonly liquidator: string;
  readonly quoter: string | undefined;
  readonly dispatcher: Sender;
  readonly rollupFees: RollupFeeOracle;
  readonly backoff: Backoff;
  readonly episodes: Episodes;
  readonly log: Logger;
  readonly onBalance: (wei: bigint) => void;
}

/** Gas of a liquidation before one was estimated, and the most a block of the OP Stack takes from one transaction. */
const FIRST_GAS_GUESS = 500_000n;
const MAX_GAS = 16_777_215n;
/** As many bytes as a liquidation's calldata, none of which compresses: a liquidation never costs more L1 gas. */
const TYPICAL_CALLDATA = `0x${Array.from({ length: 420 }, (_, i) => ((i * 151 + 37) % 256).toString(16).padStart(2, "0")).join("")}`;

/** An estimate, what it is worth after fees, and the worst its transaction could cost. */
interface Priced {
  readonly simulated: Simulated;
  readonly intent: Intent;
  readonly cost: bigint;
  readonly worstWei: bigint;
}

/**
 * One block's decision after the judgement: plan, simulate, price, send. Stages that ask the node anything throw when it does
 * not answer; what was sent by then is pending and the decision can be taken anew.
 */
export class Decider {
  private gasGuess = FIRST_GAS_GUESS;
  /** Second of the last note of a disagreement, by oracle. */
  private readonly notedAt = new Map<string, bigint>();

  constructor(private readonly deps: DecisionDeps) {}

  /** A note was mined. */
  noted(oracle: string, at: bigint): void {
    this.notedAt.set(oracle, at);
  }

  async decide(input: DecisionInput): Promise<Decision> {
    const actions = new Map<bigint, Done>();
    const sent: Pending[] = [];
    const candidates = this.candidates(input, actions);
    if (candidates.length > 0) await this.liquidate(input, candidates, actions, sent);
    await this.runErrands(input, actions, sent);
    await this.noteDisagreements(input, sent);
    return { actions, sent };
  }

  /** Liquidatable loans about which nothing is under way. */
  private candidates({ judgements, head, halted }: DecisionInput, actions: Map<bigint, Done>): Judgement[] {
    const { backoff, dispatcher } = this.deps;
    return judgements.filter(({ loan, verdict }) => {
      const subject = loanText(loan.id);
      const set = (action: LoanAction, reason: string): false => {
        actions.set(loan.id, { action, reason });
        return false;
      };
      if (verdict.kind === "held")
        return set("held", `the oracle's sources disagree; released at ${verdict.releasedAt}`);
      if (verdict.kind !== "liquidatable") return false;
      if (dispatcher.isPending(subject)) return set("pending", "a liquidation is under way");
      if (halted !== "") return set("left", halted);
      const until = backoff.restsUntil(subject, head.number);
      if (until !== undefined) return set("left", `the last attempt reverted; tried again at block ${until}`);
      if (verdict.quote.repaid === 0n) return set("left", "no repayment would leave at least minDebt");
      return true;
    });
  }

  private async liquidate(
    input: DecisionInput,
    candidates: readonly Judgement[],
    actions: Map<bigint, Done>,
    sent: Pending[],
  ): Promise<void> {
    const { config, node, operator, liquidator, quoter, dispatcher } = this.deps;
    const { head } = input;
    const etherPrices = await this.etherPrices(input);
    const typicalCost = await this.typicalCostWei(head);
    const termsOf = (id: number): SaleTerms | Hold => {
      const desk = input.desks.get(id);
      const etherPrice = etherPrices.get(id);
      if (desk?.path === undefined || quoter === undefined) {
        return { code: "no-route", text: "no route to sell its collateral is configured" };
      }
      if (etherPrice === undefined) return { code: "no-ether-price", text: "the price of ether cannot be read" };
      return { path: desk.path, cost: weiInLoanUnits(typicalCost, etherPrice), minProfit: desk.minProfit };
    };
    const market = new QuotedMarket(node, quoter ?? "", operator, head.number);
    const { plans, holds } = await plan(candidates, market, termsOf, {
      slippageBps: BigInt(config.slippageBps),
      maxPlans: config.maxPerBlock,
    });
    for (const [id, { text }] of holds) actions.set(id, { action: "left", reason: text });

    const deadline = head.timestamp + BigInt(config.deadlineSeconds);
    const { passed, failed } = await simulate(node, liquidator, operator, plans, deadline);
    for (const [id, revert] of failed) actions.set(id, { action: "left", reason: `simulation: ${revert.text}` });

    let funds = passed.length === 0 ? 0n : await this.funds();
    for (const simulated of passed) {
      const { loan, facility } = simulated.plan.judgement;
      const priced = await this.price(simulated, head, etherPrices.get(facility.id) ?? 0n);
      if ("action" in priced) {
        actions.set(loan.id, priced);
        continue;
      }
      if (priced.worstWei > funds) {
        this.deps.episodes.begin("the operator has too little ether", { operator, needed: priced.worstWei, funds });
        actions.set(loan.id, { action: "left", reason: `needs ${priced.worstWei} wei at most, ${funds} are free` });
        continue;
      }
      this.deps.episodes.end("the operator has too little ether");
      const trace = input.trace.fork();
      trace.mark("planned");
      const submitted = await dispatcher.submit(priced.intent, head, trace);
      if (submitted.ok) {
        funds -= priced.worstWei;
        sent.push(submitted.pending);
        actions.set(loan.id, {
          action: "sent",
          reason: `repays ${simulated.plan.quote.repaid}, expects ${simulated.grossProfit} less fees of ${priced.cost}`,
        });
      } else {
        this.deps.log.warn({ loan: loanText(loan.id), ...submitted }, "a liquidation was not accepted");
        actions.set(loan.id, { action: "left", reason: `not accepted: ${submitted.why}` });
      }
    }
  }

  /** Gas, fees and worth of a simulated liquidation, or why it is left alone. */
  private async price(simulated: Simulated, head: Head, etherPrice: bigint): Promise<Priced | Done> {
    const { config, node, operator, liquidator } = this.deps;
    const { plan: planned, data, grossProfit } = simulated;
    const { loan, facility } = planned.judgement;
    let gas: bigint;
    try {
      gas = await node.estimateGas({ to: liquidator, data, from: operator });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { action: "left", reason: `no gas estimate: ${error.reason}` };
    }
    this.gasGuess = gas;
    const gasLimit = (gas * BigInt(100 + config.gasHeadroomPercent)) / 100n;
    if (gasLimit > MAX_GAS) return { action: "left", reason: `needs ${gasLimit} gas, more than a transaction may use` };
    const intent: Intent = {
      kind: "liquidate",
      subject: loanText(loan.id),
      facility: facility.id,
      to: liquidator,
      data,
      gasLimit,
    };
    const { expectedWei, worstWei } = await this.cost(intent, gas, head);
    const budget = parseEther(config.maxFeeEther);
    if (worstWei > budget) {
      return { action: "left", reason: `could cost ${worstWei} wei, more than the budget of ${budget}` };
    }
    const cost = weiInLoanUnits(expectedWei, etherPrice);
    const need = cost + planned.terms.minProfit;
    if (grossProfit < need) {
      return { action: "left", reason: `would leave ${grossProfit} units, ${need} are needed` };
    }
    return { simulated, intent, cost, worstWei };
  }

  /** What a transaction will cost if it uses `gas`, and at most, wei. */
  private async cost(intent: Intent, gas: bigint, head: Head): Promise<{ expectedWei: bigint; worstWei: bigint }> {
    const { chainId, rollupFees } = this.deps;
    const fees = feesAt(head.baseFeePerGas, this.priorityFee);
    const unsigned = transactionOf(intent, 0, fees, chainId).unsignedSerialized;
    const { l1Fee, operatorFee } = await rollupFees.feesOf(unsigned, intent.gasLimit, head.number);
    const expectedWei = gas * effectiveGasPrice(fees, head.baseFeePerGas) + l1Fee + operatorFee;
    return { expectedWei, worstWei: intent.gasLimit * fees.maxFeePerGas + l1Fee + operatorFee };
  }

  private async typicalCostWei(head: Head): Promise<bigint> {
    const { liquidator } = this.deps;
    const intent: Intent = {
      kind: "liquidate",
      subject: "",
      facility: 0,
      to: liquidator,
      data: TYPICAL_CALLDATA,
      gasLimit: this.gasGuess,
    };
    return (await this.cost(intent, this.gasGuess, head)).expectedWei;
  }

  /** Ether that is not spoken for by what is pending already. */
  private async funds(): Promise<bigint> {
    const { node, operator, dispatcher, onBalance } = this.deps;
    const balance = await node.balance(operator);
    onBalance(balance);
    const reserved = dispatcher.pending.reduce((sum, { attempts }) => {
      const last = attempts.at(-1);
      return last === undefined ? sum : sum + last.intent.gasLimit * last.fees.maxFeePerGas;
    }, 0n);
    return maxOf(balance - reserved, 0n);
  }

  /** Units of the loan asset for one ether, by facility; facilities whose feed does not answer are left out. */
  private async etherPrices({ head, desks, facts }: DecisionInput): Promise<Map<number, bigint>> {
    const { config, node, episodes } = this.deps;
    const prices = new Map<number, bigint>();
    for (const id of facts.keys()) {
      const desk = desks.get(id);
      if (desk === undefined) continue;
      const what = `the price of ether cannot be read for facility ${id}`;
      try {
        prices.set(id, await etherPriceIn(desk.loanDecimals, config.etherPrice, node, head));
        episodes.end(what);
      } catch (error) {
        if (!(error instanceof NoEtherPrice) && !(error instanceof RpcError)) throw error;
        episodes.begin(what, { why: error.message });
      }
    }
    return prices;
  }

  /**
   * A hold ends after the oracle's cap, but only for a disagreement that is noted at least every hour. So while it holds
   * anything back, it is noted: once at first, then well before an hour is over.
   */
  private async noteDisagreements(
    { head, facts, judgements, halted, trace }: DecisionInput,
    sent: Pending[],
  ): Promise<void> {
    const { config, dispatcher, log, node, operator } = this.deps;
    if (config.noteEverySeconds === 0 || halted !== "") return;
    const holding = new Set(judgements.filter(({ verdict }) => verdict.kind === "held").map((one) => one.facility.id));
    for (const id of holding) {
      const oracle = facts.get(id)?.facility.oracle;
      if (oracle === undefined || dispatcher.isPending(oracle)) continue;
      const last = this.notedAt.get(oracle);
      if (last !== undefined && head.timestamp - last < BigInt(config.noteEverySeconds)) continue;
      const data = oracleAt(oracle).encode("noteDisagreement", []);
      let gas: bigint;
      try {
        gas = await node.estimateGas({ to: oracle, data, from: operator });
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        log.info({ facility: id, why: error.reason }, "the disagreement cannot be noted");
        continue;
      }
      const gasLimit = (gas * BigInt(100 + config.gasHeadroomPercent)) / 100n;
      const intent: Intent = { kind: "note", subject: oracle, facility: id, to: oracle, data, gasLimit };
      const submitted = await dispatcher.submit(intent, head, trace.fork());
      if (submitted.ok) sent.push(submitted.pending);
      else log.warn({ facility: id, ...submitted }, "a note of a disagreement was not accepted");
    }
  }

  /** Sends what is due beside liquidations, each where it is worth more than its fees and the least profit. */
  private async runErrands(input: DecisionInput, actions: Map<bigint, Done>, sent: Pending[]): Promise<void> {
    const { errands, head } = input;
    if (errands.length === 0) return;
    const etherPrices = await this.etherPrices(input);
    const saleCost = await this.typicalCostWei(head);
    for (const errand of errands) {
      const reason = await this.runErrand(errand, input, etherPrices.get(errand.facility), saleCost, sent);
      if (reason === undefined) actions.set(errand.loan, { action: "sent", reason: errand.what });
      else if (!actions.has(errand.loan))
        actions.set(errand.loan, { action: "left", reason: `${errand.what}: ${reason}` });
    }
  }

  /** @returns why it was left; undefined where it was sent */
  private async runErrand(
    errand: Errand,
    { desks, halted, head, trace }: DecisionInput,
    etherPrice: bigint | undefined,
    saleCost: bigint,
    sent: Pending[],
  ): Promise<string | undefined> {
    const { backoff, config, dispatcher, node, operator } = this.deps;
    const { kind, facility, to, data, worth } = errand;
    const subject = loanText(errand.loan);
    if (dispatcher.isPending(subject)) return "something about the loan is under way";
    if (halted !== "") return halted;
    const until = backoff.restsUntil(subject, head.number);
    if (until !== undefined) return `the last attempt reverted; tried again at block ${until}`;
    if (etherPrice === undefined) return "the price of ether cannot be read";
    let gas: bigint;
    try {
      gas = await node.estimateGas({ to, data, from: operator });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return `no gas estimate: ${error.reason}`;
    }
    const gasLimit = (gas * BigInt(100 + config.gasHeadroomPercent)) / 100n;
    const intent: Intent = { kind, subject, facility, to, data, gasLimit };
    const { expectedWei, worstWei } = await this.cost(intent, gas, head);
    const wei = errand.leadsToSale ? expectedWei + saleCost : expectedWei;
    const need = weiInLoanUnits(wei, etherPrice) + (desks.get(facility)?.minProfit ?? 0n);
    if (worth !== undefined && worth < need) return `worth at most ${worth} units, ${need} are needed`;
    if (worstWei > parseEther(config.maxFeeEther)) return `could cost ${worstWei} wei, more than the budget`;
    const submitted = await dispatcher.submit(intent, head, trace.fork());
    if (!submitted.ok) return `not accepted: ${submitted.why}`;
    sent.push(submitted.pending);
    return undefined;
  }

  private get priorityFee(): bigint {
    return BigInt(Math.round(Number(this.deps.config.priorityFeeGwei) * 1e9));
  }
}
