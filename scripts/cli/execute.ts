import type { Plan } from "../../sdk/client/actions/index.js";
import { loansOf } from "../../sdk/client/client.js";
import { type Cost, costOf, sumOfCosts } from "../../sdk/client/cost.js";
import { formatLoanId, shortLoanId } from "../../sdk/client/loanIds.js";
import { NoSuchLoan, readLoan } from "../../sdk/client/loanState.js";
import { describeNeed } from "../../sdk/client/needs.js";
import { type Progress, type Sent, sendPlan } from "../../sdk/client/send.js";
import { type Simulation, simulate } from "../../sdk/client/simulate.js";
import { type Step, requireFeasible, stepsOf, stepsWithPermits } from "../../sdk/client/steps.js";
import { confirmed } from "./ask.js";
import { UsageError } from "./exitCodes.js";
import { table } from "./output.js";
import type { Session } from "./session.js";
import { costJson, etherText, loanJson, loansText, outlookJson, planText } from "./views.js";

/** What a plan's transactions would do and cost, found without sending them. */
interface Preview {
  readonly steps: readonly Step[];
  readonly simulation: Simulation;
  /** Undefined for a step that could not be measured. */
  readonly costs: readonly (Cost | undefined)[];
}

async function previewOf(session: Session, plan: Plan, withPermits: boolean): Promise<Preview> {
  const { client } = session;
  const steps = withPermits
    ? await stepsWithPermits(client, plan, await session.signer(plan.transaction.from))
    : stepsOf(client, plan);
  const simulation = await simulate(client, plan, steps);
  const costs: (Cost | undefined)[] = [];
  for (const [index, { transaction }] of steps.entries()) {
    const gas = simulation.gas[index];
    costs.push(gas === undefined ? undefined : await costOf(client, transaction, gas));
  }
  return { steps, simulation, costs };
}

function previewText({ steps, costs, simulation }: Preview): string {
  const cells = (cost: Cost | undefined): string[] =>
    cost === undefined
      ? ["unknown", "", "", "", ""]
      : [cost.gas.toString(), ...[cost.l2Fee, cost.l1Fee, cost.operatorFee, cost.total].map(etherText)];
  const rows = steps.map((step, index) => [step.what, ...cells(costs[index])]);
  const known = costs.filter((cost) => cost !== undefined);
  if (known.length > 1) rows.push(["together", ...cells(sumOfCosts(known))]);
  const text = table(["transaction", "gas", "L2 gas", "L1 data", "operator", "cost"], rows);
  return simulation.extent === "complete"
    ? text
    : `${text}\nThe node cannot run the action after its approval: all but the payment was simulated.`;
}

function previewJson(plan: Plan, { steps, costs, simulation }: Preview) {
  const known = costs.filter((cost) => cost !== undefined);
  return {
    dryRun: true,
    action: plan.action,
    summary: plan.summary,
    ...loanNames(plan),
    now: plan.now === undefined ? null : outlookJson(plan.now, plan.facility),
    then: plan.then === undefined ? null : outlookJson(plan.then, plan.facility),
    needs: plan.needs.map((need) => ({ kind: need.kind, what: describeNeed(need) })),
    simulated: simulation.extent,
    transactions: steps.map(({ what, transaction }, index) => {
      const cost = costs[index];
      return { what, from: transaction.from, to: transaction.to, cost: cost === undefined ? null : costJson(cost) };
    }),
    cost: known.length < steps.length ? null : costJson(sumOfCosts(known)),
  };
}

function loanNames({ loanId }: Plan) {
  if (loanId === undefined) return {};
  return { loan: { id: loanId, hex: formatLoanId(loanId), short: shortLoanId(loanId) } };
}

function progressText({ step, of, what, state, hash, block, gasUsed }: Progress): string {
  const prefix = of === 1 ? what : `${step}/${of} ${what}`;
  switch (state) {
    case "sending":
      return `${prefix}: sending…`;
    case "sent":
      return `${prefix}: sent ${hash ?? ""}`;
    case "mined":
      return `${prefix}: mined in block ${block?.toString() ?? ""}, ${gasUsed?.toString() ?? ""} gas`;
  }
}

/** Milliseconds out of --timeout. */
function timeoutOf(text: string | undefined): number {
  const seconds = Number(text ?? "120");
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw new UsageError(`--timeout "${text ?? ""}" is no number of seconds above zero`);
  }
  return seconds * 1000;
}

/** Shows a plan, asks, sends, and shows what came of it; with --dry-run only the first. */
export async function execute(session: Session, plan: Plan): Promise<void> {
  const { client, output, options } = session;
  const timeout = timeoutOf(options.timeout);
  requireFeasible(plan);
  // Without --dry-run a permit is signed once, after the confirmation; until then the approval stands in for it.
  const preview = await previewOf(session, plan, options.permit === true && options.dryRun === true);
  const about = [`This ${plan.summary}.`, planText(plan), previewText(preview)].filter((text) => text !== undefined);
  if (options.dryRun === true) {
    output.data(previewJson(plan, preview), () => [...about, "Dry run: nothing was sent."].join("\n"));
    return;
  }
  output.message(about.join("\n"));
  await confirmed(session.terminal, plan.action, options.yes === true);
  const signer = await session.signer(plan.transaction.from);
  const sent = await sendPlan(client, signer, plan, {
    approvals: options.permit === true ? "permit" : "transaction",
    timeout,
    onProgress: (progress) => output.message(progressText(progress)),
  });
  await report(session, plan, sent);
}

async function report(session: Session, plan: Plan, sent: Sent): Promise<void> {
  const { client, output } = session;
  const loan = plan.loanId === undefined ? undefined : await stillThere(session, plan.loanId);
  const json = {
    action: plan.action,
    summary: plan.summary,
    ...loanNames(plan),
    hash: sent.hash,
    transactions: sent.receipts.map(({ hash, blockNumber, gasUsed }) => ({ hash, block: blockNumber, gasUsed })),
    events: sent.events.filter(
      ({ address }) => address === loansOf(client, plan.facility.id).address || address === plan.transaction.to,
    ),
    state: loan === undefined ? null : loanJson(loan),
  };
  output.data(json, () => {
    const lines = [`Done in transaction ${sent.hash}.`];
    if (loan !== undefined) lines.push(loansText([loan]), `id: ${formatLoanId(loan.id)}\n    ${loan.id.toString()}`);
    return lines.join("\n");
  });
}

async function stillThere({ client }: Session, id: bigint) {
  try {
    return await readLoan(client, id);
  } catch (error) {
    if (error instanceof NoSuchLoan) return undefined;
    throw error;
  }
}
