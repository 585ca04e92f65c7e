import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestStatus } from "@nomicfoundation/edr";
import { expect } from "chai";
import { isIdleAtEquality } from "../tools/mutants/idle.js";
import { findInModel } from "../tools/mutants/model/find.js";
import { scoreOf } from "../tools/mutants/report.js";
import { Results, type Result } from "../tools/mutants/result.js";
import { sample } from "../tools/mutants/sample.js";
import { build } from "../tools/mutants/solidity/build.js";
import { mutate, replaced, type Mutated } from "../tools/mutants/solidity/mutate.js";
import { Runner } from "../tools/mutants/solidity/runner.js";
import type { SolcInput } from "../tools/mutants/solidity/solc.js";
import { readSurvivors, wrongEntries } from "../tools/mutants/survivors.js";
import { weave } from "../tools/mutants/weave.js";

const SMALL = `pragma solidity 0.8.37;
uint256 constant LIMIT = 100;
contract Small {
    address private immutable OWNER;
    uint256 public total;
    error TooMuch(uint256 amount, uint256 most);
    constructor() { OWNER = msg.sender; }
    modifier onlyOwner() { require(msg.sender == OWNER); _; }
    function halfUp(uint256 x) public pure returns (uint256) { return (x + 1) / 2; }
    function halfDown(uint256 x) public pure returns (uint256) { return x / 2; }
    function smaller(uint256 a, uint256 b) external pure returns (uint256) { return a < b ? a : b; }
    function add(uint256 amount) external onlyOwner {
        if (amount > LIMIT) revert TooMuch(amount, LIMIT);
        total += halfUp(amount);
    }
    function same(uint256 x) external pure returns (uint256 y) { y = x; if (x >= 7) y = x; }
}`;

/** It never asks what is above the limit, and whom the modifier keeps away. */
const SMALL_TEST = `pragma solidity 0.8.37;
import {Small} from "../contracts/Small.sol";
contract SmallTest {
    function test_adds_half_rounded_up() external {
        Small small = new Small();
        small.add(5);
        require(small.total() == 3);
        small.add(100);
        require(small.total() == 53);
    }
    function test_the_smaller_and_the_same() external {
        Small small = new Small();
        require(small.smaller(1, 2) == 1 && small.smaller(2, 1) == 1);
        require(small.same(6) == 6 && small.same(7) == 7);
    }
}`;

const input: SolcInput = {
  language: "Solidity",
  sources: { "project/contracts/Small.sol": { content: SMALL }, "project/test/Small.t.sol": { content: SMALL_TEST } },
  settings: { evmVersion: "cancun", optimizer: { enabled: false } },
};

describe("mutants of contracts", function () {
  this.timeout(120_000);
  let folder: string;
  let mutated: Mutated;
  let runner: Runner;
  const idOf = (key: string): number => {
    const mutant = mutated.mutants.placed.find((each) => each.key === key);
    if (mutant === undefined) {
      throw new Error(`no ${key} among:\n${mutated.mutants.placed.map((each) => each.key).join("\n")}`);
    }
    return mutant.id;
  };
  const failing = async (id: number): Promise<string[]> => {
    const [suite] = runner.suites;
    if (suite === undefined) throw new Error("the small source has a suite");
    const { results } = await runner.run(suite, id);
    return results.filter(({ status }) => status === TestStatus.Failure).map(({ name }) => name.replace(/\(.*/, ""));
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ballast-mutants-test-"));
    mutated = await mutate(input, (file) => file.startsWith("project/contracts/"));
    const whole = { ...input, sources: replaced(input, mutated.sources) };
    runner = await Runner.start(await build(whole, Object.keys(input.sources), folder), 8);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("finds each kind of change, and nothing in what cannot change", () => {
    const keys = mutated.mutants.placed.map(({ operator, key }) => `${operator} ${key}`);
    expect(keys).to.include.members([
      "constant file: LIMIT = 100 → LIMIT = 100 + 1",
      "comparison onlyOwner: msg.sender == OWNER → msg.sender != OWNER",
      "check onlyOwner: require(msg.sender == OWNER) → nothing",
      "modifier add: onlyOwner → nothing",
      "arithmetic halfUp: x + 1 → x - 1",
      "constant halfUp: 1 → 0",
      "check add: if (amount > LIMIT) revert TooMuch(amount, LIMIT) → nothing",
      "boundary add: amount > LIMIT → amount >= LIMIT",
      "arguments add: TooMuch(.. amount, LIMIT ..) → TooMuch(.. LIMIT, amount ..)",
      "rounding add: halfUp(amount) → halfDown(amount)",
      "arithmetic add: total += halfUp(amount) → total -= halfUp(amount)",
      "statement add: total += halfUp(amount) → nothing",
      "comparison smaller: a < b → a >= b",
    ]);
    expect(keys).not.to.include("boundary smaller: a < b → a <= b");
    expect(mutated.uncompilable.size).to.equal(0);
  });

  it("changes nothing while no mutant is on", async () => {
    expect(await failing(0)).to.deep.equal([]);
  });

  it("has known mutants killed by the tests that notice them", async () => {
    const noticed = ["test_adds_half_rounded_up"];
    for (const key of [
      "add: halfUp(amount) → halfDown(amount)",
      "halfUp: x + 1 → x - 1",
      "add: amount > LIMIT → amount >= LIMIT",
      "onlyOwner: msg.sender == OWNER → msg.sender != OWNER",
    ]) {
      expect(await failing(idOf(key)), key).to.deep.equal(noticed);
    }
    expect(await failing(idOf("smaller: a < b → a >= b"))).to.deep.equal(["test_the_smaller_and_the_same"]);
  });

  it("has survive what no test asks about, and what nobody could notice", async () => {
    for (const key of [
      "add: onlyOwner → nothing",
      "add: TooMuch(.. amount, LIMIT ..) → TooMuch(.. LIMIT, amount ..)",
      "same: x >= 7 → x > 7",
    ]) {
      expect(await failing(idOf(key)), key).to.deep.equal([]);
    }
  });

  it("knows which mutants a test comes by", async () => {
    const [suite] = runner.suites;
    if (suite === undefined) throw new Error("the small source has a suite");
    const { hits } = await runner.record(suite, ["test_adds_half_rounded_up"]);
    expect([...hits]).to.include(idOf("halfUp: x + 1 → x - 1"));
    expect([...hits]).not.to.include(idOf("smaller: a < b → a >= b"));
  });

  it("takes out what does not compile, and says so", async () => {
    // The place of a constant of more than 8 bits has no room for one more.
    const tight = `pragma solidity 0.8.37; contract Tight { function most() external pure returns (uint8) { return 255; } }`;
    const alone = { ...input, sources: { "project/contracts/Tight.sol": { content: tight } } };
    const { mutants, uncompilable } = await mutate(alone, () => true);
    const refused = mutants.placed.filter(({ id }) => uncompilable.has(id)).map(({ key }) => key);
    expect(refused).to.deep.equal(["most: 255 → 255 + 1"]);
  });
});

describe("mutants of the model", () => {
  it("finds each kind of change in TypeScript, and nothing in types", () => {
    const folder = mkdtempSync(join(tmpdir(), "ballast-mutants-test-"));
    const file = join(folder, "small.ts");
    writeFileSync(
      file,
      `export const WAD = 10n ** 18n;
type Digit = 1 | 2;
export function halfUp(x: bigint): bigint { return (x + 1n) / 2n; }
export function halfDown(x: bigint): bigint { return x / 2n; }
export function check(x: bigint, isOpen: boolean, digit: Digit = 1): bigint {
  if (x < 0n) throw new Error("negative");
  if (!isOpen || digit === 2) return 0n;
  return x > WAD ? WAD : halfUp(x);
}
`,
    );
    const { mutants } = findInModel([file]);
    rmSync(folder, { recursive: true });
    const keys = mutants.placed.map(({ operator, key }) => `${operator} ${key}`);
    expect(keys).to.include.members([
      "arithmetic WAD: 10n ** 18n → 10n * 18n",
      "arithmetic halfUp: x + 1n → x - 1n",
      'check check: if (x < 0n) throw new Error("negative"); → nothing',
      "condition check: !isOpen → isOpen",
      "condition check: !isOpen || digit === 2 → !isOpen && digit === 2",
      "boundary check: x > WAD → x >= WAD",
      "rounding check: halfUp(x) → halfDown(x)",
      "statement check: return 0n; → nothing",
    ]);
    expect(keys.filter((key) => key.includes("Digit"))).to.deep.equal([]);
  });
});

describe("mutants: weaving, lists and scores", () => {
  it("nests what is put around ranges as the ranges nest, and refuses those that cross", () => {
    const put = (start: number, end: number, name: string) => ({
      start,
      end,
      before: `<${name}>`,
      after: `</${name}>`,
      id: 0,
    });
    expect(weave("a+b*c", [put(2, 5, "y"), put(0, 5, "x"), put(2, 3, "z")])).to.equal("<x>a+<y><z>b</z>*c</y></x>");
    expect(() => weave("a+b*c", [put(0, 3, "x"), put(2, 5, "y")])).to.throw("must nest");
  });

  it("calls a choice idle at equality only where both ways give the same", () => {
    const choice = (whenTrue: string, whenFalse: string) =>
      isIdleAtEquality({ left: "a", right: "b", whenTrue, whenFalse });
    expect(choice("a", "b")).to.equal(true);
    expect(choice("a - b", "0n")).to.equal(true);
    expect(choice("a", "0")).to.equal(false);
    expect(choice("a - b", "1")).to.equal(false);
  });

  it("draws the same share again from the same seed, whatever else there is", () => {
    const all = Array.from({ length: 1_000 }, (_, index) => ({ file: "a.ts", key: `f: ${index}` }));
    const drawn = sample(all, 0.1, 7);
    expect(drawn.length).to.be.within(60, 140);
    expect(sample(all.slice(300), 0.1, 7)).to.deep.equal(drawn.filter((each) => all.indexOf(each) >= 300));
    expect(sample(all, 0.1, 8)).not.to.deep.equal(drawn);
    expect(sample(all, 1, 8)).to.deep.equal(all);
  });

  const result = (key: string, status: Result["status"]): Result => ({
    ...{ file: "contracts/A.sol", line: 1, operator: "boundary", original: "<", replacement: "<=", key, status },
    ...{ ms: 1, source: "s", tests: "t", ...(status === "killed" && { by: "a test" }) },
  });

  it("finds entries of the list of survivors that are not so", () => {
    const survivors = new Map([
      [
        "contracts/A.sol",
        new Map([
          ["lives", ""],
          ["dies", ""],
          ["gone", ""],
        ]),
      ],
    ]);
    const wrong = wrongEntries(
      survivors,
      [result("lives", "survived"), result("dies", "killed")],
      (_, key) => key !== "gone",
    );
    expect(wrong).to.have.length(2);
    expect(wrong[0]).to.contain('"dies"').and.to.contain("a test kills it");
    expect(wrong[1]).to.contain('"gone"').and.to.contain("no such mutant");
  });

  it("counts explained survivors apart, and what is no program not at all", () => {
    const all = [result("a", "killed"), result("b", "timeout"), result("c", "survived"), result("d", "unreached")];
    const survivors = new Map([["contracts/A.sol", new Map([["c", "the same either way"]])]]);
    const score = scoreOf("all", [...all, result("e", "uncompilable")], survivors);
    expect(score).to.include({
      mutants: 4,
      killed: 1,
      timeout: 1,
      equivalent: 1,
      open: 1,
      unreached: 1,
      uncompilable: 1,
    });
    expect([score.raw, score.score]).to.deep.equal([50, 66.7]);
  });

  it("goes on where it stopped: the dead stay so while their file stands, the living also need the same tests", () => {
    const folder = mkdtempSync(join(tmpdir(), "ballast-mutants-test-"));
    const path = join(folder, "results.jsonl");
    const first = new Results(path, false);
    for (const each of [result("dead", "killed"), result("alive", "survived")]) first.add(each);
    const mutant = (key: string) => ({ ...result(key, "killed"), id: 1 });
    const again = new Results(path, true);
    expect(again.of(mutant("dead"), "s", "other tests")?.status).to.equal("killed");
    expect(again.of(mutant("dead"), "changed", "t")).to.equal(undefined);
    expect(again.of(mutant("alive"), "s", "t")?.status).to.equal("survived");
    expect(again.of(mutant("alive"), "s", "other tests")).to.equal(undefined);
    rmSync(folder, { recursive: true });
  });

  it("keeps a reason for every survivor that it lists", () => {
    for (const reasons of readSurvivors("test/tools/mutants/survivors.json5").values()) {
      for (const reason of reasons.values()) expect(reason.length).to.be.above(9);
    }
  });
});
