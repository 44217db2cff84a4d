/** Whether an access token is one of ours and still alive. */

import type { Config } from "../config/schema.ts";
import type { Keys } from "../keys/keys.ts";
import { verifyJwt } from "../keys/signer.ts";
import type { Env } from "../lib/env.ts";
import type { Collections } from "../store/collection.ts";
import { familyOf } from "./issue.ts";

/** A living access token. */
export interface InspectedToken {
  readonly client_id: string;
  readonly sub: string;
  readonly scope: readonly string[];
  readonly jti: string;
  readonly exp: number;
  /** Whether a person granted it, rather than a client to itself. */
  readonly granted: boolean;
}

/** The token if its signature, type, issuer and times are right and neither it nor its family was revoked. */
export async function inspectAccessToken(
  server: {
    readonly env: Pick<Env, "now">;
    readonly config: Pick<Config, "issuer">;
    readonly keys: Pick<Keys, "find">;
    readonly records: Pick<Collections, "authorization" | "revoked_token">;
  },
  token: string,
): Promise<InspectedToken | undefined> {
  const claims = await verifyJwt(server.keys, token, "at+jwt");
  if (claims === undefined || claims.iss !== server.config.issuer) return undefined;
  const { client_id, sub, scope, jti, exp } = claims;
  if (typeof exp !== "number" || exp <= server.env.now()) return undefined;
  if (typeof jti !== "string" || typeof client_id !== "string" || typeof sub !== "string") {
    return undefined;
  }
  const handle = familyOf(jti);
  const [revoked, authorization] = await Promise.all([
    server.records.revoked_token.get(jti),
    handle === undefined ? undefined : server.records.authorization.get(handle),
  ]);
  if (revoked !== undefined) return undefined;
  if (handle !== undefined && authorization === undefined) return undefined;
  return {
    client_id,
    sub,
    scope: typeof scope === "string" ? scope.split(" ") : [],
    jti,
    exp,
    granted: handle !== undefined,
  };
}
