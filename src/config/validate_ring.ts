/** Whether the keys of the data protection ring are keys, and several. */

import { base64url } from "../lib/bytes.ts";
import { parseRingKey, RING_KEY_BYTES } from "../lib/sealing.ts";
import type { Finding } from "./finding.ts";
import type { Config } from "./schema.ts";

/** What is wrong with `data_protection`. No key is quoted. */
export function ringFindings({ data_protection }: Config): Finding[] {
  const accepting: Finding = {
    path: ["data_protection", "accept_stored"],
    message: ACCEPTING,
    warning: true,
  };
  return [
    ...keyFindings(data_protection?.keys ?? []),
    ...data_protection?.accept_stored === true ? [accepting] : [],
  ];
}

const ACCEPTING = "a ring counts that whoever can write to the store may have put there; " +
  "take this out when latchkey data-protection list shows no key of the store any more";

function keyFindings(keys: readonly string[]): Finding[] {
  const first = new Map<string, number>();
  return keys.flatMap((text, index): Finding[] => {
    // An empty one could not be read, which is known.
    if (text === "") return [];
    const path = ["data_protection", "keys", index];
    const key = parseRingKey(text);
    if (key === undefined) {
      return [{ path, message: `expected ${RING_KEY_BYTES} random bytes in base64url` }];
    }
    // However it is spelt.
    const name = base64url(key);
    const earlier = first.get(name);
    if (earlier !== undefined) {
      return [{ path, message: `is the same key as data_protection.keys[${earlier}]` }];
    }
    first.set(name, index);
    return [];
  });
}
