import { type Revert, explainRevert, liquidatorAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { PlannedLiquidation } from "./planner.js";

export interface Simulated {
  readonly plan: PlannedLiquidation;
  /** Calldata of the liquidation, as it will be sent. */
  readonly data: string;
  /** Loan units kept, before fees. */
  readonly grossProfit: bigint;
}

export interface Simulation {
  readonly passed: readonly Simulated[];
  /** Why the chain would refuse, by loan. */
  readonly failed: ReadonlyMap<bigint, Revert>;
}

/**
 * Runs the planned liquidations on the node, one after another as they will be sent, in a single call. Where that reverts,
 * the ones that do are found and left out.
 */
export async function simulate(
  node: Node,
  liquidator: string,
  operator: string,
  plans: readonly PlannedLiquidation[],
  deadline: bigint,
): Promise<Simulation> {
  const contract = liquidatorAt(liquidator);
  const calls = plans.map((plan) => ({
    plan,
    data: contract.encode("liquidate", [
      plan.judgement.loan.id,
      plan.request,
      0n,
      plan.terms.path,
      plan.minGrossProfit,
      deadline,
    ]),
  }));

  const run = async (batch: typeof calls): Promise<readonly bigint[] | Revert> => {
    const data = contract.encode("multicall", [batch.map((call) => call.data)]);
    try {
      const results = contract.decode("multicall", await node.call({ to: liquidator, data, from: operator }));
      return results.map((result) => contract.decode("liquidate", result)[2]);
    } catch (error) {
      if (error instanceof RpcError && error.isRevert) return explainRevert(error.data);
      throw error;
    }
  };

  const failed = new Map<bigint, Revert>();
  let passing: typeof calls = [];
  let profits: readonly bigint[] = [];
  const together = calls.length === 0 ? [] : await run(calls);
  if ("name" in together) {
    for (const call of calls) {
      const attempt = await run([...passing, call]);
      if ("name" in attempt) failed.set(call.plan.judgement.loan.id, attempt);
      else [passing, profits] = [[...passing, call], attempt];
    }
  } else {
    [passing, profits] = [calls, together];
  }
  return { passed: passing.map((call, index) => ({ ...call, grossProfit: profits[index] ?? 0n })), failed };
}
