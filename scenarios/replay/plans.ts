import { requireFeasible, stepsOf, type Step } from "../../sdk/client/steps.js";
import type { Plan } from "../../sdk/client/actions/plan.js";
import type { Person, World } from "./world.js";

/**
 * Carries out plans of the sdk for many people at a time: first all approvals they need, then all actions. The blocks that
 * sendPlan would wait for one by one are shared.
 */
export async function carryOut(
  { client, outbox }: World,
  people: readonly Person[],
  planFor: (person: Person) => Promise<Plan>,
): Promise<void> {
  const planned: { person: Person; steps: Step[] }[] = [];
  for (const person of people) {
    const plan = await planFor(person);
    requireFeasible(plan);
    planned.push({ person, steps: stepsOf(client, plan) });
  }
  for (const isAction of [false, true]) {
    for (const { person, steps } of planned)
      for (const step of steps.filter((one) => one.isAction === isAction))
        await outbox.put(person.wallet, step.transaction, `${person.name}: ${step.what}`);
    await outbox.flush();
  }
}
