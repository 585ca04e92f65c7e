// Where each contract keeps its state: any change of it shows here. To accept one, run `npm run layout:snapshot` and commit
// the file.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { productionBuild } from "../tools/compiled.js";
import { layoutsOf } from "../tools/layout.js";

const root = join(import.meta.dirname, "../..");
const file = join(root, "test/bench/layout-snapshot.json");

describe("storage layout", () => {
  it("is exactly what the snapshot file says, contract by contract", async () => {
    const layouts = layoutsOf(productionBuild(root));
    if (process.env.UPDATE_LAYOUT_SNAPSHOT === "1") await writeFile(file, `${JSON.stringify(layouts, null, 2)}\n`);
    expect(layouts).to.deep.equal(JSON.parse(await readFile(file, "utf8")));
  });

  it("holds a loan in one slot", () => {
    const layouts = layoutsOf(productionBuild(root));
    for (const manager of ["LoanManager", "TermLoanManager"]) {
      const loan = layouts[`contracts/loan/${manager}.sol:${manager}`]?.structs["struct Loan"] ?? [];
      expect(loan).to.have.length(5);
      for (const line of loan) expect(line).to.match(/^0 /);
    }
  });
});
