/** How a JWT is made that its client alone may read where it wants that: signed, then encrypted (OpenID Connect Core §16.14). */

import type { Keys } from "../keys/keys.ts";
import { signJwt } from "../keys/signer.ts";
import type {
  Client,
  ContentEncryption,
  EncryptionAlgorithm,
  SigningAlgorithm,
} from "../oauth/client.ts";
import { encryptFor, type EncryptingServer } from "./encrypt.ts";

/** What making one needs. */
export interface ClientJwtServer extends EncryptingServer {
  readonly keys: Pick<Keys, "signing" | "refresh">;
}

/** What is done to the claims. */
export interface JwtForm {
  readonly typ: string;
  readonly alg: SigningAlgorithm;
  /** `undefined`: it is signed alone. */
  readonly encryption_alg: EncryptionAlgorithm | undefined;
  /** `undefined`: A128CBC-HS256. */
  readonly encryption_enc: ContentEncryption | undefined;
}

/** The form of a client's ID tokens, for a JWT of this `typ`. */
export function idTokenForm(client: Client, typ: string): JwtForm {
  return {
    typ,
    alg: client.id_token_signed_response_alg,
    encryption_alg: client.id_token_encrypted_response_alg,
    encryption_enc: client.id_token_encrypted_response_enc,
  };
}

/** The claims as a JWT of that form. Throws as `encryptFor` does. */
export async function clientJwt(
  server: ClientJwtServer,
  client: Client,
  { typ, alg, encryption_alg, encryption_enc: enc }: JwtForm,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const jwt = await signJwt(server.keys, { alg, typ }, claims);
  return encryption_alg === undefined
    ? jwt
    : await encryptFor(server, client, { alg: encryption_alg, enc }, { jwt });
}
