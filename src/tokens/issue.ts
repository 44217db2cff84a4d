/** Which tokens a client gets: their claims gathered, signed or stored. */

import type { Config } from "../config/schema.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Keys } from "../keys/keys.ts";
import { signJwt } from "../keys/signer.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client, SigningAlgorithm } from "../oauth/client.ts";
import { audience } from "../oauth/resource.ts";
import type { Collections } from "../store/collection.ts";
import type { Write } from "../store/store.ts";
import { type AccessTokenFacts, claimsOf, type ClaimsServer } from "./access_token_claims.ts";
import type { EncryptingServer } from "./encrypt.ts";
import type { Granted } from "./granted.ts";
import { newReference } from "./handle.ts";

/** What issuing needs. */
export interface IssuingServer extends ClaimsServer, EncryptingServer {
  readonly env: Pick<Env, "now" | "random" | "log">;
  readonly config: Pick<Config, "issuer" | "resources" | "tokens">;
  readonly scopes: Pick<ScopeCatalog, "identityClaims" | "apiClaims">;
  readonly keys: Pick<Keys, "signing" | "refresh">;
  readonly records: Pick<Collections, "access_token">;
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

/** What an access token is asked for. */
export interface AccessTokenRequest {
  readonly client: Client;
  readonly scope: readonly string[];
  /** Empty: all that the scopes lead to. */
  readonly resource: readonly string[];
  /** Absent for `client_credentials`. */
  readonly granted?: Granted;
}

/** An access token that is not good before its writes are stored. */
export interface NewAccessToken {
  /** Empty for a JWT. */
  readonly writes: readonly Write[];
  /** Signs it where it is a JWT, and answers it as the token endpoint does. */
  respond(): Promise<TokenResponse>;
}

/** An access token in the client's `access_token_format`. */
export function newAccessToken(server: IssuingServer, request: AccessTokenRequest): NewAccessToken {
  const { client, granted } = request;
  const { aud, scope } = audience(server.config, request.scope, request.resource);
  const iat = server.env.now();
  const lifetime = client.access_token_lifetime;
  const grant_id = granted?.authorization.grant_id;
  const respond = (access_token: string): TokenResponse => ({
    access_token,
    token_type: "Bearer",
    expires_in: lifetime,
    ...scope.length === 0 ? {} : { scope: scope.join(" ") },
  });
  if (client.access_token_format === "reference") {
    const { client_id } = client;
    const handle = newReference(server.env, { grant_id, client_id });
    const record = { grant_id, client_id, scope, aud, iat, expires_at: iat + lifetime };
    return {
      writes: server.records.access_token.write(handle, record),
      respond: () => Promise.resolve(respond(handle)),
    };
  }
  const jti = newTokenId(server.env, grant_id);
  const facts: AccessTokenFacts = { client, granted, scope, aud, jti, iat, exp: iat + lifetime };
  return {
    writes: [],
    async respond() {
      const alg = accessTokenAlgorithm(server.config, client, aud);
      return respond(await signJwt(server.keys, { alg, typ: "at+jwt" }, claimsOf(server, facts)));
    },
  };
}

/** The grant that a JWT access token belongs to, read from its `jti`; `undefined` where no person granted it. */
export function grantOf(jti: string): string | undefined {
  const dot = jti.indexOf(".");
  return dot < 0 ? undefined : jti.slice(0, dot);
}

function newTokenId(env: Pick<Env, "random">, grant_id: string | undefined): string {
  const unique = base64url(env.random(16));
  return grant_id === undefined ? unique : `${grant_id}.${unique}`;
}

/**
 * The client's choice, else the resource's where all agree, else the server's: RFC 9068 §2.1 has every API know RS256,
 * so one that asks for another algorithm is not lost where a token is for several.
 */
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
