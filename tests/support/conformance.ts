/** A server and its clients as the OpenID Foundation's conformance suite has them registered, and what it finds out of them first. */

import type { JSONWebKeySet } from "jose";
import assert from "node:assert/strict";
import { RESPONSE_TYPES, type ResponseType } from "../../src/oauth/client.ts";
import { type ClientKey, clientKey } from "./client_key.ts";
import { type RawConfig, withUser } from "./config.ts";
import { memoryStore } from "./memory_store.ts";
import { type TestServer, testServer, type TestServerOptions } from "./server.ts";

/** Where the suite's own server is. */
export const SUITE = "https://suite.example.com/test/a/latchkey";

/** A client as the suite knows it. */
export interface SuiteClient {
  readonly client_id: string;
  readonly client_secret: string;
  readonly method: "client_secret_basic" | "client_secret_post" | "private_key_jwt";
  readonly redirect_uri: string;
  /** What it signs assertions and request objects with. */
  readonly key: ClientKey;
}

/** Every standard claim (OpenID Connect Core §5.1), by the scope that brings it (§5.4). */
export const PERSON = {
  profile: {
    name: "Alice Example",
    family_name: "Example",
    given_name: "Alice",
    middle_name: "Ada",
    nickname: "Al",
    preferred_username: "alice",
    profile: "https://people.example.com/alice",
    picture: "https://people.example.com/alice.png",
    website: "https://alice.example.com",
    gender: "female",
    birthdate: "1987-10-16",
    zoneinfo: "Europe/Berlin",
    locale: "en-US",
    updated_at: 1_600_000_000,
  },
  email: { email: "alice@example.com", email_verified: true },
  address: {
    address: {
      formatted: "1 Main Street, 12345 Springfield, US",
      street_address: "1 Main Street",
      locality: "Springfield",
      region: "IL",
      postal_code: "12345",
      country: "US",
    },
  },
  phone: { phone_number: "+1 555 0100", phone_number_verified: true },
} as const;

/** For which of its variants the suite runs a plan. */
export interface Variant {
  readonly response_type: ResponseType;
  /** Whether answers come by `form_post`; else in the response type's own mode. */
  readonly form_post?: boolean;
  /** Whether people are asked. */
  readonly require_consent?: boolean;
  /** What the clients prove themselves with; else they have secrets. */
  readonly key?: ClientKey;
}

/** The three clients that a plan's configuration names. */
export interface SuiteClients {
  readonly client: SuiteClient;
  readonly client2: SuiteClient;
  readonly client_secret_post: SuiteClient;
}

/** A server under test. */
export interface Op extends TestServer, Variant {
  readonly clients: SuiteClients;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly jwks: JSONWebKeySet;
}

/** A server for a variant of a plan: it answers in process, at an issuer that is https. */
export async function suiteServer(
  variant: Variant = { response_type: "code" },
  members: RawConfig = {},
  options: TestServerOptions = {},
): Promise<Op> {
  const config = { ...suiteConfig(variant, members), ...options.config };
  const server = await testServer({ store: memoryStore(), ...options, config });
  return { ...server, ...variant, clients: suiteClients(variant), ...await discover(server) };
}

/** Metadata and keys, as every module of the suite fetches them first. */
export async function discover(
  { fetch, issuer }: Pick<TestServer, "fetch" | "issuer">,
): Promise<Pick<Op, "metadata" | "jwks">> {
  const metadata = await json(await fetch(`${issuer}/.well-known/openid-configuration`));
  assert.equal(metadata["issuer"], issuer);
  return { metadata, jwks: await json(await fetch(String(metadata["jwks_uri"]))) as never };
}

/** The address of an endpoint, from the metadata. */
export function endpoint({ metadata }: Pick<Op, "metadata">, name: string): string {
  const address = metadata[name];
  assert.ok(typeof address === "string", `${name} is not in the metadata`);
  return address;
}

/** The configuration of a server whose clients all have these members besides. */
export function suiteConfig(variant: Variant, members: RawConfig = {}): RawConfig {
  const claims = { ...PERSON.profile, ...PERSON.email, ...PERSON.address, ...PERSON.phone };
  const clients = suiteClients(variant);
  return {
    issuer: "https://op.example.com",
    ...withUser("alice", { claims }),
    // What the suite looks at is the ID token; this is quicker to sign than RSA.
    tokens: { access_token_signed_response_alg: "ES256" },
    security: { login: { acr_ladder: [{ acr: "urn:suite:password", methods: ["pwd"] }] } },
    clients: Object.values(clients).map((client) => ({
      client_id: client.client_id,
      token_endpoint_auth_method: client.method,
      ...variant.key === undefined ? { client_secrets: [{ value: client.client_secret }] } : {},
      jwks: { keys: [client.key.jwk] },
      redirect_uris: [client.redirect_uri],
      grant_types: ["authorization_code", "refresh_token", "implicit"],
      response_types: RESPONSE_TYPES,
      scope: "openid profile email address phone offline_access",
      // OpenID Connect Core knows nothing of PKCE.
      require_pkce: false,
      require_consent: variant.require_consent || client === clients.client2,
      ...members,
    })),
  };
}

/** What clients with secrets sign request objects with. */
const KEY = await clientKey("ES256", { kid: "suite" });

function suiteClients({ key }: Variant): SuiteClients {
  const client = (
    client_id: string,
    method: SuiteClient["method"],
    query = "",
  ): SuiteClient => ({
    client_id,
    client_secret: `${client_id}-secret-0123456789abcdef`,
    redirect_uri: `${SUITE}/callback${query}`,
    method: key === undefined ? method : "private_key_jwt",
    key: key ?? KEY,
  });
  return {
    client: client("client", "client_secret_basic"),
    client2: client("client2", "client_secret_basic", "?dummy1=lorem&dummy2=ipsum"),
    client_secret_post: client("client-post", "client_secret_post"),
  };
}

async function json(response: Response): Promise<Record<string, unknown>> {
  assert.equal(response.status, 200);
  assert.match(response.headers.get("Content-Type") ?? "", /^application\/json\b/);
  return await response.json();
}
