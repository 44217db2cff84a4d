/** Which keys of the data protection ring does the configuration name? */

import type { Bytes } from "../lib/bytes.ts";
import { parseRingKey, RING_KEY_BYTES } from "../lib/sealing.ts";
import { KeyError } from "./error.ts";

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
