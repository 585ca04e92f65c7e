import { KeeperError } from "../../errors.js";
import type { BookFacility, BookOrder } from "../loanBook.js";
import type { TermTotals } from "../table/termTable.js";

/** First bytes of a snapshot, and the version of what follows. */
export const MAGIC = "BALLASTK";
export const VERSION = 1;

/** Whose loans it has, and of which block. */
export interface SnapshotHeader {
  readonly chainId: number;
  readonly loanManager: string;
  readonly termLoanManager: string;
  readonly protectionOrders: string | null;
  readonly block: number;
  readonly hash: string;
  readonly tables: readonly TableHeader[];
  readonly facilities: readonly BookFacility[];
  readonly orders: readonly BookOrder[];
  readonly marks: readonly (readonly [bigint, bigint])[];
  readonly owners: readonly (readonly [bigint, string])[];
}

export interface TableHeader {
  readonly facility: number;
  readonly rows: number;
  /** Null of revolving loans. */
  readonly term: TermTotals | null;
}

/** Which deployment a snapshot must be of. */
export interface SnapshotOwner {
  readonly chainId: number;
  readonly loanManager: string;
  readonly termLoanManager: string;
  readonly protectionOrders?: string | undefined;
}

/** A snapshot that is not one, not whole, or not of this deployment. Nothing of it was taken. */
export class BadSnapshot extends KeeperError {}

/** The book changed in a way that a snapshot under way cannot follow: it is begun again later. */
export class SnapshotOvertaken extends KeeperError {}

const BIGINT = /^-?\d+n$/;

export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner));

export const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) =>
    typeof inner === "string" && BIGINT.test(inner) ? BigInt(inner.slice(0, -1)) : inner,
  );
