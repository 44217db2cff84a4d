/** Whether a JWT was signed by one of a client's keys (RFC 7515 §5.2). */

import {
  compactVerify,
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
} from "jose";
import { fromUtf8 } from "../lib/bytes.ts";
import { isMapping } from "../lib/mapping.ts";
import { ALGORITHM_NAMES, algorithmNamed, type SigningAlgorithm } from "../oauth/client.ts";
import { type ClientKeys, type ClientKeySet, type KeyOwner, NoClientKeys } from "./client_keys.ts";

/** A JWT is not one that a client signed. `message` says why, and holds nothing of the JWT. */
export class SignatureRefused extends Error {
  override readonly name = "SignatureRefused";
}

/** What stands in a JWT whose signature is good. */
export interface SignedByClient {
  readonly typ: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * What stands in a JWT that one of the client's keys signed, with `only` that algorithm or any that we know. Nothing is
 * said about the claims. Throws `SignatureRefused`.
 */
export async function verifyClientJwt(
  server: { readonly clientKeys: ClientKeys },
  client: KeyOwner,
  jwt: string,
  only: SigningAlgorithm | undefined,
): Promise<SignedByClient> {
  const algorithms = ALGORITHM_NAMES.filter((name) =>
    only === undefined || algorithmNamed(name) === only
  );
  try {
    const { kid, typ, crit } = decodeProtectedHeader(jwt);
    // RFC 7515 §4.1.11: extensions that are not understood make the JWT invalid; we understand none.
    if (crit !== undefined) throw new SignatureRefused("it has critical extensions");
    // RFC 7515 §4.1.4, §4.1.9: both are texts, whatever jose's types say of what has only been decoded.
    for (const text of [kid, typ] as readonly unknown[]) {
      if (text !== undefined && typeof text !== "string") {
        throw new SignatureRefused("its kid or typ is no text");
      }
    }
    const payload = await verify(server, client, jwt, algorithms, kid);
    const claims: unknown = JSON.parse(fromUtf8(payload));
    if (isMapping(claims)) return { typ, claims };
  } catch (error) {
    if (error instanceof NoClientKeys) throw new SignatureRefused(error.message);
    // A DOMException: WebCrypto can't import the key that was registered.
    const refusals = [errors.JOSEError, SyntaxError, TypeError, DOMException];
    if (!refusals.some((refusal) => error instanceof refusal)) throw error;
    throw new SignatureRefused("its signature or form is wrong");
  }
  throw new SignatureRefused("its claims are no object");
}

async function verify(
  { clientKeys }: { readonly clientKeys: ClientKeys },
  client: KeyOwner,
  jwt: string,
  algorithms: readonly string[],
  kid: string | undefined,
): Promise<Uint8Array> {
  const set = await clientKeys.of(client, (key) => kid === undefined || key.kid === kid);
  try {
    return await verifyWithAnyKey(verifierOf(set), jwt, algorithms);
  } catch (error) {
    // Without a kid it is the signature that tells that keys have changed.
    if (!(error instanceof errors.JOSEError) || kid !== undefined) throw error;
    const newer = await clientKeys.of(client, () => false);
    if (newer === set) throw error;
    return await verifyWithAnyKey(verifierOf(newer), jwt, algorithms);
  }
}

type Verifier = ReturnType<typeof createLocalJWKSet>;

/** Keys are imported once for each set, not for each signature. */
const verifiers = new WeakMap<ClientKeySet, Verifier>();

function verifierOf(set: ClientKeySet): Verifier {
  const known = verifiers.get(set);
  if (known !== undefined) return known;
  // Under either name of its algorithm an Ed25519 key is found by its curve.
  const keys = set.keys.map(({ alg, ...key }) =>
    alg === undefined || key.crv === "Ed25519" ? key : { ...key, alg }
  );
  const made = createLocalJWKSet({ keys } as JSONWebKeySet);
  verifiers.set(set, made);
  return made;
}

/** Without a `kid` several keys may fit: each is tried. */
async function verifyWithAnyKey(keys: Verifier, jwt: string, algorithms: readonly string[]) {
  try {
    return (await compactVerify(jwt, keys, { algorithms: [...algorithms] })).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await compactVerify(jwt, key, { algorithms: [...algorithms] })).payload;
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw error;
  }
}
