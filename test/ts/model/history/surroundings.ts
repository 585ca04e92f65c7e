import { expect } from "chai";
import { send } from "./chain.js";
import type { Generator } from "./generate.js";
import type { Random } from "./random.js";
import type { Stage } from "./stage.js";

/** Tells a contract as the administrator. */
export async function tell(
  stage: Stage,
  now: bigint,
  whom: string,
  method: string,
  ...values: (bigint | boolean | string)[]
): Promise<void> {
  const told = await send(stage, stage.admin.address, whom, stage.abi.encodeFunctionData(method, values), now);
  expect(told.ok, `${method} of ${whom}`).to.equal(true);
}

/** Now and then other prices, and other capital terms. */
export async function change(stage: Stage, generator: Generator, random: Random, now: bigint): Promise<void> {
  if (random.chance(0.3)) {
    for (const { oracle, method, value } of generator.newPrices(now)) await tell(stage, now, oracle, method, value);
  }
  if (random.chance(0.03)) {
    const { pool, terms } = generator.newCapitalTerms();
    await tell(stage, now, stage.capital.address, "assign", pool, terms.riskClass, terms.minRatioBps);
  }
}
