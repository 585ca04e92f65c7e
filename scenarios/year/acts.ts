import { MaxUint256 } from "ethers";
import type { Plan } from "../../sdk/client/actions/plan.js";
import { erc20At } from "../../sdk/client/client.js";
import { ClientError } from "../../sdk/client/errors.js";
import { simulate } from "../../sdk/client/simulate.js";
import { requireFeasible, stepsOf } from "../../sdk/client/steps.js";
import type { Person, World } from "../replay/world.js";

/** Something a person means to do now. */
export interface Act {
  person: Person;
  what: string;
  plan: () => Promise<Plan>;
  /** hears when it is done */
  done?: () => void;
}

/** An act that could not be carried out: the client or a contract said why. */
export interface Refused {
  act: Act;
  why: string;
}

/**
 * Carries out what several people mean to do, all in one block: what each does must not take away what another needs. Each is
 * tried on the state as it is first, so that what the contracts refuse is not sent.
 */
export async function carryOutTogether(world: World, acts: readonly Act[]): Promise<Refused[]> {
  const refused: Refused[] = [];
  let planned = await planAll(acts, refused);
  // A block later the same plan may be another.
  if (await approve(world, planned))
    planned = await planAll(
      planned.map(({ act }) => act),
      refused,
    );
  const done: Act[] = [];
  for (const { act, plan } of planned) {
    const steps = stepsOf(world.client, plan);
    try {
      await simulate(world.client, plan, steps);
    } catch (error) {
      refused.push({ act, why: reasonOf(error) });
      continue;
    }
    for (const { transaction } of steps)
      await world.outbox.put(act.person.wallet, transaction, `${act.person.name}: ${act.what}`);
    done.push(act);
  }
  await world.outbox.flush();
  for (const act of done) act.done?.();
  return refused;
}

/** One after another, for acts that compete: for the pool's cash, or the capital behind it. */
export async function carryOutInTurn(world: World, acts: readonly Act[]): Promise<Refused[]> {
  const refused: Refused[] = [];
  for (const act of acts) refused.push(...(await carryOutTogether(world, [act])));
  return refused;
}

async function planAll(acts: readonly Act[], refused: Refused[]) {
  const planned: { act: Act; plan: Plan }[] = [];
  for (const act of acts)
    try {
      const plan = await act.plan();
      requireFeasible(plan);
      planned.push({ act, plan });
    } catch (error) {
      refused.push({ act, why: reasonOf(error) });
    }
  return planned;
}

/** Lets contracts take as much as they like, once and for all: an act is then one transaction. @returns whether any had to be asked */
async function approve(world: World, planned: readonly { act: Act; plan: Plan }[]): Promise<boolean> {
  let any = false;
  for (const { act, plan } of planned)
    for (const need of plan.needs) {
      if (need.kind !== "approval") continue;
      const { address } = need.token;
      const data = erc20At(address).encode("approve", [need.spender, MaxUint256]);
      await world.outbox.put(
        act.person.wallet,
        { to: address, data },
        `${act.person.name}: approve the ${need.spenderIs}`,
      );
      any = true;
    }
  if (any) await world.outbox.flush();
  return any;
}

/** @throws what is no refusal */
function reasonOf(error: unknown): string {
  if (error instanceof ClientError) return error.message;
  throw error;
}
