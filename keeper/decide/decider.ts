import type { Pending } from "../dispatch/pending.js";
import { candidatesOf, defaultCandidates } from "./candidates.js";
import { Disagreements } from "./disagreements.js";
import { Errands } from "./errands.js";
import type { Decision, DecisionInput } from "./input.js";
import { type LiquidationDeps, Liquidations } from "./liquidations.js";
import { Records } from "./records.js";

/**
 * One block's decision after the judgement: liquidations, then errands, then notes. Stages that ask the node anything throw when
 * it does not answer; what was sent by then is pending and the decision can be taken anew.
 */
export class Decider {
  private readonly liquidations: Liquidations;
  private readonly errands: Errands;
  private readonly disagreements: Disagreements;

  constructor(private readonly deps: LiquidationDeps) {
    this.liquidations = new Liquidations(deps);
    this.errands = new Errands({ ...deps, saleGas: () => this.liquidations.leastGas });
    this.disagreements = new Disagreements(deps);
  }

  /** A note of a disagreement was mined. */
  noted(oracle: string, at: bigint): void {
    this.disagreements.noted(oracle, at);
  }

  async decide(input: DecisionInput): Promise<Decision> {
    const records = new Records(input.head);
    const sent: Pending[] = [];
    const candidates = candidatesOf(this.deps, input, records);
    candidates.push(...defaultCandidates(this.deps, input, records));
    await this.liquidations.run(input, candidates, records, sent);
    await this.errands.run(input, records, sent);
    await this.disagreements.note(input, sent);
    const all = [...records.all.values()];
    const actions = new Map([...records.all].map(([id, { action, text }]) => [id, { action, reason: text }]));
    return { actions, records: all, badDebts: records.badDebts, sent };
  }
}
