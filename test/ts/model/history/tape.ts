import { expect } from "chai";
import { type ModelEvent, replay, type World } from "../../../../sdk/model/machine/index.js";
import { expectAgreement } from "./agree.js";
import { allEvents, type ChainOutcome, send } from "./chain.js";
import { Generator, play, type Step } from "./generate.js";
import { Random } from "./random.js";
import { chainBooks, chainSnapshot, differences, modelBooks, modelSnapshot, namedBy, type Named } from "./snapshot.js";
import { setStage, type Stage } from "./stage.js";
import { change, nextStep } from "./surroundings.js";

/** What the chain said to one step, and what it stored of all that its events name. */
interface Taped {
  readonly now: bigint;
  readonly step: Step;
  readonly oracles: Stage["oracles"];
  readonly capital: Stage["capital"]["terms"];
  readonly onChain: ChainOutcome;
  readonly books?: { readonly named: Named; readonly stored: Awaited<ReturnType<typeof chainBooks>> };
}

/** A history and all the chain said to it, so that a model can be held to it again and again without a chain. */
export interface Tape {
  readonly stage: Stage;
  readonly opening: readonly ModelEvent[];
  readonly steps: readonly Taped[];
  readonly log: readonly ModelEvent[];
  readonly touched: Pick<Generator["touched"], keyof Generator["touched"]>;
  readonly stored: Awaited<ReturnType<typeof chainSnapshot>>;
}

/** Plays a random history on the chain, with the model only to choose what makes sense. */
export async function record(seed: number, steps: number): Promise<Tape> {
  const random = new Random(seed);
  const stage = await setStage(random);
  const opening = await allEvents(stage);
  const world = replay(stage.deployment, opening);
  const generator = new Generator(stage, world, random);
  const latest = await stage.ethers.provider.getBlock("latest");
  let now = BigInt(latest?.timestamp ?? 0) + 1n;
  const taped: Taped[] = [];
  for (let count = 0; count < steps; count++) {
    now += generator.jump(now);
    await change(stage, generator, random, now);
    const step = await nextStep(stage, generator, random, now);
    const onChain = await send(stage, step.sender, step.move.target, step.move.data, now);
    play(world, stage, now, step);
    const named = onChain.ok ? namedBy(stage, onChain.events) : undefined;
    const books = named && { named, stored: await chainBooks(stage, named) };
    const surroundings = { oracles: new Map(stage.oracles), capital: new Map(stage.capital.terms) };
    taped.push({ now, step, ...surroundings, onChain, ...(books && { books }) });
  }
  const { touched } = generator;
  const copy = { loans: new Set(touched.loans), authorisations: new Set(touched.authorisations) };
  const stored = await chainSnapshot(stage, copy);
  return { stage, opening, steps: taped, log: await allEvents(stage), touched: copy, stored };
}

/** Throws where the model says anything but what the chain said: event, refusal or what is stored. */
export function hold({ stage, opening, steps, log, touched, stored }: Tape): void {
  const world = replay(stage.deployment, opening);
  for (const taped of steps) holdStep(world, stage, taped);
  expect(differences(modelSnapshot(stage, world, touched), stored), "at the end").to.deep.equal([]);
  const replayed = modelSnapshot(stage, replay(stage.deployment, log), touched);
  expect(differences(replayed, stored), "replayed").to.deep.equal([]);
}

function holdStep(world: World, stage: Stage, { now, step, oracles, capital, onChain, books }: Taped): void {
  const then = { ...stage, oracles, capital: { ...stage.capital, terms: capital } };
  const at = step.move.label;
  expectAgreement(onChain, play(world, then, now, step), at);
  if (books !== undefined)
    expect(differences(modelBooks(stage, world, books.named), books.stored), at).to.deep.equal([]);
}
