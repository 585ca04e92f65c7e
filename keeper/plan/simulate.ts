import { type Revert, decoded, explainRevert, liquidatorAt } from "../chain/contracts.js";
import type { Node } from "../chain/node.js";
import { RpcError } from "../chain/rpcErrors.js";
import type { PlannedLiquidation } from "./planner.js";

/** What a planned liquidation did on the node's newest state, after those before it in the same transaction. */
export type Simulated = {
  readonly plan: PlannedLiquidation;
  readonly gasUsed: bigint;
} & (
  | {
      readonly done: true;
      readonly repaid: bigint;
      readonly seized: bigint;
      /** Loan units kept, before fees; of a purchase what the collateral is worth beyond them. */
      readonly grossProfit: bigint;
    }
  | { readonly done: false; readonly revert: Revert; readonly ranOutOfGas: boolean }
);

/** Two bytes a weight are exact enough, and cheaper to write than amounts. */
const WEIGHTS = 65_535n;

/** One item as the contract takes it. */
export function itemOf({ candidate, request, shares }: PlannedLiquidation, minProfit: bigint) {
  const total = shares.reduce((sum, { amountIn }) => sum + amountIn, 0n);
  // The last leg takes what rounding leaves: the largest can best.
  const ascending = [...shares].sort((a, b) => (a.amountIn < b.amountIn ? -1 : 1));
  return {
    id: candidate.loan.id,
    maxRepaid: request,
    minCollateralPerUnitE36: 0n,
    minProfit,
    markFirst: candidate.markFirst ?? false,
    legs: ascending.map(({ path, amountIn }) => ({ weight: (amountIn * WEIGHTS) / total, path })),
  };
}

/** Calldata of one transaction. */
export function encodeBundle(
  liquidator: string,
  items: readonly { readonly plan: PlannedLiquidation; readonly minProfit: bigint }[],
  gasPerItem: bigint,
  deadline: bigint,
): string {
  const encoded = items.map(({ plan, minProfit }) => itemOf(plan, minProfit));
  return liquidatorAt(liquidator).encode("liquidateMany", [encoded, gasPerItem, deadline]);
}

/**
 * Runs the planned liquidations on the node in one call, one after another as they will be sent. The contract runs each for
 * itself and says what each did and took: no second call is needed to find those that fail, and none for their gas. No profit is
 * asked for, so that the answer says what there is.
 */
export async function simulate(
  node: Node,
  liquidator: string,
  operator: string,
  plans: readonly PlannedLiquidation[],
  gasPerItem: bigint,
  deadline: bigint,
): Promise<Simulated[]> {
  const contract = liquidatorAt(liquidator);
  const data = encodeBundle(
    liquidator,
    plans.map((plan) => ({ plan, minProfit: 0n })),
    gasPerItem,
    deadline,
  );
  try {
    const outcomes = decoded(contract, "liquidateMany", await node.call({ to: liquidator, data, from: operator }));
    return plans.map((plan, index) => {
      const outcome = outcomes[index];
      if (outcome === undefined) return failed(plan, explainRevert(undefined), 0n, gasPerItem);
      const { done, repaid, seized, profit, gasUsed, reason } = outcome;
      if (!done) return failed(plan, explainRevert(reason), gasUsed, gasPerItem);
      return { plan, gasUsed, done, repaid, seized, grossProfit: profit };
    });
  } catch (error) {
    if (!(error instanceof RpcError) || !error.isRevert) throw error;
    const revert = explainRevert(error.data);
    const reasons = revertsOf(revert);
    return plans.map((plan, index) => failed(plan, reasons?.[index] ?? revert, 0n, gasPerItem));
  }
}

/** Why each item failed where none was done; undefined for a revert of another kind. */
export function revertsOf({ name, args }: Revert): Revert[] | undefined {
  const [reasons] = args;
  if (name !== "NothingDone" || !Array.isArray(reasons)) return undefined;
  return reasons.map((reason) => explainRevert(String(reason)));
}

/** An inner call is left a 64th less at each depth, so that running out shows before all is used. */
function failed(plan: PlannedLiquidation, revert: Revert, gasUsed: bigint, gasPerItem: bigint): Simulated {
  const ranOutOfGas = revert.name === "" && gasUsed * 10n >= gasPerItem * 9n;
  return { plan, gasUsed, done: false, revert, ranOutOfGas };
}
