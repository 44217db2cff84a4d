/** What a client is once defaults are filled in. Members carry the names of RFC 7591 and OpenID Connect Registration §2. */

import type { JWK } from "jose";

/** How a client may prove itself at the token endpoint (OpenID Connect Core §9). */
export const CLIENT_AUTHENTICATION_METHODS = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "none",
] as const;
export type ClientAuthenticationMethod = typeof CLIENT_AUTHENTICATION_METHODS[number];

/** The grant type of devices (RFC 8628 §3.4). */
export const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

/** What a client may present at the token endpoint. */
export const TOKEN_GRANT_TYPES = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  DEVICE_CODE,
] as const;
export type TokenGrantType = typeof TOKEN_GRANT_TYPES[number];

/** What a client may be registered for. OpenID Connect Registration §2: whoever gets tokens by redirect is `implicit`. */
export const GRANT_TYPES = [...TOKEN_GRANT_TYPES, "implicit"] as const;
export type GrantType = typeof GRANT_TYPES[number];

/** What a client may ask for at the authorization endpoint (OAuth 2.0 Multiple Response Types §3, §5). */
export const RESPONSE_TYPES = [
  "code",
  "id_token",
  "id_token token",
  "code id_token",
  "code token",
  "code id_token token",
] as const;
export type ResponseType = typeof RESPONSE_TYPES[number];

/** How the answer travels back to the client. */
export const RESPONSE_MODES = ["query", "fragment", "form_post"] as const;
export type ResponseMode = typeof RESPONSE_MODES[number];

/**
 * The signature algorithms that the server signs with and accepts. `none` and symmetric ones are not among them. RFC 9864
 * wants Ed25519 rather than EdDSA in new deployments; most libraries that clients and APIs have know the older name alone.
 */
export const SIGNING_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;
export type SigningAlgorithm = typeof SIGNING_ALGORITHMS[number];

/** What they may be called. RFC 9864 §2.2: Ed25519 is the new name of what the same key does under EdDSA. */
export const ALGORITHM_NAMES = [...SIGNING_ALGORITHMS, "Ed25519"] as const;

/** The algorithm of one of `ALGORITHM_NAMES`; `undefined` for anything else. */
export function algorithmNamed(name: unknown): SigningAlgorithm | undefined {
  return SIGNING_ALGORITHMS.find((known) => known === (name === "Ed25519" ? "EdDSA" : name));
}

/** How the key of an encrypted token is wrapped for its client (RFC 7518 §4). */
export const ENCRYPTION_ALGORITHMS = ["RSA-OAEP-256", "ECDH-ES"] as const;
export type EncryptionAlgorithm = typeof ENCRYPTION_ALGORITHMS[number];

/** How the content of an encrypted token is encrypted (RFC 7518 §5). */
export const CONTENT_ENCRYPTIONS = ["A128CBC-HS256", "A128GCM", "A256GCM"] as const;
export type ContentEncryption = typeof CONTENT_ENCRYPTIONS[number];

/** Whether all clients know a person under one name (OpenID Connect Core §8). */
export const SUBJECT_TYPES = ["public", "pairwise"] as const;
export type SubjectType = typeof SUBJECT_TYPES[number];

/** One of the secrets of a client; all that have not expired match. */
export interface ClientSecret {
  /** SHA-256 of the secret, 64 lower-case hexadecimal digits. Secrets are random, so a fast hash is enough. */
  readonly sha256: string;
  readonly expires_at: number | undefined;
}

/** A client with every default filled in. Lifetimes are seconds. */
export interface Client {
  readonly client_id: string;
  readonly enabled: boolean;
  readonly client_name?: string | undefined;
  readonly client_uri?: string | undefined;
  readonly logo_uri?: string | undefined;
  readonly policy_uri?: string | undefined;
  readonly tos_uri?: string | undefined;
  readonly redirect_uris: readonly string[];
  /** Where browsers may be sent after a logout (OpenID Connect RP-Initiated Logout §3.1). */
  readonly post_logout_redirect_uris: readonly string[];
  /** Where it is told of logouts by an iframe (OpenID Connect Front-Channel Logout §2). */
  readonly frontchannel_logout_uri?: string | undefined;
  readonly frontchannel_logout_session_required: boolean;
  /** Where it is told of logouts by POST (OpenID Connect Back-Channel Logout §2.2). */
  readonly backchannel_logout_uri?: string | undefined;
  readonly backchannel_logout_session_required: boolean;
  readonly grant_types: readonly GrantType[];
  readonly response_types: readonly ResponseType[];
  /** The scopes that it may ask for. */
  readonly scope: readonly string[];
  readonly token_endpoint_auth_method: ClientAuthenticationMethod;
  /** The only algorithm of its assertions; `undefined`: any of `SIGNING_ALGORITHMS`. */
  readonly token_endpoint_auth_signing_alg?: SigningAlgorithm | undefined;
  readonly jwks?: { readonly keys: readonly JWK[] } | undefined;
  readonly jwks_uri?: string | undefined;
  readonly client_secrets: readonly ClientSecret[];
  readonly subject_type: SubjectType;
  /** What its pairwise subjects are made for (OpenID Connect Core §8.1): a host. */
  readonly sector_identifier: string;
  readonly id_token_signed_response_alg: SigningAlgorithm;
  readonly id_token_encrypted_response_alg?: EncryptionAlgorithm | undefined;
  readonly id_token_encrypted_response_enc?: ContentEncryption | undefined;
  /** `undefined`: userinfo is JSON, unless it is encrypted. */
  readonly userinfo_signed_response_alg?: SigningAlgorithm | undefined;
  readonly userinfo_encrypted_response_alg?: EncryptionAlgorithm | undefined;
  readonly userinfo_encrypted_response_enc?: ContentEncryption | undefined;
  /** The only algorithm of its request objects; `undefined`: any of `SIGNING_ALGORITHMS`. */
  readonly request_object_signing_alg?: SigningAlgorithm | undefined;
  readonly require_signed_request_object: boolean;
  /** Whether it may ask by pushed requests alone (RFC 9126 §6). */
  readonly require_pushed_authorization_requests: boolean;
  /** Where request objects may be fetched from (OpenID Connect Core §6.2). */
  readonly request_uris: readonly string[];
  /** `undefined`: the server's. */
  readonly access_token_signed_response_alg?: SigningAlgorithm | undefined;
  /** What signs what it hears of tokens (RFC 9701 §6); `undefined`: RS256, or the server's. */
  readonly introspection_signed_response_alg?: SigningAlgorithm | undefined;
  readonly default_max_age?: number | undefined;
  readonly default_acr_values: readonly string[];
  readonly require_pkce: boolean;
  readonly require_consent: boolean;
  readonly allow_remember_consent: boolean;
  /** `undefined`: remembered without end. */
  readonly consent_lifetime?: number | undefined;
  readonly access_token_format: "jwt" | "reference";
  readonly access_token_lifetime: number;
  readonly id_token_lifetime: number;
  readonly authorization_code_lifetime: number;
  /** How long a device waits for its person (RFC 8628 §3.2). */
  readonly device_code_lifetime: number;
  /** How long it waits between two polls (RFC 8628 §3.2). */
  readonly device_polling_interval: number;
  readonly refresh_token_usage: "one_time" | "reuse";
  readonly refresh_token_expiration: "sliding" | "absolute";
  readonly refresh_token_lifetime: number;
  readonly refresh_token_absolute_lifetime: number;
  /** For so long a second use of a just rotated refresh token gets the same successor. */
  readonly refresh_token_grace: number;
  /** Whether what its users granted ends with the session in which they did. */
  readonly coordinate_lifetime_with_user_session: boolean;
  readonly allowed_cors_origins: readonly string[];
  /** Who may log in to it: members of one of these groups; empty: everybody. */
  readonly allowed_groups: readonly string[];
  /** Static claims of its access tokens, their names preceded by `claims_prefix`. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly claims_prefix: string;
  readonly always_include_user_claims_in_id_token: boolean;
}

/** Whether a client can keep a secret (RFC 6749 §2.1). */
export function isConfidential(client: Pick<Client, "token_endpoint_auth_method">): boolean {
  return client.token_endpoint_auth_method !== "none";
}
