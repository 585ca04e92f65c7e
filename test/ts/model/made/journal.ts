import type { Journal } from "../../../../sdk/model/machine/index.js";

/** How many writes a journal could undo now. */
export function remembered(journal: Journal): number {
  const count = journal.savepoint();
  journal.rollBack(count);
  return count;
}
