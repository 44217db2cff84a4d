/** Which keys can sign, with which algorithm, and what of them is published. */

import {
  calculateJwkThumbprint,
  CompactSign,
  compactVerify,
  exportJWK,
  importJWK,
  type JWK,
} from "jose";
import { fromBase64url } from "../lib/bytes.ts";
import { isMapping } from "../lib/mapping.ts";
import { algorithmNamed, SIGNING_ALGORITHMS, type SigningAlgorithm } from "../oauth/client.ts";
import { KeyError } from "./error.ts";

/** A private key that signs with one algorithm. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** It can't be exported. */
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** Its entry in the JWK set: the public members of its type, `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
}

/** RFC 7518 §6, RFC 8037 §2: the numbers of each `kty`. */
const MEMBERS = {
  RSA: { public: ["n", "e"], private: ["d", "p", "q", "dp", "dq", "qi"] },
  EC: { public: ["x", "y"], private: ["d"] },
  OKP: { public: ["x"], private: ["d"] },
} as const;

/** What a key of each type (and curve) can sign with, the default first. */
const ALGORITHMS: ReadonlyMap<string, readonly SigningAlgorithm[]> = new Map([
  ["RSA", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
  ["EC P-256", ["ES256"]],
  ["EC P-384", ["ES384"]],
  ["EC P-521", ["ES512"]],
  ["OKP Ed25519", ["EdDSA"]],
]);

// RFC 7518 §3.3, §3.5: a key of size 2048 bits or larger MUST be used with RSA.
const LEAST_RSA_BITS = 2048;

/** RFC 7638 §3: a SHA-256 in BASE64URL, which is what a key is called that says nothing else; one in 64 begins with a dash. */
export const THUMBPRINT = /^[\w-]{43}$/;

/** The signing key in a private JWK. `kid` is the RFC 7638 thumbprint where the JWK has none. Throws `KeyError` with one problem. */
export async function importKey(jwk: unknown): Promise<SigningKey> {
  if (!isMapping(jwk)) throw refused("not a JWK");
  const { kty } = jwk;
  if (kty === "oct") throw refused("a symmetric key, where a private key is needed");
  if (kty !== "RSA" && kty !== "EC" && kty !== "OKP") {
    throw refused("an unsupported key type; RSA, EC and OKP are supported");
  }
  const alg = algorithmOf(jwk, kty);
  checkUse(jwk);
  // RFC 7518 §6.3.2.7: whoever supports two primes alone MUST NOT use a key of more.
  if (kty === "RSA" && jwk["oth"] !== undefined) {
    throw refused("an RSA key of more than two primes");
  }
  const members = MEMBERS[kty];
  if (members.private.every((name) => jwk[name] === undefined)) {
    throw refused("a public key, where a private key is needed");
  }
  const type = kty === "RSA" ? { kty } : { kty, crv: String(jwk["crv"]) };
  const given = { ...type, ...pick(jwk, members.public) };
  const pair = await importPair({ ...given, ...pick(jwk, members.private) }, given, alg);
  // RFC 7518 §2, §6.2.1.2, §6.3.1.1: a number has one spelling, and a key one thumbprint, also where a file has zeros before it.
  const spelt = { ...await exportJWK(pair.publicKey) };
  const publicMembers: JWK = { ...type, ...pick(spelt, members.public) };
  const { kid = await calculateJwkThumbprint(publicMembers) } = jwk;
  if (typeof kid !== "string" || kid === "") throw refused("its kid is not a text");
  return { kid, alg, ...pair, publicJwk: { ...publicMembers, kid, alg, use: "sig" } };
}

/** What a private key consists of, in a JWK that can be imported: its type, its curve and its numbers. */
export function numbersOf(jwk: unknown): Record<string, unknown> {
  const names = Object.values(MEMBERS).flatMap((
    members,
  ) => [...members.public, ...members.private]);
  const all: readonly string[] = ["kty", "crv", ...names];
  const members = Object.entries(isMapping(jwk) ? jwk : {});
  return Object.fromEntries(members.filter(([name]) => all.includes(name)));
}

function algorithmOf(jwk: Record<string, unknown>, kty: keyof typeof MEMBERS): SigningAlgorithm {
  const able = ALGORITHMS.get(kty === "RSA" ? kty : `${kty} ${String(jwk["crv"])}`);
  if (able?.[0] === undefined) {
    throw refused("an unsupported curve; P-256, P-384, P-521 and Ed25519 are supported");
  }
  if (jwk["alg"] === undefined) return able[0];
  const alg = algorithmNamed(jwk["alg"]);
  if (alg === undefined) {
    throw refused(`its alg is not one of ${SIGNING_ALGORITHMS.join(", ")}`);
  }
  if (!able.includes(alg)) {
    throw refused(`its alg ${alg} does not fit the key, which can sign with ${able.join(", ")}`);
  }
  return alg;
}

function checkUse({ use, key_ops }: Record<string, unknown>): void {
  if (use !== undefined && use !== "sig") throw refused("its use is not sig");
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes("sign"))) {
    throw refused("its key_ops do not include sign");
  }
}

function pick(jwk: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = jwk[name];
    if (typeof value !== "string" || value === "" || fromBase64url(value) === undefined) {
      throw refused(`its member ${name} is missing or damaged`);
    }
    picked[name] = value;
  }
  return picked;
}

async function importPair(privateJwk: JWK, publicJwk: JWK, alg: SigningAlgorithm) {
  const [privateKey, publicKey] = await Promise.all([
    importJWK(privateJwk, alg, { extractable: false }),
    importJWK(publicJwk, alg),
  ]).catch(() => {
    throw refused("a damaged key");
  });
  if (!(privateKey instanceof CryptoKey) || !(publicKey instanceof CryptoKey)) {
    throw refused("a damaged key");
  }
  const { modulusLength } = publicKey.algorithm as Partial<RsaKeyAlgorithm>;
  if (modulusLength !== undefined && modulusLength < LEAST_RSA_BITS) {
    throw refused(`an RSA key of ${modulusLength} bits; at least ${LEAST_RSA_BITS} are needed`);
  }
  // A private and a public half of different keys can be imported: only a signature shows that they are one.
  try {
    const signed = await new CompactSign(new Uint8Array()).setProtectedHeader({ alg }).sign(
      privateKey,
    );
    await compactVerify(signed, publicKey);
  } catch {
    throw refused("its private and public members do not belong together");
  }
  return { privateKey, publicKey };
}

function refused(problem: string): KeyError {
  return new KeyError(problem);
}
