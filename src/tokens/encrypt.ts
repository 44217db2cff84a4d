/** How what a client gets is encrypted so that nobody else can read it (RFC 7516, RFC 7519 §5.2). */

import { CompactEncrypt, type CryptoKey, importJWK, type JWK } from "jose";
import { type ClientKeys, type KeyOwner, NoClientKeys } from "../clients/client_keys.ts";
import { utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { ContentEncryption, EncryptionAlgorithm } from "../oauth/client.ts";
import { isEncryptionKey } from "../oauth/encryption.ts";
import { OAuthError } from "../oauth/error.ts";

/** What encrypting needs. */
export interface EncryptingServer {
  readonly env: Pick<Env, "log">;
  readonly clientKeys: ClientKeys;
}

/** How something is to be encrypted: what the client's `…_encrypted_response_alg` and `…_enc` say. */
export interface Encryption {
  readonly alg: EncryptionAlgorithm;
  /** OpenID Connect Registration §2: A128CBC-HS256 where absent. */
  readonly enc: ContentEncryption | undefined;
}

/**
 * A JWE in compact form that only the client can read. `content` is a JWT, which makes it a Nested JWT, or the JSON of
 * claims. Throws `server_error` where the client has no key for it: what was to be a secret is never sent in the clear.
 */
export async function encryptFor(
  server: EncryptingServer,
  client: KeyOwner,
  { alg, enc = "A128CBC-HS256" }: Encryption,
  content: { readonly jwt: string } | { readonly claims: Readonly<Record<string, unknown>> },
): Promise<string> {
  const nested = "jwt" in content;
  try {
    const key = await encryptionKey(server, client, alg);
    const { kid } = key;
    return await new CompactEncrypt(utf8(nested ? content.jwt : JSON.stringify(content.claims)))
      // RFC 7519 §5.2: cty is JWT where a JWT is within
      .setProtectedHeader({ alg, enc, typ: "JWT", ...nested && { cty: "JWT" }, ...kid && { kid } })
      .encrypt(await imported(key, alg));
  } catch (error) {
    // jose and WebCrypto have many errors for a damaged key.
    const reason = error instanceof NoClientKeys ? error.message : "a damaged key";
    server.env.log.error("client.encryption_failed", { client_id: client.client_id, alg, reason });
    throw new OAuthError("server_error", "the client has no key to encrypt to");
  }
}

async function encryptionKey(
  { clientKeys }: Pick<EncryptingServer, "clientKeys">,
  client: KeyOwner,
  alg: EncryptionAlgorithm,
): Promise<JWK> {
  const fits = (key: JWK) => isEncryptionKey(key, alg);
  const key = (await clientKeys.of(client, fits)).keys.find(fits);
  if (key === undefined) throw new NoClientKeys("no key fits");
  return key;
}

/** Keys are imported once, not for each token. */
const importedKeys = new WeakMap<JWK, Promise<CryptoKey>>();

function imported(key: JWK, alg: EncryptionAlgorithm): Promise<CryptoKey> {
  const known = importedKeys.get(key);
  if (known !== undefined) return known;
  // The members of its type alone: WebCrypto takes exception to the operations that others name.
  const { kty, crv, x, y, n, e } = key;
  const members = kty === "RSA" ? { kty, n, e } : { kty, crv, x, ...y !== undefined && { y } };
  const made = importJWK(members as JWK, alg) as Promise<CryptoKey>;
  importedKeys.set(key, made);
  return made;
}
