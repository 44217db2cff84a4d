/** How what a client gets is encrypted so that nobody else can read it (RFC 7516, RFC 7519 §5.2). */

import { CompactEncrypt, type CryptoKey, importJWK, type JWK } from "jose";
import { type ClientKeys, type KeyOwner, NoClientKeys } from "../clients/client_keys.ts";
import { utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { ContentEncryption, EncryptionAlgorithm } from "../oauth/client.ts";
import { isEncryptionKey } from "../oauth/encryption.ts";
import { OAuthError } from "../oauth/error.ts";

/** OpenID Connect Registration §2: the content encryption where the client names none. */
const DEFAULT_ENC: ContentEncryption = "A128CBC-HS256";

/** What encrypting needs. */
export interface EncryptingServer {
  readonly env: Pick<Env, "log">;
  readonly clientKeys: ClientKeys;
}

/** How something is to be encrypted: what the client's `…_encrypted_response_alg` and `…_enc` say. */
export interface Encryption {
  readonly alg: EncryptionAlgorithm;
  /** `undefined`: A128CBC-HS256. */
  readonly enc: ContentEncryption | undefined;
}

/**
 * A JWE in compact form that only the client can read. `content` is a JWT, which makes it a Nested JWT, or the JSON of
 * claims. Throws `server_error` where the client has no key for it: what was to be a secret is never sent in the clear.
 */
export async function encryptFor(
  server: EncryptingServer,
  client: KeyOwner,
  { alg, enc = DEFAULT_ENC }: Encryption,
  content: { readonly jwt: string } | { readonly claims: Readonly<Record<string, unknown>> },
): Promise<string> {
  const { kid, publicKey } = await encryptionKey(server, client, alg);
  const nested = "jwt" in content;
  return await new CompactEncrypt(utf8(nested ? content.jwt : JSON.stringify(content.claims)))
    // RFC 7519 §5.2: cty is JWT where a JWT is within
    .setProtectedHeader({ alg, enc, typ: "JWT", ...nested && { cty: "JWT" }, ...kid && { kid } })
    .encrypt(publicKey);
}

/** The first key of the client that fits an algorithm and can be used. Throws `server_error` where there is none. */
export async function encryptionKey(
  server: EncryptingServer,
  client: KeyOwner,
  alg: EncryptionAlgorithm,
): Promise<{ readonly kid: string | undefined; readonly publicKey: CryptoKey }> {
  const fits = (key: JWK) => isEncryptionKey(key, alg);
  try {
    const key = (await server.clientKeys.of(client, fits)).keys.find(fits);
    if (key === undefined) throw new NoClientKeys("no key fits");
    return { kid: key.kid, publicKey: await imported(key, alg) };
  } catch (error) {
    // jose and WebCrypto have many errors for a damaged key.
    const reason = error instanceof NoClientKeys ? error.message : "a damaged key";
    server.env.log.error("client.encryption_failed", { client_id: client.client_id, alg, reason });
    throw new OAuthError("server_error", "the client has no key to encrypt to");
  }
}

/** Keys are imported and tried once, not for each token. */
const importedKeys = new WeakMap<JWK, Promise<CryptoKey>>();

function imported(key: JWK, alg: EncryptionAlgorithm): Promise<CryptoKey> {
  const known = importedKeys.get(key);
  if (known !== undefined) return known;
  const made = importAndTry(key, alg);
  importedKeys.set(key, made);
  return made;
}

async function importAndTry(
  { kty, crv, x, y, n, e }: JWK,
  alg: EncryptionAlgorithm,
): Promise<CryptoKey> {
  // The members of its type alone: WebCrypto takes exception to the operations that others name.
  const members = kty === "RSA" ? { kty, n, e } : { kty, crv, x, ...y !== undefined && { y } };
  const publicKey = await importJWK(members as JWK, alg) as CryptoKey;
  // A point that is not on its curve is noticed only here.
  const header = { alg, enc: DEFAULT_ENC };
  await new CompactEncrypt(new Uint8Array()).setProtectedHeader(header).encrypt(publicKey);
  return publicKey;
}
