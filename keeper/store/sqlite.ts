import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { DamagedStore, ForeignStore, StoreFailed, UnusableStore } from "./errors.js";
import { clean } from "./json.js";
import { type Dialect, Duplicate, type Row, type Sql, type Statement, type Value } from "./sql.js";

const dialect: Dialect = {
  begin: "BEGIN IMMEDIATE",
  setup: [],
  serial: "INTEGER PRIMARY KEY AUTOINCREMENT",
  text: "TEXT",
  json: "TEXT",
  blob: "BLOB",
  now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
  share: "",
  contains: (text, part) => `instr(${text}, ${part}) > 0`,
  append: (array, element) => `json_insert(${array}, '$[#]', json(${element}))`,
  greatest: (a, b) => `max(${a}, ${b})`,
};

/** "Blst", in the header of the file. */
const APPLICATION_ID = 0x42_6c_73_74;
const PRIMARY = { constraint: 19, corrupt: 11, notADatabase: 26 };
/** A reader that is just looking; there is only one writer. */
const BUSY_MS = 1_000;

/** A file on this machine. Every write is on the disk when it is acknowledged. */
export class SqliteFile implements Sql {
  readonly dialect = dialect;
  private readonly statements = new Map<string, StatementSync>();

  private constructor(
    private readonly database: DatabaseSync,
    readonly place: string,
  ) {}

  /**
   * @throws ForeignStore where the file is another program's
   * @throws DamagedStore where it is no SQLite file, or parts of it are missing
   */
  static open(path: string, readOnly = false): SqliteFile {
    try {
      if (!readOnly) mkdirSync(dirname(path), { recursive: true });
      const database = new (sqlite().DatabaseSync)(path, { readOnly });
      try {
        checkFile(database, path);
        database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
        if (!readOnly) {
          database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216");
          database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
        }
        return new SqliteFile(database, path);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof UnusableStore) throw error;
      const damaged = [PRIMARY.corrupt, PRIMARY.notADatabase].includes(primaryCode(error) ?? 0);
      if (damaged) throw new DamagedStore(damage(path, reason(error)), { cause: error });
      const how = readOnly
        ? "is there a keeper that uses it?"
        : "is the folder there, writable, and the disk not full?";
      throw new UnusableStore(`the store ${path} cannot be opened: ${reason(error)}; ${how}`, { cause: error });
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- it promises, so that what it throws is a rejection
  async run(...statements: Statement[]): Promise<Row[][]> {
    try {
      const [only] = statements;
      if (only !== undefined && statements.length === 1) return [this.execute(only)];
      return this.together(statements);
    } catch (error) {
      if (primaryCode(error) === PRIMARY.constraint) throw new Duplicate(reason(error), { cause: error });
      throw new StoreFailed(`the store ${this.place} does not take it: ${reason(error)}`, { cause: error });
    }
  }

  private together(statements: readonly Statement[]): Row[][] {
    this.database.exec(dialect.begin);
    try {
      const found = statements.map((statement) => this.execute(statement));
      this.database.exec("COMMIT");
      return found;
    } catch (error) {
      // A full disk may have ended it already.
      try {
        this.database.exec("ROLLBACK");
      } catch {
        throw error;
      }
      throw error;
    }
  }

  private execute({ text, values = [] }: Statement): Row[] {
    let statement = this.statements.get(text);
    if (statement === undefined) {
      statement = this.database.prepare(text);
      if (this.statements.size < 200) this.statements.set(text, statement);
    }
    const named: Record<string, SQLInputValue> = {};
    values.forEach((value, i) => (named[`$${i + 1}`] = toParameter(value)));
    return statement.all(named);
  }

  async tables(): Promise<string[]> {
    const [found = []] = await this.run({ text: "SELECT name FROM sqlite_schema WHERE type = 'table'" });
    return found.map(({ name }) => String(name)).filter((name) => !name.startsWith("sqlite_"));
  }

  close(): Promise<void> {
    this.statements.clear();
    this.database.close();
    return Promise.resolve();
  }
}

function toParameter(value: Value): SQLInputValue {
  if (typeof value === "number") return BigInt(value);
  return typeof value === "string" ? clean(value) : value;
}

/** Snapshots are not looked at: they are large, and carry a checksum of their own. */
function checkFile(database: DatabaseSync, path: string): void {
  const id = Number(database.prepare("PRAGMA application_id").get()?.application_id);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  if (tables.length > 0 && id !== APPLICATION_ID) {
    throw new ForeignStore(`${path} is another program's SQLite file (application ${id}): give the keeper its own`);
  }
  for (const { name } of tables) {
    if (name === "snapshot_pieces") continue;
    const faults = database.prepare(`PRAGMA quick_check("${String(name)}")`).all();
    const [fault] = faults.filter(({ quick_check: said }) => said !== "ok");
    if (fault !== undefined) throw new DamagedStore(damage(path, String(fault.quick_check)));
  }
}

function damage(path: string, why: string): string {
  return `the store ${path} is damaged (${why}): move it away and start again; the keeper then waits for transactions of its key that it does not know, and its books begin anew`;
}

/** SQLite's own code without what it adds to it. */
function primaryCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let loaded: typeof import("node:sqlite") | undefined;

/**
 * node:sqlite says on stderr, once a process, that it is experimental. That is known, and no operator can do anything about it:
 * it is loaded while that one warning goes nowhere. All others are said as ever.
 */
export function sqlite(): typeof import("node:sqlite") {
  if (loaded !== undefined) return loaded;
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] !== "ExperimentalWarning") Reflect.apply(emit, process, [warning, ...rest]);
  };
  try {
    loaded = process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emit;
  }
  return loaded;
}
