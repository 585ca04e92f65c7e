import type { JsonRpcApiProvider } from "ethers";
import type { Client } from "./client.js";
import { ContractRefused, refusalOf } from "./explain.js";
import type { Plan } from "./actions/plan.js";
import { decodeRevert, revertDataOf } from "./revert.js";
import type { Step } from "./steps.js";

/** What would happen if a plan's transactions were sent now. */
export interface Simulation {
  /**
   * "complete": every transaction was run in order. "up to payment": the node cannot run one after another, and the action
   * alone stops where the missing approval is asked for, which is its last step: every other check has passed.
   */
  readonly extent: "complete" | "up to payment";
  /** Gas of each step; undefined where it could not be run. */
  readonly gas: readonly (bigint | undefined)[];
}

interface SimulatedCall {
  readonly status: string;
  readonly gasUsed: string;
  readonly returnData: string;
  readonly error?: { readonly data?: string; readonly message?: string };
}

/** Runs transactions one after another on top of the latest block; undefined where the node cannot. */
async function runInOrder(client: Client, steps: readonly Step[]): Promise<SimulatedCall[] | undefined> {
  const calls = steps.map(({ transaction: { from, to, data } }) => ({ from, to, data }));
  const { provider } = client;
  if (!("send" in provider)) return undefined;
  try {
    const blocks = (await (provider as JsonRpcApiProvider).send("eth_simulateV1", [
      { blockStateCalls: [{ calls }], validation: false },
      "latest",
    ])) as [{ calls: SimulatedCall[] }];
    return blocks[0].calls;
  } catch (error) {
    // Older nodes do not know the method, and say so in many ways; the way around it finds out about all else.
    if (revertDataOf(error) === undefined) return undefined;
    throw error;
  }
}

/**
 * Runs a plan's transactions without sending them.
 *
 * @throws ContractRefused with the reason, where one of them would fail
 */
export async function simulate(client: Client, plan: Plan, steps: readonly Step[]): Promise<Simulation> {
  const attempt = `to ${plan.action}`;
  if (steps.length > 1) {
    const calls = await runInOrder(client, steps);
    if (calls !== undefined) {
      for (const call of calls) {
        if (BigInt(call.status) === 1n) continue;
        const data = call.error?.data ?? call.returnData;
        throw new ContractRefused(attempt, data, plan.context);
      }
      return { extent: "complete", gas: calls.map(({ gasUsed }) => BigInt(gasUsed)) };
    }
  }
  return alone(client, plan, steps, attempt);
}

/** Without a node that runs one after another: each alone, on the state as it is. */
async function alone(client: Client, plan: Plan, steps: readonly Step[], attempt: string): Promise<Simulation> {
  const gas: (bigint | undefined)[] = [];
  let extent: Simulation["extent"] = "complete";
  for (const { transaction, isAction } of steps) {
    try {
      gas.push(await client.provider.estimateGas({ ...transaction }));
    } catch (error) {
      const refusal = refusalOf(error, attempt, plan.context);
      if (refusal === undefined) throw error;
      if (!isAction || steps.length === 1 || !isMissingApproval(refusal.data)) throw refusal;
      extent = "up to payment";
      gas.push(undefined);
    }
  }
  return { extent, gas };
}

/** Every action pulls what it is owed last, so this says that nothing else was wrong. */
function isMissingApproval(data: string): boolean {
  return decodeRevert(data)?.name === "ERC20InsufficientAllowance";
}
