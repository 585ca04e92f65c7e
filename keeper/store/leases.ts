import { StoreFailed } from "./errors.js";
import { Duplicate, type Row, type Sql, rows } from "./sql.js";
import type { Lease, LeaseStore } from "./store.js";

const HOUR_MS = 3_600_000;
/** Between finding a lease held and reading by whom it may become free, or another grant may take the same fence. */
const ATTEMPTS = 10;

/**
 * One row a lease, one statement a step. A grant (anything but the renewal of what is still held) takes the next fence of all
 * leases; the unique index on it lets only one of two grants at a time through, and the other looks again.
 */
export class SqlLeases implements LeaseStore {
  constructor(private readonly sql: Sql) {}

  async acquire(name: string, holder: string, milliseconds: number): Promise<Lease> {
    for (let tries = 1; ; tries++) {
      const lease = (await this.take(name, holder, milliseconds)) ?? (await this.obstacle(name));
      if (lease !== undefined) return lease;
      if (tries >= ATTEMPTS) throw new StoreFailed(`the lease ${name} changes hands faster than it can be read`);
    }
  }

  private async take(name: string, holder: string, milliseconds: number): Promise<Lease | undefined> {
    const { dialect } = this.sql;
    const { now } = dialect;
    const live = this.live("l");
    try {
      const [row] = await rows(
        this.sql,
        `INSERT INTO leases AS l (name, lease_group, holder, fence, granted_at, expires_at)
        SELECT CAST($1 AS VARCHAR), CAST($2 AS VARCHAR), CAST($3 AS VARCHAR), (SELECT coalesce(max(fence), 0) + 1 FROM leases),
          ${now}, ${now} + CAST($4 AS BIGINT)
        WHERE NOT EXISTS (SELECT 1 FROM leases AS o WHERE o.lease_group <> $2 AND ${this.live("o")})
        ON CONFLICT (name) DO UPDATE SET
          holder = excluded.holder,
          fence = CASE WHEN l.holder = excluded.holder AND ${live} THEN l.fence ELSE ${dialect.greatest("excluded.fence", "l.fence + 1")} END,
          granted_at = excluded.granted_at,
          expires_at = excluded.expires_at
        WHERE l.holder = excluded.holder OR NOT (${live})
        RETURNING name, holder, fence, expires_at, ${now} AS now`,
        name,
        groupOf(name),
        holder,
        milliseconds,
      );
      return row && toLease(row);
    } catch (error) {
      if (error instanceof Duplicate) return undefined;
      throw error;
    }
  }

  /** The lease for whose sake this one is not given. */
  private async obstacle(name: string): Promise<Lease | undefined> {
    const [row] = await rows(
      this.sql,
      `SELECT name, holder, fence, expires_at, ${this.sql.dialect.now} AS now FROM leases AS l
      WHERE (name = $1 OR lease_group <> $2) AND ${this.live("l")} ORDER BY lease_group = $2, name LIMIT 1`,
      name,
      groupOf(name),
    );
    return row && toLease(row);
  }

  async release(name: string, holder: string): Promise<void> {
    await rows(
      this.sql,
      `UPDATE leases SET granted_at = 0, expires_at = 0 WHERE name = $1 AND holder = $2`,
      name,
      holder,
    );
  }

  async held(): Promise<Lease[]> {
    const found = await rows(
      this.sql,
      `SELECT name, holder, fence, expires_at, ${this.sql.dialect.now} AS now FROM leases AS l
      WHERE ${this.live("l")} ORDER BY name`,
    );
    return found.map(toLease);
  }

  /** Removes what keepers that are long gone left behind; the largest fence stays, so that they only grow. */
  async tidy(): Promise<void> {
    await rows(
      this.sql,
      `DELETE FROM leases WHERE expires_at < ${this.sql.dialect.now} - ${HOUR_MS} AND fence < (SELECT max(fence) FROM leases)`,
    );
  }

  /** Granted in what is now the future means that the clock went back: nobody knows when that lease would end. */
  private live(row: string): string {
    const { now } = this.sql.dialect;
    return `${row}.expires_at > ${now} AND ${row}.granted_at <= ${now}`;
  }
}

function groupOf(name: string): string {
  return name.split("/", 1)[0] ?? name;
}

function toLease(row: Row): Lease {
  return {
    name: String(row.name),
    holder: String(row.holder),
    fence: BigInt(String(row.fence)),
    expiresAt: Number(row.expires_at),
    now: Number(row.now),
  };
}
