/** How does a command come to what the server keeps? */

import { type ClientRegistry, createClientRegistry } from "../clients/registry.ts";
import { loadConfig } from "../config/load.ts";
import { ConfigError, formatProblem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { KeyError } from "../keys/error.ts";
import { type Collections, openCollections } from "../store/collection.ts";
import { requireFormat } from "../store/format.ts";
import { openStore } from "../store/open.ts";
import { placeOf } from "../store/place.ts";
import { type Store, StoreError } from "../store/store.ts";
import { createUserDirectory, type UserDirectory } from "../users/directory.ts";
import type { Io } from "./command.ts";
import { configPath } from "./config_path.ts";
import { visible } from "./visible.ts";

/** What a command finds: a slice of the server. */
export interface OpenedStore {
  readonly env: Io["env"];
  readonly config: Config;
  readonly store: Store;
  readonly records: Collections;
  readonly clients: ClientRegistry;
  readonly users: UserDirectory;
}

/** There is no store to look into. */
class NoStore extends Error {
  override readonly name = "NoStore";
}

/** What a command finds where a server may not have been yet. */
export interface Found {
  readonly config: Config;
  /** `undefined` where there is no store to look into. */
  readonly opened: OpenedStore | undefined;
  /** Why there is none. */
  readonly absent: string | undefined;
}

/**
 * Does some work on the store that the configuration names, beside a server that may be running, and closes it.
 * Answers what `work` answers; 1 after complaining about a configuration or a store that can't be used.
 * Never makes a new store. `given` is the option `--config`. Throws a `UsageError` where no configuration is there.
 */
export async function withStore(
  io: Pick<Io, "complain" | "variable" | "env">,
  given: string | undefined,
  work: (opened: OpenedStore) => Promise<number>,
): Promise<number> {
  return await withConfig(io, given, async ({ opened, absent }) => {
    if (opened === undefined) throw new NoStore(absent);
    return await work(opened);
  });
}

/** The same for work that can be done without a store too. */
export async function withConfig(
  io: Pick<Io, "complain" | "variable" | "env">,
  given: string | undefined,
  work: (found: Found) => Promise<number>,
): Promise<number> {
  const path = await configPath(given, io);
  try {
    const { config } = await loadConfig(path, io.variable);
    const absent = await absenceOf(config.store.url);
    if (absent !== undefined) return await work({ config, opened: undefined, absent });
    const store = await openStore(io.env, config.store);
    try {
      await requireFormat(store);
      const records = openCollections(store, io.env);
      const users = createUserDirectory(config);
      const clients = createClientRegistry(config);
      const opened = { env: io.env, config, store, records, clients, users };
      return await work({ config, opened, absent });
    } finally {
      store.close();
    }
  } catch (error) {
    const reasons = reasonsOf(error);
    if (reasons === undefined) throw error;
    for (const reason of reasons) io.complain(visible(reason));
    return 1;
  }
}

/** Opening a store makes it where it is missing; whoever only looks must not. */
async function absenceOf(url: string): Promise<string | undefined> {
  const place = placeOf(url);
  if (place === "elsewhere") return undefined;
  if (place === "memory") {
    return "store.url is :memory:, so all there is lives in the server's own memory";
  }
  try {
    await Deno.stat(url);
    return undefined;
  } catch (error) {
    // What can't be looked at may be there: opening it says why it can't be read.
    if (!(error instanceof Deno.errors.NotFound)) return undefined;
    return `nothing is stored yet: there is no ${url}; the server makes it`;
  }
}

function reasonsOf(error: unknown): readonly string[] | undefined {
  if (error instanceof ConfigError) return error.problems.map(formatProblem);
  if (error instanceof KeyError) return error.problems;
  return error instanceof StoreError || error instanceof NoStore ? [error.message] : undefined;
}
