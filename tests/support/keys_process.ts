/** What a process does that rotates keys in a database file as fast as it can, until it is killed. */

import type { KeyPolicy } from "../../src/config/key_policy.ts";
import { tendSchedule } from "../../src/keys/managed.ts";
import { soonest } from "../../src/keys/plan.ts";
import { readSchedule } from "../../src/keys/schedule.ts";
import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { START, testEnv } from "./env.ts";
import { createRing } from "./ring.ts";

/** How the keys of the test follow one another. */
export const POLICY: KeyPolicy = {
  algorithms: ["EdDSA"],
  propagation: 300,
  rotation: 3600,
  retention: 7200,
};

/** The ring of the test: whoever has it opens what the processes seal. */
export const RING_KEY = new Uint8Array(32).fill(7);

if (import.meta.main) {
  const env = testEnv();
  const store = await openKvStore(env, { url: Deno.args[0] ?? "" });
  const ring = createRing(env, [RING_KEY]);
  const server = { env, store, records: openCollections(store, env), ring };
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  for (;;) {
    const last = (await readSchedule(server)).at(-1)?.signs_from ?? START;
    // The clock of all of them: the moment at which the next one is due.
    env.advance(last + POLICY.rotation - soonest(POLICY, env.now()));
    const schedule = await tendSchedule(server, POLICY, new Map());
    print(`${schedule.at(-1)?.signs_from}`);
  }
}
