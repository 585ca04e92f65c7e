import { parseEther } from "ethers";
import type { Head, Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { Config } from "../config/schema.js";
import type { Backoff } from "../dispatch/backoff.js";
import { effectiveGasPrice, feesAt } from "../dispatch/fees.js";
import type { Intent } from "../dispatch/intent.js";
import type { Pending } from "../dispatch/pending.js";
import type { Sender } from "../dispatch/sender.js";
import { transactionOf } from "../dispatch/transaction.js";
import type { Errand } from "../errand/errand.js";
import type { Episodes } from "../episodes.js";
import { weiInLoanUnits } from "../plan/etherPrice.js";
import type { DecisionCode } from "../plan/record.js";
import type { RollupFeeOracle } from "../plan/rollupFees.js";
import { loanText } from "../serve/describe.js";
import { etherPrices } from "./etherPrices.js";
import type { DecisionInput } from "./input.js";
import { priorityFeeOf } from "./liquidations.js";
import type { Records } from "./records.js";

export interface ErrandDeps {
  readonly config: Config;
  readonly node: Node;
  readonly operator: string;
  readonly chainId: bigint;
  readonly dispatcher: Sender;
  readonly rollupFees: RollupFeeOracle;
  readonly backoff: Backoff;
  readonly episodes: Episodes;
  /** Gas of a liquidation, for errands that lead to one. */
  readonly saleGas: () => bigint;
}

interface Left {
  readonly code: DecisionCode;
  readonly text: string;
}

/** What is due beside liquidations, each sent where it is worth more than its fees and the least profit. */
export class Errands {
  constructor(private readonly deps: ErrandDeps) {}

  async run(input: DecisionInput, records: Records, sent: Pending[]): Promise<void> {
    const { config, dispatcher, episodes, node } = this.deps;
    const { desks, errands, head } = input;
    const idle = errands.filter(({ loan }) => !this.deps.dispatcher.isPending(loanText(loan)));
    if (idle.length === 0) return;
    const facilities = idle.map(({ facility }) => facility);
    const [prices, free] = await Promise.all([
      etherPrices({ node, episodes, source: config.etherPrice }, facilities, desks, head),
      dispatcher.free(head),
    ]);
    let funds = free;
    for (const errand of idle) {
      const before = sent.length;
      const result = await this.runOne(errand, input, prices.get(errand.facility), funds, sent);
      const loan = { id: errand.loan, facility: errand.facility };
      if (typeof result === "bigint") {
        if (sent.length > before) funds -= result;
        records.decide(loan, "sent", "errand", errand.what, { worstCostWei: result.toString() });
      } else if (!records.all.has(errand.loan)) {
        records.decide(loan, "left", result.code, `${errand.what}: ${result.text}`);
      }
    }
  }

  /** @returns the most it may cost, wei, once it is sent; or why it was left */
  private async runOne(
    errand: Errand,
    { desks, halted, head, trace }: DecisionInput,
    etherPrice: bigint | undefined,
    funds: bigint,
    sent: Pending[],
  ): Promise<bigint | Left> {
    const { backoff, config, dispatcher, node, operator } = this.deps;
    const { kind, facility, to, data, worth } = errand;
    const subject = loanText(errand.loan);
    const stops = halted === "" ? dispatcher.halted(head.number, facility) : halted;
    if (stops !== "") return { code: "halted", text: stops };
    const until = backoff.restsUntil(subject, head.number);
    if (until !== undefined) {
      return { code: "resting", text: `the last attempt reverted; tried again at block ${until}` };
    }
    if (etherPrice === undefined) return { code: "no-ether-price", text: "the price of ether cannot be read" };
    let gas: bigint;
    try {
      gas = await node.estimateGas({ to, data, from: operator });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { code: "simulation-failed", text: `no gas estimate: ${error.reason}` };
    }
    const gasLimit = (gas * BigInt(100 + config.gasHeadroomPercent)) / 100n;
    const budget = parseEther(config.maxFeeEther);
    const wanted: Intent = {
      ...{ kind, subjects: [subject], facility, to, data, gasLimit },
      ...{ expectedEvents: 1, maxCostWei: budget },
    };
    const { expectedWei, worstWei } = await this.cost(wanted, gas, head);
    const saleWei = errand.leadsToSale ? this.deps.saleGas() * head.baseFeePerGas : 0n;
    const need = weiInLoanUnits(expectedWei + saleWei, etherPrice) + (desks.get(facility)?.minProfit ?? 0n);
    if (worth !== undefined && worth < need) {
      return { code: "unprofitable", text: `worth at most ${worth} units, ${need} are needed` };
    }
    if (worstWei > budget) {
      return { code: "over-budget", text: `could cost ${worstWei} wei, more than the budget of ${budget}` };
    }
    if (worstWei > funds) return { code: "no-funds", text: `needs ${worstWei} wei at most, ${funds} are free` };
    const submitted = await dispatcher.submit(wanted, head, trace.fork());
    if (!submitted.ok) return { code: "not-accepted", text: `not accepted: ${submitted.why}` };
    sent.push(submitted.pending);
    return worstWei;
  }

  /** What a transaction will cost if it uses `gas`, and at most, wei. */
  private async cost(intent: Intent, gas: bigint, head: Head): Promise<{ expectedWei: bigint; worstWei: bigint }> {
    const { chainId, config, rollupFees } = this.deps;
    const fees = feesAt(head.baseFeePerGas, priorityFeeOf(config));
    const unsigned = transactionOf(intent, 0, fees, chainId).unsignedSerialized;
    const { l1Fee, l1FeeUpperBound, operatorFee } = await rollupFees.boundsOf(unsigned, intent.gasLimit, head.number);
    const most = l1FeeUpperBound > l1Fee ? l1FeeUpperBound : l1Fee;
    return {
      expectedWei: gas * effectiveGasPrice(fees, head.baseFeePerGas) + l1Fee + operatorFee,
      worstWei: intent.gasLimit * fees.maxFeePerGas + most + operatorFee,
    };
  }
}
