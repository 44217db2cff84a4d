/** What is asked of a database: get, list, and an atomic commit with checks. Whoever promises this can hold Latchkey's records. */

/** Where a value stands: parts in order. Keys with the same first parts are neighbours. At most 2 KiB in all. */
export type Key = readonly (string | Uint8Array)[];

/** A value as it was read, and the version that a later commit may check. */
export interface Entry {
  /** Where it stands. */
  readonly key: Key;
  /** A structured-cloneable value of at most 64 KiB. */
  readonly value: unknown;
  /** Differs after every write of this key. */
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
  /** Where. */
  readonly key: Key;
  /** A structured-cloneable value of at most 64 KiB, or `undefined`. */
  readonly value: unknown;
  /** NumericDate after which the store may forget the key. It is garbage collection only: readers compare `expires_at` themselves. */
  readonly expires_at?: number | undefined;
}

/** What is to happen all at once, or not at all: at most 10 checks and 1,000 writes (the least that any backend allows). */
export interface Commit {
  /** What must hold. */
  readonly checks?: readonly Check[];
  /** What is done then. Of several writes of one key the last counts. */
  readonly writes: readonly Write[];
}

/**
 * The database. Every method throws `StoreError` when it can't answer, within a deadline.
 * A backend must promise: a commit is applied whole or not at all; of concurrent commits that check the
 * same version of the same key and write it, exactly one succeeds; a `get` after an acknowledged commit sees it,
 * from any process; an acknowledged commit survives a crash.
 */
export interface Store {
  /** The entry at a key, strongly consistent. */
  get(key: Key): Promise<Entry | undefined>;
  /** Entries below a prefix in key order, the prefix itself not among them, at most `limit`, from behind `after` on. Not a snapshot. */
  list(prefix: Key, options: { limit: number; after?: Key }): Promise<Entry[]>;
  /** Whether all checks held and all writes were applied; `false`: a check failed and nothing was changed. */
  commit(commit: Commit): Promise<boolean>;
  /** Lets go of the database; later calls throw. */
  close(): void;
}

/** The store could not answer: it is away, too slow, full or closed. Nobody knows whether a commit in flight was applied. */
export class StoreError extends Error {
  /** The name of the class. */
  override readonly name = "StoreError";
}
