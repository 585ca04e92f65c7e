import { type Command, Option } from "commander";
import { liquidatorOf } from "../boot.js";
import type { Rpc } from "../chain/rpc.js";
import { oracleAt, read } from "../chain/contracts.js";
import { GROUPS } from "../config/field.js";
import { KEY_VARIABLE } from "../config/fields.js";
import { InvalidConfig, KeeperError } from "../errors.js";
import { openSigners } from "../keys/open.js";
import { amountText } from "../serve/amountText.js";
import { configured } from "./configured.js";
import { EXIT } from "./exit.js";
import { type Decided, inspect } from "./inspect.js";
import type { Io } from "./io.js";
import { asOption, operatorFor } from "./monitor.js";
import { jsonOption, print, table, toJson } from "./output.js";
import { Fork } from "./rehearse/fork.js";
import { Pools } from "./rehearse/pools.js";
import { type LoanRehearsal, Programme, type Step } from "./rehearse/programme.js";
import { type Rehearsed, StageSender } from "./rehearse/stageSender.js";
import { stubOracle } from "./rehearse/stubOracle.js";
import { type Options, type Session, openSession } from "./session.js";

const GROUPS_OF_PLANNING = GROUPS.filter((group) =>
  ["Chain", "Keys", "What pays", "Transactions", "Errands"].includes(group),
);
const WAD = 10n ** 18n;

/** Nothing that waiting would mend. */
class RehearsalFailed extends KeeperError {}
const DAY = 86_400;

export function rehearseCommand(program: Command, io: Io): void {
  const command = program
    .command("rehearse")
    .description(
      "on a fork or a devnet: let the price fall and time pass, liquidate every loan, and say what would fail",
    )
    .option("--step-percent <percent>", "by which the price falls at each step", "5")
    .option("--down-to-percent <percent>", "of today's price, to which it falls", "20")
    .option("--days <days>", "that pass afterwards, at today's price, so that term loans fall due; 0 for none", "0")
    .option("--step-days <days>", "that pass at each step", "10")
    .addOption(
      new Option("--market <how>", "whether pools follow the oracle").choices(["follows", "stays"]).default("follows"),
    )
    .addOption(asOption())
    .addOption(jsonOption())
    .action(async (options: Options) => rehearse(options, io));
  configured(command, {
    groups: GROUPS_OF_PLANNING,
    about: `It works on Anvil and Hardhat only and refuses any other node. What it changes (the oracles' code, the pools' prices, the clock)
is put back at the end by evm_revert, however it ends. It needs no key: it acts as the operator of the key it is given, of
--as, or as the Liquidator's owner. Liquidations are planned by the keeper's own code, sent, and looked at.`,
  });
}

async function rehearse({ as, json, market, ...rest }: Options, io: Io): Promise<void> {
  const { stepPercent, downToPercent, days, stepDays, ...options } = rest;
  const falls = {
    step: number(stepPercent, "--step-percent", 0.1, 90),
    to: number(downToPercent, "--down-to-percent", 1, 99),
  };
  const passes = { days: number(days, "--days", 0, 36_500), step: number(stepDays, "--step-days", 1, 3_650) };
  const session = openSession(options, io);
  const { config, deployment, node, rpc } = session;
  const fork = await Fork.at(rpc);
  const liquidator = liquidatorOf(config.liquidator, deployment);
  const hasKey = config.keys[0] ?? config.keyFile ?? config.keystore ?? io.environment[KEY_VARIABLE];
  const known = as ?? (hasKey === undefined ? undefined : (await openSigners(config, io.environment))[0].address);
  const operator = await operatorFor(known, node, deployment, liquidator);

  const loans: LoanRehearsal[] = [];
  const transactions: Rehearsed[] = [];
  let marketText = "stayed";
  // By price and by date, each from the state there is now.
  for (const steps of [priceSteps(falls), timeSteps(passes)].filter(({ length }) => length > 0)) {
    const before = await fork.snapshot();
    try {
      await fork.impersonate(operator);
      const pools = market === "stays" ? undefined : await Pools.of(session, fork);
      if (pools !== undefined)
        marketText = pools.fixedBecause === "" ? "followed the oracle" : `stayed: ${pools.fixedBecause}`;
      const done = await perform(session, { fork, pools, steps, operator, liquidator });
      loans.push(...done.loans);
      transactions.push(...done.ended);
    } finally {
      await fork.revert(before);
    }
  }
  if (loans.some(({ problem }) => problem !== "")) io.exitCode = EXIT.findings;
  if (json === true) return print(io, toJson({ operator, liquidator, market: marketText, loans, transactions }));
  print(io, summary(session, loans, marketText));
}

/** The price falls by the same part each time. */
function priceSteps({ step, to }: { step: number; to: number }): Step[] {
  const steps: Step[] = [{ kind: "price", ratioWad: WAD, seconds: 0, label: "100 % of the price" }];
  const part = BigInt(Math.round((100 - step) * 1e6));
  const least = (WAD * BigInt(Math.round(to * 1e6))) / 100_000_000n;
  for (let ratioWad = (WAD * part) / 100_000_000n; ratioWad >= least; ratioWad = (ratioWad * part) / 100_000_000n) {
    steps.push({ kind: "price", ratioWad, seconds: 0, label: `${amountText(ratioWad, 16, 1)} % of the price` });
  }
  return steps;
}

/** At today's price again, so that what happens is by date. */
function timeSteps({ days, step }: { days: number; step: number }): Step[] {
  const steps: Step[] = [];
  for (let day = step; day <= days; day += step) {
    steps.push({ kind: "time", ratioWad: WAD, seconds: step * DAY, label: `day ${day}` });
  }
  return steps;
}

interface Performance {
  readonly fork: Fork;
  readonly pools: Pools | undefined;
  readonly steps: readonly Step[];
  readonly operator: string;
  readonly liquidator: string;
}

async function perform(session: Session, { fork, pools, steps, operator, liquidator }: Performance) {
  const { deployment, node, rpc } = session;
  const oracles = new Map<string, bigint>();
  for (const { oracle } of deployment.facilities) {
    if (!oracles.has(oracle)) oracles.set(oracle, await read(node, oracleAt(oracle), "price", []));
  }
  const programme = new Programme(steps, async ({ ratioWad, seconds }) => {
    for (const [oracle, priceE36] of oracles) await fork.setCode(oracle, stubOracle((priceE36 * ratioWad) / WAD));
    await pools?.moveTo(ratioWad);
    if (seconds > 0) await fork.pass(seconds);
    else await fork.mine();
  });
  const sender = new StageSender({
    ...{ fork, node, operator, liquidator },
    managers: [deployment.loanManager, deployment.termLoanManager],
  });
  await programme.begin();
  let advancing: Promise<void> = Promise.resolve();
  // The keeper looks for a block only after the step that makes it.
  const paced: Rpc = {
    request: async (method, params) => {
      await advancing;
      return rpc.request(method, params);
    },
    together: async (questions) => {
      await advancing;
      return rpc.together(questions);
    },
  };
  await inspect({
    ...{ session, rpc: paced, operator, liquidator, sender },
    hint: "Where the market has no depth so far down, try a higher --down-to-percent, or --market stays",
    onDecided: (decided: Decided) => {
      programme.note(decided.actions, sender.ended);
      if (programme.isOver(decided.sent.length)) return "stop";
      advancing = programme
        .goOn(decided.sent.length, () => fork.mine())
        .catch((cause: unknown) => {
          throw new RehearsalFailed(`the fork did not take a step: ${String(cause)}`, { cause });
        });
      // Whoever asks next hears of it.
      advancing.catch(() => undefined);
      return undefined;
    },
  });
  return { loans: programme.loans, ended: sender.ended };
}

function summary({ deployment }: Session, loans: readonly LoanRehearsal[], market: string): string {
  if (loans.length === 0) return "No loan came near its limit.";
  const rows = loans.map(({ loan, facility, firstAt, liquidations, grossProfit, gasUsed, problem }) => {
    const asset = deployment.facilities.find(({ id }) => id === facility)?.loanAsset ?? "";
    const { symbol, decimals } = deployment.tokens[asset] ?? { symbol: "", decimals: 0 };
    const earned = `${amountText(grossProfit, decimals)} ${symbol}`;
    return [loan, firstAt, String(liquidations), earned, String(gasUsed), problem === "" ? "ok" : problem];
  });
  const failing = loans.filter(({ problem }) => problem !== "").length;
  const head = ["loan", "liquidatable at", "#liquidations", "#earned before fees", "#gas", "what would fail"];
  return `${table(head, rows)}\n${loans.length} loans, ${failing} with something that would fail. The market ${market}.`;
}

function number(text: unknown, option: string, least: number, most: number): number {
  const value = typeof text === "string" && text.trim() !== "" ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidConfig(`${option} ${String(text)} is not between ${least} and ${most}`);
}
