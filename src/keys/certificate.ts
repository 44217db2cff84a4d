/** Which certificates say whose a signing key is (RFC 7517 §4.7, §4.9), and whether they are that key's. */

import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { base64url, type Bytes, fromUtf8, sha256 } from "../lib/bytes.ts";
import { KeyError } from "./error.ts";
import type { SigningKey } from "./key.ts";

/** Certificates, the key's own first; each other one certifies the one before it. */
export type Chain = readonly X509Certificate[];

/** When certificates are good, NumericDates. */
export interface Validity {
  readonly not_before: number;
  readonly not_after: number;
}

const MOST_CERTIFICATES = 10;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*(?:-----END CERTIFICATE-----)?/g;

/** The certificates of a file: those of a PEM, or the only one of a DER. Throws `KeyError` with one problem, where there are none too. */
export function parseChain(bytes: Bytes): Chain {
  if (bytes[0] === 0x30) return [certificateOf(bytes, 1)];
  let text = "";
  try {
    text = fromUtf8(bytes);
  } catch { /* It holds none. */ }
  const chain = parsePemChain(text);
  if (chain.length === 0) throw new KeyError("no certificate (BEGIN CERTIFICATE) is in it");
  return chain;
}

/** The certificates in a PEM text; none where there are none. Throws `KeyError` with one problem. */
export function parsePemChain(text: string): Chain {
  return [...text.matchAll(BLOCK)].map(([block], index) => certificateOf(block, index + 1));
}

/** The certificates of a JWK's `x5c`. Throws `KeyError` with one problem. */
export function parseX5c(x5c: unknown): Chain {
  if (!Array.isArray(x5c) || x5c.length === 0) throw new KeyError("its x5c is not a list of texts");
  return x5c.map((text, index) => {
    // RFC 7517 §4.7: each is base64-encoded (not base64url-encoded) DER.
    if (
      typeof text !== "string" ||
      !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ) {
      throw new KeyError(`its x5c[${index}] is not base64 of a certificate`);
    }
    return certificateOf(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), index + 1);
  });
}

/** The key with `x5c` and `x5t#S256` in its published JWK. Throws `KeyError` where the certificates aren't its own. */
export function certify(key: SigningKey, chain: Chain): SigningKey {
  const [own] = chain;
  if (own === undefined) return key;
  if (chain.length > MOST_CERTIFICATES) {
    throw new KeyError(`more than ${MOST_CERTIFICATES} certificates`);
  }
  // RFC 7517 §4.7: the key in the first certificate MUST match the public key represented by other members of the JWK.
  if (!isOf(own, key)) {
    const later = chain.findIndex((certificate) => isOf(certificate, key));
    throw new KeyError(
      later === -1
        ? "its certificate is that of another key"
        : `its own certificate is the ${ordinal(later + 1)}, and has to be the first`,
    );
  }
  if (!isForSignatures(own)) throw new KeyError("its certificate is not for signatures (keyUsage)");
  chain.slice(1).forEach((issuer, index) => {
    if (!certifies(issuer, chain[index])) {
      const [which, before] = [ordinal(index + 2), ordinal(index + 1)];
      throw new KeyError(`its ${which} certificate does not certify the ${before}`);
    }
  });
  const last = chain.at(-1) ?? own;
  if (last.checkIssued(last) && !certifies(last, last)) {
    throw new KeyError(`its ${ordinal(chain.length)} certificate is damaged`);
  }
  return {
    ...key,
    // OpenID Connect Discovery §3: beside x5c the bare values of the key MUST still be present.
    publicJwk: {
      ...key.publicJwk,
      x5c: chain.map(({ raw }) => raw.toString("base64")),
      "x5t#S256": base64url(sha256(own.raw)),
    },
  };
}

/** Throws a `KeyError` where a thumbprint in a JWK (RFC 7517 §4.8, §4.9) is that of another certificate. */
export function checkThumbprints(jwk: Readonly<Record<string, unknown>>, [own]: Chain): void {
  if (own === undefined) return;
  const thumbprints = {
    x5t: base64url(createHash("sha1").update(own.raw).digest()),
    "x5t#S256": base64url(sha256(own.raw)),
  };
  for (const [name, thumbprint] of Object.entries(thumbprints)) {
    if (jwk[name] !== undefined && jwk[name] !== thumbprint) {
      throw new KeyError(`its ${name} is not that of its certificate`);
    }
  }
}

/** When all of some certificates are good; `undefined` where there are none. */
export function validityOf(chain: Chain): Validity | undefined {
  if (chain.length === 0) return undefined;
  const seconds = (date: string) => Math.floor(Date.parse(date) / 1000);
  return {
    not_before: Math.max(...chain.map(({ validFrom }) => seconds(validFrom))),
    not_after: Math.min(...chain.map(({ validTo }) => seconds(validTo))),
  };
}

/** Whether two chains are the same. */
export function isSameChain(left: Chain, right: Chain): boolean {
  return left.length === right.length &&
    left.every(({ raw }, index) => right[index]?.raw.equals(raw));
}

function certificateOf(content: string | Bytes, number: number): X509Certificate {
  try {
    const certificate = new X509Certificate(content);
    if (lengthOf(certificate.raw) === certificate.raw.length) return certificate;
  } catch { /* What the parser says quotes the content. */ }
  throw new KeyError(`its ${ordinal(number)} certificate is damaged`);
}

/** ITU-T X.690 §8.1.3: how long a DER value says that it is; what stands behind it would be published too. */
function lengthOf(der: Uint8Array): number {
  const first = der[1] ?? 0;
  if (first < 0x80) return 2 + first;
  const bytes = der.subarray(2, 2 + first - 0x80);
  return 2 + bytes.length + bytes.reduce((length, byte) => length * 256 + byte, 0);
}

function isOf(certificate: X509Certificate, { publicJwk }: SigningKey): boolean {
  try {
    const { kty, crv, x, y, n, e } = publicJwk;
    const key = createPublicKey({
      key: JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })),
      format: "jwk",
    });
    return key.equals(certificate.publicKey);
  } catch {
    // A certificate of a key that can't sign here.
    return false;
  }
}

/** RFC 7517 §4.7: what else is published, `use`, MUST be consistent with the certificate: with its keyUsage (RFC 5280 §4.2.1.3), where it has one. */
function isForSignatures({ keyUsage }: X509Certificate): boolean {
  // Deno gives the names of RFC 5280; what other runtimes give here are the OIDs of the extended usages.
  const usages = (keyUsage ?? []).filter((usage) => !/^\d/.test(usage));
  return usages.length === 0 || usages.some((usage) => SIGNATURES.includes(usage));
}

/** How the usages of a key that signs more than certificates are called. */
const SIGNATURES: readonly string[] = ["DigitalSignature", "NonRepudiation"];

function certifies(issuer: X509Certificate, subject: X509Certificate | undefined): boolean {
  if (subject === undefined || !subject.checkIssued(issuer)) return false;
  try {
    return subject.verify(issuer.publicKey);
  } catch {
    // Deno verifies no signature of a P-521 key here; the names fit.
    return true;
  }
}

function ordinal(number: number): string {
  return ["first", "second", "third"][number - 1] ?? `${number}th`;
}
