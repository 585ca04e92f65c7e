import { join } from "node:path";
import { SqlDecisions } from "./decisions.js";
import { SqlJournal } from "./journal.js";
import { SqlLeases } from "./leases.js";
import { PostgresDatabase } from "./postgres.js";
import { SqlResults } from "./results.js";
import { prepare } from "./schema.js";
import { SqlSnapshots } from "./snapshots.js";
import type { Sql } from "./sql.js";
import { SqliteFile } from "./sqlite.js";
import type { Store, StoreScope } from "./store.js";

export interface StoreOptions {
  /** Folder of the file, where there is no database. */
  readonly stateDir: string;
  /** `postgres://…`, for several keepers. */
  readonly databaseUrl?: string | undefined;
  readonly scope: StoreScope;
  /** For commands that look at what a keeper wrote, while it runs. */
  readonly readOnly?: boolean;
}

export const STORE_FILE = "keeper.sqlite";

/**
 * @throws UnusableStore where it is of another deployment, of a newer version, damaged, or cannot be opened
 * @throws StoreFailed where the database does not answer
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { stateDir, databaseUrl, scope, readOnly = false } = options;
  if (databaseUrl !== undefined) return storeOn(await PostgresDatabase.open(databaseUrl, readOnly), scope, readOnly);
  return storeOn(SqliteFile.open(join(stateDir, STORE_FILE), readOnly), scope, readOnly);
}

/** The store that a database holds; closes it where it is not to be used. */
export async function storeOn(sql: Sql, scope: StoreScope, readOnly = false): Promise<Store> {
  const leases = new SqlLeases(sql);
  try {
    await prepare(sql, scope, readOnly);
    if (!readOnly) await leases.tidy();
  } catch (error) {
    await sql.close();
    throw error;
  }
  return {
    journal: new SqlJournal(sql),
    results: new SqlResults(sql),
    decisions: new SqlDecisions(sql),
    snapshots: new SqlSnapshots(sql),
    leases,
    close: () => sql.close(),
  };
}
