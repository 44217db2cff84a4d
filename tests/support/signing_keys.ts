/** Private keys for tests; RSA takes a while to make, so that its numbers are made once on a machine. */

import { exportJWK, generateKeyPair, type JWK } from "jose";
import { createPrivateKey } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SigningAlgorithm } from "../../src/oauth/client.ts";

const made = new Map<string, Promise<JWK>>();

/** A private JWK for an algorithm, without `kid`, with `alg`. All RSA algorithms share one pair of numbers, so name them with `kid`. */
export async function privateJwk(alg: SigningAlgorithm): Promise<JWK> {
  const family = /^[RP]S/.test(alg) ? "RS256" : alg;
  let jwk = made.get(family);
  if (jwk === undefined) made.set(family, jwk = make(family));
  return { ...await jwk, alg };
}

/** A private RSA JWK of some bits, without `alg`. */
export async function rsaJwk(modulusLength: number): Promise<JWK> {
  // jose refuses to make weak keys.
  const { privateKey } = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  return await exportJWK(privateKey);
}

/** The public members of a JWK. */
export function publicJwk({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest }: JWK): JWK {
  return rest;
}

/** The PKCS#8 PEM of a private JWK. */
export function pem(jwk: JWK): string {
  const key = createPrivateKey({ key: { ...jwk }, format: "jwk" });
  return String(key.export({ format: "pem", type: "pkcs8" }));
}

async function make(alg: string): Promise<JWK> {
  return alg === "RS256" ? await keptRsaKey() : await newKey(alg);
}

async function newKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return await exportJWK(privateKey);
}

/** Where the numbers are kept: they are good for tests alone, and every file of a run would make its own. */
const KEPT = join(tmpdir(), "latchkey-tests-rsa.jwk");

async function keptRsaKey(): Promise<JWK> {
  try {
    return JSON.parse(await Deno.readTextFile(KEPT));
  } catch {
    const jwk = await newKey("RS256");
    const written = await Deno.makeTempFile({ dir: tmpdir() });
    await Deno.writeTextFile(written, JSON.stringify(jwk), { mode: 0o600 });
    // Whoever reads meanwhile finds all of it or nothing.
    await Deno.rename(written, KEPT);
    return jwk;
  }
}
