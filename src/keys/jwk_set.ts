/** Which keys stand in a text that is a JWK or a JWK set (RFC 7517 §4, §5). */

import { isMapping } from "../lib/mapping.ts";
import { KeyError } from "./error.ts";
import type { FoundKey } from "./key.ts";

/** The keys in a text, each with its place; the keys themselves are not looked at. Throws `KeyError` with one problem where the text holds none. */
export function parseJwks(place: string, text: string): FoundKey[] {
  const document = parseJson(text);
  if (!isMapping(document)) {
    throw new KeyError("neither a JWK nor a JWK set");
  }
  if (!("keys" in document)) return [{ place, jwk: document }];
  if (!Array.isArray(document.keys) || document.keys.length === 0) {
    throw new KeyError("a JWK set without keys");
  }
  return document.keys.map((jwk, index) => ({ place: `${place}: keys[${index}]`, jwk }));
}

/** `undefined` where the text is not JSON: a `SyntaxError` would quote it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
