/** How is a private key made, and how is it written into a file? */

import { createPrivateKey } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { importKey } from "./key.ts";

/** How many bits an RSA key may be made with, the default first. */
export const RSA_BITS = [2048, 3072, 4096] as const;
type RsaBits = typeof RSA_BITS[number];

/** A private key that is nowhere yet. */
export interface NewPrivateKey {
  /** RFC 7638: the thumbprint of its public members. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** Its numbers, private ones too, and `alg`. */
  readonly jwk: JWK;
}

/** Makes a key. `bits` counts for RSA alone. */
export async function newPrivateKey(
  alg: SigningAlgorithm,
  bits: RsaBits = RSA_BITS[0],
): Promise<NewPrivateKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: bits });
  const jwk = { ...await exportJWK(privateKey), alg };
  const { kid } = await importKey(jwk);
  return { kid, alg, jwk };
}

/** PKCS#8 in PEM. That the key signs with another algorithm than the first of its type is not in there. */
export function pemText({ jwk }: NewPrivateKey): string {
  const key = createPrivateKey({ key: { ...jwk }, format: "jwk" });
  return String(key.export({ format: "pem", type: "pkcs8" }));
}

/** A JWK with its name and use, and with more members of its own. */
export function jwkText(
  { jwk, kid }: NewPrivateKey,
  members: Readonly<Record<string, string>>,
): string {
  return `${JSON.stringify({ ...jwk, kid, use: "sig", ...members }, undefined, 2)}\n`;
}
