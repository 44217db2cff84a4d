/** What a client compares to see whether the login at our side is still the one that it knows (OpenID Connect Session Management §2). */

import { base64url, sha256 } from "../lib/bytes.ts";

/**
 * The OP browser state of a session: it changes with the session, stays when the same person logs in again, and tells
 * nobody the `sid`. With a `secret`, whoever knows the `sid` can't tell by it which states are those of this session.
 */
export function browserState({ sid }: { readonly sid: string }, secret = ""): string {
  return base64url(sha256(`browser state\0${secret}\0${sid}`));
}

/**
 * `session_state`: the digest of what client, origin and browser have in common, and the salt. `undefined` where the
 * redirect URI has no origin, so that no script of it could ever ask.
 */
export function sessionState(
  client_id: string,
  redirect_uri: string,
  browser_state: string,
  salt: string,
): string | undefined {
  const { origin } = new URL(redirect_uri);
  if (origin === "null") return undefined;
  const digest = sha256(`${client_id} ${origin} ${browser_state} ${salt}`);
  return `${base64url(digest)}.${salt}`;
}
