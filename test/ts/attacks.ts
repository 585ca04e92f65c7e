// What cost others their money, tried here: test/attacks has each attack, `npm run attacks` prints them as a table.
import { expect } from "chai";
import { ATTACKS, Arena } from "../attacks/run.js";
import { knownFaults } from "../tools/faults.js";

describe("attacks", () => {
  let arena: Arena;
  before(async () => (arena = await Arena.open()));
  after(() => arena.close());

  it("are of known faults", () => {
    const known = knownFaults(process.cwd());
    expect(ATTACKS.map(({ fault }) => fault).filter((id) => !known.includes(id))).to.deep.equal([]);
    expect(ATTACKS).to.have.length.above(15);
  });

  for (const attack of ATTACKS) {
    it(`fault ${attack.fault}: ${attack.name}: costs its author, and would pay without the guard`, async () => {
      const { outcome, unguardedProfit } = await arena.try(attack);
      expect(outcome.profit <= 0n, `a profit of ${outcome.profit.toString()}`).to.equal(true);
      expect(unguardedProfit > 0n, `only ${unguardedProfit.toString()} without the guard`).to.equal(true);
    });
  }
});
