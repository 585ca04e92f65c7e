// Where each contract keeps its state: any change of it shows here. To accept one, run `npm run layout:snapshot` and commit
// the file.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { layouts } from "../tools/layout.js";

const root = join(import.meta.dirname, "../..");
const file = join(root, "test/bench/layout-snapshot.json");

describe("storage layout", () => {
  it("is exactly what the snapshot file says, contract by contract", async () => {
    const found = layouts(root);
    if (process.env.UPDATE_LAYOUT_SNAPSHOT === "1") await writeFile(file, `${JSON.stringify(found, null, 2)}\n`);
    expect(found).to.deep.equal(JSON.parse(await readFile(file, "utf8")));
  });

  it("holds a loan in one slot", () => {
    const found = layouts(root);
    for (const manager of ["LoanManager", "TermLoanManager"]) {
      const loan = found[`contracts/loan/${manager}.sol:${manager}`]?.structs["struct Loan"] ?? [];
      expect(loan).to.have.length(5);
      for (const line of loan) expect(line).to.match(/^0 /);
    }
  });
});
