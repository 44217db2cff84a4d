/** The form in which a client hears about people at the userinfo endpoint, where it wants a JWT (OpenID Connect Core §5.3.2). */

import type { Config } from "../config/schema.ts";
import type { Client } from "../oauth/client.ts";
import { clientJwt, type ClientJwtServer } from "./client_jwt.ts";
import { encryptFor } from "./encrypt.ts";

/** What answering with a JWT needs. */
export interface UserinfoJwtServer extends ClientJwtServer {
  readonly config: Pick<Config, "issuer">;
}

/** The claims as a JWT: signed, encrypted, or both; `undefined` where the client takes plain JSON. Throws as `encryptFor` does. */
export async function userinfoJwt(
  server: UserinfoJwtServer,
  client: Client,
  claims: Readonly<Record<string, unknown>>,
): Promise<string | undefined> {
  const {
    userinfo_signed_response_alg: signing,
    userinfo_encrypted_response_alg: alg,
    userinfo_encrypted_response_enc: enc,
  } = client;
  // OpenID Connect Core §5.3.2: iss and aud SHOULD be members; so the one of a client is none for another
  const named = { ...claims, iss: server.config.issuer, aud: client.client_id };
  if (signing !== undefined) {
    const form = { typ: "JWT", alg: signing, encryption_alg: alg, encryption_enc: enc };
    return await clientJwt(server, client, form, named);
  }
  return alg && await encryptFor(server, client, { alg, enc }, { claims: named });
}
