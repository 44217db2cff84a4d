/** What a running server is: everything opened and made once, in a plain record. */

import { type ClientKeys, createClientKeys } from "./clients/client_keys.ts";
import { type ClientRegistry, createClientRegistry } from "./clients/registry.ts";
import { createResourceRegistry, type ResourceRegistry } from "./clients/resources.ts";
import { createProvenCallers, type ProvenCallers } from "./clients/proven_callers.ts";
import type { Config } from "./config/schema.ts";
import { requiredAlgorithms } from "./config/required_algorithms.ts";
import { type ScopeCatalog, scopeCatalog } from "./config/scope_catalog.ts";
import { type Cookies, cookiesOf } from "./endpoints/cookies.ts";
import { openRing } from "./keys/data_protection.ts";
import type { DataProtection } from "./keys/held_ring.ts";
import { type Keys, openKeys } from "./keys/keys.ts";
import { sealAnew } from "./keys/tend_ring.ts";
import { type TrustedProxies, trustedProxies } from "./lib/address.ts";
import type { Env } from "./lib/env.ts";
import { type Semaphore, semaphore, semaphores } from "./lib/semaphore.ts";
import { PATHS } from "./oauth/metadata.ts";
import { type Asset, createAssets, type Site } from "./pages/site.ts";
import { type Collections, openCollections } from "./store/collection.ts";
import { adoptFormat } from "./store/format.ts";
import type { Store } from "./store/store.ts";
import { createUserDirectory, type UserDirectory } from "./users/directory.ts";

/** Everything that a request may need; each function names the part that it uses. */
export interface Server {
  readonly env: Env;
  readonly config: Config;
  /** The path of the issuer, which precedes that of every endpoint; empty for most. */
  readonly basePath: string;
  readonly store: Store;
  readonly records: Collections;
  readonly ring: DataProtection;
  readonly keys: Keys;
  readonly scopes: ScopeCatalog;
  readonly clients: ClientRegistry;
  readonly clientKeys: ClientKeys;
  readonly provenCallers: ProvenCallers;
  readonly fetching: (request_uri: string) => Semaphore;
  readonly resources: ResourceRegistry;
  readonly users: UserDirectory;
  readonly cookies: Cookies;
  readonly site: Site;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly hashing: Semaphore;
  readonly trustedProxies: TrustedProxies;
  /** What the `aud` of a client assertion may be: the issuer, which comes first, or an endpoint where clients send one (RFC 7523 §3, RFC 9126 §2). */
  readonly audiences: readonly string[];
}

/** So many logins may wait for their hash before the next one is refused. */
const WAITING_LOGINS = 100;

/** So many request objects are fetched from one `request_uri` at once, and so many more wait for that. */
const FETCHES = { parallel: 10, waiting: 20 } as const;

/**
 * Makes a server over an open store, for this configuration. A new configuration is a new server over the same store.
 * Throws `KeyError` for keys that can't be used, `MissingKey` for an algorithm without one, `StoreError`.
 */
export async function createServer(env: Env, config: Config, store: Store): Promise<Server> {
  await adoptFormat(store);
  const records = openCollections(store, env);
  const ring = await openRing({ env, records }, config.data_protection);
  const keys = await openKeys(
    { env, store, records, ring },
    config.keys,
    requiredAlgorithms(config),
  );
  const basePath = new URL(config.issuer).pathname.replace(/\/$/, "");
  const { site, files } = createAssets(config.branding, basePath);
  // Last: with a configuration that is refused nobody may have what it would seal them by.
  await sealAnew({ env, records, ring });
  return {
    env,
    config,
    basePath,
    store,
    records,
    ring,
    keys,
    scopes: scopeCatalog(config),
    clients: createClientRegistry(config),
    clientKeys: createClientKeys({ env, config }),
    provenCallers: createProvenCallers(),
    fetching: semaphores(FETCHES.parallel, FETCHES.waiting),
    resources: createResourceRegistry(config),
    users: createUserDirectory(config),
    cookies: cookiesOf(config.issuer, ring),
    site,
    assets: files,
    hashing: semaphore(config.security.login.hash_parallelism, WAITING_LOGINS),
    trustedProxies: trustedProxies(config.trusted_proxies),
    // RFC 9126 §2: at whichever endpoint, the first three MUST be accepted; RFC 8628 §3.1 is the same to a client's library
    audiences: ["", PATHS.token, PATHS.par, PATHS.device_authorization].map((path) =>
      config.issuer + path
    ),
  };
}
