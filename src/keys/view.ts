/** What is true of some keys from one second to another? */

import type { JWK } from "jose";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "../oauth/client.ts";
import type { HeldKey } from "./held.ts";
import type { SigningKey } from "./key.ts";
import { type Phase, timetable } from "./timetable.ts";

/** A key and its phase. */
export type PhasedKey = HeldKey & { readonly phase: Phase };

/** What holds for a while, made so that a request has nothing to do but look it up. */
export interface View {
  readonly signing: ReadonlyMap<SigningAlgorithm, SigningKey>;
  /** Those of `signing` that aren't managed. */
  readonly signingFixed: ReadonlyMap<SigningAlgorithm, SigningKey>;
  readonly published: ReadonlyMap<string, SigningKey>;
  readonly algorithms: readonly SigningAlgorithm[];
  /** RFC 7517 §5. OpenID Connect Discovery §3: it MUST NOT contain private or symmetric values. */
  readonly jwks: { readonly keys: JWK[] };
  /** Every key that is published. */
  readonly list: readonly PhasedKey[];
  /** It holds from this second on … */
  readonly from: number;
  /** … and until this one. */
  readonly until: number;
}

/** The view at `now`. What is as it was `before` stays the same object. */
export function viewOf(keys: readonly HeldKey[], now: number, before?: View): View {
  const { signing, phases, from, until } = timetable(keys, now);
  const list = keys.map((key) => ({ ...key, phase: phases.get(key.kid) ?? "retired" }))
    .filter(({ phase }) => phase !== "retired");
  const algorithms = SIGNING_ALGORITHMS.filter((alg) => signing.has(alg));
  const jwks = list.map(({ key }) => key.publicJwk);
  const keysOf = (some: readonly (readonly [SigningAlgorithm, HeldKey])[]) =>
    new Map(some.map(([alg, { key }]) => [alg, key]));
  return {
    signing: keysOf([...signing]),
    signingFixed: keysOf([...signing].filter(([, { source }]) => source !== "managed")),
    published: new Map(list.map(({ kid, key }) => [kid, key])),
    algorithms: before !== undefined && areSame(before.algorithms, algorithms)
      ? before.algorithms
      : algorithms,
    jwks: before !== undefined && areSame(before.jwks.keys, jwks) ? before.jwks : { keys: jwks },
    list,
    from,
    until,
  };
}

function areSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}
