import type { Breaker } from "./breaker.js";
import type { Dispatcher } from "./dispatcher.js";

/** What the keeper asks of whoever sends for it: a dispatcher, several, or one that sends nothing. */
export type Sender = Pick<
  Dispatcher,
  | "pending"
  | "isPending"
  | "shardOf"
  | "halted"
  | "leads"
  | "trouble"
  | "lanes"
  | "free"
  | "deadline"
  | "start"
  | "collect"
  | "tend"
  | "rolledBack"
  | "submit"
  | "submitAll"
  | "stop"
  | "idle"
> & { readonly breaker: Pick<Breaker, "record" | "ineffective"> };
