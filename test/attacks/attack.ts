import type { World } from "./world.js";

/** Where it happened to somebody else. */
export interface Precedent {
  readonly protocol: string;
  readonly year: number;
  /** as published, whole dollars; undefined where nobody published a figure */
  readonly lossUsd?: number;
  /** where that is said */
  readonly source: string;
}

export interface Outcome {
  /** names of the errors that stopped it, in order; none where every step went through */
  readonly refusals: readonly string[];
  /** what the attacker ends with beyond what it came with, units of the loan asset; negative where it paid for trying */
  readonly profit: bigint;
}

/** One way in which money was lost elsewhere, tried here. */
export interface Attack {
  /** of docs/faults.md */
  readonly fault: string;
  readonly name: string;
  readonly precedent: Precedent;
  /** what the attacker does, one sentence */
  readonly tries: string;
  /** whether lenders have come in yet; they have, unless said otherwise */
  readonly fresh?: boolean;
  readonly run: (world: World) => Promise<Outcome>;
  /** The same against a market written without the guard (contracts/PlainMarket.sol): what it brings there. */
  readonly unguarded: (world: World) => Promise<bigint>;
}
