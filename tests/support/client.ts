/** A client for tests of single rules: all defaults, whatever a test changes. */

import { type ClientKeys, createClientKeys } from "../../src/clients/client_keys.ts";
import { createProvenCallers } from "../../src/clients/proven_callers.ts";
import type { Client } from "../../src/oauth/client.ts";
import type { TestEnv } from "./env.ts";

/** A confidential client that may use codes, with these members instead. */
export function someClient(members: Partial<Client> = {}): Client {
  return {
    client_id: "web",
    enabled: true,
    redirect_uris: ["https://rp.example.com/callback"],
    post_logout_redirect_uris: [],
    frontchannel_logout_session_required: false,
    backchannel_logout_session_required: false,
    subject_type: "public",
    sector_identifier: "rp.example.com",
    require_signed_request_object: false,
    require_pushed_authorization_requests: false,
    request_uris: [],
    default_acr_values: [],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    scope: ["openid", "profile", "offline_access", "invoices.read"],
    token_endpoint_auth_method: "client_secret_basic",
    client_secrets: [],
    id_token_signed_response_alg: "RS256",
    require_pkce: true,
    require_consent: true,
    allow_remember_consent: true,
    access_token_lifetime: 3600,
    id_token_lifetime: 300,
    authorization_code_lifetime: 60,
    device_code_lifetime: 600,
    device_polling_interval: 5,
    refresh_token_usage: "one_time",
    refresh_token_grace: 0,
    coordinate_lifetime_with_user_session: false,
    access_token_format: "jwt",
    refresh_token_expiration: "sliding",
    refresh_token_lifetime: 1_296_000,
    refresh_token_absolute_lifetime: 2_592_000,
    allowed_cors_origins: [],
    allowed_groups: [],
    claims: {},
    claims_prefix: "client_",
    always_include_user_claims_in_id_token: false,
    ...members,
  };
}

/** The keys of clients, for a server on a public host. */
export function someClientKeys(env: TestEnv): ClientKeys {
  const security = { outbound: { private_addresses: false } };
  return createClientKeys({ env, config: { issuer: "https://id.example.com", security } });
}

/** What trying secrets needs besides a store: so many tries before a wait, of at most a minute. Nobody has proven itself. */
export function someSecretLimits(client_secret_tries = 10) {
  const security = { limits: { client_secret_tries }, login: { longest_delay: 60 } };
  return { config: { security }, provenCallers: createProvenCallers() };
}
