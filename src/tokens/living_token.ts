/** Whether an access token is one of ours and has neither ended nor been revoked. */

import type { Config } from "../config/schema.ts";
import type { Keys } from "../keys/keys.ts";
import { verifyJwt } from "../keys/signer.ts";
import type { Env } from "../lib/env.ts";
import type { Collections } from "../store/collection.ts";
import type { AccessToken, Authorization } from "../store/records.ts";
import { clientKey, type Owner, readReference, referenceId } from "./handle.ts";
import { grantOf } from "./issue.ts";

/** What reading a token needs. */
export interface ReadingServer {
  readonly env: Pick<Env, "now">;
  readonly config: Pick<Config, "issuer">;
  readonly keys: Pick<Keys, "find" | "learn">;
  readonly records: Pick<
    Collections,
    "access_token" | "authorization" | "revoked_token" | "revoked_client"
  >;
}

/** A living access token: what stands in the JWT, or in the record of a reference. */
export interface LivingToken {
  readonly client_id: string;
  readonly jti: string;
  readonly exp: number;
  /** What a person granted; `undefined` where a client got it for itself. */
  readonly authorization: Authorization | undefined;
  readonly content:
    | { readonly jwt: Readonly<Record<string, unknown>> }
    | { readonly reference: AccessToken };
}

/** The token, if it lives. Says nothing of its client and person, who may have been disabled meanwhile. */
export async function readAccessToken(
  server: ReadingServer,
  token: string,
): Promise<LivingToken | undefined> {
  const owner = readReference(token);
  return owner === undefined
    ? await readJwt(server, token)
    : await resolveReference(server, token, owner);
}

async function readJwt(server: ReadingServer, token: string): Promise<LivingToken | undefined> {
  const jwt = await verifyJwt(server.keys, token, "at+jwt");
  if (jwt === undefined || jwt["iss"] !== server.config.issuer) return undefined;
  const { client_id, iat, exp, jti } = jwt;
  if (typeof iat !== "number" || typeof exp !== "number" || exp <= server.env.now()) {
    return undefined;
  }
  if (typeof jti !== "string" || typeof client_id !== "string") return undefined;
  const grant_id = grantOf(jti);
  const owner = grant_id === undefined ? { client_key: clientKey(client_id) } : { grant_id };
  const [revoked, basis] = await Promise.all([
    server.records.revoked_token.get(jti),
    basisOf(server, owner),
  ]);
  if (revoked !== undefined || basis === undefined || iat <= basis.revoked_at) return undefined;
  return { client_id, jti, exp, authorization: basis.authorization, content: { jwt } };
}

async function resolveReference(
  server: ReadingServer,
  token: string,
  owner: Owner,
): Promise<LivingToken | undefined> {
  const [reference, basis] = await Promise.all([
    server.records.access_token.get(token),
    basisOf(server, owner),
  ]);
  if (reference === undefined || basis === undefined) return undefined;
  const { client_id, iat, expires_at: exp } = reference;
  if (iat <= basis.revoked_at) return undefined;
  const jti = referenceId(token, owner);
  return { client_id, jti, exp, authorization: basis.authorization, content: { reference } };
}

/** What a token stands on. */
interface Basis {
  readonly authorization: Authorization | undefined;
  /** Tokens of up to this second are dead. */
  readonly revoked_at: number;
}

/** The grant; or for a client's own tokens, that there is none. `undefined`: the grant is gone. */
async function basisOf({ records }: ReadingServer, owner: Owner): Promise<Basis | undefined> {
  if ("grant_id" in owner) {
    const authorization = await records.authorization.get(owner.grant_id);
    return authorization && { authorization, revoked_at: -Infinity };
  }
  const revoked = await records.revoked_client.get(owner.client_key);
  return { authorization: undefined, revoked_at: revoked?.revoked_at ?? -Infinity };
}
