/** Which keys of the data protection ring does the configuration name? */

import type { Bytes } from "../lib/bytes.ts";
import { parseRingKey, RING_KEY_BYTES } from "../lib/sealing.ts";
import { KeyError } from "./error.ts";

/** What the configuration says of the ring (`data_protection`). */
export interface RingConfig {
  /** Newest first. */
  readonly keys: readonly string[];
  /** Whether the stored ring counts beside them. */
  readonly accept_stored: boolean;
}

/** Whether the ring in the store counts: whoever can write to the store could put one there. */
export function countsStored(configured: RingConfig | undefined): boolean {
  return configured?.accept_stored ?? true;
}

/** The keys, 32 bytes in BASE64URL or BASE64 each, in their order. Throws `KeyError` where one is none; none is quoted. */
export function configuredKeys(configured: readonly string[]): Bytes[] {
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
