/** Whether the records of a store have the shapes that this version knows. */

import { type Key, type Store, StoreError } from "./store.ts";

/** The shapes that `records.ts` describes. Whoever changes one so that earlier records can't be read counts on. */
const FORMAT = 5;

/** From this one on all records can be read. What format 4 knew of signing keys is taken over by `keys/earlier_format.ts`. */
const READABLE = 4;

const FORMAT_KEY: Key = ["format"];

/** Which records of a format before that can't be read any more. They are put away: people log in and are asked again. */
const UNREADABLE = ["authorization", "code", "refresh_token", "consent", "session", "interaction"];

/** How many records are put away in one commit. */
const PAGE = 500;

/**
 * Makes a store one of this format. Instances that start at the same moment don't get in each other's way: nothing is
 * deleted any more once one of them has finished. Throws `StoreError` for a store that a newer version has written.
 */
export async function adoptFormat(store: Store): Promise<void> {
  const found = await store.get(FORMAT_KEY);
  if (found?.value === FORMAT) return;
  if (typeof found?.value === "number" && found.value > FORMAT) {
    throw new StoreError("the store was written by a newer version of Latchkey");
  }
  const checks = [{ key: FORMAT_KEY, version: found?.version ?? null }];
  const isReadable = typeof found?.value === "number" && found.value >= READABLE;
  for (const kind of isReadable ? [] : UNREADABLE) {
    for (;;) {
      const entries = await store.list([kind], { limit: PAGE });
      if (entries.length === 0) break;
      const writes = entries.map(({ key }) => ({ key, value: undefined }));
      if (!await store.commit({ checks, writes })) return await adoptFormat(store);
    }
  }
  const adopted = await store.commit({ checks, writes: [{ key: FORMAT_KEY, value: FORMAT }] });
  if (!adopted) await adoptFormat(store);
}

/** Throws `StoreError` for a store of another format: whoever only looks must not change it. */
export async function requireFormat(store: Store): Promise<void> {
  if ((await store.get(FORMAT_KEY))?.value === FORMAT) return;
  throw new StoreError("the store was written by another version; latchkey serve makes it its own");
}
