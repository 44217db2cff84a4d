/** Which keys of a client something can be encrypted to (RFC 7518 §4, RFC 8037 §3.2). */

import type { JWK } from "jose";
import type { EncryptionAlgorithm } from "./client.ts";

/** Whether a public key is for encryption, and for this algorithm (RFC 7517 §4.2 to §4.4). */
export function isEncryptionKey(key: JWK, alg: EncryptionAlgorithm): boolean {
  const { kty, crv, use, key_ops } = key;
  if (use !== undefined && use !== "enc") return false;
  if (key.alg !== undefined && key.alg !== alg) return false;
  // WebCrypto gives public keys for key agreement no operation at all: their owner alone derives.
  const named = key_ops !== undefined && key_ops.length > 0;
  if (named && !OPERATIONS[alg].some((one) => key_ops.includes(one))) return false;
  return TYPES[alg].includes(kty === "RSA" ? kty : `${kty} ${crv}`);
}

const TYPES: Readonly<Record<EncryptionAlgorithm, readonly string[]>> = {
  "RSA-OAEP-256": ["RSA"],
  "ECDH-ES": ["EC P-256", "EC P-384", "EC P-521", "OKP X25519"],
};

const OPERATIONS: Readonly<Record<EncryptionAlgorithm, readonly string[]>> = {
  "RSA-OAEP-256": ["encrypt", "wrapKey"],
  "ECDH-ES": ["deriveKey", "deriveBits"],
};
