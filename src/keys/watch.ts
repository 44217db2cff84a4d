/** How does a running server notice that its folder of keys has changed, and what does it make of that? */

import type { Config } from "../config/schema.ts";
import { jitter } from "../lib/background.ts";
import type { Env } from "../lib/env.ts";
import { KeyError } from "./error.ts";
import { fingerprint } from "./fingerprint.ts";
import { changeIn } from "./folder_change.ts";
import type { Keys } from "./keys.ts";
import { MissingKey } from "./required_keys.ts";

/** Milliseconds between two looks at a folder that says nothing: many on networks and in containers don't, and Deno doesn't of links that lead out of it. */
const EVERY = 5000;
/** Milliseconds for which a folder has to be left alone before it is read: who writes a file may not have finished. */
const SETTLED = 500;
/** So often a folder that is not left alone is waited for. */
const MOST_WAITS = 20;
/** Milliseconds after which what could not be used is read once more before anything is said. */
const AGAIN = 1000;

/** What has a folder of keys. */
export interface WatchingServer {
  readonly env: Pick<Env, "log" | "random" | "sleep">;
  readonly config: { readonly keys: Pick<Config["keys"], "directory"> };
  readonly keys: Pick<Keys, "reload" | "list">;
}

/**
 * Takes over what changes in the folder of the server as it is at that moment, until `signal` aborts, and has `seen`
 * look at the keys each time; never rejects.
 * Events `keys.reloaded` and, once for each content that can't be used, `keys.reload_failed`; then the keys stay.
 */
export async function watchForever<S extends WatchingServer>(
  current: () => S,
  seen: (server: S) => void,
  signal: AbortSignal,
): Promise<void> {
  const look = looker(signal);
  while (!signal.aborted) {
    const server = current();
    const { env } = server;
    // It listens before it looks, so that nothing happens in between; and anew each time, for the folder may be another.
    await using change = changeIn(server.config.keys.directory, signal);
    try {
      await look(server);
      seen(current());
    } catch (error) {
      env.log.warn("keys.watch_failed", { reason: String(error) });
    }
    await env.sleep(EVERY * jitter(env), change.signal);
  }
}

/** A function that looks at a server's folder and takes over what has changed since it did so before. */
export function looker(signal: AbortSignal): (server: WatchingServer) => Promise<void> {
  let seen: { readonly keys: WatchingServer["keys"]; readonly state: string } | undefined;
  let said: string | undefined;
  return async ({ env, config: { keys: { directory } }, keys }) => {
    if (directory === undefined) return;
    const before = await fingerprint(directory);
    // Keys that were opened a moment ago are compared too: the folder may have changed since.
    if (seen?.keys === keys && seen.state === before) return;
    const state = await settled(env, directory, before, signal);
    let outcome = await reloaded(keys);
    if (Array.isArray(outcome)) {
      await env.sleep(AGAIN, signal);
      if (signal.aborted || await fingerprint(directory) !== state) return;
      outcome = await reloaded(keys);
    }
    seen = { keys, state };
    if (!Array.isArray(outcome)) {
      said = undefined;
      const kids = keys.list().filter(({ source }) => source !== "managed").map(({ kid }) => kid);
      if (outcome) env.log.info("keys.reloaded", { directory, kids });
      return;
    }
    const problems = outcome.join("\n");
    if (problems !== said) env.log.error("keys.reload_failed", { directory, problems: outcome });
    said = problems;
  };
}

/** Whether other keys have been taken over, or why none can be. */
async function reloaded(keys: Pick<Keys, "reload">): Promise<boolean | readonly string[]> {
  try {
    return await keys.reload();
  } catch (error) {
    if (error instanceof KeyError || error instanceof MissingKey) return error.problems;
    throw error;
  }
}

/** The state of a folder once it has been left alone for a while. */
async function settled(
  { sleep }: Pick<Env, "sleep">,
  directory: string,
  first: string,
  signal: AbortSignal,
): Promise<string> {
  let state = first;
  for (let waits = 0; waits < MOST_WAITS; waits++) {
    await sleep(SETTLED, signal);
    const next = await fingerprint(directory);
    if (next === state || signal.aborted) break;
    state = next;
  }
  return state;
}
