/** Typed records in a store: put, put once, take once, update, find; what has expired is not there. */

import type { Env } from "../lib/env.ts";
import { base64url } from "../lib/bytes.ts";
import { changes } from "./change.ts";
import { collectAt, indexEntries, indexesOf, indexPrefix, recordKey, targetOf } from "./keys.ts";
import { type ListOptions, listPage, type Page } from "./paging.ts";
import { type Expiring, HANDLE_PREFIX, type IndexOf, isAlive, type Records } from "./records.ts";
import { type Check, type Entry, type Key, LIMITS, type Store, type Write } from "./store.ts";

/** A record as it was read, with the check that proves that it is still the same. */
export interface Read<T> {
  /** The record. */
  readonly record: T;
  /** Holds as long as nobody has written it. */
  readonly check: Check;
}

/** A page of records. */
export interface Found<T> extends Page {
  /** In the order of their hashed keys. */
  readonly found: readonly Read<T>[];
}

/** Which records of a long list. */
export interface FindOptions extends ListOptions {
  /** Those that have ended and still stand there, instead of the living. */
  readonly ended?: boolean;
}

/** The writes of one record: itself, then its index entries. */
export type Writes = readonly [Write, ...Write[]];

/** The records of one kind. An `id` is a handle, or whatever names the record; only its hash is stored. */
export interface Collection<T extends Expiring, Indexed extends string = string> {
  /** A new random handle with the prefix of its kind: 256 bits. Throws for kinds without handles. */
  handle(): string;
  /** The living record. */
  get(id: string): Promise<T | undefined>;
  /** The living record with a check for a commit of one's own. */
  read(id: string): Promise<Read<T> | undefined>;
  /** The record, also where it has ended and still stands there: then it tells what was, and is good for nothing. */
  remains(id: string): Promise<T | undefined>;
  /** Sets the record, whatever stood there. */
  put(id: string, record: T): Promise<void>;
  /** Sets the record where no living one stands; whether it did. Of many callers one succeeds. */
  putNew(id: string, record: T): Promise<boolean>;
  /** Removes the living record and gives it to exactly one caller. */
  take(id: string): Promise<T | undefined>;
  /**
   * Replaces the record by `change(living record)`, again with the newer one when somebody was faster.
   * `change` may answer `undefined` to leave all as it is, and `null` to delete it. Answers what stands there now.
   */
  update(
    id: string,
    change: (record: T | undefined) => T | undefined | null,
  ): Promise<T | undefined>;
  /** Replaces a record that was read; whether nobody has written it meanwhile. */
  replace(read: Read<T>, record: T): Promise<boolean>;
  /** Deletes the record, if any. */
  delete(id: string): Promise<void>;
  /** The living records of which `member` is this value. */
  find(member: Indexed, value: string, options?: FindOptions): Promise<Found<T>>;
  /** All living records. */
  list(options?: FindOptions): Promise<Found<T>>;
  /** Deletes those records of a page that have expired long enough ago; how many. */
  collect(options?: ListOptions): Promise<Page & { readonly collected: number }>;
  /** The writes of `put`, for a commit of one's own. */
  write(id: string, record: T): Writes;
  /** The writes that replace a record that was read, for a commit that checks it. */
  rewrite(read: Read<T>, record: T): Writes;
  /** The writes that delete a record that was read, for a commit of one's own. */
  erase(read: Read<T>): Writes;
  /** The writes that delete a record that wasn't, for a commit of one's own. Throws for kinds with indexes: only what stands there knows its entries. */
  drop(id: string): Writes;
}

/** A collection for every kind of record. */
export type Collections = { readonly [K in keyof Records]: Collection<Records[K], IndexOf<K>> };

/** The collections over a store. */
export function openCollections(store: Store, env: Pick<Env, "now" | "random">): Collections {
  const of = <K extends keyof Records>(kind: K) =>
    collection<Records[K], IndexOf<K>>(store, env, kind);
  return {
    authorization: of("authorization"),
    access_token: of("access_token"),
    interaction: of("interaction"),
    pushed_request: of("pushed_request"),
    device_authorization: of("device_authorization"),
    user_code: of("user_code"),
    session: of("session"),
    logout_notice: of("logout_notice"),
    consent: of("consent"),
    replay: of("replay"),
    revoked_token: of("revoked_token"),
    revoked_client: of("revoked_client"),
    throttle: of("throttle"),
    key_schedule: of("key_schedule"),
    signing_key: of("signing_key"),
    ring: of("ring"),
  };
}

/** So many reads of one long list wait at once: whoever asks for one record meanwhile does not stand behind them all. */
const MOST_READS = 50;

/** The collection of one kind. Methods throw `StoreError` as the store does. */
export function collection<T extends Expiring, Indexed extends string = string>(
  store: Store,
  env: Pick<Env, "now" | "random">,
  kind: keyof Records,
): Collection<T, Indexed> {
  const prefix: string | undefined = (HANDLE_PREFIX as Partial<Record<string, string>>)[kind];
  const keyOf = (id: string): Key => recordKey(kind, id);
  const living = (value: unknown): T | undefined => {
    const record = value as T | undefined;
    return record && isAlive(record, env.now()) ? record : undefined;
  };
  const readOf = (entry: Entry | undefined, ended = false): Read<T> | undefined => {
    const record = entry?.value as T | undefined;
    if (entry === undefined || record === undefined) return undefined;
    if (isAlive(record, env.now()) === ended) return undefined;
    return { record, check: { key: entry.key, version: entry.version } };
  };
  const readAll = (entries: readonly (Entry | undefined)[], ended?: boolean) =>
    entries.map((entry) => readOf(entry, ended)).filter((read) => read !== undefined);

  const recordWrite = (key: Key, record: T): Write => ({
    key,
    value: record,
    expires_at: collectAt(key, record.expires_at),
  });
  const writesAt = (key: Key, record: T): Writes => [
    recordWrite(key, record),
    ...indexEntries(kind, key, record).map((entry) => ({
      key: entry,
      value: { expires_at: record.expires_at },
      expires_at: collectAt(key, record.expires_at),
    })),
  ];
  const erasureAt = (key: Key, record: T): Writes => [
    { key, value: undefined },
    ...indexEntries(kind, key, record).map((entry) => ({ key: entry, value: undefined })),
  ];

  const drop = (id: string): Writes => {
    if (indexesOf(kind).length > 0) throw new TypeError(`records of kind ${kind} have indexes`);
    return [{ key: keyOf(id), value: undefined }];
  };
  const rewrite = ({ record: before, check: { key } }: Read<T>, record: T): Writes =>
    before.expires_at === record.expires_at ? [recordWrite(key, record)] : writesAt(key, record);

  const change = changes(store, keyOf);
  const take = (id: string) =>
    change(id, (value) => {
      const there = living(value);
      return there === undefined
        ? { answer: undefined }
        : { writes: erasureAt(keyOf(id), there), answer: there };
    });

  return {
    handle() {
      if (prefix === undefined) throw new TypeError(`records of kind ${kind} have no handles`);
      return prefix + base64url(env.random(32));
    },
    async get(id) {
      return living((await store.get(keyOf(id)))?.value);
    },
    async read(id) {
      return readOf(await store.get(keyOf(id)));
    },
    async remains(id) {
      return (await store.get(keyOf(id)))?.value as T | undefined;
    },
    async put(id, record) {
      await store.commit({ writes: writesAt(keyOf(id), record) });
    },
    async putNew(id, record) {
      const writes = writesAt(keyOf(id), record);
      // Mostly nothing stands there, and one round trip is enough; an expired record takes the longer way.
      if (await store.commit({ checks: [{ key: writes[0].key, version: null }], writes })) {
        return true;
      }
      return await change(
        id,
        (value) => living(value) === undefined ? { writes, answer: true } : { answer: false },
      );
    },
    take,
    update(id, next) {
      return change(id, (value) => {
        const there = living(value);
        const record = next(there);
        if (record === null) {
          return there === undefined
            ? { answer: undefined }
            : { writes: erasureAt(keyOf(id), there), answer: undefined };
        }
        return record === undefined
          ? { answer: there }
          : { writes: writesAt(keyOf(id), record), answer: record };
      });
    },
    replace: (read, record) =>
      store.commit({ checks: [read.check], writes: rewrite(read, record) }),
    async delete(id) {
      // Only what stands there knows its index entries.
      if (indexesOf(kind).length > 0) await take(id);
      else await store.commit({ writes: drop(id) });
    },
    async find(member, value, options) {
      const { entries, next } = await listPage(store, indexPrefix(kind, member, value), options);
      const records: (Entry | undefined)[] = [];
      for (let at = 0; at < entries.length; at += MOST_READS) {
        const some = entries.slice(at, at + MOST_READS);
        records.push(...await Promise.all(some.map(({ key }) => store.get(targetOf(kind, key)))));
      }
      return { found: readAll(records, options?.ended), next };
    },
    async list(options) {
      const { entries, next } = await listPage(store, [kind], options);
      return { found: readAll(entries, options?.ended), next };
    },
    async collect(options) {
      const { entries, next } = await listPage(store, [kind], options);
      const dead = entries.filter(({ value }) => isLongDead(value as T, env.now()));
      let collected = 0;
      for (let at = 0; at < dead.length; at += LIMITS.checks) {
        const some = dead.slice(at, at + LIMITS.checks);
        // Whoever has put a new record there meanwhile keeps it.
        const checks = some.map(({ key, version }) => ({ key, version }));
        const writes = some.flatMap(({ key, value }) => erasureAt(key, value as T));
        if (await store.commit({ checks, writes })) collected += some.length;
      }
      return { collected, next };
    },
    write: (id, record) => writesAt(keyOf(id), record),
    rewrite,
    erase: ({ record, check: { key } }) => erasureAt(key, record),
    drop,
  };
}

/** Clocks of several instances differ, so a record is left alone for these seconds after its end. */
const LEFT_ALONE = 600;

function isLongDead({ expires_at }: Expiring, now: number): boolean {
  return expires_at !== undefined && now >= expires_at + LEFT_ALONE;
}
