import type { Command } from "commander";
import { formatLoanId, parseLoanId } from "../../sdk/client/loanIds.js";
import { readDeployment } from "../../sdk/client/deploymentFile.js";
import { InvalidConfig } from "../errors.js";
import type { JournalTransaction, StoredDecision, StoredResult } from "../store/store.js";
import { configured } from "./configured.js";
import { EXIT } from "./exit.js";
import type { Io } from "./io.js";
import { jsonOption, print, table, toJson } from "./output.js";
import { type Options, configOf } from "./session.js";
import { storeOf } from "./start.js";

const GROUPS = ["Store and leadership"] as const;
const DECISIONS = 200;

export function explainCommand(program: Command, io: Io): void {
  const command = program
    .command("explain")
    .description("what was decided about a loan, when and why, what was sent and what came of it")
    .argument("<loan>", "its id, in decimal or 0x hex")
    .addOption(jsonOption())
    .action(async (loan: string, options: Options) => explain(loan, options, io));
  configured(command, {
    groups: GROUPS,
    others: ["deployment"],
    about: `It reads what the keeper wrote down while it decided, and computes nothing anew. An entry stands for all blocks until the next
one: a loan that is left for the same reason at a hundred blocks is one entry, with the figures of the first.`,
  });
}

async function explain(text: string, { json, ...options }: Options, io: Io): Promise<void> {
  const config = configOf(options, io.environment);
  const subject = subjectOf(text);
  const store = await storeOf({ config, deployment: readDeployment(config.deployment) }, true);
  try {
    const decisions = await store.decisions.about(subject, DECISIONS);
    const transactions = await store.journal.about(subject);
    const results = (await store.results.between(0, Number.MAX_SAFE_INTEGER)).filter((one) => one.subject === subject);
    const isKnown = decisions.length + transactions.length + results.length > 0;
    if (!isKnown) io.exitCode = EXIT.findings;
    if (json === true) print(io, toJson({ loan: subject, decisions, transactions, results }));
    else if (isKnown) print(io, told(subject, decisions, transactions, results));
    else print(io, `Nothing is known of loan ${subject}: while this keeper ran it was never near its limit.`);
  } finally {
    await store.close();
  }
}

function subjectOf(text: string): string {
  try {
    return formatLoanId(parseLoanId(text));
  } catch (error) {
    throw new InvalidConfig(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function told(
  subject: string,
  decisions: readonly StoredDecision[],
  transactions: readonly JournalTransaction[],
  results: readonly StoredResult[],
): string {
  const parts = [`Loan ${subject}`];
  if (decisions.length > 0) {
    const rows = decisions.map(({ block, timestamp, action, details }) => {
      const { reason, ...figures } = details;
      return [`${block}\n${timeText(timestamp)}`, action, `${String(reason)}\n${figuresText(figures)}`];
    });
    parts.push(
      "\nDecided:",
      table(["from block (UTC)", "action", "why, with the figures it rests on"], rows, [22, 12, 84]),
    );
  }
  if (transactions.length > 0) {
    const rows = transactions.map(({ nonce, intent, state, attempts, intendedAt, minedBlock, why }) => [
      timeText(intendedAt / 1_000),
      `${intent.kind}, nonce ${nonce}`,
      attempts.map(({ hash }) => hash).join("\n"),
      `${state}${minedBlock === undefined ? "" : ` in block ${minedBlock}`}${why === undefined ? "" : `: ${why}`}`,
    ]);
    parts.push("\nSent:", table(["at (UTC)", "what", "transactions", "state"], rows));
  }
  if (results.length > 0) {
    const rows = results.map(({ block, timestamp, kind, outcome, grossProfit, feesInLoanAsset, feesWei, details }) => [
      `${block}\n${timeText(timestamp)}`,
      kind,
      outcome,
      grossProfit,
      feesInLoanAsset ?? `${feesWei} wei`,
      typeof details.why === "string" ? details.why : "",
    ]);
    const head = ["block (UTC)", "what", "outcome", "#earned, units", "#fees, units", "why"];
    parts.push("\nCame of it:", table(head, rows));
  }
  return parts.join("\n");
}

const timeText = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace("T", " ").slice(0, 19);
const figuresText = (figures: Readonly<Record<string, unknown>>): string =>
  Object.entries(figures)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
