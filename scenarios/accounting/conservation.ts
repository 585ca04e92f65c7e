import type { Check } from "./checks.js";
import type { Party } from "./parties.js";
import { balanceOf, flowOf, TOKENS, type Snapshot } from "./snapshot.js";

/**
 * Nothing came from nowhere and nothing went astray: at both blocks the parties together hold the whole supply (so no
 * holder is missing from the list), the supply is the same, and what some gained is what others lost, to the unit.
 */
export function conservationChecks(parties: readonly Party[], first: Snapshot, last: Snapshot): Check[] {
  return TOKENS.flatMap((unit): Check[] => {
    const sumAt = (snapshot: Snapshot) => sum(parties.map((party) => balanceOf(snapshot[unit], party)));
    const whole = (snapshot: Snapshot): Check => ({
      what: `All balances at block ${snapshot.block} make up the supply`,
      unit,
      measured: { from: "balances of all parties", amount: sumAt(snapshot) },
      expected: { from: "totalSupply", amount: snapshot[unit].supply },
    });
    const flows = parties.map((party) => flowOf(party, first, last)[unit]);
    return [
      whole(first),
      whole(last),
      {
        what: "Nothing was minted or burned",
        unit,
        measured: { from: "supply at the last block", amount: last[unit].supply },
        expected: { from: "supply at the first block", amount: first[unit].supply },
      },
      {
        what: "Sum of what was gained is the sum of what was lost",
        unit,
        measured: { from: "balances that rose", amount: sum(flows.filter((flow) => flow > 0n)) },
        expected: { from: "balances that fell", amount: -sum(flows.filter((flow) => flow < 0n)) },
      },
    ];
  });
}

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
