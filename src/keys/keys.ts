/** What the server signs with and publishes: the keys of a folder, of the environment and of the store, side by side. */

import type { JWK } from "jose";
import { type KeyPolicy, keyPolicy } from "../config/key_policy.ts";
import type { RequiredAlgorithm } from "../config/required_algorithms.ts";
import type { Config } from "../config/schema.ts";
import { coalesce } from "../lib/coalesce.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { duplicates, usurpers } from "./duplicates.ts";
import { KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { followManaged, type ManagedKeys } from "./following.ts";
import { type SigningKey, THUMBPRINT } from "./key.ts";
import { requireKeys } from "./required_keys.ts";
import type { ManagedKeysServer } from "./schedule.ts";
import { openStaticKeys } from "./static.ts";
import { type PhasedKey, viewOf } from "./view.ts";

export { KeyError } from "./error.ts";
export type { PhasedKey } from "./view.ts";

/** The signing keys of a server. All but `learn`, `refresh`, `tend` and `reload` answer from memory, for the moment of the call. */
export interface Keys {
  /** The key that signs with an algorithm now; `undefined` also for a managed one as long as they aren't `fresh`. */
  signing(alg: SigningAlgorithm): SigningKey | undefined;
  /** The key of that `kid`, where it is published now. */
  find(kid: string): SigningKey | undefined;
  /**
   * The same, after asking the store for what is not known here and could be the `kid` of a managed key: RFC 7638
   * thumbprints alone, of imported keys with other names the instance hears in its rounds. Callers of the same moment
   * share one read. Throws `StoreError` as the store does, `KeyError` where the key is there and can't be opened.
   */
  learn(kid: string): Promise<SigningKey | undefined>;
  /** Whether all that signs is known to do so still: no key of the store does, or its last answer is no older than `propagation`. */
  readonly fresh: boolean;
  /** How old what the instance knows of the managed keys is, in seconds. */
  readonly age: number;
  /** The algorithms that a key signs with now, in the order of `SIGNING_ALGORITHMS`; the same list as long as nothing changes. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The JWK set that is published now (RFC 7517 §5): public members only, every `kid` once; the same object as long as nothing changes. */
  readonly jwks: { readonly keys: JWK[] };
  /** Every key that is published now, with its phase. */
  list(): readonly PhasedKey[];
  /** Learns what others have done to the keys in the store. Throws `StoreError` as the store does. */
  refresh(): Promise<void>;
  /** Does what is to be done with the keys now, so that each follows the one before it in time. Throws as `refresh` does. */
  tend(): Promise<void>;
  /**
   * Reads the keys of the folder again, and takes them in the place of those it had, all or none; whether any is
   * another. Throws `KeyError` for what can't be used, `MissingKey` where a required algorithm would lose its key.
   */
  reload(): Promise<boolean>;
}

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
  const { keys: fixed, warnings } = await openStaticKeys(config, problems);
  const managed = await openManaged(server, policy, problems);
  problems.push(...duplicates([...fixed, ...managed?.held ?? []]));
  if (managed === undefined || problems.length > 0) throw new KeyError(...problems);
  const requireAll = (planned: readonly SigningAlgorithm[]) => {
    const now = server.env.now();
    const list = [...fixed, ...managed.held];
    const { algorithms } = viewOf(list, now);
    requireKeys(required, { algorithms: [...algorithms, ...planned], list }, now);
  };
  // A configuration that is refused has made no key, and put off no end of one.
  requireAll(policy.algorithms);
  await managed.tend();
  requireAll([]);
  warn(server, warnings);
  return living(server, config, required, fixed, managed);
}

/** `undefined`: what is wrong has joined `problems`. */
async function openManaged(
  server: ManagedKeysServer,
  policy: KeyPolicy,
  problems: string[],
): Promise<ManagedKeys | undefined> {
  try {
    return await followManaged(server, policy);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** Event `keys.warning`. */
function warn({ env }: Pick<ManagedKeysServer, "env">, warnings: readonly string[]): void {
  for (const problem of warnings) env.log.warn("keys.warning", { problem });
}

function living(
  server: ManagedKeysServer,
  config: Config["keys"],
  required: readonly RequiredAlgorithm[],
  fixed: readonly HeldKey[],
  managed: ManagedKeys,
): Keys {
  const { env } = server;
  let own = managed.held;
  let view = viewOf(together(fixed, own), env.now());
  const viewAt = (now: number) => {
    if (own !== managed.held || now < view.from || now >= view.until) {
      own = managed.held;
      view = viewOf(together(fixed, own), now, view);
    }
    return view;
  };
  const current = () => viewAt(env.now());
  const reload = coalesce(async () => {
    const problems: string[] = [];
    const { keys: next, warnings } = await openStaticKeys(config, problems);
    problems.push(...duplicates([...next, ...managed.held]));
    if (problems.length > 0) throw new KeyError(...problems);
    if (areSame(next, fixed)) return false;
    const now = env.now();
    const { algorithms } = current();
    const proposed = viewOf([...next, ...managed.held], now, view);
    // What has no key already doesn't keep others from coming.
    const kept = required.filter(({ algorithm }) => algorithms.includes(algorithm));
    requireKeys(kept, { ...proposed, list: next }, now);
    warn(server, [...warnings, ...usurpers(fixed, next)]);
    fixed = next;
    own = managed.held;
    view = proposed;
    return true;
  });
  const find = (kid: string) => current().published.get(kid);
  return {
    signing(alg) {
      const now = env.now();
      const { signing, signingFixed } = viewAt(now);
      return (managed.isFresh(now) ? signing : signingFixed).get(alg);
    },
    find,
    async learn(kid) {
      const key = find(kid);
      if (key !== undefined) return key;
      if (THUMBPRINT.test(kid)) await managed.refresh();
      managed.requireOpened(kid);
      return find(kid);
    },
    get fresh() {
      const now = env.now();
      const { signing, signingFixed } = viewAt(now);
      return signing.size === signingFixed.size || managed.isFresh(now);
    },
    get age() {
      return managed.ageAt(env.now());
    },
    get algorithms() {
      return current().algorithms;
    },
    get jwks() {
      return current().jwks;
    },
    list: () => current().list,
    refresh: managed.refresh,
    tend: managed.tend,
    reload,
  };
}

/** The first of each `kid`: somebody may import what others still have in their folder. */
function together(fixed: readonly HeldKey[], own: readonly HeldKey[]): readonly HeldKey[] {
  return [...fixed, ...own.filter(({ kid }) => fixed.every((one) => one.kid !== kid))];
}

/** Whether some keys are others in all that can be seen of them. */
function areSame(some: readonly HeldKey[], others: readonly HeldKey[]): boolean {
  const seen = (keys: readonly HeldKey[]) =>
    JSON.stringify(keys.map(({ key, ...rest }) => ({ ...rest, jwk: key.publicJwk })));
  return seen(some) === seen(others);
}
