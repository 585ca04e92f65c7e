import type { StoredDecision } from "../store/store.js";

/** What was decided about a loan at a block. */
export interface DecisionNote {
  readonly subject: string;
  readonly action: string;
  /** For people, with figures. */
  readonly reason: string;
  /** What kind of reason it is; made of the text where nobody says. */
  readonly code?: string | undefined;
  /** What it rests on, as JSON. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** What is not worth writing down unless something else was decided before. */
const QUIET = "watch";

/**
 * Says which decisions are news: a loan that is left for the same reason at a hundred blocks is one entry. A loan that is no
 * longer at risk gets a last one.
 */
export class DecisionLog {
  private readonly last = new Map<string, string>();

  /** @param isOurs whether this keeper decides about it; what another decides, that one writes down */
  news<Note extends DecisionNote>(
    block: number,
    timestamp: number,
    notes: readonly Note[],
    isOurs: (note: Note) => boolean = () => true,
  ): StoredDecision[] {
    const stored: StoredDecision[] = [];
    const present = new Set<string>();
    for (const note of notes) {
      const { subject, action, reason, code = codeOf(reason), figures } = note;
      present.add(subject);
      if (!isOurs(note)) {
        this.last.delete(subject);
        continue;
      }
      const known = this.last.get(subject);
      const now = `${action}/${code}`;
      if (known === now || (action === QUIET && (known === undefined || known.startsWith(`${QUIET}/`)))) continue;
      this.last.set(subject, now);
      stored.push({ subject, block, timestamp, action, code, details: { reason, ...figures } });
    }
    for (const subject of this.last.keys()) {
      if (present.has(subject)) continue;
      this.last.delete(subject);
      const details = { reason: "no longer near its limit, or closed" };
      stored.push({ subject, block, timestamp, action: "healthy", code: "healthy", details });
    }
    return stored;
  }
}

/** The text without its figures. */
function codeOf(reason: string): string {
  return reason
    .replace(/0x[0-9a-fA-F]+|\d+(\.\d+)?/g, "#")
    .replace(/[^#a-zA-Z]+/g, "-")
    .toLowerCase()
    .slice(0, 80);
}
