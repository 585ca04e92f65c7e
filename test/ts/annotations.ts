// What static analysis found and was accepted, says why; whether it is still found, `npm run -s check:static` says.
import { join } from "node:path";
import { expect } from "chai";
import { annotations, unexplained } from "../tools/static/annotations.js";

describe("findings accepted in contracts", () => {
  it("each carry their reason", () => {
    const all = annotations(join(import.meta.dirname, "../.."));
    expect(all).to.not.be.empty;
    expect(unexplained(all)).to.deep.equal([]);
  });

  it("are not accepted without a detector, a reason of a few words, or line by line", () => {
    const at = { file: "contracts/Any.sol", line: 1 };
    const bare = [
      { ...at, detectors: ["unused-return"], reason: "" },
      { ...at, detectors: ["unused-return"], reason: "fine" },
      { ...at, detectors: [], reason: "a range hides what comes later" },
    ];
    expect(unexplained(bare)).to.deep.equal(bare);
  });
});
