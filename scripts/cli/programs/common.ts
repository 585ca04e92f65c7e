import type { Session } from "../session.js";

export const LOAN = "its id in decimal or 0x hex, or facility:salt for one of your own";
export const AMOUNT = 'like 0.5 or "0.5 WBTC"';

/** Runs a command in a session of its own and keeps its exit code. */
export type Runner = (run: (session: Session) => Promise<number | void>) => Promise<void>;
