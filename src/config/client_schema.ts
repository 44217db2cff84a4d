/** What a client in the configuration looks like: the reference manual of section `clients`. */

import type { JWK } from "jose";
import { z } from "zod";
import {
  CLIENT_AUTHENTICATION_METHODS,
  CONTENT_ENCRYPTIONS,
  ENCRYPTION_ALGORITHMS,
  GRANT_TYPES,
  RESPONSE_TYPES,
  SIGNING_ALGORITHMS,
  SUBJECT_TYPES,
} from "../oauth/client.ts";
import { LONGEST_ACCESS_TOKEN } from "../oauth/token.ts";
import { acrValue, clientSecret, duration, httpUrl, positiveDuration, scopeList } from "./value.ts";

const algorithm = z.enum(SIGNING_ALGORITHMS);
const keyEncryption = z.enum(ENCRYPTION_ALGORITHMS).optional();
const contentEncryption = z.enum(CONTENT_ENCRYPTIONS).optional();

/** Lifetimes that every client has and any client may change; `tokens` sets them for all. */
export const lifetimes = {
  access_token_lifetime: positiveDuration
    .refine((seconds) => seconds <= LONGEST_ACCESS_TOKEN, { error: "expected at most 365d" })
    .describe("how long an access token lives, at most 365d; 1h"),
  id_token_lifetime: positiveDuration.describe("how long an ID token lives; 5m"),
  authorization_code_lifetime: positiveDuration.describe("how long a code may wait; 60s"),
  device_code_lifetime: positiveDuration
    .refine((seconds) => seconds <= 3600, { error: "expected at most 1h" })
    .describe("how long a device waits for its person (RFC 8628), at most 1h; 10m"),
  device_polling_interval: positiveDuration
    .refine((seconds) => seconds <= 60, { error: "expected at most 60s" })
    .describe("how long a device waits between two polls (RFC 8628), at most 60s; 5s"),
  refresh_token_lifetime: positiveDuration.describe("how long an unused refresh token lives; 15d"),
  refresh_token_absolute_lifetime: positiveDuration.describe(
    "how long a chain of refresh tokens lives, however busy; 30d",
  ),
};

/** One client (RFC 7591 §2, OpenID Connect Registration §2, and Latchkey's own members). */
export const clientSchema = z.strictObject({
  client_id: z.string().regex(/^[\x21-\x7e]{1,255}$/, {
    error: "expected 1 to 255 printable ASCII characters without spaces",
  }).describe("what it calls itself"),
  enabled: z.boolean().default(true).describe("false refuses it everywhere"),
  client_name: z.string().min(1).max(200).optional().describe("what people read on the pages"),
  client_uri: httpUrl.optional().describe("its home page"),
  logo_uri: httpUrl.optional().describe("its logo, shown where people are asked"),
  policy_uri: httpUrl.optional().describe("how it uses data"),
  tos_uri: httpUrl.optional().describe("its terms of service"),
  contacts: z.array(z.string()).default([]).describe("whom to ask about it"),
  redirect_uris: z.array(z.string()).default([]).describe(
    "where answers may go: compared exactly, save the port of http://127.0.0.1 and http://[::1]",
  ),
  grant_types: z.array(z.enum(GRANT_TYPES)).min(1).default(["authorization_code"]).describe(
    "what it may present at the token endpoint; implicit where tokens come by redirect",
  ),
  response_types: z.array(z.enum(RESPONSE_TYPES)).optional().describe(
    "what it may ask for; [code] where it may use authorization_code",
  ),
  scope: scopeList.default([]).describe("the scopes that it may ask for, separated by spaces"),
  token_endpoint_auth_method: z.enum(CLIENT_AUTHENTICATION_METHODS).default("client_secret_basic")
    .describe("the one way in which it proves itself; none makes it a public client"),
  token_endpoint_auth_signing_alg: algorithm.optional().describe(
    "the only algorithm of its assertions (private_key_jwt)",
  ),
  jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })
    .transform((jwks) => jwks as { keys: JWK[] }).optional().describe("its public keys"),
  jwks_uri: httpUrl.optional().describe("where its public keys are, instead of jwks"),
  client_secrets: z.array(clientSecret).default([]).describe("its secrets; every live one matches"),
  subject_type: z.enum(SUBJECT_TYPES).default("public").describe(
    "pairwise: it knows people by names of its own, made with tokens.pairwise_salt",
  ),
  sector_identifier_uri: httpUrl.optional().describe(
    "clients whose hosts here are the same share their pairwise names; the host of redirect_uris where absent",
  ),
  id_token_signed_response_alg: algorithm.default("RS256").describe("what signs its ID tokens"),
  id_token_encrypted_response_alg: keyEncryption.describe(
    "what encrypts its ID tokens, once they are signed, to a key of its own; they are signed alone",
  ),
  id_token_encrypted_response_enc: contentEncryption.describe(
    "how the content is encrypted; A128CBC-HS256",
  ),
  userinfo_signed_response_alg: algorithm.optional().describe(
    "what signs its userinfo, which is a JWT then; JSON",
  ),
  userinfo_encrypted_response_alg: keyEncryption.describe(
    "what encrypts its userinfo, which is a JWT then, to a key of its own; it is not encrypted",
  ),
  userinfo_encrypted_response_enc: contentEncryption.describe(
    "how the content is encrypted; A128CBC-HS256",
  ),
  request_object_signing_alg: algorithm.optional().describe(
    "the only algorithm of its request objects (RFC 9101); any",
  ),
  require_signed_request_object: z.boolean().default(false).describe(
    "whether it may ask by signed request objects alone (RFC 9101 §10.5)",
  ),
  require_pushed_authorization_requests: z.boolean().default(false).describe(
    "whether it may ask by pushed requests alone (RFC 9126 §6)",
  ),
  request_uris: z.array(z.string()).default([]).describe(
    "the https URLs that its request_uri may be, without fragment",
  ),
  access_token_signed_response_alg: algorithm.optional().describe(
    "what signs its access tokens; the resource's or the server's where absent",
  ),
  introspection_signed_response_alg: algorithm.optional().describe(
    "what signs what it hears of tokens, where it asks for a JWT (RFC 9701); RS256",
  ),
  default_max_age: duration.optional().describe("how old a login may be where it asks for none"),
  require_auth_time: z.boolean().default(false).describe(
    "whether its ID tokens need auth_time, which they always have",
  ),
  default_acr_values: z.array(acrValue).default([]).describe(
    "which acr it wants where it asks for none, the best first",
  ),
  post_logout_redirect_uris: z.array(z.string()).default([]).describe(
    "where browsers may go after a logout: compared exactly",
  ),
  frontchannel_logout_uri: httpUrl.optional().describe(
    "what is loaded in an iframe when its user logs out (OpenID Connect Front-Channel Logout)",
  ),
  frontchannel_logout_session_required: z.boolean().default(false).describe(
    "whether iss and sid are added to it",
  ),
  backchannel_logout_uri: httpUrl.optional().describe(
    "where a logout token is posted when its user logs out (OpenID Connect Back-Channel Logout)",
  ),
  backchannel_logout_session_required: z.boolean().default(false).describe(
    "whether logout tokens need sid, which they always have",
  ),
  require_pkce: z.boolean().default(true).describe(
    "whether a code needs a code_challenge (RFC 7636)",
  ),
  require_consent: z.boolean().default(true).describe(
    "whether people are asked; false: first party",
  ),
  allow_remember_consent: z.boolean().default(true).describe("whether an answer may be remembered"),
  consent_lifetime: positiveDuration.optional().describe("how long it is remembered; no end"),
  access_token_format: z.enum(["jwt", "reference"]).default("jwt").describe(
    "whether its access tokens can be read by whoever verifies them, or are handles to be introspected",
  ),
  access_token_lifetime: lifetimes.access_token_lifetime.optional(),
  id_token_lifetime: lifetimes.id_token_lifetime.optional(),
  authorization_code_lifetime: lifetimes.authorization_code_lifetime.optional(),
  device_code_lifetime: lifetimes.device_code_lifetime.optional(),
  device_polling_interval: lifetimes.device_polling_interval.optional(),
  refresh_token_usage: z.enum(["one_time", "reuse"]).default("one_time").describe(
    "whether every use brings a new refresh token (RFC 9700 §4.14)",
  ),
  refresh_token_expiration: z.enum(["sliding", "absolute"]).default("sliding").describe(
    "whether every use prolongs its life by refresh_token_lifetime, up to the absolute one; or the absolute one alone counts",
  ),
  refresh_token_lifetime: lifetimes.refresh_token_lifetime.optional(),
  refresh_token_absolute_lifetime: lifetimes.refresh_token_absolute_lifetime.optional(),
  refresh_token_grace: duration.default(0).describe(
    "how long a second use of a refresh token that has just been rotated gets the same successor back; 0s",
  ),
  coordinate_lifetime_with_user_session: z.boolean().optional().describe(
    "whether what its users granted ends with the session in which they did; that of `sessions` where absent",
  ),
  allowed_cors_origins: z.array(z.string()).default([]).describe(
    "origins whose scripts may call the token, userinfo, revocation, pushed request and device endpoints",
  ),
  allowed_groups: z.array(z.string()).default([]).describe(
    "who may log in to it; empty: everybody",
  ),
  claims: z.record(z.string(), z.json()).default({}).describe("static claims of its access tokens"),
  claims_prefix: z.string().default("client_").describe("what precedes the names of those claims"),
  always_include_user_claims_in_id_token: z.boolean().default(false).describe(
    "whether ID tokens hold what userinfo answers",
  ),
});
