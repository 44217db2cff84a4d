/** Requests of `spa` by signed objects (RFC 9101). */

import type { ClientKey } from "./client_key.ts";
import { CALLBACK, type RawConfig, withClient } from "./config.ts";
import { CHALLENGE } from "./flow.ts";
import type { TestServer } from "./server.ts";

/** The claims of a good request object. `undefined` leaves one out. */
export function objectClaims(
  { issuer, env }: Pick<TestServer, "issuer" | "env">,
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    iss: "spa",
    aud: issuer,
    iat: env.now(),
    exp: env.now() + 60,
    client_id: "spa",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid",
    state: "inner-state",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...changes,
  };
}

/** The address of a request: `client_id`, the object and whatever else is given, and nothing more. */
export function objectUrl(
  { issuer }: Pick<TestServer, "issuer">,
  outer: Readonly<Record<string, string>>,
): URL {
  const url = new URL(`${issuer}/connect/authorize`);
  url.search = `${new URLSearchParams({ client_id: "spa", ...outer })}`;
  return url;
}

/** The clients of `RAW_CONFIG`, of which `spa` signs with these keys. */
export function withSigner(
  keys: readonly Pick<ClientKey, "jwk">[],
  members: RawConfig = {},
): RawConfig {
  return withClient("spa", { jwks: { keys: keys.map(({ jwk }) => jwk) }, ...members });
}
