/** What keys need of a server, for tests that open them without one. */

import type { ManagedKeysServer } from "../../src/keys/schedule.ts";
import { type Collections, openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { type TestEnv, testEnv } from "./env.ts";
import { memoryStore } from "./memory_store.ts";
import { createRing } from "./ring.ts";

/** A slice of a server over a store, an empty one where none is given. */
export interface KeysServer extends ManagedKeysServer {
  readonly env: TestEnv;
  readonly store: Store;
  readonly records: Collections;
}

/** The slice; its ring has a new key. */
export function keysServer(
  { env = testEnv(), store = memoryStore(), ring = createRing(env, [env.random(32)]) }:
    & Partial<Pick<KeysServer, "env" | "store">>
    & Partial<Pick<ManagedKeysServer, "ring">> = {},
): KeysServer {
  return { env, store, ring, records: openCollections(store, env) };
}
