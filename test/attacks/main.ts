// npm run attacks [-- --json --only C10,C17]: what cost others their money, tried against Ballast, and against a market without
// the guards for contrast. Exit code 1 where an attacker ends with a profit.
import { Command } from "commander";
import { compile } from "../../scenarios/compile.js";
import { list } from "../chaos/options.js";
import { table, toJson } from "../../scripts/cli/output.js";
import { ATTACKS, Arena, type Result } from "./run.js";

const { json, only } = new Command("attacks")
  .description(
    "Tries what cost other lenders their money against Ballast's own contracts: every attack must fail or cost its author.",
  )
  .option("--only <ids>", "faults of docs/faults.md, for example C10,C17", list)
  .option("--json", "results as JSON on stdout")
  .parse()
  .opts<{ only?: string[]; json?: boolean }>();

/** To the cent, or to the unit where it is less than one. */
const dollars = (units: bigint): string => {
  const cents = units !== 0n && units > -10_000n && units < 10_000n ? 6 : 2;
  return (Number(units) / 1e6).toLocaleString("en", { minimumFractionDigits: cents, maximumFractionDigits: cents });
};
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const chosen = ATTACKS.filter(({ fault }) => only === undefined || only.includes(fault));
const unknown = (only ?? []).filter((id) => ATTACKS.every(({ fault }) => fault !== id));
if (unknown.length > 0) {
  say(
    `No attack tries ${unknown.join(", ")}. There are: ${[...new Set(ATTACKS.map(({ fault }) => fault))].join(", ")}.`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  await compile(say);
  const arena = await Arena.open();
  const results: Result[] = [];
  for (const attack of chosen) {
    say(`${results.length + 1}/${chosen.length} ${attack.fault} ${attack.name}`);
    results.push(await arena.try(attack));
  }
  await arena.close();

  if (json === true) process.stdout.write(`${toJson(results.map(flat))}\n`);
  else process.stdout.write(`${tableOf(results)}\n`);
  const won = results.filter(({ outcome }) => outcome.profit > 0n);
  for (const { attack, outcome } of won) say(`${attack.fault} ${attack.name}: a profit of ${dollars(outcome.profit)}.`);
  if (won.length > 0) process.exitCode = 1;
}

function flat({ attack, outcome, unguardedProfit }: Result) {
  const { fault, name, precedent, tries } = attack;
  return { fault, name, precedent, tries, ...outcome, unguardedProfit };
}

function tableOf(all: readonly Result[]): string {
  const rows = all.map(({ attack, outcome, unguardedProfit }) => {
    const { protocol, year, lossUsd, source } = attack.precedent;
    const loss = lossUsd === undefined ? "" : `, ${(lossUsd / 1e6).toLocaleString("en")} million dollars`;
    const about = [attack.name, `${protocol}, ${year}${loss}`, source, `tried: ${attack.tries}`];
    const ends = outcome.refusals.length === 0 ? "nothing refused" : [...new Set(outcome.refusals)].join("\n");
    return [
      attack.fault,
      about.map((text) => folded(text, 70)).join("\n"),
      ends,
      dollars(outcome.profit),
      dollars(unguardedProfit),
    ];
  });
  const head = ["fault", "attack, and where it happened", "refused with", "profit here", "unguarded"];
  return table(head, rows, 3);
}

/** Broken between words into lines of that many characters; a longer word stays whole. */
function folded(text: string, width: number): string {
  return text
    .split(" ")
    .reduce<string[]>((lines, word) => {
      const last = lines.at(-1);
      if (last === undefined || last.length + 1 + word.length > width) return [...lines, word];
      return [...lines.slice(0, -1), `${last} ${word}`];
    }, [])
    .join("\n");
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
