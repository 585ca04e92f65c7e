import type { Transaction } from "../transaction.js";

/** What a caller does between being paid and paying, in the place of ILoanCallbacks with non-empty data. */
export type Callback = (tx: Transaction) => void;
