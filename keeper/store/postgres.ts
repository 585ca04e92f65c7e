import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { StoreFailed, UnusableStore } from "./errors.js";
import { clean } from "./json.js";
import { type Dialect, Duplicate, type Row, type Sql, type Statement, type Value } from "./sql.js";

const SCHEMA = "ballast_keeper";

const dialect: Dialect = {
  begin: "BEGIN",
  setup: ["SELECT pg_advisory_xact_lock(hashtext('ballast keeper'))", `CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`],
  serial: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  text: 'TEXT COLLATE "C"',
  json: "JSONB",
  blob: "BYTEA",
  now: "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)",
  share: "FOR SHARE",
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  append: (array, element) => `${array} || CAST(${element} AS JSONB)`,
  greatest: (a, b) => `greatest(${a}, ${b})`,
};

/** How long to wait for what, milliseconds. */
export interface Patience {
  readonly connect: number;
  /** The database gives a statement up before we do, so that none is done long after it was reported as failed. */
  readonly statement: number;
  readonly answer: number;
  /** For how long what passes is tried again before it is said to have failed. */
  readonly whole: number;
}

const PATIENCE: Patience = { connect: 2_000, statement: 2_000, answer: 3_000, whole: 3_000 };
/** A process that stops between two statements of one transaction must not hold up the others. */
const IDLE_IN_TRANSACTION_MS = 1_000;
const CONNECTIONS = 4;

/** SQLSTATE of what has a remedy that is not to wait: wrong password, no such database, no right to it. */
const REFUSED = /^(28|3D|42501)/;
/** Of what passes: no connection, too many of them, shutting down, starting up, a replica, a deadlock. */
const PASSES = /^(08|40|53300|57P0|25006|55P03)/;
const READ_ONLY = "25006";
const UNIQUE_VIOLATION = "23505";

/** Everything as the database writes it, but bytes: whole numbers may be larger than a number, JSON is decoded elsewhere. */
const asText = (text: string): string => text;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid): unknown => (oid === pg.types.builtins.BYTEA ? pg.types.getTypeParser(oid) : asText),
};

/** A PostgreSQL that several keepers share. A connection that fails is thrown away, and the next call makes a new one. */
export class PostgresDatabase implements Sql {
  readonly dialect = dialect;
  private readonly prepared = new WeakSet<pg.PoolClient>();

  private constructor(
    private readonly pool: pg.Pool,
    readonly place: string,
    private readonly readOnly: boolean,
    private readonly patience: Patience,
  ) {}

  /**
   * @throws UnusableStore where the address is none, or the database refuses us
   * @throws StoreFailed where it does not answer
   */
  static async open(url: string, readOnly = false, patience = PATIENCE): Promise<PostgresDatabase> {
    const place = placeOf(url);
    const pool = new pg.Pool({
      connectionString: url,
      application_name: "ballast-keeper",
      max: CONNECTIONS,
      connectionTimeoutMillis: patience.connect,
      query_timeout: patience.answer,
      keepAlive: true,
      types,
    });
    // An idle connection that breaks: the pool has dropped it, and who asks next gets another.
    pool.on("error", () => undefined);
    const database = new PostgresDatabase(pool, place, readOnly, patience);
    try {
      await database.run({ text: "SELECT 1" });
      return database;
    } catch (error) {
      await database.close();
      if (error instanceof StoreFailed && REFUSED.test(codeOf(error.cause) ?? "")) {
        throw new UnusableStore(`the database ${place} refuses the keeper: ${reason(error.cause)}`, { cause: error });
      }
      throw error;
    }
  }

  async run(...statements: Statement[]): Promise<Row[][]> {
    const start = performance.now();
    for (let wait = 50; ; wait *= 2) {
      try {
        return await this.attempt(statements);
      } catch (error) {
        const code = codeOf(error);
        if (code === UNIQUE_VIOLATION) throw new Duplicate(reason(error), { cause: error });
        // A reader is refused writes for ever, a writer only while it is connected to a replica.
        const passes = code === undefined || (PASSES.test(code) && !(this.readOnly && code === READ_ONLY));
        if (!passes || performance.now() - start + wait > this.patience.whole) {
          throw new StoreFailed(`the database ${this.place} does not take it: ${reason(error)}`, { cause: error });
        }
      }
      await sleep(wait);
    }
  }

  private async attempt(statements: readonly Statement[]): Promise<Row[][]> {
    const client = await this.pool.connect();
    let broken: unknown;
    // Where it breaks between two statements nobody else listens, and the next of them fails.
    const onError = (error: unknown): unknown => (broken = error);
    client.on("error", onError);
    try {
      await this.prepare(client);
      const [only] = statements;
      if (only !== undefined && statements.length === 1) return [await execute(client, only)];
      await client.query(dialect.begin);
      const found: Row[][] = [];
      for (const statement of statements) found.push(await execute(client, statement));
      await client.query("COMMIT");
      return found;
    } catch (error) {
      broken = error;
      // A lone statement that the database answered has left nothing behind.
      if (statements.length === 1 && codeOf(error) !== undefined && !PASSES.test(codeOf(error) ?? ""))
        broken = undefined;
      throw error;
    } finally {
      client.off("error", onError);
      client.release(broken !== undefined);
    }
  }

  private async prepare(client: pg.PoolClient): Promise<void> {
    if (this.prepared.has(client)) return;
    const { statement } = this.patience;
    await client.query(`SET search_path TO ${SCHEMA};
      SET statement_timeout TO ${statement};
      SET lock_timeout TO ${statement};
      SET idle_in_transaction_session_timeout TO ${IDLE_IN_TRANSACTION_MS};
      SET default_transaction_read_only TO ${this.readOnly ? "on" : "off"}`);
    this.prepared.add(client);
  }

  async tables(): Promise<string[]> {
    const [found = []] = await this.run({
      text: "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = $1 ORDER BY tablename",
      values: [SCHEMA],
    });
    return found.map(({ tablename }) => String(tablename));
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}

async function execute(client: pg.PoolClient, { text, values = [] }: Statement): Promise<Row[]> {
  const { rows } = await client.query<Row>(text, values.map(toParameter));
  return rows;
}

function toParameter(value: Value): string | Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  return typeof value === "string" ? clean(value) : value.toString();
}

/** Host and name, without user and password. */
function placeOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (protocol === "postgres:" || protocol === "postgresql:") return `postgres://${host}${pathname}`;
  } catch {
    // Said below, without the address: it may have a password in it.
  }
  throw new UnusableStore("the database's address is none: it is postgres://user:password@host:port/database");
}

/** SQLSTATE, where the database answered. */
function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Several addresses of one host give an error each, and together one without a message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join("; ");
  return error instanceof Error ? error.message : String(error);
}
