/** Which keys stand in a text that is a JWK or a JWK set (RFC 7517 §4, §5). */

import { isMapping } from "../lib/mapping.ts";
import { KeyError } from "./error.ts";
import type { FoundKey } from "./found.ts";

/** What a text is that is not JSON, by its looks; the first that fits is said. */
const LOOKS: readonly (readonly [text: RegExp, problem: string])[] = [
  [/^\s*$/, "empty"],
  [/^\ufeff/, "begins with a byte order mark; give it in UTF-8 without one"],
  [/-----BEGIN /, "a PEM; put it as *.pem into the folder of keys.directory"],
  // RFC 7516 §7.1: five parts, of which the first is the header.
  [/^\s*eyJ[\w-]*(?:\.[\w-]*){4}\s*$/, "an encrypted JWK (JWE); decrypt it"],
  [/^\s*(?:ey[JI]|ew[o0])[\w+/=-]+\s*$/, "JSON in base64; give the JSON itself"],
  [/^\s*\{/, "damaged or truncated JSON"],
];

/** The keys in a text, each with its place; the keys themselves are not looked at. Throws `KeyError` with one problem where the text holds none. */
export function parseJwks(place: string, text: string): FoundKey[] {
  const document = parseJson(text);
  if (document === undefined) {
    const looks = LOOKS.find(([pattern]) => pattern.test(text));
    throw new KeyError(looks?.[1] ?? "neither a JWK nor a JWK set");
  }
  if (typeof document === "string" && isMapping(parseJson(document))) {
    throw new KeyError("JSON within a JSON text; give the JSON itself, without quotes round it");
  }
  if (!isMapping(document)) {
    throw new KeyError("neither a JWK nor a JWK set");
  }
  // RFC 7516 §7.2: the JSON form of the same.
  if ("ciphertext" in document) throw new KeyError("an encrypted JWK (JWE); decrypt it");
  if (!("keys" in document)) return [{ place, jwk: document }];
  if (!Array.isArray(document["keys"]) || document["keys"].length === 0) {
    throw new KeyError("a JWK set without keys");
  }
  // RFC 7517 §5 SHOULD ignore keys that aren't understood: in one's own set they are a mistake, which is told.
  return document["keys"].map((jwk, index) => ({ place: `${place}: keys[${index}]`, jwk }));
}

/** `undefined` where the text is not JSON: a `SyntaxError` would quote it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
