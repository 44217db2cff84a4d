/** Which private key stands in a PEM file (RFC 7468), as a JWK? */

import { createPrivateKey } from "node:crypto";
import { KeyError } from "./error.ts";

const ENCRYPTED = "an encrypted key; decrypt it: openssl pkcs8 -in FILE -out NEW_FILE";

/** Why a block is not the PKCS#8 private key that is needed, by its label; the first that fits is said. */
const REFUSALS: readonly (readonly [label: RegExp, problem: string])[] = [
  [/^ENCRYPTED PRIVATE KEY$/, ENCRYPTED],
  [/^OPENSSH PRIVATE KEY$/, "a key of OpenSSH, where PKCS#8 (BEGIN PRIVATE KEY) is needed"],
  [
    /^.+ PRIVATE KEY$/,
    "not PKCS#8 (BEGIN PRIVATE KEY); convert it: openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW_FILE",
  ],
  [/PUBLIC KEY$/, "a public key, where a private key is needed"],
  [/CERTIFICATE$/, "a certificate, where a private key is needed"],
];

const BEGIN = /-----BEGIN ([A-Z0-9 ]+)-----/g;
const PRIVATE_KEY = /-----BEGIN PRIVATE KEY-----[^-]*-----END PRIVATE KEY-----/;
/** RFC 1421 §4.6.1.1: how OpenSSL's older form says that it is encrypted. */
const OLD_ENCRYPTION = /^Proc-Type:\s*4,\s*ENCRYPTED/m;

/** The private JWK of the only "BEGIN PRIVATE KEY" in a text; certificates beside it are passed over. Throws `KeyError` with one problem. */
export function parsePem(text: string): Record<string, unknown> {
  const labels = [...text.matchAll(BEGIN)].map(([, label = ""]) => label);
  if (!labels.includes("PRIVATE KEY")) {
    if (OLD_ENCRYPTION.test(text)) throw new KeyError(ENCRYPTED);
    const refusal = REFUSALS.find(([pattern]) => labels.some((label) => pattern.test(label)));
    throw new KeyError(refusal?.[1] ?? "not a PEM file (BEGIN PRIVATE KEY)");
  }
  if (labels.filter((label) => label === "PRIVATE KEY").length > 1) {
    throw new KeyError("more than one private key; give each a file");
  }
  const [block] = PRIVATE_KEY.exec(text) ?? [];
  if (block === undefined) throw new KeyError("a truncated key: its end is missing");
  try {
    const key = createPrivateKey(block);
    if (key.asymmetricKeyType === "rsa-pss") {
      throw new KeyError(
        "a key for RSA-PSS alone; make an ordinary RSA key and call it NAME.ps256.pem",
      );
    }
    return { ...key.export({ format: "jwk" }) };
  } catch (error) {
    if (error instanceof KeyError) throw error;
    throw new KeyError("a damaged key, or one of an unsupported type or curve");
  }
}
