/** A ring whose keys are what a test gives it. */

import type { Env } from "../../src/lib/env.ts";
import { livingRing, type Ring, ringKey } from "../../src/lib/sealing.ts";

/** A ring of 32-byte keys, of which the first seals. */
export function createRing(env: Pick<Env, "random">, keys: readonly Uint8Array[]): Ring {
  const ring = keys.map(ringKey);
  return livingRing(env, () => ring);
}
