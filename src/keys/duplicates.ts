/** Which keys are there twice, and where; and which have come under the name of another? */

import type { HeldKey } from "./held.ts";
import type { SigningKey } from "./key.ts";

/**
 * Every key that is there already, by its `kid` or by itself, in a line. One RSA key may sign with several algorithms
 * under a `kid` for each: a JWK has one `alg` (RFC 7517 §4.4).
 */
export function duplicates(keys: readonly HeldKey[]): string[] {
  const places = new Map<string, string>();
  return keys.flatMap(({ kid, place, key }) => {
    const [itself, name] = [`key ${materialOf(key)}`, `kid ${kid}`];
    const [same, namesake] = [places.get(itself), places.get(name)];
    places.set(itself, place).set(name, place);
    if (same !== undefined) return [`${place}: is the same key as ${same}`];
    // RFC 7517 §4.5: keys of a set SHOULD have different `kid`s; ours are found by it.
    return namesake === undefined ? [] : [`${place}: has the same kid as ${namesake}`];
  });
}

/** Why a key can't stand beside others, in a line that begins with their place; `undefined` where it can. */
export function conflictOf(key: SigningKey, others: readonly HeldKey[]): string | undefined {
  const same = others.find((other) => materialOf(other.key) === materialOf(key));
  if (same !== undefined) return `${same.place} is the same key`;
  const namesake = others.find(({ kid }) => kid === key.kid);
  return namesake && `${namesake.place} has its kid`;
}

/** Every key whose `kid` was another's before, in a line: whoever keeps keys by their `kid` takes it for that one. */
export function usurpers(before: readonly HeldKey[], after: readonly HeldKey[]): string[] {
  const materials = new Map(before.map(({ kid, key }) => [kid, materialOf(key)]));
  return after.filter(({ kid, key }) => (materials.get(kid) ?? materialOf(key)) !== materialOf(key))
    .map(({ place }) => `${place}: its kid was that of another key; give each key one of its own`);
}

/** What tells a key from others for the same algorithm. */
function materialOf({ alg, publicJwk: { crv, x, y, n, e } }: SigningKey): string {
  return JSON.stringify([alg, crv, x, y, n, e]);
}
