import type { Log, Signer, TransactionReceipt } from "ethers";
import * as abis from "./abi/index.js";
import type { Plan } from "./actions/plan.js";
import type { Client } from "./client.js";
import { ClientError } from "./errors.js";
import { refusalOf } from "./explain.js";
import { minedWithin } from "./mined.js";
import { networkFault } from "./network.js";
import { type ApprovalWay, type Step, requireFeasible, stepsOf, stepsWithPermits } from "./steps.js";
import { interfaceOf, plainObject } from "./typedContract.js";

/** What has happened to one of a plan's transactions. */
export interface Progress {
  /** From 1. */
  readonly step: number;
  readonly of: number;
  readonly what: string;
  readonly state: "sending" | "sent" | "mined";
  readonly hash?: string;
  readonly block?: number;
  readonly gasUsed?: bigint;
}

export interface SendOptions {
  readonly approvals?: ApprovalWay;
  readonly confirmations?: number;
  /** Milliseconds after which a transaction that is not mined is given up on; it may still be mined later. */
  readonly timeout?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** An event of Ballast's contracts. */
export interface ContractEvent {
  readonly name: string;
  readonly address: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly receipts: readonly TransactionReceipt[];
  /** Of the action itself. */
  readonly hash: string;
  readonly events: readonly ContractEvent[];
}

/** Sent, but not mined in time. It may still be. */
export class NotConfirmed extends ClientError {
  constructor(
    readonly hash: string,
    what: string,
    seconds: number,
  ) {
    super(
      `the transaction to ${what} (${hash}) was sent but is not mined after ${seconds} s; ` +
        "it may still be: look it up before sending it again",
    );
  }
}

/** Mined, but it failed, and running it again does not say why: the state has moved on. */
export class TransactionFailed extends ClientError {}

const TIMEOUT = 120_000;
/**
 * What a transaction may need beyond the estimate, as the state moves until it is mined: an estimate made in the second of the
 * pool's last accrual leaves out the interest and its storage. What is not used is not paid for.
 */
const withHeadroom = (estimate: bigint): bigint => (estimate * 5n) / 4n + 40_000n;

/**
 * Sends all a plan takes, one after the other, each when the one before is mined.
 *
 * @param signer of plan.transaction.from, connected to the client's provider or to one of the same chain
 * @throws NeedNotMet before anything is sent; ContractRefused, NotConfirmed, TransactionFailed
 * @example
 * const sent = await sendPlan(client, wallet, await planRepay(client, { from: wallet.address, id, assets: "most" }), {
 *   onProgress: ({ step, of, what, state }) => console.error(`${step}/${of} ${what}: ${state}`),
 * });
 */
export async function sendPlan(client: Client, signer: Signer, plan: Plan, options: SendOptions = {}): Promise<Sent> {
  requireFeasible(plan);
  const connected = signer.provider === null ? signer.connect(client.provider) : signer;
  const steps =
    options.approvals === "permit" ? await stepsWithPermits(client, plan, connected) : stepsOf(client, plan);
  const receipts: TransactionReceipt[] = [];
  for (const [index, step] of steps.entries()) {
    const report = (progress: Pick<Progress, "state" | "hash" | "block" | "gasUsed">): void =>
      options.onProgress?.({ step: index + 1, of: steps.length, what: step.what, ...progress });
    receipts.push(await sendStep(client, connected, plan, step, options, report));
  }
  const last = receipts[receipts.length - 1];
  if (last === undefined) throw new ClientError("a plan without a transaction cannot be sent");
  return { receipts, hash: last.hash, events: eventsIn(last.logs) };
}

async function sendStep(
  client: Client,
  signer: Signer,
  plan: Plan,
  step: Step,
  options: SendOptions,
  report: (progress: Pick<Progress, "state" | "hash" | "block" | "gasUsed">) => void,
): Promise<TransactionReceipt> {
  const { confirmations = 1, timeout = TIMEOUT } = options;
  const attempt = `to ${step.what}`;
  const { transaction } = step;
  report({ state: "sending" });
  let hash: string;
  try {
    const estimate = await client.provider.estimateGas({ ...transaction });
    const response = await signer.sendTransaction({ ...transaction, gasLimit: withHeadroom(estimate) });
    ({ hash } = response);
  } catch (error) {
    throw refusalOf(error, attempt, plan.context) ?? networkFault(error) ?? error;
  }
  report({ state: "sent", hash });
  const receipt = await minedReceipt(client, hash, step.what, confirmations, timeout);
  if (receipt.status === 0) throw await whyFailed(client, plan, step, receipt);
  report({ state: "mined", hash, block: receipt.blockNumber, gasUsed: receipt.gasUsed });
  return receipt;
}

async function minedReceipt(
  client: Client,
  hash: string,
  what: string,
  confirmations: number,
  timeout: number,
): Promise<TransactionReceipt> {
  let receipt: TransactionReceipt | undefined;
  try {
    receipt = await minedWithin(client.provider, hash, confirmations, timeout);
  } catch (error) {
    throw networkFault(error) ?? error;
  }
  if (receipt !== undefined) return receipt;
  throw new NotConfirmed(hash, what, timeout / 1000);
}

/** Runs a failed transaction again on the block it was in, to hear the reason. */
async function whyFailed(client: Client, plan: Plan, step: Step, receipt: TransactionReceipt): Promise<ClientError> {
  try {
    await client.provider.call({ ...step.transaction, blockTag: receipt.blockNumber });
  } catch (error) {
    const refusal = refusalOf(error, `to ${step.what}`, plan.context);
    if (refusal !== undefined) return refusal;
  }
  return new TransactionFailed(
    `the transaction to ${step.what} (${receipt.hash}) was mined but failed; run again, it would pass: prices or the loan have changed meanwhile`,
  );
}

/** Those of one name are the same wherever they occur. */
const EVENTFUL = [
  abis.loanManagerAbi,
  abis.termLoanManagerAbi,
  abis.termLendingPoolAbi,
  abis.lendingPoolAbi,
  abis.trancheAbi,
  abis.redemptionQueueAbi,
  abis.protectionOrdersAbi,
];

/** The events of Ballast's contracts among some logs. */
export function eventsIn(logs: readonly Log[]): ContractEvent[] {
  const events: ContractEvent[] = [];
  for (const log of logs) {
    for (const abi of EVENTFUL) {
      const found = interfaceOf(abi).parseLog(log);
      if (found === null) continue;
      events.push({ name: found.name, address: log.address, args: plainObject(found.fragment.inputs, found.args) });
      break;
    }
  }
  return events;
}
