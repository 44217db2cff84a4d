/** Whether the records of a store have the shapes that this version knows. */

import { type Key, type Store, StoreError } from "./store.ts";

/** The shapes that `records.ts` describes. Whoever changes one so that earlier records can't be read counts on. */
const FORMAT = 4;

const FORMAT_KEY: Key = ["format"];

/** Which records of an earlier format can't be read any more. They are put away: people log in and are asked again. */
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
  for (const kind of UNREADABLE) {
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
