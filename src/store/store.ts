/** What is asked of a database: get, list, and an atomic commit with checks. Whoever promises this can hold Latchkey's records. */

/**
 * Where a value stands: at least one part, in order. At most 2 KiB in all.
 *
 * Keys are sorted part by part, and a key stands before those that continue it. Bytes come before strings;
 * bytes are compared as bytes, strings as the bytes of their UTF-8, each with the shorter one first.
 * Parts are never run together: `["a", "b"]`, `["ab"]` and `["a", ""]` are three keys, and a string is not its bytes.
 */
export type Key = readonly (string | Uint8Array)[];

/** A value as it was read, and the version that a later commit may check. */
export interface Entry {
  /** Where it stands. */
  readonly key: Key;
  /** What was written: a copy of its own for each reader. */
  readonly value: unknown;
  /** Differs after every write of this key, also of an equal value, and also after the key was deleted in between. */
  readonly version: string;
}

/** "This key is still at this version"; `null`: nothing stands there. */
export interface Check {
  /** Where. */
  readonly key: Key;
  /** What `Entry.version` was when it was read. */
  readonly version: string | null;
}

/** A value to be set, or with `value: undefined` a key to be deleted. */
export interface Write {
  /** Where. Deleting what is not there is no failure. */
  readonly key: Key;
  /**
   * Anything structured-cloneable of at most 64 KiB, which comes back as it was: `null`, bytes, dates, maps and
   * members that are `undefined` too. Nobody changes a value, or what it is made of, after giving it away:
   * a backend may read it until the commit is answered, and has not to copy it before.
   */
  readonly value: unknown;
  /**
   * NumericDate after which the store may forget the key, at once or never: readers compare `expires_at` themselves.
   * A write without it makes the key stay. It is garbage collection only, and has to go on in small steps:
   * a hundred thousand keys that end in the same second must not stall requests.
   */
  readonly expires_at?: number | undefined;
}

/** The most that every backend allows: checks and writes in one commit, bytes in a key and in a value. */
export const LIMITS: Readonly<Record<"checks" | "writes" | "key" | "value", number>> = {
  checks: 10,
  writes: 1000,
  key: 2048,
  value: 65_536,
};

/** What is to happen all at once, or not at all: at most 10 checks and 1,000 writes (see `LIMITS`). */
export interface Commit {
  /** What must hold. */
  readonly checks?: readonly Check[];
  /** What is done then. Of several writes of one key the last counts. */
  readonly writes: readonly Write[];
}

/**
 * The database, as one process sees it; any number of processes may use one database at once.
 *
 * A backend is a file that makes a `Store`, and a line in `open.ts`. It promises what stands here and at the methods;
 * all else (kinds of records, hashed keys, sealing, the one winner, the end of a record) is built on that. The proof
 * is the conformance suite, which runs what is built on it too; each test gives `open` an empty folder of its own:
 *
 * ```ts
 * import { durableConformance } from "../support/store_conformance.ts";
 *
 * durableConformance("SQLite", (folder) => openSqliteStore(testEnv(), `${folder}/test.db`));
 * ```
 *
 * `tests/support/sqlite_store.ts` is a whole backend in about a hundred lines, to begin with.
 *
 * - **Failing.** A method that can't answer, or not within its deadline, throws `StoreError`: soon enough for somebody
 *   who waits for a page. Repeating what was surely not applied (a lock) is the backend's business, repeating anything
 *   else is not. What breaks a limit (too many checks or writes, a key or value too big or not cloneable) is thrown
 *   as `TypeError` or `StoreError`, and nothing of it is applied.
 * - **At once.** Calls may come while others wait, as many as there are requests. A backend may serve several with
 *   one round trip, as long as each is answered only after its own work was done, and one that is refused fails alone.
 */
export interface Store {
  /**
   * The entry at a key. It sees every commit that was acknowledged before the call, by any process: no cache, no
   * replica that is behind.
   */
  get(key: Key): Promise<Entry | undefined>;
  /**
   * Entries below a prefix in the order of their keys: those that begin with all parts of the prefix and have more.
   * At most `limit` (at least 1) of them, from behind `after` on, which may have been deleted meanwhile.
   * It need not be a snapshot: what is written during the call may be seen or not, all that was there before is seen.
   */
  list(prefix: Key, options: { limit: number; after?: Key }): Promise<Entry[]>;
  /**
   * Whether all checks held and all writes were applied; `false`: a check failed and nothing was changed.
   *
   * - It is applied whole or not at all, and whoever has seen one of its writes sees them all.
   * - Checks and writes are one step: of all the commits, from any process, that check the same version of a key and
   *   write it, exactly one succeeds.
   * - Once it was answered with `true` it survives a crash of the process and of the machine.
   * - Of commits without checks that one process makes at the same moment, the later call wins where they write the
   *   same key. A commit with checks may overtake them.
   * - When it throws `StoreError`, nobody knows whether it was applied, or still will be: callers must be safe either way.
   */
  commit(commit: Commit): Promise<boolean>;
  /** Lets go of the database. Calls that wait end, and later ones throw `StoreError`; closing again does nothing. */
  close(): void;
}

/** The store could not answer: it is away, too slow, full or closed. Nobody knows whether a commit in flight was applied. */
export class StoreError extends Error {
  /** The name of the class. */
  override readonly name = "StoreError";
}
