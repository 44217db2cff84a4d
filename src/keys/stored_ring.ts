/** How does the store keep a data protection ring, and who changes it? */

import type { Env } from "../lib/env.ts";
import { RING_KEY_BYTES, ringKey } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import type { StoredRing, StoredRingKey } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { KeyError } from "./error.ts";
import { ANNOUNCED, planRing, type RingPlan, type RingPolicy } from "./ring_plan.ts";
import { keysSealedBy } from "./reseal.ts";

/** The id of the only ring. */
const RECORD = "data_protection";

/** So many keys are as many as anybody may order: those that come by themselves fit into the same record too. */
export const MOST_RING_KEYS = 400;

/** What changing the stored ring needs of a server. */
export interface StoredRingServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly store: Pick<Store, "commit">;
  readonly records: Pick<Collections, "ring" | "signing_key">;
}

/** The stored ring as it stands; `undefined` where there is none. */
export async function readStoredRing(
  { env, records }: { readonly env: Pick<Env, "now">; readonly records: Pick<Collections, "ring"> },
): Promise<StoredRing | undefined> {
  const stored = await records.ring.get(RECORD);
  return stored && timed(stored, env.now());
}

/** Makes a stored ring where there is none, and answers that which is there then: instances that start together agree. */
export async function makeStoredRing(
  { env, records }: {
    readonly env: Pick<Env, "now" | "random">;
    readonly records: Pick<Collections, "ring">;
  },
): Promise<StoredRing> {
  for (;;) {
    const made = {
      keys: [newKey(env, env.now(), 0)],
      superseded_from: undefined,
      expires_at: undefined,
    };
    if (await records.ring.putNew(RECORD, made)) return made;
    const stored = await readStoredRing({ env, records });
    if (stored !== undefined) return stored;
  }
}

/**
 * Does what is to be done with the stored ring now, and answers it as it stands then; `undefined` where there is none,
 * or none any more. A key goes once all that it has sealed has ended and no managed key is sealed by it. Of instances
 * that come at once one does it. Throws `StoreError` as the store does.
 */
export async function tendStoredRing(
  server: StoredRingServer,
  policy: RingPolicy,
): Promise<StoredRing | undefined> {
  return await commitRing(server, async (stored) => {
    const plan = planRing(stored, policy, server.env.now());
    if (plan === undefined) return undefined;
    const keys = await keysAfter(server, plan, policy);
    const same = plan.ring === stored && keys.length === stored.keys.length &&
      plan.due === undefined;
    return same ? undefined : { ...plan.ring, keys };
  });
}

/**
 * Makes a new key, which seals after it was announced, or with `atOnce` from now on; one that is announced already is
 * enough where there is time. Answers the ring as it stands then, and whether the key is new; `undefined` where there is no
 * ring. Of callers that come at once and have time one makes a key. Throws `KeyError` where there are too many already,
 * `StoreError` as the store does.
 */
export async function rotateStoredRing(
  server: StoredRingServer,
  longest_life: number,
  atOnce: boolean,
): Promise<{ readonly ring: StoredRing; readonly changed: boolean } | undefined> {
  let changed = false;
  const ring = await commitRing(server, (stored) => {
    const now = server.env.now();
    changed = atOnce || stored.keys.every(({ seals_from }) => seals_from <= now);
    if (!changed) return undefined;
    if (stored.keys.length >= MOST_RING_KEYS) {
      throw new KeyError(
        `the ring has ${stored.keys.length} keys already; each goes once all that it has sealed has ended`,
      );
    }
    const seals_from = atOnce ? now : now + ANNOUNCED;
    // One that is announced and has leaked with the others must not take over from the new one.
    const before = stored.keys.map((key) => ({
      ...key,
      seals_from: Math.min(key.seals_from, seals_from),
    }));
    return { ...stored, keys: [...before, newKey(server.env, seals_from, longest_life)] };
  });
  return ring && { ring, changed };
}

/**
 * Replaces the stored ring by what `change` answers for it, again with the newer one where somebody was faster; answers
 * what stands there then. A ring without keys is deleted; `undefined` leaves all as it is.
 */
async function commitRing(
  { env, store, records }: StoredRingServer,
  change: (stored: StoredRing) => StoredRing | undefined | Promise<StoredRing | undefined>,
): Promise<StoredRing | undefined> {
  for (;;) {
    const read = await records.ring.read(RECORD);
    if (read === undefined) return undefined;
    const stored = timed(read.record, env.now());
    const next = await change(stored);
    if (next === undefined) return stored;
    const writes = next.keys.length === 0
      ? records.ring.erase(read)
      : records.ring.rewrite(read, next);
    if (!await store.commit({ checks: [read.check], writes })) continue;
    return next.keys.length === 0 ? undefined : next;
  }
}

async function keysAfter(
  server: StoredRingServer,
  { ring, due, over }: RingPlan,
  { longest_life }: RingPolicy,
): Promise<readonly StoredRingKey[]> {
  const bound = over.length === 0 ? new Map() : await keysSealedBy(server);
  const kept = ring.keys.filter((key) => !over.includes(key) || bound.has(ringKey(key.key).id));
  const added = due === undefined ? [] : [newKey(server.env, due, longest_life)];
  return [...kept, ...added];
}

function newKey(
  env: Pick<Env, "now" | "random">,
  seals_from: number,
  longest_life: number,
): StoredRingKey {
  return { key: env.random(RING_KEY_BYTES), created_at: env.now(), seals_from, longest_life };
}

/** The ring as format 4 had it: raw keys, newest first. */
interface UntimedRing {
  readonly keys: readonly Uint8Array[];
}

/** A ring of the earlier shape begins now. */
function timed(stored: StoredRing | UntimedRing, now: number): StoredRing {
  if ("superseded_from" in stored) return stored;
  const { keys: raw }: UntimedRing = stored;
  const keys = raw.map((key) => ({
    key,
    created_at: now,
    seals_from: now,
    longest_life: 0,
  }));
  return { keys: keys.toReversed(), superseded_from: undefined, expires_at: undefined };
}
