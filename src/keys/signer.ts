/** How claims become a signed JWT, and whether a JWT was signed by us. */

import { CompactSign, compactVerify, decodeProtectedHeader } from "jose";
import { base64url, fromBase64url, fromUtf8, utf8 } from "../lib/bytes.ts";
import { isMapping } from "../lib/mapping.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { SigningKey } from "./key.ts";
import type { Keys } from "./keys.ts";

/**
 * A JWT (RFC 7519 §3) of these claims, signed by our key for `alg`, whose `kid` stands in the header. Throws where we
 * have none, `StoreError` where the store had to be asked which it is by now and is away.
 */
export async function signJwt(
  keys: Pick<Keys, "signing" | "refresh">,
  { alg, typ }: { readonly alg: SigningAlgorithm; readonly typ: string },
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const key = keys.signing(alg) ?? await refreshed(keys, alg);
  if (key === undefined) throw new Error(`no key signs with ${alg}`);
  // OpenID Connect Core §10.1: where several keys are published, a kid MUST be in the header.
  return await new CompactSign(utf8(JSON.stringify(claims)))
    .setProtectedHeader({ alg, typ, kid: key.kid })
    .sign(key.privateKey);
}

/**
 * The claims of a JWT with this `typ` that one of our keys signed; `undefined` for everything else.
 * A `kid` that is not known here is asked for in the store: another instance may have made the key a moment ago.
 * Nothing is said about the claims: whether the token has expired, and whom it is for, is the caller's to judge.
 * Throws `StoreError` where the store had to be asked and is away, `KeyError` where the key can't be opened here.
 */
export async function verifyJwt(
  keys: Pick<Keys, "find" | "learn">,
  token: string,
  typ: string,
): Promise<Record<string, unknown> | undefined> {
  const kid = kidOf(token, typ);
  if (kid === undefined) return undefined;
  const key = keys.find(kid) ?? await keys.learn(kid);
  if (key === undefined) return undefined;
  try {
    // RFC 8725 §3.1: the key says which algorithm is right, never the token.
    const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.alg] });
    const claims: unknown = JSON.parse(fromUtf8(payload));
    return isMapping(claims) ? claims : undefined;
  } catch {
    // Not signed by the key.
    return undefined;
  }
}

/** A process that has slept for days finds out what signs by now as soon as it is asked for a signature. */
async function refreshed(
  keys: Pick<Keys, "signing" | "refresh">,
  alg: SigningAlgorithm,
): Promise<SigningKey | undefined> {
  await keys.refresh();
  return keys.signing(alg);
}

/** By which key a JWT of this `typ` says that it is signed; `undefined` where it is no such JWT. */
function kidOf(token: string, typ: string): string | undefined {
  try {
    const header = decodeProtectedHeader(token);
    // RFC 8725 §3.11: explicit typing keeps one kind of token from passing for another.
    if (mediaType(header.typ) !== mediaType(typ)) return undefined;
    // RFC 7515 §4.1.11: extensions that are not understood make the token invalid; we understand none.
    if (header.crit !== undefined) return undefined;
    // Nobody has looked at it yet: whoever writes a token writes what they like.
    const kid: unknown = header.kid;
    if (typeof kid !== "string") return undefined;
    return isCanonical(token.slice(token.lastIndexOf(".") + 1)) ? kid : undefined;
  } catch {
    // Not a JWS.
    return undefined;
  }
}

/** RFC 7515 §2: no padding, no white space. Header and payload are signed as text, but a lenient reading of the signature would give one token many spellings. */
function isCanonical(signature: string): boolean {
  const bytes = fromBase64url(signature);
  return bytes !== undefined && base64url(bytes) === signature;
}

/** RFC 7515 §4.1.9: `typ` is a media type in any case, whose "application/" may be left out. */
function mediaType(typ: string | undefined): string | undefined {
  return typ?.toLowerCase().replace(/^application\//, "");
}
