import { expect } from "chai";
import { send } from "./chain.js";
import type { Generator, Step } from "./generate.js";
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

/** The next step; once in a while an oracle is replaced by its spare, which says the same. */
export async function nextStep(stage: Stage, generator: Generator, random: Random, now: bigint): Promise<Step> {
  const step = await generator.step(now);
  const other = random.chance(0.01) ? generator.oracleSwitch() : undefined;
  if (other === undefined) return step;
  for (const [method, value] of [
    ["setPrice", other.priceE36],
    ["setSecondPrice", 0n],
    ["setRefusing", false],
    ["setGraceEndsAt", other.graceEndsAt],
  ] as const) {
    await tell(stage, now, other.spare, method, value);
  }
  return other.step;
}
