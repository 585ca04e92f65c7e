// npm run test:kill -- [--rounds 20] [--seed N]: kills the keeper outright at known moments of a transaction's life and at random
// ones, starts it again, and asks the chain whether anything was done twice or not at all.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import { Command } from "commander";
import { jsonOf } from "./json.js";
import { killRounds, MOMENTS } from "./kill/rounds.js";
import { number, optionsOf, seed } from "./options.js";

const command = new Command("test:kill")
  .description(`Kills the keeper with SIGKILL at these moments: ${Object.values(MOMENTS).join("; ")}.`)
  .option("--rounds <n>", "kills at each moment", number, 5)
  .option("--seed <n>", "of the random moments", seed)
  .option("--out <folder>", "where the keeper's log and the result go", "out/kill");
const { rounds, out, ...given } = optionsOf<{ rounds: number; seed?: number; out: string }>(command);
const drawn = given.seed ?? Math.floor(Math.random() * 2 ** 32);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
say(`seed ${drawn}`);
mkdirSync(out, { recursive: true });
const keeperLog = join(out, "keeper.log");
writeFileSync(keeperLog, "");

const results = await killRounds({ rounds, seed: drawn, keeperLog, say });
writeFileSync(join(out, "result.json"), jsonOf({ seed: drawn, results }));
const table = new Table({
  head: ["killed", "rounds", "sold once", "not sold", "twice", "ms until all is settled, p50"],
  style: { head: [], border: [] },
});
for (const { moment, rounds: all, once, never, twice, startMs } of results)
  table.push([MOMENTS[moment], all, once, never, twice, startMs.toFixed(0)]);
process.stdout.write(`${table.toString()}\n`);
if (results.some(({ never, twice }) => never + twice > 0)) process.exitCode = 1;
