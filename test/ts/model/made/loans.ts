import { open, openTerm, setAuthorisation } from "../../../../sdk/model/machine/index.js";
import { MAX_UINT256 } from "../../../../sdk/model/index.js";
import { AT, BTC, DAY, MadeWorld, USD, type Wishes } from "./world.js";

export const PRINCIPAL = 50_000n * USD;
const AGREEMENT = `0x${"00".repeat(32)}`;

/** Of alice's revolving loan. */
export const opening = (principal = PRINCIPAL, collateral = 2n * BTC) => ({
  ...{ facility: 1n, salt: 1n, collateral, principal, receiver: AT.alice },
});

/** Of her term loan. */
export const termOpening = (made: MadeWorld) => ({
  ...{ manager: AT.termManager, facility: 1_000_001n, salt: 1n, sheet: 0n, collateral: 2n * BTC, principal: PRINCIPAL },
  ...{ maxAnnualRate: MAX_UINT256, deadline: made.now, receiver: AT.alice, agreement: AGREEMENT },
});

/** A world in which alice has a revolving loan of 50,000 dollars on two bitcoins. */
export function lent(wishes: Wishes = {}): { made: MadeWorld; id: bigint } {
  const made = MadeWorld.funded(wishes);
  return { made, id: made.do((tx) => open(tx, AT.alice, opening())) };
}

/** The same, of a term loan. */
export function lentForTerm(wishes: Wishes = {}): { made: MadeWorld; id: bigint } {
  const made = MadeWorld.funded(wishes);
  return { made, id: made.do((tx) => openTerm(tx, AT.alice, termOpening(made))) };
}

/** Limits that are none. */
export const all = { cashLimit: MAX_UINT256, collateralLimit: MAX_UINT256 };

/** Alice lets bob act on her loans of both kinds for a day. */
export function authorise(made: MadeWorld, actions: bigint, limits: Partial<typeof all>): void {
  const authorisation = { actions, expiresAt: made.now + DAY, ...all, ...limits };
  for (const [at, facility] of [
    [AT.manager, 1n],
    [AT.termManager, 1_000_001n],
  ] as const)
    made.do((tx) => setAuthorisation(tx, AT.alice, { manager: at, facility, operator: AT.bob, authorisation }));
}

/** The price at which a loan that the pool counts with `debt` is expected to lose just so much. */
export function expectLoss(made: MadeWorld, debt: bigint, collateral: bigint, loss: bigint): void {
  // The least value whose part without the least incentive of 5 % is what is not lost.
  const value = ((debt - loss) * 105n + 99n) / 100n;
  made.priceE36 = (value * 10n ** 36n + collateral - 1n) / collateral;
}
