/** The servers of the model test: two over one database, whose configuration changes and whose rivals meet. */

import { setImmediate } from "node:timers/promises";
import { createApp } from "../../src/app.ts";
import type { Config } from "../../src/config/schema.ts";
import { DEVICE_CODE } from "../../src/oauth/client.ts";
import { createServer } from "../../src/server.ts";
import type { Store } from "../../src/store/store.ts";
import { CALLBACK, MANY_SECRETS, RAW_CONFIG, testConfig } from "./config.ts";
import type { TestEnv } from "./env.ts";
import type { Instance } from "./grants_acts.ts";
import { CLIENTS, LIFETIME, newWorld, rulesOf, type World } from "./grants_world.ts";
import { privateJwk } from "./signing_keys.ts";
import { wrappedStore } from "./wrapped_store.ts";

/** All that is real. */
export interface Servers {
  readonly env: TestEnv;
  readonly instances: Instance[];
  /** Both servers anew, with the configuration of this world. */
  reload(world: World): Promise<void>;
}

/** The clients of the model, all enabled. ES256 alone: quicker than RSA. */
export async function baseConfig(): Promise<Config> {
  const config = await testConfig({
    // A client that has been disabled meanwhile is refused as often as the acts have it.
    ...MANY_SECRETS,
    keys: { jwks: { env: "JWKS" } },
    tokens: {
      access_token_signed_response_alg: "ES256",
      access_token_lifetime: LIFETIME.access_token,
      authorization_code_lifetime: LIFETIME.code,
      device_code_lifetime: LIFETIME.code,
      refresh_token_lifetime: LIFETIME.refresh_token,
      refresh_token_absolute_lifetime: LIFETIME.refresh_token_absolute,
    },
    sessions: { idle_lifetime: LIFETIME.session_idle, absolute_lifetime: LIFETIME.session },
    clients: Object.keys(CLIENTS).map((client_id) => {
      const { secret, reuse, absolute, grace, reference, coordinated, machine } = rulesOf(
        client_id,
      );
      return {
        client_id,
        id_token_signed_response_alg: "ES256",
        scope: machine ? "invoices.read" : "openid email offline_access invoices.read",
        grant_types: machine
          ? ["client_credentials"]
          : ["authorization_code", "refresh_token", DEVICE_CODE],
        redirect_uris: machine ? [] : [CALLBACK, `${CALLBACK}2`],
        token_endpoint_auth_method: secret === undefined ? "none" : "client_secret_post",
        client_secrets: secret === undefined ? [] : [{ value: secret }],
        refresh_token_usage: reuse ? "reuse" : "one_time",
        refresh_token_expiration: absolute ? "absolute" : "sliding",
        refresh_token_grace: grace ?? 0,
        access_token_format: reference ? "reference" : "jwt",
        coordinate_lifetime_with_user_session: coordinated ?? false,
      };
    }),
    resources: RAW_CONFIG["resources"],
  }, { JWKS: JSON.stringify({ keys: [await privateJwk("ES256")] }) });
  return config;
}

function configOf(base: Config, { users, clients }: World): Config {
  return {
    ...base,
    users: base.users.map((user) => ({
      ...user,
      enabled: users[user.username]?.enabled ?? true,
    })),
    clients: base.clients.map((client) => ({
      ...client,
      enabled: clients[client.client_id]?.enabled ?? true,
      scope: client.scope.filter((name) => !clients[client.client_id]?.lost.includes(name)),
    })),
  };
}

async function instance(env: TestEnv, config: Config, store: Store): Promise<Instance> {
  const server = await createServer(env, config, store);
  const app = createApp(server);
  const { issuer } = config;
  return {
    server,
    issuer,
    fetch: async (input, init) =>
      await app.fetch(new Request(new URL(String(input), issuer), init), { address: "127.0.0.1" }),
  };
}

/** Two servers over these stores, which are one database. */
export async function openServers(
  base: Config,
  env: TestEnv,
  stores: readonly Store[],
): Promise<Servers> {
  const instances: Instance[] = [];
  const reload = async (world: World) => {
    const config = configOf(base, world);
    for (const [index, store] of stores.entries()) {
      instances[index] = await instance(env, config, store);
    }
  };
  await reload(newWorld(env.now()));
  return { env, instances, reload };
}

/** A store that lets others go first, the same way for the same seed. */
export function hesitant(store: Store, seed: number): Store {
  let state = seed;
  const turns = async () => {
    // The numbers of Park and Miller.
    state = (state * 48_271) % 2_147_483_647;
    for (let left = state % 4; left > 0; left--) await setImmediate();
  };
  return wrappedStore(store, async (operate) => {
    await turns();
    const answer = await operate();
    await turns();
    return answer;
  });
}
