import { batches } from "../batches.js";
import { decode, encode } from "./json.js";
import { ROWS_A_STATEMENT, type Sql, type Statement, places, rows } from "./sql.js";
import type { DecisionStore, StoredDecision } from "./store.js";

const COLUMNS = "subject, block, timestamp, action, code, details";

export class SqlDecisions implements DecisionStore {
  constructor(private readonly sql: Sql) {}

  async append(decisions: readonly StoredDecision[]): Promise<void> {
    const last = new Map<string, StoredDecision>();
    for (const one of decisions) {
      // The order is that of the last ones.
      const key = `${one.block} ${one.subject}`;
      last.delete(key);
      last.set(key, one);
    }
    const statements = [...batches([...last.values()], ROWS_A_STATEMENT)].flatMap((batch) => this.replace(batch));
    if (statements.length > 0) await this.sql.run(...statements);
  }

  /** Deleted and written anew, so that the newest decision is the one with the largest id. */
  private replace(batch: readonly StoredDecision[]): Statement[] {
    const { json } = this.sql.dialect;
    const types = ["VARCHAR", "BIGINT", "BIGINT", "VARCHAR", "VARCHAR", json];
    return [
      {
        text: `DELETE FROM decisions WHERE (subject, block) IN (VALUES ${places(batch.length, ["VARCHAR", "BIGINT"])})`,
        values: batch.flatMap(({ subject, block }) => [subject, block]),
      },
      {
        text: `INSERT INTO decisions (${COLUMNS}) VALUES ${places(batch.length, types)}
          ON CONFLICT (subject, block) DO UPDATE SET timestamp = excluded.timestamp, action = excluded.action, code = excluded.code, details = excluded.details`,
        values: batch.flatMap((one) => [
          one.subject,
          one.block,
          one.timestamp,
          one.action,
          one.code,
          encode(one.details),
        ]),
      },
    ];
  }

  async about(subject: string, limit: number): Promise<StoredDecision[]> {
    const found = await rows(
      this.sql,
      `SELECT ${COLUMNS} FROM decisions WHERE subject = $1 ORDER BY id DESC LIMIT $2`,
      subject,
      limit,
    );
    return found.reverse().map((row) => ({
      subject: String(row.subject),
      block: Number(row.block),
      timestamp: Number(row.timestamp),
      action: String(row.action),
      code: String(row.code),
      details: decode(String(row.details)) as StoredDecision["details"],
    }));
  }

  async forgetBefore(timestamp: number): Promise<void> {
    await rows(
      this.sql,
      `DELETE FROM decisions WHERE timestamp < $1
      AND id < (SELECT max(last.id) FROM decisions AS last WHERE last.subject = decisions.subject)`,
      timestamp,
    );
  }
}
