// npm run test:two-keepers -- [--rounds 5]: two keepers with one account on one PostgreSQL. The one that leads is stopped (SIGSTOP)
// with a signed transaction on its way; the other takes over; then the first is woken, and what it had on its way arrives.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { TestPostgres } from "../ts/keeper/support/postgres.js";
import { jsonOf } from "./json.js";
import { number, optionsOf, seed } from "./options.js";
import { takeOverRounds } from "./takeOver/rounds.js";

const command = new Command("test:two-keepers")
  .description(
    "Freezes the leading one of two keepers between sign and send, lets the other take over, and wakes the first.",
  )
  .option("--rounds <n>", "how often", number, 3)
  .option("--seed <n>", "of book and prices", seed, 1)
  .option("--out <folder>", "where the keepers' logs and the result go", "out/two-keepers");
const { rounds, seed: drawn, out } = optionsOf<{ rounds: number; seed: number; out: string }>(command);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const postgres = await TestPostgres.start();
if (postgres === undefined) {
  say("skipped: it takes an installed PostgreSQL (Debian: postgresql)");
} else {
  try {
    mkdirSync(out, { recursive: true });
    const results = await takeOverRounds({ rounds, seed: drawn, database: await postgres.database(), out, say });
    writeFileSync(join(out, "result.json"), jsonOf({ seed: drawn, results }));
    const head = [
      "round",
      "loans due",
      "sold once",
      "not sold",
      "twice",
      "taken over after, s",
      "late bytes that landed",
    ];
    const table = new Table({ head, style: { head: [], border: [] } });
    for (const [index, one] of results.entries())
      table.push([
        index + 1,
        one.due,
        one.once,
        one.never,
        one.twice,
        (one.takeOverMs / 1_000).toFixed(1),
        one.lateLanded,
      ]);
    process.stdout.write(`${table.toString()}\n`);
    if (results.some(({ never, twice }) => never + twice > 0)) process.exitCode = 1;
  } finally {
    await postgres.remove();
  }
}
