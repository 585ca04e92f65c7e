// npm run -s bench:keeper-race [-- --loans 100 --minutes 1 --seed 1 --json]: the keeper and a plain bot, one after the other, on
// the same devnet, book and crash; and the keeper's latency from the block that carries the price to the transaction accepted.
//
// Method: both run as processes of their own against the same kind of proxy, which only counts; they share code with the
// harness's machine, not with each other. The chain makes its blocks by the clock on the wall whatever they do. What a loan is,
// whether it could be liquidated, and what became of it is read from the chain's own contracts.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { compile } from "../../../scenarios/compile.js";
import { jsonOf } from "../../chaos/json.js";
import { number, optionsOf, seed } from "../../chaos/options.js";
import { CONTESTANTS, type ContestantName } from "./contestants.js";
import { type RaceResult, race } from "./race.js";
import { latencyTable, raceTable, summaryOf } from "./tables.js";

const command = new Command("bench:keeper-race")
  .description("The keeper beside a plain bot on the same crash: loans sold in time, profit, requests, time to react.")
  .option("--loans <n>", "loans, a fifth of them term loans", number, 100)
  .option("--seed <n>", "of book and prices", seed, 1)
  .option("--minutes <n>", "how long the crash lasts, for each of the two", number, 1)
  .option("--block-ms <n>", "between blocks", number, 1_000)
  .option("--fall <percent>", "what the price loses", number, 30)
  .option("--ether-price <dollars>", "at which fees are counted", number, 2_000)
  .addOption(new Option("--only <name>", "only one of them").choices([...CONTESTANTS]))
  .option("--log <file>", "where what both say goes", join(tmpdir(), "keeper-race.log"))
  .option("--json", "figures as JSON on stdout")
  .option("--out <file>", "the same JSON in a file");
interface Options {
  loans: number;
  seed: number;
  minutes: number;
  blockMs: number;
  fall: number;
  etherPrice: number;
  only?: ContestantName;
  log: string;
  json?: boolean;
  out?: string;
}
const { fall: fallPercent, only, json, out, ...rest } = optionsOf<Options>(command);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

await compile(say);
const results: RaceResult[] = [];
for (const name of CONTESTANTS.filter((one) => only === undefined || one === only))
  results.push(await race(name, { ...rest, fallPercent, say }));

const summary = jsonOf({ options: { ...rest, fallPercent }, results: results.map(summaryOf) });
if (out !== undefined) writeFileSync(out, `${summary}\n`);
if (json === true) process.stdout.write(`${summary}\n`);
else {
  process.stdout.write(`${raceTable(results)}\n`);
  // Each runs alone, on a chain of its own.
  say(
    "The incentive grows as a loan's health falls: alone, a late seller earns more. Beside a keeper in time it earns nothing.",
  );
  const keeper = results.find(({ name }) => name === "keeper");
  if (keeper !== undefined) process.stdout.write(`${latencyTable(keeper)}\n`);
}
