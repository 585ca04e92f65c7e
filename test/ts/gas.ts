// Gas is exact: any change of it shows here. To accept one, run `npm run gas:snapshot` and commit the file.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { network } from "hardhat";
import { measureBallast } from "../bench/ballast.js";
import { chainOf } from "../bench/chain.js";
import { measureTermLoans } from "../bench/term.js";

const file = join(import.meta.dirname, "../bench/gas-snapshot.json");

async function measureTerm(tiered: boolean) {
  const chain = await chainOf(await network.create<"op">({ network: "op" }));
  const measured = await measureTermLoans(chain, tiered);
  await chain.close();
  return measured;
}

describe("gas snapshot", () => {
  it("costs exactly what the snapshot file says, operation by operation", async () => {
    const chain = await chainOf(await network.create<"op">({ network: "op" }));
    const measured = await measureBallast(chain);
    await chain.close();
    const all = { ...measured, term: await measureTerm(false), termWithFirstLoss: await measureTerm(true) };
    if (process.env.UPDATE_GAS_SNAPSHOT === "1") await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
    expect(all).to.deep.equal(JSON.parse(await readFile(file, "utf8")));
  });
});
