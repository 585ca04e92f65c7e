import { batches } from "../batches.js";
import { decode, encode } from "./json.js";
import { ROWS_A_STATEMENT, type Row, type Sql, places, rows, textOrNull } from "./sql.js";
import type { ResultStore, StoredResult } from "./store.js";

const COLUMNS = [
  "hash",
  "subject",
  "facility",
  "kind",
  "outcome",
  "block",
  "timestamp",
  "loan_asset",
  "gross_profit",
  "fees_wei",
  "fees_in_loan_asset",
  "details",
];

export class SqlResults implements ResultStore {
  constructor(private readonly sql: Sql) {}

  async put(results: readonly StoredResult[]): Promise<void> {
    // One statement may not meet a key twice: the last of a key is what stays.
    const last = [...new Map(results.map((one) => [`${one.hash} ${one.subject}`, one])).values()];
    const { json } = this.sql.dialect;
    const types = COLUMNS.map((column) =>
      column === "details" ? json : ["facility", "block", "timestamp"].includes(column) ? "BIGINT" : "VARCHAR",
    );
    const replaced = COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
    const statements = [...batches(last, ROWS_A_STATEMENT)].map((batch) => ({
      text: `INSERT INTO results (${COLUMNS.join(", ")}) VALUES ${places(batch.length, types)}
        ON CONFLICT (hash, subject) DO UPDATE SET ${replaced.join(", ")}`,
      values: batch.flatMap((one) => [
        one.hash,
        one.subject,
        one.facility,
        one.kind,
        one.outcome,
        one.block,
        one.timestamp,
        one.loanAsset,
        one.grossProfit,
        one.feesWei,
        one.feesInLoanAsset,
        encode(one.details),
      ]),
    }));
    if (statements.length > 0) await this.sql.run(...statements);
  }

  async removeAfter(block: number, facilities?: readonly number[]): Promise<void> {
    if (facilities?.length === 0) return;
    const among = facilities?.map((_, index) => `$${index + 2}`).join(", ");
    const only = among === undefined ? "" : ` AND facility IN (${among})`;
    await rows(this.sql, `DELETE FROM results WHERE block > $1${only}`, block, ...(facilities ?? []));
  }

  async between(from: number, to: number): Promise<StoredResult[]> {
    const found = await rows(
      this.sql,
      `SELECT * FROM results WHERE timestamp >= $1 AND timestamp < $2 ORDER BY block, hash, subject`,
      from,
      to,
    );
    return found.map(toResult);
  }
}

function toResult(row: Row): StoredResult {
  return {
    hash: String(row.hash),
    subject: String(row.subject),
    facility: Number(row.facility),
    kind: String(row.kind),
    outcome: String(row.outcome),
    block: Number(row.block),
    timestamp: Number(row.timestamp),
    loanAsset: textOrNull(row.loan_asset),
    grossProfit: String(row.gross_profit),
    feesWei: String(row.fees_wei),
    feesInLoanAsset: textOrNull(row.fees_in_loan_asset),
    details: decode(String(row.details)) as StoredResult["details"],
  };
}
