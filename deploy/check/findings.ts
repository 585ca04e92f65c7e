import type { Finding } from "../errors.js";

type Fact = string | number | bigint | boolean;

/** Collects every fact that is not as expected, so that one run names them all. */
export class Findings {
  readonly all: Finding[] = [];
  facts = 0;

  /** Addresses and other hex count as the same in any case. */
  same(what: string, found: Fact, expected: Fact): void {
    this.holds(what, text(found).toLowerCase() === text(expected).toLowerCase(), text(found), text(expected));
  }

  holds(what: string, holds: boolean, found: string, expected: string): void {
    this.facts++;
    if (!holds) this.all.push({ what, found, expected });
  }

  /** For what the chain refuses to say: the refusal is the finding. */
  async answers<T>(what: string, question: Promise<T>): Promise<T | undefined> {
    this.facts++;
    try {
      return await question;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.all.push({ what, found: `a refusal (${reason})`, expected: "an answer" });
      return undefined;
    }
  }
}

const text = (fact: Fact): string => fact.toString();
