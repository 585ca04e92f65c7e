import type { Dispatcher } from "./dispatcher.js";

/** What the keeper asks of whoever sends for it: the dispatcher, or one that sends nothing. */
export type Sender = Pick<
  Dispatcher,
  "pending" | "isPending" | "blockedByStrangers" | "start" | "submit" | "collect" | "tend" | "reopen"
>;
