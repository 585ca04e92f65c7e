import {
  type DeploymentResult,
  DeploymentResultType,
  type ExecutionEventListener,
  type IgnitionModule,
  type IgnitionModuleResult,
  deploy,
  wipe,
} from "@nomicfoundation/ignition-core";
import type { CompiledContracts } from "./artifacts.js";
import { DeploymentFailed } from "./errors.js";
import type { Eip1193Provider } from "./provider.js";
import { recoverLostTransactions } from "./recovery.js";

/** How far a deployment is. */
export interface Progress {
  /** steps done, of `total` */
  done: number;
  total: number;
  /** the step that was just finished */
  step: string;
}

export interface Run {
  module: IgnitionModule<string, string, IgnitionModuleResult<string>>;
  provider: Eip1193Provider;
  artifacts: CompiledContracts;
  sender: string;
  /** folder that remembers what was done; without one nothing can be resumed */
  journal: string | undefined;
  confirmations: number;
  pollingIntervalMs: number;
  onProgress: (progress: Progress) => void;
}

export interface Outcome {
  /** by their keys in the module's results */
  addresses: Record<string, string>;
  /** sent by this run */
  transactions: number;
}

/** Carries out a module, going on where an earlier run with the same journal stopped. */
export async function runModule(run: Run): Promise<Outcome> {
  const { journal, provider, sender } = run;
  if (journal !== undefined) await recoverLostTransactions(journal, provider, sender, run.artifacts);
  const counter = new Counter(run.onProgress);
  let result = await once(run, counter);
  if (result.type === DeploymentResultType.PREVIOUS_RUN_ERROR && journal !== undefined) {
    // What failed changed nothing on chain: it is forgotten and tried again.
    for (const future of Object.keys(result.errors)) await wipe(journal, run.artifacts, future);
    result = await once(run, counter);
  }
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
    throw new DeploymentFailed(reasonOf(result, journal !== undefined));
  }
  const { contracts } = result;
  const entries = Object.entries(run.module.results).map(([key, future]) => {
    const contract = contracts[future.id];
    if (contract === undefined) throw new DeploymentFailed(`${future.id} has no address though all steps succeeded`);
    return [key, contract.address] as const;
  });
  return { addresses: Object.fromEntries(entries), transactions: counter.sent };
}

function once(run: Run, counter: Counter): Promise<DeploymentResult> {
  return deploy({
    config: {
      requiredConfirmations: run.confirmations,
      blockPollingInterval: run.pollingIntervalMs,
      retryInterval: run.pollingIntervalMs,
    },
    artifactResolver: run.artifacts,
    provider: run.provider,
    executionEventListener: counter.listener(),
    ...(run.journal !== undefined && { deploymentDir: run.journal }),
    ignitionModule: run.module,
    deploymentParameters: {},
    accounts: [run.sender],
  });
}

function reasonOf(result: DeploymentResult, resumable: boolean): string {
  const lines: string[] = [];
  if ("errors" in result) {
    for (const [future, errors] of Object.entries(result.errors)) lines.push(`  ${future}: ${errors.join("; ")}`);
  }
  if ("failed" in result) {
    for (const { futureId, error } of result.failed) lines.push(`  ${futureId}: ${error}`);
    for (const { futureId } of result.timedOut) lines.push(`  ${futureId}: its transaction was not included in time`);
    for (const { futureId, reason } of result.held) lines.push(`  ${futureId}: ${reason}`);
  }
  const changed =
    result.type === DeploymentResultType.RECONCILIATION_ERROR
      ? "The parameters or contracts have changed since the earlier run; what is deployed cannot be changed:"
      : `The deployment stopped${resumable ? "; run it again to go on from there" : ""}:`;
  return [changed, ...lines].join("\n");
}

/** Counts what is sent and done; steps finished by earlier runs are not announced again. */
class Counter {
  sent = 0;
  #done = 0;
  #total = 0;

  constructor(private readonly onProgress: (progress: Progress) => void) {}

  listener(): ExecutionEventListener {
    const ignored = () => Promise.resolve();
    const finished = ({ futureId }: { futureId: string }) => {
      this.onProgress({ done: ++this.#done, total: this.#total, step: futureId });
      return Promise.resolve();
    };
    return {
      batchInitialize: ({ batches }) => {
        this.#done = 0;
        this.#total = batches.flat().length;
        return Promise.resolve();
      },
      transactionSend: () => {
        this.sent++;
        return Promise.resolve();
      },
      deploymentExecutionStateComplete: finished,
      callExecutionStateComplete: finished,
      staticCallExecutionStateComplete: finished,
      sendDataExecutionStateComplete: finished,
      contractAtExecutionStateInitialize: finished,
      readEventArgumentExecutionStateInitialize: finished,
      encodeFunctionCallExecutionStateInitialize: finished,
      deploymentStart: ignored,
      deploymentInitialize: ignored,
      runStart: ignored,
      beginNextBatch: ignored,
      deploymentComplete: ignored,
      reconciliationWarnings: ignored,
      deploymentExecutionStateInitialize: ignored,
      callExecutionStateInitialize: ignored,
      staticCallExecutionStateInitialize: ignored,
      sendDataExecutionStateInitialize: ignored,
      networkInteractionRequest: ignored,
      transactionPrepareSend: ignored,
      transactionConfirm: ignored,
      staticCallComplete: ignored,
      onchainInteractionBumpFees: ignored,
      onchainInteractionDropped: ignored,
      onchainInteractionReplacedByUser: ignored,
      onchainInteractionTimeout: ignored,
      wipeApply: ignored,
      setModuleId: ignored,
      setStrategy: ignored,
    };
  }
}
