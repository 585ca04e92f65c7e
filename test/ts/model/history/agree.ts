import { expect } from "chai";
import type { ModelEvent } from "../../../../sdk/model/machine/index.js";
import type { ChainOutcome, Reverted } from "./chain.js";
import type { play } from "./generate.js";

/** An event in words, but for its second. */
const said = ({ name, emitter, args }: ModelEvent): string => {
  const values = Object.entries(args).sort();
  return `${name} of ${emitter}: ${JSON.stringify(values, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))}`;
};

const inWords = ({ reason, values }: Reverted): string => `${reason}(${values.map(String).join(", ")})`;

/** Throws unless model and chain refused a step for the same reason, or did it with the same events. */
export function expectAgreement(onChain: ChainOutcome, played: ReturnType<typeof play>, at: string): void {
  const { outcome, refused } = played;
  const refusal = outcome.ok ? undefined : outcome.refusal.message;
  if (!onChain.ok) {
    expect(refusal ?? "nothing: the model went on", at).to.equal(inWords(onChain.reverted));
    return;
  }
  expect(refusal ?? "", at).to.equal("");
  if (!outcome.ok) return;
  expect(outcome.events.map(said), at).to.deep.equal(onChain.events.map(said));
  const survived = refused.map(({ message }) => message);
  expect(survived, at).to.deep.equal(onChain.refused.map(inWords));
}
