/** Do records and their index entries agree? */

import type { Env } from "../lib/env.ts";
import { indexEntries, indexesOf, indexName, targetOf } from "./keys.ts";
import { listPage, pagesOf } from "./paging.ts";
import { INDEXES, isAlive, type Records } from "./records.ts";
import type { Entry, Key, Store } from "./store.ts";

/** What was found of one kind. */
export interface IndexReport {
  /** Its name in the store. */
  readonly kind: string;
  /** How many living records there are. */
  readonly records: number;
  /** How many living index entries lead to records of this kind. */
  readonly entries: number;
  /**
   * What does not agree: the index, the entry's hashed key in short hex, what is wrong with it, and the `grant_id`
   * where that is known. Of very many only the first, and how many more there are.
   */
  readonly problems: readonly string[];
}

/** What reading the store needs. */
interface Server {
  readonly store: Pick<Store, "get" | "list">;
  readonly env: Pick<Env, "now">;
}

/** So many records or entries are held at once. */
const PAGE = 250;

/** More problems of one kind than anybody reads are counted only. */
const MOST_PROBLEMS = 100;

/**
 * Compares every living record with the entries that ought to lead to it, and every living entry with its record:
 * a report for each kind that has indexes. Others may write meanwhile: what seems wrong is looked at once more, as it
 * stands at one moment. What has expired on either side does not matter. Throws `StoreError` as the store does.
 */
export async function checkIndexes(
  store: Pick<Store, "get" | "list">,
  env: Pick<Env, "now">,
): Promise<IndexReport[]> {
  const reports: IndexReport[] = [];
  for (const kind of Object.keys(INDEXES) as (keyof typeof INDEXES)[]) {
    reports.push(await checkKind({ store, env }, kind));
  }
  return reports;
}

async function checkKind(server: Server, kind: keyof Records): Promise<IndexReport> {
  const problems: string[] = [];
  let more = 0;
  const note = (found: readonly (string | undefined)[]) => {
    for (const problem of found.filter((one) => one !== undefined)) {
      if (problems.length < MOST_PROBLEMS) problems.push(problem);
      else more++;
    }
  };
  let records = 0;
  for await (const page of living(server, [kind])) {
    records += page.length;
    note((await Promise.all(page.map((record) => checkRecord(server, kind, record)))).flat());
  }
  let entries = 0;
  for (const member of indexesOf(kind)) {
    for await (const page of living(server, [indexName(kind, member)])) {
      entries += page.length;
      note(await Promise.all(page.map((entry) => checkEntry(server, kind, entry))));
    }
  }
  if (more > 0) problems.push(`and ${more} more`);
  return { kind, records, entries, problems };
}

/** The living values below a prefix, page by page. */
async function* living({ store, env }: Server, prefix: Key): AsyncGenerator<readonly Entry[]> {
  for await (
    const { entries } of pagesOf((after) => listPage(store, prefix, { limit: PAGE, after }))
  ) {
    yield entries.filter(({ value }) => lives(value, env.now()));
  }
}

/** What is wrong with the entries that ought to lead to a record. */
async function checkRecord(
  server: Server,
  kind: keyof Records,
  record: Entry,
): Promise<(string | undefined)[]> {
  const keys = indexEntries(kind, record.key, objectOf(record.value));
  return await Promise.all(keys.map(async (key) => {
    const wrong = (record: Entry, entry: Entry | undefined) => {
      if (!lives(record.value, server.env.now())) return undefined;
      if (entry === undefined) return "is missing";
      return wrongEnd(endOf(record.value), endOf(entry.value));
    };
    const what = wrong(record, await server.store.get(key)) &&
      await atOneMoment(server, record.key, key, wrong);
    return what && describe(key, what, record);
  }));
}

/** What is wrong with where an entry leads. Whether it ends with its record is asked from there. */
async function checkEntry(
  server: Server,
  kind: keyof Records,
  entry: Entry,
): Promise<string | undefined> {
  const recordKey = targetOf(kind, entry.key);
  const wrong = (entry: Entry, record: Entry | undefined) => {
    if (!lives(entry.value, server.env.now())) return undefined;
    if (record === undefined) return "leads to no record";
    if (!lives(record.value, server.env.now())) return undefined;
    const ought = indexEntries(kind, record.key, objectOf(record.value));
    return ought.some((key) => hexOf(key) === hexOf(entry.key))
      ? undefined
      : "leads to a record of another value";
  };
  const record = await server.store.get(recordKey);
  const what = wrong(entry, record) && await atOneMoment(server, entry.key, recordKey, wrong);
  return what && describe(entry.key, what, record);
}

/**
 * What is wrong with two values as they stand at one moment: the first is read before and after the second, until
 * nobody has written it in between. `undefined` once it is gone.
 */
async function atOneMoment(
  { store }: Server,
  first: Key,
  second: Key,
  wrong: (first: Entry, second: Entry | undefined) => string | undefined,
): Promise<string | undefined> {
  for (;;) {
    const before = await store.get(first);
    if (before === undefined) return undefined;
    const other = await store.get(second);
    if ((await store.get(first))?.version === before.version) return wrong(before, other);
  }
}

/** What is wrong with when an entry ends, which is when its record does. */
function wrongEnd(record: number | undefined, entry: number | undefined): string | undefined {
  if (record === entry) return undefined;
  return (entry ?? Infinity) < (record ?? Infinity)
    ? "ends before its record"
    : "outlives its record";
}

/** Names an entry by the index and the first 4 bytes of both hashes. Nothing of that can be turned back into a value. */
function describe(key: Key, what: string, record: Entry | undefined): string {
  const { grant_id } = objectOf(record?.value);
  const [index, ...hashes] = key;
  const short = hashes.map((hash) => hexOf([hash]).slice(0, 8)).join("/");
  return `${index} ${short}: ${what}${typeof grant_id === "string" ? ` (${grant_id})` : ""}`;
}

function hexOf(key: Key): string {
  return key.map((part) => typeof part === "string" ? part : part.toHex()).join("/");
}

function lives(value: unknown, now: number): boolean {
  return isAlive({ expires_at: endOf(value) }, now);
}

function endOf(value: unknown): number | undefined {
  const { expires_at } = objectOf(value);
  return typeof expires_at === "number" ? expires_at : undefined;
}

/** The members of whatever stands in the store, which may be damaged. */
function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
