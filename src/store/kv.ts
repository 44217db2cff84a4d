/** How Deno KV keeps the records: the only file that knows it. */

import { dirname } from "node:path";
import type { Env } from "../lib/env.ts";
import { openDeadlines } from "./deadline.ts";
import { gather } from "./gather.ts";
import { placeOf, schemeOf } from "./place.ts";
import { sizeOf } from "./size.ts";
import {
  type Check,
  type Entry,
  type Key,
  LIMITS,
  type Store,
  StoreError,
  type Write,
} from "./store.ts";

/** Where a database is, how long it may take to answer, and how it is asked. */
export interface KvOptions {
  /** A path, `:memory:`, `default` (what Deno chooses: on Deno Deploy the attached database), or a KV Connect URL. */
  readonly url: string;
  /** For KV Connect; absent: what `DENO_KV_ACCESS_TOKEN` holds already. */
  readonly access_token?: string | undefined;
  /** Milliseconds after which an unanswered operation throws, at most a tenth later; 5,000. */
  readonly deadline?: number | undefined;
  /** Whether calls that wait at the same moment share one read or one commit; true. */
  readonly grouped?: boolean | undefined;
}

/** What of Deno KV is used. Never `sum`, `min`, `max`: they drop expirations, and half of a failing commit stays. */
export type Kv = Pick<Deno.Kv, "getMany" | "list" | "atomic" | "close">;

/** What Deno KV allows in one commit, in bytes: keys and values, and the keys alone. */
const MOST_BYTES = 819_200;
const MOST_KEY_BYTES = 81_920;

/** What Deno KV allows in one `getMany`. */
const MOST_READS = 10;

/** Reads under way at once. One is slower, more than four are not faster in a file; eight leave room for a slow line. */
const READ_FLIGHTS = 8;

/** How many entries a list fetches at once. */
const BATCH = 500;

/** The longest pause, in milliseconds, before a try on a locked database is repeated. */
const LONGEST_PAUSE = 20;

/**
 * Opens a database. A missing folder is made for its owner alone (0700), a new file too (0600).
 * Throws `StoreError` where that is impossible: no permission, no database, wrong token, refused.
 */
export async function openKvStore(
  env: Pick<Env, "now" | "sleep" | "random">,
  options: KvOptions,
): Promise<Store> {
  const { url, access_token } = options;
  const remote = schemeOf(url) !== undefined;
  try {
    if (remote && access_token !== undefined) Deno.env.set("DENO_KV_ACCESS_TOKEN", access_token);
    if (placeOf(url) === "file") await makeFile(url);
    const kv = await Deno.openKv(url === "default" ? undefined : url);
    // What has expired while nobody served is swept first, however long that takes, and no deadline may cut it short.
    if (!remote) await kv.get(["opened"]);
    return kvStore(env, kv, options);
  } catch (cause) {
    throw new StoreError(`the store ${url} can't be opened: ${reason(cause)}`, { cause });
  }
}

/** A new file is empty, which SQLite takes for a new database; what SQLite puts beside it gets the same mode. */
async function makeFile(path: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** A store over an open database. */
export function kvStore(
  env: Pick<Env, "now" | "sleep" | "random">,
  kv: Kv,
  { deadline = 5000, grouped = true }: Pick<KvOptions, "deadline" | "grouped"> = {},
): Store {
  const deadlines = openDeadlines(env, deadline);
  let closed = false;

  /** The answer of `operate`, which starts again while the database is locked. Throws `StoreError`. */
  function answer<A>(what: string, operate: (over: () => boolean) => Promise<A>): Promise<A> {
    return deadlines.within(what, async (over) => {
      for (;;) {
        try {
          return await operate(over);
        } catch (cause) {
          // Another process on the same file makes SQLite refuse what reads before it writes; nothing was applied then.
          if (over() || !reason(cause).includes("database is locked")) throw failure(what, cause);
          const [chance = 0] = env.random(1);
          await env.sleep(1 + chance % LONGEST_PAUSE);
          if (over()) throw failure(what, cause);
        }
      }
    });
  }

  /** Throws `StoreError` at once for what can't be stored. */
  function prepared(checks: readonly Check[], writes: readonly Write[]): Deno.AtomicOperation {
    const atomic = kv.atomic();
    try {
      for (const { key, version } of checks) atomic.check({ key, versionstamp: version });
      for (const { key, value, expires_at } of writes) {
        if (value === undefined) atomic.delete(key);
        else if (expires_at === undefined) atomic.set(key, value);
        else {
          const expireIn = Math.max(1, Math.ceil((expires_at - env.now()) * 1000));
          atomic.set(key, value, { expireIn });
        }
      }
    } catch (cause) {
      throw failure("commit", cause);
    }
    return atomic;
  }

  const get = gather<Key, Entry | undefined>(deadlines, {
    what: "get",
    flights: grouped ? READ_FLIGHTS : Infinity,
    together: () => grouped ? MOST_READS : 1,
    ask: (keys) =>
      answer("get", async () => {
        const entries = await kv.getMany<unknown[]>([...keys]);
        return entries.map(({ key, value, versionstamp }) =>
          versionstamp === null ? undefined : { key: key as Key, value, version: versionstamp }
        );
      }),
  });

  // One at a time, so that of two writes of one key the later call wins.
  const write = gather<readonly Write[], boolean>(deadlines, {
    what: "commit",
    flights: grouped ? 1 : Infinity,
    together: (waiting) => grouped ? fitting(waiting) : 1,
    ask(commits) {
      const atomic = prepared([], commits.flat());
      return answer("commit", async () => {
        const { ok } = await atomic.commit();
        return commits.map(() => ok);
      });
    },
  });

  return {
    get,
    list(prefix, { limit, after }) {
      // The least key behind `after` is `after` with an empty part at its end.
      const selector = after === undefined
        ? { prefix }
        : { prefix, start: [...after, new Uint8Array()] };
      return answer("list", async (over) => {
        const entries: Entry[] = [];
        const options = {
          limit,
          batchSize: Math.min(limit, BATCH),
          consistency: "strong",
        } as const;
        for await (const { key, value, versionstamp } of kv.list(selector, options)) {
          entries.push({ key: key as Key, value, version: versionstamp });
          if (over()) break;
        }
        return entries;
      });
    },
    async commit({ checks = [], writes }) {
      if (checks.length > LIMITS.checks || writes.length > LIMITS.writes) {
        throw new TypeError(
          `a commit holds at most ${LIMITS.checks} checks and ${LIMITS.writes} writes`,
        );
      }
      if (checks.length === 0) return await write(writes);
      const atomic = prepared(checks, writes);
      return await answer("commit", async () => (await atomic.commit()).ok);
    },
    close() {
      if (closed) return;
      closed = true;
      deadlines.close();
      kv.close();
    },
  };
}

/** How many of some commits without checks are sure to fit into one. What may be too big goes alone, and fails alone. */
function fitting(commits: Iterable<readonly Write[]>): number {
  let count = 0;
  let room = { writes: LIMITS.writes, keys: MOST_KEY_BYTES, total: MOST_BYTES };
  for (const writes of commits) {
    const { keys, total } = sizeOf(writes);
    room = {
      writes: room.writes - writes.length,
      keys: room.keys - keys,
      total: room.total - total,
    };
    if (room.writes < 0 || room.keys < 0 || room.total < 0) break;
    count++;
  }
  return Math.max(count, 1);
}

function failure(what: string, cause: unknown): StoreError {
  return new StoreError(`${what}: ${reason(cause)}`, { cause });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
