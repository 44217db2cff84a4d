/** How Deno KV keeps the records: the only file that knows it. */

import { dirname } from "node:path";
import type { Env } from "../lib/env.ts";
import { type Entry, type Key, type Store, StoreError } from "./store.ts";

/** Where a database is, and how long it may take to answer. */
export interface KvOptions {
  /** A path, `:memory:`, `default` (what Deno chooses: on Deno Deploy the attached database), or a KV Connect URL. */
  readonly url: string;
  /** For KV Connect; absent: what `DENO_KV_ACCESS_TOKEN` holds already. */
  readonly access_token?: string | undefined;
  /** Milliseconds after which an unanswered operation throws; 5,000. */
  readonly deadline?: number | undefined;
}

/** What of Deno KV is used. Never `sum`, `min`, `max`: they drop expirations, and half of a failing commit stays. */
export type Kv = Pick<Deno.Kv, "get" | "list" | "atomic" | "close">;

/** The least that any backend allows in one commit. */
const MOST_CHECKS = 10;
const MOST_WRITES = 1000;

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
  const { url, access_token, deadline } = options;
  const remote = /^https?:\/\//.test(url);
  try {
    if (remote && access_token !== undefined) Deno.env.set("DENO_KV_ACCESS_TOKEN", access_token);
    if (!remote && url !== ":memory:" && url !== "default") await makeFile(url);
    const kv = await Deno.openKv(url === "default" ? undefined : url);
    return kvStore(env, kv, deadline);
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

/** A store over an open database; `deadline` in milliseconds. */
export function kvStore(
  env: Pick<Env, "now" | "sleep" | "random">,
  kv: Kv,
  deadline = 5000,
): Store {
  let closed = false;

  /** The answer of `operate`, which starts again while the database is locked. Throws `StoreError` once the deadline is over. */
  async function answer<A>(what: string, operate: (over: AbortSignal) => Promise<A>): Promise<A> {
    if (closed) throw new StoreError(`${what}: the store is closed`);
    const ended = new AbortController();
    const over = ended.signal;
    const tooLate = env.sleep(deadline, over).then(() => {
      if (!over.aborted) throw new StoreError(`${what}: no answer within ${deadline} ms`);
    });
    try {
      // `tooLate` only ever fulfils after the race.
      return await Promise.race([unlocked(operate, over), tooLate as Promise<never>]);
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      throw new StoreError(`${what}: ${closed ? "the store is closed" : reason(cause)}`, { cause });
    } finally {
      ended.abort();
    }
  }

  // Another process on the same file makes SQLite refuse what reads before it writes; nothing was applied then.
  async function unlocked<A>(
    operate: (over: AbortSignal) => Promise<A>,
    over: AbortSignal,
  ): Promise<A> {
    for (;;) {
      try {
        return await operate(over);
      } catch (error) {
        if (!reason(error).includes("database is locked")) throw error;
        const [chance = 0] = env.random(1);
        await env.sleep(1 + chance % LONGEST_PAUSE, over);
        if (over.aborted || closed) throw error;
      }
    }
  }

  return {
    get(key) {
      return answer("get", async () => {
        const { value, versionstamp } = await kv.get(key);
        return versionstamp === null ? undefined : { key, value, version: versionstamp };
      });
    },
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
          if (over.aborted) break;
        }
        return entries;
      });
    },
    async commit({ checks = [], writes }) {
      if (checks.length > MOST_CHECKS || writes.length > MOST_WRITES) {
        throw new TypeError(
          `a commit holds at most ${MOST_CHECKS} checks and ${MOST_WRITES} writes`,
        );
      }
      return await answer("commit", async () => {
        const atomic = kv.atomic();
        for (const { key, version } of checks) atomic.check({ key, versionstamp: version });
        for (const { key, value, expires_at } of writes) {
          if (value === undefined) atomic.delete(key);
          else if (expires_at === undefined) atomic.set(key, value);
          else {
            const expireIn = Math.max(1, Math.ceil((expires_at - env.now()) * 1000));
            atomic.set(key, value, { expireIn });
          }
        }
        return (await atomic.commit()).ok;
      });
    },
    close() {
      if (closed) return;
      closed = true;
      kv.close();
    },
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
