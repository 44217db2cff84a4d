/** The real server for tests: in process, or behind a real listener. */

import { createApp } from "../../src/app.ts";
import { createServer, type Server } from "../../src/server.ts";
import { openKvStore } from "../../src/store/kv.ts";
import type { Store } from "../../src/store/store.ts";
import { type RawConfig, testConfig } from "./config.ts";
import { type TestEnv, testEnv } from "./env.ts";
import { faultyStore } from "./faulty_store.ts";
import { privateJwk } from "./signing_keys.ts";

/** A server under test. */
export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly env: TestEnv;
  readonly store: Store;
  readonly issuer: string;
  /** Sends a request to it: in process, or over HTTP where it listens. Redirects are not followed. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** What a test may set. */
export interface TestServerOptions {
  /** Top-level members that replace those of `RAW_CONFIG`. The keys are those of a run, so that no server makes its own; `keys: {}` manages them. */
  readonly config?: RawConfig;
  /** More variables of the environment that `config` names. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly env?: TestEnv;
  /** A store of the test's own, which stays open; `:memory:` where absent. */
  readonly store?: Store;
  /** Whether the store answers late, so that requests of the same moment get between each other's steps. */
  readonly late?: boolean;
  /** The peer's address. */
  readonly address?: string;
  /** The path of a listening server's issuer; none where absent. */
  readonly path?: string;
}

/** A server in process. */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const env = options.env ?? testEnv();
  const kv = options.store ?? await openKvStore(env, { url: ":memory:" });
  const store = options.late ? faultyStore(env, kv) : kv;
  const config = await testConfig({ keys: { jwks: { env: "JWKS" } }, ...options.config }, {
    JWKS: await signingKeys(),
    ...options.variables,
  });
  const server = await createServer(env, config, store);
  const app = createApp(server);
  const { issuer } = server.config;
  return {
    server,
    env,
    store,
    issuer,
    async fetch(input, init) {
      const request = input instanceof Request ? input : new Request(new URL(input, issuer), init);
      return await app.fetch(request, { address: options.address ?? "127.0.0.1" });
    },
    [Symbol.asyncDispose]() {
      if (options.store === undefined) store.close();
      return Promise.resolve();
    },
  };
}

/** A server that listens on a free port of 127.0.0.1; its issuer is where it listens. */
export async function listeningServer(options: TestServerOptions = {}): Promise<TestServer> {
  // The issuer is known only when the port is.
  const app = Promise.withResolvers<ReturnType<typeof createApp>>();
  const listener = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request, { remoteAddr }) =>
      (await app.promise).fetch(request, { address: remoteAddr.hostname }),
  );
  const issuer = `http://127.0.0.1:${listener.addr.port}${options.path ?? ""}`;
  const inner = await testServer({ ...options, config: { ...options.config, issuer } });
  app.resolve(createApp(inner.server));
  return {
    ...inner,
    issuer,
    fetch: (input, init) =>
      fetch(input instanceof Request ? input : new URL(input, issuer), {
        redirect: "manual",
        ...init,
      }),
    async [Symbol.asyncDispose]() {
      await listener.shutdown();
      await inner[Symbol.asyncDispose]();
    },
  };
}

/** `fetch` that has read the body: clients may leave one unread that they don't need, and tests may not leak. */
export async function fetchWhole(url: string, init: object): Promise<Response> {
  const response = await fetch(url, init);
  const body = await response.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, response);
}

async function signingKeys(): Promise<string> {
  const algorithms = ["RS256", "ES256", "EdDSA"] as const;
  return JSON.stringify({ keys: await Promise.all(algorithms.map(privateJwk)) });
}
