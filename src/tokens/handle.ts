/** What codes, device codes, refresh tokens and reference tokens look like: half of a handle says where it belongs, half proves that it was issued. */

import { base64url, type Bytes, concatenate, fromBase64url, sha256, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";

/** What the handles of codes and tokens begin with. */
const PREFIX = {
  grant: "az_",
  code: "ac_",
  device_code: "dc_",
  refresh_token: "rt_",
  access_token: "at_",
} as const;

/** Bytes of a seed and of a grant's name. */
const NAME = 16;
/** Bytes of a client's name in its own tokens: another length, so that the two are never confused. */
const CLIENT_NAME = 18;
/** Bytes that nobody can guess. No handle needs padding, so each has one spelling. */
const SECRET = 32;
const CLIENT_SECRET = 33;

/**
 * What the code and refresh tokens of one grant have in common, 16 random bytes. The grant's public name is derived
 * from it and not the other way round: who has seen the name, in a `jti` say, can't make up a token of the grant.
 */
export type Seed = Bytes;

/** What begins a grant, or goes on with it. */
type GrantHandle = "code" | "device_code" | "refresh_token";

/** A code, a device code or a refresh token that somebody presents. */
export interface PresentedHandle {
  readonly seed: Seed;
  /** The grant that it belongs to if there is such a grant. Only holders of a genuine handle can name it this way. */
  readonly grant_id: string;
  /** SHA-256 of the whole. */
  readonly sha256: Bytes;
}

/** A new seed. */
export function newSeed(env: Pick<Env, "random">): Seed {
  return env.random(NAME);
}

/** The public name of a grant: `az_` and 22 characters. */
export function grantIdOf(seed: Seed): string {
  return PREFIX.grant + base64url(sha256(concatenate(utf8("grant\0"), seed)).subarray(0, NAME));
}

/** A new code, device code or refresh token of a grant: its prefix and 64 characters. */
export function newHandle(
  env: Pick<Env, "random">,
  kind: GrantHandle,
  seed: Seed,
): string {
  return PREFIX[kind] + base64url(concatenate(seed, env.random(SECRET)));
}

/** What such a handle says; `undefined` where it is none. */
export function readHandle(
  kind: GrantHandle,
  handle: string,
): PresentedHandle | undefined {
  const bytes = handle.startsWith(PREFIX[kind])
    ? fromBase64url(handle.slice(PREFIX[kind].length))
    : undefined;
  if (bytes?.length !== NAME + SECRET) return undefined;
  const seed = bytes.slice(0, NAME);
  return { seed, grant_id: grantIdOf(seed), sha256: sha256(handle) };
}

/** A new reference token: of a grant, or where there is none of the client itself. */
export function newReference(
  env: Pick<Env, "random">,
  { grant_id, client_id }: { readonly grant_id: string | undefined; readonly client_id: string },
): string {
  const bytes = grant_id === undefined
    ? concatenate(clientName(client_id), env.random(CLIENT_SECRET))
    : concatenate(
      fromBase64url(grant_id.slice(PREFIX.grant.length)) ?? new Uint8Array(NAME),
      env.random(SECRET),
    );
  return PREFIX.access_token + base64url(bytes);
}

/** Whom a reference token belongs to: a grant, or a client by its `clientKey`. */
export type Owner = { readonly grant_id: string } | { readonly client_key: string };

/** The owner that a reference token names; `undefined` where it is no reference token. */
export function readReference(handle: string): Owner | undefined {
  const bytes = handle.startsWith(PREFIX.access_token)
    ? fromBase64url(handle.slice(PREFIX.access_token.length))
    : undefined;
  if (bytes?.length === NAME + SECRET) {
    return { grant_id: PREFIX.grant + base64url(bytes.subarray(0, NAME)) };
  }
  if (bytes?.length === CLIENT_NAME + CLIENT_SECRET) {
    return { client_key: base64url(bytes.subarray(0, CLIENT_NAME)) };
  }
  return undefined;
}

/** The `jti` of a reference token: like that of a JWT it names the grant, and the token can't be had from it. */
export function referenceId(handle: string, owner: Owner): string {
  const unique = base64url(sha256(`jti\0${handle}`).subarray(0, NAME));
  return "grant_id" in owner ? `${owner.grant_id}.${unique}` : unique;
}

/** By what a client is named in its own tokens, whatever its `client_id` looks like. */
export function clientKey(client_id: string): string {
  return base64url(clientName(client_id));
}

function clientName(client_id: string): Bytes {
  return sha256(`client\0${client_id}`).slice(0, CLIENT_NAME);
}
