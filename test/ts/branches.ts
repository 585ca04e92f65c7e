import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestStatus } from "@nomicfoundation/edr";
import { expect } from "chai";
import { instrument, type Instrumented } from "../tools/branches/instrument.js";
import { describe as drawn, reportOf } from "../tools/branches/report.js";
import type { Side } from "../tools/branches/side.js";
import { readUnreachable, wrongEntries } from "../tools/branches/unreachable.js";
import { build } from "../tools/mutants/solidity/build.js";
import { Runner } from "../tools/mutants/solidity/runner.js";
import type { SolcInput } from "../tools/mutants/solidity/solc.js";

const FILE = "project/contracts/Small.sol";
const SMALL = `pragma solidity 0.8.37;
interface Asked { function answer() external view returns (uint256); }
contract Small {
    bool private constant OPEN = 1 < 2 && true;
    uint256[] private _list;
    // Größer: an offset in bytes is none in characters.
    function larger(uint256 a, uint256 b) external pure returns (uint256) { return a > b ? a : b; }
    function check(uint256 x, bool isOpen) external pure {
        require((x < 10 || isOpen) && OPEN, "closed");
        assert(x != 99);
        if (x == 0) revert("zero");
    }
    function loops(uint256 n) external returns (uint256 sum) {
        for (uint256 i; i < n; ++i) sum += i;
        for (;;) { if (sum > 0) break; else ++sum; }
        while (sum > 100) sum -= 100;
        do { _list.push(sum); } while (_list.length < 2);
        assembly { if gt(sum, 50) { sum := 50 } }
    }
    function ask(Asked other) external view returns (uint256) {
        try other.answer() returns (uint256 x) { return x; } catch Error(string memory) { return 1; } catch { return 2; }
    }
}`;
const SMALL_TEST = `pragma solidity 0.8.37;
import {Asked, Small} from "../contracts/Small.sol";
contract SmallTest {
    function answer() external pure returns (uint256) { return 7; }
    function test_small() external {
        Small small = new Small();
        require(small.larger(2, 1) == 2);
        small.check(3, false);
        require(small.loops(3) == 3);
        require(small.ask(Asked(address(this))) == 7);
        require(small.ask(Asked(address(small))) == 2);
        (bool done, ) = address(small).call(abi.encodeCall(Small.check, (0, true)));
        require(!done);
    }
}`;
const input: SolcInput = {
  language: "Solidity",
  sources: { [FILE]: { content: SMALL }, "project/test/Small.t.sol": { content: SMALL_TEST } },
  settings: { evmVersion: "cancun", optimizer: { enabled: false } },
};

describe("branch coverage", function () {
  this.timeout(60_000);
  let folder: string;
  let marked: Instrumented;
  let taken: ReadonlySet<number>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "ballast-branches-test-"));
    marked = await instrument(input, (file) => file === FILE);
    const runner = await Runner.start(await build(marked.in(input), Object.keys(input.sources), folder), 1);
    const [suite] = runner.suites;
    if (suite === undefined) throw new Error("the small source has a suite");
    const { results, hits } = await runner.record(suite);
    expect(results.map(({ status }) => status)).to.deep.equal([TestStatus.Success]);
    taken = hits;
  });
  after(() => rmSync(folder, { recursive: true }));

  it("finds both sides of every condition and operand, each clause of a try, and nothing in constants and assembly", () => {
    const both = (condition: string) => [`${condition} is false`, `${condition} is true`];
    const tried = "ask: other.answer()";
    expect(marked.sides.map(({ key }) => key)).to.have.members([
      ...both("larger: a > b"),
      ...both("check: (x < 10 || isOpen) && OPEN"),
      ...both("check: (x < 10 || isOpen)"),
      ...both("check: x < 10"),
      ...both("check: isOpen"),
      ...both("check: OPEN"),
      ...both("check: x != 99"),
      ...both("check: x == 0"),
      ...both("loops: i < n"),
      ...both("loops: sum > 0"),
      ...both("loops: sum > 100"),
      ...both("loops: _list.length < 2"),
      ...[`${tried} is success`, `${tried} is catch Error`, `${tried} is catch`],
    ]);
  });

  it("keeps each line where it was", () => {
    expect(marked.sides.find(({ key }) => key.startsWith("larger"))?.line).to.equal(7);
    const lines = marked.in(input).sources[FILE]?.content.split("\n") ?? [];
    expect(lines[5]).to.equal(SMALL.split("\n")[5]);
    expect(lines[6]).to.match(/return _decided\(\d+, a > b\) \? a : b;/);
  });

  it("knows which sides a test takes, in calls that revert too", () => {
    const missing = marked.sides.filter(({ mark }) => !taken.has(mark)).map(({ key }) => key);
    expect(missing).to.have.members([
      "larger: a > b is false",
      "check: (x < 10 || isOpen) && OPEN is false",
      "check: (x < 10 || isOpen) is false",
      "check: x < 10 is false",
      "check: isOpen is false",
      "check: isOpen is true",
      "check: OPEN is false",
      "check: x != 99 is false",
      "loops: sum > 0 is false",
      "loops: sum > 100 is true",
      "ask: other.answer() is catch Error",
    ]);
  });

  describe("report", () => {
    const side = (mark: number, way: string): Side => ({
      ...{ mark, file: "a.sol", line: 3, source: "x > y", way, key: `f: x > y is ${way}` },
    });
    const sides = [side(0, "false"), side(1, "true")];
    const reason = "a reason that is long enough";
    const listed = (...keys: string[]) => new Map([["a.sol", new Map(keys.map((key) => [key, reason]))]]);

    it("says what is missing, and counts what is listed with a reason out", () => {
      const open = reportOf(sides, new Set([1]), new Map());
      expect(open.total).to.include({ sides: 2, covered: 1, unreachable: 0, percent: 50 });
      expect(drawn(open)).to.include("a.sol:3  x > y  is never false");
      const explained = reportOf(sides, new Set([1]), listed("f: x > y is false"));
      expect(explained.total).to.include({ covered: 1, unreachable: 1, percent: 100 });
      expect(explained.open).to.deep.equal([]);
    });

    it("refuses a reason for what is taken after all, or exists no more", () => {
      expect(wrongEntries(listed("f: x > y is false"), sides, new Set([1]))).to.deep.equal([]);
      const [takenAfterAll, gone] = wrongEntries(listed("f: x > y is true", "g: x is true"), sides, new Set([1]));
      expect(takenAfterAll).to.include("a test takes it");
      expect(gone).to.include("there is no such side");
    });

    it("keeps a reason for every side that is listed, of a contract that exists", () => {
      for (const [file, reasons] of readUnreachable("test/tools/branches/unreachable.json5")) {
        expect(existsSync(file), file).to.equal(true);
        for (const [key, reason] of reasons) expect(reason.length, key).to.be.above(20);
      }
    });
  });
});
