/** Where records and their index entries stand, and when the store may forget them. */

import { sha256 } from "../lib/bytes.ts";
import { INDEXES, type Records } from "./records.ts";
import type { Key } from "./store.ts";

type Kind = keyof Records;

/** Where a record stands. The kind is part of the hash: a handle of one kind is never found as another. */
export function recordKey(kind: Kind, id: string): Key {
  return [kind, sha256(`${kind}\0${id}`)];
}

/** The members by which records of a kind are found. */
export function indexesOf(kind: Kind): readonly string[] {
  return (INDEXES as Partial<Record<Kind, readonly string[]>>)[kind] ?? [];
}

/** What all index entries of a kind and member begin with. */
export function indexName(kind: Kind, member: string): string {
  return `${kind}_by_${member}`;
}

/** What the index entries of all records begin with of which `member` is this value. */
export function indexPrefix(kind: Kind, member: string, value: string): Key {
  const name = indexName(kind, member);
  return [name, sha256(`${name}\0${value}`)];
}

/** Where the index entries of a record stand. */
export function indexEntries(kind: Kind, key: Key, record: object): Key[] {
  const [, hash = ""] = key;
  return indexesOf(kind).map((member) => [
    ...indexPrefix(kind, member, (record as Record<string, string>)[member] ?? ""),
    hash,
  ]);
}

/** The record that an index entry leads to. */
export function targetOf(kind: Kind, entry: Key): Key {
  return [kind, entry.at(-1) ?? ""];
}

/** Deno KV erases early when the clock jumps ahead, so garbage is collected at least these seconds late. */
const COLLECT_AFTER = 3600;

/**
 * When the store may forget a record and its index entries (NumericDate): between one and two hours after its end.
 * The hour is divided by the record's hash, so that what came in one moment does not go in one moment.
 */
export function collectAt(key: Key, expires_at: number | undefined): number | undefined {
  if (expires_at === undefined) return undefined;
  const [, hash] = key;
  const spread = hash instanceof Uint8Array ? (hash[0] ?? 0) / 256 : 0;
  return expires_at + Math.floor(COLLECT_AFTER * (1 + spread));
}
