/** Which database a store's URL names. */

import type { Env } from "../lib/env.ts";
import { type KvOptions, openKvStore } from "./kv.ts";
import { schemeOf } from "./place.ts";
import { type Store, StoreError } from "./store.ts";

/** Opens the database that is configured as `store`. */
type Open = (
  env: Pick<Env, "now" | "sleep" | "random">,
  options: Pick<KvOptions, "url" | "access_token">,
) => Promise<Store>;

/** Who knows the URLs of a scheme; without one are paths, `:memory:` and `default`. */
const BACKENDS: ReadonlyMap<string | undefined, Open> = new Map([
  [undefined, openKvStore],
  ["http", openKvStore],
  ["https", openKvStore],
]);

/** Opens the database of a URL. Throws `StoreError` for a scheme that nobody knows, and what its backend throws. */
export const openStore: Open = async (env, options) => {
  const scheme = schemeOf(options.url);
  const open = BACKENDS.get(scheme);
  if (open === undefined) throw new StoreError(`the store can't be opened: what is ${scheme}://?`);
  return await open(env, options);
};
