/** Several instances with clocks of their own on one store, and those who verify what they sign. */

import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { createApp } from "../../src/app.ts";
import type { Config } from "../../src/config/schema.ts";
import type { ScheduledKey } from "../../src/store/records.ts";
import { openCollections } from "../../src/store/collection.ts";
import type { Store } from "../../src/store/store.ts";
import { createServer, type Server } from "../../src/server.ts";
import { type RawConfig, RESOURCES, SECRETS } from "./config.ts";
import type { Http } from "./caller.ts";
import { START, type TestEnv, testEnv } from "./env.ts";
import { basic, proofOf } from "./flow.ts";

/** The API that is asked about tokens, and answered with signatures by `ES256`; access tokens have ones by `EdDSA`. */
const API = RESOURCES.api;

/** A configuration with these times of managed keys, whose access tokens live for so many seconds. */
export function rotating(managed: RawConfig, access_token_lifetime: number): RawConfig {
  return {
    keys: { managed: { algorithms: ["ES256", "EdDSA"], ...managed } },
    tokens: { access_token_signed_response_alg: "EdDSA", access_token_lifetime },
    resources: [{
      resource: API,
      scopes: ["invoices.read"],
      secrets: [{ value: SECRETS.api }],
      introspection_signed_response_alg: "ES256",
    }],
    scopes: [{ name: "invoices.read" }],
    clients: [{
      client_id: "machine",
      client_secrets: [{ value: SECRETS.machine }],
      grant_types: ["client_credentials"],
      scope: "invoices.read",
    }],
    users: [],
  };
}

/** An instance; `restart` makes a new server over the same store. */
export interface Instance extends Http {
  readonly env: TestEnv;
  readonly server: Server;
  restart(): Promise<void>;
}

/** Starts an instance whose clock is some seconds off. */
export async function instance(config: Config, store: Store, offset: number): Promise<Instance> {
  const env = testEnv(START + offset);
  const open = async () => {
    const server = await createServer(env, config, store);
    return { server, app: createApp(server) };
  };
  let running = await open();
  return {
    env,
    issuer: config.issuer,
    get server() {
      return running.server;
    },
    async restart() {
      running = await open();
    },
    async fetch(input, init) {
      const request = input instanceof Request ? input : new Request(input, init);
      return await running.app.fetch(request, { address: "127.0.0.1" });
    },
  };
}

/** An access token that a client gets for itself, signed with EdDSA. */
export async function accessToken(server: Http): Promise<string> {
  const body = new URLSearchParams({ grant_type: "client_credentials" });
  const { headers } = proofOf("machine");
  const response = await server.fetch(`${server.issuer}/connect/token`, {
    method: "POST",
    body,
    headers,
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()).access_token;
}

/** What an instance says of a token, signed with ES256. */
export async function signedAnswer(server: Http, token: string): Promise<string> {
  const response = await server.fetch(`${server.issuer}/connect/introspect`, {
    method: "POST",
    body: new URLSearchParams({ token }),
    headers: {
      Accept: "application/token-introspection+jwt",
      Authorization: basic(encodeURIComponent(API), SECRETS.api),
    },
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return await response.text();
}

/** Someone who keeps the key set exactly for its `max-age`, and never asks again for a `kid` that isn't in it. */
export interface RelyingParty {
  /** Verifies at `now`; fetches the key set from `source` where the kept one has ended. Throws where it can't. */
  verify(source: Http, jwt: string, now: number): Promise<Record<string, unknown>>;
}

/** One that has nothing yet. */
export function relyingParty(): RelyingParty {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let until = -Infinity;
  return {
    async verify(source, jwt, now) {
      if (keys === undefined || now >= until) {
        const response = await source.fetch(
          `${source.issuer}/.well-known/openid-configuration/jwks`,
        );
        const [, age] = /max-age=(\d+)/.exec(response.headers.get("Cache-Control") ?? "") ?? [];
        keys = createLocalJWKSet(await response.json() as JSONWebKeySet);
        until = now + Number(age);
      }
      const currentDate = new Date(now * 1000);
      // Clocks differ, here as everywhere.
      const { payload } = await jwtVerify(jwt, keys, { currentDate, clockTolerance: 60 });
      return payload;
    },
  };
}

/** The schedule as it stands in a store. */
export async function scheduleIn(store: Store): Promise<readonly ScheduledKey[]> {
  const { key_schedule } = openCollections(store, testEnv());
  return (await key_schedule.get("managed"))?.keys ?? [];
}
