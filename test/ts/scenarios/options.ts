import { expect } from "chai";
import { EXIT, parseOptions, type ReplayOptions, type YearOptions } from "../../../scenarios/options.js";
import { MARCH_2020 } from "../../../scenarios/prices/files.js";

/** What the command line answers, and what it says on the way. */
function run(...args: string[]): { result: ReplayOptions | YearOptions | number; said: string } {
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((stream) => stream.write.bind(stream));
  let said = "";
  for (const stream of streams)
    stream.write = (text: string) => {
      said += text;
      return true;
    };
  try {
    return { result: parseOptions(["node", "main.ts", ...args]), said };
  } finally {
    streams.forEach((stream, i) => (stream.write = writes[i]!));
  }
}

describe("scenarios: the command line", () => {
  it("without options replays the built-in crash with 60 loans", () =>
    expect(run().result).to.deep.equal({
      ...{ scenario: "crash", prices: MARCH_2020, loans: 60, seed: 1, blockTimeSeconds: 2, stepsALeg: 6, out: "out" },
    }));

  it("takes every option", () =>
    expect(
      run("--prices", "a.csv", "--loans", "8", "--seed=0", "--block-time", "0.2", "--gap", "--out", "/tmp/x").result,
    ).to.deep.equal({
      scenario: "crash",
      prices: "a.csv",
      loans: 8,
      seed: 0,
      blockTimeSeconds: 0.2,
      stepsALeg: 1,
      out: "/tmp/x",
    }));

  it("a year takes loans, seed and a folder", () =>
    expect(run("--scenario", "year", "--seed", "3").result).to.deep.equal({
      ...{ scenario: "year", loans: 60, seed: 3, days: 365, out: "out" },
    }));

  it("--help names every option and exit code, and is no error", () => {
    const { result, said } = run("--help");
    expect(result).to.equal(EXIT.ok);
    for (const word of ["--scenario", "--prices", "--loans", "--seed", "--block-time", "--gap", "--out", "Exit codes"])
      expect(said).to.include(word);
  });

  for (const [args, message] of [
    [["--loans", "2"], "It must be a whole number from 3 to 500."],
    [["--loans", "six"], "argument 'six' is invalid"],
    [["--seed", "-1"], "whole number from 0"],
    [["--block-time", "0"], "seconds from 0.1 to 12"],
    [["--block-time", "1e1"], "seconds from 0.1 to 12"],
    [["--speed"], "unknown option '--speed'"],
    [["prices.csv"], "too many arguments"],
    [["--scenario", "war"], "Allowed choices are crash, year"],
    [
      ["--scenario", "year", "--gap", "--prices", "a.csv"],
      "--prices and --gap can only be given with --scenario crash",
    ],
    [["--days", "90"], "--days can only be given with --scenario year"],
    [["--scenario", "year", "--days", "59"], "whole number from 60 to 365"],
    [["--scenario", "year", "--loans", "9"], "give at least 10"],
  ] as const)
    it(`refuses ${args.join(" ")} and says why`, () => {
      const { result, said } = run(...args);
      expect(result).to.equal(EXIT.usage);
      expect(said).to.include(message);
    });
});
