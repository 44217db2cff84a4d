/** Which tokens a client gets: their claims gathered, signed. */

import type { Config } from "../config/schema.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Keys } from "../keys/keys.ts";
import { signJwt } from "../keys/signer.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { userClaims } from "../oauth/claims.ts";
import type { Client, SigningAlgorithm } from "../oauth/client.ts";
import { audience } from "../oauth/resource.ts";
import { accessTokenClaims, idTokenClaims, leftHalfHash } from "../oauth/token.ts";
import type { Authorization } from "../store/records.ts";
import type { User } from "../users/directory.ts";

/** What issuing needs. */
export interface IssuingServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly config: Pick<Config, "issuer" | "resources" | "tokens">;
  readonly scopes: Pick<ScopeCatalog, "identityClaims" | "apiClaims">;
  readonly keys: Pick<Keys, "signing">;
}

/** What the token endpoint answers (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). Lifetimes are seconds. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  /** Absent where none was granted. */
  readonly scope?: string;
  readonly id_token?: string;
  readonly refresh_token?: string;
}

/** What a person granted, and who that is. */
export interface Granted {
  /** The handle of the family; it precedes every `jti`. */
  readonly handle: string;
  readonly authorization: Authorization;
  readonly user: User;
}

/** What an access token is asked for. */
export interface AccessTokenRequest {
  readonly client: Client;
  readonly scope: readonly string[];
  /** Empty: all that the scopes lead to. */
  readonly resource: readonly string[];
  /** Absent for `client_credentials`. */
  readonly granted?: Granted;
}

/** Signs an access token; answers it as the token endpoint does. */
export async function issueAccessToken(
  server: IssuingServer,
  { client, scope: granted_scope, resource, granted }: AccessTokenRequest,
): Promise<TokenResponse> {
  const { config, env, keys, scopes } = server;
  const { aud, scope } = audience(config, granted_scope, resource);
  const lifetime = client.access_token_lifetime;
  const claims = accessTokenClaims({
    issuer: config.issuer,
    client_id: client.client_id,
    // RFC 9068 §2.2: without a person the client is the subject
    sub: granted?.user.sub ?? client.client_id,
    now: env.now(),
    lifetime,
    aud,
    scope,
    jti: newTokenId(env, granted?.handle),
    login: granted?.authorization,
    extra: {
      ...prefixed(client),
      ...granted === undefined ? {} : userClaims(scopes.apiClaims, scope, granted.user),
    },
  });
  const alg = accessTokenAlgorithm(config, client, aud);
  return {
    access_token: await signJwt(keys, { alg, typ: "at+jwt" }, claims),
    token_type: "Bearer",
    expires_in: lifetime,
    ...scope.length === 0 ? {} : { scope: scope.join(" ") },
  };
}

/** Signs the ID token that goes with an access token. */
export function issueIdToken(
  server: IssuingServer,
  client: Client,
  { authorization, user }: Granted,
  { access_token, scope, nonce }: {
    readonly access_token: string;
    readonly scope: readonly string[];
    readonly nonce: string | undefined;
  },
): Promise<string> {
  const alg = client.id_token_signed_response_alg;
  // OpenID Connect Core §5.4: with an access token, what the scopes ask for is answered by userinfo
  const include = client.always_include_user_claims_in_id_token;
  const claims = idTokenClaims({
    issuer: server.config.issuer,
    client_id: client.client_id,
    sub: user.sub,
    now: server.env.now(),
    lifetime: client.id_token_lifetime,
    auth_time: authorization.auth_time,
    amr: authorization.amr,
    sid: authorization.sid,
    nonce,
    at_hash: leftHalfHash(alg, access_token),
    user: include ? userClaims(server.scopes.identityClaims, scope, user) : {},
  });
  return signJwt(server.keys, { alg, typ: "JWT" }, claims);
}

/** The family that a token belongs to, read from its `jti`; `undefined` where no person granted it. */
export function familyOf(jti: string): string | undefined {
  const dot = jti.indexOf(".");
  return dot < 0 ? undefined : jti.slice(0, dot);
}

function newTokenId(env: Pick<Env, "random">, family: string | undefined): string {
  const unique = base64url(env.random(16));
  return family === undefined ? unique : `${family}.${unique}`;
}

function prefixed(client: Client): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(client.claims).map(([name, value]) => [client.claims_prefix + name, value]),
  );
}

/** The client's choice, else the resource's where all agree, else the server's. */
function accessTokenAlgorithm(
  config: IssuingServer["config"],
  client: Client,
  aud: readonly string[],
): SigningAlgorithm {
  if (client.access_token_signed_response_alg !== undefined) {
    return client.access_token_signed_response_alg;
  }
  const chosen = config.resources.filter(({ resource }) => aud.includes(resource))
    .map((resource) => resource.access_token_signed_response_alg);
  const [first] = chosen;
  return first !== undefined && chosen.every((alg) => alg === first)
    ? first
    : config.tokens.access_token_signed_response_alg;
}
