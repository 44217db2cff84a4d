/** What a backend looks like: the whole of `Store` over SQLite, for those who write one, and for tests. */

import { DatabaseSync } from "node:sqlite";
import { deserialize, serialize } from "node:v8";
import type { Env } from "../../src/lib/env.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import {
  type Commit,
  type Entry,
  type Key,
  LIMITS,
  type Store,
  StoreError,
} from "../../src/store/store.ts";

/** How many expired entries a commit clears away: few enough that nobody waits for it. */
const CLEARED = 4;

/** Milliseconds for which other processes may hold the database before a call fails. */
const PATIENCE = 5000;

const TABLES = `
  PRAGMA journal_mode = wal;
  PRAGMA synchronous = full;
  CREATE TABLE IF NOT EXISTS entry (key BLOB PRIMARY KEY, value BLOB, version INTEGER, expires_at REAL);
  CREATE INDEX IF NOT EXISTS ending ON entry (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY, commits INTEGER);
  INSERT OR IGNORE INTO clock VALUES (0, 0);
`;

/** Opens or makes the database at a path. node:sqlite answers at once, so no two calls are ever under way. */
export function openSqliteStore(env: Pick<Env, "now">, path: string): Promise<Store> {
  return answered(() => {
    const database = new DatabaseSync(path, { timeout: PATIENCE });
    database.exec(TABLES);
    const get = database.prepare("SELECT * FROM entry WHERE key = ?");
    const list = database.prepare(
      "SELECT * FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT ?",
    );
    const set = database.prepare("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)");
    const erase = database.prepare("DELETE FROM entry WHERE key = ?");
    // One number for all commits, so that no version comes back after its key was deleted.
    const count = database.prepare("UPDATE clock SET commits = commits + 1 RETURNING commits");
    const clear = database.prepare(
      "DELETE FROM entry WHERE key IN (SELECT key FROM entry WHERE expires_at < ? LIMIT ?)",
    );

    function entryAt(key: Key): Entry | undefined {
      const row = get.get(encode(key));
      return row === undefined ? undefined : entryOf(row);
    }

    /** Checks and writes in one transaction, which holds the database from its first read on. */
    function apply({ checks = [], writes }: Commit): boolean {
      if (checks.length > LIMITS.checks || writes.length > LIMITS.writes) {
        throw new TypeError(
          `a commit holds at most ${LIMITS.checks} checks, ${LIMITS.writes} writes`,
        );
      }
      database.exec("BEGIN IMMEDIATE");
      try {
        const held = checks.every(({ key, version }) =>
          (entryAt(key)?.version ?? null) === version
        );
        if (held) {
          clear.run(env.now(), CLEARED);
          const version = count.get()?.["commits"] as number;
          for (const { key, value, expires_at = null } of writes) {
            const name = within(LIMITS.key, encode(key));
            if (value === undefined) erase.run(name);
            else set.run(name, within(LIMITS.value, serialize([key, value])), version, expires_at);
          }
        }
        database.exec("COMMIT");
        return held;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    }

    return {
      get: (key) => answered(() => entryAt(key)),
      list: (prefix, { limit, after = prefix }) =>
        // No part begins with 3: that stands behind all that continues the prefix.
        answered(() =>
          list.all(encode(after), new Uint8Array([...encode(prefix), 3]), limit).map(entryOf)
        ),
      commit: (commit) => answered(() => apply(commit)),
      close() {
        if (database.isOpen) database.close();
      },
    };
  });
}

function entryOf(row: Record<string, unknown>): Entry {
  const [key, value] = deserialize(row["value"] as Uint8Array);
  return { key, value, version: String(row["version"]) };
}

/** Bytes that sort as keys do: each part has its type before it and a zero behind it, and a zero within is 0, 255. */
function encode(key: Key): Uint8Array {
  return new Uint8Array(key.flatMap((part) => {
    const bytes = typeof part === "string" ? [2, ...utf8(part)] : [1, ...part];
    return [...bytes.flatMap((byte) => byte === 0 ? [0, 255] : [byte]), 0];
  }));
}

function within(most: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length > most) throw new TypeError(`${bytes.length} bytes are more than ${most}`);
  return bytes;
}

// deno-lint-ignore require-await -- a throw has to become a rejection
async function answered<A>(operate: () => A): Promise<A> {
  try {
    return operate();
  } catch (cause) {
    throw cause instanceof TypeError ? cause : new StoreError("SQLite has failed", { cause });
  }
}
