/** What the server signs with and publishes: the keys of a folder, of the environment and of the store, side by side. */

import type { JWK } from "jose";
import { type KeyPolicy, keyPolicy } from "../config/key_policy.ts";
import type { RequiredAlgorithm } from "../config/required_algorithms.ts";
import type { Config } from "../config/schema.ts";
import { coalesce } from "../lib/coalesce.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "../oauth/client.ts";
import { KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import type { SigningKey } from "./key.ts";
import { type PresentKeys, requireKeys } from "./required_keys.ts";
import { openManagedKeys, tendSchedule } from "./managed.ts";
import { type ManagedKeysServer, readSchedule } from "./schedule.ts";
import { openStaticKeys } from "./static.ts";
import { type Phase, timetable } from "./timetable.ts";

export { KeyError } from "./error.ts";

/** The signing keys of a server. All but `learn`, `refresh`, `tend` and `reload` answer from memory, for the moment of the call. */
export interface Keys {
  /** The key that signs with an algorithm now. */
  signing(alg: SigningAlgorithm): SigningKey | undefined;
  /** The key of that `kid`, where it is published now. */
  find(kid: string): SigningKey | undefined;
  /** The same, after asking the store where it is not known here. Throws `StoreError` as the store does. */
  learn(kid: string): Promise<SigningKey | undefined>;
  /** The algorithms that a key signs with now, in the order of `SIGNING_ALGORITHMS`; the same list as long as nothing changes. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The JWK set that is published now (RFC 7517 §5): public members only, every `kid` once; the same object as long as nothing changes. */
  readonly jwks: { readonly keys: JWK[] };
  /** Every key that is published now, with its phase. */
  list(): readonly PhasedKey[];
  /** Learns what others have done to the keys in the store. Throws `KeyError` where one can't be opened, `StoreError`. */
  refresh(): Promise<void>;
  /** Does what is to be done with the keys now, so that each follows the one before it in time. Throws as `refresh` does. */
  tend(): Promise<void>;
  /**
   * Reads the keys of the folder again, and takes them in the place of those it had, all or none; whether any is
   * another. Throws `KeyError` for what can't be used, `MissingKey` where a required algorithm would lose its key.
   */
  reload(): Promise<boolean>;
}

/** A key and its phase. */
export type PhasedKey = HeldKey & { readonly phase: Phase };

/**
 * The keys of all configured sources; where none is configured, managed ones. Throws `KeyError` with every problem of
 * every source, `MissingKey` where none signs with a required algorithm, `StoreError` as the store does.
 */
export async function openKeys(
  server: ManagedKeysServer,
  config: Config["keys"],
  required: readonly RequiredAlgorithm[] = [],
): Promise<Keys> {
  const policy = keyPolicy(config);
  const problems: string[] = [];
  const fixed = await openFixed(config, policy, problems);
  const managed = await openManaged(server, policy, problems);
  problems.push(...duplicates([...fixed, ...managed]));
  if (problems.length > 0) throw new KeyError(...problems);
  const now = server.env.now();
  const held = [...fixed, ...managed];
  requireKeys(required, { ...viewOf(held, now), list: held }, now);
  return living(server, config, required, fixed, managed);
}

/** What is wrong with the keys of the folder and the environment, and which algorithms there will be with the managed ones. */
export async function checkKeys(
  config: Config["keys"],
  now: number,
): Promise<
  PresentKeys & { readonly problems: readonly string[] }
> {
  const policy = keyPolicy(config);
  const problems: string[] = [];
  const fixed = await openFixed(config, policy, problems);
  const algorithms = [...timetable(fixed, now).signing.keys(), ...policy.algorithms];
  return { problems: [...problems, ...duplicates(fixed)], algorithms, list: fixed };
}

async function openFixed(
  config: Config["keys"],
  { algorithms }: KeyPolicy,
  problems: string[],
): Promise<readonly HeldKey[]> {
  const before = problems.length;
  const fixed = await openStaticKeys(config, problems);
  const silent = fixed.length === 0 && problems.length === before;
  if (silent && config.directory !== undefined && algorithms.length === 0) {
    problems.push(`${config.directory}: no *.pem or *.json here, and no other source of keys`);
  }
  return fixed;
}

async function openManaged(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  problems: string[],
): Promise<readonly HeldKey[]> {
  try {
    return await openManagedKeys(server, await tendSchedule(server, policy), () => undefined);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    problems.push(...error.problems);
    return [];
  }
}

/** RFC 7517 §4.5: keys of a set SHOULD have different `kid`s; ours are found by it. */
function duplicates(keys: readonly HeldKey[]): string[] {
  const places = new Map<string, string>();
  return keys.flatMap(({ kid, place }) => {
    const other = places.get(kid);
    places.set(kid, place);
    return other === undefined ? [] : [`${place}: has the same kid as ${other}`];
  });
}

/** What is true of some keys from one second to another. */
interface View {
  readonly signing: ReadonlyMap<SigningAlgorithm, SigningKey>;
  readonly published: ReadonlyMap<string, SigningKey>;
  readonly algorithms: readonly SigningAlgorithm[];
  readonly jwks: { readonly keys: JWK[] };
  readonly list: readonly PhasedKey[];
  readonly from: number;
  readonly until: number;
}

function viewOf(keys: readonly HeldKey[], now: number): View {
  const { signing, phases, from, until } = timetable(keys, now);
  const list = keys.map((key) => ({ ...key, phase: phases.get(key.kid) ?? "retired" }))
    .filter(({ phase }) => phase !== "retired");
  return {
    signing: new Map([...signing].map(([alg, { key }]) => [alg, key])),
    published: new Map(list.map(({ kid, key }) => [kid, key])),
    algorithms: SIGNING_ALGORITHMS.filter((alg) => signing.has(alg)),
    jwks: { keys: list.map(({ key }) => key.publicJwk) },
    list,
    from,
    until,
  };
}

function living(
  server: ManagedKeysServer,
  config: Config["keys"],
  required: readonly RequiredAlgorithm[],
  fixed: readonly HeldKey[],
  managed: readonly HeldKey[],
): Keys {
  const { env } = server;
  const policy = keyPolicy(config);
  let held = [...fixed, ...managed];
  let view = viewOf(held, env.now());
  const current = () => {
    const now = env.now();
    if (now < view.from || now >= view.until) view = viewOf(held, now);
    return view;
  };
  const adopt = async (schedule: Awaited<ReturnType<typeof readSchedule>>) => {
    const known = new Map(held.map(({ kid, key }) => [kid, key]));
    managed = await openManagedKeys(server, schedule, (kid) => known.get(kid));
    held = [...fixed, ...managed];
    view = viewOf(held, env.now());
  };
  const reload = coalesce(async () => {
    const problems: string[] = [];
    const next = await openFixed(config, policy, problems);
    problems.push(...duplicates([...next, ...managed]));
    if (problems.length > 0) throw new KeyError(...problems);
    if (areSame(next, fixed)) return false;
    const now = env.now();
    const { algorithms } = current();
    const proposed = viewOf([...next, ...managed], now);
    // What has no key already doesn't keep others from coming.
    const kept = required.filter(({ algorithm }) => algorithms.includes(algorithm));
    requireKeys(kept, { ...proposed, list: next }, now);
    fixed = next;
    held = [...fixed, ...managed];
    view = proposed;
    return true;
  });
  const refresh = coalesce(async () => await adopt(await readSchedule(server)));
  const find = (kid: string) => current().published.get(kid);
  return {
    signing: (alg) => current().signing.get(alg),
    find,
    async learn(kid) {
      const key = find(kid);
      if (key !== undefined) return key;
      await refresh();
      return find(kid);
    },
    get algorithms() {
      return current().algorithms;
    },
    get jwks() {
      return current().jwks;
    },
    list: () => current().list,
    refresh,
    tend: coalesce(async () => await adopt(await tendSchedule(server, policy))),
    reload,
  };
}

/** Whether some keys are others in all that can be seen of them. */
function areSame(some: readonly HeldKey[], others: readonly HeldKey[]): boolean {
  const seen = (keys: readonly HeldKey[]) =>
    JSON.stringify(keys.map(({ key, ...rest }) => ({ ...rest, jwk: key.publicJwk })));
  return seen(some) === seen(others);
}
