import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { StoreFailed } from "./errors.js";
import { type Sql, rows } from "./sql.js";
import type { SnapshotStore } from "./store.js";

const PIECE_BYTES = 1 << 20;
/** Another save may remove the pieces that are being read. */
const READ_ATTEMPTS = 3;

/**
 * Pieces of a megabyte under a generation of their own; the name points to it once all are there. A save that broke off leaves
 * pieces that the next one removes.
 */
export class SqlSnapshots implements SnapshotStore {
  constructor(private readonly sql: Sql) {}

  async save(name: string, chunks: Iterable<Uint8Array>): Promise<void> {
    const [row] = await rows(
      this.sql,
      `INSERT INTO snapshot_generations AS g (name, last) VALUES ($1, 1)
      ON CONFLICT (name) DO UPDATE SET last = g.last + 1 RETURNING last`,
      name,
    );
    const generation = Number(row?.last);
    const hash = createHash("sha256");
    let pieces = 0;
    for (const bytes of piecesOf(chunks)) {
      hash.update(bytes);
      await rows(
        this.sql,
        `INSERT INTO snapshot_pieces (name, generation, number, bytes) VALUES ($1, $2, $3, $4)
        ON CONFLICT (name, generation, number) DO NOTHING`,
        name,
        generation,
        pieces,
        bytes,
      );
      pieces += 1;
      await turn();
    }
    const [pointed] = await this.sql.run(
      {
        text: `INSERT INTO snapshots AS s (name, generation, pieces, hash)
          SELECT CAST($1 AS VARCHAR), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS VARCHAR)
          WHERE (SELECT count(*) FROM snapshot_pieces WHERE name = $1 AND generation = $2) = $3
          ON CONFLICT (name) DO UPDATE SET generation = excluded.generation, pieces = excluded.pieces, hash = excluded.hash
          WHERE s.generation <= excluded.generation
          RETURNING generation`,
        values: [name, generation, pieces, hash.digest("hex")],
      },
      {
        text: `DELETE FROM snapshot_pieces WHERE name = $1 AND generation < (SELECT generation FROM snapshots WHERE name = $1)`,
        values: [name],
      },
    );
    if (pointed?.length === 1) return;
    throw new StoreFailed(`the snapshot "${name}" was saved by another keeper meanwhile; theirs is kept`);
  }

  async load(name: string): Promise<Buffer | undefined> {
    for (let tries = 0; tries < READ_ATTEMPTS; tries++) {
      const [pointer] = await rows(this.sql, `SELECT generation, pieces, hash FROM snapshots WHERE name = $1`, name);
      if (pointer === undefined) return undefined;
      const whole = await this.read(name, Number(pointer.generation), Number(pointer.pieces));
      if (whole !== undefined && createHash("sha256").update(whole).digest("hex") === pointer.hash) return whole;
    }
    return undefined;
  }

  private async read(name: string, generation: number, pieces: number): Promise<Buffer | undefined> {
    const found: Uint8Array[] = [];
    for (let number = 0; number < pieces; number++) {
      const [row] = await rows(
        this.sql,
        `SELECT bytes FROM snapshot_pieces WHERE name = $1 AND generation = $2 AND number = $3`,
        name,
        generation,
        number,
      );
      if (!(row?.bytes instanceof Uint8Array)) return undefined;
      found.push(row.bytes);
      await turn();
    }
    return Buffer.concat(found);
  }
}

/** The same bytes in pieces of equal size, none of them empty. */
function* piecesOf(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let piece = Buffer.alloc(PIECE_BYTES);
  let filled = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length;) {
      const part = chunk.subarray(from, from + PIECE_BYTES - filled);
      piece.set(part, filled);
      filled += part.length;
      from += part.length;
      if (filled < PIECE_BYTES) continue;
      yield piece;
      piece = Buffer.alloc(PIECE_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
