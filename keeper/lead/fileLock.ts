import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { StoreInUse, UnusableStore } from "../store/errors.js";
import { sqlite } from "../store/sqlite.js";

/**
 * One keeper a folder. The lock is SQLite's on an empty file, so it ends with the process, however that ends; who holds it
 * stands in a file beside it. (Reading the locked file itself would let go of the lock: closing it does, on POSIX.)
 */
export class FileLock {
  private constructor(private readonly database: DatabaseSync) {}

  /** @throws StoreInUse naming who has it */
  static take(folder: string, who: string): FileLock {
    const path = join(folder, "keeper.lock");
    const nameplate = `${path}.holder`;
    let database: DatabaseSync;
    try {
      mkdirSync(folder, { recursive: true });
      database = new (sqlite().DatabaseSync)(path);
    } catch (cause) {
      throw new UnusableStore(`${folder} cannot be used: ${String(cause)}`, { cause });
    }
    try {
      database.exec("BEGIN EXCLUSIVE");
      writeFileSync(nameplate, `process ${process.pid} on ${hostname()}, ${who}, since ${new Date().toISOString()}`);
      return new FileLock(database);
    } catch (cause) {
      database.close();
      throw new StoreInUse(
        `another keeper uses ${folder} (${holder(nameplate)}): stop it, or give this one another folder and another account, or both one database`,
        { cause },
      );
    }
  }

  release(): void {
    this.database.close();
  }
}

function holder(nameplate: string): string {
  try {
    return readFileSync(nameplate, "utf8");
  } catch {
    return "it does not say which";
  }
}
