/** A configuration for tests: one client of every kind, users whose hashes cost little, read by the real loader. */

import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";

/** Members of a configuration file as plain values. */
export type RawConfig = Readonly<Record<string, unknown>>;

/** The users' passwords. */
export const PASSWORDS = { alice: "alice", bob: "bob" } as const;

/** The secrets of the clients and APIs. */
export const SECRETS = {
  web: "web-secret-0123456789abcdef",
  post: "post-secret-0123456789abcdef",
  machine: "machine-secret-0123456789abcdef",
  api: "api-secret-0123456789abcdef",
  calendar: "calendar-secret-0123456789abcdef",
} as const;

/** The resource indicators of the APIs, by the names of their secrets. */
export const RESOURCES = {
  api: "https://api.example.com",
  calendar: "https://calendar.example.com",
} as const;

/** Where the answers of the test clients go. Nothing listens there unless a test does. */
export const CALLBACK = "https://rp.example.com/callback";

/** Every scope that a test client may ask for. */
export const SCOPE =
  "openid profile email address phone offline_access groups invoices.read invoices.write";

const code = {
  redirect_uris: [CALLBACK, "http://127.0.0.1/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  scope: SCOPE,
};

/** Argon2id with the least memory that we take. */
const HASHES = {
  alice:
    "$argon2id$v=19$m=8,t=1,p=1$dGVzdC1zYWx0LWFsaWNlMQ$b/mqLbWBteBbDnvkBKL1UW7ofjnpagDIOk2LN0K44ts",
  bob:
    "$argon2id$v=19$m=8,t=1,p=1$dGVzdC1zYWx0LWJvYi0wMQ$5hDNaFdxKRSn7PsIXQGloWbbYzj5d82nL6BusPJHf2w",
};

/** The configuration as a file would hold it. Clients `web` (basic, asks for consent), `post`, `spa` (public, first party), `machine`. */
export const RAW_CONFIG: RawConfig = {
  issuer: "http://127.0.0.1:9000",
  identity_scopes: [{ name: "groups", claims: ["groups"] }],
  scopes: [
    { name: "invoices.read", display_name: "Read invoices" },
    { name: "invoices.write", display_name: "Write invoices", claims: ["email"] },
    { name: "calendar.read" },
  ],
  resources: [
    {
      resource: RESOURCES.api,
      scopes: ["invoices.read", "invoices.write"],
      secrets: [{ value: SECRETS.api }],
    },
    {
      resource: RESOURCES.calendar,
      scopes: ["calendar.read"],
      secrets: [{ value: SECRETS.calendar }],
    },
  ],
  clients: [
    {
      ...code,
      client_id: "web",
      client_name: "Web Shop",
      client_secrets: [{ value: SECRETS.web }],
    },
    {
      ...code,
      client_id: "post",
      token_endpoint_auth_method: "client_secret_post",
      client_secrets: [{ value: SECRETS.post }],
      require_consent: false,
    },
    {
      ...code,
      client_id: "spa",
      token_endpoint_auth_method: "none",
      require_consent: false,
      allowed_cors_origins: ["https://rp.example.com"],
    },
    {
      client_id: "machine",
      client_secrets: [{ value: SECRETS.machine }],
      grant_types: ["client_credentials"],
      scope: "invoices.read calendar.read",
    },
  ],
  users: [
    {
      sub: "sub-alice",
      username: "alice",
      password: { hash: HASHES.alice },
      groups: ["staff"],
      claims: {
        name: "Alice Example",
        given_name: "Alice",
        email: "alice@example.com",
        email_verified: true,
        phone_number: "+1 555 0100",
        address: { country: "US" },
      },
    },
    { sub: "sub-bob", username: "bob", password: { hash: HASHES.bob }, claims: { name: "Bob" } },
  ],
};

/** Configurations by what they are made of: a file's tests ask for few, and nobody changes one. */
const loaded = new Map<string, Promise<Config>>();

/** `RAW_CONFIG` with these top-level members instead, loaded. `variables` are the environment's. */
export async function testConfig(
  members: RawConfig = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<Config> {
  const text = JSON.stringify({ ...RAW_CONFIG, ...members });
  // What stands in files may be another thing the next time.
  if (text.includes('"file"')) return await load(text, variables);
  const name = JSON.stringify([text, variables]);
  let config = loaded.get(name);
  if (config === undefined) loaded.set(name, config = load(text, variables));
  return await config;
}

async function load(text: string, variables: Readonly<Record<string, string>>): Promise<Config> {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    // JSON is YAML.
    await Deno.writeTextFile(path, text);
    return (await loadConfig(path, (name) => variables[name])).config;
  } finally {
    await Deno.remove(path);
  }
}

/** The clients of `RAW_CONFIG`, the named one with these members changed. */
export function withClient(client_id: string, members: RawConfig): RawConfig {
  const clients = (RAW_CONFIG["clients"] as RawConfig[]).map((client) =>
    client["client_id"] === client_id ? { ...client, ...members } : client
  );
  return { clients };
}

/** The APIs of `RAW_CONFIG`, the named one with these members changed. */
export function withResource(name: keyof typeof RESOURCES, members: RawConfig): RawConfig {
  const resources = (RAW_CONFIG["resources"] as RawConfig[]).map((one) =>
    one["resource"] === RESOURCES[name] ? { ...one, ...members } : one
  );
  return { resources };
}

/** The users of `RAW_CONFIG`, the named one with these members changed. */
export function withUser(username: string, members: RawConfig): RawConfig {
  const users = (RAW_CONFIG["users"] as RawConfig[]).map((user) =>
    user["username"] === username ? { ...user, ...members } : user
  );
  return { users };
}

/** A configuration under which wrong secrets are counted and nobody waits, for tests that send many of them. */
export const MANY_SECRETS: RawConfig = {
  security: { limits: { client_secret_tries: 1_000_000 } },
};
