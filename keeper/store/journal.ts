import type { Intent } from "../dispatch/intent.js";
import { FenceLost, JournalMisuse, NonceTaken } from "./errors.js";
import { decode, encode } from "./json.js";
import { Duplicate, type Row, type Sql, type Value, rows, textOrNull } from "./sql.js";
import type { Journal, JournalAttempt, JournalTransaction, TransactionState } from "./store.js";

/**
 * Each step is one statement, the look at the lease within it: a process that is stopped at any instant has either written it
 * or not, and holds no lock that others would wait for.
 */
export class SqlJournal implements Journal {
  constructor(private readonly sql: Sql) {}

  async intend(entry: Parameters<Journal["intend"]>[0]): Promise<number> {
    const { lane, nonce, intent, subjects, fence, at } = entry;
    const { json } = this.sql.dialect;
    const [row] = await rows(
      this.sql,
      `INSERT INTO journal AS j (lane, nonce, intent, subjects, state, fence, intended_at)
      SELECT CAST($1 AS VARCHAR), CAST($2 AS BIGINT), CAST($3 AS ${json}), CAST($4 AS VARCHAR), 'intent', CAST($5 AS BIGINT), CAST($6 AS BIGINT)
      WHERE ${this.leads("$5")}
      ON CONFLICT (lane, nonce) WHERE state NOT IN ('final', 'abandoned')
      DO UPDATE SET intended_at = excluded.intended_at
      WHERE j.state = 'intent' AND j.fence = excluded.fence AND j.intent = excluded.intent AND j.subjects = excluded.subjects
      RETURNING id`,
      lane.toLowerCase(),
      nonce,
      encode(intent),
      encode(subjects),
      fence,
      at,
    );
    if (row !== undefined) return Number(row.id);
    await this.requireFence(fence);
    throw new NonceTaken(`nonce ${nonce} of ${lane} has an unfinished transaction: read the lane's journal again`);
  }

  async sign(id: number, attempt: JournalAttempt, fence: bigint): Promise<void> {
    const known = this.sql.dialect.contains("CAST(attempts AS VARCHAR)", "CAST($3 AS VARCHAR)");
    await this.step(
      id,
      "signed",
      `UPDATE journal SET
        attempts = CASE WHEN ${known} THEN attempts ELSE ${this.sql.dialect.append("attempts", "$2")} END,
        state = CASE WHEN state = 'intent' THEN 'signed' ELSE state END,
        fence = CAST($4 AS BIGINT)
      WHERE id = $1 AND state IN ('intent', 'signed', 'sent') AND ${this.leads("$4")} RETURNING id`,
      [encode(attempt), JSON.stringify(attempt.hash), fence],
      fence,
    );
  }

  async sent(id: number): Promise<void> {
    await this.step(
      id,
      "sent",
      `UPDATE journal SET state = CASE WHEN state = 'signed' THEN 'sent' ELSE state END
      WHERE id = $1 AND state IN ('signed', 'sent', 'mined', 'final') RETURNING id`,
    );
  }

  async mined(id: number, mined: { hash: string; block: number } | undefined): Promise<void> {
    try {
      await this.step(
        id,
        mined === undefined ? "back to sent" : "mined",
        `UPDATE journal SET state = '${mined === undefined ? "sent" : "mined"}', mined_hash = $2, mined_block = $3, why = NULL
        WHERE id = $1 AND state IN ('signed', 'sent', 'mined', 'abandoned') AND CAST(attempts AS VARCHAR) <> '[]' RETURNING id`,
        [mined?.hash ?? null, mined?.block ?? null],
      );
    } catch (error) {
      if (!(error instanceof Duplicate)) throw error;
      throw new NonceTaken(`the nonce of transaction ${id} is another's by now`, { cause: error });
    }
  }

  async final(id: number): Promise<void> {
    await this.step(
      id,
      "final",
      `UPDATE journal SET state = 'final' WHERE id = $1 AND state IN ('mined', 'final') RETURNING id`,
    );
  }

  async abandoned(id: number, why: string, fence: bigint): Promise<void> {
    await this.step(
      id,
      "abandoned",
      `UPDATE journal SET state = 'abandoned', why = $2
      WHERE id = $1 AND state IN ('intent', 'signed', 'sent', 'abandoned') AND ${this.leads("$3")} RETURNING id`,
      [why, fence],
      fence,
    );
  }

  async unfinished(lane: string): Promise<JournalTransaction[]> {
    const found = await rows(
      this.sql,
      `SELECT * FROM journal WHERE lane = $1 AND state NOT IN ('final', 'abandoned') ORDER BY nonce`,
      lane.toLowerCase(),
    );
    return found.map(toTransaction);
  }

  async recent(limit: number): Promise<JournalTransaction[]> {
    return (await rows(this.sql, `SELECT * FROM journal ORDER BY id DESC LIMIT $1`, limit)).map(toTransaction);
  }

  async about(subject: string): Promise<JournalTransaction[]> {
    const found = await rows(
      this.sql,
      `SELECT * FROM journal WHERE ${this.sql.dialect.contains("subjects", "CAST($1 AS VARCHAR)")} ORDER BY id`,
      encode(subject),
    );
    return found.map(toTransaction);
  }

  /** Whether the fence is that of a lease that is not over; the lease cannot change hands before the statement is done. */
  private leads(fence: string, share = this.sql.dialect.share): string {
    const { now } = this.sql.dialect;
    return `(CAST(${fence} AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM leases WHERE fence = CAST(${fence} AS BIGINT) AND expires_at > ${now} ${share}))`;
  }

  private async step(id: number, what: string, text: string, values: readonly Value[] = [], fence = 0n): Promise<void> {
    const done = await rows(this.sql, text, id, ...values);
    if (done.length > 0) return;
    await this.requireFence(fence);
    const [row] = await rows(this.sql, `SELECT state FROM journal WHERE id = $1`, id);
    const found = row === undefined ? "is not in the journal" : `is ${String(row.state)}`;
    throw new JournalMisuse(`transaction ${id} ${found}: it cannot become ${what}`);
  }

  private async requireFence(fence: bigint): Promise<void> {
    const [held] = await rows(this.sql, `SELECT 1 WHERE ${this.leads("$1", "")}`, fence);
    if (held !== undefined) return;
    throw new FenceLost(
      `the lease with fence ${fence} is over, or another's: this keeper does not lead, and writes nothing`,
    );
  }
}

/** Rows are what this class wrote: the database is the keeper's own, and checked when it is opened. */
function toTransaction(row: Row): JournalTransaction {
  return {
    id: Number(row.id),
    lane: String(row.lane),
    nonce: Number(row.nonce),
    intent: decode(String(row.intent)) as Intent,
    subjects: decode(String(row.subjects)) as string[],
    state: row.state as TransactionState,
    attempts: decode(String(row.attempts)) as JournalAttempt[],
    fence: BigInt(String(row.fence)),
    intendedAt: Number(row.intended_at),
    minedHash: textOrNull(row.mined_hash) ?? undefined,
    minedBlock: row.mined_block === null ? undefined : Number(row.mined_block),
    why: textOrNull(row.why) ?? undefined,
  };
}
