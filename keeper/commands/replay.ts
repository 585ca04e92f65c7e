import type { Command } from "commander";
import { DecisionLog } from "../account/decisionLog.js";
import { liquidatorOf } from "../boot.js";
import { GROUPS } from "../config/field.js";
import { InvalidConfig } from "../errors.js";
import { DrySender } from "./drySender.js";
import { configured } from "./configured.js";
import { inspect } from "./inspect.js";
import type { Io } from "./io.js";
import { asOption, operatorFor } from "./monitor.js";
import { jsonOption, parseBlock, print, table, toJson } from "./output.js";
import { PastRpc } from "./pastRpc.js";
import { type Options, openSession } from "./session.js";

const GROUPS_OF_PLANNING = GROUPS.filter((group) => ["Chain", "What pays", "Transactions", "Errands"].includes(group));

export function replayCommand(program: Command, io: Io): void {
  const command = program
    .command("replay")
    .description("what it would have done in blocks of the past; sends nothing, needs no key")
    .requiredOption("--from <block>", "first block")
    .requiredOption("--to <block>", "last block")
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: Options) => replay(options, io));
  configured(command, {
    groups: GROUPS_OF_PLANNING,
    about: `The node must keep the state of those blocks (an archive). Every block is decided on what was known at it, by the same code as
when it was new, and as if nothing had been sent before: a loan that would have been liquidated is so again in the next block
unless somebody did. What is listed is what changed from one block to the next.`,
  });
}

async function replay({ from, to, as, json, ...options }: Options, io: Io): Promise<void> {
  const [first, last] = [parseBlock(from, "--from"), parseBlock(to, "--to")];
  if (last < first) throw new InvalidConfig(`--to ${last} is before --from ${first}`);
  const session = openSession(options, io);
  const { config, deployment, node, rpc } = session;
  const liquidator = liquidatorOf(config.liquidator, deployment);
  const operator = await operatorFor(as, node, deployment, liquidator);
  const past = new PastRpc(rpc, first);
  const log = new DecisionLog();
  const changes: { block: number; timestamp: number; loan: string; action: string; reason: string }[] = [];
  const counts: Record<string, number> = {};
  const sender = new DrySender(node, operator);
  await inspect({
    ...{ session, rpc: past, operator, liquidator, sender },
    hint: "Replaying needs a node that keeps the state of old blocks (an archive)",
    onDecided: ({ block, timestamp, actions }) => {
      const notes = actions.map(({ loan, action, reason, ...figures }) => ({ subject: loan, action, reason, figures }));
      for (const { subject, action, details } of log.news(block, timestamp, notes)) {
        changes.push({ block, timestamp, loan: subject, action, reason: String(details.reason) });
      }
      for (const { action } of actions) counts[action] = (counts[action] ?? 0) + 1;
      if (block >= last) return "stop";
      past.moveTo(block + 1);
      return undefined;
    },
  });
  if (json === true)
    return print(io, toJson({ from: first, to: last, operator, liquidator, changes, decisions: counts }));
  if (changes.length === 0) return print(io, `Nothing was to be done in blocks ${first} to ${last}.`);
  const rows = changes.map(({ block, loan, action, reason }) => [String(block), loan, action, reason]);
  print(io, table(["#block", "loan", "would have", "why"], rows));
}
