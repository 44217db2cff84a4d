/** How is a long list read, page by page? */

import type { Entry, Key, Store } from "./store.ts";

/** Which part of a long list: at most `limit` (1,000), from behind `after` on. */
export interface ListOptions {
  readonly limit?: number | undefined;
  readonly after?: Key | undefined;
}

/** A part of a long list. */
export interface Page {
  /** Where the next page begins; `undefined`: there is none. */
  readonly next: Key | undefined;
}

/** A page of what stands below a prefix. Throws `StoreError` as the store does. */
export async function listPage(
  store: Pick<Store, "list">,
  prefix: Key,
  { limit = 1000, after }: ListOptions = {},
): Promise<Page & { readonly entries: readonly Entry[] }> {
  const entries = await store.list(prefix, after === undefined ? { limit } : { limit, after });
  return { entries, next: entries.length < limit ? undefined : entries.at(-1)?.key };
}

/** Every page of a list, each read when it is asked for. */
export async function* pagesOf<P extends Page>(
  read: (after: Key | undefined) => Promise<P>,
): AsyncGenerator<P, void> {
  let after: Key | undefined;
  do {
    const page = await read(after);
    yield page;
    after = page.next;
  } while (after !== undefined);
}
