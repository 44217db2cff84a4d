/** The form in which a client hears about people at the userinfo endpoint, where it wants a JWT (OpenID Connect Core §5.3.2). */

import type { Config } from "../config/schema.ts";
import type { Keys } from "../keys/keys.ts";
import { signJwt } from "../keys/signer.ts";
import type { Client } from "../oauth/client.ts";
import { encryptFor, type EncryptingServer } from "./encrypt.ts";

/** What answering with a JWT needs. */
export interface UserinfoJwtServer extends EncryptingServer {
  readonly config: Pick<Config, "issuer">;
  readonly keys: Pick<Keys, "signing">;
}

/** The claims as a JWT: signed, encrypted, or both; `undefined` where the client takes plain JSON. Throws as `encryptFor` does. */
export async function userinfoJwt(
  server: UserinfoJwtServer,
  client: Client,
  claims: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const { userinfo_signed_response_alg: signing, userinfo_encrypted_response_alg: alg } = client;
  const enc = client.userinfo_encrypted_response_enc;
  // OpenID Connect Core §5.3.2: iss and aud SHOULD be members; so the one of a client is none for another
  const named = { ...claims, iss: server.config.issuer, aud: client.client_id };
  if (signing === undefined) {
    if (alg === undefined) return undefined;
    return await encryptFor(server, client, { alg, enc }, { claims: named });
  }
  const jwt = await signJwt(server.keys, { alg: signing, typ: "JWT" }, named);
  return alg === undefined ? jwt : await encryptFor(server, client, { alg, enc }, { jwt });
}
