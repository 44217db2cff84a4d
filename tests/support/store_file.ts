/** A store in a file, as a running server has one, with a configuration that names it: for commands beside the server. */

import { join } from "node:path";
import { type Collections, openCollections } from "../../src/store/collection.ts";
import { adoptFormat } from "../../src/store/format.ts";
import { openKvStore } from "../../src/store/kv.ts";
import type { Store } from "../../src/store/store.ts";
import { type Ran, run } from "./cli.ts";
import { RAW_CONFIG, type RawConfig } from "./config.ts";
import { type TestEnv, testEnv } from "./env.ts";
import { temporaryFolder } from "./process.ts";

/** What commands find. */
export interface StoreFile extends AsyncDisposable {
  readonly env: TestEnv;
  readonly store: Store;
  readonly records: Collections;
  readonly file: string;
  /** Runs a command with the configuration. */
  latchkey(...args: string[]): Promise<Ran>;
}

/** An open store in a new file, and `RAW_CONFIG` with these members, which names it. */
export async function storeFile(members: RawConfig = {}): Promise<StoreFile> {
  const folder = await temporaryFolder();
  const env = testEnv();
  const file = join(folder.path, "latchkey.kv");
  const config = join(folder.path, "latchkey.yaml");
  await Deno.writeTextFile(
    config,
    JSON.stringify({ ...RAW_CONFIG, store: { url: file }, ...members }),
  );
  const store = await openKvStore(env, { url: file });
  await adoptFormat(store);
  return {
    env,
    store,
    records: openCollections(store, env),
    file,
    latchkey: (...args) => run([...args, "--config", config], { env }),
    async [Symbol.asyncDispose]() {
      store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
