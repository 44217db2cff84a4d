/** What the server signs with and publishes: the keys of a folder, of the environment and of the store, side by side. */

import type { JWK } from "jose";
import { type Config, MANAGED_ALGORITHMS } from "../config/schema.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "../oauth/client.ts";
import { readDirectory } from "./directory.ts";
import { collect, KeyError } from "./error.ts";
import { parseJwks } from "./jwk_set.ts";
import { type FoundKey, importKey, type SigningKey } from "./key.ts";
import { type ManagedKeysServer, openManagedKey } from "./managed.ts";

export { KeyError } from "./error.ts";

/** The signing keys of a server. */
export interface Keys {
  /** The key that signs with an algorithm: the first of the folder, else of the environment, else the managed one. */
  signing(alg: SigningAlgorithm): SigningKey | undefined;
  /** The key of that `kid`. */
  find(kid: string): SigningKey | undefined;
  /** The algorithms that there is a key for, in the order of `SIGNING_ALGORITHMS`. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The JWK set that is published (RFC 7517 §5): public members only, every `kid` once. */
  readonly jwks: { readonly keys: JWK[] };
}

/**
 * The keys of all configured sources; where none is configured, managed ones. Throws `KeyError` with every problem of
 * every source, `StoreError` as the store does.
 */
export async function openKeys(
  server: ManagedKeysServer,
  config: Config["keys"],
): Promise<Keys> {
  const { keys, problems } = await openAll(
    config,
    managedAlgorithms(config).map((alg) => ({
      place: `the managed ${alg} key`,
      work: () => openManagedKey(server, alg),
    })),
  );
  if (problems.length > 0) throw new KeyError(...problems);
  return keysOf(keys);
}

/** What is wrong with the keys of the folder and the environment, and which algorithms there will be with the managed ones. */
export async function checkKeys(
  config: Config["keys"],
): Promise<
  { readonly problems: readonly string[]; readonly algorithms: readonly SigningAlgorithm[] }
> {
  const { keys, problems } = await openAll(config, []);
  const algorithms = [...keysOf(keys).algorithms, ...managedAlgorithms(config)];
  return { problems, algorithms };
}

interface Opening {
  readonly place: string;
  readonly work: () => Promise<SigningKey>;
}

/** All at once, for the start waits for them; what is wrong is told in the order in which they stand. */
async function openAll(config: Config["keys"], more: readonly Opening[]) {
  const problems: string[] = [];
  const found = await findKeys(config, problems);
  const openings: readonly Opening[] = [
    ...found.map(({ place, jwk }) => ({ place, work: () => importKey(jwk) })),
    ...more,
  ];
  const opened = await Promise.all(openings.map(async ({ place, work }) => {
    const refusals: string[] = [];
    return { place, key: await collect(refusals, place, work), refusals };
  }));
  const keys = new Map<string, SigningKey>();
  const places = new Map<string, string>();
  for (const { place, key, refusals } of opened) {
    problems.push(...refusals);
    if (key === undefined) continue;
    const other = places.get(key.kid);
    if (other !== undefined) problems.push(`${place}: has the same kid as ${other}`);
    places.set(key.kid, place);
    keys.set(key.kid, key);
  }
  return { keys, problems };
}

/** What stands in the folder and in the environment, in this order. */
async function findKeys(
  { directory, jwks, managed }: Config["keys"],
  problems: string[],
): Promise<FoundKey[]> {
  const found: FoundKey[] = [];
  if (directory !== undefined) {
    const before = problems.length;
    found.push(...await readDirectory(directory, problems));
    const silent = found.length === 0 && problems.length === before;
    if (silent && jwks === undefined && managed === undefined) {
      problems.push(`${directory}: no *.pem or *.json here, and no other source of keys`);
    }
  }
  if (jwks !== undefined) {
    found.push(...await collect(problems, "keys.jwks", () => parseJwks("keys.jwks", jwks)) ?? []);
  }
  return found;
}

function managedAlgorithms(
  { directory, jwks, managed }: Config["keys"],
): readonly SigningAlgorithm[] {
  if (managed !== undefined) return [...new Set(managed.algorithms)];
  return directory === undefined && jwks === undefined ? MANAGED_ALGORITHMS : [];
}

function keysOf(keys: ReadonlyMap<string, SigningKey>): Keys {
  const all = [...keys.values()];
  const signing = new Map<SigningAlgorithm, SigningKey>();
  for (const key of all) if (!signing.has(key.alg)) signing.set(key.alg, key);
  return {
    signing: (alg) => signing.get(alg),
    find: (kid) => keys.get(kid),
    algorithms: SIGNING_ALGORITHMS.filter((alg) => signing.has(alg)),
    jwks: { keys: all.map((key) => key.publicJwk) },
  };
}
