/** Typed records in a store: put, put once, take once, update; what has expired is not there. */

import type { Env } from "../lib/env.ts";
import { base64url, sha256 } from "../lib/bytes.ts";
import { type Expiring, HANDLE_PREFIX, type Records } from "./records.ts";
import { changes } from "./change.ts";
import type { Check, Key, Store, Write } from "./store.ts";

/** Deno KV erases early when the clock jumps ahead, so garbage is collected this many seconds late. */
const COLLECT_AFTER = 3600;

/** A record as it was read, with the check that proves that it is still the same. */
export interface Read<T> {
  /** The record. */
  readonly record: T;
  /** Holds as long as nobody has written it. */
  readonly check: Check;
}

/** The records of one kind. An `id` is a handle, or whatever names the record; only its hash is stored. */
export interface Collection<T extends Expiring> {
  /** A new random handle with the prefix of its kind: 256 bits. Throws for kinds without handles. */
  handle(): string;
  /** The living record. */
  get(id: string): Promise<T | undefined>;
  /** The living record with a check for a commit of one's own. */
  read(id: string): Promise<Read<T> | undefined>;
  /** Sets the record, whatever stood there. */
  put(id: string, record: T): Promise<void>;
  /** Sets the record where no living one stands; whether it did. Of many callers one succeeds. */
  putNew(id: string, record: T): Promise<boolean>;
  /** Removes the living record and gives it to exactly one caller. */
  take(id: string): Promise<T | undefined>;
  /**
   * Replaces the record by `change(living record)`, again with the newer one when somebody was faster.
   * `change` may answer `undefined` to leave all as it is. Answers what stands there now.
   */
  update(id: string, change: (record: T | undefined) => T | undefined): Promise<T | undefined>;
  /** Deletes the record, if any. */
  delete(id: string): Promise<void>;
  /** Living records in the order of their hashed keys, up to `limit` (1,000) a call. */
  list(options?: { limit?: number; after?: Key }): Promise<{ records: T[]; next: Key | undefined }>;
  /** The write of `put`, for a commit of one's own. */
  write(id: string, record: T): Write;
  /** The write of `delete`, for a commit of one's own. */
  erase(id: string): Write;
}

/** A collection for every kind of record. */
export type Collections = { readonly [K in keyof Records]: Collection<Records[K]> };

/** The collections over a store. */
export function openCollections(store: Store, env: Pick<Env, "now" | "random">): Collections {
  const of = <K extends keyof Records>(kind: K) => collection<Records[K]>(store, env, kind);
  return {
    authorization: of("authorization"),
    code: of("code"),
    refresh_token: of("refresh_token"),
    interaction: of("interaction"),
    session: of("session"),
    consent: of("consent"),
    replay: of("replay"),
    revoked_token: of("revoked_token"),
    throttle: of("throttle"),
    signing_key: of("signing_key"),
    ring: of("ring"),
  };
}

/** The collection of one kind. Methods throw `StoreError` as the store does. */
export function collection<T extends Expiring>(
  store: Store,
  env: Pick<Env, "now" | "random">,
  kind: keyof Records,
): Collection<T> {
  const prefix: string | undefined = (HANDLE_PREFIX as Partial<Record<string, string>>)[kind];
  // The kind is part of the hash: a handle of one kind is never found as another.
  const keyOf = (id: string): Key => [kind, sha256(`${kind}\0${id}`)];
  const living = (value: unknown): T | undefined => {
    const record = value as T | undefined;
    return record?.expires_at === undefined || env.now() < record.expires_at ? record : undefined;
  };
  const write = (id: string, record: T): Write => ({
    key: keyOf(id),
    value: record,
    expires_at: record.expires_at === undefined ? undefined : record.expires_at + COLLECT_AFTER,
  });
  const erase = (id: string): Write => ({ key: keyOf(id), value: undefined });

  const change = changes(store, keyOf);

  return {
    handle() {
      if (prefix === undefined) throw new TypeError(`records of kind ${kind} have no handles`);
      return prefix + base64url(env.random(32));
    },
    async get(id) {
      return living((await store.get(keyOf(id)))?.value);
    },
    async read(id) {
      const entry = await store.get(keyOf(id));
      const record = living(entry?.value);
      if (entry === undefined || record === undefined) return undefined;
      return { record, check: { key: entry.key, version: entry.version } };
    },
    async put(id, record) {
      await store.commit({ writes: [write(id, record)] });
    },
    async putNew(id, record) {
      const entry = write(id, record);
      // Mostly nothing stands there, and one round trip is enough; an expired record takes the longer way.
      if (await store.commit({ checks: [{ key: entry.key, version: null }], writes: [entry] })) {
        return true;
      }
      return await change(
        id,
        (value) => living(value) === undefined ? { write: entry, answer: true } : { answer: false },
      );
    },
    take(id) {
      return change(id, (value) => {
        const there = living(value);
        return there === undefined ? { answer: undefined } : { write: erase(id), answer: there };
      });
    },
    update(id, next) {
      return change(id, (value) => {
        const there = living(value);
        const record = next(there);
        return record === undefined
          ? { answer: there }
          : { write: write(id, record), answer: record };
      });
    },
    async delete(id) {
      await store.commit({ writes: [erase(id)] });
    },
    async list({ limit = 1000, after } = {}) {
      const entries = await store.list([kind], after === undefined ? { limit } : { limit, after });
      const records = entries.map(({ value }) => living(value)).filter(
        (record) => record !== undefined,
      );
      const last = entries.length < limit ? undefined : entries.at(-1)?.key;
      return { records, next: last };
    },
    write,
    erase,
  };
}
