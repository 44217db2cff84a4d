/** Where the keys come from that seal what is stored. */

import type { Bytes } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { createRing, parseRingKey, type Ring, RING_KEY_BYTES } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import { KeyError } from "./error.ts";

const RECORD = "data_protection";

/**
 * The configured ring (32 bytes in BASE64URL or BASE64 each, newest first); without one the ring that the store keeps,
 * which the first start creates: instances that start together agree. Throws `KeyError` where a configured key is none,
 * `StoreError` as the store does.
 */
export async function openRing(
  server: { readonly env: Pick<Env, "random">; readonly records: Pick<Collections, "ring"> },
  configured: readonly string[] | undefined,
): Promise<Ring> {
  const keys = configured === undefined ? await storedKeys(server) : configuredKeys(configured);
  return createRing(server.env, keys);
}

async function storedKeys(
  { env, records }: Parameters<typeof openRing>[0],
): Promise<readonly Uint8Array[]> {
  const stored = await records.ring.get(RECORD);
  if (stored !== undefined) return stored.keys;
  const made = { keys: [env.random(RING_KEY_BYTES)], expires_at: undefined };
  if (await records.ring.putNew(RECORD, made)) return made.keys;
  return storedKeys({ env, records });
}

function configuredKeys(configured: readonly string[]): Bytes[] {
  const keys: Bytes[] = [];
  const problems: string[] = [];
  for (const [index, text] of configured.entries()) {
    const key = parseRingKey(text);
    if (key !== undefined) keys.push(key);
    else {
      problems.push(
        `data_protection.keys[${index}]: expected ${RING_KEY_BYTES} random bytes in base64url or base64`,
      );
    }
  }
  if (problems.length > 0) throw new KeyError(...problems);
  return keys;
}
