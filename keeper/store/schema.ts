import { setTimeout as sleep } from "node:timers/promises";
import { DamagedStore, ForeignStore, StoreFailed, UnusableStore } from "./errors.js";
import { type Dialect, type Sql, type Statement, rows } from "./sql.js";
import type { StoreScope } from "./store.js";

/** Changes of the tables, oldest first; a store's version is how many of them it has had. Never edited, only added to. */
function migrations({ serial, text, json, blob }: Dialect): readonly (readonly string[])[] {
  return [
    [
      `CREATE TABLE journal (
        id ${serial},
        lane ${text} NOT NULL,
        nonce BIGINT NOT NULL,
        intent ${json} NOT NULL,
        subjects ${text} NOT NULL,
        state ${text} NOT NULL,
        attempts ${json} NOT NULL DEFAULT '[]',
        fence BIGINT NOT NULL,
        intended_at BIGINT NOT NULL,
        mined_hash ${text},
        mined_block BIGINT,
        why ${text}
      )`,
      `CREATE UNIQUE INDEX journal_unfinished ON journal (lane, nonce) WHERE state NOT IN ('final', 'abandoned')`,
      `CREATE TABLE results (
        hash ${text} NOT NULL,
        subject ${text} NOT NULL,
        facility BIGINT NOT NULL,
        kind ${text} NOT NULL,
        outcome ${text} NOT NULL,
        block BIGINT NOT NULL,
        timestamp BIGINT NOT NULL,
        loan_asset ${text},
        gross_profit ${text} NOT NULL,
        fees_wei ${text} NOT NULL,
        fees_in_loan_asset ${text},
        details ${json} NOT NULL,
        PRIMARY KEY (hash, subject)
      )`,
      `CREATE INDEX results_timestamp ON results (timestamp)`,
      `CREATE INDEX results_block ON results (block)`,
      `CREATE TABLE decisions (
        id ${serial},
        subject ${text} NOT NULL,
        block BIGINT NOT NULL,
        timestamp BIGINT NOT NULL,
        action ${text} NOT NULL,
        code ${text} NOT NULL,
        details ${json} NOT NULL,
        UNIQUE (subject, block)
      )`,
      `CREATE INDEX decisions_timestamp ON decisions (timestamp)`,
      `CREATE TABLE snapshots (
        name ${text} PRIMARY KEY,
        generation BIGINT NOT NULL,
        pieces BIGINT NOT NULL,
        hash ${text} NOT NULL
      )`,
      `CREATE TABLE snapshot_generations (name ${text} PRIMARY KEY, last BIGINT NOT NULL)`,
      `CREATE TABLE snapshot_pieces (
        name ${text} NOT NULL,
        generation BIGINT NOT NULL,
        number BIGINT NOT NULL,
        bytes ${blob} NOT NULL,
        PRIMARY KEY (name, generation, number)
      )`,
      // Rows are never deleted but for long expired ones below the largest fence, so that fences only grow.
      `CREATE TABLE leases (
        name ${text} PRIMARY KEY,
        lease_group ${text} NOT NULL,
        holder ${text} NOT NULL,
        fence BIGINT NOT NULL UNIQUE,
        granted_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL
      )`,
    ],
  ];
}

const MARKER = "ballast_keeper";

/**
 * Makes the tables, or brings them up to this version, and holds the store to its deployment.
 *
 * @throws ForeignStore naming what it is of, and what was asked for
 */
export async function prepare(sql: Sql, scope: StoreScope, readOnly: boolean): Promise<void> {
  const wanted = migrations(sql.dialect);
  for (let tries = 0; ; tries++) {
    const version = await versionOf(sql, scope);
    if (version === wanted.length) return;
    if (version > wanted.length) {
      throw new ForeignStore(
        `the store ${sql.place} has version ${version}, this keeper knows versions up to ${wanted.length}: use a newer keeper, or another store`,
      );
    }
    if (readOnly) {
      const found =
        version === 0 ? "has nothing in it yet" : `has version ${version}, this keeper needs ${wanted.length}`;
      throw new UnusableStore(`the store ${sql.place} ${found}: start the keeper on it once`);
    }
    try {
      await sql.run(...sql.dialect.setup.map((text) => ({ text })), ...steps(wanted, version, scope));
    } catch (error) {
      // Two keepers that start at once: the other may have been quicker.
      if (tries === 3 || !(error instanceof StoreFailed)) throw error;
      await sleep(50);
    }
  }
}

function steps(all: readonly (readonly string[])[], version: number, scope: StoreScope): Statement[] {
  const changes = all.slice(version).flatMap((texts) => texts.map((text) => ({ text })));
  if (version > 0) return [...changes, { text: `UPDATE ${MARKER} SET version = ${all.length}` }];
  return [
    {
      text: `CREATE TABLE ${MARKER} (version BIGINT NOT NULL, chain_id BIGINT NOT NULL, loan_manager VARCHAR(42) NOT NULL)`,
    },
    ...changes,
    {
      text: `INSERT INTO ${MARKER} (version, chain_id, loan_manager) VALUES (${all.length}, $1, $2)`,
      values: [scope.chainId, scope.loanManager.toLowerCase()],
    },
  ];
}

/** 0 where there is nothing yet. */
async function versionOf(sql: Sql, scope: StoreScope): Promise<number> {
  const tables = await sql.tables();
  if (tables.length === 0) return 0;
  if (!tables.includes(MARKER)) {
    throw new ForeignStore(
      `${sql.place} is another program's: it has ${tables.slice(0, 3).join(", ")} and no ${MARKER}; give the keeper a store of its own`,
    );
  }
  const [found] = await rows(sql, `SELECT version, chain_id, loan_manager FROM ${MARKER}`);
  if (found === undefined) throw new DamagedStore(`the store ${sql.place} does not say what it is of`);
  const its = `the LoanManager ${String(found.loan_manager)} on chain ${String(found.chain_id)}`;
  const ours = `the LoanManager ${scope.loanManager.toLowerCase()} on chain ${scope.chainId}`;
  if (its !== ours) {
    throw new ForeignStore(`the store ${sql.place} is of ${its}, the keeper of ${ours}: give each its own store`);
  }
  return Number(found.version);
}
