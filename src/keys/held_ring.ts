/** What is the data protection ring of a server at this moment? */

import { coalesce } from "../lib/coalesce.ts";
import type { Env } from "../lib/env.ts";
import { livingRing, type Ring, type RingKey, ringKey, sealedBy } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import type { StoredRing } from "../store/records.ts";
import { listRing, type PhasedRingKey } from "./ring_list.ts";
import { ringTimetable } from "./ring_timetable.ts";
import { readStoredRing } from "./stored_ring.ts";

/** The ring of a server. Sealing and opening ask nobody. */
export interface DataProtection extends Ring {
  /** Its keys and their phases now, the configured ones first. */
  list(): readonly PhasedRingKey[];
  /** What the rounds that tend it have seen of it. */
  readonly seen: SeenRing;
  /** Goes on with what the store holds, as somebody has just read it. */
  adopt(stored: StoredRing | undefined): void;
  /** Learns what others have done to the stored ring. Throws `StoreError` as the store does. */
  refresh(): Promise<void>;
  /**
   * Does so where the last time was too long ago to know every key that may seal by now: an instance that was cut off
   * would take what others have sealed for nothing at all. And where `sealed`, which strangers may have made up, names a
   * key that is not known here, since it may have sealed at once in an emergency; once a second at most. Throws as
   * `refresh` does.
   */
  freshen(sealed?: readonly Uint8Array[]): Promise<void>;
}

/** What a round has seen. */
export interface SeenRing {
  /** The keys and their phases. */
  keys: readonly PhasedRingKey[];
  /** The key by which all managed keys were sealed, and when that was seen (NumericDate). */
  settled: { readonly id: string; readonly at: number } | undefined;
  /** Since when a configured key waits for its turn, or has been said to (NumericDate); `undefined` where none does. */
  waits_since: number | undefined;
}

/** What holding a ring needs of a server. */
export interface HeldRingServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "ring">;
}

/** A new key is known for ten minutes before it seals, and clocks differ by one at most: so long nothing is missed. */
const FRESH = 300;

/** A ring over these keys, as far as it is known before the store is asked again; never, where its ring is ignored. */
export function ringOver(
  server: HeldRingServer,
  configured: readonly RingKey[],
  found: StoredRing | "ignored" | undefined,
): DataProtection {
  const { env } = server;
  let known: ReadonlyMap<string, RingKey> = new Map();
  let stored: StoredRing = NONE;
  let held: readonly RingKey[] = [];
  let learned_at = env.now();
  let view = { keys: configured, from: Infinity, until: 0 };
  const adopt = (next: StoredRing | undefined) => {
    stored = next ?? NONE;
    // What was derived of a key is kept as long as the key is.
    known = new Map(stored.keys.map(({ key }) => {
      const name = key.toHex();
      return [name, known.get(name) ?? ringKey(key)];
    }));
    held = [...known.values()];
    learned_at = env.now();
    view = viewOf(configured, held, stored, learned_at);
  };
  const current = () => {
    const now = env.now();
    if (now < view.from || now >= view.until) view = viewOf(configured, held, stored, now);
    return view.keys;
  };
  const refresh = coalesce(async () => {
    if (found === "ignored") return;
    const read = await readStoredRing(server);
    // A ring that was deleted by accident is still good here.
    adopt(read ?? (configured.length > 0 ? undefined : stored));
  });
  const list = () => listRing(configured, stored, env.now());
  adopt(found === "ignored" ? undefined : found);
  return {
    ...livingRing(env, current),
    list,
    seen: { keys: list(), settled: undefined, waits_since: undefined },
    adopt,
    refresh,
    async freshen(sealed = []) {
      const away = env.now() - learned_at;
      if (held.length === 0 || away === 0) return;
      const unknown = () => sealed.some((one) => isUnknown([...configured, ...held], one));
      if (away >= FRESH || away < 0 || unknown()) await refresh();
    },
  };
}

function isUnknown(keys: readonly RingKey[], sealed: Uint8Array): boolean {
  const id = sealedBy(sealed);
  return id !== undefined && keys.every((key) => key.id !== id);
}

const NONE: StoredRing = { keys: [], superseded_from: undefined, expires_at: undefined };

function viewOf(
  configured: readonly RingKey[],
  held: readonly RingKey[],
  stored: StoredRing,
  now: number,
) {
  const { sealing: { source, index }, from, until } = ringTimetable(
    configured.length,
    stored,
    now,
  );
  const first = (source === "configured" ? configured : held)[index];
  const all = [...configured, ...held];
  const keys = first === undefined ? all : [first, ...all.filter((key) => key !== first)];
  return { keys, from, until };
}
