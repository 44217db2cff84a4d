/** What stands in the tokens: the claim sets of ID tokens (OpenID Connect Core §2) and JWT access tokens (RFC 9068). */

import { base64url, sha2 } from "../lib/bytes.ts";
import { withoutProtocolClaims } from "./claims.ts";
import type { SigningAlgorithm } from "./client.ts";

/** The most seconds that an access token may live: so that what must be remembered of it has an end. */
export const LONGEST_ACCESS_TOKEN = 365 * 86_400;

/** OpenID Connect Core §3.1.3.6: the left half of the hash that the signature's algorithm uses. */
export function leftHalfHash(alg: SigningAlgorithm, value: string): string {
  // RFC 8032 §5.1: Ed25519 hashes with SHA-512
  const bits = alg === "EdDSA" ? 512 : Number(alg.slice(2)) as 256 | 384 | 512;
  const digest = sha2(bits, value);
  return base64url(digest.subarray(0, digest.length / 2));
}

/** What both kinds of token are about. */
interface Subject {
  readonly issuer: string;
  readonly client_id: string;
  readonly sub: string;
  readonly now: number;
  /** Seconds. */
  readonly lifetime: number;
}

/** The login that a token goes back to. */
export interface Login {
  readonly auth_time: number;
  readonly amr: readonly string[];
  /** `undefined`: none (OpenID Connect Core §2, RFC 9068 §2.2.1). */
  readonly acr: string | undefined;
}

/** What an ID token says of what comes with it, so that nobody exchanges that on the way. */
export interface IdTokenHashes {
  readonly at_hash?: string;
  readonly c_hash?: string;
  readonly s_hash?: string;
}

/**
 * The hashes of what an ID token comes with: an access token and a code (OpenID Connect Core §3.3.2.11), and a `state`
 * (Financial-grade API Security Profile 1.0 Part 2 §5.1). Members that are absent don't come with it.
 */
export function idTokenHashes(
  alg: SigningAlgorithm,
  { access_token, code, state }: {
    readonly access_token?: string | undefined;
    readonly code?: string | undefined;
    readonly state?: string | undefined;
  },
): IdTokenHashes {
  return {
    ...access_token === undefined ? {} : { at_hash: leftHalfHash(alg, access_token) },
    ...code === undefined ? {} : { c_hash: leftHalfHash(alg, code) },
    ...state === undefined ? {} : { s_hash: leftHalfHash(alg, state) },
  };
}

/** The claims of an ID token (OpenID Connect Core §2, §3.1.3.6; Front-Channel Logout §3 for `sid`). */
export function idTokenClaims(
  subject: Subject & Login & {
    readonly sid: string;
    readonly nonce: string | undefined;
    readonly hashes: IdTokenHashes;
    /** Claims about the person, where they stand in the ID token. */
    readonly user: Readonly<Record<string, unknown>>;
  },
): Record<string, unknown> {
  return {
    ...withoutProtocolClaims(subject.user),
    iss: subject.issuer,
    sub: subject.sub,
    aud: subject.client_id,
    exp: subject.now + subject.lifetime,
    iat: subject.now,
    auth_time: subject.auth_time,
    amr: subject.amr,
    ...subject.acr === undefined ? {} : { acr: subject.acr },
    sid: subject.sid,
    ...subject.hashes,
    ...(subject.nonce === undefined ? {} : { nonce: subject.nonce }),
  };
}

/** The claims of a JWT access token (RFC 9068 §2.2). */
export function accessTokenClaims(
  subject: Subject & {
    readonly aud: readonly string[];
    readonly scope: readonly string[];
    readonly jti: string;
    /** Absent where no person logged in. */
    readonly login: Login | undefined;
    /** Claims about the person or the client. */
    readonly extra: Readonly<Record<string, unknown>>;
  },
): Record<string, unknown> {
  const { login, scope } = subject;
  return {
    ...withoutProtocolClaims(subject.extra),
    iss: subject.issuer,
    sub: subject.sub,
    // RFC 7519 §4.1.3: one audience may stand alone
    aud: subject.aud.length === 1 ? subject.aud[0] : subject.aud,
    client_id: subject.client_id,
    exp: subject.now + subject.lifetime,
    iat: subject.now,
    jti: subject.jti,
    ...(scope.length === 0 ? {} : { scope: scope.join(" ") }),
    ...(login === undefined ? {} : { auth_time: login.auth_time, amr: login.amr }),
    ...(login?.acr === undefined ? {} : { acr: login.acr }),
  };
}
