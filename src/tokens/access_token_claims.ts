/** What an access token says, whether it is a JWT or a reference (RFC 9068 §2.2). */

import type { Config } from "../config/schema.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { userClaims } from "../oauth/claims.ts";
import type { Client } from "../oauth/client.ts";
import { accessTokenClaims } from "../oauth/token.ts";
import type { Granted } from "./granted.ts";
import { subjectFor } from "./subject.ts";

/** What the claims are made of besides the token's own facts. */
export interface ClaimsServer {
  readonly config: Pick<Config, "issuer" | "tokens">;
  readonly scopes: Pick<ScopeCatalog, "apiClaims">;
}

/** What one access token is. Times are NumericDates. */
export interface AccessTokenFacts {
  readonly client: Client;
  /** Absent where a client got it for itself. */
  readonly granted?: Granted | undefined;
  readonly scope: readonly string[];
  readonly aud: readonly string[];
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

/** The claims of an access token. */
export function claimsOf(
  server: ClaimsServer,
  { client, granted, scope, aud, jti, iat, exp }: AccessTokenFacts,
): Record<string, unknown> {
  return accessTokenClaims({
    issuer: server.config.issuer,
    client_id: client.client_id,
    // RFC 9068 §2.2: without a person the client is the subject
    sub: granted === undefined ? client.client_id : subjectFor(server, client, granted.user.sub),
    now: iat,
    lifetime: exp - iat,
    aud,
    scope,
    jti,
    login: granted?.authorization,
    extra: {
      ...prefixed(client),
      ...granted === undefined ? {} : userClaims(server.scopes.apiClaims, scope, granted.user),
    },
  });
}

function prefixed(client: Client): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(client.claims).map(([name, value]) => [client.claims_prefix + name, value]),
  );
}
