import { type Command, Option } from "commander";
import type { Deployment } from "../../sdk/client/deployment.js";
import { readDeployment } from "../../sdk/client/deploymentFile.js";
import { type LedgerRow, byDay, byLoan, inAll } from "../account/ledger.js";
import { amountText, exactText } from "../serve/amountText.js";
import { configured } from "./configured.js";
import type { Io } from "./io.js";
import { csv, jsonOption, parseTime, print, table, toJson } from "./output.js";
import { type Options, configOf } from "./session.js";
import { storeOf } from "./start.js";

const GROUPS = ["Store and leadership"] as const;

export function reportCommand(program: Command, io: Io): void {
  const command = program
    .command("report")
    .description("realised profit by day and by loan, from what is booked; asks no node")
    .option("--from <day>", "first day, or second since 1970 (default: the first there is)")
    .option("--to <day>", "day, or second, before which it ends (default: the last there is)")
    .addOption(new Option("--by <what>", "how it is summed up").choices(["day", "loan", "all"]).default("day"))
    .addOption(new Option("--csv", "comma-separated values instead of a table").conflicts("json"))
    .addOption(jsonOption())
    .action(async (options: Options) => reportProfit(options, io));
  configured(command, {
    groups: GROUPS,
    others: ["deployment"],
    about: `Amounts are whole loan assets, fees also in ether; the JSON has them in the smallest unit and in wei. "earned" is what sales
and orders left, "left" that less all fees, those of lost races and cancelled transactions included. Fees that could not be
counted in the loan asset, as no price of ether was to be had, are in the column of ether alone, and "unpriced" counts them.`,
  });
}

async function reportProfit({ from, to, by, csv: isCsv, json, ...options }: Options, io: Io): Promise<void> {
  const config = configOf(options, io.environment);
  const deployment = readDeployment(config.deployment);
  const first = typeof from === "string" ? parseTime(from, "--from") : 0;
  const end = typeof to === "string" ? parseTime(to, "--to") : Number.MAX_SAFE_INTEGER;
  const store = await storeOf({ config, deployment }, true);
  try {
    const results = await store.results.between(first, end);
    const rows = { day: byDay, loan: byLoan, all: inAll }[by as "day" | "loan" | "all"](results);
    const total = inAll(results);
    if (json === true) print(io, toJson({ from: first, to: typeof to === "string" ? end : null, by, rows, total }));
    else if (isCsv === true)
      print(
        io,
        csv(
          HEAD(by),
          rows.map((row) => cells(row, deployment, true)),
        ),
      );
    else if (rows.length === 0) print(io, "Nothing is booked in that time.");
    else {
      const sums =
        by === "all" || rows.length === 1 ? [] : total.map((row) => cells({ ...row, key: "together" }, deployment));
      print(io, table(HEAD(by), [...rows.map((row) => cells(row, deployment)), ...sums]));
    }
  } finally {
    await store.close();
  }
}

const HEAD = (by: unknown): string[] => [
  ...[String(by), "asset", "#done", "#other", "#repaid", "#earned", "#fees", "#left", "#fees in ether", "#unpriced"],
];

function cells(row: LedgerRow, { tokens }: Deployment, isExact = false): string[] {
  const { symbol, decimals } = tokens[row.loanAsset] ?? { symbol: row.loanAsset, decimals: 0 };
  const units = (amount: bigint): string => (isExact ? exactText(amount, decimals) : amountText(amount, decimals));
  const ether = isExact ? exactText(row.feesWei, 18) : amountText(row.feesWei, 18, 6);
  const amounts = [row.repaid, row.grossProfit, row.fees, row.netProfit].map(units);
  return [row.key, symbol, String(row.done), String(row.other), ...amounts, ether, String(row.unpriced)];
}
