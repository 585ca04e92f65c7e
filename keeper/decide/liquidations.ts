import { parseEther } from "ethers";
import type { Logger } from "pino";
import { minOf } from "../../sdk/model/index.js";
import { outcomeOfRevert } from "../account/outcome.js";
import { batches } from "../batches.js";
import { liquidatorAt, read, tokenAt } from "../chain/contracts.js";
import type { Head, Node } from "../chain/node.js";
import type { Config } from "../config/schema.js";
import type { Backoff } from "../dispatch/backoff.js";
import { type GasFees, effectiveGasPrice, feesAt } from "../dispatch/fees.js";
import type { Intent } from "../dispatch/intent.js";
import type { Pending } from "../dispatch/pending.js";
import type { Sender } from "../dispatch/sender.js";
import { transactionOf } from "../dispatch/transaction.js";
import type { Episodes } from "../episodes.js";
import { GasExperience, LEG_GAS, MAX_GAS, gasLimitOf, intrinsicGas } from "../plan/gas.js";
import { QuotedMarket, sampleCurves } from "../plan/market.js";
import { type PackOptions, type Passed, type PricedBundle, type PricedItem, pack } from "../plan/pack.js";
import { type Candidate, type Hold, type PlannedLiquidation, mostSold, plan } from "../plan/planner.js";
import type { DecisionFigures } from "../plan/record.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import { type FacilityDesk, withoutSharedPools } from "../plan/routes.js";
import { type Simulated, encodeBundle, simulate } from "../plan/simulate.js";
import type { InventoryTerms, SaleTerms } from "../plan/terms.js";
import { TransactionFees } from "../plan/transactionFees.js";
import { loanText } from "../serve/describe.js";
import type { Trace } from "../serve/trace.js";
import { etherPrices } from "./etherPrices.js";
import type { DecisionInput } from "./input.js";
import type { Records } from "./records.js";

export interface LiquidationDeps {
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
}

const UNKNOWN: Hold = { code: "no-route", text: "the facility is not known" };
const NO_FUNDS = "the operator has too little ether";

/**
 * One block's liquidations: plan, simulate, price, send. The node is asked twice, each time everything at once: for quotes, the
 * price of ether, the balance and the inventory; then for a simulation and for the fees of what was simulated.
 */
export class Liquidations {
  private readonly experience = new GasExperience();

  constructor(private readonly deps: LiquidationDeps) {}

  /** Gas of a liquidation, at least, as far as is known. */
  get leastGas(): bigint {
    return this.experience.least;
  }

  async run(input: DecisionInput, candidates: readonly Candidate[], records: Records, sent: Pending[]): Promise<void> {
    if (candidates.length === 0) return;
    const { config, dispatcher, node, operator, quoter } = this.deps;
    const { head, trace } = input;
    const offered = feesAt(head.baseFeePerGas, priorityFeeOf(config));
    const gasPrice = effectiveGasPrice(offered, head.baseFeePerGas);

    const pathsOf = (id: number): readonly string[] =>
      quoter === undefined ? [] : withoutSharedPools(input.desks.get(id)?.paths ?? []);
    const market = new QuotedMarket(node, quoter ?? "", operator, head.number);
    const [fundsWei, terms, curves] = await Promise.all([
      dispatcher.free(head),
      this.termsOf(input, candidates, pathsOf),
      sampleCurves(market, mostSold(candidates, pathsOf, config.maxPerBlock)),
    ]);
    const byId = new Map(candidates.map(({ loan }) => [loan.id, loan]));
    const { plans, holds } = plan(candidates, curves, (id) => terms.get(id) ?? UNKNOWN, {
      maxPlans: config.maxPerBlock,
      riskMarginBps: BigInt(config.riskMarginBps),
      itemCostWei: this.experience.least * gasPrice,
      legCostWei: LEG_GAS * gasPrice,
    });
    recordHolds(records, byId, holds);
    for (const one of plans) records.planned(one);
    if (plans.length === 0) return;

    const deadline = dispatcher.deadline(head, BigInt(config.deadlineSeconds)) ?? head.timestamp;
    const [simulated, fees] = await Promise.all([
      this.simulated(plans, deadline),
      this.feesOf(plans, deadline, offered, head),
    ]);
    const passed = this.judged(simulated, head, records);
    const options = this.packOptions(plans, deadline);
    const bundles: PricedBundle[] = [];
    let left = fundsWei;
    // What two keepers may come to lead does not go into one transaction.
    const shardOf = ({ plan: one }: Passed): number => dispatcher.shardOf(one.candidate.facility.id);
    for (const shard of new Set(passed.map(shardOf))) {
      const group = passed.filter((one) => shardOf(one) === shard);
      const packed = pack(group, fees, { ...options, fundsWei: left });
      recordHolds(records, byId, packed.holds);
      this.tellFunds([...packed.holds.values()], left);
      bundles.push(...packed.bundles);
      for (const { worstWei } of packed.bundles) left -= worstWei;
    }
    const planned = trace.fork();
    planned.mark("planned");
    await this.send(bundles, deadline, head, planned, records, sent);
  }

  /** What is asked first: how each facility's collateral is sold, and what may be bought with what is held. */
  private async termsOf(
    { desks, head }: DecisionInput,
    candidates: readonly Candidate[],
    pathsOf: (facility: number) => readonly string[],
  ): Promise<ReadonlyMap<number, SaleTerms | Hold>> {
    const { config, episodes, node } = this.deps;
    const ids = [...new Set(candidates.map(({ facility }) => facility.id))];
    const [prices, inventories] = await Promise.all([
      etherPrices({ node, episodes, source: config.etherPrice }, ids, desks, head),
      Promise.all(ids.map(async (id) => [id, await this.inventoryOf(id, desks.get(id), head)] as const)),
    ]);
    const inventoryOf = new Map(inventories);
    return new Map(
      ids.map((id): [number, SaleTerms | Hold] => {
        const desk = desks.get(id);
        const loanUnitsPerEther = prices.get(id);
        const inventory = inventoryOf.get(id);
        const paths = pathsOf(id);
        if (desk === undefined || (paths.length === 0 && inventory === undefined)) {
          return [id, { code: "no-route", text: "no route to sell its collateral is configured, and none was found" }];
        }
        if (loanUnitsPerEther === undefined || loanUnitsPerEther === 0n) {
          return [id, { code: "no-ether-price", text: "the price of ether cannot be read" }];
        }
        const { loanAsset, minProfit } = desk;
        return [id, { loanAsset, paths, loanUnitsPerEther, minProfit, inventory }];
      }),
    );
  }

  private async inventoryOf(
    facility: number,
    desk: FacilityDesk | undefined,
    head: Head,
  ): Promise<InventoryTerms | undefined> {
    const { liquidator, node } = this.deps;
    if (desk === undefined) return undefined;
    const [[allowance, minPremiumBps], balance] = await Promise.all([
      read(node, liquidatorAt(liquidator), "inventoryOf", [BigInt(facility)], head.number),
      read(node, tokenAt(desk.loanAsset), "balanceOf", [liquidator], head.number),
    ]);
    return allowance === 0n || balance === 0n ? undefined : { allowance, balance, minPremiumBps };
  }

  /** All plans, in as many calls as their gas needs, at once. */
  private async simulated(plans: readonly PlannedLiquidation[], deadline: bigint): Promise<Simulated[]> {
    const { liquidator, node, operator } = this.deps;
    const groups = [...batches(plans, this.experience.itemsInSimulation)];
    const ample = this.experience.ample;
    const results = await Promise.all(
      groups.map(async (group, index) => {
        const outcomes = await simulate(node, liquidator, operator, group, ample, deadline);
        // Only the first group meets the market as it will find it: of the others, the plan knows what is sold before them.
        return index === 0 ? outcomes : outcomes.map(withPlannedProfit);
      }),
    );
    return results.flat();
  }

  private async feesOf(
    plans: readonly PlannedLiquidation[],
    deadline: bigint,
    offered: GasFees,
    head: Head,
  ): Promise<TransactionFees> {
    const { rollupFees } = this.deps;
    const most = Math.min(plans.length, this.experience.itemsInSimulation, this.deps.config.maxPerTransaction);
    const { ample } = this.experience;
    const sample = async (items: number, gasPerItem: bigint) => {
      const data = this.likelyData(plans.slice(0, items), gasPerItem, deadline);
      const gasLimit = gasLimitOf(intrinsicGas(data), items, gasPerItem);
      return {
        items,
        gasLimit,
        fees: await rollupFees.boundsOf(this.unsigned(data, gasLimit, offered), gasLimit, head.number),
      };
    };
    const [small, large] = await Promise.all([sample(1, ample / 2n), sample(most, ample)]);
    return new TransactionFees(effectiveGasPrice(offered, head.baseFeePerGas), offered.maxFeePerGas, small, large);
  }

  /** What will be sent, as far as is known before the simulation: its bounds are written out, as they cost L1 gas too. */
  private likelyData(plans: readonly PlannedLiquidation[], gasPerItem: bigint, deadline: bigint): string {
    const items = plans.map((one) => ({ plan: one, minProfit: one.grossProfit > 0n ? one.grossProfit : 1n }));
    return encodeBundle(this.deps.liquidator, items, gasPerItem, deadline);
  }

  private unsigned(data: string, gasLimit: bigint, offered: GasFees): string {
    const { chainId, liquidator } = this.deps;
    const to = {
      kind: "liquidate",
      subjects: [],
      facility: 0,
      to: liquidator,
      expectedEvents: 0,
      maxCostWei: 0n,
    } as const;
    return transactionOf({ ...to, data, gasLimit }, 0, offered, chainId).unsignedSerialized;
  }

  /** Takes out what the simulation refused. What is broken rests, so that it does not stand in the way of others for ever. */
  private judged(simulated: readonly Simulated[], head: Head, records: Records): Passed[] {
    const passed: Passed[] = [];
    this.experience.learn(simulated.filter(({ done }) => done).map(({ gasUsed }) => gasUsed));
    for (const one of simulated) {
      const { loan } = one.plan.candidate;
      const gasUsed = one.gasUsed.toString();
      if (one.done) {
        const { gasUsed: gas, grossProfit, plan: planned } = one;
        records.add(loan.id, { gasUsed, grossProfit: grossProfit.toString(), simulated: true });
        passed.push({ plan: planned, grossProfit, gasUsed: gas });
        continue;
      }
      if (one.ranOutOfGas) {
        this.experience.learnShortage();
        records.decide(loan, "left", "too-much-gas", `its simulation used up all of ${gasUsed} gas`, { gasUsed });
      } else {
        records.decide(loan, "left", "simulation-failed", `simulation: ${one.revert.text}`, { gasUsed });
      }
      const [gas] = one.revert.args;
      if (one.revert.name === "TooLittleGas" && typeof gas === "bigint") {
        this.experience.learnRoom(gas);
        continue;
      }
      // The mark alone may still pass.
      const isBroken = outcomeOfRevert(one.revert) === "reverted" && one.plan.candidate.markFirst !== true;
      if (isBroken) this.deps.backoff.fail(loanText(loan.id), head.number);
    }
    return passed;
  }

  private packOptions(plans: readonly PlannedLiquidation[], deadline: bigint): Omit<PackOptions, "fundsWei"> {
    const { config } = this.deps;
    const largest = [...plans].sort((a, b) => b.shares.length - a.shares.length)[0];
    const one = largest === undefined ? 21_000n : intrinsicGas(this.likelyData([largest], MAX_GAS, deadline));
    const two = largest === undefined ? one : intrinsicGas(this.likelyData([largest, largest], MAX_GAS, deadline));
    return {
      maxItems: config.maxPerTransaction,
      budgetWei: parseEther(config.maxFeeEther),
      gasHeadroomPercent: BigInt(config.gasHeadroomPercent),
      riskMarginBps: BigInt(config.riskMarginBps),
      slippageBps: BigInt(config.slippageBps),
      intrinsicGas: (items) => one + (two - one + 200n) * BigInt(items - 1),
    };
  }

  private tellFunds(holds: readonly Hold[], funds: bigint): void {
    const lacking = holds.find(({ code }) => code === "no-funds");
    if (lacking === undefined) this.deps.episodes.end(NO_FUNDS);
    else this.deps.episodes.begin(NO_FUNDS, { operator: this.deps.operator, why: lacking.text, funds });
  }

  private async send(
    bundles: readonly PricedBundle[],
    deadline: bigint,
    head: Head,
    trace: Trace,
    records: Records,
    sent: Pending[],
  ): Promise<void> {
    const { dispatcher, log } = this.deps;
    const intents = bundles.map((bundle) => this.intentOf(bundle, deadline));
    const outcomes = await dispatcher.submitAll(intents, head, trace);
    for (const [index, bundle] of bundles.entries()) {
      const submitted = outcomes[index];
      if (submitted?.ok === true) sent.push(submitted.pending);
      else log.warn({ loans: intents[index]?.subjects, ...submitted }, "a liquidation was not accepted");
      for (const item of bundle.items) {
        const { loan } = item.plan.candidate;
        const figures = figuresOf(item, bundle, deadline);
        if (submitted?.ok === true) {
          const text = `repays ${item.plan.quote.repaid}, expects ${item.grossProfit} less fees of ${item.fees.total}`;
          records.decide(loan, "sent", "sent", text, figures);
        } else {
          records.decide(loan, "left", "not-accepted", `not accepted: ${submitted?.why ?? "no answer"}`, figures);
        }
      }
    }
  }

  private intentOf({ items, gasPerItem, gasLimit, maxCostWei }: PricedBundle, deadline: bigint): Intent {
    const { liquidator } = this.deps;
    const bounded = items.map(({ plan: one, minGrossProfit }) => ({ plan: one, minProfit: minGrossProfit }));
    return {
      kind: "liquidate",
      subjects: items.map(({ plan: one }) => loanText(one.candidate.loan.id)),
      facility: items[0]?.plan.candidate.facility.id ?? 0,
      to: liquidator,
      data: encodeBundle(liquidator, bounded, gasPerItem, deadline),
      gasLimit,
      expectedEvents: items.length,
      deadline,
      maxCostWei,
    };
  }
}

export function priorityFeeOf({ priorityFeeGwei }: Config): bigint {
  return BigInt(Math.round(Number(priorityFeeGwei) * 1e9));
}

function withPlannedProfit(one: Simulated): Simulated {
  return one.done ? { ...one, grossProfit: minOf(one.grossProfit, one.plan.grossProfit) } : one;
}

function figuresOf(item: PricedItem, bundle: PricedBundle, deadline: bigint): DecisionFigures {
  const { fees, minGrossProfit, need, riskMargin } = item;
  return {
    l2GasWei: fees.l2GasWei.toString(),
    l1FeeWei: fees.l1FeeWei.toString(),
    operatorFeeWei: fees.operatorFeeWei.toString(),
    fees: fees.total.toString(),
    riskMargin: riskMargin.toString(),
    need: need.toString(),
    minGrossProfit: minGrossProfit.toString(),
    gasLimit: bundle.gasLimit.toString(),
    loansInTransaction: bundle.items.length,
    worstCostWei: bundle.worstWei.toString(),
    maxCostWei: bundle.maxCostWei.toString(),
    deadline: deadline.toString(),
  };
}

function recordHolds(
  records: Records,
  loans: ReadonlyMap<bigint, Candidate["loan"]>,
  holds: ReadonlyMap<bigint, Hold>,
): void {
  for (const [id, { code, need, planned, text }] of holds) {
    const loan = loans.get(id);
    if (loan === undefined) continue;
    if (planned !== undefined) records.planned(planned);
    records.decide(loan, "left", code, text, need === undefined ? {} : { need: need.toString() });
  }
}
