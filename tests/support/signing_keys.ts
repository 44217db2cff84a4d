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

/** Lets whoever asks WebCrypto for a new RSA key of these lengths have the kept one, which is quick to make. */
export async function keptRsaKeys(...lengths: readonly number[]): Promise<Disposable> {
  const { subtle } = crypto;
  const generate = subtle.generateKey;
  const jwks = new Map<number, JWK>();
  for (const length of lengths) jwks.set(length, await keptRsaKey(length));
  const kept = async (
    algorithm: RsaHashedKeyGenParams,
    extractable: boolean,
    usages: KeyUsage[],
  ) => {
    const jwk = jwks.get(algorithm.modulusLength);
    if (jwk === undefined) return await generate.call(subtle, algorithm, extractable, usages);
    const { key_ops: _, alg: _alg, ...own } = jwk;
    const privateKey = await subtle.importKey("jwk", own, algorithm, extractable, ["sign"]);
    const publicKey = await subtle.importKey("jwk", publicJwk(own), algorithm, true, ["verify"]);
    return { privateKey, publicKey };
  };
  Object.assign(subtle, { generateKey: kept });
  return { [Symbol.dispose]: () => void Object.assign(subtle, { generateKey: generate }) };
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
const kept = (bits: number) =>
  join(tmpdir(), `latchkey-tests-rsa${bits === 2048 ? "" : `-${bits}`}.jwk`);

async function keptRsaKey(modulusLength: number = 2048): Promise<JWK> {
  try {
    return JSON.parse(await Deno.readTextFile(kept(modulusLength)));
  } catch {
    const jwk = await rsaJwk(modulusLength);
    const written = await Deno.makeTempFile({ dir: tmpdir() });
    await Deno.writeTextFile(written, JSON.stringify(jwk), { mode: 0o600 });
    // Whoever reads meanwhile finds all of it or nothing.
    await Deno.rename(written, kept(modulusLength));
    return jwk;
  }
}
